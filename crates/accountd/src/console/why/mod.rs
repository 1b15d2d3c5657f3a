//! Why a call is allowed or refused, told layer by layer; what a draft of a policy would change; and who may do something.
//!
//! A question stands in the address, so that it can be shared. Drafts are too long for one and travel in a form.

mod everybody;
mod question;
mod told;

use maud::{Markup, html};
use services::explain::{Answer, NotExplained};

use super::Console;
use super::marks::{Sign, sign};
use super::shell::{Page, Place, Wrong};
use super::somebody::{self, Suggested};
use super::visit::Visit;
use question::Asked;

/// The page, with the answer to what its address or its form asks.
///
/// # Errors
/// The store failed.
pub async fn page(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    let asked = Asked::read(visit);
    let actor = visit.actor.clone();
    let suggested = console.look(move |world| somebody::suggested(actor.as_ref(), world)).await?;
    if asked.is_nothing() {
        return Ok(Page::new(
            Place::Why,
            "Why",
            html! { h1 { "Why" } (question::first_forms(visit, &asked, &suggested)) },
        ));
    }
    let main = match asked.question() {
        Err(reason) => not_answered(visit, &asked, &suggested, &reason),
        Ok(question) => {
            let answer = console.service.explain(question).await;
            match answer.map_err(|error| Wrong::Failed(error.to_string()))? {
                Ok(Answer::Call(explained)) => html! {
                    (told::call(visit, &asked, &explained))
                    (question::another(visit, &asked, &suggested))
                },
                Ok(Answer::Principals(page)) => html! {
                    (everybody::list(&asked, &page))
                    (question::another(visit, &asked, &suggested))
                },
                Err(NotExplained::Wrong(reason) | NotExplained::NotFound(reason)) => {
                    not_answered(visit, &asked, &suggested, &reason)
                }
            }
        }
    };
    Ok(Page::new(Place::Why, "Why", main))
}

/// What is wrong with the question, above the forms that hold it still.
fn not_answered(visit: &Visit, asked: &Asked, suggested: &Suggested, reason: &str) -> Markup {
    html! {
        h1 { "Why" }
        p role="status" { (sign(Sign::Bad, "no answer")) " " (reason) }
        @for (policy, document) in &asked.drafts { (question::draft(visit, asked, policy, policy, document, true)) }
        (question::first_forms(visit, asked, suggested))
    }
}
