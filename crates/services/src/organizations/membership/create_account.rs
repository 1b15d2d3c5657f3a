//! CreateAccount and what becomes of it.
//!
//! Everything is decided and written when the call comes; it is seen when its time has come (docs/fidelity.md, Observed,
//! "Organizations account creation").

use std::collections::BTreeMap;

use aws::arn::AccountId;
use jiff::{SignedDuration, Timestamp};

use super::roles;
use crate::failure::Failure;
use crate::model::organizations::{
    AccountJoinedMethod, ConstraintViolationExceptionReason, CreateAccountFailureReason,
    CreateAccountRequest, CreateAccountResponse, CreateAccountState, CreateAccountStatus,
    CreateGovCloudAccountRequest, CreateGovCloudAccountResponse, DescribeCreateAccountStatusRequest,
    DescribeCreateAccountStatusResponse, InvalidInputExceptionReason, ListCreateAccountStatusRequest,
    ListCreateAccountStatusResponse,
};
use crate::organizations::ids::new_id;
use crate::organizations::listing::{Entry, Listing};
use crate::organizations::standing::Standing;
use crate::organizations::tree::{root_and_units, tag};
use crate::organizations::{Call, index, record, refusal};
use crate::quotas::number;
use crate::service_quotas;
use crate::state::account::{
    Account, AccountState, ContactInformation, EmailAddress, EmailOwner, GovCloudLink, account_using,
};
use crate::state::organization::{
    AccountCreation, AccountCreationId, CreationOutcome, FeatureSet, Membership, OrganizationEntityId,
    OrganizationId, PendingCreation,
};
use crate::world::key::CaseInsensitive;
use crate::world::{Fault, World};

/// F-ORGS-CREATE-5: an account joins this long after it was created (observed).
const JOINS_AFTER: SignedDuration = SignedDuration::from_millis(889);

/// What an account is made of.
struct Wanted {
    email: String,
    name: String,
    role_name: String,
    tags: BTreeMap<String, String>,
    gov_cloud: bool,
}

