//! All identities of one account, and forms for new ones.

use aws::arn::AccountId;
use maud::{Markup, html};
use services::state::account::Account;
use services::state::identity::{
    Group, GroupId, IamAccount, ManagedPolicy, ManagedPolicyId, Role, RoleId, User, UserId,
};
use services::world::key::{Named, Prefix};
use services::world::{Document, Fault, World};

use super::documents::{FIRST_POLICY, first_trust};
use super::heading;
use crate::console::Console;
use crate::console::fields::{address, escaped};
use crate::console::form::Form;
use crate::console::marks;
use crate::console::shell::Wrong;
use crate::console::visit::Visit;

/// Of each kind on one page.
const PER_PAGE: usize = 50;

/// The kinds, as tabs.
const TABS: [(&str, &str); 4] =
    [("users", "Users"), ("groups", "Groups"), ("roles", "Roles"), ("policies", "Policies")];

/// One tab.
struct Seen {
    counts: IamAccount,
    names: Vec<String>,
    next: Option<String>,
}

/// Title and content; `None` where there is no such account.
///
/// # Errors
/// The store failed.
pub async fn page(
    console: &Console,
    visit: &Visit,
    account: AccountId,
) -> Result<Option<(String, Markup)>, Wrong> {
    let asked = visit.query.filled("tab").unwrap_or("users");
    let (tab, _) = TABS.into_iter().find(|(tab, _)| *tab == asked).unwrap_or(TABS[0]);
    let after = visit.query.filled("after").map(str::to_owned);
    let seen = console.look(move |world| {
        if world.get::<Account>(account)?.is_none() {
            return Ok(None);
        }
        let counts = world.get::<IamAccount>(account)?.map(|counts| (*counts).clone()).unwrap_or_default();
        let (names, next) = names(tab, account, after.as_deref(), world)?;
        Ok(Some(Seen { counts, names, next }))
    });
    let Some(seen) = seen.await? else { return Ok(None) };
    let main = html! {
        (heading(visit, account, &html! { "Identities" }))
        (shown(visit, account, tab, &seen))
    };
    Ok(Some((format!("Identities of {account}"), main)))
}

fn names(
    tab: &str,
    account: AccountId,
    after: Option<&str>,
    world: &World<'_>,
) -> Result<(Vec<String>, Option<String>), Fault> {
    match tab {
        "groups" => list::<Group>(&GroupId::within(account), after, |group| &group.name, world),
        "roles" => list::<Role>(&RoleId::within(account), after, |role| &role.name, world),
        "policies" => {
            list::<ManagedPolicy>(&ManagedPolicyId::within(account), after, |policy| &policy.name, world)
        }
        _ => list::<User>(&UserId::within(account), after, |user| &user.name, world),
    }
}

/// The names of a page's documents, and where the next begins.
fn list<D>(
    prefix: &Prefix<D>,
    after: Option<&str>,
    name: impl Fn(&D) -> &String,
    world: &World<'_>,
) -> Result<(Vec<String>, Option<String>), Fault>
where
    D: for<'k> Document<Id<'k> = Named<'k, D>>,
{
    let mut keys = world.keys(prefix, after, PER_PAGE + 1)?;
    let is_cut = keys.len() > PER_PAGE;
    keys.truncate(PER_PAGE);
    let next = keys.last().filter(|_| is_cut).map(|key| key.place(prefix).to_owned());
    let mut names = Vec::with_capacity(keys.len());
    for key in &keys {
        names.extend(world.get::<D>(key.id()?)?.map(|document| name(&document).clone()));
    }
    Ok((names, next))
}

fn shown(visit: &Visit, account: AccountId, tab: &str, seen: &Seen) -> Markup {
    let page = format!("/accounts/{account}/iam");
    let counts = &seen.counts;
    html! {
        p { @for ((name, label), count) in TABS.into_iter().zip([counts.users, counts.groups, counts.roles, counts.policies]) {
            a href=(address(&page, &[("tab", name)])) aria-current=[(name == tab).then_some("true")] { (label) " " (count) } " "
        } }
        @if seen.names.is_empty() { p { "None yet." } }
        ul class="plain" { @for name in &seen.names {
            li { a href={ (page) "/" (tab) "/" (escaped(name)) } { bdi { (name) } } }
        } }
        (marks::next_page(seen.next.as_deref().map(|after| address(&page, &[("tab", tab), ("after", after)]))))
        @match tab {
            "groups" => { (new_group(visit)) }
            "roles" => { (new_role(visit, account)) }
            "policies" => { (new_policy(visit)) }
            _ => { (new_user(visit)) }
        }
        @if let Some(alias) = &counts.alias { p { "Account alias: " (marks::id(alias)) } }
        @if !counts.root_access_keys.is_empty() {
            p { "Access keys of the root user: " @for key in &counts.root_access_keys { (marks::id(key)) " " } }
        }
    }
}

fn new_user(visit: &Visit) -> Markup {
    let form = Form::new(visit, "iam:CreateUser", "create-user");
    form.folded(
        "New user",
        html! { (form.text("UserName", "Name", "")) (form.optional("Path", "Path", "")) },
        "Create user",
    )
}

fn new_group(visit: &Visit) -> Markup {
    let form = Form::new(visit, "iam:CreateGroup", "create-group");
    form.folded(
        "New group",
        html! { (form.text("GroupName", "Name", "")) (form.optional("Path", "Path", "")) },
        "Create group",
    )
}

fn new_role(visit: &Visit, account: AccountId) -> Markup {
    let form = Form::new(visit, "iam:CreateRole", "create-role");
    form.folded(
        "New role",
        html! {
            (form.text("RoleName", "Name", ""))
            (form.optional("Path", "Path", ""))
            (form.optional("Description", "Description", ""))
            (form.area("AssumeRolePolicyDocument", "Trust policy", &first_trust(account), Some("trust")))
        },
        "Create role",
    )
}

fn new_policy(visit: &Visit) -> Markup {
    let form = Form::new(visit, "iam:CreatePolicy", "create-policy");
    form.folded(
        "New policy",
        html! {
            (form.text("PolicyName", "Name", ""))
            (form.optional("Description", "Description", ""))
            (form.area("PolicyDocument", "Document", FIRST_POLICY, Some("managed")))
        },
        "Create policy",
    )
}
