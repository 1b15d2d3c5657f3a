//! All identities of one account, and forms for new ones.

use aws::arn::AccountId;
use maud::{Markup, html};
use services::state::account::Account;
use services::state::identity::{
    Group, GroupId, IamAccount, InstanceProfile, InstanceProfileId, ManagedPolicy, ManagedPolicyId,
    MfaDevice, MfaDeviceId, OpenIdConnectProvider, OpenIdConnectProviderId, Role, RoleId, SamlProvider,
    SamlProviderId, User, UserId,
};
use services::world::key::Prefix;
use services::world::{Document, Fault, World};

use super::documents::{FIRST_POLICY, first_trust};
use super::{Titled, heading};
use crate::console::Console;
use crate::console::fields::{address, escaped};
use crate::console::form::Form;
use crate::console::marks;
use crate::console::shell::Wrong;
use crate::console::visit::Visit;

/// Of each kind on one page.
const PER_PAGE: usize = 50;

/// Providers of a kind; the quota of AWS is 100.
const PROVIDERS: usize = 200;

/// The kinds, as tabs.
const TABS: [(&str, &str); 7] = [
    ("users", "Users"),
    ("groups", "Groups"),
    ("roles", "Roles"),
    ("policies", "Policies"),
    ("providers", "Identity providers"),
    ("mfa", "MFA devices"),
    ("instance-profiles", "Instance profiles"),
];

/// One of a kind: what its address ends with, its name, and what else is said of it.
struct Row {
    address: String,
    name: String,
    note: String,
}

impl Row {
    fn new(folder: &str, name: &str, note: impl Into<String>) -> Self {
        Self { address: format!("{folder}/{}", escaped(name)), name: name.to_owned(), note: note.into() }
    }
}

/// One tab.
struct Seen {
    counts: IamAccount,
    rows: Vec<Row>,
    next: Option<String>,
}

/// Title and content; `None` where there is no such account.
///
/// # Errors
/// The store failed.
pub async fn page(console: &Console, visit: &Visit, account: AccountId) -> Result<Option<Titled>, Wrong> {
    let asked = visit.query.filled("tab").unwrap_or("users");
    let (tab, _) = TABS.into_iter().find(|(tab, _)| *tab == asked).unwrap_or(TABS[0]);
    let after = visit.query.filled("after").map(str::to_owned);
    let seen = console.look(move |world| {
        if world.get::<Account>(account)?.is_none() {
            return Ok(None);
        }
        let counts = world.get::<IamAccount>(account)?.map(|counts| (*counts).clone()).unwrap_or_default();
        let (rows, next) = rows(tab, account, after.as_deref(), world)?;
        Ok(Some(Seen { counts, rows, next }))
    });
    let Some(seen) = seen.await? else { return Ok(None) };
    let main = html! {
        (heading(visit, account, &html! { "Identities" }))
        (shown(visit, account, tab, &seen))
    };
    Ok(Some((format!("Identities of {account}"), main)))
}

fn rows(
    tab: &str,
    account: AccountId,
    after: Option<&str>,
    world: &World<'_>,
) -> Result<(Vec<Row>, Option<String>), Fault> {
    let from = (after, PER_PAGE);
    match tab {
        "groups" => list(&GroupId::within(account), from, |it: &Group| Row::new(tab, &it.name, ""), world),
        "roles" => list(&RoleId::within(account), from, |it: &Role| Row::new(tab, &it.name, ""), world),
        "policies" => {
            let row = |it: &ManagedPolicy| Row::new(tab, &it.name, "");
            list(&ManagedPolicyId::within(account), from, row, world)
        }
        "providers" => Ok((providers(account, world)?, None)),
        "mfa" => list(&MfaDeviceId::within(account), from, device, world),
        "instance-profiles" => {
            let role = |it: &InstanceProfile| it.role.as_ref().map(|role| format!("role {role}"));
            let row = |it: &InstanceProfile| Row::new(tab, &it.name, role(it).unwrap_or_default());
            list(&InstanceProfileId::within(account), from, row, world)
        }
        _ => list(&UserId::within(account), from, |it: &User| Row::new(tab, &it.name, ""), world),
    }
}

fn device(device: &MfaDevice) -> Row {
    let note = match device.assignment.as_ref().map(|assignment| &assignment.user) {
        None => "nobody's yet".to_owned(),
        Some(None) => "of the root user".to_owned(),
        Some(Some(user)) => format!("of {user}"),
    };
    Row::new("mfa-devices", &device.place, note)
}

/// Those of OpenID Connect before those of SAML.
fn providers(account: AccountId, world: &World<'_>) -> Result<Vec<Row>, Fault> {
    let oidc = |it: &OpenIdConnectProvider| Row::new("oidc-providers", &it.url, "OpenID Connect");
    let saml = |it: &SamlProvider| Row::new("saml-providers", &it.name, "SAML");
    let from = (None, PROVIDERS);
    let (mut rows, _) = list(&OpenIdConnectProviderId::within(account), from, oidc, world)?;
    rows.extend(list(&SamlProviderId::within(account), from, saml, world)?.0);
    Ok(rows)
}

