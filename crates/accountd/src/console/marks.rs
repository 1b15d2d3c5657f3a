//! Small pieces of pages: ids that can be copied, signs of state, times and what is left of them.

use aws::arn::AccountId;
use jiff::Timestamp;
use maud::{Markup, html};
use services::state::account::{Account, AccountState};
use services::state::organization::Membership;

use super::fields::escaped;

/// What a sign says. Each has a shape beside its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Allowed, in use, done.
    Good,
    /// Refused, off, failed.
    Bad,
    /// It waits for something.
    Waiting,
}

/// A word with its sign.
pub fn sign(sign: Sign, word: &str) -> Markup {
    let (class, shape) = match sign {
        Sign::Good => ("good", "●"),
        Sign::Bad => ("bad", "✕"),
        Sign::Waiting => ("waiting", "◐"),
    };
    html! { span class={ "sign " (class) } { span aria-hidden="true" { (shape) } " " (word) } }
}

/// An id, with a button that copies it.
pub fn id(text: &str) -> Markup {
    html! { span class="id" { code { (text) } (copy(text, &format!("Copy {text}"))) } }
}

/// A button that copies a text. It is there where scripts run.
pub fn copy(text: &str, label: &str) -> Markup {
    html! { button type="button" class="copy" data-copy=(text) aria-label=(label) { "copy" } }
}

/// A text to be copied in one piece.
pub fn snippet(label: &str, text: &str) -> Markup {
    html! {
        div class="snippet" {
            p { (label) " " (copy(text, &format!("Copy: {label}"))) }
            pre tabindex="0" { code { (text) } }
        }
    }
}

/// An account's id as a link to its page.
pub fn account_link(account: AccountId) -> Markup {
    html! { a class="id" href={ "/accounts/" (account) } { code { (account) } } }
}

/// A policy of the organization as a link to its page.
pub fn policy_link(id: &str, name: &str) -> Markup {
    html! { a href={ "/policies/" (escaped(id)) } { bdi { (name) } } }
}

/// What a policy is attached to, by its id, as a link to its page.
pub fn target_link(target: &str) -> Markup {
    match target.parse() {
        Ok(account) => account_link(account),
        Err(_) => html! { a href={ "/units/" (escaped(target)) } { code { (target) } } },
    }
}

/// An instant, to the second.
pub fn time(at: Timestamp) -> Markup {
    let text = aws::trail::whole_seconds(at);
    html! { time datetime=(text) { (text) } }
}

/// How long until something is due, by service time: `1:12 left`.
pub fn left(until: Timestamp, now: Timestamp) -> String {
    let seconds = until.duration_since(now).as_secs().max(0);
    let (minutes, days) = (seconds / 60, seconds / 86_400);
    match days {
        0 if minutes < 60 => format!("{minutes}:{:02} left", seconds % 60),
        0 => format!("{}:{:02}:{:02} left", minutes / 60, minutes % 60, seconds % 60),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    }
}

/// Something that waits, with when it is due and how long that is.
pub fn due(word: &str, until: Timestamp, now: Timestamp) -> Markup {
    html! { (sign(Sign::Waiting, word)) " " span class="left" title=(until) { (left(until, now)) } }
}

/// The state of an account, and what it waits for.
pub fn account_state(account: &Account, membership: Option<&Membership>, now: Timestamp) -> Markup {
    if let Some(closure) = membership.and_then(|membership| membership.closure) {
        return if now < closure.completes_at {
            due("PENDING_CLOSURE", closure.completes_at, now)
        } else {
            html! {
                (sign(Sign::Bad, "SUSPENDED")) " "
                span class="left" { "gone from the organization in " (left(closure.final_at, now)) }
            }
        };
    }
    if account.created_at > now {
        return due("being created", account.created_at, now);
    }
    match account.state.at(now) {
        AccountState::Active | AccountState::Closing(_) => sign(Sign::Good, "ACTIVE"),
        AccountState::PendingActivation => sign(Sign::Waiting, "PENDING_ACTIVATION"),
        AccountState::Suspended => sign(Sign::Bad, "SUSPENDED"),
        AccountState::Closed => sign(Sign::Bad, "CLOSED"),
    }
}

/// A link to the next page of a list, where there is one.
pub fn next_page(address: Option<String>) -> Markup {
    html! { @if let Some(address) = address { p class="next" { a rel="next" href=(address) { "Next page" } } } }
}

/// A text with line numbers.
pub fn numbered(text: &str) -> Markup {
    html! { ol class="numbered" tabindex="0" { @for line in text.lines() { li { code { (line) } } } } }
}

/// A JSON document, each member in a line of its own; any other text as it is.
pub fn pretty(text: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(text);
    value.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_as_people_say_it() {
        let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        for (seconds, text) in [
            (72, "1:12 left"),
            (-5, "0:00 left"),
            (3_600, "1:00:00 left"),
            (86_400, "1 day left"),
            (90 * 86_400 - 1, "89 days left"),
        ] {
            assert_eq!(left(now + jiff::SignedDuration::from_secs(seconds), now), text);
        }
    }
}
