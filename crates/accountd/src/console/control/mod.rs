//! The control room: the clock, the outbox, faults, the state, and what is running.

mod clock;
mod faults;
mod outbox;
mod state;

pub use state::import;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use maud::html;

use super::shell::{self, Page, Place, Wrong};
use super::visit::Visit;
use super::{Console, Note};
use crate::admin::{Engine, Log};
use listener::Payload;

/// The page.
///
/// # Errors
/// The store failed.
pub async fn page(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    let due = clock::due(console, visit).await?;
    let messages = outbox::newest(console, visit).await?;
    let counts = match visit.query.filled("count") {
        Some(_) => Some(state::count(console).await?),
        None => None,
    };
    let main = html! {
        h1 { "Control room" }
        (clock::shown(visit, &due))
        (outbox::shown(visit, &messages))
        (faults::shown(console, visit))
        (state::shown(console, visit, counts.as_ref()))
    };
    Ok(Page::new(Place::Control, "Control room", main))
}

/// Does what a form of the page asks for; `None` where there is no such form.
pub async fn change(console: &Console, visit: &Visit, what: &str) -> Option<Note> {
    Some(match what {
        "clock" => clock::change(console, visit).await,
        "outbox" => outbox::clear(console).await,
        "faults" => faults::change(console, visit).await,
        "reset" => state::reset(console).await,
        "import" => state::import_form(console, visit).await,
        _ => return None,
    })
}

/// All state as a file.
///
/// # Errors
/// The store failed.
pub async fn export(console: &Console) -> Result<Response<Payload>, Wrong> {
    let document = console.admin.engine.export(Log::Whole).await.map_err(Wrong::Failed)?;
    let mut answer = shell::answer(Bytes::new(), "application/json").map(|_| document);
    let name = HeaderValue::from_static("attachment; filename=\"accountd-export.json\"");
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(answer)
}

/// The store failed: the reason is for the log.
fn failed(reason: &str) -> Note {
    tracing::error!(reason, "the control room failed");
    Note::bad("The store failed; the log says why.")
}
