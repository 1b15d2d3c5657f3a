//! Requests as a client would send them: HTTP/1.1 text with a Version 4 signature in the header.
//!
//! Written apart from the server's own verifier, so that neither can hide a mistake of the other.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// An access key with its secret.
#[derive(Clone)]
pub struct Key {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: &'static str,
}

impl Key {
    /// The well-known key of the root user of an account.
    pub fn of_account(number: usize) -> Self {
        Self { id: format!("{number:012}"), secret: "test" }
    }
}

/// A request without its signature.
pub struct Call {
    /// The signing name.
    pub service: &'static str,
    /// The path.
    pub path: &'static str,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// A request, signed now: good for the five minutes that a signature lives.
pub struct Signed {
    /// Headers in the order they are sent, `Host` and `Content-Length` left out.
    pub headers: Vec<(&'static str, String)>,
    call: Call,
    host: String,
}

impl Call {
    /// Signs the call for `host`.
    pub fn sign(self, key: &Key, host: &str) -> Signed {
        let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let date = &time[..8];
        let names = "content-type;host;x-amz-date";
        let canonical = format!(
            "POST\n{}\n\ncontent-type:{}\nhost:{host}\nx-amz-date:{time}\n\n{names}\n{}",
            self.path,
            self.content_type,
            hex(&Sha256::digest(&self.body)),
        );
        let scope = format!("{date}/us-east-1/{}/aws4_request", self.service);
        let to_sign =
            format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let mut signing_key = format!("AWS4{}", key.secret).into_bytes();
        for part in [date, "us-east-1", self.service, "aws4_request"] {
            signing_key = mac(&signing_key, part);
        }
        let signature = hex(&mac(&signing_key, &to_sign));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            key.id
        );
        let headers = vec![
            ("Content-Type", self.content_type.to_owned()),
            ("User-Agent", "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.13.1".to_owned()),
            ("X-Amz-Date", time),
            ("Authorization", authorization),
        ];
        Signed { headers, call: self, host: host.to_owned() }
    }
}

impl Signed {
    /// The body.
    pub fn body(&self) -> &str {
        &self.call.body
    }

    /// The path.
    pub fn path(&self) -> &str {
        self.call.path
    }

    /// The whole request as it goes over the wire.
    pub fn text(&self) -> String {
        let mut text = format!("POST {} HTTP/1.1\r\nHost: {}\r\n", self.call.path, self.host);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{}", self.call.body.len(), self.call.body));
        text
    }
}

/// STS GetCallerIdentity: what every tool calls first.
pub fn get_caller_identity() -> Call {
    Call {
        service: "sts",
        path: "/",
        content_type: "application/x-www-form-urlencoded; charset=utf-8",
        body: "Action=GetCallerIdentity&Version=2011-06-15".to_owned(),
    }
}

/// GetAlternateContact in standalone mode.
pub fn get_alternate_contact() -> Call {
    Call {
        service: "account",
        path: "/getAlternateContact",
        content_type: "application/json",
        body: r#"{"AlternateContactType":"SECURITY"}"#.to_owned(),
    }
}

/// PutAlternateContact in standalone mode.
pub fn put_alternate_contact() -> Call {
    let body = r#"{"AlternateContactType":"SECURITY","EmailAddress":"security@example.com","Name":"Security Desk","PhoneNumber":"+1 206 555 0199","Title":"On call"}"#;
    Call {
        service: "account",
        path: "/putAlternateContact",
        content_type: "application/json",
        body: body.to_owned(),
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("INVARIANT: HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
