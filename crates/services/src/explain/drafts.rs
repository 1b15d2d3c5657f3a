//! Drafts: policies that are to be asked as if their documents were others. They are put into the world of one answer,
//! which is never committed, so that everything is gathered and asked as always.

use aws::arn::{AccountId, Arn};
use aws::policy::{Policy, PolicyKind};
use aws::principal::Caller;
use serde_json::Value;

use super::question::{Draft, Question};
use super::{Stop, attachments, not_found, wrong};
use crate::authority::ancestry::Ancestry;
use crate::authority::managed::AWS_MANAGED_PREFIX;
use crate::authority::trust::role_with_arn;
use crate::model::organizations::PolicyType;
use crate::state::identity::{Group, GroupId, ManagedPolicy, ManagedPolicyId, Role, RoleId, User, UserId};
use crate::state::organization::{
    OrganizationId, OrganizationPolicy, OrganizationResourcePolicy, PolicyDocument, PolicyId,
};
use crate::world::World;

/// The most drafts of a question, and the longest document of one in bytes: more than the longest that AWS takes, with
/// room for white space.
const MOST_DRAFTS: usize = 20;
const LONGEST_DOCUMENT_BYTES: usize = 60_000;

/// Puts the drafts in place and gives the names under which explanations tell them.
pub(super) fn apply(
    question: &Question,
    caller: &mut Caller,
    world: &mut World<'_>,
) -> Result<Vec<String>, Stop> {
    let Question { drafts, attachments, .. } = question;
    if drafts.len() + attachments.len() > MOST_DRAFTS {
        return Err(wrong(format!("There may be at most {MOST_DRAFTS} drafts.")));
    }
    let mut named = Vec::new();
    for draft in drafts {
        named.push(put(draft, caller, world)?);
    }
    for draft in attachments {
        attachments::put(draft, world)?;
        if !named.contains(&draft.policy) {
            named.push(draft.policy.clone());
        }
    }
    Ok(named)
}

fn put(draft: &Draft, caller: &mut Caller, world: &mut World<'_>) -> Result<String, Stop> {
    let name = draft.policy.as_str();
    if let Some(inline) = name.strip_prefix("inline:") {
        return put_inline(draft, inline, caller.account(), world);
    }
    if let Some(role) = name.strip_prefix("trust:") {
        let mut role = Role::clone(&*role_with_arn(role, world)?.ok_or_else(|| absent(draft))?);
        role.trust_policy = read(draft, PolicyKind::RoleTrust)?;
        world.save(role);
        return Ok(name.to_owned());
    }
    if name == "session" {
        let session = caller.session.as_mut().ok_or_else(|| wrong("Only a session has session policies."))?;
        session.terms.policy = Some(read(draft, PolicyKind::Session)?);
        return Ok(name.to_owned());
    }
    if name == "delegation" {
        return put_delegation(draft, caller.account(), world);
    }
    match Arn::parse(name) {
        None => put_of_organization(draft, name, world),
        Some(arn) if arn.service == "organizations" => {
            put_of_organization(draft, name.rsplit('/').next().unwrap_or_default(), world)
        }
        Some(arn) => put_managed(draft, arn, world),
    }
}

/// `user/ann/name`, of the caller's account. A policy that is not there yet is added.
fn put_inline(
    draft: &Draft,
    inline: &str,
    account: AccountId,
    world: &mut World<'_>,
) -> Result<String, Stop> {
    let mut parts = inline.splitn(3, '/');
    let (Some(kind), Some(holder), Some(policy)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong(format!("`{}` is not of the form inline:user/NAME/POLICY.", draft.policy)));
    };
    let document = read(draft, PolicyKind::Inline)?;
    let holder_name = match kind {
        "user" => {
            let user = world.get::<User>(UserId::new(account, holder))?.ok_or_else(|| absent(draft))?;
            let mut user = User::clone(&user);
            user.inline_policies.insert(policy.to_owned(), document);
            let name = user.name.clone();
            world.save(user);
            name
        }
        "group" => {
            let group = world.get::<Group>(GroupId::new(account, holder))?.ok_or_else(|| absent(draft))?;
            let mut group = Group::clone(&group);
            group.inline_policies.insert(policy.to_owned(), document);
            let name = group.name.clone();
            world.save(group);
            name
        }
        "role" => {
            let role = world.get::<Role>(RoleId::new(account, holder))?.ok_or_else(|| absent(draft))?;
            let mut role = Role::clone(&role);
            role.inline_policies.insert(policy.to_owned(), document);
            let name = role.name.clone();
            world.save(role);
            name
        }
        _ => return Err(wrong(format!("`{}`: users, groups and roles have inline policies.", draft.policy))),
    };
    Ok(format!("inline:{kind}/{holder_name}/{policy}"))
}

