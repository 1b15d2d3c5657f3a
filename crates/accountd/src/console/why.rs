//! The page that will tell a decision layer by layer.

use maud::html;

use super::fields::escaped;
use super::shell::{Page, Place};
use super::visit::Visit;

/// What can be told so far: where the record of the call is.
pub fn page(visit: &Visit) -> Page {
    let main = html! {
        h1 { "Why" }
        @match visit.query.filled("event") {
            Some(event) => { p { "The call: " a href={ "/calls/" (escaped(event)) } { code { (event) } } } }
            None => { p { "Open a refused call in " a href="/calls?refused=on" { "Calls" } " and follow its " i { "why" } "." } }
        }
    };
    Page::new(Place::Why, "Why", main)
}
