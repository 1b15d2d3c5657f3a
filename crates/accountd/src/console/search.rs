//! Search over accounts, units, principals, policies and event ids. What is named exactly is found at once; names are
//! looked for in batches, so that no search holds others up.

use std::sync::Arc;

use aws::arn::AccountId;
use maud::{Markup, html};
use services::state::account::{Account, account_using};
use services::state::identity::{Group, GroupId, Role, RoleId, User, UserId};
use services::state::organization::{Membership, OrganizationPolicy, OrganizationalUnit, PolicyId, UnitId};
use services::world::key::Prefix;
use services::world::{Fault, World};

use super::Console;
use super::fields::{address, escaped};
use super::marks;
use super::shell::{Page, Place, Wrong};
use super::visit::Visit;

/// Documents that are looked at together.
const BATCH: usize = 200;
/// Documents of a kind that one search looks at; it can be gone on with.
const LOOKED_AT: usize = 10_000;
/// Findings of a kind on one page.
const MOST: usize = 50;
/// Longer texts are cut.
const LONGEST_QUERY: usize = 200;

/// One finding: where it leads, what it is, its name and its id.
struct Finding {
    address: String,
    kind: &'static str,
    name: String,
    id: String,
}

/// The findings for a text.
///
/// # Errors
/// The store failed.
pub async fn page(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    let query: String = visit.query.filled("q").unwrap_or_default().chars().take(LONGEST_QUERY).collect();
    if query.is_empty() {
        let main = html! { h1 { "Search" } p { "Type a name, an id, an e-mail address or a tag such as " code { "team=blue" } " above." } };
        return Ok(Page::new(Place::Elsewhere, "Search", main));
    }
    let now = visit.now;
    let wanted = query.clone();
    let mut findings = console.look(move |world| exact(&wanted, now, world)).await?;
    let mut next = None;
    // What has exactly this id is what is meant: no name is looked for.
    if findings.is_empty() {
        let text: Arc<str> = query.to_lowercase().into();
        let after = visit.query.filled("after");
        (findings, next) = accounts(console, &text, after).await?;
        if after.is_none() {
            findings.extend(units_and_policies(console, &text).await?);
        }
    }
    let main = shown(&query, &findings, next.as_deref());
    Ok(Page::new(Place::Elsewhere, format!("Search: {query}"), main))
}

fn shown(query: &str, findings: &[Finding], next: Option<&str>) -> Markup {
    html! {
        h1 { "Search: " bdi { (query) } }
        @if findings.is_empty() { p { "Nothing here has this name, id, address or tag." } }
        @else {
            table {
                thead { tr { th scope="col" { "What" } th scope="col" { "Name" } th scope="col" { "Id" } } }
                tbody { @for finding in findings { tr {
                    td { (finding.kind) }
                    td { a href=(finding.address) { bdi { (finding.name) } } }
                    td { (marks::id(&finding.id)) }
                } } }
            }
        }
        (marks::next_page(next.map(|after| address("/search", &[("q", query), ("after", after)]))))
        @if is_event_id(query) { p { "Or the call " a href={ "/calls/" (query) } { code { (query) } } "." } }
    }
}

