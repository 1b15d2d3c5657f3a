//! S3, as far as delivery needs it: putting objects, and asking for a bucket's policy.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use jiff::Timestamp;
use services::bucket::BucketState;

use super::client::{Client, Endpoint, Signing};
use super::target::NotPut;
use crate::outgoing::Answer;

/// An object to be put.
pub struct Object {
    /// Its key.
    pub key: String,
    /// Its content.
    pub content: Bytes,
    /// The KMS key that it is to be encrypted with.
    pub kms_key: Option<String>,
    /// What is kept beside it: names and values.
    pub metadata: Vec<(&'static str, String)>,
}

impl Object {
    /// An empty object, which marks a folder.
    pub fn marker(key: String) -> Self {
        Self { key, content: Bytes::new(), kms_key: None, metadata: Vec::new() }
    }
}

/// What `{bucket}` in the URL stands for.
pub(super) const PLACEHOLDER: &str = "{bucket}";

/// S3 behind a URL. F-S3-1: `{bucket}` in its host is replaced by the bucket's name; without it the bucket comes first in the
/// path.
pub struct S3 {
    url: String,
    client: Arc<Client>,
}

impl S3 {
    /// S3 at a URL.
    ///
    /// # Errors
    /// One line that says what is wrong with the URL.
    pub fn at(url: &str, client: Arc<Client>) -> Result<Self, String> {
        Endpoint::parse(&url.replace(PLACEHOLDER, "bucket"))?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), client })
    }

    /// Where a bucket is, and what paths begin with there.
    fn bucket(&self, bucket: &str) -> Result<(Endpoint, String), String> {
        let endpoint = Endpoint::parse(&self.url.replace(PLACEHOLDER, bucket))?;
        let path = if self.url.contains(PLACEHOLDER) { String::new() } else { format!("/{bucket}") };
        Ok((endpoint, path))
    }

    /// Puts an object.
    ///
    /// # Errors
    /// S3's code, or `Unreachable`.
    pub async fn put(&self, bucket: &str, object: &Object) -> Result<(), NotPut> {
        let not_put = |code: &str, reason: String| NotPut { code: code.to_owned(), reason };
        let (endpoint, path) = self.bucket(bucket).map_err(|reason| not_put("InvalidBucketName", reason))?;
        let path = format!("{path}/{}", encoded_path(&object.key));
        let mut request = Request::builder().method(Method::PUT).uri(path);
        request = request.header("x-amz-acl", "bucket-owner-full-control");
        if !object.content.is_empty() {
            request = request.header("content-type", "application/json").header("content-encoding", "gzip");
        }
        if let Some(key) = &object.kms_key {
            request = request.header("x-amz-server-side-encryption", "aws:kms");
            request = request.header("x-amz-server-side-encryption-aws-kms-key-id", key.as_str());
        }
        for (name, value) in &object.metadata {
            let name = HeaderName::from_bytes(format!("x-amz-meta-{name}").as_bytes());
            let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) else { continue };
            request = request.header(name, value);
        }
        let request = request.body(object.content.clone());
        let request = request.map_err(|error| not_put("InvalidArgument", error.to_string()))?;
        let answer = self.client.send(&endpoint, request, Signing::S3, Timestamp::now()).await;
        let answer = answer.map_err(|reason| not_put("Unreachable", reason))?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(not_put(&code(&answer), format!("S3 answered {}", answer.status)))
    }

    /// What is known of a bucket.
    ///
    /// # Errors
    /// One line: S3 cannot be asked.
    pub async fn policy(&self, bucket: &str) -> Result<BucketState, String> {
        let (endpoint, path) = self.bucket(bucket)?;
        let path = if path.is_empty() { "/".to_owned() } else { path };
        let request = Request::get(format!("{path}?policy=")).body(Bytes::new());
        let request = request.map_err(|error| error.to_string())?;
        let answer = self.client.send(&endpoint, request, Signing::S3, Timestamp::now()).await?;
        if answer.status.is_success() {
            let policy =
                String::from_utf8(answer.body.to_vec()).map_err(|_| "a bucket's policy is no text")?;
            return Ok(BucketState::Present { policy: Some(policy) });
        }
        let code = code(&answer);
        match (answer.status, code.as_str()) {
            (_, "NoSuchBucketPolicy") => Ok(BucketState::Present { policy: None }),
            (_, "NoSuchBucket") => Ok(BucketState::Absent),
            // F-S3-2: an S3 that knows no policies, or does not show them, is taken to let CloudTrail in.
            (StatusCode::NOT_IMPLEMENTED | StatusCode::METHOD_NOT_ALLOWED | StatusCode::FORBIDDEN, _)
            | (_, "NotImplemented") => Ok(BucketState::WithoutPolicies),
            (status, code) => {
                Err(format!("S3 answered {status} {code} when it was asked for a bucket's policy"))
            }
        }
    }
}

/// The code of an error, as S3 writes it.
pub(super) fn code(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let inside = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = inside.map(|(code, _)| code.trim()).filter(|code| code.len() <= 64 && !code.is_empty());
    code.map_or_else(|| format!("Http{}", answer.status.as_u16()), str::to_owned)
}

/// A key as a path: everything but letters, digits, `-._~` and slashes in percent signs.
fn encoded_path(key: &str) -> String {
    let mut path = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                path.push(char::from(byte))
            }
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    path
}
