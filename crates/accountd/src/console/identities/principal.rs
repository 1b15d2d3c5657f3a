//! One user, group or role: its policies and boundary, and what only it has: groups, keys, a trust policy.

mod keys;

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use maud::{Markup, html};
use services::front::acting::Actor;
use services::state::identity::{
    AccessKeyId, Credential, Group, GroupId, GroupMember, GroupMemberId, Role, RoleId, User, UserId,
};
use services::world::key::CaseInsensitive;
use services::world::{Fault, World};

use super::documents::FIRST_POLICY;
use super::heading;
use crate::console::Console;
use crate::console::acting::button;
use crate::console::fields::escaped;
use crate::console::form::Form;
use crate::console::marks;
use crate::console::shell::Wrong;
use crate::console::visit::Visit;

/// Members of a group that are listed.
const MEMBERS: usize = 200;

/// What IAM calls the operations on one kind of identity.
pub struct Words {
    kind: Kind,
    /// `user`
    word: &'static str,
    /// The member that names it.
    member: &'static str,
    attach: &'static str,
    detach: &'static str,
    put: &'static str,
    delete_inline: &'static str,
    delete: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Group,
    Role,
}

/// A user.
pub const USER: Words = Words {
    kind: Kind::User,
    word: "user",
    member: "UserName",
    attach: "iam:AttachUserPolicy",
    detach: "iam:DetachUserPolicy",
    put: "iam:PutUserPolicy",
    delete_inline: "iam:DeleteUserPolicy",
    delete: "iam:DeleteUser",
};

/// A group.
pub const GROUP: Words = Words {
    kind: Kind::Group,
    word: "group",
    member: "GroupName",
    attach: "iam:AttachGroupPolicy",
    detach: "iam:DetachGroupPolicy",
    put: "iam:PutGroupPolicy",
    delete_inline: "iam:DeleteGroupPolicy",
    delete: "iam:DeleteGroup",
};

/// A role.
pub const ROLE: Words = Words {
    kind: Kind::Role,
    word: "role",
    member: "RoleName",
    attach: "iam:AttachRolePolicy",
    detach: "iam:DetachRolePolicy",
    put: "iam:PutRolePolicy",
    delete_inline: "iam:DeleteRolePolicy",
    delete: "iam:DeleteRole",
};

/// What the three kinds have in common, and what only one has.
struct Seen {
    name: String,
    id: String,
    path: String,
    created_at: Timestamp,
    inline: BTreeMap<String, Policy>,
    attached: BTreeSet<String>,
    boundary: Option<String>,
    tags: BTreeMap<String, String>,
    /// Of a user, or of a group its members.
    related: Vec<String>,
    keys: Vec<Credential>,
    trust: Option<Policy>,
}

/// Title and content; `None` where there is nobody of this name.
///
/// # Errors
/// The store failed.
pub async fn page(
    console: &Console,
    visit: &Visit,
    account: AccountId,
    words: &'static Words,
    name: &str,
) -> Result<Option<(String, Markup)>, Wrong> {
    let wanted = name.to_owned();
    let seen = console
        .look(move |world| match words.kind {
            Kind::User => user(account, &wanted, world),
            Kind::Group => group(account, &wanted, world),
            Kind::Role => role(account, &wanted, world),
        })
        .await?;
    Ok(seen.map(|seen| (seen.name.clone(), shown(visit, account, words, &seen))))
}

fn user(account: AccountId, name: &str, world: &World<'_>) -> Result<Option<Seen>, Fault> {
    let Some(user) = world.get::<User>(UserId::new(account, name))? else { return Ok(None) };
    let mut keys = Vec::new();
    for id in &user.access_keys {
        keys.extend(world.get::<Credential>(AccessKeyId(id))?.map(|key| (*key).clone()));
    }
    let User {
        name,
        id,
        path,
        created_at,
        inline_policies,
        attached_policies,
        permissions_boundary,
        tags,
        groups,
        ..
    } = (*user).clone();
    Ok(Some(Seen {
        name,
        id,
        path,
        created_at,
        inline: inline_policies,
        attached: attached_policies,
        boundary: permissions_boundary,
        tags,
        related: groups.into_iter().collect(),
        keys,
        trust: None,
    }))
}

