//! Handshakes: an offer of an organization that others accept or decline.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Handshake.html>

use std::sync::Arc;

use aws::arn::AccountId;
use jiff::{SignedDuration, Timestamp};

use super::invitation::{account_of, forget_invitation, is_member, join, new_handshake};
use super::roles;
use crate::failure::Failure;
use crate::model::organizations::{
    AcceptHandshakeRequest, AcceptHandshakeResponse, AccountJoinedMethod, ActionType, CancelHandshakeRequest,
    CancelHandshakeResponse, DeclineHandshakeRequest, DeclineHandshakeResponse, DescribeHandshakeRequest,
    DescribeHandshakeResponse, EnableAllFeaturesResponse, Handshake as Shown,
    HandshakeConstraintViolationExceptionReason as Constraint, HandshakeFilter, HandshakeParty,
    HandshakePartyType, HandshakeResource, HandshakeResourceType, HandshakeState,
    InvalidInputExceptionReason, ListHandshakesForAccountRequest, ListHandshakesForAccountResponse,
    ListHandshakesForOrganizationRequest, ListHandshakesForOrganizationResponse,
};
use crate::organizations::ids::new_id;
use crate::organizations::listing::{Entry, Listing};
use crate::organizations::standing::Standing;
use crate::organizations::tree::organization::email_of;
use crate::organizations::{Call, arn, index, refusal};
use crate::state::organization::{
    FeatureSet, Handshake, HandshakeId, HandshakeOf, HandshakeOfId, Membership, Organization,
    OrganizationEntityId, OrganizationId, Recipient,
};
use crate::world::{Fault, World};

/// F-ORGS-SHAKE-7: what a new handshake of this action is: REQUESTED while the change to all features is not approved by
/// all, OPEN where it is for one account to answer. The reference's words on states say otherwise of invitations; its
/// examples, the guide and the clients that look for invitations have them OPEN.
pub(crate) fn first_state(action: ActionType) -> HandshakeState {
    if action == ActionType::EnableAllFeatures { HandshakeState::Requested } else { HandshakeState::Open }
}

/// F-ORGS-SHAKE-1: a handshake that is done with is seen for 30 days.
const SEEN_DAYS: i64 = 30;
/// F-ORGS-SHAKE-2: the change to all features must be completed within 90 days.
const ALL_FEATURES_DAYS: i64 = 90;

/// The state at an instant: an open handshake expires by itself.
pub(crate) fn state_at(handshake: &Handshake, now: Timestamp) -> HandshakeState {
    match handshake.state {
        HandshakeState::Requested | HandshakeState::Open if handshake.expires_at <= now => {
            HandshakeState::Expired
        }
        state => state,
    }
}

fn is_seen(handshake: &Handshake, now: Timestamp) -> bool {
    let ended = handshake.resolved_at.unwrap_or(handshake.expires_at);
    now.duration_since(ended) < SignedDuration::from_hours(24 * SEEN_DAYS)
}

