//! How an account leaves its organization: it is closed, removed, or leaves by itself.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::create_account::member_count;
use super::handshake;
use crate::failure::Failure;
use crate::model::organizations::{
    AccountJoinedMethod, AccountStatus, CloseAccountRequest, ConstraintViolationExceptionReason as Reason,
    RemoveAccountFromOrganizationRequest,
};
use crate::organizations::policies::kept;
use crate::organizations::standing::{Member, Standing};
use crate::organizations::tree::account;
use crate::organizations::{Call, index, record, refusal};
use crate::quotas::number;
use crate::state::account::{Account, AccountState, GovCloudLink};
use crate::state::organization::{Closure, Membership, Organization, OrganizationId};
use crate::world::World;

/// F-ORGS-CLOSE-2 (*assumed*): how long an account is PENDING_CLOSURE. AWS says "a few minutes"; as long as creating one
/// takes here, so that `--delays` governs both.
fn closing_time(call: &Call<'_>) -> Duration {
    call.context.delays.account_creation
}

/// F-ORGS-CLOSE-3: a closed account is in its organization for 90 days.
pub const DAYS_AFTER_CLOSURE: i64 = 90;
/// F-ORGS-CLOSE-4: closures count for 30 days …
pub const CLOSURE_WINDOW_DAYS: i64 = 30;
/// … and an organization has as many as a fifth of its members, within its quotas.
const MEMBERS_PER_CLOSURE: usize = 5;

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

fn later(from: Timestamp, count: i64) -> Timestamp {
    from.saturating_add(days(count)).unwrap_or(Timestamp::MAX)
}

/// CloseAccount.
///
/// F-ORGS-CLOSE-6: the account is in use until the closure is complete. From then on Account Management changes nothing of
/// it (F-STATE-1), its credentials are refused (F-ORGS-CLOSE-7), and its address stays taken. F-ORGS-CLOSE-8: a linked
/// account in AWS GovCloud (US) is closed with it.
///
/// # Errors
/// All features are needed; `AccountNotFoundException`; CANNOT_CLOSE_MANAGEMENT_ACCOUNT; `AccountAlreadyClosedException`;
/// F-ORGS-CLOSE-4 and F-ORGS-CLOSE-5 with their reasons.
pub(crate) fn close(
    standing: &Standing,
    input: CloseAccountRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    standing.require_all_features()?;
    let member = account::member(standing, input.account_id.as_str(), call, world)?;
    if member.account.id == standing.organization.management_account {
        return Err(refusal::constraint(Reason::CannotCloseManagementAccount).into());
    }
    let now = call.context.now;
    if account::status_at(&member.membership, member.account.state, now).0 != AccountStatus::Active {
        return Err(refusal::account_already_closed().into());
    }
    let organization_id = &standing.organization.id;
    let mut changes = index::membership_changes(organization_id, world)?;
    changes.closures.retain(|closure| now.duration_since(closure.requested_at) < days(CLOSURE_WINDOW_DAYS));
    let quotas = &call.context.quotas;
    let going_on = changes.closures.iter().filter(|closure| closure.completes_at > now).count();
    if going_on >= number(quotas.concurrent_closures) {
        return Err(refusal::constraint(Reason::CloseAccountRequestsLimitExceeded).into());
    }
    let least = number(quotas.closures);
    if changes.closures.len() >= least {
        let most = number(quotas.most_closures).max(least);
        let members = member_count(organization_id, most * MEMBERS_PER_CLOSURE, world)?;
        let quota = (members / MEMBERS_PER_CLOSURE).clamp(least, most);
        if changes.closures.len() >= quota {
            return Err(refusal::constraint(Reason::CloseAccountQuotaExceeded).into());
        }
    }
    let completes_at = call.context.after(closing_time(call));
    let closure =
        Closure { requested_at: now, completes_at, final_at: later(completes_at, DAYS_AFTER_CLOSURE) };
    let id = member.account.id;
    record::closure_completed(&standing.organization, id, now, completes_at, world);
    record::departed(&standing.organization, id, "CLEANED", closure.final_at, world);
    changes.closures.push(closure);
    world.put(OrganizationId(organization_id), changes);
    let state = AccountState::Closing(completes_at);
    let mut closing = Account { state, ..(*member.account).clone() };
    closing.gov_cloud = closing.gov_cloud.map(|link| GovCloudLink { state, ..link });
    world.save(closing);
    let membership = Membership { closure: Some(closure), ..(*member.membership).clone() };
    world.put(id, membership);
    Ok(())
}

/// RemoveAccountFromOrganization.
///
/// # Errors
/// See [`depart`].
pub(crate) fn remove(
    standing: &Standing,
    input: RemoveAccountFromOrganizationRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let member = account::member(standing, input.account_id.as_str(), call, world)?;
    depart(&standing.organization, &member, "REMOVED", call, world)
}

/// LeaveOrganization.
///
/// # Errors
/// See [`depart`].
pub(crate) fn leave(standing: &Standing, call: &Call<'_>, world: &mut World<'_>) -> Result<(), Failure> {
    let member = account::member(standing, standing.account.as_str(), call, world)?;
    depart(&standing.organization, &member, "LEFT", call, world)
}

/// Takes a member out; its tags and attachments go, all else of the account stays.
///
/// # Errors
/// F-ORGS-LEAVE-2: `MasterCannotLeaveOrganizationException`; a delegated administrator stays; F-ORGS-LEAVE-1; and
/// (*assumed*) an account that is being closed or is closed stays until it is gone.
pub(crate) fn depart(
    organization: &Organization,
    member: &Member,
    method: &str,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let (id, membership) = (member.account.id, &member.membership);
    if id == organization.management_account {
        return Err(refusal::master_cannot_leave().into());
    }
    if organization.delegated_administrators.contains_key(&id) {
        return Err(refusal::constraint(Reason::CannotRemoveDelegatedAdministratorFromOrg).into());
    }
    if membership.closure.is_some() {
        return Err(refusal::constraint(Reason::AccountCannotLeaveOrganization).into());
    }
    let age = call.context.now.duration_since(member.account.created_at);
    if membership.joined_method == AccountJoinedMethod::Created
        && age < days(call.context.quotas.age_to_leave_days.into())
    {
        return Err(refusal::constraint(Reason::WaitPeriodActive).into());
    }
    let changes = index::membership_changes(&organization.id, world)?;
    if let Some(whole) = &changes.all_features {
        handshake::forget_member(whole, id, call, world)?;
    }
    world.put(OrganizationId(&organization.id), changes);
    kept::forget(&organization.id, id, world)?;
    index::delete_member(id, membership, world);
    record::departed(organization, id, method, call.context.now, world);
    Ok(())
}
