//! An account's place in its organization: the way, the policies on it, tags, invitations, and how it leaves.

use std::sync::Arc;

use aws::arn::AccountId;
use jiff::Timestamp;
use maud::{Markup, html};
use services::model::organizations::EffectivePolicyType;
use services::state::account::Account;
use services::state::organization::{
    Handshake, HandshakeId, HandshakeOf, HandshakeOfId, Membership, Organization, OrganizationId,
    OrganizationalUnit,
};
use services::world::{Fault, World};

use crate::console::form::Form;
use crate::console::marks;
use crate::console::organization::{attached, pending, tree};
use crate::console::tags::Tagged;
use crate::console::visit::Visit;

/// Invitations that are looked at.
const LOOKED_AT: usize = 50;

/// The place, if the account is in an organization, and what it was invited to.
pub struct Member {
    place: Option<Place>,
    invitations: Vec<Arc<Handshake>>,
}

struct Place {
    membership: Arc<Membership>,
    organization: Arc<Organization>,
    way: Vec<Arc<OrganizationalUnit>>,
    attached: attached::Attached,
}

impl Member {
    /// Reads it.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn see(account: &Account, now: Timestamp, world: &World<'_>) -> Result<Self, Fault> {
        let address = account.email_at(now).to_lowercase();
        let mut invitations = Vec::new();
        for owner in [account.id.as_str(), address.as_str()] {
            for key in world.keys::<HandshakeOf>(&HandshakeOfId::within(owner), None, LOOKED_AT)? {
                let handshake = world.get::<Handshake>(HandshakeId(key.id()?.handshake))?;
                invitations.extend(handshake.filter(|handshake| pending::is_open(handshake, now)));
            }
        }
        Ok(Self { place: Place::see(account.id, world)?, invitations })
    }

    /// The account's membership.
    pub fn membership(&self) -> Option<&Membership> {
        self.place.as_ref().map(|place| &*place.membership)
    }

    /// The management account of its organization, where that is another one.
    pub fn management_account(&self, account: AccountId) -> Option<AccountId> {
        self.place.as_ref().map(|place| place.organization.management_account).filter(|it| *it != account)
    }

    /// All of it.
    pub fn shown(&self, visit: &Visit, account: &Account) -> Markup {
        html! {
            @for handshake in &self.invitations { (invitation(visit, handshake)) }
            @match &self.place {
                None => { p { "It is in no organization." } }
                Some(place) => { (place.shown(visit, account)) }
            }
        }
    }
}

impl Place {
    fn see(account: AccountId, world: &World<'_>) -> Result<Option<Self>, Fault> {
        let Some(membership) = world.get::<Membership>(account)? else { return Ok(None) };
        let id = OrganizationId(&membership.organization_id);
        let Some(organization) = world.get::<Organization>(id)? else { return Ok(None) };
        let way = tree::way_to(&membership.parent_id, world)?.unwrap_or_default();
        let mut attached = attached::see(&organization, &way, world)?;
        let own = attached::bindings(&membership.policies, (account.as_str(), "here"), world)?;
        attached.bindings.extend(own);
        Ok(Some(Self { membership, organization, way, attached }))
    }

    fn shown(&self, visit: &Visit, account: &Account) -> Markup {
        let id = account.id.as_str();
        html! {
            p { "In "
                @for unit in &self.way { a href={ "/units/" (unit.id) } { bdi { (unit.name) } } " / " }
                bdi { (account.name) }
                ", joined " (marks::time(self.membership.joined_at)) " (" (self.membership.joined_method.as_str()) ")" }
            h2 { "Policies on the way" }
            @if self.organization.management_account == account.id {
                p { "It is the management account: service and resource control policies do not bind it." }
            }
            (attached::table(visit, id, &self.attached.bindings))
            (attached::attach(visit, id, &self.attached.choices))
            (effective(visit, id, &self.organization))
            (Tagged::of_organization(id).shown(visit, &self.membership.tags))
            (leaving(visit, account, self.organization.management_account == account.id))
        }
    }
}

/// What comes of the management policies on the way, which are merged: told by the operation that tells it.
fn effective(visit: &Visit, id: &str, organization: &Organization) -> Markup {
    html! {
        @for kind in EffectivePolicyType::ALL.iter().map(|kind| kind.as_str()) {
            @if organization.enabled_policy_types.iter().any(|enabled| enabled.as_str() == kind) {
                @let form = Form::new(visit, "organizations:DescribeEffectivePolicy", format!("effective-{kind}"));
                (form.only_button(&[("PolicyType", kind), ("TargetId", id)], &format!("Effective {kind}"))) " "
            }
        }
    }
}

/// How the account leaves its organization, or ends.
fn leaving(visit: &Visit, account: &Account, is_management_account: bool) -> Markup {
    let id = account.id.as_str();
    let close = Form::new(visit, "organizations:CloseAccount", "close");
    let remove = Form::new(visit, "organizations:RemoveAccountFromOrganization", "remove");
    let is_own = visit.actor.as_ref().is_some_and(|actor| actor.account() == account.id);
    html! {
        @if !is_management_account {
            (close.confirmed(&[("AccountId", id)], "close this account",
                "Nobody of a closed account can sign in any more, and it is gone after 90 days.", ""))
            (remove.confirmed(&[("AccountId", id)], "remove it from the organization",
                "The account goes on by itself, and the organization's policies bind it no longer.", ""))
            @if is_own {
                @let leave = Form::new(visit, "organizations:LeaveOrganization", "leave");
                (leave.confirmed(&[], "leave the organization", "The account goes on by itself.", ""))
            }
        }
    }
}

/// An invitation, and the two answers to it.
fn invitation(visit: &Visit, handshake: &Handshake) -> Markup {
    let accept = Form::new(visit, "organizations:AcceptHandshake", format!("accept-{}", handshake.id));
    let decline = Form::new(visit, "organizations:DeclineHandshake", format!("decline-{}", handshake.id));
    html! {
        section class="outcome" aria-label="Handshake" {
            p { bdi { (handshake.management_name) } " of the organization " (marks::id(&handshake.organization_id)) ": "
                (pending::said(handshake)) " "
                (marks::due(handshake.state.as_str(), handshake.expires_at, visit.now)) }
            @if let Some(notes) = &handshake.notes { blockquote { bdi { (notes) } } }
            (accept.only_button(&[("HandshakeId", &handshake.id)], "Accept")) " "
            (decline.only_button(&[("HandshakeId", &handshake.id)], "Decline"))
        }
    }
}
