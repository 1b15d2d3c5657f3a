//! Organizations: the organization, its tree, who is where, and the policies on the way.

pub(crate) mod arn;
mod handshake;
mod index;
mod membership;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after what it describes, the file after the document"
)]
mod organization;
mod policy;
mod unit;

pub use crate::model::organizations::OrganizationFeatureSet as FeatureSet;
pub use handshake::{Handshake, HandshakeId, Recipient};
pub use index::{
    Attachment, AttachmentId, Child, ChildId, HandshakeOf, HandshakeOfId, OrganizationEntity,
    OrganizationEntityId, PolicyName, PolicyNameId, UnitName, UnitNameId,
};
pub use membership::{
    AccountCreation, AccountCreationId, Closure, CreationOutcome, Membership, MembershipChanges,
    PendingCreation,
};
pub use organization::{Organization, OrganizationCounts, OrganizationId};
pub use policy::{
    AttachedPolicies, EffectivePolicyText, EffectivePolicyTextId, KeptBackupPolicy, OrganizationPolicy,
    OrganizationResourcePolicy, PolicyDocument, PolicyId,
};
pub use unit::{OrganizationalUnit, UnitId};
