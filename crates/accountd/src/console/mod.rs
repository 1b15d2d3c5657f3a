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
mod organization;
mod outcome;
mod search;
mod shell;
mod visit;
mod why;

use std::net::SocketAddr;
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
use visit::Visit;
pub use visit::{ASSETS, is_export, is_for_console};

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
    /// What every form carries, so that no other page can send one.
    token: String,
    /// What a browser that has signed in shows. Neither outlives the process.
    session: String,
}

/// What the pages say of how accountd runs.
#[derive(Debug, Clone, Copy)]
pub struct Running {
    /// Whether published rates are applied.
    pub throttle: Throttle,
    /// How long background work takes.
    pub delays: Delays,
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
            section id="outcome" class={ "outcome " (if self.is_good { "done" } else { "refused" }) } role="status" aria-label="What came of it" {
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
        Self { service, store, admin, running, token, session }
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

    /// Answers a request that [`is_export`].
    pub async fn export(&self, request: Request<Upload>, peer: SocketAddr) -> Response<Payload> {
        let visit = self.visit(request.map(|_| Bytes::new()), peer);
        if let Err(forbidden) = self.admit(&visit) {
            return closed(&visit, forbidden).map(Payload::from);
        }
        match control::export(self).await {
            Ok(document) => document,
            Err(wrong) => shell::wrong(&visit, wrong).map(Payload::from),
        }
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
            ["control", what] => {
                let what = (*what).to_owned();
                (self.control(visit, &what).await, None)
            }
            _ => (shell::wrong(visit, Wrong::NotFound("There is no such form.".to_owned())), None),
        }
    }

    /// What is only looked at: a page, or what the script asks for.
    async fn look_at(&self, visit: &Visit) -> Response<Bytes> {
        let asked = match visit.path().as_slice() {
            ["_accountd", "console", "news"] => calls::news(self, visit).await,
            // A form's address, loaded again without the form.
            ["act"] => Ok(shell::redirect("/", None)),
            ["control", _] => Ok(shell::redirect("/control", None)),
            _ => return self.page(visit).await,
        };
        asked.unwrap_or_else(|wrong| shell::wrong(visit, wrong))
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
        match self.admin.access.check(&visit.uri, &visit.headers, false) {
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
        match self.admin.access.check(&visit.uri, &headers, false) {
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
    *answer.status_mut() = if needs_token { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
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
