//! The console: pages that show what accountd holds, for a person with a browser. Each button is a real operation of
//! whoever the person acts as.
//!
//! It is drawn here, without anything from outside and without a step of building. Pages read the state through views and
//! leave no record; [`outcome`] carries operations out.

mod account;
mod acting;
mod assets;
mod calls;
mod commands;
mod control;
mod document;
mod fields;
mod form;
mod identities;
mod marks;
mod news;
mod organization;
mod outcome;
mod search;
mod shell;
mod somebody;
mod tags;
mod visit;
mod why;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use constant_time_eq::constant_time_eq;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use maud::{Markup, html};
use services::context::Delays;
use services::world::{EventQuery, Fault, LoggedEvent, World};

use crate::admin::Admin;
use crate::admin::access::Forbidden;
use crate::configuration::Throttle;
use crate::entropy;
use crate::service::{Service, Summary};
use crate::state_engine::{self, StateEngine};
use crate::store::Store;
use listener::{Payload, Upload};
use marks::Sign;
use shell::{Page, Wrong};
pub use visit::{ASSETS, is_for_console, is_in_pieces};
use visit::{TOKEN_HEADER, Visit};

/// The cookie of a browser that has sent the administrator's token.
const SESSION_COOKIE: &str = "accountd_session";

/// The longest form that is read of somebody who was not let in.
const LONGEST_SIGN_IN_BYTES: usize = 4096;

/// The console.
pub struct Console {
    service: Arc<Service>,
    store: Arc<Store>,
    admin: Arc<Admin<StateEngine>>,
    running: Running,
    streams: news::Streams,
    /// What every form carries, so that no other page can send one.
    token: String,
    /// What a browser that has signed in shows. Neither outlives the process.
    session: String,
}

/// What the pages say of how accountd runs.
#[derive(Debug, Clone)]
pub struct Running {
    /// Whether published rates are applied.
    pub throttle: Throttle,
    /// How long background work takes.
    pub delays: Delays,
    /// Where the state is kept in files, if it is.
    pub data: Option<PathBuf>,
}

impl Running {
    /// What the files take that the state is kept in.
    fn bytes_on_disk(&self) -> Option<u64> {
        let files = std::fs::read_dir(self.data.as_ref()?).ok()?;
        let sizes =
            files.flatten().filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file);
        Some(sizes.map(|file| file.len()).sum())
    }
}

/// What a page says that no operation answered.
pub struct Note {
    is_good: bool,
    text: String,
    link: Option<(String, &'static str)>,
}

impl Note {
    /// Something was done.
    pub fn good(text: &str) -> Self {
        Self { is_good: true, text: text.to_owned(), link: None }
    }

    /// Something was not done.
    pub fn bad(text: &str) -> Self {
        Self { is_good: false, ..Self::good(text) }
    }

    /// The same with where to go on.
    #[must_use]
    pub fn with_link(self, address: String, label: &'static str) -> Self {
        Self { link: Some((address, label)), ..self }
    }

    fn shown(&self) -> Markup {
        let sign = if self.is_good { Sign::Good } else { Sign::Bad };
        html! {
            section id="outcome" class={ "outcome " (if self.is_good { "done" } else { "refused" }) } role="status" aria-label="What came of it" tabindex="-1" {
                p { (marks::sign(sign, if self.is_good { "done" } else { "not done" })) " " (self.text) }
                @if let Some((address, label)) = &self.link { p { a href=(address) { (label) } } }
            }
        }
    }
}

/// An answer, and what is to be noted of an operation that it tells of.
pub type Answered = (Response<Bytes>, Option<(Summary, u16)>);

impl Console {
    /// A console over a running accountd.
    pub fn new(
        service: Arc<Service>,
        store: Arc<Store>,
        admin: Arc<Admin<StateEngine>>,
        running: Running,
    ) -> Self {
        let (token, session) = (secret_text(), secret_text());
        Self { service, store, admin, running, streams: news::Streams::default(), token, session }
    }

    /// Answers a request that [`is_for_console`].
    pub async fn answer(&self, request: Request<Bytes>, peer: SocketAddr) -> Answered {
        let mut visit = self.visit(request, peer);
        if let Some(asset) = assets::find(&visit) {
            return (asset, None);
        }
        let (mut answer, noted) = self.answer_visit(&mut visit).await;
        if visit.method == Method::HEAD {
            *answer.body_mut() = Bytes::new();
        }
        (answer, noted)
    }

    /// Answers a request that [`is_in_pieces`].
    pub async fn answer_in_pieces(&self, request: Request<Upload>, peer: SocketAddr) -> Response<Payload> {
        let (head, upload) = request.into_parts();
        let visit = self.visit(Request::from_parts(head, Bytes::new()), peer);
        if let Err(forbidden) = self.admit(&visit) {
            return closed(&visit, forbidden).map(Payload::from);
        }
        if visit.address.starts_with(visit::NEWS) {
            return news::answer(self, &visit).await;
        }
        if visit.method == Method::POST {
            return self.import(visit, upload).await.map(Payload::from);
        }
        match control::export(self).await {
            Ok(document) => document,
            Err(wrong) => shell::wrong(&visit, wrong).map(Payload::from),
        }
    }

