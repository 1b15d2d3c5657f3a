//! One customer-managed policy: its versions and the document in force.

use aws::arn::AccountId;
use maud::{Markup, html};
use services::state::identity::ManagedPolicy;

use super::{Titled, heading};
use crate::console::form::Form;
use crate::console::marks;
use crate::console::tags::Tagged;
use crate::console::visit::Visit;

/// The page of a policy.
pub fn titled(visit: &Visit, policy: &ManagedPolicy) -> Titled {
    (policy.name.clone(), shown(visit, policy.account, policy))
}

fn shown(visit: &Visit, account: AccountId, policy: &ManagedPolicy) -> Markup {
    let arn = format!("arn:aws:iam::{account}:policy{}{}", policy.path, policy.name);
    let version = Form::new(visit, "iam:CreatePolicyVersion", "version");
    let delete = Form::new(visit, "iam:DeletePolicy", "delete");
    let tagged = Tagged { operations: ("iam:TagPolicy", "iam:UntagPolicy"), member: "PolicyArn", id: &arn };
    let document = marks::pretty(policy.document.source());
    html! {
        (heading(visit, account, &html! { "Policy " bdi { (policy.name) } }))
        dl {
            dt { "ARN" } dd { (marks::id(&arn)) }
            dt { "Id" } dd { (marks::id(&policy.id)) }
            @if !policy.description.is_empty() { dt { "Description" } dd { bdi { (policy.description) } } }
            dt { "Created" } dd { (marks::time(policy.created_at)) }
            dt { "Version in force" } dd { "v" (policy.default_version) }
        }
        (marks::numbered(&document))
        (version.folded("New version", html! {
            (version.fixed("PolicyArn", &arn))
            (version.fixed("SetAsDefault", "true"))
            (version.area("PolicyDocument", "Document, in force at once", &document, Some("managed")))
        }, "Create version"))
        @for (number, other) in &policy.other_versions { (earlier(visit, &arn, *number, other.document.source())) }
        (tagged.shown(visit, &policy.tags))
        (delete.confirmed(&[("PolicyArn", &arn)], "delete this policy",
            "A policy is deleted for good, and only while nobody uses it and it has no other versions.",
            &format!("/accounts/{account}/iam?tab=policies")))
    }
}

/// A version that is not in force.
fn earlier(visit: &Visit, arn: &str, number: u32, document: &str) -> Markup {
    let id = format!("v{number}");
    let set = Form::new(visit, "iam:SetDefaultPolicyVersion", format!("set-{id}"));
    let delete = Form::new(visit, "iam:DeletePolicyVersion", format!("delete-{id}"));
    let members = [("PolicyArn", arn), ("VersionId", id.as_str())];
    html! {
        details {
            summary { "Version " (id) }
            (marks::numbered(&marks::pretty(document)))
            (set.only_button(&members, &format!("Put {id} in force"))) " "
            (delete.only_button(&members, &format!("Delete {id}")))
        }
    }
}