fn resource(kind: HandshakeResourceType, value: &str) -> HandshakeResource {
    HandshakeResource { value: Some(value.into()), r#type: Some(kind), resources: None }
}

/// A handshake as it is shown. F-ORGS-SHAKE-3: parties and resources are those of the examples of the reference and of the
/// guide, "Standard migration process"; but as a party an organization has no `o-` before its id, and whoever accepted what
/// was sent to an address is a party as an account from then on, as was recorded.
pub(crate) fn show(handshake: &Handshake, now: Timestamp) -> Shown {
    use HandshakeResourceType as R;
    let organization_id = handshake.organization_id.as_str();
    let mut organization = resource(R::Organization, organization_id);
    if handshake.action == ActionType::Invite {
        organization.resources = Some(vec![
            resource(R::MasterEmail, &handshake.management_email),
            resource(R::MasterName, &handshake.management_name),
            resource(R::OrganizationFeatureSet, handshake.feature_set.as_str()),
        ]);
    }
    let parent = handshake.parent.as_deref().map(|parent| resource(R::ParentHandshake, parent));
    let mut resources: Vec<_> = parent.into_iter().chain([organization]).collect();
    let party = |id: &str, kind| HandshakeParty { id: id.into(), r#type: kind };
    let bare_id = organization_id.strip_prefix("o-").unwrap_or(organization_id);
    let mut parties = vec![party(bare_id, HandshakePartyType::Organization)];
    match &handshake.recipient {
        Recipient::Account(account) => {
            parties.push(party(account.as_str(), HandshakePartyType::Account));
            resources.push(resource(R::Account, account.as_str()));
        }
        Recipient::Email(address) => {
            parties.push(match handshake.accepted_by {
                Some(account) => party(account.as_str(), HandshakePartyType::Account),
                None => party(address, HandshakePartyType::Email),
            });
            resources.push(resource(R::Email, address));
        }
        Recipient::Organization => {}
    }
    resources.extend(handshake.notes.as_deref().map(|notes| resource(R::Notes, notes)));
    Shown {
        id: Some(handshake.id.as_str().into()),
        arn: Some(arn::handshake(handshake).into()),
        parties: Some(parties),
        state: Some(state_at(handshake, now)),
        requested_timestamp: Some(handshake.requested_at),
        expiration_timestamp: Some(handshake.expires_at),
        action: Some(handshake.action),
        resources: Some(resources),
    }
}

/// Puts a new handshake into the lists of both sides.
pub(crate) fn put(handshake: Handshake, recipient: Option<AccountId>, world: &mut World<'_>) {
    let other = match (&handshake.recipient, recipient) {
        (_, Some(account)) => Some(account.to_string()),
        (Recipient::Email(address), None) => Some(address.to_lowercase()),
        _ => None,
    };
    for owner in [Some(handshake.organization_id.clone()), other].into_iter().flatten() {
        world.put(HandshakeOfId { owner: &owner, handshake: &handshake.id }, HandshakeOf {});
    }
    world.save(handshake);
}

/// Which side of a handshake a caller is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Sender,
    Recipient,
    /// The one account that both sends and completes it.
    Both,
}

/// A handshake that the caller may see, and its side.
///
/// # Errors
/// F-ORGS-SHAKE-4: `HandshakeNotFoundException` for what is not the caller's.
fn find(id: &str, call: &Call<'_>, world: &World<'_>) -> Result<(Arc<Handshake>, Side), Failure> {
    let not_found = || Failure::from(refusal::handshake_not_found());
    let handshake = world.get::<Handshake>(HandshakeId(id))?.ok_or_else(not_found)?;
    if !is_seen(&handshake, call.context.now) {
        return Err(not_found());
    }
    let caller = call.caller.account();
    let is_sender = handshake.management_account == caller;
    let recipient = match handshake.accepted_by {
        Some(account) => Some(account),
        None => account_of(&handshake.recipient, call, world)?,
    };
    let is_recipient = recipient == Some(caller);
    match (is_sender, is_recipient) {
        (true, _) if handshake.recipient == Recipient::Organization => Ok((handshake, Side::Both)),
        (_, true) => Ok((handshake, Side::Recipient)),
        (true, false) => Ok((handshake, Side::Sender)),
        (false, false) => Err(not_found()),
    }
}

/// # Errors
/// F-ORGS-SHAKE-5: `HandshakeAlreadyInStateException` where it is so already, `InvalidHandshakeTransitionException` from
/// any other state that is final.
fn refuse_final(handshake: &Handshake, wanted: HandshakeState, call: &Call<'_>) -> Result<(), Failure> {
    match state_at(handshake, call.context.now) {
        HandshakeState::Requested | HandshakeState::Open => Ok(()),
        state if state == wanted => Err(refusal::handshake_already_in_state().into()),
        _ => Err(refusal::invalid_handshake_transition().into()),
    }
}

/// Leaves a handshake in its final state. Whoever accepts it is the caller.
fn resolve(handshake: &Handshake, state: HandshakeState, call: &Call<'_>, world: &mut World<'_>) -> Shown {
    let mut resolved = handshake.clone();
    resolved.state = state;
    resolved.resolved_at = Some(call.context.now);
    resolved.accepted_by = (state == HandshakeState::Accepted).then(|| call.caller.account());
    let shown = show(&resolved, call.context.now);
    world.save(resolved);
    shown
}

/// AcceptHandshake: an invitation makes the caller a member, an approval counts, and the change to all features is done.
///
/// # Errors
/// F-ORGS-SHAKE-4, F-ORGS-SHAKE-5; `AccessDeniedException` for the side that must not accept. F-ORGS-INVITE-3: a member of the
/// organization that invites it is told so, and the invitation is accepted all the same.
pub(crate) fn accept(
    input: AcceptHandshakeRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<AcceptHandshakeResponse, Failure> {
    let (handshake, side) = find(input.handshake_id.as_str(), call, world)?;
    if side == Side::Sender {
        return Err(refusal::access_denied().into());
    }
    refuse_final(&handshake, HandshakeState::Accepted, call)?;
    match handshake.action {
        ActionType::Invite if is_member(&handshake, call, world)? => {
            forget_invitation(&handshake, world)?;
            resolve(&handshake, HandshakeState::Accepted, call, world);
            let refusal = refusal::handshake_constraint(Constraint::AlreadyInAnOrganization);
            return Err(Failure::RefusedAfterChange(Box::new(refusal.into())));
        }
        ActionType::Invite => join(&handshake, call, world)?,
        ActionType::ApproveAllFeatures => approve(&handshake, call, world)?,
        ActionType::EnableAllFeatures => complete_all_features(&handshake, call, world)?,
        _ => return Err(refusal::invalid_handshake_transition().into()),
    }
    let handshake = resolve(&handshake, HandshakeState::Accepted, call, world);
    Ok(AcceptHandshakeResponse { handshake: Some(handshake) })
}

/// One member approves of all features; when the last one has, the change can be completed.
fn approve(handshake: &Handshake, call: &Call<'_>, world: &mut World<'_>) -> Result<(), Failure> {
    roles::ensure_service_linked(call.caller.account(), call.context.now, call.context, world)?;
    match &handshake.parent {
        Some(whole) => Ok(no_longer_asked(whole, &handshake.id, world)?),
        None => Ok(()),
    }
}

/// A part of the change to all features that is waited for no longer; without any, the change can be completed.
fn no_longer_asked(whole: &str, part: &str, world: &mut World<'_>) -> Result<(), Fault> {
    if let Some(stored) = world.get::<Handshake>(HandshakeId(whole))? {
        let mut stored = (*stored).clone();
        stored.unanswered.remove(part);
        if stored.unanswered.is_empty() && stored.state == HandshakeState::Requested {
            stored.state = HandshakeState::Open;
        }
        world.save(stored);
    }
    Ok(())
}

/// The part of the change to all features that asks `account`.
fn part_of(whole: &str, account: AccountId) -> String {
    format!("{whole}{account}")
}

/// F-ORGS-FEAT-5 (*assumed*): a member that leaves meanwhile is not asked any more.
pub(crate) fn forget_member(
    whole: &str,
    account: AccountId,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let part = part_of(whole, account);
    if world.get::<Handshake>(HandshakeId(&part))?.is_some() {
        cancel_open(&part, call, world)?;
        no_longer_asked(whole, &part, world)?;
    }
    Ok(())
}

/// F-ORGS-FEAT-2: with all approvals the organization has all features; no policy type is enabled by it.
fn complete_all_features(
    handshake: &Handshake,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    if handshake.state != HandshakeState::Open {
        return Err(refusal::invalid_handshake_transition().into());
    }
    let id = &handshake.organization_id;
    let organization =
        world.get::<Organization>(OrganizationId(id))?.ok_or_else(refusal::handshake_not_found)?;
    world.save(Organization { feature_set: FeatureSet::All, ..(*organization).clone() });
    for entry in index::all(&OrganizationEntityId::within(id), world)? {
        // Accounts come first in the order of keys.
        let Ok(account) = entry.id()?.entity.parse::<AccountId>() else { break };
        roles::ensure_service_linked(account, call.context.now, call.context, world)?;
    }
    forget_all_features(id, world)
}

fn forget_all_features(organization_id: &str, world: &mut World<'_>) -> Result<(), Failure> {
    let mut changes = index::membership_changes(organization_id, world)?;
    changes.all_features = None;
    world.put(OrganizationId(organization_id), changes);
    Ok(())
}

/// DeclineHandshake.
///
/// # Errors
/// F-ORGS-SHAKE-4, F-ORGS-SHAKE-5; `AccessDeniedException` for the sender.
pub(crate) fn decline(
    input: DeclineHandshakeRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<DeclineHandshakeResponse, Failure> {
    let (handshake, side) = find(input.handshake_id.as_str(), call, world)?;
    if side != Side::Recipient {
        return Err(refusal::access_denied().into());
    }
    refuse_final(&handshake, HandshakeState::Declined, call)?;
    forget_invitation(&handshake, world)?;
    let handshake = resolve(&handshake, HandshakeState::Declined, call, world);
    Ok(DeclineHandshakeResponse { handshake: Some(handshake) })
}

/// CancelHandshake. With the change to all features go the approvals it asked for.
///
/// # Errors
/// F-ORGS-SHAKE-4, F-ORGS-SHAKE-5; `AccessDeniedException` for the recipient.
pub(crate) fn cancel(
    input: CancelHandshakeRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<CancelHandshakeResponse, Failure> {
    let (handshake, side) = find(input.handshake_id.as_str(), call, world)?;
    if side == Side::Recipient {
        return Err(refusal::access_denied().into());
    }
    refuse_final(&handshake, HandshakeState::Canceled, call)?;
    forget_invitation(&handshake, world)?;
    for part in &handshake.unanswered {
        cancel_open(part, call, world)?;
    }
    if handshake.action == ActionType::EnableAllFeatures {
        forget_all_features(&handshake.organization_id, world)?;
    }
    let handshake = resolve(&handshake, HandshakeState::Canceled, call, world);
    Ok(CancelHandshakeResponse { handshake: Some(handshake) })
}

/// Cancels a handshake that nobody has answered.
pub(crate) fn cancel_open(id: &str, call: &Call<'_>, world: &mut World<'_>) -> Result<(), Failure> {
    if let Some(open) =
        world.get::<Handshake>(HandshakeId(id))?.filter(|handshake| handshake.resolved_at.is_none())
    {
        resolve(&open, HandshakeState::Canceled, call, world);
    }
    Ok(())
}

/// DescribeHandshake.
pub(crate) fn describe(
    input: DescribeHandshakeRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<DescribeHandshakeResponse, Failure> {
    let (handshake, _) = find(input.handshake_id.as_str(), call, world)?;
    Ok(DescribeHandshakeResponse { handshake: Some(show(&handshake, call.context.now)) })
}

/// EnableAllFeatures: asks every invited member to approve. F-ORGS-FEAT-4: invitations that are open are canceled.
///
/// # Errors
/// F-ORGS-FEAT-3: ORGANIZATION_ALREADY_HAS_ALL_FEATURES, ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION.
pub(crate) fn enable_all_features(
    standing: &Standing,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<EnableAllFeaturesResponse, Failure> {
    let organization = &standing.organization;
    if organization.feature_set == FeatureSet::All {
        return Err(refusal::handshake_constraint(Constraint::OrganizationAlreadyHasAllFeatures).into());
    }
    let mut changes = index::membership_changes(&organization.id, world)?;
    if is_migrating(changes.all_features.as_deref(), call, world)? {
        let reason = Constraint::OrganizationIsAlreadyPendingAllFeaturesMigration;
        return Err(refusal::handshake_constraint(reason).into());
    }
    let id = new_id(call.context, "h-", 10);
    let days = ALL_FEATURES_DAYS;
    let recipient = Recipient::Organization;
    let mut whole =
        new_handshake(standing, ActionType::EnableAllFeatures, recipient, id.clone(), days, call, world)?;
    for entry in index::all(&OrganizationEntityId::within(&organization.id), world)? {
        // Accounts come first in the order of keys.
        let Ok(account) = entry.id()?.entity.parse::<AccountId>() else { break };
        let membership = world.get::<Membership>(account)?;
        let invited =
            membership.is_some_and(|membership| membership.joined_method == AccountJoinedMethod::Invited);
        if !invited || account == organization.management_account {
            continue;
        }
        let part = part_of(&id, account);
        let recipient = Recipient::Account(account);
        let mut part =
            new_handshake(standing, ActionType::ApproveAllFeatures, recipient, part, days, call, world)?;
        part.parent = Some(id.clone());
        whole.unanswered.insert(part.id.clone());
        put(part, Some(account), world);
    }
    if whole.unanswered.is_empty() {
        whole.state = HandshakeState::Open;
    }
    for invitation in std::mem::take(&mut changes.invitations).keys() {
        cancel_open(invitation, call, world)?;
    }
    changes.all_features = Some(id);
    world.put(OrganizationId(&organization.id), changes);
    let shown = show(&whole, call.context.now);
    put(whole, None, world);
    Ok(EnableAllFeaturesResponse { handshake: Some(shown) })
}

/// Whether the change to all features is under way.
pub(crate) fn is_migrating(
    handshake: Option<&str>,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<bool, Fault> {
    let Some(id) = handshake else { return Ok(false) };
    let handshake = world.get::<Handshake>(HandshakeId(id))?;
    Ok(handshake.is_some_and(|handshake| {
        matches!(state_at(&handshake, call.context.now), HandshakeState::Requested | HandshakeState::Open)
    }))
}

/// Whether the filter of a list lets a handshake through.
fn passes(filter: Option<&HandshakeFilter>, handshake: &Handshake) -> bool {
    let Some(filter) = filter else { return true };
    let parent = filter.parent_handshake_id.as_ref().map(|parent| parent.as_str());
    filter.action_type.is_none_or(|action| action == handshake.action)
        && parent.is_none_or(|parent| handshake.parent.as_deref() == Some(parent))
}

/// What the filter of a list names.
///
/// # Errors
/// F-ORGS-SHAKE-6: MAX_LIMIT_EXCEEDED_FILTER where it names both an action and a parent.
fn filter_parts(filter: Option<&HandshakeFilter>) -> Result<Vec<&str>, Failure> {
    let Some(filter) = filter else { return Ok(Vec::new()) };
    let action = filter.action_type.map(ActionType::as_str);
    let parent = filter.parent_handshake_id.as_ref().map(|parent| parent.as_str());
    if action.is_some() && parent.is_some() {
        return Err(refusal::invalid_input(InvalidInputExceptionReason::MaxLimitExceededFilter).into());
    }
    Ok(action.into_iter().chain(parent).collect())
}

fn entry(
    id: &str,
    filter: Option<&HandshakeFilter>,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<Entry<Shown>, Failure> {
    let now = call.context.now;
    let handshake = world.get::<Handshake>(HandshakeId(id))?;
    let handshake = handshake.filter(|handshake| is_seen(handshake, now) && passes(filter, handshake));
    Ok(handshake.map(|handshake| show(&handshake, now)).into())
}

/// ListHandshakesForOrganization, in order of ids.
pub(crate) fn list_for_organization(
    standing: &Standing,
    input: ListHandshakesForOrganizationRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListHandshakesForOrganizationResponse, Failure> {
    let filter = input.filter.as_ref();
    let parts = filter_parts(filter)?;
    let listing = Listing::open(call, &parts, input.next_token.as_ref(), input.max_results)?;
    let prefix = HandshakeOfId::within(&standing.organization.id);
    let (handshakes, next_token) =
        listing.over(&prefix, world, |id| entry(id.handshake, filter, call, world))?;
    Ok(ListHandshakesForOrganizationResponse { handshakes: Some(handshakes), next_token })
}

/// ListHandshakesForAccount, in order of ids: those sent to the caller's account, and those that were sent to its address
/// before anybody had it.
pub(crate) fn list_for_account(
    input: ListHandshakesForAccountRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListHandshakesForAccountResponse, Failure> {
    let account = call.caller.account();
    let filter = input.filter.as_ref();
    let parts = filter_parts(filter)?;
    let listing = Listing::open(call, &parts, input.next_token.as_ref(), input.max_results)?;
    let (after, limit) = listing.window();
    let mut ids = Vec::new();
    for owner in [account.to_string(), email_of(account, call, world)?.to_lowercase()] {
        // One more than fits tells whether there is another page.
        for key in world.keys(&HandshakeOfId::within(&owner), after, limit + 1)? {
            ids.push(key.id()?.handshake.to_owned());
        }
    }
    ids.sort();
    ids.dedup();
    let shown = ids.into_iter().map(|id| {
        let entry = entry(&id, filter, call, world);
        entry.map(|entry| (id, entry))
    });
    let (entries, next_token) = listing.of(shown.collect::<Result<Vec<_>, Failure>>()?);
    let handshakes = entries
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Shown(handshake) => Some(handshake),
            Entry::Hidden | Entry::End => None,
        })
        .collect();
    Ok(ListHandshakesForAccountResponse { handshakes: Some(handshakes), next_token })
}
