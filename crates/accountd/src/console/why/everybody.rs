//! Everybody of an account or of the organization, each with whether they may.

use maud::{Markup, html};
use services::explain::answer::{Decision, PrincipalVerdict, Principals};

use super::question::Asked;
use crate::console::fields::address;
use crate::console::marks::{self, Sign, sign};
use crate::explain::text::name;

/// The list, a page of it.
pub fn list(asked: &Asked, page: &Principals) -> Markup {
    let next = page.next_token.as_deref().map(|token| asked.address(&[("next_token", token)]));
    html! {
        h1 { "Who may " (page.action) }
        table {
            thead { tr { th { "Principal" } th { "Verdict" } th { "By" } th { "Reasons" } } }
            tbody { @for one in &page.principals { (row(asked, one)) } }
        }
        (marks::next_page(next))
    }
}

fn row(asked: &Asked, one: &PrincipalVerdict) -> Markup {
    let why = address(
        "/why",
        &[
            ("principal", &one.principal),
            ("action", asked.get("action")),
            ("resource", asked.get("resource")),
            ("members", asked.get("members")),
            ("context", asked.get("context")),
            ("attach", asked.get("attach")),
            ("detach", asked.get("detach")),
        ],
    );
    html! {
        tr {
            td { bdi { (one.principal) } }
            td {
                @if one.decision == Decision::Allowed { (sign(Sign::Good, "may")) }
                @else if one.decision == Decision::TooLong { (sign(Sign::Bad, "not found out")) }
                @else { (sign(Sign::Bad, "may not")) }
            }
            td { @match (one.layer, &one.message) {
                (Some(layer), _) => { (name(layer)) }
                (None, Some(message)) => { (message) }
                (None, None) => {}
            } }
            td { a href=(why) aria-label={ "why: " (one.principal) } { "why" } }
        }
    }
}
