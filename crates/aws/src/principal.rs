//! Who is calling: principals, and the caller that a credential stands for.
//!
//! Forms and unique ids are documented at
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>.

use crate::arn::{AccountId, PARTITION};
use crate::session::Session;

/// An identity that can sign requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The root user of an account.
    Root {
        /// The account.
        account: AccountId,
    },
    /// An IAM user.
    User {
        /// The account the user belongs to.
        account: AccountId,
        /// Begins and ends with a slash.
        path: String,
        /// The friendly name.
        name: String,
        /// `AIDA…`
        id: String,
    },
    /// A session of an IAM role.
    AssumedRole {
        /// The account the role belongs to.
        account: AccountId,
        /// The role's path; it is not part of the session's ARN.
        role_path: String,
        /// The role's friendly name.
        role_name: String,
        /// `AROA…`
        role_id: String,
        /// The session's name.
        session_name: String,
    },
    /// A federated user session (GetFederationToken).
    FederatedUser {
        /// The account whose user issued the session.
        account: AccountId,
        /// The name that was given to the session.
        name: String,
    },
    /// Somebody whom an identity provider vouches for, while a role is opened: nobody signs so.
    WebIdentity {
        /// The account of the provider and of the role.
        account: AccountId,
        /// The provider's ARN.
        provider: String,
        /// Whom the token is for.
        audience: String,
        /// Whom the token is about.
        subject: String,
    },
}

impl Principal {
    /// The account the principal belongs to.
    pub fn account(&self) -> AccountId {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::AssumedRole { account, .. }
            | Self::FederatedUser { account, .. }
            | Self::WebIdentity { account, .. } => *account,
        }
    }

    /// The ARN that messages, policies and records show.
    pub fn arn(&self) -> String {
        match self {
            Self::Root { account } => arn("iam", account, &["root"]),
            Self::User { account, path, name, .. } => arn("iam", account, &["user", path, name]),
            Self::AssumedRole { account, role_name, session_name, .. } => {
                arn("sts", account, &["assumed-role/", role_name, "/", session_name])
            }
            Self::FederatedUser { account, name } => arn("sts", account, &["federated-user/", name]),
            Self::WebIdentity { provider, .. } => provider.clone(),
        }
    }

    /// The unique id, as `aws:userid`, GetCallerIdentity's `UserId` and CloudTrail's `principalId` show it.
    pub fn unique_id(&self) -> String {
        match self {
            Self::Root { account } => account.to_string(),
            Self::User { id, .. } => id.clone(),
            Self::AssumedRole { role_id, session_name, .. } => format!("{role_id}:{session_name}"),
            Self::FederatedUser { account, name } => format!("{account}:{name}"),
            Self::WebIdentity { provider, audience, subject, .. } => {
                format!("{provider}:{audience}:{subject}")
            }
        }
    }

    /// The value of `aws:PrincipalType`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Root { .. } => "Account",
            Self::User { .. } => "User",
            Self::AssumedRole { .. } => "AssumedRole",
            Self::FederatedUser { .. } => "FederatedUser",
            Self::WebIdentity { .. } => "WebIdentityUser",
        }
    }

    /// The ARN that `aws:PrincipalArn` holds: for a role session that of the role, not of the session.
    pub fn policy_arn(&self) -> String {
        match self {
            Self::AssumedRole { account, role_path, role_name, .. } => {
                arn("iam", account, &["role", role_path, role_name])
            }
            _ => self.arn(),
        }
    }
}

/// Put together by hand: every call's record and log line has one.
fn arn(service: &str, account: &AccountId, resource: &[&str]) -> String {
    let mut arn = String::with_capacity(96);
    for part in ["arn:", PARTITION, ":", service, "::", account.as_str(), ":"].iter().chain(resource) {
        arn.push_str(part);
    }
    arn
}

/// A principal together with the credential it used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// The access key id that signed; it is no secret.
    pub access_key_id: String,
    /// Present for temporary credentials.
    pub session: Option<Session>,
}

impl Caller {
    /// The caller's account.
    pub fn account(&self) -> AccountId {
        self.principal.account()
    }
}
