//! Calls: the event log, newest first, with the filters of LookupEvents and more; and one record.

mod record;

use aws::arn::AccountId;
use aws::trail::{Record, UserIdentity};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use services::service::Service;
use services::world::{EventPosition, EventQuery, LoggedEvent};

use super::Console;
use super::fields::{Fields, address};
use super::marks::{self, Sign, sign};
use super::news;
use super::shell::{Page, Place, Wrong};
use super::visit::Visit;

pub use record::page as record_page;

/// Calls on one page.
const PER_PAGE: usize = 50;
/// Records that are read together.
const PER_READ: usize = 250;
/// Records that one page looks at; a search for something rare is gone on with.
const LOOKED_AT: usize = 5_000;
/// Of what is not answered here this many are listed.
const MOST_UNANSWERED: usize = 20;

/// One call as the list shows it.
struct Row {
    event_id: String,
    time: Timestamp,
    who: String,
    arn: String,
    /// Whether somebody called whom policies are asked about: no service, and no unknown caller.
    is_by_a_principal: bool,
    account: String,
    source: String,
    name: String,
    error: Option<String>,
    tool: String,
}

/// What is looked for.
struct Filter {
    account: Option<AccountId>,
    only_refused: bool,
    source: Option<&'static str>,
    name: Option<String>,
    who: Option<String>,
    tool: Option<String>,
    key: Option<String>,
}

impl Filter {
    fn read(query: &Fields) -> Self {
        let lower = |name: &str| query.filled(name).map(str::to_lowercase);
        let source = query.filled("service").and_then(Service::from_signing_name);
        Self {
            account: query.filled("account").and_then(|account| account.parse().ok()),
            only_refused: query.filled("refused").is_some(),
            source: source.map(Service::event_source),
            name: lower("operation"),
            who: lower("by"),
            tool: lower("tool"),
            key: query.filled("key").map(str::to_owned),
        }
    }

    fn takes(&self, row: &Row, key: Option<&str>) -> bool {
        let holds = |wanted: &Option<String>, text: &str| {
            wanted.as_ref().is_none_or(|wanted| text.to_lowercase().contains(wanted.as_str()))
        };
        (!self.only_refused || row.error.is_some())
            && self.source.is_none_or(|source| source == row.source)
            && holds(&self.name, &row.name)
            && holds(&self.who, &row.arn)
            && holds(&self.tool, &row.tool)
            && self.key.as_deref().is_none_or(|wanted| key == Some(wanted))
    }
}

/// The records up to now: what services will have done by themselves is not seen before its time (F-ORGS-EVENT-3).
pub fn query(account: Option<AccountId>, now: Timestamp, before: Option<EventPosition>) -> EventQuery {
    let until = now.saturating_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
    EventQuery { account, from: Timestamp::MIN, until, before, limit: PER_READ }
}

fn row(event: &LoggedEvent) -> Option<(Row, Option<String>)> {
    let record: Record<'_> = serde_json::from_str(&event.record).ok()?;
    let identity = &record.user_identity;
    let row = Row {
        event_id: record.event_id.to_string(),
        time: record.event_time,
        who: name_of(identity),
        arn: identity.arn.as_deref().or(identity.invoked_by.as_deref()).unwrap_or_default().to_owned(),
        is_by_a_principal: identity.account_id.is_some() && identity.invoked_by.is_none(),
        account: record.recipient_account_id.map(|account| account.to_string()).unwrap_or_default(),
        source: record.event_source.to_string(),
        name: record.event_name.to_string(),
        error: record.error_code.as_deref().map(str::to_owned),
        tool: tool(&record.user_agent),
    };
    Some((row, identity.access_key_id.as_deref().map(str::to_owned)))
}

fn name_of(identity: &UserIdentity<'_>) -> String {
    let last = |arn: &str| arn.rsplit([':', '/']).next().unwrap_or(arn).to_owned();
    match (&identity.arn, &identity.invoked_by) {
        (Some(arn), _) => last(arn),
        (None, Some(service)) => service.to_string(),
        (None, None) => "unknown".to_owned(),
    }
}

/// What a client calls itself, up to its version: `aws-cli`, `Boto3`, `accountd-console`.
fn tool(agent: &str) -> String {
    agent.split(['/', ' ']).next().unwrap_or_default().chars().take(40).collect()
}

/// The list.
///
/// # Errors
/// The store failed.
pub async fn page(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    let filter = Filter::read(&visit.query);
    let mut before = visit.query.filled("before").and_then(EventPosition::parse);
    let is_first = before.is_none();
    let (mut rows, mut newest, mut is_end) = (Vec::new(), None, false);
    for _ in 0..LOOKED_AT / PER_READ {
        let events = console.events(query(filter.account, visit.now, before)).await?;
        newest = newest.or(events.first().map(|event| event.position));
        is_end = events.len() < PER_READ;
        for event in &events {
            before = Some(event.position);
            rows.extend(
                row(event).filter(|(row, key)| filter.takes(row, key.as_deref())).map(|(row, _)| row),
            );
            if rows.len() == PER_PAGE {
                is_end = false;
                break;
            }
        }
        if is_end || rows.len() == PER_PAGE {
            break;
        }
    }
    let next = before.filter(|_| !is_end);
    let main = html! {
        (listed(visit, &rows, next))
        @if is_first { (unanswered(console)) }
    };
    let page = Page::new(Place::Calls, "Calls", main);
    if !is_first {
        return Ok(page);
    }
    let account = visit.query.filled("account").unwrap_or_default();
    Ok(page.with_news(news::address_of(newest, account, visit.now, None)))
}

