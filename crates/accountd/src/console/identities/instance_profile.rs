//! One instance profile: the role that an EC2 instance with it has.

use maud::{Markup, html};
use services::state::identity::InstanceProfile;

use super::{Titled, heading};
use crate::console::fields::escaped;
use crate::console::form::Form;
use crate::console::marks;
use crate::console::tags::Tagged;
use crate::console::visit::Visit;

/// The page of an instance profile.
pub fn titled(visit: &Visit, profile: &InstanceProfile) -> Titled {
    (profile.name.clone(), shown(visit, profile))
}

fn shown(visit: &Visit, profile: &InstanceProfile) -> Markup {
    let (account, name) = (profile.account, profile.name.as_str());
    let arn = format!("arn:aws:iam::{account}:instance-profile{}{name}", profile.path);
    let add = Form::new(visit, "iam:AddRoleToInstanceProfile", "add-role");
    let remove = Form::new(visit, "iam:RemoveRoleFromInstanceProfile", "remove-role");
    let delete = Form::new(visit, "iam:DeleteInstanceProfile", "delete");
    let tagged = Tagged {
        operations: ("iam:TagInstanceProfile", "iam:UntagInstanceProfile"),
        member: "InstanceProfileName",
        id: name,
    };
    html! {
        (heading(visit, account, &html! { "Instance profile " bdi { (name) } }))
        dl {
            dt { "ARN" } dd { (marks::id(&arn)) }
            dt { "Id" } dd { (marks::id(&profile.id)) }
            dt { "Created" } dd { (marks::time(profile.created_at)) }
        }
        h2 { "Role" }
        @match &profile.role {
            Some(role) => {
                p { a href={ "/accounts/" (account) "/iam/roles/" (escaped(role)) } { bdi { (role) } } " "
                    (remove.only_button(&[("InstanceProfileName", name), ("RoleName", role)], &format!("Take {role} out"))) }
            }
            None => {
                p { "None yet." }
                (add.folded("Put a role in", html! {
                    (add.fixed("InstanceProfileName", name))
                    (add.text("RoleName", "Role", ""))
                }, "Add role"))
            }
        }
        (tagged.shown(visit, &profile.tags))
        (delete.confirmed(&[("InstanceProfileName", name)], "delete this instance profile",
            "It is deleted for good, and only while no role is in it.",
            &format!("/accounts/{account}/iam?tab=instance-profiles")))
    }
}
