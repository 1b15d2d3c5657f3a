//! The register of all kinds of documents, so that whatever handles documents of every kind (an import, a test) knows
//! each of them.

use super::account::{Account, EmailOwner};
use super::identity::{
    AccountAlias, Credential, Group, GroupMember, IamAccount, ManagedPolicy, PolicyEntity, PolicyUse, Role,
    RoleDeletion, SessionKey, TrustedPrincipal, User,
};
use super::installation::{PageTokenKey, ServiceTime};
use super::message::Message;
use super::organization::{
    AccountCreation, Attachment, Child, Handshake, HandshakeOf, Membership, MembershipChanges, Organization,
    OrganizationCounts, OrganizationEntity, OrganizationPolicy, OrganizationResourcePolicy,
    OrganizationalUnit, PolicyName, UnitName,
};
use super::region::OrganizationRegionRequests;
use crate::world::Document;

/// A kind of document.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The first part of its keys.
    pub name: &'static str,
    check: fn(&str) -> Result<(), String>,
}

impl Kind {
    /// The kind of the document under `key`; `None` where this accountd knows no such kind.
    pub fn of(key: &str) -> Option<&'static Self> {
        let (name, _) = key.split_once('/')?;
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// Whether a stored text can be read as a document of this kind.
    ///
    /// # Errors
    /// Says what is wrong with it, without repeating the text.
    pub fn check(&self, text: &str) -> Result<(), String> {
        (self.check)(text)
    }
}

/// Makes documents of serde types, each with the version member around it, and the register of them. There is no other
/// way to make one, so none can be missing here.
macro_rules! kinds {
    ($($kind:literal: $document:ty,)+) => {
        $(
            impl Document for $document {
                const KIND: &'static str = $kind;

                fn decode(text: &str) -> Result<Self, String> {
                    super::decode_versioned(text)
                }

                fn encode(&self) -> String {
                    super::encode_versioned(self)
                }
            }
        )+

        /// Every kind of document, in the order of names.
        pub const KINDS: &[Kind] = &[
            $(Kind { name: $kind, check: |text| <$document>::decode(text).map(drop) },)+
        ];
    };
}

kinds! {
    "account": Account,
    "account-alias": AccountAlias,
    "account-creation": AccountCreation,
    "attachment": Attachment,
    "child": Child,
    "credential": Credential,
    "email": EmailOwner,
    "group": Group,
    "group-member": GroupMember,
    "handshake": Handshake,
    "handshake-of": HandshakeOf,
    "iam-account": IamAccount,
    "managed-policy": ManagedPolicy,
    "member": Membership,
    "membership-changes": MembershipChanges,
    "message": Message,
    "org-entity": OrganizationEntity,
    "organization": Organization,
    "organization-counts": OrganizationCounts,
    "organization-resource-policy": OrganizationResourcePolicy,
    "ou": OrganizationalUnit,
    "ou-name": UnitName,
    "page-token-key": PageTokenKey,
    "policy": OrganizationPolicy,
    "policy-entity": PolicyEntity,
    "policy-name": PolicyName,
    "policy-use": PolicyUse,
    "region-requests": OrganizationRegionRequests,
    "role": Role,
    "role-deletion": RoleDeletion,
    "service-time": ServiceTime,
    "session-key": SessionKey,
    "trusted-principal": TrustedPrincipal,
    "user": User,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_kinds_share_a_name() {
        assert!(KINDS.is_sorted_by(|one, next| one.name < next.name));
    }

    #[test]
    fn a_kind_is_found_by_the_first_part_of_a_key() {
        assert_eq!(Kind::of("ou/r-ab12").map(|kind| kind.name), Some("ou"));
        assert!(Kind::of("ou-names/r-ab12/Sales").is_none());
        assert!(Kind::of("ou").is_none());
    }

    #[test]
    fn a_damaged_document_is_found_without_being_repeated() {
        let kind = Kind::of("email/someone@example.com").expect("a kind");
        assert_eq!(kind.check(r#"{"v":1,"account":"111122223333"}"#), Ok(()));
        let reason = kind.check(r#"{"v":1,"account":"secret"}"#).expect_err("no account id");
        assert!(!reason.contains("secret"), "{reason}");
    }
}
