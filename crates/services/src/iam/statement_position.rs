//! Where in a policy's text a statement stands, for the results of the simulator.

/// A line and a column, both counted from 1.
pub type Place = (usize, usize);

/// The places of the first and after the last character of the statement at `position`. The text is a policy
/// that has been read, so it is well-formed; `None` where there is no such statement.
///
/// F-IAMAPI-SIM-2 (*assumed*): columns are counted from 1, and the end is the place after the closing brace.
pub fn span(source: &str, position: usize) -> Option<(Place, Place)> {
    let (start, end) = byte_span(source, position)?;
    Some((place(source, start), place(source, end)))
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
            b'{' | b'[' => open.push((byte, at)),
            b'}' | b']' => {
                let (opened, start) = open.pop()?;
                let in_list = matches!(open.as_slice(), [(b'{', _), (b'[', _)]);
                let alone = matches!(open.as_slice(), [(b'{', _)]);
                if opened == b'{' && member == "Statement" && (in_list || alone) {
                    if seen == position {
                        return Some((start, at + 1));
                    }
                    seen += 1;
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
        assert_eq!(span(alone, 0), Some(((1, 14), (1, 45))));
        assert_eq!(span(alone, 1), None);
        let listed = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Condition\": {\"x\": {}}},\n    {\n    }\n  ]\n}";
        assert_eq!(span(listed, 0), Some(((4, 5), (4, 29))));
        assert_eq!(span(listed, 1), Some(((5, 5), (6, 6))));
    }
}
