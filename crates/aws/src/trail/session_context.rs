//! What a record says of the session of its caller: which role it is of, when and how it was opened, who vouched for it.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::line::in_whole_seconds;
use crate::principal::Principal;
use crate::session::Session;

/// The session of a caller.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionContext<'a> {
    /// The role that a session is of; without members for other sessions.
    pub session_issuer: SessionIssuer<'a>,
    /// The web identity provider that a session was opened by; without members for other sessions.
    pub web_id_federation_data: WebIdFederationData<'a>,
    /// When and how the session was opened.
    pub attributes: SessionAttributes<'a>,
    /// The source identity, kept over role chaining.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<Cow<'a, str>>,
}

/// The web identity provider that a session was opened by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebIdFederationData<'a> {
    /// The provider's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub federated_provider: Option<Cow<'a, str>>,
    /// Nothing, where there is a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<NoMembers>,
}

/// `{}`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NoMembers {}

/// The role that a session is of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionIssuer<'a> {
    /// `Role`
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Cow<'a, str>>,
    /// The role's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<Cow<'a, str>>,
    /// The role's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<Cow<'a, str>>,
    /// The role's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Cow<'a, str>>,
    /// The role's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<Cow<'a, str>>,
}

/// When and how a session was opened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionAttributes<'a> {
    /// In whole seconds.
    #[serde(serialize_with = "in_whole_seconds")]
    pub creation_date: Timestamp,
    /// `true` or `false`: with a second factor or not.
    pub mfa_authenticated: Cow<'a, str>,
}

impl<'a> SessionContext<'a> {
    /// The session of `principal`.
    pub(super) fn of(principal: &'a Principal, session: &'a Session) -> Self {
        let session_issuer = match principal {
            Principal::AssumedRole { account, role_name, role_id, .. } => SessionIssuer {
                kind: Some("Role".into()),
                principal_id: Some(role_id.as_str().into()),
                arn: Some(principal.policy_arn().into()),
                account_id: Some(account.to_string().into()),
                user_name: Some(role_name.as_str().into()),
            },
            _ => SessionIssuer::default(),
        };
        Self {
            session_issuer,
            web_id_federation_data: WebIdFederationData {
                federated_provider: session.federated_provider.as_deref().map(Cow::Borrowed),
                attributes: session.federated_provider.as_ref().map(|_| NoMembers {}),
            },
            attributes: SessionAttributes {
                creation_date: session.issued_at,
                mfa_authenticated: if session.mfa_authenticated_at.is_some() { "true" } else { "false" }
                    .into(),
            },
            source_identity: session.source_identity.as_deref().map(Cow::Borrowed),
        }
    }
}