fn group(account: AccountId, name: &str, world: &World<'_>) -> Result<Option<Seen>, Fault> {
    let Some(group) = world.get::<Group>(GroupId::new(account, name))? else { return Ok(None) };
    let prefix = GroupMemberId::within(account, CaseInsensitive(name));
    let mut members = Vec::new();
    for key in world.keys::<GroupMember>(&prefix, None, MEMBERS)? {
        members.push(key.id()?.user.0.to_owned());
    }
    let Group { name, id, path, created_at, inline_policies, attached_policies, .. } = (*group).clone();
    Ok(Some(Seen {
        name,
        id,
        path,
        created_at,
        inline: inline_policies,
        attached: attached_policies,
        boundary: None,
        tags: BTreeMap::new(),
        related: members,
        keys: Vec::new(),
        trust: None,
    }))
}

fn role(account: AccountId, name: &str, world: &World<'_>) -> Result<Option<Seen>, Fault> {
    let Some(role) = world.get::<Role>(RoleId::new(account, name))? else { return Ok(None) };
    let Role {
        name,
        id,
        path,
        created_at,
        inline_policies,
        attached_policies,
        permissions_boundary,
        tags,
        trust_policy,
        ..
    } = (*role).clone();
    Ok(Some(Seen {
        name,
        id,
        path,
        created_at,
        inline: inline_policies,
        attached: attached_policies,
        boundary: permissions_boundary,
        tags,
        related: Vec::new(),
        keys: Vec::new(),
        trust: Some(trust_policy),
    }))
}

fn shown(visit: &Visit, account: AccountId, words: &'static Words, seen: &Seen) -> Markup {
    let arn = format!("arn:aws:iam::{account}:{}{}{}", words.word, seen.path, seen.name);
    let actor = match words.kind {
        Kind::User => Some(Actor::User(account, seen.name.clone())),
        Kind::Role => Some(Actor::Role(account, seen.name.clone())),
        Kind::Group => None,
    };
    let delete = Form::new(visit, words.delete, "delete");
    html! {
        (heading(visit, account, &html! { (words.word) " " bdi { (seen.name) } }))
        dl {
            dt { "ARN" } dd { (marks::id(&arn)) }
            dt { "Id" } dd { (marks::id(&seen.id)) }
            dt { "Created" } dd { (marks::time(seen.created_at)) }
            @if !seen.tags.is_empty() { dt { "Tags" } dd { @for (key, value) in &seen.tags { bdi { (key) } "=" bdi { (value) } " " } } }
        }
        @if let Some(actor) = actor {
            p { (button(visit, &actor, &visit.address, "Act as it"))
                " " a href={ "/calls?by=" (escaped(&seen.name)) "&account=" (account) } { "Its calls" } }
        }
        @if let Some(trust) = &seen.trust { (trust_of(visit, seen, trust)) }
        (policies(visit, words, seen))
        @if words.kind != Kind::Group { (boundary(visit, words, seen)) }
        @match words.kind {
            Kind::User => { (groups(visit, account, seen)) (keys::shown(visit, account, &seen.name, &seen.keys)) }
            Kind::Group => { (members(visit, account, seen)) }
            Kind::Role => {}
        }
        (delete.confirmed(&[(words.member, &seen.name)], &format!("delete this {}", words.word),
            "It is deleted for good, and only while nothing is attached to it.",
            &format!("/accounts/{account}/iam?tab={}s", words.word)))
    }
}

fn trust_of(visit: &Visit, seen: &Seen, trust: &Policy) -> Markup {
    let form = Form::new(visit, "iam:UpdateAssumeRolePolicy", "trust");
    let document = marks::pretty(trust.source());
    html! {
        h2 { "Trust policy" }
        (marks::numbered(&document))
        (form.folded("Edit the trust policy", html! {
            (form.fixed("RoleName", &seen.name))
            (form.area("PolicyDocument", "Trust policy", &document, Some("trust")))
        }, "Update trust policy"))
    }
}

