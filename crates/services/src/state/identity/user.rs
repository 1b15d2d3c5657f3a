//! An IAM user.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::user_credential::{LoginProfile, ServiceSpecificCredential, SigningCertificate, SshPublicKey};
use crate::world::Identified;
use crate::world::key::Named;

/// An IAM user. Key: `user/<account id>/<name in lower case>`: names are unique without regard to case.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `AIDA…`
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline_policies: BTreeMap<String, Policy>,
    /// ARNs of attached managed policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attached_policies: BTreeSet<String>,
    /// ARN of the managed policy that is the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<String>,
    /// Tags, as `aws:PrincipalTag/…` sees them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Ids of its access keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_keys: Vec<String>,
    /// Names of its groups in lower case.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// The password for the console, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_profile: Option<LoginProfile>,
    /// SSH public keys, in the order in which they were uploaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ssh_public_keys: Vec<SshPublicKey>,
    /// Signing certificates, in the order in which they were uploaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signing_certificates: Vec<SigningCertificate>,
    /// Credentials of single services, in the order in which they were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_specific_credentials: Vec<ServiceSpecificCredential>,
    /// Places of its MFA devices, in the order in which they were enabled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mfa_devices: Vec<String>,
}

impl User {
    /// A user as it begins: with the path `/`, without policies, access keys and groups.
    pub fn new(account: AccountId, name: String, id: String, created_at: Timestamp) -> Self {
        Self {
            account,
            name,
            id,
            path: "/".to_owned(),
            created_at,
            inline_policies: BTreeMap::new(),
            attached_policies: BTreeSet::new(),
            permissions_boundary: None,
            tags: BTreeMap::new(),
            access_keys: Vec::new(),
            groups: BTreeSet::new(),
            login_profile: None,
            ssh_public_keys: Vec::new(),
            signing_certificates: Vec::new(),
            service_specific_credentials: Vec::new(),
            mfa_devices: Vec::new(),
        }
    }
}

/// The id of a user: its account and its name.
pub type UserId<'k> = Named<'k, User>;

impl Identified for User {
    fn document_id(&self) -> UserId<'_> {
        Named::new(self.account, &self.name)
    }
}
