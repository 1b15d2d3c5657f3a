//! ListPoliciesGrantingServiceAccess: by which policies somebody may use a service.

use super::details::owner_type;
use super::granted::Granted;
use super::holders::{Held, Subject};
use super::namespaces;
use crate::failure::Failure;
use crate::iam::directory::names;
use crate::iam::directory::page::Pages;
use crate::iam::{On, refusal};
use crate::model::iam::{
    ListPoliciesGrantingServiceAccessEntry, ListPoliciesGrantingServiceAccessRequest,
    ListPoliciesGrantingServiceAccessResponse, PolicyGrantingServiceAccess, PolicyType,
};
use crate::world::World;

/// ListPoliciesGrantingServiceAccess, in the order of the request.
///
/// # Errors
/// F-IAMAPI-LASTACC-7: `InvalidInput` with the services that there are not; F-IAMAPI-LASTACC-1: `NoSuchEntity`.
pub fn list(
    on: &On<'_>,
    input: ListPoliciesGrantingServiceAccessRequest,
    world: &World<'_>,
) -> Result<ListPoliciesGrantingServiceAccessResponse, Failure> {
    world.take_time()?;
    let arn = input.arn.as_str();
    let wanted: Vec<&str> = input.service_namespaces.iter().map(|it| it.as_str()).collect();
    let unknown: Vec<&str> =
        wanted.iter().copied().filter(|wanted| namespaces::name(wanted).is_none()).collect();
    if !unknown.is_empty() {
        let text = format!("Invalid service namespace: [{}]", unknown.join(", "));
        return Err(refusal::invalid_input(text).into());
    }
    let held = Subject::find(on, arn, world)?.policies(world)?;
    let granted: Vec<Granted> = held.iter().map(|held| Granted::by([&held.policy])).collect();
    let entries = wanted.iter().enumerate().map(|(place, namespace)| {
        let policies = held.iter().zip(&granted).filter(|(_, granted)| granted.grants(namespace));
        let entry = ListPoliciesGrantingServiceAccessEntry {
            service_namespace: Some((*namespace).into()),
            policies: Some(policies.map(|(held, _)| shown(held)).collect()),
        };
        (format!("{place:06}"), entry)
    });
    let filter = std::iter::once(arn).chain(wanted.iter().copied());
    let pages = Pages::new("ListPoliciesGrantingServiceAccess", on, filter, input.marker, None)?;
    let page = pages.of_list(entries.collect::<Vec<_>>());
    Ok(ListPoliciesGrantingServiceAccessResponse {
        policies_granting_service_access: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// F-IAMAPI-LASTACC-7: an inline policy has whose it is, a managed one its ARN.
fn shown(held: &Held) -> PolicyGrantingServiceAccess {
    let (kind, holder) = &held.holder;
    match &held.named {
        Ok(name) => PolicyGrantingServiceAccess {
            policy_name: name.as_str().into(),
            policy_type: PolicyType::Inline,
            policy_arn: None,
            entity_type: Some(owner_type(*kind)),
            entity_name: Some(holder.as_str().into()),
        },
        Err(arn) => PolicyGrantingServiceAccess {
            policy_name: names::last_part(arn).into(),
            policy_type: PolicyType::Managed,
            policy_arn: Some(arn.as_str().into()),
            entity_type: None,
            entity_name: None,
        },
    }
}
