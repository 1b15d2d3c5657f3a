//! Signing a request of our own, for a service that takes what is delivered.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::encode::push_hex;
use super::key::SigningKey;
use super::time;
use crate::secret::Secret;

/// What a request is signed with.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: Secret,
    /// The session token, of temporary credentials.
    pub token: Option<String>,
}

/// A request that is to be signed, but for its headers.
pub struct Outgoing<'r> {
    /// The method.
    pub method: &'r str,
    /// The path as it is sent, every byte encoded that must be.
    pub path: &'r str,
    /// The query as it is sent: encoded, and in the order of names.
    pub query: &'r str,
    /// The Region of the service.
    pub region: &'r str,
    /// The signing name of the service.
    pub service: &'r str,
    /// The body.
    pub body: &'r [u8],
    /// Whether the service is told the hash of the body, as S3 is.
    pub shows_hash: bool,
    /// When it is sent.
    pub now: Timestamp,
}

/// Headers that are not signed: those of the connection, which whoever stands in between may change.
const UNSIGNED: [HeaderName; 3] = [header::CONNECTION, header::CONTENT_LENGTH, header::USER_AGENT];

impl Outgoing<'_> {
    /// Adds the headers that sign the request, over all that are there.
    pub fn sign(&self, headers: &mut HeaderMap, credentials: &Credentials) {
        let hash = hexadecimal(&Sha256::digest(self.body));
        let instant = time::basic(self.now);
        let date = &instant[..8];
        let mut add = |name: &'static str, text: &str| {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        add("x-amz-date", &instant);
        if self.shows_hash {
            add("x-amz-content-sha256", &hash);
        }
        if let Some(token) = &credentials.token {
            add("x-amz-security-token", token);
        }
        let mut signed: Vec<(&str, &[u8])> = headers
            .iter()
            .filter(|(name, _)| !UNSIGNED.contains(name))
            .map(|(name, value)| (name.as_str(), value.as_bytes().trim_ascii()))
            .collect();
        signed.sort_unstable();
        let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let mut canonical = format!("{}\n{}\n{}\n", self.method, self.path, self.query).into_bytes();
        for (name, value) in &signed {
            canonical.extend_from_slice(name.as_bytes());
            canonical.push(b':');
            canonical.extend_from_slice(value);
            canonical.push(b'\n');
        }
        canonical.extend_from_slice(format!("\n{names}\n{hash}").as_bytes());
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let digest = hexadecimal(&Sha256::digest(&canonical));
        let to_sign = format!("AWS4-HMAC-SHA256\n{instant}\n{scope}\n{digest}");
        let key = SigningKey::derive(credentials.secret.expose(), date, self.region, self.service);
        let signature = hexadecimal(&key.sign(to_sign.as_bytes())[..]);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            credentials.id
        );
        if let Ok(value) = HeaderValue::from_str(&authorization) {
            headers.insert(header::AUTHORIZATION, value);
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = Vec::with_capacity(2 * bytes.len());
    push_hex(&mut digits, bytes);
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-S3-3: the example that the S3 API reference gives of a signed GET, "Signature Calculations: Examples".
    #[test]
    fn the_published_example_is_signed_f_s3_3() {
        let credentials = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
            token: None,
        };
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("examplebucket.s3.amazonaws.com"));
        headers.insert("range", HeaderValue::from_static("bytes=0-9"));
        headers.insert("user-agent", HeaderValue::from_static("not signed"));
        let outgoing = Outgoing {
            method: "GET",
            path: "/test.txt",
            query: "",
            region: "us-east-1",
            service: "s3",
            body: b"",
            shows_hash: true,
            now: "2013-05-24T00:00:00Z".parse().expect("a time"),
        };
        outgoing.sign(&mut headers, &credentials);
        let expected = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
                        SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
                        Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert_eq!(headers["authorization"], expected);
    }
}
