//! What if a policy were attached somewhere, or detached: which calls of late would be answered otherwise. Nothing is
//! changed until the button is pressed that changes it.

use maud::{Markup, html};
use services::explain::answer::Decision;
use services::explain::question::AttachmentDraft;
use services::explain::{Answer, Explained, NotExplained, Question};
use services::model::organizations::PolicyType;
use services::state::account::Account;
use services::state::organization::{OrganizationalUnit, UnitId};

use super::unit::attached::name_of;
use crate::console::Console;
use crate::console::calls::{self, OfLate};
use crate::console::fields::{Fields, address};
use crate::console::form::Form;
use crate::console::marks::{self, Sign, sign};
use crate::console::shell::{Page, Place, Wrong};
use crate::console::visit::Visit;

/// Calls of late that are asked about, each of another caller or operation.
const CALLS: usize = 20;

/// Where the page is.
const ADDRESS: &str = "/what-if";

/// The address of the question whether to attach a policy, or to detach it.
pub fn address_of(policy: &str, target: &str, attached: bool) -> String {
    let what = if attached { "attach" } else { "detach" };
    address(ADDRESS, &[("do", what), ("policy", policy), ("target", target)])
}

/// The same for what stands in the form that would attach it.
pub fn address_of_form(form: &Fields) -> String {
    let member = |name: &str| form.filled(name).unwrap_or_default();
    address_of(member("m.PolicyId"), member("m.TargetId"), true)
}

/// The names of what is asked about.
struct Named {
    policy: String,
    kind: PolicyType,
    target: String,
}

/// A call that would be answered otherwise.
struct Changed {
    call: OfLate,
    then: Decision,
}

/// The page.
///
/// # Errors
/// There is no such policy or target, or the store failed.
pub async fn page(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    let asked = |name: &str| visit.query.filled(name).unwrap_or_default().to_owned();
    let draft = AttachmentDraft {
        policy: asked("policy"),
        target: asked("target"),
        attached: visit.query.get("do") != Some("detach"),
    };
    let named = named(console, &draft).await?;
    let calls = calls::of_late(console, visit.now, CALLS).await?;
    let asked = calls.len();
    let mut changed = Vec::new();
    for call in calls {
        // What cannot be explained as it is, cannot be answered otherwise.
        let Ok(Some(now)) = decision(console, &call, Vec::new()).await? else { continue };
        match decision(console, &call, vec![draft.clone()]).await? {
            Ok(Some(then)) if then != now => changed.push(Changed { call, then }),
            Ok(_) => {}
            Err(why) => return Ok(Page::new(Place::Organization, "What if", impossible(why.message()))),
        }
    }
    let main = shown(visit, &draft, &named, asked, &changed);
    Ok(Page::new(Place::Organization, format!("What if: {}", named.policy), main))
}

async fn named(console: &Console, draft: &AttachmentDraft) -> Result<Named, Wrong> {
    let AttachmentDraft { policy, target, .. } = draft.clone();
    let named = console.look(move |world| {
        let Some((policy, kind)) = name_of(&policy, world)? else { return Ok(None) };
        let target = match target.parse() {
            Ok(account) => world.get::<Account>(account)?.map(|account| account.name.clone()),
            Err(_) => world.get::<OrganizationalUnit>(UnitId(&target))?.map(|unit| unit.name.clone()),
        };
        Ok(target.map(|target| Named { policy, kind, target }))
    });
    named.await?.ok_or_else(|| Wrong::NotFound("There is no such policy, root, unit or account.".to_owned()))
}

/// How a call of late would be decided; `None` of one that policies have no part in.
async fn decision(
    console: &Console,
    call: &OfLate,
    attachments: Vec<AttachmentDraft>,
) -> Result<Result<Option<Decision>, NotExplained>, Wrong> {
    let question = Question { event: Some(call.event_id.clone()), attachments, ..Question::default() };
    let answer = console.service.explain(question).await.map_err(|error| Wrong::Failed(error.to_string()))?;
    Ok(match answer {
        Ok(Answer::Call(explained)) => {
            let Explained { decision, .. } = *explained;
            Ok(Some(decision))
        }
        Ok(Answer::Principals(_)) | Err(NotExplained::NotFound(_)) => Ok(None),
        Err(wrong) => Err(wrong),
    })
}

fn impossible(reason: &str) -> Markup {
    html! { h1 { "What if" } p role="status" { (sign(Sign::Bad, "no answer")) " " (reason) } }
}

fn shown(visit: &Visit, draft: &AttachmentDraft, named: &Named, asked: usize, changed: &[Changed]) -> Markup {
    let AttachmentDraft { policy, target, attached } = draft;
    let decides = matches!(named.kind, PolicyType::ServiceControlPolicy | PolicyType::ResourceControlPolicy);
    html! {
        h1 { "What if " bdi { (named.policy) } " were "
            @if *attached { "attached to " } @else { "detached from " } bdi { (named.target) } "?" }
        @if !decides {
            p { "Policies of the type " (named.kind.as_str()) " decide no calls: every call is answered as before." }
        } @else if asked == 0 {
            p { "No call is in the log yet that could be answered otherwise." }
        } @else {
            p role="status" { "Of the " (asked) " newest calls by different callers or operations "
                @if changed.is_empty() { "none would be answered otherwise." }
                @else { (changed.len()) " would be answered otherwise:" } }
        }
        @if !changed.is_empty() { (table(draft, changed)) }
        @if decides { p { a href=(question(draft, None)) { "Ask about any other call as if it were so" } } }
        (apply(visit, draft))
        p { "Policy " (marks::policy_link(policy, &named.policy)) ", at " (marks::target_link(target)) }
    }
}

fn table(draft: &AttachmentDraft, changed: &[Changed]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "By" } th scope="col" { "Operation" } th scope="col" { "It would be" } th scope="col" { "Reasons" }
            } }
            tbody { @for Changed { call, then } in changed { tr {
                td { bdi { (call.who) } }
                td { (call.operation) }
                td { @if *then == Decision::Allowed { (sign(Sign::Good, "allowed")) } @else { (sign(Sign::Bad, "refused")) } }
                td { a href=(question(draft, Some(&call.event_id))) aria-label={ "why: " (call.operation) } { "why" } }
            } } }
        }
    }
}

/// The page Why with the draft, of a call or of none yet.
fn question(draft: &AttachmentDraft, event: Option<&str>) -> String {
    let name = if draft.attached { "attach" } else { "detach" };
    let placed = format!("{}={}", draft.policy, draft.target);
    address("/why", &[("event", event.unwrap_or_default()), (name, &placed)])
}

/// The button that does it.
fn apply(visit: &Visit, draft: &AttachmentDraft) -> Markup {
    let (operation, label) = match draft.attached {
        true => ("organizations:AttachPolicy", "Attach it"),
        false => ("organizations:DetachPolicy", "Detach it"),
    };
    let members = [("PolicyId", draft.policy.as_str()), ("TargetId", draft.target.as_str())];
    Form::new(visit, operation, "apply").only_button(&members, label)
}
