//! Invitations of accounts to an organization, and joining it.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use jiff::SignedDuration;

use super::create_account::member_count;
use super::handshake::{first_state, is_migrating, put, show};
use super::leaving::depart;
use super::roles;
use crate::failure::Failure;
use crate::model::organizations::{
    AccountJoinedMethod, ActionType, HandshakeConstraintViolationExceptionReason as Constraint,
    HandshakePartyMembers, HandshakePartyType, InvalidInputExceptionReason as InvalidInput,
    InviteAccountToOrganizationRequest, InviteAccountToOrganizationResponse,
};
use crate::organizations::ids::new_id;
use crate::organizations::standing::Standing;
use crate::organizations::tree::organization::email_of;
use crate::organizations::tree::{root_and_units, tag};
use crate::organizations::{Call, index, record, refusal};
use crate::quotas::number;
use crate::service_quotas;
use crate::state::account::{Account, account_using};
use crate::state::message::{Channel, Message};
use crate::state::organization::{
    FeatureSet, Handshake, HandshakeId, Membership, Organization, OrganizationId, Recipient,
};
use crate::world::{Fault, World};

/// F-ORGS-INVITE-1: an invitation expires after 15 days.
const INVITATION_DAYS: i64 = 15;

/// The handshake that carries something from the organization to a recipient.
pub(crate) fn new_handshake(
    standing: &Standing,
    action: ActionType,
    recipient: Recipient,
    id: String,
    lasts_days: i64,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<Handshake, Failure> {
    let organization = &standing.organization;
    let management_account = organization.management_account;
    let name = world.get::<Account>(management_account)?.map(|account| account.name.clone());
    let lifetime = SignedDuration::from_hours(24 * lasts_days);
    Ok(Handshake {
        id,
        action,
        organization_id: organization.id.clone(),
        management_account,
        management_email: email_of(management_account, call, world)?,
        management_name: name.unwrap_or_default(),
        feature_set: organization.feature_set,
        recipient,
        state: first_state(action),
        requested_at: call.context.now,
        expires_at: call.context.now.saturating_add(lifetime).unwrap_or(jiff::Timestamp::MAX),
        resolved_at: None,
        accepted_by: None,
        notes: None,
        tags: BTreeMap::new(),
        parent: None,
        unanswered: BTreeSet::new(),
    })
}

/// InviteAccountToOrganization.
///
/// # Errors
/// F-ORGS-INVITE-2: INVALID_PARTY_TYPE_TARGET for an organization and what is no type at all, INVALID_PATTERN for what is no
/// account id and where there is no target, INVALID_EMAIL_ADDRESS_TARGET for what is no address; F-ORGS-INVITE-3:
/// ALREADY_IN_AN_ORGANIZATION for a member of this one that is named by its id;
/// INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES; `DuplicateHandshakeException`; ACCOUNT_NUMBER_LIMIT_EXCEEDED, open
/// invitations included; F-ORGS-INVITE-5: HANDSHAKE_RATE_LIMIT_EXCEEDED.
pub(crate) fn invite(
    standing: &Standing,
    input: InviteAccountToOrganizationRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<InviteAccountToOrganizationResponse, Failure> {
    let now = call.context.now;
    let organization_id = &standing.organization.id;
    let tags = tag::read(input.tags, call)?;
    let recipient =
        recipient(input.target.r#type, input.target.id.as_str()).map_err(refusal::invalid_input)?;
    // F-ORGS-INVITE-3: of an address AWS does not tell whether a member has it.
    if let Recipient::Account(account) = recipient {
        let membership = world.get::<Membership>(account)?;
        if membership.is_some_and(|membership| membership.organization_id == *organization_id) {
            return Err(refusal::handshake_constraint(Constraint::AlreadyInAnOrganization).into());
        }
    }
    let account = account_of(&recipient, call, world)?;
    let mut changes = index::membership_changes(organization_id, world)?;
    changes.invitations.retain(|_, expires_at| *expires_at > now);
    if is_migrating(changes.all_features.as_deref(), call, world)? {
        return Err(refusal::handshake_constraint(Constraint::InviteDisabledDuringEnableAllFeatures).into());
    }
    for open in changes.invitations.keys() {
        let Some(other) = world.get::<Handshake>(HandshakeId(open))? else { continue };
        let same_account = account.is_some() && account_of(&other.recipient, call, world)? == account;
        if same_account || other.recipient == recipient {
            return Err(refusal::duplicate_handshake().into());
        }
    }
    let accounts = number(service_quotas::accounts(&standing.organization, call.context, world)?);
    if member_count(organization_id, accounts, world)? + changes.invitations.len() >= accounts {
        return Err(refusal::handshake_constraint(Constraint::AccountNumberLimitExceeded).into());
    }
    let day = SignedDuration::from_hours(24);
    changes.invitations_sent.retain(|_, sent_at| now.duration_since(*sent_at) < day);
    // F-ORGS-INVITE-5: those that were accepted do not count.
    if changes.invitations_sent.len() >= accounts.max(number(call.context.quotas.invitations_a_day)) {
        return Err(refusal::handshake_constraint(Constraint::HandshakeRateLimitExceeded).into());
    }
    let id = new_id(call.context, "h-", 10);
    let mut handshake =
        new_handshake(standing, ActionType::Invite, recipient, id, INVITATION_DAYS, call, world)?;
    handshake.notes = input.notes.map(|notes| notes.into_string());
    handshake.tags = tags;
    changes.invitations.insert(handshake.id.clone(), handshake.expires_at);
    changes.invitations_sent.insert(handshake.id.clone(), now);
    world.put(OrganizationId(organization_id), changes);
    let shown = show(&handshake, now);
    mail(&handshake, account, call, world)?;
    // An address that an account has is in that account's list.
    put(handshake, account, world);
    Ok(InviteAccountToOrganizationResponse { handshake: Some(shown) })
}

/// F-ORGS-INVITE-4: AWS sends an e-mail to the owner of the account, with the notes; its text is *assumed*. Nobody has the
/// address of an account that does not exist.
fn mail(
    handshake: &Handshake,
    invited: Option<AccountId>,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Fault> {
    let now = call.context.now;
    let to = match (&handshake.recipient, invited) {
        (Recipient::Email(address), _) => Some(address.clone()),
        (_, Some(account)) => world.get::<Account>(account)?.map(|account| account.email_at(now).to_owned()),
        _ => None,
    };
    let Some(to) = to else { return Ok(()) };
    let (sender, organization_id) = (&handshake.management_name, &handshake.organization_id);
    let mut body = format!(
        "{sender} ({}) invites your AWS account to join its organization {organization_id}. To accept or decline, answer \
         the handshake {} before {}.",
        handshake.management_email, handshake.id, handshake.expires_at
    );
    if let Some(notes) = &handshake.notes {
        body.push_str("\n\n");
        body.push_str(notes);
    }
    let message = Message {
        channel: Channel::Email,
        account: invited.unwrap_or(handshake.management_account),
        to,
        subject: "Your AWS account has been invited to join an organization".to_owned(),
        body,
        code: String::new(),
        sent_at: now,
        delivered_at: None,
    };
    message.send(&call.context.request_id, world);
    Ok(())
}

/// F-ORGS-INVITE-2: what is wrong with whom an invitation names, before anything of it is held to the model.
pub(crate) fn wrong_target(target: Option<HandshakePartyMembers<'_>>) -> Option<InvalidInput> {
    let Some(target) = target else { return Some(InvalidInput::InvalidPattern) };
    let kind = target.r#type().and_then(|kind| kind.parse().ok());
    let Some(kind @ (HandshakePartyType::Account | HandshakePartyType::Email)) = kind else {
        return Some(InvalidInput::InvalidPartyTypeTarget);
    };
    recipient(kind, target.id().unwrap_or_default()).err()
}

fn recipient(kind: HandshakePartyType, id: &str) -> Result<Recipient, InvalidInput> {
    match kind {
        HandshakePartyType::Account => {
            id.parse().map(Recipient::Account).map_err(|_| InvalidInput::InvalidPattern)
        }
        HandshakePartyType::Email => match id.split_once('@') {
            Some((local, domain)) if !local.is_empty() && domain.contains('.') && !id.contains(' ') => {
                Ok(Recipient::Email(id.to_owned()))
            }
            _ => Err(InvalidInput::InvalidEmailAddressTarget),
        },
        HandshakePartyType::Organization => Err(InvalidInput::InvalidPartyTypeTarget),
    }
}

/// The account that a recipient is, as far as anybody knows.
pub(crate) fn account_of(
    recipient: &Recipient,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<Option<AccountId>, Fault> {
    match recipient {
        Recipient::Account(account) => Ok(Some(*account)),
        Recipient::Email(address) => account_using(address, call.context.now, world),
        Recipient::Organization => Ok(None),
    }
}

/// Whether the caller's account is in the organization that invites it. F-ORGS-INVITE-3.
pub(crate) fn is_member(invitation: &Handshake, call: &Call<'_>, world: &World<'_>) -> Result<bool, Fault> {
    let current = Standing::of(call.caller.account(), call, world)?;
    Ok(current.is_some_and(|current| current.organization.id == invitation.organization_id))
}

/// Accepts an invitation: the caller's account, which is not in the organization, joins at the root. F-ORGS-INVITE-6: a member
/// of another organization leaves that one for it.
///
/// # Errors
/// F-ORGS-INVITE-3: ALREADY_IN_AN_ORGANIZATION (*assumed*) for the management account of another organization; ACCOUNT_NUMBER_LIMIT_EXCEEDED; an organization that is gone has canceled its invitations; and whatever keeps
/// a member in its organization ([`depart`]).
pub(crate) fn join(handshake: &Handshake, call: &Call<'_>, world: &mut World<'_>) -> Result<(), Failure> {
    let account = call.caller.account();
    let organization_id = &handshake.organization_id;
    let current = Standing::of(account, call, world)?;
    if current.as_ref().is_some_and(Standing::is_management) {
        return Err(refusal::handshake_constraint(Constraint::AlreadyInAnOrganization).into());
    }
    let organization = world
        .get::<Organization>(OrganizationId(organization_id))?
        .ok_or_else(refusal::handshake_not_found)?;
    let accounts = number(service_quotas::accounts(&organization, call.context, world)?);
    if member_count(organization_id, accounts, world)? >= accounts {
        return Err(refusal::handshake_constraint(Constraint::AccountNumberLimitExceeded).into());
    }
    if let Some(current) = current {
        let member = crate::organizations::tree::account::member(&current, account.as_str(), call, world)?;
        depart(&current.organization, &member, "LEFT", call, world)?;
    }
    forget_invitation(handshake, world)?;
    let mut changes = index::membership_changes(organization_id, world)?;
    changes.invitations_sent.remove(&handshake.id);
    world.put(OrganizationId(organization_id), changes);
    let membership = Membership {
        organization_id: organization_id.clone(),
        parent_id: organization.root_id.clone(),
        joined_at: call.context.now,
        joined_method: AccountJoinedMethod::Invited,
        policies: root_and_units::initial_policies(&organization),
        tags: handshake.tags.clone(),
        closure: None,
    };
    index::put_member(account, membership, world);
    record::joined(&organization, account, "INVITED", call.context.now, world);
    if organization.feature_set == FeatureSet::All {
        roles::ensure_service_linked(account, call.context.now, call.context, world)?;
    }
    Ok(())
}

/// An invitation that is answered counts no longer.
pub(crate) fn forget_invitation(handshake: &Handshake, world: &mut World<'_>) -> Result<(), Failure> {
    if handshake.action == ActionType::Invite {
        let mut changes = index::membership_changes(&handshake.organization_id, world)?;
        changes.invitations.remove(&handshake.id);
        world.put(OrganizationId(&handshake.organization_id), changes);
    }
    Ok(())
}
