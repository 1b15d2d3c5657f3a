//! The issuer of an account's outbound web identity tokens, and the keys that sign all of them.

use aws::arn::AccountId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::key::id;

/// Whose issuer it is. Key: `outbound-issuer/<id>`. It is there from the first time that the account enabled outbound
/// federation on, since its keys must be found as long as its tokens live.
#[derive(Clone, Serialize, Deserialize)]
pub struct OutboundIssuer {
    /// The account.
    pub account: AccountId,
}

id! {
    /// The id of an issuer: a UUID.
    OutboundIssuerId(&'k str)
}

/// The account's own part of it, kept with what IAM keeps once for an account.
#[derive(Clone, Serialize, Deserialize)]
pub struct OutboundFederation {
    /// The id of the issuer, which stays when the feature is disabled and enabled again.
    pub issuer_id: String,
    /// Whether tokens are given out.
    pub enabled: bool,
}

impl OutboundFederation {
    /// F-OUT-4: the issuer's URL, in the form of AWS's own.
    pub fn issuer(&self) -> String {
        format!("https://{}.tokens.sts.global.api.aws", self.issuer_id)
    }
}

/// The keys that sign tokens. Key: `token-keys/current`. They are drawn outside of rules, when the first token is asked for.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenKeys {
    /// The RSA key of 2,048 bits.
    pub rsa: PrivateKeyDocument,
    /// The key on the curve P-384.
    pub ec384: PrivateKeyDocument,
    /// When they were drawn.
    pub created_at: Timestamp,
}

/// A private key in PKCS #8, written in base 64. Never printed, never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrivateKeyDocument(Vec<u8>);

impl PrivateKeyDocument {
    /// A key from its bytes in PKCS #8.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<PrivateKeyDocument> for String {
    fn from(key: PrivateKeyDocument) -> Self {
        STANDARD.encode(key.0)
    }
}

impl TryFrom<String> for PrivateKeyDocument {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self).map_err(|_| "a private key is written in base 64")
    }
}
