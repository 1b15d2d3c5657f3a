//! What an organization waits for, each with the time it is due: accounts that are being created, invitations.

use std::sync::Arc;

use jiff::Timestamp;
use maud::{Markup, html};
use services::model::organizations::{ActionType, HandshakeState};
use services::state::organization::{
    AccountCreation, AccountCreationId, Handshake, HandshakeId, HandshakeOf, HandshakeOfId,
    MembershipChanges, Organization, OrganizationId, Recipient,
};
use services::world::key::Prefix;
use services::world::{Fault, World};

use crate::console::form::Form;
use crate::console::marks;
use crate::console::visit::Visit;

/// Handshakes and creations that are looked at.
const LOOKED_AT: usize = 200;

/// What is under way.
pub struct Pending {
    creations: Vec<Arc<AccountCreation>>,
    handshakes: Vec<Arc<Handshake>>,
    switches: Vec<Timestamp>,
}

/// Reads what is under way. The quota keeps it to a few.
///
/// # Errors
/// See [`Fault`].
pub fn see(organization: &Organization, now: Timestamp, world: &World<'_>) -> Result<Pending, Fault> {
    let id = OrganizationId(&organization.id);
    let changes = world.get::<MembershipChanges>(id)?;
    let mut pending = Pending { creations: Vec::new(), handshakes: Vec::new(), switches: Vec::new() };
    if changes.is_some_and(|changes| changes.creations.iter().any(|creation| creation.completes_at > now)) {
        let prefix: Prefix<AccountCreation> = AccountCreationId::within(&organization.id);
        for key in world.keys(&prefix, None, LOOKED_AT)? {
            let creation = world.get::<AccountCreation>(key.id()?)?;
            pending.creations.extend(creation.filter(|creation| creation.completes_at > now));
        }
    }
    for key in world.keys::<HandshakeOf>(&HandshakeOfId::within(&organization.id), None, LOOKED_AT)? {
        let handshake = world.get::<Handshake>(HandshakeId(key.id()?.handshake))?;
        pending.handshakes.extend(handshake.filter(|handshake| is_open(handshake, now)));
    }
    let requests = world.get::<services::state::region::OrganizationRegionRequests>(id)?;
    let switches = requests.iter().flat_map(|requests| requests.open_until.iter().copied());
    pending.switches.extend(switches.filter(|until| *until > now));
    Ok(pending)
}

impl Pending {
    /// When the next of it has come about by itself.
    pub fn soonest(&self) -> Option<Timestamp> {
        let creations = self.creations.iter().map(|creation| creation.completes_at);
        creations.chain(self.switches.iter().copied()).min()
    }
}

/// Whether a handshake waits for an answer.
pub fn is_open(handshake: &Handshake, now: Timestamp) -> bool {
    matches!(handshake.state, HandshakeState::Open | HandshakeState::Requested) && handshake.expires_at > now
}

/// The list; nothing where nothing waits.
pub fn shown(visit: &Visit, pending: &Pending) -> Markup {
    let now = visit.now;
    let is_quiet =
        pending.creations.is_empty() && pending.handshakes.is_empty() && pending.switches.is_empty();
    html! {
        @if !is_quiet {
            h2 { "Under way" }
            ul class="plain" {
                @for creation in &pending.creations {
                    li { "account " bdi { (creation.account_name) } " " (marks::due("IN_PROGRESS", creation.completes_at, now)) }
                }
                @for handshake in &pending.handshakes {
                    @let cancel = Form::new(visit, "organizations:CancelHandshake", format!("cancel-{}", handshake.id));
                    li {
                        (said(handshake)) " " (marks::due(handshake.state.as_str(), handshake.expires_at, now)) " "
                        @if handshake.recipient == Recipient::Organization {
                            @let accept = Form::new(visit, "organizations:AcceptHandshake", format!("accept-{}", handshake.id));
                            (accept.only_button(&[("HandshakeId", &handshake.id)], "Accept")) " "
                        }
                        (cancel.only_button(&[("HandshakeId", &handshake.id)], "Cancel"))
                    }
                }
                @for until in &pending.switches {
                    li { "a Region is being switched " (marks::due("open request", *until, now)) }
                }
            }
        }
    }
}

/// What a handshake is for, and whom it is sent to.
pub fn said(handshake: &Handshake) -> Markup {
    let what = match handshake.action {
        ActionType::Invite => "invitation",
        ActionType::EnableAllFeatures | ActionType::ApproveAllFeatures => "request to enable all features",
        _ => handshake.action.as_str(),
    };
    html! {
        (what) " " (marks::id(&handshake.id)) " to "
        @match &handshake.recipient {
            Recipient::Account(account) => { (marks::account_link(*account)) }
            Recipient::Email(address) => { bdi { (address) } }
            Recipient::Organization => { "the management account" }
        }
    }
}
