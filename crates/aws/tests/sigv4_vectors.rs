//! AWS's own Signature Version 4 test suite, run against the public API (F-SIG-10).
//!
//! Every case is checked four ways: canonical request, string to sign and signature are the
//! published ones, and the published signed request verifies. Then every byte that a signature
//! covers is changed, one at a time, and each change must be refused.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use aws::sigv4::{Claim, Options, SignatureError, SignedRequest, SigningKey};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::Value;

/// How many cases the suite has; none may be skipped.
const CASES: usize = 40;

/// The secret of every case with a `context.json`.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The secret of `double-encode-path`: the test credentials of the crate that added the case.
const OLDER_SECRET: &str = "notrealrnrELgWzOk3IfjzDKtFBhDby";

/// The cases whose every path segment is undone by a `..` that follows.
const UNDONE_SEGMENTS: [&str; 2] = ["get-relative-normalized", "get-relative-relative-normalized"];

/// A request as the suite writes it.
#[derive(Clone)]
struct Raw {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Raw {
    /// Reads a request. A line that begins with a blank continues the header before it, and stands
    /// for a blank as RFC 9112 §5.2 says.
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let start = lines.next().expect("a request line");
        let (method, rest) = start.split_once(' ').expect("a method");
        let target = rest.strip_suffix(" HTTP/1.1").unwrap_or(rest);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.starts_with([' ', '\t']) {
                let last = fields.last_mut().expect("a header to continue");
                last.1 = format!("{} {}", last.1, line);
            } else {
                let (name, value) = line.split_once(':').expect("a header");
                fields.push((name.to_ascii_lowercase(), value.to_owned()));
            }
        }
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                HeaderName::try_from(name).expect("a name"),
                HeaderValue::from_str(&value).expect("a value"),
            );
        }
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    fn signed(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            authority: None,
            body: &self.body,
        }
    }
}

/// What a case was signed with.
struct Setting {
    secret: &'static str,
    normalize_path: bool,
    /// Whether the session token was added after signing.
    token_left_out: bool,
    now: Timestamp,
}

impl Setting {
    fn of(directory: &Path) -> Self {
        let context = directory.join("context.json");
        if !context.exists() {
            return Self::without_context(directory);
        }
        let context: Value = serde_json::from_str(&read(&context)).expect("JSON");
        assert_eq!(context["credentials"]["secret_access_key"], SECRET);
        Self {
            secret: SECRET,
            normalize_path: context["normalize"].as_bool().expect("normalize"),
            token_left_out: context["omit_session_token"].as_bool().unwrap_or_default(),
            now: context["timestamp"].as_str().expect("timestamp").parse().expect("a time"),
        }
    }

    fn without_context(directory: &Path) -> Self {
        let (secret, now) = match name(directory) {
            "double-encode-path" => (OLDER_SECRET, "2015-08-30T12:36:00Z"),
            "double-url-encode" => (SECRET, "2021-05-11T15:40:45Z"),
            other => panic!("{other} has no context.json and is not known to have none"),
        };
        Self { secret, normalize_path: true, token_left_out: false, now: now.parse().expect("a time") }
    }

    fn options(&self) -> Options<'static> {
        Options { normalize_path: self.normalize_path, ..Options::for_services(&["service", "lambda"]) }
    }

    fn verify(&self, raw: &Raw) -> Result<(), SignatureError> {
        let request = raw.signed();
        let claim = Claim::find(&request)?.ok_or(SignatureError::MissingAuthentication)?;
        let key = SigningKey::derive(self.secret, claim.date(), claim.region(), claim.service());
        claim.verify(&request, &key, self.now, &self.options())
    }
}

fn name(directory: &Path) -> &str {
    directory.file_name().and_then(|name| name.to_str()).expect("a name")
}

#[expect(clippy::disallowed_methods, reason = "the vectors are files; the crate under test reads none")]
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/sigv4");
    let mut cases: Vec<PathBuf> = fs::read_dir(root)
        .expect("the suite")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert_eq!(cases.len(), CASES);
    cases
}

/// Both forms of a case; the two older ones have no query form.
fn forms(directory: &Path) -> Vec<&'static str> {
    let forms: Vec<_> = ["header", "query"]
        .into_iter()
        .filter(|form| directory.join(format!("{form}-signed-request.txt")).exists())
        .collect();
    let older = name(directory).starts_with("double-");
    assert_eq!(forms.len(), if older { 1 } else { 2 }, "{}", directory.display());
    forms
}

fn signed(directory: &Path, form: &str) -> Raw {
    Raw::parse(&read(&directory.join(format!("{form}-signed-request.txt"))))
}

