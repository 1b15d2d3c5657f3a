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

pub use handshake::{Handshake, Recipient};
pub use index::{Attachment, Child, HandshakeOf, OrganizationEntity, PolicyName, UnitName};
pub use membership::{
    AccountCreation, Closure, CreationOutcome, Membership, MembershipChanges, PendingCreation,
};
pub use organization::{FeatureSet, Organization, OrganizationCounts};
pub use policy::{AttachedPolicies, OrganizationPolicy, OrganizationResourcePolicy, PolicyDocument};
pub use unit::OrganizationalUnit;
