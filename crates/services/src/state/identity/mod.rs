//! Identities: users, groups, roles, their policies, and the credentials that stand for them.
//!
//! Users, groups, roles and managed policies are written through [`crate::iam::directory`] only, which keeps
//! counts and indexes in step with them.

mod access_job;
mod credential;
mod group;
mod iam_account;
mod identity_provider;
mod instance_profile;
mod managed_policy;
mod mfa_device;
mod outbound_issuer;
mod role;
mod server_certificate;
mod session;
mod user;
mod user_credential;

pub use access_job::{AccessJob, AccessJobAbout, AccessJobs};
pub use credential::{AccessKeyId, Credential, CredentialOwner};
pub use group::{Group, GroupId, GroupMember, GroupMemberId};
pub use iam_account::{AccountAlias, AccountAliasId, IamAccount, KeyUse, PasswordPolicy};
pub use identity_provider::{
    IdentityCenterTie, OpenIdConnectProvider, OpenIdConnectProviderId, SamlProvider, SamlProviderId,
};
pub use instance_profile::{InstanceProfile, InstanceProfileId};
pub use managed_policy::{
    EntityKind, ManagedPolicy, ManagedPolicyId, PolicyEntity, PolicyEntityId, PolicyUse, PolicyUseId,
    PolicyVersion,
};
pub use mfa_device::{MfaAssignment, MfaDevice, MfaDeviceId, WrongCodes};
pub use outbound_issuer::{
    OutboundFederation, OutboundIssuer, OutboundIssuerId, PrivateKeyDocument, TokenKeys,
};
pub use role::{
    DEFAULT_SESSION_SECONDS, Role, RoleDeletion, RoleDeletionId, RoleId, RoleUse, SourceTemplate,
    TrustedPrincipal, TrustedPrincipalId,
};
pub use server_certificate::{ServerCertificate, ServerCertificateId};
pub use session::{
    FederatedSession, RoleSession, RootSession, SealingKey, SessionKey, SessionToken, SessionUser,
};
pub use user::{User, UserId};
pub use user_credential::{
    LoginProfile, PasswordDigest, ServiceSpecificCredential, SigningCertificate, SshPublicKey,
};
