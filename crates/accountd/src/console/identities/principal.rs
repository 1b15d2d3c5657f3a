//! One user, group or role: its policies, boundary and tags, and what only it has: groups, keys, a password, a trust
//! policy.

mod keys;
mod sign_in;

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use maud::{Markup, html};
use services::front::acting::Actor;
use services::state::identity::{
    AccessKeyId, Credential, Group, GroupId, GroupMember, GroupMemberId, LoginProfile, Role, RoleId, User,
    UserId,
};
use services::world::key::CaseInsensitive;
use services::world::{Fault, World};

use super::documents::FIRST_POLICY;
use super::{Titled, heading};
use crate::console::Console;
use crate::console::acting::button;
use crate::console::fields::escaped;
use crate::console::form::Form;
use crate::console::marks;
use crate::console::shell::Wrong;
use crate::console::tags::Tagged;
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
    /// A group has no tags.
    tag: Option<(&'static str, &'static str)>,
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
    tag: Some(("iam:TagUser", "iam:UntagUser")),
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
    tag: None,
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
    tag: Some(("iam:TagRole", "iam:UntagRole")),
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
    login_profile: Option<LoginProfile>,
    mfa_devices: Vec<String>,
    role: Option<OfRole>,
}

/// What only a role has.
struct OfRole {
    trust: Policy,
    description: String,
    max_session_seconds: u32,
    instance_profiles: Vec<String>,
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
    name: String,
) -> Result<Option<Titled>, Wrong> {
    let seen = console
        .look(move |world| match words.kind {
            Kind::User => user(account, &name, world),
            Kind::Group => group(account, &name, world),
            Kind::Role => role(account, &name, world),
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
        login_profile,
        mfa_devices,
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
        login_profile,
        mfa_devices,
        role: None,
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
        login_profile: None,
        mfa_devices: Vec::new(),
        role: None,
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
        description,
        max_session_duration_seconds,
        instance_profiles,
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
        login_profile: None,
        mfa_devices: Vec::new(),
        role: Some(OfRole {
            trust: trust_policy,
            description,
            max_session_seconds: max_session_duration_seconds,
            instance_profiles: instance_profiles.into_iter().collect(),
        }),
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
        }
        @if let Some(actor) = actor {
            p { (button(visit, &actor, &visit.address, "Act as it"))
                " " a href={ "/calls?by=" (escaped(&seen.name)) "&account=" (account) } { "Its calls" } }
        }
        @if let Some(role) = &seen.role { (of_role(visit, account, seen, role)) }
        (policies(visit, words, seen))
        @if words.kind != Kind::Group { (boundary(visit, words, seen)) }
        @match words.kind {
            Kind::User => {
                (ties(visit, account, words, seen))
                (keys::shown(visit, account, &seen.name, &seen.keys))
                (sign_in::shown(visit, account, &seen.name, seen.login_profile.as_ref(), &seen.mfa_devices))
            }
            Kind::Group => { (ties(visit, account, words, seen)) }
            Kind::Role => {}
        }
        @if let Some(operations) = words.tag {
            (Tagged { operations, member: words.member, id: &seen.name }.shown(visit, &seen.tags))
        }
        (delete.confirmed(&[(words.member, &seen.name)], &format!("delete this {}", words.word),
            "It is deleted for good, and only while nothing is attached to it.",
            &format!("/accounts/{account}/iam?tab={}s", words.word)))
    }
}

/// What only a role has: a description, the longest session, a trust policy, the instance profiles it is in.
fn of_role(visit: &Visit, account: AccountId, seen: &Seen, role: &OfRole) -> Markup {
    let update = Form::new(visit, "iam:UpdateRole", "update-role");
    let form = Form::new(visit, "iam:UpdateAssumeRolePolicy", "trust");
    let document = marks::pretty(role.trust.source());
    html! {
        dl {
            @if !role.description.is_empty() { dt { "Description" } dd { bdi { (role.description) } } }
            dt { "Longest session" } dd { (role.max_session_seconds) " seconds" }
            @if !role.instance_profiles.is_empty() {
                dt { "Instance profiles" }
                dd { @for name in &role.instance_profiles {
                    a href={ "/accounts/" (account) "/iam/instance-profiles/" (escaped(name)) } { bdi { (name) } } " "
                } }
            }
        }
        (update.folded("Edit description and session", html! {
            (update.fixed("RoleName", &seen.name))
            (update.text("Description", "Description", &role.description))
            (update.text("MaxSessionDuration", "Longest session in seconds", &role.max_session_seconds.to_string()))
        }, "Update role"))
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

/// The groups of a user, or the members of a group.
fn ties(visit: &Visit, account: AccountId, words: &Words, seen: &Seen) -> Markup {
    let of_user = words.kind == Kind::User;
    let (title, none, folder, other) = match of_user {
        true => ("Groups", "In none.", "groups", "GroupName"),
        false => ("Members", "Nobody yet.", "users", "UserName"),
    };
    let (summary, label, button) = match of_user {
        true => ("Put into a group", "Group", "Add to group"),
        false => ("Put a user into it", "User", "Add user"),
    };
    let add = Form::new(visit, "iam:AddUserToGroup", "tie");
    html! {
        h2 { (title) }
        @if seen.related.is_empty() { p { (none) } }
        ul class="plain" { @for name in &seen.related {
            @let remove = Form::new(visit, "iam:RemoveUserFromGroup", format!("untie-{name}"));
            @let members = [(words.member, seen.name.as_str()), (other, name)];
            @let action = if of_user { format!("Take out of {name}") } else { format!("Take {name} out") };
            li { a href={ "/accounts/" (account) "/iam/" (folder) "/" (escaped(name)) } { bdi { (name) } } " "
                (remove.only_button(&members, &action)) }
        } }
        (add.folded(summary, html! {
            (add.fixed(words.member, &seen.name))
            (add.text(other, label, ""))
        }, button))
    }
}
