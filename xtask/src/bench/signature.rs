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
    pub secret: String,
    /// The session token, for temporary credentials.
    pub token: Option<String>,
}

impl Key {
    /// The well-known key of the root user of an account.
    pub fn of_account(number: usize) -> Self {
        Self::lasting(&format!("{number:012}"), "test")
    }

    /// An access key without a session.
    pub fn lasting(id: &str, secret: &str) -> Self {
        Self { id: id.to_owned(), secret: secret.to_owned(), token: None }
    }
}

/// A request without its signature.
#[derive(Clone)]
pub struct Call {
    /// The signing name.
    pub service: &'static str,
    /// The path.
    pub path: &'static str,
    /// The media type of the body.
    pub content_type: &'static str,
    /// `X-Amz-Target`, where the protocol has one.
    pub target: Option<&'static str>,
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
        let optional = [("X-Amz-Security-Token", key.token.as_deref()), ("X-Amz-Target", self.target)];
        let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned())));
        let mut to_cover = vec![
            ("Content-Type", self.content_type.to_owned()),
            ("Host", host.to_owned()),
            ("X-Amz-Date", time.clone()),
        ];
        to_cover.extend(optional.clone());
        let names: Vec<_> = to_cover.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let lines: String =
            names.iter().zip(&to_cover).map(|(name, (_, value))| format!("{name}:{value}\n")).collect();
        let names = names.join(";");
        let body_hash = hex(&Sha256::digest(&self.body));
        let canonical = format!("POST\n{}\n\n{lines}\n{names}\n{body_hash}", self.path);
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
        let mut headers = vec![
            ("Content-Type", self.content_type.to_owned()),
            ("User-Agent", "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.13.1".to_owned()),
            ("X-Amz-Date", time),
            ("Authorization", authorization),
        ];
        headers.extend(optional);
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

    /// The same request with a header that is not signed, so that no two are the same text.
    pub fn numbered(mut self, number: usize) -> Self {
        self.headers.push(("X-Number", format!("{number:05}")));
        self
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
        target: None,
        body: "Action=GetCallerIdentity&Version=2011-06-15".to_owned(),
    }
}

/// GetAlternateContact in standalone mode.
pub fn get_alternate_contact() -> Call {
    Call {
        service: "account",
        path: "/getAlternateContact",
        content_type: "application/json",
        target: None,
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
        target: None,
        body: body.to_owned(),
    }
}

/// AssumeRole with a session policy that is already percent-encoded.
pub fn assume_role(role_arn: &str, encoded_policy: &str) -> Call {
    let body = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={role_arn}&RoleSessionName=bench\
         &Policy={encoded_policy}"
    );
    Call { body, ..get_caller_identity() }
}

/// ListPolicies: a hundred of AWS's own.
pub fn list_policies() -> Call {
    let body = "Action=ListPolicies&Version=2010-05-08&Scope=AWS&MaxItems=100".to_owned();
    Call { service: "iam", body, ..get_caller_identity() }
}

/// ListQueues of SQS, which accountd does not answer itself.
pub fn list_queues() -> Call {
    Call {
        service: "sqs",
        path: "/",
        content_type: "application/x-amz-json-1.0",
        target: Some("AmazonSQS.ListQueues"),
        body: "{}".to_owned(),
    }
}

/// ListAccounts, the page behind `token` or the first one.
pub fn list_accounts(token: Option<&str>) -> Call {
    let body = match token {
        None => serde_json::json!({}),
        Some(token) => serde_json::json!({ "NextToken": token }),
    };
    Call {
        service: "organizations",
        path: "/",
        content_type: "application/x-amz-json-1.1",
        target: Some("AWSOrganizationsV20161128.ListAccounts"),
        body: body.to_string(),
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
