//! What a user signs in with besides access keys: a password for the console, SSH keys, signing certificates, and the
//! credentials of single services. They belong to the user and go where it goes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The password of a user for the console.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginProfile {
    /// When the user got one.
    pub created_at: Timestamp,
    /// Whether the user must choose another one at the next sign-in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset_required: bool,
    /// The longest session of a sign-in to the console; `None` where none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_signin_session_duration_seconds: Option<u32>,
    /// The password in force.
    pub password: PasswordDigest,
    /// When it was set.
    pub changed_at: Timestamp,
    /// Those before it, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<PasswordDigest>,
    /// When it was used last, as a seed file says; nobody signs in to a console here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// A password that can be recognized and not be read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordDigest {
    /// What makes the digests of two equal passwords differ.
    pub salt: String,
    /// The HMAC-SHA-256 of the password under the salt, in hexadecimal digits.
    pub digest: String,
}

/// An SSH public key, for CodeCommit.
#[derive(Clone, Serialize, Deserialize)]
pub struct SshPublicKey {
    /// `APKA…`
    pub id: String,
    /// The key as it was uploaded.
    pub body: String,
    /// The MD5 of the key, in pairs of hexadecimal digits.
    pub fingerprint: String,
    /// Whether it may be used.
    pub active: bool,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}

/// An X.509 certificate with which a user signs requests of old services.
#[derive(Clone, Serialize, Deserialize)]
pub struct SigningCertificate {
    /// Capital letters and digits.
    pub id: String,
    /// The certificate in PEM, as it was uploaded.
    pub body: String,
    /// Whether it may be used.
    pub active: bool,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}

/// A name and password for one service. The password is shown once and not kept: no service here asks for it.
#[derive(Clone, Serialize, Deserialize)]
pub struct ServiceSpecificCredential {
    /// `ACCA…`
    pub id: String,
    /// The service, for example `codecommit.amazonaws.com`.
    pub service: String,
    /// The name for the service, made of the user's name at that time.
    pub service_user_name: String,
    /// Whether it may be used.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working; `None` for one that does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}
