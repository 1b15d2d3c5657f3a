//! GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy: which condition keys policies look at, in conditions
//! and as variables.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html>

use std::collections::BTreeMap;

use aws::policy::{Policy, PolicyKind};
use serde_json::Value;

use crate::failure::Failure;
use crate::iam::policies::inline_policy::read;
use crate::iam::simulator::simulate::identity_policies;
use crate::iam::{On, model};
use crate::model::iam::{
    GetContextKeysForCustomPolicyRequest, GetContextKeysForPolicyResponse,
    GetContextKeysForPrincipalPolicyRequest, PolicyDocumentType,
};
use crate::world::World;

/// GetContextKeysForCustomPolicy.
///
/// # Errors
/// `InvalidInput` and the like for what is no policy.
pub fn of_custom_policy(
    input: GetContextKeysForCustomPolicyRequest,
) -> Result<GetContextKeysForPolicyResponse, Failure> {
    answer(&given(Some(input.policy_input_list))?)
}

/// GetContextKeysForPrincipalPolicy: those of all policies of a user, a group or a role, and of the given ones.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn of_principal(
    on: &On<'_>,
    input: GetContextKeysForPrincipalPolicyRequest,
    world: &World<'_>,
) -> Result<GetContextKeysForPolicyResponse, Failure> {
    let mut policies = identity_policies(on, input.policy_source_arn.as_str(), world)?;
    policies.extend(given(input.policy_input_list)?);
    answer(&policies)
}

fn given(documents: Option<Vec<PolicyDocumentType>>) -> Result<Vec<Policy>, Failure> {
    let read = |document| read(document, PolicyKind::Inline).map_err(Failure::from);
    documents.unwrap_or_default().iter().map(read).collect()
}

/// F-IAMAPI-CTX-1: each key once, whatever its case, as it is written where it stands first, in the order of their names
/// (the order is *assumed*).
fn answer(policies: &[Policy]) -> Result<GetContextKeysForPolicyResponse, Failure> {
    let mut keys = BTreeMap::new();
    let mut add = |key: &str| {
        keys.entry(key.to_lowercase()).or_insert_with(|| key.to_owned());
    };
    for policy in policies {
        let keys = policy.statements().iter().flat_map(aws::policy::Statement::condition_keys);
        keys.for_each(&mut add);
        if let Ok(document) = serde_json::from_str::<Value>(policy.source()) {
            add_variables(&document, &mut add);
        }
    }
    let names: Vec<model::ContextKeyNameType> = keys.into_values().map(Into::into).collect();
    Ok(GetContextKeysForPolicyResponse { context_key_names: Some(names) })
}

/// Adds the variables in all texts: `${aws:username}`, also with a default, but not `${*}`.
fn add_variables(value: &Value, add: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => {
            for part in text.split("${").skip(1) {
                let Some((name, _)) = part.split_once('}') else { continue };
                let name = name.split(',').next().unwrap_or_default().trim();
                if name.contains(':') {
                    add(name);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| add_variables(item, add)),
        Value::Object(members) => members.values().for_each(|member| add_variables(member, add)),
        _ => {}
    }
}
