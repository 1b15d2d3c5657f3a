//! Where in a policy's text a statement stands, for the results of the simulator.

/// A line and a column, both counted from 1.
pub type Place = (usize, usize);

/// Where the statement at `position` begins and ends. The text is a policy that has been read, so it is
/// well-formed; `None` where there is no such statement.
///
/// F-IAMAPI-SIM-2: columns are counted from 1. A statement begins where the token before it ends, which is the
/// bracket of the list or the statement before; one that is alone begins after its own brace. It ends after
/// its closing brace.
pub fn span(source: &str, position: usize) -> Option<(Place, Place)> {
    let (start, end) = byte_span(source, position)?;
    Some((place(source, start), place(source, end)))
}

/// The first and the last line of the statement at `position`, from its opening to its closing brace.
pub fn lines(source: &str, position: usize) -> Option<(usize, usize)> {
    let (start, end) = byte_span(source, position)?;
    let own_brace =
        if source[..start].ends_with('{') { start - 1 } else { start + source[start..].find('{')? };
    let line = |byte: usize| source[..byte].matches('\n').count() + 1;
    Some((line(own_brace), line(end)))
}

fn place(source: &str, byte: usize) -> Place {
    let before = &source[..byte];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Walks over the text and keeps the objects that are a statement: those one level under the member
/// `Statement`.
fn byte_span(source: &str, position: usize) -> Option<(usize, usize)> {
    let bytes = source.as_bytes();
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut member = "";
    let mut seen = 0;
    let mut before = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = end_of_string(bytes, at)?;
                let follows = source[end..].trim_start();
                if open.len() == 1 && follows.starts_with(':') {
                    member = &source[at + 1..end - 1];
                }
                at = end;
                continue;
            }
            b'{' | b'[' => {
                open.push((byte, at));
                if byte == b'[' && open.len() == 2 {
                    before = at + 1;
                }
            }
            b'}' | b']' => {
                let (opened, start) = open.pop()?;
                let in_list = matches!(open.as_slice(), [(b'{', _), (b'[', _)]);
                let alone = matches!(open.as_slice(), [(b'{', _)]);
                if opened == b'{' && member == "Statement" && (in_list || alone) {
                    if seen == position {
                        return Some((if in_list { before } else { start + 1 }, at + 1));
                    }
                    seen += 1;
                    before = at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The place after the closing quotation mark of the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_found_in_a_list_and_alone() {
        let alone = r#"{"Statement":{"Effect":"Allow","Sid":"a}\""},"Version":"2012-10-17"}"#;
        assert_eq!(span(alone, 0), Some(((1, 15), (1, 45))));
        assert_eq!(span(alone, 1), None);
        let listed = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Condition\": {\"x\": {}}},\n    {\n    }\n  ]\n}";
        assert_eq!(span(listed, 0), Some(((3, 17), (4, 29))));
        assert_eq!(span(listed, 1), Some(((4, 29), (6, 6))));
        // F-WHY-2
        assert_eq!(
            [lines(listed, 0), lines(listed, 1), lines(listed, 2)],
            [Some((4, 4)), Some((5, 6)), None]
        );
        assert_eq!(lines(alone, 0), Some((1, 1)));
    }
}
