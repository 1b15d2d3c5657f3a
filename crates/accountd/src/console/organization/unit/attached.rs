//! The policies that bind a root or unit, its own and those from above, and how they come and go.

use std::sync::Arc;

use maud::{Markup, html};
use services::model::organizations::PolicyType;
use services::organizations::policies::policy::AwsManaged;
use services::state::organization::{
    AttachedPolicies, Organization, OrganizationPolicy, OrganizationalUnit, PolicyId, PolicyName,
    PolicyNameId,
};
use services::world::{Fault, World};

use crate::console::form::Form;
use crate::console::marks;
use crate::console::organization::what_if;
use crate::console::visit::Visit;

/// Policies that can be chosen from to attach.
const CHOICES: usize = 100;

/// A policy, and where it is attached.
pub struct Binding {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: PolicyType,
    /// The id of the root, unit or account.
    pub at: String,
    /// Its name.
    pub at_name: String,
}

/// The policies on the way to something, and what else could be attached.
pub struct Attached {
    /// From the root down.
    pub bindings: Vec<Binding>,
    /// Ids and names.
    pub choices: Vec<(String, String)>,
}

/// A policy's name and type, whosever it is.
///
/// # Errors
/// See [`Fault`].
pub fn name_of(id: &str, world: &World<'_>) -> Result<Option<(String, PolicyType)>, Fault> {
    if let Some(managed) = AwsManaged::find(id) {
        return Ok(Some((managed.name.to_owned(), managed.kind)));
    }
    let policy = world.get::<OrganizationPolicy>(PolicyId(id))?;
    Ok(policy.map(|policy| (policy.name.clone(), policy.kind)))
}

/// Those among `ids`, attached at something with an id and a name.
///
/// # Errors
/// See [`Fault`].
pub fn bindings(
    ids: &AttachedPolicies,
    (at, at_name): (&str, &str),
    world: &World<'_>,
) -> Result<Vec<Binding>, Fault> {
    let mut found = Vec::new();
    for id in ids {
        if let Some((name, kind)) = name_of(id, world)? {
            let (at, at_name) = (at.to_owned(), at_name.to_owned());
            found.push(Binding { id: id.clone(), name, kind, at, at_name });
        }
    }
    Ok(found)
}

/// The policies on a way from the root.
///
/// # Errors
/// See [`Fault`].
pub fn see(
    organization: &Organization,
    way: &[Arc<OrganizationalUnit>],
    world: &World<'_>,
) -> Result<Attached, Fault> {
    let mut attached = Attached { bindings: Vec::new(), choices: choices(organization, world)? };
    for unit in way {
        attached.bindings.extend(bindings(&unit.policies, (&unit.id, &unit.name), world)?);
    }
    Ok(attached)
}

/// The policies of the types that are enabled.
fn choices(organization: &Organization, world: &World<'_>) -> Result<Vec<(String, String)>, Fault> {
    let mut choices = Vec::new();
    for kind in &organization.enabled_policy_types {
        let prefix = PolicyNameId::within(&organization.id, *kind);
        for key in world.keys::<PolicyName>(&prefix, None, CHOICES)? {
            let id = key.id()?;
            if let Some(named) = world.get::<PolicyName>(id)? {
                choices.push((named.policy_id.clone(), format!("{} ({})", id.name, kind.as_str())));
            }
        }
    }
    choices.truncate(CHOICES);
    if organization.enabled_policy_types.contains(&PolicyType::ServiceControlPolicy) {
        choices.push(("p-FullAWSAccess".to_owned(), "FullAWSAccess (SERVICE_CONTROL_POLICY)".to_owned()));
    }
    Ok(choices)
}

/// The list, own ones first to hand, and its forms.
pub fn shown(
    visit: &Visit,
    unit: &OrganizationalUnit,
    organization: &Organization,
    seen: &Attached,
) -> Markup {
    html! {
        h2 { "Policies" }
        (table(visit, &unit.id, &seen.bindings))
        (attach(visit, &unit.id, &seen.choices))
        @if unit.parent_id.is_none() { (types(visit, unit, organization)) }
    }
}

/// Policies attached here and above.
pub fn table(visit: &Visit, target: &str, bindings: &[Binding]) -> Markup {
    html! {
        @if bindings.is_empty() {
            p { "None is attached here or above." }
        } @else {
            table {
                thead { tr {
                    th scope="col" { "Policy" } th scope="col" { "Type" } th scope="col" { "Attached" } th scope="col" { "Change" }
                } }
                tbody { @for binding in bindings { tr {
                    td { (marks::policy_link(&binding.id, &binding.name)) }
                    td { (binding.kind.as_str()) }
                    @if binding.at == target {
                        td { "here" }
                        td { (detach(visit, target, &binding.id)) }
                    } @else {
                        td { "inherited from " a href={ "/units/" (binding.at) } { bdi { (binding.at_name) } } }
                        td {}
                    }
                } } }
            }
        }
    }
}

/// The button that detaches a policy.
pub fn detach(visit: &Visit, target: &str, policy: &str) -> Markup {
    let form = Form::new(visit, "organizations:DetachPolicy", format!("detach-{policy}"));
    html! {
        (form.only_button(&[("PolicyId", policy), ("TargetId", target)], "Detach")) " "
        a class="beside" href=(what_if::address_of(policy, target, false)) aria-label={ "what if " (policy) " were detached" } { "what if?" }
    }
}

/// The form that attaches a policy.
pub fn attach(visit: &Visit, target: &str, choices: &[(String, String)]) -> Markup {
    let form = Form::new(visit, "organizations:AttachPolicy", "attach");
    html! {
        @if choices.is_empty() {
            p class="quiet" { "There is no policy of a type that is enabled; enable a type at the root, then create one." }
        } @else {
            (form.folded("Attach a policy", html! {
                (form.fixed("TargetId", target))
                (form.choice("PolicyId", "Policy", "", choices.iter().map(|(id, name)| (id.as_str(), name.as_str()))))
                p class="buttons" { button type="submit" formaction="/what-if" { "What if?" } }
            }, "Attach policy"))
        }
    }
}

/// The policy types, switched on and off at the root.
fn types(visit: &Visit, root: &OrganizationalUnit, organization: &Organization) -> Markup {
    html! {
        details {
            summary { "Policy types" }
            ul class="plain" {
                @for kind in PolicyType::ALL {
                    @let is_enabled = organization.enabled_policy_types.contains(kind);
                    @let (operation, label) = if is_enabled {
                        ("organizations:DisablePolicyType", "Disable")
                    } else {
                        ("organizations:EnablePolicyType", "Enable")
                    };
                    @let form = Form::new(visit, operation, format!("type-{}", kind.as_str()));
                    li {
                        (kind.as_str()) " "
                        @if is_enabled { (marks::sign(marks::Sign::Good, "enabled")) " " }
                        (form.only_button(&[("RootId", &root.id), ("PolicyType", kind.as_str())], &format!("{label} {}", kind.as_str())))
                    }
                }
            }
        }
    }
}
