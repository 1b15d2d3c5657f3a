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
}

impl io::Write for Bounded {
    #[inline]
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        if piece.len() > self.most_bytes - self.line.0.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.line.write_all(piece)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

pub(super) fn cut<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text[..text.floor_char_boundary(LONGEST_TEXT_BYTES)])
}

pub(super) fn cut_if_any<S: Serializer>(
    text: &Option<Cow<'_, str>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    cut(text.as_deref().unwrap_or_default(), serializer)
}
