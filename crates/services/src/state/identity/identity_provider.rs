//! Identity providers outside AWS whose users may assume roles: of OpenID Connect and of SAML.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::Identified;
use crate::world::key::{Named, id};

/// What ties a provider to IAM Identity Center. It is kept and shown; nothing here asks for it.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct IdentityCenterTie {
    /// How the provider's tokens name users of IAM Identity Center, in the members of the model's structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_provider: Option<Value>,
    /// The ARN of the instance of IAM Identity Center that trusts the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_center_instance: Option<String>,
}

/// An OpenID Connect provider. Key: `oidc-provider/<account id>/<URL without https://>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct OpenIdConnectProvider {
    /// The account.
    pub account: AccountId,
    /// The issuer's URL without `https://`.
    pub url: String,
    /// The audiences that tokens may have.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub client_ids: BTreeSet<String>,
    /// Thumbprints of certificates, in the order in which they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thumbprints: Vec<String>,
    /// The issuer's keys, where a seed file gives them: a JSON Web Key Set. Without them the issuer is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_set: Option<Value>,
    /// When it was created.
    pub created_at: Timestamp,
    /// What ties it to IAM Identity Center.
    #[serde(flatten)]
    pub identity_center: IdentityCenterTie,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

id! {
    /// The id of an OpenID Connect provider.
    OpenIdConnectProviderId of OpenIdConnectProvider {
        /// The account.
        account: AccountId;
        /// The URL without `https://`.
        url: &'k str,
    }
}

impl Identified for OpenIdConnectProvider {
    fn document_id(&self) -> OpenIdConnectProviderId<'_> {
        OpenIdConnectProviderId { account: self.account, url: &self.url }
    }
}

/// A SAML provider. Key: `saml-provider/<account id>/<name in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct SamlProvider {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// The id that answers call UUID.
    pub id: String,
    /// The metadata document, as it was given.
    pub metadata: String,
    /// When the metadata stops being good.
    pub valid_until: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whether assertions must be encrypted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requires_encryption: bool,
    /// Ids of private keys, and when each was added. The keys themselves are not kept: nothing is decrypted here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub private_keys: BTreeMap<String, Timestamp>,
    /// What ties it to IAM Identity Center.
    #[serde(flatten)]
    pub identity_center: IdentityCenterTie,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The id of a SAML provider: its account and its name.
pub type SamlProviderId<'k> = Named<'k, SamlProvider>;

impl Identified for SamlProvider {
    fn document_id(&self) -> SamlProviderId<'_> {
        Named::new(self.account, &self.name)
    }
}
