//! The state as a whole: reset, export, import; and what is running.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use maud::{Markup, html};

use super::failed;
use crate::admin::{Engine, NotImported};
use crate::configuration::{Signatures, Throttle};
use crate::console::visit::Visit;
use crate::console::{Console, Note};
use crate::listener::Upload;

/// The state's forms, and the process.
pub fn shown(console: &Console, visit: &Visit) -> Markup {
    html! {
        h2 id="state" { "State" }
        p { "It holds " (console.store.statistics().documents.load(Ordering::Relaxed)) " documents. "
            a href="/control/export" { "Export all of it" } }
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
            form method="post" action="/control/import" enctype="multipart/form-data" {
                (visit.hidden_token())
                p { "An exported document replaces everything, or nothing changes." }
                div class="field" { label for="import" { "File" } input id="import" type="file" name="document" accept="application/json" required; }
                p class="buttons" { button type="submit" { "Yes: import" } }
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

/// Replaces the state by an exported document.
pub async fn import(console: &Console, visit: &Visit) -> Note {
    let document = visit.form.get("document").unwrap_or_default();
    match console.admin.engine.import(Upload::whole(Bytes::from(document.to_owned()))).await {
        Ok(()) => {
            let documents = console.store.statistics().documents.load(Ordering::Relaxed);
            Note::good(&format!("the state was replaced and holds {documents} documents"))
        }
        Err(NotImported::Wrong(reason)) => Note::bad(&format!("Nothing was imported: {reason}.")),
        // It is here already.
        Err(NotImported::Unread(_)) => Note::bad("Nothing was imported: the document could not be read."),
        Err(NotImported::Failed(reason)) => failed(&reason),
    }
}
