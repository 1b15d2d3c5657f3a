//! Bodies that are signed in chunks, as SDKs send them to S3: each chunk says its size and its signature before its bytes, and
//! its signature covers the one before it, the first that of the request.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>, and with a trailer
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>.
//!
//! The body is looked at as it comes and never kept: memory is bounded by the longest line.

use std::fmt;
use std::sync::Arc;

use constant_time_eq::constant_time_eq;
use sha2::{Digest, Sha256};

use super::SigningKey;
use super::encode::push_hex;

/// The SHA-256 of nothing, which stands in what a chunk's signature covers.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// The longest line of a size and a signature, or of a trailer, and the longest trailer.
const LONGEST_LINE_BYTES: usize = 8 * 1024;
const LONGEST_TRAILER_BYTES: usize = 16 * 1024;

/// What `x-amz-content-sha256` says of a body whose chunks are signed.
pub(super) const SIGNED: &[u8] = b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
/// The same, of one with a trailer behind them, which is signed too.
pub(super) const SIGNED_WITH_TRAILER: &[u8] = b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";

/// A chunk, or what is between chunks, is not what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongChunk;

/// Where in the body we are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the line that says a chunk's size and signature.
    Head,
    /// Within a chunk of which so many bytes are to come.
    Data(u64),
    /// Before the end of the line behind a chunk.
    AfterData,
    /// Behind the last chunk, in the trailer.
    Trailer,
    /// Behind everything that is signed.
    End,
}

/// A body in signed chunks, as far as it was seen.
#[derive(Clone)]
pub struct Chunks {
    key: Arc<SigningKey>,
    /// The time and the scope of the request's signature, a line each.
    time_and_scope: String,
    /// The signature that the next one covers.
    previous: Vec<u8>,
    has_trailer: bool,
    place: Place,
    line: Vec<u8>,
    /// What the chunk we are in says is its signature.
    announced: Vec<u8>,
    hash: Sha256,
    trailer: Vec<u8>,
}

impl fmt::Debug for Chunks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Chunks(…)")
    }
}

impl Chunks {
    /// The body of a request with this signature.
    pub(super) fn behind(
        signature: &str,
        time_and_scope: String,
        key: Arc<SigningKey>,
        has_trailer: bool,
    ) -> Self {
        Self {
            key,
            time_and_scope,
            previous: signature.as_bytes().to_vec(),
            has_trailer,
            place: Place::Head,
            line: Vec::new(),
            announced: Vec::new(),
            hash: Sha256::new(),
            trailer: Vec::new(),
        }
    }

    /// Looks at the next bytes of the body.
    ///
    /// # Errors
    /// As soon as something is known to be wrong.
    pub fn take(&mut self, mut bytes: &[u8]) -> Result<(), WrongChunk> {
        while !bytes.is_empty() {
            if let Place::Data(left) = self.place {
                let here = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                let (data, rest) = bytes.split_at(here);
                self.hash.update(data);
                bytes = rest;
                let left = left - here as u64;
                self.place = Place::Data(left);
                if left == 0 {
                    self.check_chunk()?;
                    self.place = Place::AfterData;
                }
                continue;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (text, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + text.len() > LONGEST_LINE_BYTES {
                return Err(WrongChunk);
            }
            self.line.extend_from_slice(text);
            bytes = rest.get(1..).unwrap_or_default();
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                self.take_line(line.strip_suffix(b"\r").unwrap_or(&line))?;
            }
        }
        Ok(())
    }

    /// Whether the body may end here.
    ///
    /// # Errors
    /// Where something that is signed is still to come.
    pub fn end(&self) -> Result<(), WrongChunk> {
        let is_over = self.place == Place::End && matches!(self.line.as_slice(), b"" | b"\r");
        if is_over { Ok(()) } else { Err(WrongChunk) }
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), WrongChunk> {
        match self.place {
            Place::Head => self.take_head(line),
            Place::Trailer => self.take_trailer(line),
            Place::AfterData if line.is_empty() => {
                self.place = Place::Head;
                Ok(())
            }
            Place::End if line.is_empty() => Ok(()),
            Place::AfterData | Place::End | Place::Data(_) => Err(WrongChunk),
        }
    }

    /// `SIZE;chunk-signature=SIGNATURE`, the size in hexadecimal. The last chunk has none.
    fn take_head(&mut self, line: &[u8]) -> Result<(), WrongChunk> {
        let text = std::str::from_utf8(line).map_err(|_| WrongChunk)?;
        let (size, signature) = text.split_once(";chunk-signature=").ok_or(WrongChunk)?;
        if size.is_empty() || !size.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(WrongChunk);
        }
        let size = u64::from_str_radix(size, 16).map_err(|_| WrongChunk)?;
        self.announced = signature.as_bytes().to_vec();
        self.place = Place::Data(size);
        if size == 0 {
            self.check_chunk()?;
            self.place = if self.has_trailer { Place::Trailer } else { Place::End };
        }
        Ok(())
    }