#[test]
fn every_published_signature_is_reproduced_and_verified() {
    let mut checked = 0;
    for directory in cases() {
        let setting = Setting::of(&directory);
        for form in forms(&directory) {
            let case = format!("{} {form}", name(&directory));
            let raw = signed(&directory, form);
            let request = raw.signed();
            let claim = Claim::find(&request).expect(&case).expect(&case);

            // The published canonical request of this case shows another date than its signed
            // request; with that date in the header they must be equal too.
            let mut published = raw.clone();
            if name(&directory) == "double-encode-path" {
                published.headers.insert("x-amz-date", HeaderValue::from_static("20210511T154045Z"));
            }
            let options = setting.options();
            let index = usize::from(form == "query" && setting.token_left_out);
            let canonical = claim.canonical_requests(&published.signed(), &options).nth(index).expect(&case);
            let file = |part: &str| directory.join(format!("{form}-{part}.txt"));
            assert_eq!(String::from_utf8_lossy(&canonical), read(&file("canonical-request")), "{case}");

            let canonical = claim.canonical_requests(&request, &options).nth(index).expect(&case);
            let to_sign = claim.string_to_sign(&canonical);
            if file("string-to-sign").exists() {
                let expected = read(&file("string-to-sign"));
                assert_eq!(String::from_utf8_lossy(&to_sign), expected.trim_end(), "{case}");
            }
            if file("signature").exists() {
                assert_eq!(claim.signature(), read(&file("signature")).trim_end(), "{case}");
            }
            assert_eq!(setting.verify(&raw), Ok(()), "{case}");
            checked += 1;
        }
    }
    assert_eq!(checked, 2 * CASES - 2);
}

#[test]
fn a_changed_signature_is_refused_at_every_digit() {
    for directory in cases() {
        let setting = Setting::of(&directory);
        for form in forms(&directory) {
            let raw = signed(&directory, form);
            let signature = Claim::find(&raw.signed()).unwrap().unwrap().signature().to_owned();
            for index in 0..signature.len() {
                let mut wrong = signature.clone().into_bytes();
                wrong[index] = if wrong[index] == b'0' { b'1' } else { b'0' };
                let wrong = String::from_utf8(wrong).unwrap();
                let mut changed = raw.clone();
                if form == "header" {
                    let header = raw.headers["authorization"].to_str().unwrap().replace(&signature, &wrong);
                    changed.headers.insert("authorization", HeaderValue::from_str(&header).unwrap());
                } else {
                    changed.query = raw.query.replace(&signature, &wrong);
                }
                let refused = setting.verify(&changed);
                assert_eq!(refused, Err(SignatureError::Mismatch), "{} {form}", name(&directory));
            }
        }
    }
}

#[test]
fn a_changed_request_is_refused_wherever_it_is_changed() {
    let mut changes = 0;
    for directory in cases() {
        let setting = Setting::of(&directory);
        for form in forms(&directory) {
            let raw = signed(&directory, form);
            for (what, changed) in changed_requests(&raw) {
                let accepted = setting.verify(&changed).is_ok();
                let covered = is_covered(&directory, &setting, &raw, &what);
                assert_eq!(accepted, !covered, "{} {form}: {what}", name(&directory));
                changes += 1;
            }
        }
    }
    assert!(changes > 1000, "{changes}");
}

/// Whether a signature covers what was changed. Two things it cannot cover: a path segment that `..`
/// takes back, and a session token that was added after signing, which proves itself.
fn is_covered(directory: &Path, setting: &Setting, raw: &Raw, what: &str) -> bool {
    if what.starts_with("path byte") {
        return !UNDONE_SEGMENTS.contains(&name(directory));
    }
    let Some(index) = what.strip_prefix("query byte ") else { return true };
    let index: usize = index.parse().expect("an index");
    let token = "&X-Amz-Security-Token=";
    let start = raw.query.find(token).map_or(usize::MAX, |start| start + token.len());
    let end = raw.query.find("&X-Amz-Signature=").unwrap_or_default();
    !(setting.token_left_out && (start..end).contains(&index))
}

/// The request with one thing changed, for every thing a signature covers.
fn changed_requests(raw: &Raw) -> Vec<(String, Raw)> {
    let mut all = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Raw)| {
        let mut changed = raw.clone();
        change(&mut changed);
        all.push((what, changed));
    };
    add("method".to_owned(), &|raw| raw.method = "PUT".to_owned());
    add("body".to_owned(), &|raw| raw.body.push(b'x'));
    add("path".to_owned(), &|raw| raw.path = format!("{}/x", raw.path));
    add("query".to_owned(), &|raw| raw.query.push_str("&x=y"));
    for index in 0..raw.body.len() {
        add(format!("body byte {index}"), &|raw| raw.body[index] ^= 1);
    }
    for (index, letter) in raw.path.char_indices().filter(|(_, letter)| letter.is_ascii_alphanumeric()) {
        let other = if letter == '9' { "8" } else { "9" };
        add(format!("path byte {index}"), &|raw| raw.path.replace_range(index..=index, other));
    }
    for (index, letter) in raw.query.char_indices().filter(|(_, letter)| letter.is_ascii_alphanumeric()) {
        let other = if letter == '9' { "8" } else { "9" };
        add(format!("query byte {index}"), &|raw| raw.query.replace_range(index..=index, other));
    }
    let claim = Claim::find(&raw.signed()).unwrap().unwrap();
    for header in claim.signed_headers() {
        add(format!("no {header}"), &|raw| drop(raw.headers.remove(header)));
        add(format!("one more {header}"), &|raw| {
            let header = HeaderName::try_from(header).unwrap();
            raw.headers.append(header, HeaderValue::from_static("x"));
        });
        let value = raw.headers[header].to_str().unwrap().to_owned();
        for (index, _) in value.char_indices().filter(|(_, letter)| letter.is_ascii_alphanumeric()) {
            let mut changed = value.clone().into_bytes();
            changed[index] ^= 1;
            let changed = HeaderValue::from_bytes(&changed).unwrap();
            add(format!("{header} byte {index}"), &|raw| {
                drop(raw.headers.insert(HeaderName::try_from(header).unwrap(), changed.clone()));
            });
        }
    }
    all
}
