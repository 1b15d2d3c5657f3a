//! The policies of an organization: the list by type, and one with its document and where it is attached.

use std::collections::BTreeMap;
use std::sync::Arc;

use maud::{Markup, html};
use services::model::organizations::PolicyType;
use services::organizations::policies::policy::AwsManaged;
use services::state::organization::{
    Attachment, AttachmentId, Organization, OrganizationPolicy, PolicyId, PolicyName, PolicyNameId,
};
use services::world::key::Prefix;

use super::{nothing_yet, organization_of};
use crate::console::Console;
use crate::console::fields::address;
use crate::console::form::Form;
use crate::console::marks;
use crate::console::shell::{Page, Place, Wrong};
use crate::console::tags::Tagged;
use crate::console::visit::Visit;

/// Policies, or targets of one, on one page.
const PER_PAGE: usize = 50;

/// What a new document begins as.
const FIRST_DOCUMENT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "NoNewRegions",
      "Effect": "Deny",
      "Action": ["account:EnableRegion"],
      "Resource": "*"
    }
  ]
}"#;

/// The policies of one type.
///
/// # Errors
/// The store failed.
pub async fn policies_page(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    let Some(organization) = organization_of(console, visit).await? else {
        return Ok(Page::new(Place::Organization, "Policies", nothing_yet(visit)));
    };
    let asked = visit.query.filled("type").and_then(|kind| kind.parse::<PolicyType>().ok());
    let kind = asked.unwrap_or(PolicyType::ServiceControlPolicy);
    let (id, after) = (organization.id.clone(), visit.query.filled("after").map(str::to_owned));
    let (policies, next) = console
        .look(move |world| {
            let prefix: Prefix<PolicyName> = PolicyNameId::within(&id, kind);
            let mut keys = world.keys(&prefix, after.as_deref(), PER_PAGE + 1)?;
            let is_cut = keys.len() > PER_PAGE;
            keys.truncate(PER_PAGE);
            let next = keys.last().filter(|_| is_cut).map(|key| key.place(&prefix).to_owned());
            let mut policies = Vec::new();
            for key in keys {
                if let Some(named) = world.get::<PolicyName>(key.id()?)? {
                    policies.extend(world.get::<OrganizationPolicy>(PolicyId(&named.policy_id))?);
                }
            }
            Ok((policies, next))
        })
        .await?;
    let main = listed(visit, &organization, kind, &policies, next.as_deref());
    Ok(Page::new(Place::Organization, "Policies", main))
}

fn listed(
    visit: &Visit,
    organization: &Organization,
    kind: PolicyType,
    policies: &[Arc<OrganizationPolicy>],
    next: Option<&str>,
) -> Markup {
    let form = Form::new(visit, "organizations:CreatePolicy", "create-policy");
    let kinds = PolicyType::ALL.iter().map(|kind| (kind.as_str(), kind.as_str()));
    html! {
        h1 { "Policies" }
        form method="get" action="/policies" class="row" {
            label { "Type "
                select name="type" {
                    @for other in PolicyType::ALL {
                        option value=(other.as_str()) selected[*other == kind] { (other.as_str()) }
                    }
                }
            }
            button type="submit" { "Show" }
        }
        @if !organization.enabled_policy_types.contains(&kind) {
            p { (kind.as_str()) " is not enabled, so that policies of it bind nobody; it is switched on at the "
                a href={ "/units/" (organization.root_id) } { "root" } "." }
        }
        @if policies.is_empty() {
            p { "The organization has no policy of its own of this type." }
        } @else {
            table {
                thead { tr { th scope="col" { "Policy" } th scope="col" { "Id" } th scope="col" { "Description" } } }
                tbody { @for policy in policies { tr {
                    td { (marks::policy_link(&policy.id, &policy.name)) }
                    td { (marks::id(&policy.id)) }
                    td { bdi { (policy.description) } }
                } } }
            }
        }
        (marks::next_page(next.map(|after| address("/policies", &[("type", kind.as_str()), ("after", after)]))))
        (form.folded("New policy", html! {
            (form.text("Name", "Name", ""))
            (form.text("Description", "Description", ""))
            (form.choice("Type", "Type", kind.as_str(), kinds))
            (form.area("Content", "Document", FIRST_DOCUMENT, Some("organizations")))
        }, "Create policy"))
    }
}

/// One policy.
struct Seen {
    name: String,
    kind: PolicyType,
    description: String,
    document: String,
    is_managed_by_aws: bool,
    tags: BTreeMap<String, String>,
    targets: Vec<String>,
}

/// The page of one policy.
///
/// # Errors
/// There is none of this id, or the store failed.
pub async fn policy_page(console: &Console, visit: &Visit, id: &str) -> Result<Page, Wrong> {
    let wanted = id.to_owned();
    let seen = console
        .look(move |world| {
            let Some(policy) = world.get::<OrganizationPolicy>(PolicyId(&wanted))? else { return Ok(None) };
            let prefix: Prefix<Attachment> = AttachmentId::within(&policy.organization_id, &policy.id);
            let mut targets = Vec::new();
            for key in world.keys(&prefix, None, PER_PAGE)? {
                targets.push(key.id()?.target.to_owned());
            }
            Ok(Some(Seen {
                name: policy.name.clone(),
                kind: policy.kind,
                description: policy.description.clone(),
                document: policy.document.source().to_owned(),
                is_managed_by_aws: false,
                tags: policy.tags.clone(),
                targets,
            }))
        })
        .await?;
    let managed = AwsManaged::find(id).map(|managed| Seen {
        name: managed.name.to_owned(),
        kind: managed.kind,
        description: String::new(),
        document: managed.content().to_owned(),
        is_managed_by_aws: true,
        tags: BTreeMap::new(),
        targets: Vec::new(),
    });
    let Some(seen) = seen.or(managed) else {
        return Err(Wrong::NotFound(format!("There is no policy {id}.")));
    };
    Ok(Page::new(Place::Organization, seen.name.clone(), shown(visit, id, &seen)))
}

fn shown(visit: &Visit, id: &str, seen: &Seen) -> Markup {
    let update = Form::new(visit, "organizations:UpdatePolicy", "update-policy");
    let delete = Form::new(visit, "organizations:DeletePolicy", "delete-policy");
    html! {
        h1 { "Policy " bdi { (seen.name) } }
        dl {
            dt { "Id" } dd { (marks::id(id)) }
            dt { "Type" } dd { (seen.kind.as_str()) }
            dt { "Description" } dd { bdi { (seen.description) } }
            dt { "Attached to" } dd {
                @if seen.is_managed_by_aws { "whatever nobody detached it from" }
                @else if seen.targets.is_empty() { "nothing" }
                @for target in &seen.targets { (marks::target_link(target)) " " }
            }
        }
        (marks::numbered(&marks::pretty(&seen.document)))
        @if !seen.is_managed_by_aws {
            (update.folded("Edit", html! {
                (update.fixed("PolicyId", id))
                (update.text("Name", "Name", &seen.name))
                (update.text("Description", "Description", &seen.description))
                (update.area("Content", "Document", &marks::pretty(&seen.document), Some(checked_as(seen.kind))))
            }, "Update policy"))
            (Tagged::of_organization(id).shown(visit, &seen.tags))
            (delete.confirmed(&[("PolicyId", id)], "delete this policy",
                "A policy is deleted for good, and only while it is attached to nothing.", "/policies"))
        }
    }
}

fn checked_as(kind: PolicyType) -> &'static str {
    match kind {
        PolicyType::ServiceControlPolicy => "organizations",
        PolicyType::ResourceControlPolicy => "resource-control",
        _ => "json",
    }
}
