//! Bytes of JSON as they are written: two in three pieces are a single quotation mark, colon, comma or brace.

use std::io::{self, Write};

/// JSON under construction. A piece of one byte, of which a record has some hundred and fifty, is put down without the
/// call that copies a longer one.
pub(crate) struct Line(pub(crate) Vec<u8>);

impl Write for Line {
    #[inline]
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        match piece {
            [byte] => self.0.push(*byte),
            piece => self.0.extend_from_slice(piece),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
