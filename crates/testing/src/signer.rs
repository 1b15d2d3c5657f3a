//! A small signer: Signature Version 4 in the header, written for these tests from AWS's
//! description of the signing process.
//!
//! It shares no code with the verifier it is tried against, so a mistake in one cannot hide in the other.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use http::header::HeaderValue;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// The host that every request of these tests is sent to.
pub const HOST: &str = "account.us-east-1.amazonaws.com";

/// An access key with its secret.
#[derive(Clone, Copy)]
pub struct Key {
    /// `AKIA…`, `ASIA…`, or 12 digits for a root user that comes into being.
    pub id: &'static str,
    /// The secret access key.
    pub secret: &'static str,
    /// The session token of temporary credentials.
    pub token: Option<&'static str>,
}

/// Where and when a signature is meant to be good.
#[derive(Clone, Copy)]
pub struct Scope {
    /// The Region.
    pub region: &'static str,
    /// The service's signing name.
    pub service: &'static str,
    /// By the real clock.
    pub at: Timestamp,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Every byte but unreserved ones, percent-encoded.
pub fn escaped(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Signs the request in its `Authorization` header. All of its headers are covered.
pub fn sign(request: &mut Request<Bytes>, key: &Key, scope: &Scope) {
    let stamp = scope.at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = &stamp[..8];
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_static(HOST));
    headers.insert("x-amz-date", HeaderValue::from_str(&stamp).unwrap());
    if let Some(token) = key.token {
        headers.insert("x-amz-security-token", HeaderValue::from_str(token).unwrap());
    }
    let mut covered: Vec<(&str, &str)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap().trim()))
        .collect();
    covered.sort_unstable();
    let names = covered.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = covered.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    // The queries of these tests are escaped already and have no empty parameters.
    let mut query: Vec<&str> = request.uri().query().unwrap_or("").split('&').collect();
    query.sort_unstable();
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        request.method(),
        request.uri().path(),
        query.join("&"),
        hex(&Sha256::digest(request.body()))
    );
    let scope_text = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{stamp}\n{scope_text}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let derived = [day, scope.region, scope.service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{}", key.secret).into_bytes(), |derived, part| hmac(&derived, part));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope_text}, SignedHeaders={names}, Signature={}",
        key.id,
        hex(&hmac(&derived, &to_sign))
    );
    request.headers_mut().insert("authorization", HeaderValue::from_str(&authorization).unwrap());
}