/// Attached and inline policies.
fn policies(visit: &Visit, words: &'static Words, seen: &Seen) -> Markup {
    let attach = Form::new(visit, words.attach, "attach");
    let put = Form::new(visit, words.put, "put-inline");
    html! {
        h2 { "Policies" }
        @if seen.attached.is_empty() && seen.inline.is_empty() { p { "None yet." } }
        ul class="plain" { @for arn in &seen.attached {
            @let detach = Form::new(visit, words.detach, format!("detach-{arn}"));
            li { (marks::id(arn)) " "
                (detach.only_button(&[(words.member, &seen.name), ("PolicyArn", arn)], "Detach")) }
        } }
        @for (name, policy) in &seen.inline { (inline(visit, words, seen, name, policy)) }
        (attach.folded("Attach a policy", html! {
            (attach.fixed(words.member, &seen.name))
            (attach.text("PolicyArn", "ARN of the policy", "arn:aws:iam::aws:policy/AdministratorAccess"))
        }, "Attach policy"))
        (put.folded("New inline policy", html! {
            (put.fixed(words.member, &seen.name))
            (put.text("PolicyName", "Name", ""))
            (put.area("PolicyDocument", "Document", FIRST_POLICY, Some("inline")))
        }, "Put policy"))
    }
}

fn inline(visit: &Visit, words: &'static Words, seen: &Seen, name: &str, policy: &Policy) -> Markup {
    let document = marks::pretty(policy.source());
    let put = Form::new(visit, words.put, format!("put-{name}"));
    let delete = Form::new(visit, words.delete_inline, format!("delete-{name}"));
    html! {
        h3 { "Inline policy " bdi { (name) } }
        (marks::numbered(&document))
        (put.folded(&format!("Edit {name}"), html! {
            (put.fixed(words.member, &seen.name))
            (put.fixed("PolicyName", name))
            (put.area("PolicyDocument", "Document", &document, Some("inline")))
        }, "Put policy"))
        (delete.only_button(&[(words.member, &seen.name), ("PolicyName", name)], &format!("Delete {name}")))
    }
}

fn boundary(visit: &Visit, words: &'static Words, seen: &Seen) -> Markup {
    let (put, delete) = match words.kind {
        Kind::Role => ("iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"),
        Kind::User | Kind::Group => ("iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary"),
    };
    let (put, delete) = (Form::new(visit, put, "boundary"), Form::new(visit, delete, "no-boundary"));
    html! {
        h2 { "Permissions boundary" }
        @match &seen.boundary {
            Some(arn) => { p { (marks::id(arn)) " " (delete.only_button(&[(words.member, &seen.name)], "Take it away")) } }
            None => { p { "None." } }
        }
        (put.folded("Set the boundary", html! {
            (put.fixed(words.member, &seen.name))
            (put.text("PermissionsBoundary", "ARN of the policy", seen.boundary.as_deref().unwrap_or_default()))
        }, "Put boundary"))
    }
}

fn groups(visit: &Visit, account: AccountId, seen: &Seen) -> Markup {
    let add = Form::new(visit, "iam:AddUserToGroup", "join");
    html! {
        h2 { "Groups" }
        @if seen.related.is_empty() { p { "In none." } }
        ul class="plain" { @for group in &seen.related {
            @let leave = Form::new(visit, "iam:RemoveUserFromGroup", format!("leave-{group}"));
            li { a href={ "/accounts/" (account) "/iam/groups/" (escaped(group)) } { bdi { (group) } } " "
                (leave.only_button(&[("GroupName", group), ("UserName", &seen.name)], &format!("Take out of {group}"))) }
        } }
        (add.folded("Put into a group", html! {
            (add.fixed("UserName", &seen.name))
            (add.text("GroupName", "Group", ""))
        }, "Add to group"))
    }
}

fn members(visit: &Visit, account: AccountId, seen: &Seen) -> Markup {
    let add = Form::new(visit, "iam:AddUserToGroup", "member");
    html! {
        h2 { "Members" }
        @if seen.related.is_empty() { p { "Nobody yet." } }
        ul class="plain" { @for user in &seen.related {
            li { a href={ "/accounts/" (account) "/iam/users/" (escaped(user)) } { bdi { (user) } } }
        } }
        (add.folded("Put a user into it", html! {
            (add.fixed("GroupName", &seen.name))
            (add.text("UserName", "User", ""))
        }, "Add user"))
    }
}
