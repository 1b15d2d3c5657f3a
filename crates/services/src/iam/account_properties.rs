//! Properties of an account: switches that IAM keeps under names of the form `Namespace/PropertyName`.

use std::collections::BTreeMap;

use aws::refusal::Refusal;

use super::{On, directory, refusal};
use crate::failure::Failure;
use crate::model::iam::{
    GetAccountPropertiesResponse, PutAccountPropertiesRequest, PutAccountPropertiesResponse,
};
use crate::world::World;

/// F-IAMAPI-PROP-1: the only namespace and its only property.
const NAMESPACE: &str = "RoleManager";
const PROPERTY: &str = "Enabled";

/// Whether these properties switch the one there is on.
pub(super) fn switches_on<'p>(mut properties: impl Iterator<Item = (&'p str, &'p str)>) -> bool {
    properties.any(|(key, value)| key.split_once('/') == Some((NAMESPACE, PROPERTY)) && value == "true")
}

/// GetAccountProperties.
///
/// # Errors
/// None of its own.
pub fn get(on: &On<'_>, world: &World<'_>) -> Result<GetAccountPropertiesResponse, Failure> {
    let is_on = directory::account(on.account, world)?.role_acquisition;
    let properties = BTreeMap::from([(format!("{NAMESPACE}/{PROPERTY}"), is_on.to_string().into())]);
    Ok(GetAccountPropertiesResponse { properties: Some(properties) })
}

/// PutAccountProperties.
///
/// # Errors
/// F-IAMAPI-PROP-2: `InvalidInput`.
pub fn put(
    on: &On<'_>,
    input: &PutAccountPropertiesRequest,
    world: &mut World<'_>,
) -> Result<PutAccountPropertiesResponse, Failure> {
    let properties = input.properties.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let is_on = read(properties)?;
    directory::change_account(on.account, world, |account| account.role_acquisition = is_on)?;
    Ok(PutAccountPropertiesResponse {})
}

/// What the properties say. F-IAMAPI-PROP-2: the texts are recorded, and the order follows from them.
fn read<'p>(properties: impl Iterator<Item = (&'p str, &'p str)>) -> Result<bool, Refusal> {
    let mut namespaces = Vec::new();
    let mut given = BTreeMap::new();
    for (key, value) in properties {
        let Some((namespace, property)) = key.split_once('/') else {
            let text = format!("Property key must be in format Namespace/PropertyName: {key}");
            return Err(refusal::invalid_input(text));
        };
        namespaces.push(namespace);
        given.insert(property, value);
    }
    namespaces.sort_unstable();
    namespaces.dedup();
    match namespaces.as_slice() {
        [NAMESPACE] => {}
        [other] => return Err(refusal::invalid_input(format!("Unsupported namespace: {other}"))),
        [] => return Err(refusal::invalid_input("At least one property must be specified.")),
        _ => return Err(refusal::invalid_input("All properties must belong to the same namespace")),
    }
    let value = given.remove(PROPERTY).filter(|_| given.is_empty());
    let value = value.ok_or_else(|| {
        refusal::invalid_input(format!("{NAMESPACE} namespace requires {PROPERTY} property"))
    })?;
    value.parse().map_err(|_| refusal::invalid_input(format!("{PROPERTY} must be 'true' or 'false'")))
}