/// A call of late.
pub struct OfLate {
    /// The id of its record.
    pub event_id: String,
    /// The ARN of its caller.
    pub who: String,
    /// `iam:CreateUser`
    pub operation: String,
}

/// The newest calls, each by another caller or of another operation.
///
/// # Errors
/// The store failed.
pub async fn of_late(console: &Console, now: Timestamp, most: usize) -> Result<Vec<OfLate>, Wrong> {
    let events = console.events(EventQuery { limit: 2 * PER_READ, ..query(None, now, None) }).await?;
    let mut calls: Vec<OfLate> = Vec::new();
    for (row, _) in events.iter().filter_map(row) {
        let operation = format!("{}:{}", row.source.split('.').next().unwrap_or_default(), row.name);
        let is_known = calls.iter().any(|call| call.who == row.arn && call.operation == operation);
        if row.is_by_a_principal && !is_known && calls.len() < most {
            calls.push(OfLate { event_id: row.event_id, who: row.arn, operation });
        }
    }
    Ok(calls)
}

fn listed(visit: &Visit, rows: &[Row], next: Option<EventPosition>) -> Markup {
    html! {
        h1 { "Calls" }
        (filters(&visit.query))
        @if rows.is_empty() {
            @if next.is_some() { p { "Nothing like this among the newest calls." } }
            @else {
                p { "No call is like this. Every call of a client is listed here, also those that were refused; the first to try:" }
                (marks::snippet("AWS CLI", &format!(
                    "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --endpoint-url {} --region us-east-1 sts get-caller-identity",
                    visit.endpoint()
                )))
            }
        } @else {
            table {
                thead { tr {
                    th scope="col" { "Time" } th scope="col" { "By" } th scope="col" { "Account" } th scope="col" { "Operation" }
                    th scope="col" { "Answer" } th scope="col" { "Tool" }
                } }
                tbody { @for row in rows { (shown(row)) } }
            }
        }
        (marks::next_page(next.map(|before| {
            let before = before.to_string();
            let mut pairs: Vec<_> = visit.query.iter().filter(|(name, _)| *name != "before").collect();
            pairs.push(("before", &before));
            address("/calls", &pairs)
        })))
    }
}

/// What was asked for and is not here (F-NOSUP-3), what was asked for last first.
fn unanswered(console: &Console) -> Markup {
    let page = serde_json::to_value(console.admin.unanswered.page()).unwrap_or_default();
    let rows: Vec<_> = page["unanswered"].as_array().into_iter().flatten().take(MOST_UNANSWERED).collect();
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    html! {
        @if !rows.is_empty() {
            h2 { "Not answered here" }
            ul class="plain" { @for row in rows { li {
                code { (text(row, "service")) ":" (text(row, "operation")) } " ×" (row["count"])
                span class="quiet" { " (" bdi { (tool(&text(row, "user_agent"))) } ")" }
            } } }
        }
    }
}

fn shown(row: &Row) -> Markup {
    let service = row.source.split('.').next().unwrap_or_default();
    html! {
        tr {
            td { a href={ "/calls/" (row.event_id) } { (marks::time(row.time)) } }
            td { bdi title=(row.arn) { (row.who) } }
            td { @match row.account.parse() { Ok(account) => { (marks::account_link(account)) } Err(_) => {} } }
            td { span class="quiet" { (service) ":" } (row.name) }
            td {
                @match &row.error {
                    Some(code) => { (sign(Sign::Bad, code)) " " a href={ "/why?event=" (row.event_id) } aria-label={ "why: " (row.name) } { "why" } }
                    None => { (sign(Sign::Good, "OK")) }
                }
            }
            td { bdi { (row.tool) } }
        }
    }
}

fn filters(query: &Fields) -> Markup {
    let text = |name: &'static str, label: &'static str| {
        html! { label { (label) " " input name=(name) value=(query.get(name).unwrap_or_default()) size="14"; } }
    };
    let service = query.get("service").unwrap_or_default();
    html! {
        form method="get" action="/calls" class="row" {
            (text("account", "Account")) (text("by", "By")) (text("operation", "Operation"))
            label { "Service "
                select name="service" {
                    option value="" { "all" }
                    @for other in Service::ALL {
                        option value=(other.signing_name()) selected[other.signing_name() == service] { (other.signing_name()) }
                    }
                }
            }
            (text("tool", "Tool")) (text("key", "Access key"))
            label { input type="checkbox" name="refused" value="on" checked[query.filled("refused").is_some()]; " only refused" }
            button type="submit" { "Show" }
        }
    }
}
