//! The register of all kinds of documents, so that whatever handles documents of every kind (an import, a test) knows
//! each of them.

use aws::arn::AccountId;

use super::account::{Account, EmailAddress, EmailOwner};
use super::identity::*;
use super::installation::{OrderedFaults, PageTokenKey, RateTokens, ServiceTime};
use super::message::{Message, MessageId};
use super::organization::*;
use super::quota::QuotaRequests;
use super::region::OrganizationRegionRequests;
use super::trail::*;
use crate::world::Document;
use crate::world::key::{Current, Part};

/// A kind of document.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The first part of its keys.
    pub name: &'static str,
    check: fn(&str, &str) -> Result<(), String>,
}

impl Kind {
    /// The kind of the document under `key`; `None` where this accountd knows no such kind.
    pub fn of(key: &str) -> Option<&'static Self> {
        let (name, _) = key.split_once('/')?;
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// Whether a stored document of this kind can be read back: its key as well as its text.
    ///
    /// # Errors
    /// Says what is wrong with it, without repeating the text.
    pub fn check(&self, key: &str, text: &str) -> Result<(), String> {
        (self.check)(key, text)
    }
}

fn check<D: Document>(key: &str, text: &str) -> Result<(), String> {
    let id = key.get(D::KIND.len() + 1..).and_then(D::Id::read);
    id.map(drop).ok_or("it is no key of its kind")?;
    D::decode(text).map(drop)
}

/// Makes documents of serde types, each with the version member around it, and the register of them. There is no other
/// way to make one, so none can be missing here.
macro_rules! kinds {
    ($($kind:literal: $document:ident by $id:ty,)+) => {
        $(
            impl Document for $document {
                type Id<'k> = $id;

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
            $(Kind { name: $kind, check: check::<$document> },)+
        ];
    };
}

kinds! {
    "access-jobs": AccessJobs by AccountId,
    "account": Account by AccountId,
    "account-alias": AccountAlias by AccountAliasId<'k>,
    "account-creation": AccountCreation by AccountCreationId<'k>,
    "attachment": Attachment by AttachmentId<'k>,
    "child": Child by ChildId<'k>,
    "credential": Credential by AccessKeyId<'k>,
    "delivery": Delivery by DeliveryId<'k>,
    "delivery-lease": DeliveryLease by Current,
    "digest": DigestChain by DigestChainId<'k>,
    "digest-key": DigestKey by DigestKeyId<'k>,
    "effective-policy-text": EffectivePolicyText by EffectivePolicyTextId<'k>,
    "email": EmailOwner by EmailAddress<'k>,
    "group": Group by GroupId<'k>,
    "group-member": GroupMember by GroupMemberId<'k>,
    "handshake": Handshake by HandshakeId<'k>,
    "handshake-of": HandshakeOf by HandshakeOfId<'k>,
    "iam-account": IamAccount by AccountId,
    "instance-profile": InstanceProfile by InstanceProfileId<'k>,
    "kept-backup-policy": KeptBackupPolicy by AccountId,
    "managed-policy": ManagedPolicy by ManagedPolicyId<'k>,
    "member": Membership by AccountId,
    "membership-changes": MembershipChanges by OrganizationId<'k>,
    "message": Message by MessageId<'k>,
    "mfa-device": MfaDevice by MfaDeviceId<'k>,
    "oidc-provider": OpenIdConnectProvider by OpenIdConnectProviderId<'k>,
    "ordered-faults": OrderedFaults by Current,
    "org-entity": OrganizationEntity by OrganizationEntityId<'k>,
    "organization": Organization by OrganizationId<'k>,
    "organization-counts": OrganizationCounts by OrganizationId<'k>,
    "organization-resource-policy": OrganizationResourcePolicy by OrganizationId<'k>,
    "ou": OrganizationalUnit by UnitId<'k>,
    "ou-name": UnitName by UnitNameId<'k>,
    "outbound-issuer": OutboundIssuer by OutboundIssuerId<'k>,
    "page-token-key": PageTokenKey by Current,
    "policy": OrganizationPolicy by PolicyId<'k>,
    "policy-entity": PolicyEntity by PolicyEntityId<'k>,
    "policy-name": PolicyName by PolicyNameId<'k>,
    "policy-use": PolicyUse by PolicyUseId<'k>,
    "quota-requests": QuotaRequests by AccountId,
    "rate-tokens": RateTokens by &'k str,
    "region-requests": OrganizationRegionRequests by OrganizationId<'k>,
    "role": Role by RoleId<'k>,
    "role-deletion": RoleDeletion by RoleDeletionId<'k>,
    "saml-provider": SamlProvider by SamlProviderId<'k>,
    "server-certificate": ServerCertificate by ServerCertificateId<'k>,
    "service-time": ServiceTime by Current,
    "session-key": SessionKey by Current,
    "token-keys": TokenKeys by Current,
    "trail": Trail by TrailId<'k>,
    "trusted-principal": TrustedPrincipal by TrustedPrincipalId<'k>,
    "user": User by UserId<'k>,
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
        let key = "email/someone@example.com";
        let kind = Kind::of(key).expect("a kind");
        assert_eq!(kind.check(key, r#"{"v":1,"account":"111122223333"}"#), Ok(()));
        let reason = kind.check(key, r#"{"v":1,"account":"secret"}"#).expect_err("no account id");
        assert!(!reason.contains("secret"), "{reason}");
        assert!(kind.check("email/Someone@example.com", r#"{"v":1,"account":"111122223333"}"#).is_err());
    }

    /// F-STORE-14: an enum's text that the model does not have is damage, never another value.
    #[test]
    fn a_text_that_the_model_does_not_have_is_damage_f_store_14() {
        let handshake = |state: &str, action: &str| {
            format!(
                r#"{{"v":1,"id":"h-1","action":"{action}","organization_id":"o-1","management_account":"111122223333",
                "management_email":"a@example.com","management_name":"A","feature_set":"ALL","recipient":"organization",
                "state":"{state}","requested_at":"2024-01-15T00:00:00Z","expires_at":"2024-01-30T00:00:00Z"}}"#
            )
        };
        let membership = |method: &str| {
            format!(
                r#"{{"v":1,"organization_id":"o-1","parent_id":"r-1","joined_at":"2024-01-15T00:00:00Z",
                "joined_method":"{method}"}}"#
            )
        };
        let policy = |kind: &str| {
            format!(
                r#"{{"v":1,"id":"p-1","organization_id":"o-1","kind":"{kind}","name":"n","document":"{{}}"}}"#
            )
        };
        let check = |key: &str, text: &str| Kind::of(key).expect("a kind").check(key, text);
        for (key, right, wrong) in [
            ("handshake/h-1", handshake("OPEN", "INVITE"), handshake("LAPSED", "INVITE")),
            ("handshake/h-1", handshake("OPEN", "INVITE"), handshake("OPEN", "LAPSED")),
            ("member/111122223333", membership("INVITED"), membership("LAPSED")),
            ("policy/p-1", policy("TAG_POLICY"), policy("LAPSED")),
        ] {
            assert_eq!(check(key, &right), Ok(()), "{right}");
            let reason = check(key, &wrong).expect_err(&wrong);
            assert!(!reason.contains("LAPSED"), "{reason}");
        }
    }
}
