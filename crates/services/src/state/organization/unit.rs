//! The root and the organizational units.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::policy::AttachedPolicies;
use crate::world::Identified;
use crate::world::key::id;

/// A root or an organizational unit. Key: `ou/<r-… or ou-…>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct OrganizationalUnit {
    /// `r-…` or `ou-…`
    pub id: String,
    /// The organization it belongs to.
    pub organization_id: String,
    /// `None` for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Its name.
    pub name: String,
    /// The policies attached here.
    #[serde(default, skip_serializing_if = "AttachedPolicies::is_empty")]
    pub policies: AttachedPolicies,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

id! {
    /// The id of a root or an organizational unit.
    UnitId(&'k str)
}

impl Identified for OrganizationalUnit {
    fn document_id(&self) -> UnitId<'_> {
        UnitId(&self.id)
    }
}