/// CreateAccount.
pub(crate) fn create(
    standing: &Standing,
    input: CreateAccountRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<CreateAccountResponse, Failure> {
    let wanted = Wanted {
        email: input.email.into_string(),
        name: input.account_name.into_string(),
        role_name: role_name(input.role_name.as_ref().map(|name| name.as_str()))?,
        tags: tag::read(input.tags, call)?,
        gov_cloud: false,
    };
    Ok(CreateAccountResponse { create_account_status: Some(begin(standing, wanted, call, world)?) })
}

/// CreateGovCloudAccount: a second account comes with it, of which only the id and the link are kept.
///
/// # Errors
/// F-ORGS-GOV-1: MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED where the management account has no such link itself.
pub(crate) fn create_gov_cloud(
    standing: &Standing,
    input: CreateGovCloudAccountRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<CreateGovCloudAccountResponse, Failure> {
    let management_account = management_account(standing, world)?;
    if management_account.gov_cloud.is_none() {
        let reason = ConstraintViolationExceptionReason::MasterAccountNotGovcloudEnabled;
        return Err(refusal::constraint(reason).into());
    }
    let wanted = Wanted {
        email: input.email.into_string(),
        name: input.account_name.into_string(),
        role_name: role_name(input.role_name.as_ref().map(|name| name.as_str()))?,
        tags: tag::read(input.tags, call)?,
        gov_cloud: true,
    };
    Ok(CreateGovCloudAccountResponse { create_account_status: Some(begin(standing, wanted, call, world)?) })
}

fn role_name(given: Option<&str>) -> Result<String, Failure> {
    match given {
        None | Some("") => Ok(roles::ACCESS_ROLE.to_owned()),
        Some(name) if name.to_lowercase().starts_with("awsservicerolefor") => {
            Err(refusal::invalid_input(InvalidInputExceptionReason::InvalidRoleName).into())
        }
        Some(name) => Ok(name.to_owned()),
    }
}

fn management_account(standing: &Standing, world: &World<'_>) -> Result<std::sync::Arc<Account>, Fault> {
    world
        .get::<Account>(standing.organization.management_account)?
        .ok_or_else(|| Fault::Broken("an organization refers to an absent account".into()))
}

/// Accounts of an organization, those still being created included, counted up to `limit`.
pub(crate) fn member_count(organization_id: &str, limit: usize, world: &World<'_>) -> Result<usize, Fault> {
    let keys = world.keys(&OrganizationEntityId::within(organization_id), None, limit)?;
    let mut count = 0;
    for key in keys {
        count += usize::from(index::is_account(key.id()?.entity));
    }
    Ok(count)
}

/// Begins a creation and writes what comes of it.
///
/// # Errors
/// F-ORGS-CREATE-1: `ConcurrentModificationException` while a creation with this address is in progress; F-ORGS-CREATE-4;
/// F-ORGS-CREATE-3: ACCOUNT_NUMBER_LIMIT_EXCEEDED where the organization has all its accounts. Where only creations in
/// progress fill it up, and where the address is in use, the creation fails later.
fn begin(
    standing: &Standing,
    wanted: Wanted,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<CreateAccountStatus, Failure> {
    let now = call.context.now;
    let organization_id = &standing.organization.id;
    let mut changes = index::membership_changes(organization_id, world)?;
    changes.creations.retain(|creation| creation.completes_at > now);
    let address = wanted.email.to_lowercase();
    if changes.creations.iter().any(|creation| creation.email == address) {
        return Err(refusal::concurrent_modification().into());
    }
    let quotas = &call.context.quotas;
    if changes.creations.len() >= number(quotas.concurrent_creations) {
        return Err(refusal::too_many_creations().into());
    }
    let coming = changes.creations.iter().filter(|creation| creation.succeeds).count();
    let quota = number(service_quotas::accounts(&standing.organization, call.context, world)?);
    let count = member_count(organization_id, quota + coming, world)?;
    if count - coming.min(count) >= quota {
        let reason = ConstraintViolationExceptionReason::AccountNumberLimitExceeded;
        return Err(refusal::constraint(reason).into());
    }
    let completes_at = call.context.after(call.context.delays.account_creation);
    let outcome = if account_using(&address, now, world)?.is_some() {
        CreationOutcome::Failed(CreateAccountFailureReason::EmailAlreadyExists)
    } else if count >= quota {
        CreationOutcome::Failed(CreateAccountFailureReason::AccountLimitExceeded)
    } else {
        put_account(standing, &wanted, completes_at, call, world)?
    };
    let succeeds = matches!(outcome, CreationOutcome::Created { .. });
    changes.creations.push(PendingCreation { email: address, completes_at, succeeds });
    world.put(OrganizationId(organization_id), changes);
    let creation = AccountCreation {
        id: new_id(call.context, "car-", 32),
        account_name: wanted.name,
        requested_at: now,
        completes_at,
        outcome,
    };
    record::creation_completed(&standing.organization, &show(&creation, Some(completes_at)), world);
    // F-ORGS-CREATE-6: the answer is IN_PROGRESS, however short the delay.
    let shown = show(&creation, None);
    let id = creation.id.clone();
    world.put(AccountCreationId { organization: organization_id, request: &id }, creation);
    Ok(shown)
}

/// Writes the account that will be there at `completes_at`.
fn put_account(
    standing: &Standing,
    wanted: &Wanted,
    completes_at: Timestamp,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<CreationOutcome, Failure> {
    let organization = &standing.organization;
    let id = new_account_id(call, "account", world)?;
    let gov_cloud_account =
        wanted.gov_cloud.then(|| new_account_id(call, "GovCloud account", world)).transpose()?;
    let created_at = completes_at.saturating_sub(JOINS_AFTER).unwrap_or(completes_at).max(call.context.now);
    // F-ORGS-CREATE-7: the management account's contact under the new account's name.
    let copied = management_account(standing, world)?.primary_contact().into_owned();
    let contact = Some(ContactInformation { full_name: wanted.name.clone(), ..copied });
    let account = Account {
        contact,
        gov_cloud: gov_cloud_account.map(|account| GovCloudLink { account, state: AccountState::Active }),
        ..Account::new(id, wanted.name.clone(), wanted.email.clone(), created_at)
    };
    world.put(EmailAddress(CaseInsensitive(&wanted.email)), EmailOwner { account: id });
    world.save(account);
    let membership = Membership {
        organization_id: organization.id.clone(),
        parent_id: organization.root_id.clone(),
        joined_at: completes_at,
        joined_method: AccountJoinedMethod::Created,
        policies: root_and_units::initial_policies(organization),
        tags: wanted.tags.clone(),
        closure: None,
    };
    index::put_member(id, membership, world);
    record::joined(organization, id, "CREATED", completes_at, world);
    let management_account = organization.management_account;
    roles::put_access(id, management_account, &wanted.role_name, created_at, call.context, world)?;
    if organization.feature_set == FeatureSet::All {
        roles::ensure_service_linked(id, created_at, call.context, world)?;
    }
    Ok(CreationOutcome::Created { account: id, gov_cloud_account })
}

/// An account id that nobody has.
fn new_account_id(call: &Call<'_>, purpose: &str, world: &World<'_>) -> Result<AccountId, Failure> {
    for attempt in 0..100 {
        let digits = call.context.seed.text(&format!("{purpose} {attempt}"), b"0123456789", 12);
        let id: AccountId = digits
            .parse()
            .map_err(|_| Fault::Broken("twelve digits were drawn that are no account id".into()))?;
        if !digits.starts_with('0') && world.get::<Account>(id)?.is_none() {
            return Ok(id);
        }
    }
    Err(Fault::Broken("no free account id was found".into()).into())
}

/// A creation at an instant; `None` while it is in progress whatever the time.
fn show(creation: &AccountCreation, now: Option<Timestamp>) -> CreateAccountStatus {
    let is_complete = now.is_some_and(|now| creation.completes_at <= now);
    let mut status = CreateAccountStatus {
        id: Some(creation.id.as_str().into()),
        account_name: Some(creation.account_name.as_str().into()),
        state: Some(CreateAccountState::InProgress),
        requested_timestamp: Some(creation.requested_at),
        ..CreateAccountStatus::default()
    };
    if !is_complete {
        return status;
    }
    status.completed_timestamp = Some(creation.completes_at);
    match &creation.outcome {
        CreationOutcome::Created { account, gov_cloud_account } => {
            status.state = Some(CreateAccountState::Succeeded);
            status.account_id = Some(account.as_str().into());
            status.gov_cloud_account_id = gov_cloud_account.map(|account| account.as_str().into());
        }
        CreationOutcome::Failed(reason) => {
            status.state = Some(CreateAccountState::Failed);
            status.failure_reason = Some(*reason);
        }
    }
    status
}

/// DescribeCreateAccountStatus.
///
/// # Errors
/// `CreateAccountStatusNotFoundException`.
pub(crate) fn describe(
    standing: &Standing,
    input: DescribeCreateAccountStatusRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<DescribeCreateAccountStatusResponse, Failure> {
    let (organization, request) = (&standing.organization.id, input.create_account_request_id.as_str());
    let id = AccountCreationId { organization, request };
    let creation = world.get::<AccountCreation>(id)?.ok_or_else(refusal::create_account_status_not_found)?;
    let status = show(&creation, Some(call.context.now));
    Ok(DescribeCreateAccountStatusResponse { create_account_status: Some(status) })
}

/// ListCreateAccountStatus, in order of ids.
pub(crate) fn list(
    standing: &Standing,
    input: ListCreateAccountStatusRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListCreateAccountStatusResponse, Failure> {
    let states = input.states.unwrap_or_default();
    let filter: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    let listing = Listing::open(call, &filter, input.next_token.as_ref(), input.max_results)?;
    let prefix = AccountCreationId::within(&standing.organization.id);
    let (statuses, next_token) = listing.over(&prefix, world, |id| {
        let Some(creation) = world.get::<AccountCreation>(id)? else {
            return Ok(Entry::Hidden);
        };
        let status = show(&creation, Some(call.context.now));
        let wanted = states.is_empty() || status.state.is_some_and(|state| states.contains(&state));
        Ok(wanted.then_some(status).into())
    })?;
    Ok(ListCreateAccountStatusResponse { create_account_statuses: Some(statuses), next_token })
}
