//! The text of a record, within bounds: what is too long is noticed before it is in memory.

use std::borrow::Cow;
use std::io;

use jiff::Timestamp;
use serde::Serializer;
use serde_json::Value;

use crate::json_line::Line;

/// F-EVENT-2: longer error messages and user agents are cut, as the reference says of both.
const LONGEST_TEXT_BYTES: usize = 1024;

/// A line that is being written, up to a length.
pub(super) struct Bounded {
    line: Line,
    most_bytes: usize,
}

impl Bounded {
    /// A line that goes on in `text`.
    pub(super) fn of(text: Vec<u8>, most_bytes: usize) -> Self {
        Self { line: Line(text), most_bytes }
    }

    /// What was written.
    pub(super) fn into_text(self) -> Vec<u8> {
        self.line.0
    }

    /// Puts down what is known to be short, and JSON.
    pub(super) fn put(&mut self, text: &str) {
        self.put_bytes(text.as_bytes());
    }

    /// The same.
    pub(super) fn put_bytes(&mut self, text: &[u8]) {
        self.line.0.extend_from_slice(text);
    }

    /// Puts down a text between quotation marks. Nearly none has anything to escape.
    pub(super) fn quoted(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.line.0.push(b'"');
            self.put(text);
            self.line.0.push(b'"');
        } else {
            serde_json::to_writer(&mut self.line, text).expect("INVARIANT: memory takes a text");
        }
    }

    /// Begins an object of members that each have a comma before their name.
    pub(super) fn open(&self) -> usize {
        self.line.0.len()
    }

    /// Ends it: the first comma becomes the brace.
    pub(super) fn close(&mut self, begin: usize) {
        match self.line.0.get_mut(begin) {
            Some(first) => *first = b'{',
            None => self.put("{"),
        }
        self.put("}");
    }

    /// Whether the line has not grown beyond its length.
    pub(super) fn within_bounds(&self) -> serde_json::Result<()> {
        match self.line.0.len() <= self.most_bytes {
            true => Ok(()),
            false => Err(serde_json::Error::io(io::ErrorKind::FileTooLarge.into())),
        }
    }
}

impl io::Write for Bounded {
    #[inline]
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        if piece.len() > self.most_bytes.saturating_sub(self.line.0.len()) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.line.write_all(piece)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether JSON shows a text as it is. Sixteen bytes at a time, without a branch for each.
fn is_plain(text: &[u8]) -> bool {
    let odd = |byte: &u8| u8::from(*byte < b' ') | u8::from(*byte == b'"') | u8::from(*byte == b'\\');
    let (chunks, rest) = text.as_chunks::<16>();
    let is_odd = |bytes: &[u8]| bytes.iter().fold(0, |any, byte| any | odd(byte)) != 0;
    !chunks.iter().any(|chunk| is_odd(chunk)) && !is_odd(rest)
}

/// How long a value is as JSON, which need not be in memory for that.
pub(super) fn json_size(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value)
        .expect("INVARIANT: a value has text for names, and counting takes it");
    count.0
}

/// What a record shows of a field that is too large.
pub(super) fn omitted(name: &str, size: usize) -> Value {
    let reason = format!("{name} too large");
    serde_json::json!({ "reason": reason, "omitted": "true", "originalSize": size.to_string() })
}

pub(super) fn in_whole_seconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Timestamp::from_second(time.as_second()).unwrap_or(*time))
}

/// What is shown of a text that callers choose.
pub(super) fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT_BYTES)]
}

pub(super) fn cut<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(shortened(text))
}

pub(super) fn cut_if_any<S: Serializer>(
    text: &Option<Cow<'_, str>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    cut(text.as_deref().unwrap_or_default(), serializer)
}
