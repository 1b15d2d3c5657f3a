//! The documents that keep an organization's lists, and the names that must be unique.

use serde::{Deserialize, Serialize};

/// Says that a root, unit or account belongs to an organization. Key: `org-entity/<organization id>/<id>`. Account ids
/// are digits, so that they come before units (`ou-…`) and the root (`r-…`) in the order of keys.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct OrganizationEntity {}

/// Says that an account or a unit is directly below a parent. Key: `child/<parent id>/<kind>/<id>`, where kind is
/// `ACCOUNT` or `ORGANIZATIONAL_UNIT`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Child {}

/// Which unit has a name below a parent. Key: `ou-name/<parent id>/<name>`, so that two units of one name cannot both
/// be committed.
#[derive(Clone, Serialize, Deserialize)]
pub struct UnitName {
    /// The unit.
    pub unit_id: String,
}

/// Which policy has a name. Key: `policy-name/<organization id>/<type>/<name>`; also the index of a type's policies.
#[derive(Clone, Serialize, Deserialize)]
pub struct PolicyName {
    /// The policy.
    pub policy_id: String,
}

/// Says that a policy of the organization's own is attached to a target. Key:
/// `attachment/<organization id>/<policy id>/<target id>`. AWS-managed policies are found in the targets alone.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Attachment {}

/// Whose list a handshake is in. Key: `handshake-of/<owner>/<h-…>`, where the owner is an organization id, an account
/// id, or an address in lower case.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct HandshakeOf {}
