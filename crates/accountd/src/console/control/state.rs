//! The state as a whole: reset, export, import; and what is running.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use maud::{Markup, html};
use services::state::account::Account;
use services::state::identity::{Credential, Group, ManagedPolicy, Role, User};
use services::state::message::Message;
use services::state::organization::{Organization, OrganizationPolicy, OrganizationalUnit};
use services::world::key::Prefix;
use services::world::{Document, Fault, World};

use super::failed;
use crate::admin::{Engine, NotImported};
use crate::configuration::{Signatures, Throttle};
use crate::console::shell::Wrong;
use crate::console::visit::Visit;
use crate::console::{Console, Note};
use listener::Upload;

/// Documents of a kind are counted up to this.
const MOST_COUNTED: usize = 10_000;

/// The state's forms, and the process.
pub fn shown(console: &Console, visit: &Visit, counts: Option<&Counts>) -> Markup {
    html! {
        h2 id="state" { "State" }
        p { "It holds " (held(console)) @if let Some(bytes) = console.running.bytes_on_disk() { ", in " (size(bytes)) " on the disk" } ". "
            a href="/control?count=on" { "Count them by kind" } }
        @if let Some(counts) = counts {
            dl { @for (what, count) in counts { dt { (what) } dd { (count) } } }
        }
        p { a href="/control/export" { "Export all of it" } ": one file, whose size the browser tells as it comes." }
        details class="danger" {
            summary { "Reset" }
            form method="post" action="/control/reset" {
                (visit.hidden_token())
                p { "Everything is as after the first start again: what the seed file says, or nothing." }
                p class="buttons" { button type="submit" { "Yes: reset" } }
            }
        }
        details class="danger" {
            summary { "Import" }
            form method="post" action="/control/import" enctype="multipart/form-data" data-upload {
                (visit.hidden_token())
                p { "An exported document replaces everything, or nothing changes." }
                div class="field" { label for="import" { "File" } input id="import" type="file" name="document" accept="application/json" required; }
                p class="quiet" { "Without scripts a file may have up to 10 MB." }
                p class="buttons" { button type="submit" { "Yes: import" } }
                p role="status" { progress aria-label="Sent" hidden {} " " span class="sent" {} }
            }
        }
        h2 id="process" { "Process" }
        (process(console))
    }
}

fn process(console: &Console) -> Markup {
    let (facts, running) = (&console.admin.facts, &console.running);
    let delays = running.delays;
    html! {
        dl {
            dt { "Version" } dd { (env!("CARGO_PKG_VERSION")) }
            dt { "Up" } dd { (facts.started.elapsed().as_secs()) " seconds" }
            dt { "Storage" } dd { (facts.storage) }
            dt { "Signatures" } dd { @match facts.signatures { Signatures::Strict => "checked", Signatures::Lenient => "not checked" } }
            dt { "Rates" } dd { @match running.throttle { Throttle::Off => "none apply", Throttle::Aws => "those of AWS apply" } }
            dt { "Delays" } dd {
                "Region on " (delays.region_enable.as_secs()) " s, off " (delays.region_disable.as_secs())
                " s, account " (delays.account_creation.as_secs()) " s, address " (delays.email_completion.as_secs())
                " s, quota " (delays.quota_decision.as_secs()) " s"
            }
            dt { "Services" } dd { @for service in facts.services { code { (service) } " " } }
        }
    }
}

/// Puts the state back to what it held first.
pub async fn reset(console: &Console) -> Note {
    match console.admin.engine.reset().await {
        Ok(()) => {
            // F-EDGE-26
            console.admin.faults.clear();
            Note::good("the state is as after the first start, and no fault is ordered")
        }
        Err(reason) => failed(&reason),
    }
}

/// Replaces the state by the document in a form.
pub async fn import_form(console: &Console, visit: &Visit) -> Note {
    let document = visit.form.get("document").unwrap_or_default();
    import(console, Upload::whole(Bytes::from(document.to_owned()))).await
}

/// Replaces the state by an exported document, which may be on its way.
pub async fn import(console: &Console, document: Upload) -> Note {
    match console.admin.engine.import(document).await {
        Ok(()) => Note::good(&format!("the state was replaced and holds {}", held(console)))
            .with_link("/control?count=on".to_owned(), "Count them by kind"),
        Err(NotImported::Wrong(reason)) => Note::bad(&format!("Nothing was imported: {reason}.")),
        Err(NotImported::Unread(_)) => Note::bad("Nothing was imported: the document did not come whole."),
        Err(NotImported::Failed(reason)) => failed(&reason),
    }
}

/// How much there is.
fn held(console: &Console) -> String {
    let statistics = console.store.statistics();
    let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    format!("{} documents and {} events", number(&statistics.documents), number(&statistics.events))
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// How many there are of what people ask for.
pub type Counts = Vec<(&'static str, String)>;

/// Counts the kinds, up to a bound each.
///
/// # Errors
/// The store failed.
pub async fn count(console: &Console) -> Result<Counts, Wrong> {
    console
        .look(|world| {
            Ok(vec![
                ("Accounts", of_kind::<Account>(world)?),
                ("Organizations", of_kind::<Organization>(world)?),
                ("Roots and units", of_kind::<OrganizationalUnit>(world)?),
                ("Policies of organizations", of_kind::<OrganizationPolicy>(world)?),
                ("Users", of_kind::<User>(world)?),
                ("Groups", of_kind::<Group>(world)?),
                ("Roles", of_kind::<Role>(world)?),
                ("Managed policies", of_kind::<ManagedPolicy>(world)?),
                ("Access keys", of_kind::<Credential>(world)?),
                ("Messages", of_kind::<Message>(world)?),
            ])
        })
        .await
}

fn of_kind<D: Document>(world: &World<'_>) -> Result<String, Fault> {
    let count = world.keys::<D>(&Prefix::empty(), None, MOST_COUNTED)?.len();
    Ok(if count == MOST_COUNTED { format!("{count} or more") } else { count.to_string() })
}
