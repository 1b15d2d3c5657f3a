//! What a call of Account Management asks to do, and on which account it may be asked at all.
//!
//! Without an `AccountId` a call is in *standalone* mode and is about the caller's own account; with one it is in
//! *organizations* mode, which only the management account and delegated administrators may use.
//! <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-api-modes-of-operation.html>

use aws::arn::{AccountId, PARTITION};
use aws::principal::Caller;
use aws::refusal::Refusal;
use serde_json::Value;

use super::model::{AlternateContactType, Operation, Unchecked};
use crate::authority::access::{Access, ConditionKey};
use crate::authority::ancestry::Ancestry;
use crate::context::Validation;
use crate::failure::Failure;
use crate::state::organization::FeatureSet;
use crate::world::World;

/// The service principal that trusted access and delegation are granted to.
pub const SERVICE_PRINCIPAL: &str = "account.amazonaws.com";

const TRUSTED_ACCESS_OFF: &str =
    "Your organization must first enable trusted access with AWS Account Management.";
const MANAGEMENT_ACCOUNT: &str =
    "The management account can only be managed using the standalone context from the management account.";
const INVALID_CONTACT_TYPE: &str = "You specified an invalid Alternate Contact type.";
const INVALID_REGION: &str = "You specified an invalid target region.";
const BARE: &str = "Access Denied";

/// A refusal of the service itself; unlike IAM's it names no resource, and gives its reason in brackets.
pub(super) fn access_denied(caller: &Caller, operation: Operation, reason: Option<&str>) -> Refusal {
    let mut text = format!(
        "User: {} is not authorized to perform: account:{}",
        caller.principal.arn(),
        operation.name()
    );
    if let Some(reason) = reason {
        text.push_str(" (");
        text.push_str(reason);
        text.push(')');
    }
    Refusal::new("AccessDeniedException", 403, text)
}

/// What an operation asks for, by the members that the request gives. None of them is checked yet.
#[derive(Default)]
struct Asks<'v> {
    /// The target account.
    target: Option<&'v str>,
    contact_type: Option<&'v str>,
    region: Option<&'v str>,
    /// A new primary e-mail address.
    address: Option<&'v str>,
}

fn on(target: Option<&str>) -> Asks<'_> {
    Asks { target, ..Asks::default() }
}