    /// Takes a document of any size as the script sends it, with the token of its form in a header.
    async fn import(&self, mut visit: Visit, document: Upload) -> Response<Bytes> {
        let token = visit.headers.get(TOKEN_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
        if !visit.is_of_this_origin() || !constant_time_eq(token, self.token.as_bytes()) {
            return refused(
                &visit,
                StatusCode::FORBIDDEN,
                "The form is of another page, or of an earlier accountd.",
            );
        }
        visit.note = Some(control::import(self, document).await);
        self.tell_time(&mut visit);
        visit.go_to("/control");
        self.page(&visit).await
    }

    /// The process ends: what is told while somebody looks ends with it.
    pub fn end(&self) {
        self.streams.end();
    }

    async fn answer_visit(&self, visit: &mut Visit) -> Answered {
        let is_signing_in = visit.path() == ["sign-in"];
        let is_post = visit.method == Method::POST;
        if is_post && !visit.is_of_this_origin() {
            let text = "The form comes from another web page.";
            return (refused(&bare(visit), StatusCode::FORBIDDEN, text), None);
        }
        if is_post && is_signing_in {
            visit.read_form(LONGEST_SIGN_IN_BYTES);
            return (self.sign_in(visit), None);
        }
        if let Err(forbidden) = self.admit(visit) {
            return (closed(visit, forbidden), None);
        }
        if is_post {
            visit.read_form(usize::MAX);
        }
        if is_post && !self.has_token(visit) {
            let text = "The form is of an earlier accountd: load its page again and send it once more.";
            return (refused(visit, StatusCode::FORBIDDEN, text), None);
        }
        if !is_post {
            return (self.look_at(visit).await, None);
        }
        match visit.path().as_slice() {
            ["act"] => {
                let noted = outcome::act(self, visit).await;
                self.tell_time(visit);
                (self.page(visit).await, noted)
            }
            ["acting"] => (choose_actor(visit), None),
            ["theme"] => (choose_theme(visit), None),
            ["_accountd", "console", "check"] => (document::answer(visit), None),
            // It changes nothing; drafts are too long for an address.
            ["why"] => (self.page(visit).await, None),
            ["what-if"] => {
                (shell::redirect(&organization::what_if::address_of_form(&visit.form), None), None)
            }
            ["control", what] => {
                let what = (*what).to_owned();
                (self.control(visit, &what).await, None)
            }
            _ => (shell::wrong(visit, Wrong::NotFound("There is no such form.".to_owned())), None),
        }
    }

    /// What is only looked at.
    async fn look_at(&self, visit: &Visit) -> Response<Bytes> {
        match visit.path().as_slice() {
            // A form's address, loaded again without the form.
            ["act"] => shell::redirect("/", None),
            ["control", _] => shell::redirect("/control", None),
            _ => self.page(visit).await,
        }
    }

    /// Something of the control room, which then tells what came of it.
    async fn control(&self, visit: &mut Visit, what: &str) -> Response<Bytes> {
        visit.note = control::change(self, visit, what).await;
        if visit.note.is_none() {
            return shell::wrong(visit, Wrong::NotFound("There is no such form.".to_owned()));
        }
        self.tell_time(visit);
        visit.go_to("/control");
        self.page(visit).await
    }

    /// The page at the address of a visit.
    async fn page(&self, visit: &Visit) -> Response<Bytes> {
        let page = match visit.path().as_slice() {
            [] => organization::first_page(self, visit).await,
            ["units", id] => organization::unit_page(self, visit, id).await,
            ["policies"] => organization::policies_page(self, visit).await,
            ["policies", id] => organization::policy_page(self, visit, id).await,
            ["accounts"] => account::list(self, visit).await,
            ["accounts", id] => account::page(self, visit, id).await,
            ["accounts", id, "iam", rest @ ..] => identities::page(self, visit, id, rest).await,
            ["identities"] => account::list_for_identities(self, visit).await,
            ["calls"] => calls::page(self, visit).await,
            ["calls", id] => calls::record_page(self, visit, id).await,
            ["control"] => control::page(self, visit).await,
            ["acting"] => acting::page(self, visit).await,
            ["search"] => search::page(self, visit).await,
            ["what-if"] => organization::what_if::page(self, visit).await,
            ["why"] => why::page(self, visit).await,
            _ => Err(Wrong::NotFound("There is no such page.".to_owned())),
        };
        match page {
            Ok(page) => shell::framed(visit, &page),
            Err(wrong) => shell::wrong(visit, wrong),
        }
    }

    /// Reads documents, without a record: nobody calls.
    async fn look<T: Send + 'static>(
        &self,
        read: impl Fn(&World<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Wrong> {
        state_engine::look(&self.store, read).await.map_err(Wrong::Failed)
    }

    /// Records of the event log, those that wait to be written included.
    async fn events(&self, query: EventQuery) -> Result<Vec<LoggedEvent>, Wrong> {
        self.store.events(&query).await.map_err(|error| Wrong::Failed(error.to_string()))
    }

    fn visit(&self, request: Request<Bytes>, peer: SocketAddr) -> Visit {
        let mut visit = Visit::read(request, peer.ip());
        self.tell_time(&mut visit);
        visit.token.clone_from(&self.token);
        visit
    }

    fn tell_time(&self, visit: &mut Visit) {
        let clock = &self.admin.clock;
        visit.now = clock.now();
        visit.mode = clock.mode();
        visit.ahead_seconds = shell::ahead_seconds(visit.now, clock.real_now());
    }

    /// F-CONSOLE-3: the rules of the own endpoints; a browser that has sent the token shows a cookie instead.
    fn admit(&self, visit: &Visit) -> Result<(), Forbidden> {
        match self.admin.let_in(visit.peer, &visit.uri, &visit.headers, false) {
            Err(Forbidden::NeedsToken) if self.has_session(visit) => Ok(()),
            checked => checked,
        }
    }

    fn has_session(&self, visit: &Visit) -> bool {
        let shown = visit.cookie(SESSION_COOKIE).unwrap_or_default();
        constant_time_eq(shown.as_bytes(), self.session.as_bytes())
    }

    fn has_token(&self, visit: &Visit) -> bool {
        let sent = visit.form.get("token").unwrap_or_default();
        constant_time_eq(sent.as_bytes(), self.token.as_bytes())
    }

    fn sign_in(&self, visit: &Visit) -> Response<Bytes> {
        let mut headers = HeaderMap::new();
        if let Some(host) = visit.headers.get(header::HOST) {
            headers.insert(header::HOST, host.clone());
        }
        let sent = format!("Bearer {}", visit.form.get("administrator").unwrap_or_default());
        if let Ok(mut value) = HeaderValue::from_str(&sent) {
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        match self.admin.let_in(visit.peer, &visit.uri, &headers, false) {
            Ok(()) => {
                let cookie = format!("{SESSION_COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", self.session);
                shell::redirect("/", Some(&cookie))
            }
            Err(forbidden) => closed(visit, forbidden),
        }
    }
}

/// A text that nobody guesses.
fn secret_text() -> String {
    entropy::secret_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn choose_actor(visit: &Visit) -> Response<Bytes> {
    let chosen = acting::cookie(visit.form.get("as").unwrap_or_default().trim());
    match chosen {
        Some(cookie) => shell::redirect(visit.form.get("back").unwrap_or("/"), Some(&cookie)),
        None => {
            refused(visit, StatusCode::BAD_REQUEST, "That names no root user, user or role of an account.")
        }
    }
}

fn choose_theme(visit: &Visit) -> Response<Bytes> {
    let theme = if visit.form.get("theme") == Some("dark") { "dark" } else { "light" };
    let cookie = format!("{}={theme}; Path=/; HttpOnly; SameSite=Strict", shell::THEME_COOKIE);
    shell::redirect(visit.form.get("back").unwrap_or("/"), Some(&cookie))
}

/// A page that only says why nothing was done.
fn refused(visit: &Visit, status: StatusCode, text: &str) -> Response<Bytes> {
    let main = html! { h1 { "Not done" } p { (text) } p { a href="/" { "Organization" } } };
    let mut answer = shell::framed(visit, &Page::new(shell::Place::Elsewhere, "Not done", main));
    *answer.status_mut() = status;
    answer
}

/// What somebody sees who may not look: why, and where the token goes. Nothing of the state.
fn closed(visit: &Visit, forbidden: Forbidden) -> Response<Bytes> {
    let needs_token = forbidden == Forbidden::NeedsToken;
    let main = html! {
        h1 { "Closed" }
        @if needs_token {
            p { "Other machines can reach this address, so that the console opens to whoever knows the administrator's token." }
            form method="post" action="/sign-in" class="row" {
                label { "Administrator's token " input type="password" name="administrator" required autocomplete="off"; }
                button type="submit" { "Open" }
            }
        } @else {
            p { (forbidden.message()) }
        }
    };
    let mut answer = shell::framed(&bare(visit), &Page::new(shell::Place::Elsewhere, "Closed", main));
    *answer.status_mut() = forbidden.status();
    answer
}

/// The visit without what only somebody may know who was let in, the token of forms above all.
fn bare(visit: &Visit) -> Visit {
    let mut request = Request::new(Bytes::new());
    request.headers_mut().extend(visit.headers.get(header::HOST).map(|host| (header::HOST, host.clone())));
    let mut bare = Visit::read(request, visit.peer);
    bare.now = visit.now;
    bare.mode = visit.mode;
    bare
}