    /// `name:value`, and at last the signature of all of them.
    fn take_trailer(&mut self, line: &[u8]) -> Result<(), WrongChunk> {
        let text = std::str::from_utf8(line).map_err(|_| WrongChunk)?.trim();
        if text.is_empty() {
            return Ok(());
        }
        let (name, value) = text.split_once(':').ok_or(WrongChunk)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if name == "x-amz-trailer-signature" {
            let hash = Sha256::digest(&self.trailer);
            self.announced = value.as_bytes().to_vec();
            self.check("AWS4-HMAC-SHA256-TRAILER", &[], &hash)?;
            self.place = Place::End;
            return Ok(());
        }
        if self.trailer.len() + name.len() + value.len() > LONGEST_TRAILER_BYTES {
            return Err(WrongChunk);
        }
        for part in [name.as_str(), ":", value, "\n"] {
            self.trailer.extend_from_slice(part.as_bytes());
        }
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), WrongChunk> {
        let hash = std::mem::take(&mut self.hash).finalize();
        self.check("AWS4-HMAC-SHA256-PAYLOAD", &[OF_NOTHING, "\n"], &hash)
    }

    /// Whether the announced signature is the one that follows the one before.
    fn check(&mut self, algorithm: &str, between: &[&str], hash: &[u8]) -> Result<(), WrongChunk> {
        let mut covered = Vec::with_capacity(320);
        for part in [algorithm, "\n", &self.time_and_scope] {
            covered.extend_from_slice(part.as_bytes());
        }
        covered.extend_from_slice(&self.previous);
        covered.push(b'\n');
        for part in between {
            covered.extend_from_slice(part.as_bytes());
        }
        push_hex(&mut covered, hash);
        let mut expected = zeroize::Zeroizing::new(Vec::with_capacity(64));
        push_hex(&mut expected, &self.key.sign(&covered)[..]);
        if !constant_time_eq(&expected, &self.announced) {
            return Err(WrongChunk);
        }
        self.previous = std::mem::take(&mut self.announced);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of both pages: 65,536 and 1,024 times `a`, signed on the same day with the same key.
    const PLAIN: [&str; 4] = [
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ];
    const TRAILED: [&str; 4] = [
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ];
    const TRAILER: &str = "x-amz-checksum-crc32c:sOO8/Q==\r\n\
        x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";

    fn chunks(signatures: &[&str; 4], has_trailer: bool) -> Chunks {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let key = Arc::new(SigningKey::derive(secret, "20130524", "us-east-1", "s3"));
        let time_and_scope = "20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n".to_owned();
        Chunks::behind(signatures[0], time_and_scope, key, has_trailer)
    }

    fn body(signatures: &[&str; 4], trailer: &str) -> Vec<u8> {
        let [_, first, second, last] = signatures;
        let (long, short) = ("a".repeat(65_536), "a".repeat(1024));
        format!(
            "10000;chunk-signature={first}\r\n{long}\r\n400;chunk-signature={second}\r\n{short}\r\n\
             0;chunk-signature={last}\r\n{trailer}"
        )
        .into_bytes()
    }

    fn look(mut chunks: Chunks, body: &[u8], at_a_time: usize) -> Result<(), WrongChunk> {
        body.chunks(at_a_time).try_for_each(|bytes| chunks.take(bytes))?;
        chunks.end()
    }

    /// F-FWD-16
    #[test]
    fn the_documented_examples_are_right_however_they_come_f_fwd_16() {
        for at_a_time in [1, 7, 4096, usize::MAX] {
            assert_eq!(look(chunks(&PLAIN, false), &body(&PLAIN, "\r\n"), at_a_time), Ok(()));
            assert_eq!(look(chunks(&TRAILED, true), &body(&TRAILED, TRAILER), at_a_time), Ok(()));
        }
    }

    /// F-FWD-16: whatever is changed, left out or added is found, at the latest at the end.
    #[test]
    fn another_body_is_found_f_fwd_16() {
        let good = body(&PLAIN, "\r\n");
        for place in [0, 3, 20, 100, 40_000, 65_640, 66_000, good.len() - 10] {
            let mut other = good.clone();
            other[place] ^= 1;
            assert_eq!(look(chunks(&PLAIN, false), &other, 4096), Err(WrongChunk), "{place}");
        }
        for length in [0, 50, 65_000, good.len() - 69, good.len() - 60] {
            assert_eq!(look(chunks(&PLAIN, false), &good[..length], 4096), Err(WrongChunk), "{length}");
        }
        let more = [good.as_slice(), b"0;chunk-signature=0\r\n\r\n"].concat();
        assert_eq!(look(chunks(&PLAIN, false), &more, 4096), Err(WrongChunk));
        assert_eq!(look(chunks(&PLAIN, false), &[b'0'; 20_000], 4096), Err(WrongChunk));
        for wrong in [TRAILER.replace("sOO8", "sOO9"), TRAILER.replace("d81f", "d81e"), "\r\n".to_owned()] {
            assert_eq!(
                look(chunks(&TRAILED, true), &body(&TRAILED, &wrong), 4096),
                Err(WrongChunk),
                "{wrong}"
            );
        }
        let long = format!("x:{}\r\n", "y".repeat(8000)).repeat(3);
        assert_eq!(look(chunks(&TRAILED, true), &body(&TRAILED, &long), 4096), Err(WrongChunk));
    }
}