fn asks(request: Unchecked<'_>) -> Asks<'_> {
    use Unchecked as Op;
    match request {
        Op::AcceptPrimaryEmailUpdate(m) => Asks { address: m.primary_email(), ..on(m.account_id()) },
        Op::DeleteAlternateContact(m) => {
            Asks { contact_type: m.alternate_contact_type(), ..on(m.account_id()) }
        }
        Op::DisableRegion(m) => Asks { region: m.region_name(), ..on(m.account_id()) },
        Op::EnableRegion(m) => Asks { region: m.region_name(), ..on(m.account_id()) },
        Op::GetAccountInformation(m) => on(m.account_id()),
        Op::GetAlternateContact(m) => Asks { contact_type: m.alternate_contact_type(), ..on(m.account_id()) },
        Op::GetContactInformation(m) => on(m.account_id()),
        Op::GetGovCloudAccountInformation(m) => on(m.standard_account_id()),
        Op::GetPrimaryEmail(m) => on(m.account_id()),
        Op::GetPrimaryEmailUpdateStatus(m) => on(m.account_id()),
        Op::GetRegionOptStatus(m) => Asks { region: m.region_name(), ..on(m.account_id()) },
        Op::ListRegions(m) => on(m.account_id()),
        Op::PutAccountName(m) => on(m.account_id()),
        Op::PutAlternateContact(m) => Asks { contact_type: m.alternate_contact_type(), ..on(m.account_id()) },
        Op::PutContactInformation(m) => on(m.account_id()),
        Op::SendPhoneNumberVerification(m) => on(m.account_id()),
        Op::StartPrimaryEmailUpdate(m) => Asks { address: m.primary_email(), ..on(m.account_id()) },
        Op::VerifyPhoneNumber(m) => on(m.account_id()),
    }
}

/// What the call asks to do.
///
/// F-ORDER-1: what authorization needs is read from the members before the model's constraints are applied to
/// them, since an invalid contact type was observed to be refused as an authorization failure.
///
/// # Errors
/// F-ORG-1 … F-ORG-6: the Organizations rules. F-ALT-4, F-REG-8: a contact type or Region that authorization
/// cannot read. F-ORG-8: an `AccountId` that is none is left to the model's constraints.
pub fn access(
    operation: Operation,
    members: &Value,
    caller: &Caller,
    validation: Validation,
    world: &World<'_>,
) -> Result<Access, Failure> {
    let action = ["account:", operation.name()].concat();
    let mut keys = Vec::new();
    let asks = asks(Unchecked::of(operation, members));
    let (resource, target) = match asks.target {
        None => {
            let account = caller.account();
            (["arn:", PARTITION, ":account::", account.as_str(), ":account"].concat(), account)
        }
        Some(given) => {
            let Ok(target) = given.parse() else {
                super::validate(operation, members, validation)?;
                return Err(access_denied(caller, operation, None).into());
            };
            let ancestry = organizations_mode(operation, target, caller, world)?;
            keys.push(ConditionKey::multivalued(
                "account:AccountResourceOrgPaths",
                vec![ancestry.path().to_owned()],
            ));
            for (tag, value) in &ancestry.membership.tags {
                // F-IAM-36
                keys.push(ConditionKey::single(
                    format!("account:AccountResourceOrgTags/{tag}"),
                    value.clone(),
                ));
            }
            let organization = &ancestry.organization;
            let resource = format!(
                "arn:{PARTITION}:account::{}:account/{}/{target}",
                organization.management_account, organization.id
            );
            (resource, target)
        }
    };
    keys.extend(operation_key(operation, &asks, caller)?);
    Ok(Access::to(target, action, resource, keys))
}

/// Whether the caller may name `target`, and the target's place in the organization.
fn organizations_mode(
    operation: Operation,
    target: AccountId,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Ancestry, Failure> {
    let denied = |reason: Option<&str>| Failure::from(access_denied(caller, operation, reason));
    // F-ORG-1: an account outside any organization cannot name one (text *assumed* to be a plain member's).
    let Some(own) = Ancestry::of(caller.account(), world)? else { return Err(denied(None)) };
    let organization = &own.organization;
    let is_management_account = own.is_management_account();
    // F-ORG-2: a plain member is told nothing more, even about itself.
    if !is_management_account && !organization.delegates(SERVICE_PRINCIPAL, caller.account()) {
        return Err(denied(None));
    }
    // F-ORG-3: trusted access comes before everything about the target; without all features it cannot be on.
    if organization.feature_set != FeatureSet::All || !organization.trusts(SERVICE_PRINCIPAL) {
        return Err(denied(Some(TRUSTED_ACCESS_OFF)));
    }
    // F-ORG-4: the management account is never managed in organizations mode (F-ORG-5: with another bracket
    // for the primary e-mail; for a delegated administrator *assumed* to be the same).
    if target == organization.management_account {
        return Err(denied(Some(management_account_reason(operation))));
    }
    // F-ORG-6 (text *assumed* to be a plain member's): an account that is unknown or in another organization.
    match Ancestry::of(target, world)? {
        Some(ancestry) if ancestry.organization.id == organization.id => Ok(ancestry),
        _ => Err(denied(None)),
    }
}

/// F-ORG-5: recorded for GetPrimaryEmail and GetPrimaryEmailUpdateStatus; *assumed* for the two that change it.
fn management_account_reason(operation: Operation) -> &'static str {
    match operation {
        Operation::GetPrimaryEmail
        | Operation::GetPrimaryEmailUpdateStatus
        | Operation::StartPrimaryEmailUpdate
        | Operation::AcceptPrimaryEmailUpdate => BARE,
        _ => MANAGEMENT_ACCOUNT,
    }
}

/// The condition key that an operation adds from its own members.
fn operation_key(
    operation: Operation,
    asks: &Asks<'_>,
    caller: &Caller,
) -> Result<Option<ConditionKey>, Refusal> {
    if let Some(given) = asks.contact_type {
        // F-ALT-4: a type that is none is refused here, even to an administrator.
        if given.parse::<AlternateContactType>().is_err() {
            return Err(access_denied(caller, operation, Some(INVALID_CONTACT_TYPE)));
        }
        return Ok(Some(ConditionKey::multivalued("account:AlternateContactTypes", vec![given.to_owned()])));
    }
    if let Some(given) = asks.region {
        // F-REG-8: capital letters make the Region unreadable to authorization; the exact set of
        // characters it takes is *assumed*.
        if given.chars().any(|character| character.is_ascii_uppercase()) {
            return Err(access_denied(caller, operation, Some(INVALID_REGION)));
        }
        return Ok(Some(ConditionKey::single("account:TargetRegion", given)));
    }
    let domain = asks.address.and_then(|address| address.rsplit_once('@'));
    Ok(domain.map(|(_, domain)| ConditionKey::single("account:EmailTargetDomain", domain.trim_end())))
}
