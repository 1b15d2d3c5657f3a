//! The documents that keep an organization's lists, and the names that must be unique.

use serde::{Deserialize, Serialize};

use crate::model::organizations::{ChildType, PolicyType};
use crate::world::key::{Part, Prefix, enum_part, id};

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

id! {
    /// The id of the entry of a root, unit or account of an organization.
    OrganizationEntityId of OrganizationEntity {
        /// The organization.
        organization: &'k str;
        /// The root, unit or account.
        entity: &'k str,
    }
}

enum_part!(ChildType);
enum_part!(PolicyType);

id! {
    /// The id of the entry of what is directly below a parent.
    ChildId of Child {
        /// The root or unit above it.
        parent: &'k str,
        /// What it is.
        kind: ChildType;
        /// The account or unit.
        child: &'k str,
    }
}

id! {
    /// The id of the entry of a unit's name.
    UnitNameId of UnitName {
        /// The root or unit above it.
        parent: &'k str;
        /// The name.
        name: &'k str,
    }
}

id! {
    /// The id of the entry of a policy's name.
    PolicyNameId of PolicyName {
        /// The organization.
        organization: &'k str,
        /// The policy type.
        kind: PolicyType;
        /// The name.
        name: &'k str,
    }
}

id! {
    /// The id of the entry that a policy is attached.
    AttachmentId of Attachment {
        /// The organization.
        organization: &'k str,
        /// The policy.
        policy: &'k str;
        /// The root, unit or account that it is attached to.
        target: &'k str,
    }
}

/// The id of the entry of a handshake in somebody's list.
#[derive(Clone, Copy)]
pub struct HandshakeOfId<'k> {
    /// Whose list it is: an organization id, an account id, or an address in lower case.
    pub owner: &'k str,
    /// The handshake.
    pub handshake: &'k str,
}

impl HandshakeOfId<'_> {
    /// The list of this owner.
    pub fn within(owner: &str) -> Prefix<HandshakeOf> {
        Prefix::within(owner)
    }
}

impl<'k> Part<'k> for HandshakeOfId<'k> {
    fn size(self) -> usize {
        self.owner.size() + 1 + self.handshake.size()
    }

    fn write(self, key: &mut String) {
        self.owner.write(key);
        key.push('/');
        self.handshake.write(key);
    }

    fn read(text: &'k str) -> Option<Self> {
        // An address may have a slash in it, the id of a handshake has none.
        let (owner, handshake) = text.rsplit_once('/')?;
        Some(Self { owner, handshake })
    }
}
