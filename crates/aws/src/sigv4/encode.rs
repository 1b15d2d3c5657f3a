//! The encodings that signatures are built from: RFC 3986 percent-encoding and lower-case hex.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same for a path, whose slashes stay.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// One name and value, percent-encoded anew.
pub(crate) type EncodedPair = (Vec<u8>, Vec<u8>);

/// Whether RFC 3986 leaves this byte as it is.
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Appends `bytes` with every reserved byte as `%XX`.
pub(crate) fn push_encoded(out: &mut Vec<u8>, bytes: &[u8]) {
    for piece in percent_encode(bytes, RESERVED) {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// Appends `bytes` with every reserved byte but the slash as `%XX`.
pub(crate) fn push_encoded_path(out: &mut Vec<u8>, bytes: &[u8]) {
    for piece in percent_encode(bytes, RESERVED_IN_PATH) {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// Appends `bytes` as lower-case hex.
pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let start = out.len();
    out.resize(start + 2 * bytes.len(), 0);
    for (pair, byte) in out[start..].chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

/// The bytes behind a name or value of a query or form. A plus sign is a space, as everything that
/// reads such parameters takes it (F-SIG-12, assumed for the canonical query).
pub(crate) fn decoded(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        Cow::Owned(percent_decode(spaced.as_bytes()).collect())
    } else {
        percent_decode(text.as_bytes()).into()
    }
}

/// The same as text; what is no UTF-8 is replaced.
pub(crate) fn decoded_text(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte != b'%' && byte != b'+') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(String::from_utf8_lossy(&decoded(text)).into_owned())
}

/// The pairs of a query or form as they came, undecoded. A name without an equal sign has an empty
/// value; an empty piece is no pair.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// One pair decoded and encoded anew, so that every spelling of it becomes the same.
pub(crate) fn encoded_pair(name: &str, value: &str) -> EncodedPair {
    let (mut encoded_name, mut encoded_value) = (Vec::new(), Vec::new());
    push_encoded(&mut encoded_name, &decoded(name));
    push_encoded(&mut encoded_value, &decoded(value));
    (encoded_name, encoded_value)
}

/// Sorts the pairs by name, then value, and appends them as `name=value&…`.
pub(crate) fn push_sorted_pairs(out: &mut Vec<u8>, mut pairs: Vec<EncodedPair>) {
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
}