fn is_event_id(query: &str) -> bool {
    query.len() == 36 && query.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// What has exactly this id, address or ARN.
fn exact(query: &str, now: jiff::Timestamp, world: &World<'_>) -> Result<Vec<Finding>, Fault> {
    let mut findings = Vec::new();
    let number = query.replace('-', "").parse::<AccountId>().ok();
    let by_address = if query.contains('@') { account_using(query, now, world)? } else { None };
    if let Some(id) = number.or(by_address)
        && let Some(account) = world.get::<Account>(id)?
    {
        findings.push(of_account(&account));
    }
    if let Some(unit) = world.get::<OrganizationalUnit>(UnitId(query))? {
        findings.push(of_unit(&unit));
    }
    if let Some(policy) = world.get::<OrganizationPolicy>(PolicyId(query))? {
        findings.push(of_policy(&policy));
    }
    findings.extend(principal(query, world)?);
    Ok(findings)
}

/// The user, group or role with this ARN.
fn principal(query: &str, world: &World<'_>) -> Result<Option<Finding>, Fault> {
    let Some(arn) = aws::arn::Arn::parse(query).filter(|arn| arn.service == "iam") else { return Ok(None) };
    let Ok(account) = arn.account.parse::<AccountId>() else { return Ok(None) };
    let (kind, rest) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
    let name = rest.rsplit('/').next().unwrap_or_default();
    let found = match kind {
        "user" => world.get::<User>(UserId::new(account, name))?.map(|it| ("user", "users", it.name.clone())),
        "group" => {
            world.get::<Group>(GroupId::new(account, name))?.map(|it| ("group", "groups", it.name.clone()))
        }
        "role" => world.get::<Role>(RoleId::new(account, name))?.map(|it| ("role", "roles", it.name.clone())),
        _ => None,
    };
    Ok(found.map(|(kind, folder, name)| Finding {
        address: format!("/accounts/{account}/iam/{folder}/{}", escaped(&name)),
        kind,
        id: query.to_owned(),
        name,
    }))
}

fn of_account(account: &Account) -> Finding {
    let id = account.id.to_string();
    Finding { address: format!("/accounts/{id}"), kind: "account", name: account.name.clone(), id }
}

fn of_unit(unit: &OrganizationalUnit) -> Finding {
    let (name, id) = (unit.name.clone(), unit.id.clone());
    Finding { address: format!("/units/{}", escaped(&id)), kind: "unit", name, id }
}

fn of_policy(policy: &OrganizationPolicy) -> Finding {
    let (name, id) = (policy.name.clone(), policy.id.clone());
    Finding { address: format!("/policies/{}", escaped(&id)), kind: "policy", name, id }
}

/// Accounts whose name, id, address or tag holds the text, from a place on, and where to go on.
async fn accounts(
    console: &Console,
    text: &Arc<str>,
    after: Option<&str>,
) -> Result<(Vec<Finding>, Option<String>), Wrong> {
    let (mut found, mut after) = (Vec::new(), after.map(str::to_owned));
    for _ in 0..LOOKED_AT / BATCH {
        let (text, from) = (Arc::clone(text), after.clone());
        let (batch, last) = console.look(move |world| account_batch(&text, from.as_deref(), world)).await?;
        found.extend(batch);
        match last {
            Some(last) => after = Some(last),
            None => return Ok((found, None)),
        }
        if found.len() >= MOST {
            break;
        }
    }
    Ok((found, after))
}

/// The findings among the next accounts, and the last of those, unless there are no more.
fn account_batch(
    text: &str,
    after: Option<&str>,
    world: &World<'_>,
) -> Result<(Vec<Finding>, Option<String>), Fault> {
    let keys = world.keys::<Account>(&Prefix::empty(), after, BATCH)?;
    let mut found = Vec::new();
    for key in &keys {
        let Some(account) = world.get::<Account>(key.id()?)? else { continue };
        let holds = |part: &str| part.to_lowercase().contains(text);
        if holds(&account.name)
            || holds(account.id.as_str())
            || holds(&account.email)
            || has_tag(&account, text, world)?
        {
            found.push(of_account(&account));
        }
    }
    let last = keys.last().filter(|_| keys.len() == BATCH);
    let last = last.map(|key| key.id()).transpose()?.map(|id| id.to_string());
    Ok((found, last))
}

fn has_tag(account: &Account, text: &str, world: &World<'_>) -> Result<bool, Fault> {
    let Some(membership) = world.get::<Membership>(account.id)? else { return Ok(false) };
    Ok(membership.tags.iter().any(|(key, value)| format!("{key}={value}").to_lowercase().contains(text)))
}

/// Units and policies whose name holds the text.
async fn units_and_policies(console: &Console, text: &Arc<str>) -> Result<Vec<Finding>, Wrong> {
    let mut found = Vec::new();
    for kind in [NamedKind::Unit, NamedKind::Policy] {
        let mut after = None;
        for _ in 0..LOOKED_AT / BATCH {
            let (text, from): (_, Option<String>) = (Arc::clone(text), after.clone());
            let (batch, last) = console.look(move |world| kind.batch(&text, from.as_deref(), world)).await?;
            found.extend(batch);
            after = last;
            if after.is_none() || found.len() >= 2 * MOST {
                break;
            }
        }
    }
    Ok(found)
}

/// What is looked for by its name alone.
#[derive(Clone, Copy)]
enum NamedKind {
    Unit,
    Policy,
}

impl NamedKind {
    fn batch(
        self,
        text: &str,
        after: Option<&str>,
        world: &World<'_>,
    ) -> Result<(Vec<Finding>, Option<String>), Fault> {
        let mut found = Vec::new();
        let (read, last) = match self {
            Self::Unit => {
                let keys = world.keys::<OrganizationalUnit>(&Prefix::empty(), after, BATCH)?;
                for key in &keys {
                    let unit = world.get::<OrganizationalUnit>(key.id()?)?;
                    found.extend(unit.map(|unit| of_unit(&unit)));
                }
                (keys.len(), keys.last().map(|key| key.id().map(|id| id.0.to_owned())))
            }
            Self::Policy => {
                let keys = world.keys::<OrganizationPolicy>(&Prefix::empty(), after, BATCH)?;
                for key in &keys {
                    let policy = world.get::<OrganizationPolicy>(key.id()?)?;
                    found.extend(policy.map(|policy| of_policy(&policy)));
                }
                (keys.len(), keys.last().map(|key| key.id().map(|id| id.0.to_owned())))
            }
        };
        found.retain(|finding| finding.name.to_lowercase().contains(text));
        Ok((found, last.filter(|_| read == BATCH).transpose()?))
    }
}
