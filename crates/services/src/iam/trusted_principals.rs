//! Who is named in which trust policies. AWS ties a trust policy to the user or role itself: it goes along with a
//! new name or path, and where the user or role is deleted, its unique id stands in place of its ARN. So one
//! that is made anew under the same name is not trusted (F-IAMAPI-TRUST-2).
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>, "IAM user
//! principals" and "IAM role principals".

use std::collections::BTreeSet;

use aws::policy::Policy;
use serde_json::Value;

use super::directory;
use crate::state::identity::{Role, TrustedPrincipal};
use crate::world::{Fault, World};

/// How many roles are looked at together.
const BATCH: usize = 100;

/// The ARNs of users and roles that a trust policy names.
pub fn named_in(policy: &Policy) -> BTreeSet<String> {
    let mut arns = BTreeSet::new();
    let Ok(mut document) = serde_json::from_str::<Value>(policy.source()) else { return arns };
    for_each_principal(&mut document, &mut |text| {
        if text.contains(":user/") || text.contains(":role/") {
            arns.insert(text.clone());
        }
    });
    arns
}

/// Visits the texts under `Principal.AWS` and `NotPrincipal.AWS` of all statements.
fn for_each_principal(document: &mut Value, visit: &mut impl FnMut(&mut String)) {
    for statement in one_or_many(document.get_mut("Statement")) {
        let Some(members) = statement.as_object_mut() else { continue };
        for (name, element) in members {
            if name != "Principal" && name != "NotPrincipal" {
                continue;
            }
            for principal in one_or_many(element.get_mut("AWS")) {
                if let Value::String(text) = principal {
                    visit(text);
                }
            }
        }
    }
}

fn one_or_many(value: Option<&mut Value>) -> Vec<&mut Value> {
    match value {
        Some(Value::Array(values)) => values.iter_mut().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// The id of the index entry that the trust policy of the role under `role_key` names `arn`.
fn entry(arn: &str, role_key: &str) -> String {
    // No ARN has a blank in it.
    format!("{arn} {role_key}")
}

/// Keeps the index in step with the trust policy of the role under `role_key`.
pub(super) fn index(
    role_key: &str,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
    world: &mut World<'_>,
) {
    for arn in before.difference(after) {
        world.delete::<TrustedPrincipal>(&entry(arn, role_key));
    }
    for arn in after.difference(before) {
        world.put(&entry(arn, role_key), TrustedPrincipal {});
    }
}

/// Writes `new`, an ARN or a unique id, in place of the ARN `old` into every trust policy that names it.
///
/// # Errors
/// See [`Fault`].
pub(super) fn replace(old: &str, new: &str, world: &mut World<'_>) -> Result<(), Fault> {
    if old == new {
        return Ok(());
    }
    let prefix = entry(old, "");
    loop {
        let entries = world.ids::<TrustedPrincipal>(&prefix, None, BATCH)?;
        for id in &entries {
            world.delete::<TrustedPrincipal>(id);
            let Some(role) = world.get::<Role>(&id[prefix.len()..])? else { continue };
            let mut role = Role::clone(&role);
            role.trust_policy = with_replaced(&role.trust_policy, old, new)?;
            directory::save(role, world)?;
        }
        if entries.len() < BATCH {
            return Ok(());
        }
    }
}

fn with_replaced(policy: &Policy, old: &str, new: &str) -> Result<Policy, Fault> {
    let broken = |what: String| Fault::Broken(format!("a trust policy cannot be rewritten: {what}"));
    let mut document: Value =
        serde_json::from_str(policy.source()).map_err(|error| broken(error.to_string()))?;
    for_each_principal(&mut document, &mut |text| {
        if text == old {
            new.clone_into(text);
        }
    });
    Policy::parse(&document.to_string()).map_err(|malformed| broken(malformed.to_string()))
}
