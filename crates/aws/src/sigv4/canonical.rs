//! The canonical request: one spelling for everything that means the same.
//!
//! Step 1 of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::encode::{
    EncodedPair, decoded_text, encoded_pair, is_unreserved, pairs, push_encoded_path, push_hex,
    push_sorted_pairs,
};
use super::{Options, PayloadHash, SignedRequest};

/// Which parameters of the query string the signature leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// None: the signature is in a header.
    Nothing,
    /// The signature itself.
    Signature,
    /// The signature and the session token: some signers add the token after signing (F-SIG-9).
    SignatureAndToken,
}

/// Appends the path's canonical form.
pub(super) fn push_path(out: &mut Vec<u8>, path: &str, options: &Options<'_>) {
    let path = if path.is_empty() { "/" } else { path };
    let plain = path.bytes().all(|byte| is_unreserved(byte) || byte == b'/');
    if plain && !path.contains("//") && !path.contains("/.") {
        out.extend_from_slice(path.as_bytes());
        return;
    }
    let path = if options.normalize_path { normalized(path) } else { Cow::Borrowed(path) };
    if options.double_encode_path {
        push_encoded_path(out, path.as_bytes());
    } else {
        let raw: Cow<'_, [u8]> = percent_encoding::percent_decode(path.as_bytes()).into();
        push_encoded_path(out, &raw);
    }
}

/// The path without `.` and `..` segments and without doubled slashes.
fn normalized(path: &str) -> Cow<'_, str> {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    let mut clean = String::with_capacity(path.len());
    for segment in &kept {
        clean.push('/');
        clean.push_str(segment);
    }
    // A directory stays a directory.
    if kept.is_empty() || matches!(path.rsplit('/').next(), Some("" | "." | "..")) {
        clean.push('/');
    }
    Cow::Owned(clean)
}

/// Appends the query string's canonical form: encoded anew and sorted.
fn push_query(out: &mut Vec<u8>, query: &str, left_out: LeftOut) {
    if query.is_empty() {
        return;
    }
    let kept: Vec<EncodedPair> = pairs(query)
        .filter(|(name, _)| match left_out {
            LeftOut::Nothing => true,
            LeftOut::Signature => decoded_text(name) != "X-Amz-Signature",
            LeftOut::SignatureAndToken => {
                !matches!(&*decoded_text(name), "X-Amz-Signature" | "X-Amz-Security-Token")
            }
        })
        .map(|(name, value)| encoded_pair(name, value))
        .collect();
    push_sorted_pairs(out, kept);
}

/// Appends a header value trimmed, its inner blanks folded to one space.
fn push_folded(out: &mut Vec<u8>, value: &[u8]) {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let mut words = value.split(blank).filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        out.extend_from_slice(first);
    }
    for word in words {
        out.push(b' ');
        out.extend_from_slice(word);
    }
}

/// Appends `name:value` for one signed header; `None` where the request does not carry it.
fn push_header(out: &mut Vec<u8>, name: &str, request: &SignedRequest<'_>) -> Option<()> {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    // HTTP/2 clients may name the pseudo-header instead; it means the same value.
    let stored = if name == ":authority" { "host" } else { name };
    let mut values = request.headers.get_all(stored).iter();
    match values.next() {
        Some(first) => push_folded(out, first.as_bytes()),
        None if stored == "host" => push_folded(out, request.authority?.as_bytes()),
        None => return None,
    }
    for value in values {
        out.push(b',');
        push_folded(out, value.as_bytes());
    }
    out.push(b'\n');
    Some(())
}

/// The names of the signed headers in lower case and in order, joined by semicolons again.
fn ordered_names(names: &str) -> Cow<'_, str> {
    let lower = !names.bytes().any(|byte| byte.is_ascii_uppercase());
    if lower && names.split(';').is_sorted() {
        return Cow::Borrowed(names);
    }
    let lowered = names.to_ascii_lowercase();
    let mut list: Vec<&str> = lowered.split(';').collect();
    list.sort_unstable();
    Cow::Owned(list.join(";"))
}

