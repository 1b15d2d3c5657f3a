//! Service time: what it is, moving it forward, and what falls due when it passes.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use services::state::organization::{Closure, MembershipChanges, Organization, OrganizationId};
use services::state::region::OrganizationRegionRequests;
use services::world::key::Prefix;

use super::failed;
use crate::admin::Engine;
use crate::clock::TimeMode;
use crate::configuration::parse_duration;
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
    organization: String,
}

/// What falls due, soonest first.
///
/// # Errors
/// The store failed.
pub async fn due(console: &Console, visit: &Visit) -> Result<Vec<Due>, Wrong> {
    let now = visit.now;
    console
        .look(move |world| {
            let mut due = Vec::new();
            for key in world.keys::<Organization>(&Prefix::empty(), None, ORGANIZATIONS)? {
                let id = key.id()?.0;
                let changes = world.get::<MembershipChanges>(OrganizationId(id))?;
                if let Some(changes) = &changes {
                    gather(changes, id, &mut due);
                }
                let regions = world.get::<OrganizationRegionRequests>(OrganizationId(id))?;
                for until in regions.iter().flat_map(|regions| &regions.open_until) {
                    due.push(Due {
                        at: *until,
                        what: "a Region is switched".to_owned(),
                        organization: id.to_owned(),
                    });
                }
            }
            due.retain(|due| due.at > now);
            due.sort_by_key(|due| due.at);
            due.truncate(MOST);
            Ok(due)
        })
        .await
}

fn gather(changes: &MembershipChanges, organization: &str, due: &mut Vec<Due>) {
    let mut add = |at, what: String| due.push(Due { at, what, organization: organization.to_owned() });
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
                a href={ "/?organization=" (due.organization) } { code { (due.organization) } }
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
