//! A server certificate that IAM keeps for load balancers.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::Identified;
use crate::world::key::Named;

/// A server certificate. Key: `server-certificate/<account id>/<name in lower case>`. Its private key is compared with it
/// when it is uploaded, and not kept: no answer ever shows it.
#[derive(Clone, Serialize, Deserialize)]
pub struct ServerCertificate {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `ASCA…`
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// The certificate in PEM, as it was uploaded.
    pub body: String,
    /// The certificates that vouch for it, in PEM, as they were uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
    /// When it stops being good.
    pub expires_at: Timestamp,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The id of a server certificate: its account and its name.
pub type ServerCertificateId<'k> = Named<'k, ServerCertificate>;

impl Identified for ServerCertificate {
    fn document_id(&self) -> ServerCertificateId<'_> {
        Named::new(self.account, &self.name)
    }
}
