//! The frame around every page: header, menu, what came of the last operation; and the headers of its answer.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use super::fields::escaped;
use super::marks;
use super::somebody;
use super::visit::Visit;
use crate::clock::TimeMode;

/// F-CONSOLE-2: nothing from outside, nothing inline, no frames.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The name of the cookie that holds how the pages look.
pub const THEME_COOKIE: &str = "accountd_theme";

/// The six places, and what is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The tree of accounts.
    Organization,
    /// One account.
    Accounts,
    /// The event log.
    Calls,
    /// A decision, layer by layer.
    Why,
    /// Users, groups, roles and policies of an account.
    Identities,
    /// The clock, the outbox, faults, the state.
    Control,
    /// Not in the menu.
    Elsewhere,
}

const MENU: [(Place, &str, &str); 6] = [
    (Place::Organization, "/", "Organization"),
    (Place::Accounts, "/accounts", "Accounts"),
    (Place::Calls, "/calls", "Calls"),
    (Place::Why, "/why", "Why"),
    (Place::Identities, "/identities", "Identities"),
    (Place::Control, "/control", "Control room"),
];

/// A page before it is framed.
pub struct Page {
    place: Place,
    title: String,
    main: Markup,
    /// Where news about what it shows are asked for.
    news: Option<String>,
}

impl Page {
    /// A page at a place of the menu.
    pub fn new(place: Place, title: impl Into<String>, main: Markup) -> Self {
        Self { place, title: title.into(), main, news: None }
    }

    /// The same, which says when there is something new at that address.
    #[must_use]
    pub fn with_news(self, address: String) -> Self {
        Self { news: Some(address), ..self }
    }
}

/// Why there is no page.
#[derive(Debug)]
pub enum Wrong {
    /// There is nothing at this address; what is missing.
    NotFound(String),
    /// The store failed; the reason is for the log.
    Failed(String),
}

impl From<String> for Wrong {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// The page that says why there is none.
pub fn wrong(visit: &Visit, wrong: Wrong) -> Response<Bytes> {
    let (status, title, text) = match wrong {
        Wrong::NotFound(what) => (StatusCode::NOT_FOUND, "Not here", what),
        Wrong::Failed(reason) => {
            tracing::error!(reason, "a page of the console failed");
            let text = "The store failed; the log says why.".to_owned();
            (StatusCode::INTERNAL_SERVER_ERROR, "It failed", text)
        }
    };
    let main = html! { h1 { (title) } p { (text) } p { a href="/" { "Organization" } } };
    let mut answer = framed(visit, &Page::new(Place::Elsewhere, title, main));
    *answer.status_mut() = status;
    answer
}

/// The whole page.
pub fn framed(visit: &Visit, page: &Page) -> Response<Bytes> {
    let theme = visit.cookie(THEME_COOKIE).filter(|theme| matches!(theme.as_str(), "light" | "dark"));
    let markup = html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme.as_deref()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (page.title) " · accountd" }
                link rel="stylesheet" href="/_accountd/console/style.css";
                link rel="icon" href="/_accountd/console/icon.svg";
                script src="/_accountd/console/script.js" defer {}
            }
            body {
                a class="skip" href="#main" { "Skip to the page" }
                (top(visit))
                nav aria-label="Places" {
                    ul { @for (place, address, name) in MENU {
                        li { a href=(address) aria-current=[(place == page.place).then_some("page")] { (name) } }
                    } }
                }
                main id="main" tabindex="-1" data-address=(visit.address) {
                    @if let Some(note) = &visit.note { (note.shown()) }
                    @if let Some(outcome) = &visit.outcome { (outcome.notice(visit)) }
                    @if let Some(news) = &page.news {
                        p class="news" role="status" data-news=(news) { }
                    }
                    (page.main)
                }
                (bottom(visit, theme.as_deref()))
            }
        }
    };
    answer(markup.into_string().into(), "text/html; charset=utf-8")
}

fn top(visit: &Visit) -> Markup {
    let is_root = matches!(visit.actor, Some(services::front::acting::Actor::Root(_)));
    html! {
        header {
            p class="brand" { a href="/" { "accountd" } " " span class="quiet" { (env!("CARGO_PKG_VERSION")) } }
            p class={ "acting" @if is_root { " root" } } {
                "acting as "
                a href={ "/acting?back=" (escaped(&visit.address)) } {
                    @match &visit.actor { Some(actor) => { (somebody::said(actor)) } None => { "nobody" } }
                }
            }
            p class="clock" { (service_time(visit)) }
            form class="search" role="search" method="get" action="/search" {
                label for="search" { "Search" }
                input id="search" type="search" name="q" placeholder="account, unit, policy, event" data-search;
            }
        }
    }
}

fn service_time(visit: &Visit) -> Markup {
    let shifted = match (visit.mode, visit.ahead_seconds) {
        (TimeMode::Manual, _) => Some("stands still"),
        (TimeMode::Real, 0) => None,
        (TimeMode::Times(_), _) => Some("passes faster"),
        (TimeMode::Real, _) => Some("moved"),
    };
    html! {
        a href="/control" { (marks::time(visit.now)) }
        @if let Some(word) = shifted { " " span class="mark" { "◆ " (word) } }
    }
}

fn bottom(visit: &Visit, theme: Option<&str>) -> Markup {
    let next = if theme == Some("dark") { "light" } else { "dark" };
    html! {
        footer {
            form class="inline" method="post" action="/theme" {
                (visit.hidden_token())
                input type="hidden" name="theme" value=(next);
                input type="hidden" name="back" value=(visit.address);
                button type="submit" { "Look: " (next) }
            }
            a href="/_accountd/health" { "Health" }
        }
    }
}

/// An answer with the headers that every one of the console has.
pub fn answer(body: Bytes, content_type: &'static str) -> Response<Bytes> {
    let mut answer = Response::new(body);
    let all: [(HeaderName, &'static str); 7] = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Accept, Cookie"),
    ];
    for (name, value) in all {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Sends the browser to another page of the console, with a cookie.
pub fn redirect(back: &str, cookie: Option<&str>) -> Response<Bytes> {
    let is_own = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\');
    let back = HeaderValue::from_str(if is_own { back } else { "/" });
    let mut redirect = answer(Bytes::new(), "text/plain; charset=utf-8");
    *redirect.status_mut() = StatusCode::SEE_OTHER;
    redirect.headers_mut().insert(header::LOCATION, back.unwrap_or(HeaderValue::from_static("/")));
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(cookie).ok()) {
        redirect.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    redirect
}

/// How far service time is ahead of real time, in whole seconds.
pub fn ahead_seconds(now: Timestamp, real: Timestamp) -> i64 {
    now.duration_since(real).as_secs()
}
