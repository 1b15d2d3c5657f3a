//! Bodies in pieces between a connection and whoever reads or writes a file, in little memory.

use std::io::{self, Read};
use std::sync::mpsc as threads;
use std::thread;

use bytes::Bytes;
use tokio::sync::mpsc;

use listener::{HangUp, Payload};

/// How much is read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Pieces that wait to be taken.
const PIECES_AHEAD: usize = 4;

/// A body that is read from `source` as it is sent; `sent` hears how many bytes each piece has.
pub(super) fn sent(
    mut source: impl Read + Send + 'static,
    mut sent: impl FnMut(usize) + Send + 'static,
) -> Payload {
    let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
    thread::spawn(move || {
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            let piece = match source.read(&mut piece) {
                Ok(0) => return,
                Ok(length) => {
                    piece.truncate(length);
                    sent(length);
                    Ok(Bytes::from(piece))
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // What cannot be read must not look like the end.
                Err(_) => Err(HangUp),
            };
            let is_broken = piece.is_err();
            if sender.blocking_send(piece).is_err() || is_broken {
                return;
            }
        }
    });
    Payload::Pieces(pieces)
}

/// Runs `write`, which gives pieces away, and `read`, which reads them as one text, side by side.
///
/// # Errors
/// Why the pieces did not come, or else what the reader says.
pub(super) fn read_while<T: Send>(
    write: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), String>) -> Result<(), String>,
    read: impl FnOnce(Pieces) -> Result<T, String> + Send,
) -> Result<T, String> {
    let (sender, pieces) = threads::sync_channel::<Vec<u8>>(PIECES_AHEAD);
    thread::scope(|scope| {
        let reading = scope.spawn(|| read(Pieces { pieces, piece: Vec::new(), at: 0 }));
        let written = write(&mut |piece| {
            // A reader that has ended says more than that it has.
            let _ = sender.send(piece.to_vec());
            Ok(())
        });
        drop(sender);
        let read = reading.join().map_err(|_| "the reading broke off".to_owned())?;
        written.and(read)
    })
}

/// Pieces as one text.
pub(super) struct Pieces {
    pieces: threads::Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            match self.pieces.recv() {
                Ok(piece) => (self.piece, self.at) = (piece, 0),
                Err(_) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_as_one_text_and_a_failure_to_send_them_wins() {
        let whole = |reads: Result<(), String>| {
            read_while(
                |take| {
                    ["ab", "", "cde"].iter().try_for_each(|piece| take(piece.as_bytes()))?;
                    reads
                },
                |mut pieces| {
                    let mut text = String::new();
                    pieces.read_to_string(&mut text).map_err(|error| error.to_string())?;
                    Ok(text)
                },
            )
        };
        assert_eq!(whole(Ok(())), Ok("abcde".to_owned()));
        assert_eq!(whole(Err("broken".to_owned())), Err("broken".to_owned()));
    }
}