/// Appends the hash of the payload; `None` where the request announces another payload than it has.
///
/// `announced` is the value of `x-amz-content-sha256`. A service that is not S3 hashes what it got,
/// so chunked signatures (`STREAMING-…`) cannot match there (F-SIG-7).
fn push_payload(out: &mut Vec<u8>, announced: Option<&[u8]>, body: &[u8], rule: PayloadHash) -> Option<()> {
    const UNSIGNED: &[u8] = b"UNSIGNED-PAYLOAD";
    let taken = match (rule, announced) {
        (PayloadHash::OfBody, Some(UNSIGNED)) | (PayloadHash::AnnouncedOrUnsigned, None) => Some(UNSIGNED),
        (PayloadHash::OfBody, _) => None,
        (PayloadHash::Announced | PayloadHash::AnnouncedOrUnsigned, announced) => announced,
    };
    if let Some(taken) = taken {
        out.extend_from_slice(taken);
        return Some(());
    }
    let start = out.len();
    push_hex(out, &Sha256::digest(body));
    let got = &out[start..];
    // Nearly all announce in lower case: the dearer comparison comes second.
    announced.is_none_or(|announced| got == announced || got.eq_ignore_ascii_case(announced)).then_some(())
}

/// Room for most requests, and just small enough for what the allocator keeps at hand.
const CAPACITY_BYTES: usize = 1000;

/// The canonical request; `None` where a signed header is absent or the payload is not the
/// announced one, because no signature can then be right.
pub(super) fn request(
    request: &SignedRequest<'_>,
    signed_headers: &str,
    announced_payload: Option<&[u8]>,
    left_out: LeftOut,
    options: &Options<'_>,
) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(CAPACITY_BYTES);
    out.extend_from_slice(request.method.as_bytes());
    out.push(b'\n');
    push_path(&mut out, request.path, options);
    out.push(b'\n');
    push_query(&mut out, request.query, left_out);
    out.push(b'\n');
    let names = ordered_names(signed_headers);
    for name in names.split(';') {
        push_header(&mut out, name, request)?;
    }
    out.push(b'\n');
    out.extend_from_slice(names.as_bytes());
    out.push(b'\n');
    push_payload(&mut out, announced_payload, request.body, options.payload)?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str, normalize_path: bool, double_encode_path: bool) -> String {
        let options = Options { normalize_path, double_encode_path, ..Options::for_services(&[]) };
        let mut out = Vec::new();
        push_path(&mut out, raw, &options);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn a_path_is_normalized_and_encoded_as_the_service_asks() {
        for (raw, ours, s3) in [
            ("", "/", "/"),
            ("/getAlternateContact", "/getAlternateContact", "/getAlternateContact"),
            ("/a//b/./c/../d/", "/a/b/d/", "/a//b/./c/../d/"),
            ("/..", "/", "/.."),
            ("/a%20b", "/a%2520b", "/a%20b"),
            ("/a%2Fb", "/a%252Fb", "/a/b"),
            ("/.hidden", "/.hidden", "/.hidden"),
        ] {
            assert_eq!(path(raw, true, true), ours, "{raw}");
            assert_eq!(path(raw, false, false), s3, "{raw}");
        }
    }

    #[test]
    fn a_query_is_encoded_anew_and_sorted() {
        // F-SIG-12
        for (raw, canonical) in [
            ("", ""),
            ("b=2&a=1&a=0", "a=0&a=1&b=2"),
            ("flag&x=%7e%2f", "flag=&x=~%2F"),
            ("a=b=c&&d=1+2", "a=b%3Dc&d=1%202"),
        ] {
            let mut out = Vec::new();
            push_query(&mut out, raw, LeftOut::Nothing);
            assert_eq!(String::from_utf8_lossy(&out), canonical, "{raw}");
        }
    }

    #[test]
    fn a_header_value_is_trimmed_and_folded() {
        let mut out = Vec::new();
        push_folded(&mut out, b" \t a  b\tc   ");
        assert_eq!(out, b"a b c");
    }

    #[test]
    fn signed_header_names_are_lowered_and_sorted() {
        assert!(matches!(ordered_names("host;x-amz-date"), Cow::Borrowed(_)));
        assert_eq!(ordered_names("X-Amz-Date;Host"), "host;x-amz-date");
    }
}
