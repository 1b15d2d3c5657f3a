//! Where in a policy's text a statement stands, for the results of the simulator.

/// A line and a column, both counted from 1.
pub type Place = (usize, usize);

/// Where the statements of a policy begin and end, in their order. The text is a policy that has been read, so it is
/// well-formed.
///
/// F-IAMAPI-SIM-2: columns are counted from 1. A statement begins where the token before it ends, which is the
/// bracket of the list or the statement before; one that is alone begins after its own brace. It ends after
/// its closing brace.
pub fn spans(source: &str) -> Vec<(Place, Place)> {
    let mut walk = Walk { source, byte: 0, place: (1, 1) };
    byte_spans(source).into_iter().map(|(start, end)| (walk.to(start), walk.to(end))).collect()
}

/// Counts lines and columns on the way through a text.
struct Walk<'s> {
    source: &'s str,
    byte: usize,
    place: Place,
}

impl Walk<'_> {
    /// The place of `byte`, which does not lie before those that were asked for earlier.
    fn to(&mut self, byte: usize) -> Place {
        for character in self.source[self.byte..byte].chars() {
            let (line, column) = self.place;
            self.place = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        self.byte = byte;
        self.place
    }
}

/// The first and the last line of each statement, from its opening to its closing brace.
pub fn lines(source: &str) -> Vec<(usize, usize)> {
    let mut walk = Walk { source, byte: 0, place: (1, 1) };
    let spans = byte_spans(source).into_iter().map(|(start, end)| {
        let is_alone = source[..start].ends_with('{');
        let own_brace =
            if is_alone { Some(start - 1) } else { source[start..].find('{').map(|at| start + at) };
        (walk.to(own_brace.unwrap_or(start)).0, walk.to(end).0)
    });
    spans.collect()
}

/// Walks over the text and keeps the objects that are a statement: those one level under the member
/// `Statement`.
fn byte_spans(source: &str) -> Vec<(usize, usize)> {
    let bytes = source.as_bytes();
    let mut spans = Vec::new();
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut member = "";
    let mut before = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let Some(end) = end_of_string(bytes, at) else { break };
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
                let Some((opened, start)) = open.pop() else { break };
                let in_list = matches!(open.as_slice(), [(b'{', _), (b'[', _)]);
                let alone = matches!(open.as_slice(), [(b'{', _)]);
                if opened == b'{' && member == "Statement" && (in_list || alone) {
                    spans.push((if in_list { before } else { start + 1 }, at + 1));
                    before = at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    spans
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
        assert_eq!(spans(alone), [((1, 15), (1, 45))]);
        let listed = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Condition\": {\"x\": {}}},\n    {\n    }\n  ]\n}";
        assert_eq!(spans(listed), [((3, 17), (4, 29)), ((4, 29), (6, 6))]);
        // F-WHY-2
        assert_eq!(lines(listed), [(4, 4), (5, 6)]);
        assert_eq!(lines(alone), [(1, 1)]);
    }
}
