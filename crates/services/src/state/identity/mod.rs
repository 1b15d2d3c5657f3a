//! Identities: users, groups, roles, their policies, and the credentials that stand for them.
//!
//! Users, groups, roles and managed policies are written through [`crate::iam::directory`] only, which keeps
//! counts and indexes in step with them.

mod credential;
mod group;
mod iam_account;
mod managed_policy;
mod role;
mod session;
mod user;

pub use credential::{Credential, CredentialOwner};
pub use group::{Group, GroupMember};
pub use iam_account::{AccountAlias, IamAccount};
pub use managed_policy::{ManagedPolicy, PolicyEntity, PolicyUse, PolicyVersion};
pub use role::{Role, RoleDeletion, TrustedPrincipal};
pub use session::{FederatedSession, RoleSession, SealingKey, SessionKey, SessionToken, SessionUser};
pub use user::User;