fn put_managed(draft: &Draft, arn: Arn<'_>, world: &mut World<'_>) -> Result<String, Stop> {
    if draft.policy.starts_with(AWS_MANAGED_PREFIX) {
        return Err(of_aws(draft));
    }
    let account = arn.account.parse().map_err(|_| absent(draft))?;
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    let stored = world.get::<ManagedPolicy>(ManagedPolicyId::new(account, name))?;
    let stored = stored.filter(|stored| arn.resource == format!("policy{}{}", stored.path, stored.name));
    let mut policy = ManagedPolicy::clone(&*stored.ok_or_else(|| absent(draft))?);
    policy.document = read(draft, PolicyKind::Managed)?;
    world.save(policy);
    Ok(draft.policy.clone())
}

fn put_of_organization(draft: &Draft, id: &str, world: &mut World<'_>) -> Result<String, Stop> {
    if matches!(id, "p-FullAWSAccess" | "p-RCPFullAWSAccess") {
        return Err(of_aws(draft));
    }
    let stored = world.get::<OrganizationPolicy>(PolicyId(id))?.ok_or_else(|| absent(draft))?;
    let kind = match stored.kind {
        PolicyType::ServiceControlPolicy => PolicyKind::ServiceControl,
        PolicyType::ResourceControlPolicy => PolicyKind::ResourceControl,
        _ => return Err(wrong(format!("{id} is no policy that takes part in deciding calls."))),
    };
    let document = PolicyDocument::Authorization(read(draft, kind)?);
    world.save(OrganizationPolicy { document, ..OrganizationPolicy::clone(&stored) });
    Ok(id.to_owned())
}

fn put_delegation(draft: &Draft, account: AccountId, world: &mut World<'_>) -> Result<String, Stop> {
    let ancestry = Ancestry::of(account, world)?.ok_or_else(|| absent(draft))?;
    let id = ancestry.organization.id.clone();
    let stored =
        world.get::<OrganizationResourcePolicy>(OrganizationId(&id))?.ok_or_else(|| absent(draft))?;
    let document = read(draft, PolicyKind::Resource)?;
    world.put(OrganizationId(&id), OrganizationResourcePolicy { document, ..(*stored).clone() });
    Ok(draft.policy.clone())
}

fn absent(draft: &Draft) -> Stop {
    not_found(format!("There is no policy `{}` to draft.", draft.policy))
}

fn of_aws(draft: &Draft) -> Stop {
    wrong(format!("{} is AWS's own and cannot be changed.", draft.policy))
}

/// The document, held to what a policy of its kind must be.
fn read(draft: &Draft, kind: PolicyKind) -> Result<Policy, Stop> {
    let text = match &draft.document {
        Value::String(text) => text.clone(),
        members => serde_json::to_string_pretty(members).unwrap_or_default(),
    };
    if text.len() > LONGEST_DOCUMENT_BYTES {
        return Err(wrong(format!(
            "The draft of {} has more than {LONGEST_DOCUMENT_BYTES} bytes.",
            draft.policy
        )));
    }
    Policy::parse_as(&text, kind).map_err(|refused| {
        let line = refused.line_and_column().map(|(line, column)| format!(", line {line}, column {column}"));
        let place = refused.place().map(|place| format!(", {place}"));
        let place = line.or(place).unwrap_or_default();
        wrong(format!("The draft of {}{place}: {}", draft.policy, refused.message()))
    })
}
