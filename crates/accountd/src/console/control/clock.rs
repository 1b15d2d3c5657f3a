//! Service time: what it is, moving it forward, and what falls due when it passes.

use aws::arn::AccountId;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use services::state::account::Account;
use services::state::organization::{Closure, MembershipChanges, Organization, OrganizationId};
use services::state::region::OrganizationRegionRequests;
use services::world::key::Prefix;
use services::world::{Fault, World};

use super::failed;
use crate::admin::Engine;
use crate::clock::TimeMode;
use crate::configuration::parse_duration;
use crate::console::fields::address;
use crate::console::marks;
use crate::console::shell::Wrong;
use crate::console::visit::Visit;
use crate::console::{Console, Note};

/// Organizations whose pending changes are looked at.
const ORGANIZATIONS: usize = 20;
/// Things that are listed.
const MOST: usize = 50;
/// What the buttons move it by.
const STEPS: [(&str, &str); 4] = [("1m", "+1 min"), ("1h", "+1 h"), ("24h", "+24 h"), ("90d", "+90 d")];

/// Something that comes about by itself.
pub struct Due {
    at: Timestamp,
    what: String,
    /// The address of the page that shows it.
    place: String,
}

/// What falls due, soonest first.
///
/// # Errors
/// The store failed.
pub async fn due(console: &Console, visit: &Visit) -> Result<Vec<Due>, Wrong> {
    let now = visit.now;
    let own = visit.actor.as_ref().map(|actor| actor.account());
    console
        .look(move |world| {
            let mut due = match own {
                Some(account) => of_account(account, world)?,
                None => Vec::new(),
            };
            for key in world.keys::<Organization>(&Prefix::empty(), None, ORGANIZATIONS)? {
                let id = key.id()?.0;
                let changes = world.get::<MembershipChanges>(OrganizationId(id))?;
                if let Some(changes) = &changes {
                    gather(changes, id, &mut due);
                }
                let regions = world.get::<OrganizationRegionRequests>(OrganizationId(id))?;
                for until in regions.iter().flat_map(|regions| &regions.open_until) {
                    let what = "a Region of a member is switched".to_owned();
                    due.push(Due { at: *until, what, place: place_of(id) });
                }
            }
            due.retain(|due| due.at > now);
            due.sort_by_key(|due| due.at);
            due.truncate(MOST);
            Ok(due)
        })
        .await
}

fn place_of(organization: &str) -> String {
    address("/", &[("organization", organization)])
}

/// What the account of whoever acts waits for.
fn of_account(account: AccountId, world: &World<'_>) -> Result<Vec<Due>, Fault> {
    let Some(account) = world.get::<Account>(account)? else { return Ok(Vec::new()) };
    let place = format!("/accounts/{}", account.id);
    let regions = account.regions.iter();
    let regions =
        regions.map(|(region, switch)| (switch.until, format!("{region} of {} is switched", account.id)));
    let update = account.email_update.iter().filter_map(|update| update.completes_at);
    let update = update.map(|at| (at, format!("the primary address of {} changes", account.id)));
    Ok(regions.chain(update).map(|(at, what)| Due { at, what, place: place.clone() }).collect())
}

fn gather(changes: &MembershipChanges, organization: &str, due: &mut Vec<Due>) {
    let mut add = |at, what: String| due.push(Due { at, what, place: place_of(organization) });
    for creation in &changes.creations {
        add(creation.completes_at, format!("the account of {} is created", creation.email));
    }
    for Closure { completes_at, final_at, .. } in &changes.closures {
        add(*completes_at, "an account is suspended".to_owned());
        add(*final_at, "a closed account is gone".to_owned());
    }
    for (invitation, expires_at) in &changes.invitations {
        add(*expires_at, format!("invitation {invitation} expires"));
    }
}

/// The clock and its buttons.
pub fn shown(visit: &Visit, due: &[Due]) -> Markup {
    html! {
        h2 id="clock" { "Clock" }
        p { "Service time is " (marks::time(visit.now)) ": "
            @match visit.mode {
                TimeMode::Manual => { "it stands still until it is moved" }
                TimeMode::Real if visit.ahead_seconds == 0 => { "real time" }
                TimeMode::Times(times) => { "it passes " (times) " times as fast as real time" }
                TimeMode::Real => { "it passes as real time does, " (visit.ahead_seconds) " seconds ahead" }
            }
            ". It only moves forward." }
        div class="row" {
            @for (step, label) in STEPS {
                form class="inline" method="post" action="/control/clock" {
                    (visit.hidden_token())
                    input type="hidden" name="advance" value=(step);
                    button type="submit" { (label) }
                }
            }
        }
        form class="row" method="post" action="/control/clock" {
            (visit.hidden_token())
            label { "Set it to " input name="set" placeholder="2027-01-01T00:00:00Z" required; }
            button type="submit" { "Set" }
        }
        @if due.is_empty() { p class="quiet" { "Nothing waits for a time to come." } }
        @else {
            h3 { "What falls due" }
            ul class="plain" { @for due in due { li {
                (marks::time(due.at)) " " bdi { (due.what) } " "
                span class="left" { (marks::left(due.at, visit.now)) } " "
                a href=(due.place) aria-label={ "where: " (due.what) } { "where" }
            } } }
        }
    }
}

/// Moves service time.
pub async fn change(console: &Console, visit: &Visit) -> Note {
    if let Err(reason) = console.admin.engine.follow().await {
        return failed(&reason);
    }
    let clock = &console.admin.clock;
    let moved = match (visit.form.filled("advance"), visit.form.filled("set")) {
        (Some(step), _) => match parse_duration(step) {
            Ok(step) => clock.advance(SignedDuration::try_from(step).unwrap_or(SignedDuration::MAX)),
            Err(reason) => return Note::bad(&reason.to_string()),
        },
        (None, Some(target)) => match target.parse::<Timestamp>() {
            Ok(target) => clock.set(target),
            Err(_) => return Note::bad("That is no instant such as 2027-01-01T00:00:00Z."),
        },
        (None, None) => return Note::bad("Say by how much, or to when."),
    };
    match moved {
        Err(reason) => Note::bad(&format!("{reason}.")),
        Ok(now) => match console.admin.engine.keep_time().await {
            Ok(()) => Note::good(&format!("service time is {}", aws::trail::whole_seconds(now))),
            Err(reason) => failed(&reason),
        },
    }
}
