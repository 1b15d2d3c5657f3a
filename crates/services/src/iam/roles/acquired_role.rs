//! AcquireRole: the role that a template makes of some values, made once and found again.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AcquireRole.html>

use std::collections::{BTreeMap, BTreeSet};

use aws::policy::{Policy, PolicyKind};
use aws::refusal::Refusal;
use serde_json::Value;

use super::role;
use super::role_template::{MINOR_VERSION, asked};
use crate::failure::Failure;
use crate::iam::directory::names;
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{AcquireRoleRequest, AcquireRoleResponse};
use crate::state::identity::{Role, RoleId, SourceTemplate};
use crate::world::World;

/// F-IAMAPI-RTPL-3, recorded.
const OTHER_ORIGIN: &str = "A role with this name already exists in the account but was not created from this \
    template. Choose a different role name, or remove the existing role if it is no longer needed.";
const OTHER_PARAMETERS: &str = "A role with this name exists but was created with different parameters. Pass a \
    unique roleName to create a new role.";

/// A role as a template makes it.
pub(super) struct Acquired {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) description: String,
    /// The document as text.
    pub(super) trust_policy: String,
    /// The ARNs of managed policies.
    pub(super) managed_policies: BTreeSet<String>,
    /// Documents by the names of inline policies.
    pub(super) inline_policies: BTreeMap<String, String>,
}

impl Acquired {
    /// F-IAMAPI-RTPL-3: whether a role still is what the template made of it. Its description and its longest session do not
    /// matter, nor how its documents are written.
    fn is_still(&self, role: &Role) -> bool {
        let inline = &role.inline_policies;
        let same_inline = inline.len() == self.inline_policies.len()
            && inline.iter().all(|(name, policy)| {
                self.inline_policies.get(name).is_some_and(|text| is_same(text, policy.source()))
            });
        same_inline
            && role.attached_policies == self.managed_policies
            && role.permissions_boundary.is_none()
            && role.tags.is_empty()
            && is_same(&self.trust_policy, role.trust_policy.source())
    }

    /// The document of a role, which is read as one of a request is.
    fn document(text: &str, kind: PolicyKind) -> Result<Policy, Refusal> {
        let malformed = |_| refusal::malformed_policy("The template makes no valid policy of these values.");
        let policy = Policy::parse(text).map_err(malformed)?;
        policy.check(kind).map_err(malformed)?;
        Ok(policy)
    }
}

/// Whether two documents are the same, where one of something may be written as a list.
fn is_same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str(text).ok().map(plain);
    let one = read(one);
    one.is_some() && one == read(other)
}

fn plain(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(plain).collect();
            if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
        }
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        other => other,
    }
}

/// AcquireRole.
///
/// # Errors
/// F-IAMAPI-RTPL-2: `NoSuchEntity`; F-IAMAPI-RTPL-3: `NameConflict`, `RoleModified`; F-IAMAPI-RTPL-4: `ValidationError`,
/// `InvalidInput`; `LimitExceeded`.
pub fn acquire(
    on: &On<'_>,
    input: AcquireRoleRequest,
    world: &mut World<'_>,
) -> Result<AcquireRoleResponse, Failure> {
    let template = asked(input.template_arn.as_str(), input.template_minor_version)?;
    let given = input.replacement_values.unwrap_or_default();
    let given = given.into_iter().map(|(name, value)| (name, value.values)).collect();
    let values = template.values(on, &given)?;
    let acquired = template.render(&values)?;
    let source = SourceTemplate { arn: template.arn(), minor_version: MINOR_VERSION, values };
    if let Some(role) = world.get::<Role>(RoleId::new(on.account, &acquired.name))? {
        return found(&role, &source, &acquired);
    }
    let name_pattern_broken = |name: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        name.is_empty() || name.len() > 64 || !name.bytes().all(is_letter)
    };
    if name_pattern_broken(&acquired.name) {
        return Err(refusal::validation(crate::iam::wrong_name("roleName")).into());
    }
    let trust_policy = Acquired::document(&acquired.trust_policy, PolicyKind::RoleTrust)?;
    let mut inline_policies = BTreeMap::new();
    for (name, text) in &acquired.inline_policies {
        inline_policies.insert(name.clone(), Acquired::document(text, PolicyKind::Inline)?);
    }
    let id = names::unique_id("AROA", &on.context.seed);
    let role = Role {
        path: acquired.path.clone(),
        description: acquired.description.clone(),
        attached_policies: acquired.managed_policies.clone(),
        inline_policies,
        source_template: Some(source),
        ..Role::new(on.account, acquired.name.clone(), id, on.context.now, trust_policy)
    };
    directory::create(role.clone(), on.context.now, world)?;
    Ok(AcquireRoleResponse { role: shown(&role, &acquired) })
}

/// The role that is there already, if it is the one that is asked for.
fn found(role: &Role, source: &SourceTemplate, acquired: &Acquired) -> Result<AcquireRoleResponse, Failure> {
    let conflict = |text: &str| Failure::from(Refusal::new("NameConflict", 409, text));
    let Some(own) = role.source_template.as_ref().filter(|own| own.arn == source.arn) else {
        return Err(conflict(OTHER_ORIGIN));
    };
    if own != source {
        return Err(conflict(OTHER_PARAMETERS));
    }
    if !acquired.is_still(role) {
        let text =
            format!("Role {} has been modified since it was created and is no longer managed.", role.name);
        return Err(Refusal::new("RoleModified", 409, text).into());
    }
    Ok(AcquireRoleResponse { role: shown(role, acquired) })
}

/// F-IAMAPI-RTPL-3: as CreateRole shows a role, with the document as the template makes it.
fn shown(role: &Role, acquired: &Acquired) -> model::Role {
    let document = names::url_encoded(&acquired.trust_policy);
    model::Role { assume_role_policy_document: Some(document.into()), ..role::created(role) }
}

/// The template that a role was made of, as GetRole shows it.
pub(super) fn source_template(role: &Role) -> Option<model::SourceRoleTemplate> {
    role.source_template.as_ref().map(|source| model::SourceRoleTemplate {
        template_arn: source.arn.as_str().into(),
        template_minor_version: source.minor_version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_something_is_the_same_as_a_list_of_one_f_iamapi_rtpl_3() {
        assert!(is_same(r#"{"a": "b", "c": [1, 2]}"#, r#"{"c":[1,2],"a":["b"]}"#));
        for other in [r#"{"a": "b"}"#, r#"{"a": ["b", "b"], "c": [1, 2]}"#, "none"] {
            assert!(!is_same(r#"{"a": "b", "c": [1, 2]}"#, other), "{other}");
        }
        assert!(!is_same("none", "none"));
    }
}
