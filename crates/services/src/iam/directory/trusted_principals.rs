//! Who is named in which trust policies. AWS ties a trust policy to the user or role itself: it goes along with a
//! new name or path, and where the user or role is deleted, its unique id stands in place of its ARN. So one
//! that is made anew under the same name is not trusted (F-IAMAPI-TRUST-2).
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>, "IAM user
//! principals" and "IAM role principals".

use std::collections::BTreeSet;

use aws::policy::Policy;
use serde_json::Value;

use crate::iam::directory;
use crate::state::identity::{Role, RoleId, TrustedPrincipal, TrustedPrincipalId};
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

/// Keeps the index in step with the trust policy of a role.
pub(crate) fn index(
    role: RoleId<'_>,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
    world: &mut World<'_>,
) {
    for arn in before.difference(after) {
        world.delete::<TrustedPrincipal>(TrustedPrincipalId { arn, role });
    }
    for arn in after.difference(before) {
        world.put(TrustedPrincipalId { arn, role }, TrustedPrincipal {});
    }
}

/// Writes `new`, an ARN or a unique id, in place of the ARN `old` into every trust policy that names it.
///
/// # Errors
/// See [`Fault`].
pub(crate) fn replace(old: &str, new: &str, world: &mut World<'_>) -> Result<(), Fault> {
    if old == new {
        return Ok(());
    }
    let prefix = TrustedPrincipalId::within(old);
    loop {
        let entries = world.keys(&prefix, None, BATCH)?;
        for entry in &entries {
            let id = entry.id()?;
            world.delete::<TrustedPrincipal>(id);
            let Some(role) = world.get::<Role>(id.role)? else { continue };
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
