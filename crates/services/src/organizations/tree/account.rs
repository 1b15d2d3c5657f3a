//! The accounts of an organization.

use jiff::Timestamp;

use super::root_and_units;
use crate::failure::Failure;
use crate::model::organizations::{
    Account as Shown, AccountState, AccountStatus, ChildType, DescribeAccountRequest,
    DescribeAccountResponse, ListAccountsForParentRequest, ListAccountsForParentResponse,
    ListAccountsRequest, ListAccountsResponse, MoveAccountRequest, PolicyType,
};
use crate::organizations::listing::{Entry, Listing};
use crate::organizations::policies::kept;
use crate::organizations::standing::{Member, Standing};
use crate::organizations::{Call, arn, index, refusal};
use crate::state::account::AccountState as Stored;
use crate::state::organization::{ChildId, Membership, OrganizationEntityId};
use crate::world::{Fault, World};

/// Status and state of a member at an instant.
///
/// F-ORGS-CLOSE-1: a closure is PENDING_CLOSURE until it is complete; then the state is CLOSED, for which the older
/// status has no other word than SUSPENDED. Without one the account's own state decides, as a seed file may give it.
pub(crate) fn status_at(
    membership: &Membership,
    state: Stored,
    now: Timestamp,
) -> (AccountStatus, AccountState) {
    if membership.closure.is_some_and(|closure| now < closure.completes_at) {
        return (AccountStatus::PendingClosure, AccountState::PendingClosure);
    }
    match state.at(now) {
        Stored::Suspended => (AccountStatus::Suspended, AccountState::Suspended),
        Stored::Closed => (AccountStatus::Suspended, AccountState::Closed),
        Stored::PendingActivation => (AccountStatus::Active, AccountState::PendingActivation),
        Stored::Active | Stored::Closing(_) => (AccountStatus::Active, AccountState::Active),
    }
}

/// F-ORGS-ACC-1: name and address are the account's own, so that a change in Account Management shows at once.
pub(crate) fn show(
    standing: &Standing,
    member: &Member,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<Shown, Fault> {
    let (account, membership) = (&member.account, &member.membership);
    let (status, state) = status_at(membership, account.state, call.context.now);
    let path = root_and_units::path_of_member(standing, member, world)?;
    Ok(Shown {
        id: Some(account.id.as_str().into()),
        arn: Some(arn::account(&standing.organization, account.id).into()),
        email: Some(account.email_at(call.context.now).into()),
        name: Some(account.name.as_str().into()),
        status: Some(status),
        state: Some(state),
        paths: Some(vec![path.into()]),
        joined_method: Some(membership.joined_method),
        joined_timestamp: Some(membership.joined_at),
    })
}

/// The member with this id.
///
/// # Errors
/// F-ORGS-ACC-2: `AccountNotFoundException`, also before the account's creation is complete.
pub(crate) fn member(
    standing: &Standing,
    id: &str,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<Member, Failure> {
    standing.member(id, call, world)?.ok_or_else(|| refusal::account_not_found().into())
}

/// DescribeAccount.
pub(crate) fn describe(
    standing: &Standing,
    input: DescribeAccountRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<DescribeAccountResponse, Failure> {
    let member = member(standing, input.account_id.as_str(), call, world)?;
    Ok(DescribeAccountResponse { account: Some(show(standing, &member, call, world)?) })
}

fn entry(standing: &Standing, id: &str, call: &Call<'_>, world: &World<'_>) -> Result<Entry<Shown>, Failure> {
    let member = standing.member(id, call, world)?;
    Ok(member.map(|member| show(standing, &member, call, world)).transpose()?.into())
}

/// ListAccounts, in order of ids.
pub(crate) fn list(
    standing: &Standing,
    input: ListAccountsRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListAccountsResponse, Failure> {
    let listing = Listing::open(call, &[], input.next_token.as_ref(), input.max_results)?;
    let prefix = OrganizationEntityId::within(&standing.organization.id);
    let (accounts, next_token) = listing.over(&prefix, world, |id| {
        // Accounts come first in the order of keys.
        if !index::is_account(id.entity) {
            return Ok(Entry::End);
        }
        entry(standing, id.entity, call, world)
    })?;
    Ok(ListAccountsResponse { accounts: Some(accounts), next_token })
}

/// ListAccountsForParent: those directly below it.
pub(crate) fn list_for_parent(
    standing: &Standing,
    input: ListAccountsForParentRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListAccountsForParentResponse, Failure> {
    let parent = root_and_units::parent(standing, input.parent_id.as_str(), world)?;
    let listing = Listing::open(call, &[&parent.id], input.next_token.as_ref(), input.max_results)?;
    let prefix = ChildId::within(&parent.id, ChildType::Account);
    let (accounts, next_token) = listing.over(&prefix, world, |id| entry(standing, id.child, call, world))?;
    Ok(ListAccountsForParentResponse { accounts: Some(accounts), next_token })
}

/// MoveAccount.
///
/// # Errors
/// F-ORGS-MOVE-1: in this order `AccountNotFoundException`, `SourceParentNotFoundException`,
/// `DestinationParentNotFoundException`, `AccountNotFoundException` where the source is not the account's parent
/// (recorded), `DuplicateAccountException` where the destination is.
pub(crate) fn move_account(
    standing: &Standing,
    input: MoveAccountRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let member = member(standing, input.account_id.as_str(), call, world)?;
    let source = standing.unit(input.source_parent_id.as_str(), world)?;
    let source = source.ok_or_else(refusal::source_parent_not_found)?;
    let destination = standing.unit(input.destination_parent_id.as_str(), world)?;
    let destination = destination.ok_or_else(refusal::destination_parent_not_found)?;
    if source.id != member.membership.parent_id {
        return Err(refusal::account_not_found().into());
    }
    if destination.id == source.id {
        return Err(refusal::duplicate_account().into());
    }
    let id = member.account.id;
    let change = |world: &mut World<'_>| {
        index::move_member(id, (*member.membership).clone(), &destination.id, world);
        Ok(index::hold_unit(&destination.id, world)?)
    };
    match standing.organization.enabled_policy_types.contains(&PolicyType::BackupPolicy) {
        true => kept::changing_below(
            &standing.organization.id,
            id.as_str(),
            PolicyType::BackupPolicy,
            world,
            change,
        ),
        false => change(world),
    }
}