/// So many of a kind after a place, and where the next begin.
fn list<D: Document>(
    prefix: &Prefix<D>,
    (after, most): (Option<&str>, usize),
    row: impl Fn(&D) -> Row,
    world: &World<'_>,
) -> Result<(Vec<Row>, Option<String>), Fault> {
    let mut keys = world.keys(prefix, after, most + 1)?;
    let is_cut = keys.len() > most;
    keys.truncate(most);
    let next = keys.last().filter(|_| is_cut).map(|key| key.place(prefix).to_owned());
    let mut rows = Vec::with_capacity(keys.len());
    for key in &keys {
        rows.extend(world.get::<D>(key.id()?)?.map(|document| row(&document)));
    }
    Ok((rows, next))
}

fn shown(visit: &Visit, account: AccountId, tab: &str, seen: &Seen) -> Markup {
    let page = format!("/accounts/{account}/iam");
    html! {
        p { @for ((name, label), count) in TABS.into_iter().zip(count_of_each(&seen.counts)) {
            a href=(address(&page, &[("tab", name)])) aria-current=[(name == tab).then_some("true")] { (label) " " (count) } " "
        } }
        @if seen.rows.is_empty() { p { "None yet." } }
        ul class="plain" { @for row in &seen.rows {
            li { a href={ (page) "/" (row.address) } { bdi { (row.name) } } " " span class="quiet" { bdi { (row.note) } } }
        } }
        (marks::next_page(seen.next.as_deref().map(|after| address(&page, &[("tab", tab), ("after", after)]))))
        @match tab {
            "groups" => { (new_group(visit)) }
            "roles" => { (new_role(visit, account)) }
            "policies" => { (new_policy(visit)) }
            "providers" => { (new_provider(visit)) }
            "mfa" => { (new_device(visit)) }
            "instance-profiles" => { (new_instance_profile(visit)) }
            _ => { (new_user(visit)) }
        }
        (of_the_account(visit, &seen.counts))
    }
}

/// In the order of the tabs.
fn count_of_each(counts: &IamAccount) -> [u32; TABS.len()] {
    let providers = counts.oidc_providers + counts.saml_providers;
    let IamAccount { users, groups, roles, policies, mfa_devices, instance_profiles, .. } = *counts;
    [users, groups, roles, policies, providers, mfa_devices, instance_profiles]
}

/// What there is once: the alias, and the root user's keys.
fn of_the_account(visit: &Visit, counts: &IamAccount) -> Markup {
    let create = Form::new(visit, "iam:CreateAccountAlias", "alias");
    let delete = Form::new(visit, "iam:DeleteAccountAlias", "no-alias");
    html! {
        @if let Some(alias) = &counts.alias {
            p { "Account alias: " (marks::id(alias)) " " (delete.only_button(&[("AccountAlias", alias)], "Delete the alias")) }
        }
        (create.folded("Set an account alias", create.text("AccountAlias", "Alias", ""), "Create alias"))
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

fn new_provider(visit: &Visit) -> Markup {
    let oidc = Form::new(visit, "iam:CreateOpenIDConnectProvider", "create-oidc");
    let saml = Form::new(visit, "iam:CreateSAMLProvider", "create-saml");
    html! {
        (oidc.folded("New OpenID Connect provider", html! {
            (oidc.text("Url", "URL of the issuer", "https://"))
            (oidc.optional("ClientIDList.member.1", "Audience", "sts.amazonaws.com"))
            (oidc.optional("ThumbprintList.member.1", "Thumbprint of its certificate", ""))
        }, "Create provider"))
        (saml.folded("New SAML provider", html! {
            (saml.text("Name", "Name", ""))
            (saml.area("SAMLMetadataDocument", "Metadata document", "", None))
        }, "Create provider"))
    }
}

fn new_device(visit: &Visit) -> Markup {
    let form = Form::new(visit, "iam:CreateVirtualMFADevice", "create-device");
    form.folded(
        "New MFA device",
        html! {
            (form.text("VirtualMFADeviceName", "Name", ""))
            (form.optional("Path", "Path", ""))
            p class="quiet" { "Its secret is shown once, in the answer: an authenticator app makes codes of it." }
        },
        "Create device",
    )
}

fn new_instance_profile(visit: &Visit) -> Markup {
    let form = Form::new(visit, "iam:CreateInstanceProfile", "create-instance-profile");
    form.folded(
        "New instance profile",
        html! { (form.text("InstanceProfileName", "Name", "")) (form.optional("Path", "Path", "")) },
        "Create instance profile",
    )
}
