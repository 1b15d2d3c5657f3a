//! AWS's templates of roles: what there is to know of each, and a role made of one.
//!
//! F-IAMAPI-RTPL-1: the four templates of the recordings. Of the first only what its roles look like was recorded.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws::refusal::Refusal;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::acquired_role::Acquired;
use crate::failure::Failure;
use crate::iam::directory::names::url_encoded;
use crate::iam::{On, refusal};
use crate::model::iam::{
    GetRoleTemplateVersionRequest, GetRoleTemplateVersionResponse, InlinePolicy, ManagedByTypeType,
    ParameterDefinition, ParameterTypeType, RoleTemplateVersion,
};

/// The templates, as they were recorded, in a form of our own.
const SOURCE: &str = include_str!("role_templates.json");

/// The only version that there is of each.
const MAJOR_VERSION: i32 = 1;
pub(super) const MINOR_VERSION: i32 = 0;
const MAX_SESSION_SECONDS: i32 = 3_600;

/// A template.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    name: String,
    service: String,
    id: String,
    description: String,
    created: Timestamp,
    role_name: String,
    #[serde(default)]
    role_path: Option<String>,
    role_description: String,
    trust_policy: Value,
    managed_policies: Vec<String>,
    #[serde(default)]
    inline_policies: Vec<InlineTemplate>,
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InlineTemplate {
    name: String,
    document: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameter {
    name: String,
    description: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    default: Option<String>,
}

impl Template {
    /// The template with this ARN.
    pub fn find(arn: &str) -> Option<&'static Self> {
        static TEMPLATES: LazyLock<Vec<Template>> =
            LazyLock::new(|| serde_json::from_str(SOURCE).expect("INVARIANT: a test reads the templates"));
        TEMPLATES.iter().find(|template| template.arn() == arn)
    }

    /// The ARN, which ends in the major version.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:role-template/{}/{}:{MAJOR_VERSION}", self.service, self.name)
    }

    /// The values of the parameters: those that are given, else the defaults, and the account's id.
    ///
    /// # Errors
    /// F-IAMAPI-RTPL-4: a parameter that has not exactly one value.
    pub(super) fn values(
        &self,
        on: &On<'_>,
        given: &BTreeMap<String, Vec<String>>,
    ) -> Result<BTreeMap<String, String>, Refusal> {
        let mut values = BTreeMap::new();
        for parameter in &self.parameters {
            let value = match given.get(&parameter.name).map(Vec::as_slice) {
                Some([value]) => Some(value.clone()),
                Some(values) => {
                    return Err(refusal::validation(format!(
                        "{} replacement value must contain exactly one value, got {}",
                        parameter.name,
                        values.len()
                    )));
                }
                None if parameter.name == "accountId" => Some(on.account.to_string()),
                None => parameter.default.clone(),
            };
            values.extend(value.map(|value| (parameter.name.clone(), value)));
        }
        Ok(values)
    }

    /// The role that the template makes of these values.
    ///
    /// # Errors
    /// F-IAMAPI-RTPL-4: a parameter that has no value.
    pub(super) fn render(&self, values: &BTreeMap<String, String>) -> Result<Acquired, Refusal> {
        let text = |pattern: &str| filled(pattern, values);
        let mut inline_policies = BTreeMap::new();
        for inline in &self.inline_policies {
            if let Some(document) = document(&inline.document, values)? {
                inline_policies.insert(inline.name.clone(), document.to_string());
            }
        }
        let trust_policy = document(&self.trust_policy, values)?.unwrap_or_default();
        Ok(Acquired {
            name: text(&self.role_name)?,
            path: self.role_path.as_deref().map_or_else(|| Ok("/".to_owned()), text)?,
            description: text(&self.role_description)?,
            trust_policy: trust_policy.to_string(),
            managed_policies: self.managed_policies.iter().cloned().collect(),
            inline_policies,
        })
    }
}

/// F-IAMAPI-RTPL-4: a text with the values of its parameters.
fn filled(pattern: &str, values: &BTreeMap<String, String>) -> Result<String, Refusal> {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("@{") {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        let value = values.get(name).ok_or_else(|| {
            refusal::invalid_input(format!("Failed to render template: Parameter '{name}' not found."))
        })?;
        text.push_str(value);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// A document with the values of its parameters. A statement that names a parameter as `@Enabled` is there where that is
/// `True`; a document without statements is none.
fn document(template: &Value, values: &BTreeMap<String, String>) -> Result<Option<Value>, Refusal> {
    let mut document = template.clone();
    if let Some(statements) = document["Statement"].as_array_mut() {
        statements.retain_mut(|statement| match statement.as_object_mut() {
            Some(members) => match members.shift_remove("@Enabled") {
                Some(Value::String(name)) => values.get(&name).is_some_and(|value| value == "True"),
                _ => true,
            },
            None => true,
        });
        if statements.is_empty() {
            return Ok(None);
        }
    }
    fill(&mut document, values)?;
    Ok(Some(document))
}

fn fill(value: &mut Value, values: &BTreeMap<String, String>) -> Result<(), Refusal> {
    match value {
        Value::String(text) if text.contains("@{") => *text = filled(text, values)?,
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, values))?,
        Value::Object(members) => members.values_mut().try_for_each(|member| fill(member, values))?,
        _ => {}
    }
    Ok(())
}

/// The template of a request, in a version that it has.
///
/// # Errors
/// F-IAMAPI-RTPL-2: `NoSuchEntity`, for another version too.
pub(super) fn asked(arn: &str, minor_version: Option<i32>) -> Result<&'static Template, Refusal> {
    let found = Template::find(arn).filter(|_| minor_version.is_none_or(|version| version == MINOR_VERSION));
    found.ok_or_else(|| refusal::no_such_entity(format!("Role template not found in repository: {arn}")))
}

/// GetRoleTemplateVersion.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get(input: &GetRoleTemplateVersionRequest) -> Result<GetRoleTemplateVersionResponse, Failure> {
    let template = asked(input.template_arn.as_str(), input.minor_version)?;
    let inline = template.inline_policies.iter().map(|policy| InlinePolicy {
        policy_name: policy.name.as_str().into(),
        policy_document: url_encoded(&policy.document.to_string()).into(),
    });
    let parameters = template.parameters.iter().map(|parameter| ParameterDefinition {
        name: parameter.name.as_str().into(),
        r#type: ParameterTypeType::String,
        sub_type: None,
        description: Some(parameter.description.as_str().into()),
        is_required: Some(parameter.required),
        default_value: parameter.default.as_deref().map(Into::into),
        immutable: Some(false),
    });
    let version = RoleTemplateVersion {
        template_arn: Some(template.arn().into()),
        template_name: Some(template.name.as_str().into()),
        template_version_id: Some(template.id.as_str().into()),
        description: Some(template.description.as_str().into()),
        major_version: Some(MAJOR_VERSION),
        default_minor_version: Some(MINOR_VERSION),
        managed_by_type: Some(ManagedByTypeType::Service),
        managed_by_value: Some(template.service.as_str().into()),
        enabled: Some(true),
        minor_version: Some(MINOR_VERSION),
        role_name_pattern: Some(template.role_name.as_str().into()),
        role_path_pattern: template.role_path.as_deref().map(Into::into),
        role_description_pattern: Some(template.role_description.as_str().into()),
        assume_role_policy_document_template: Some(url_encoded(&template.trust_policy.to_string()).into()),
        inline_policy_templates: (!template.inline_policies.is_empty()).then(|| inline.collect()),
        managed_policy_arns: Some(template.managed_policies.iter().map(|arn| arn.as_str().into()).collect()),
        permission_boundary_arn: None,
        parameters_definition: Some(parameters.collect()),
        role_tags_template: None,
        max_session_duration: Some(MAX_SESSION_SECONDS),
        version_enabled: Some(true),
        create_timestamp: Some(template.created),
        update_timestamp: Some(template.created),
    };
    Ok(GetRoleTemplateVersionResponse { role_template_version: version })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::managed::AwsManaged;

    /// F-IAMAPI-RTPL-1
    #[test]
    fn every_template_can_be_read_and_its_policies_are_there() {
        let templates: Vec<Template> = serde_json::from_str(SOURCE).expect("the templates");
        for template in &templates {
            assert_eq!(template.id.len(), 21, "{}", template.name);
            assert_eq!(Template::find(&template.arn()).map(|it| &it.name), Some(&template.name));
            for arn in &template.managed_policies {
                assert!(AwsManaged::find(arn).is_some(), "{arn}");
            }
        }
        assert_eq!(templates.len(), 4);
    }

    /// F-IAMAPI-RTPL-4
    #[test]
    fn a_statement_is_there_where_its_parameter_is_true() {
        let arn = "arn:aws:iam::aws:role-template/datazone.amazonaws.com/\
            AmazonSageMakerAdminIAMPermissiveExecutionRoleTemplate:1";
        let template = Template::find(arn).expect("a template");
        let mut values: BTreeMap<String, String> =
            template.parameters.iter().map(|it| (it.name.clone(), "x".to_owned())).collect();
        let count = |values: &BTreeMap<_, _>| template.render(values).expect("a role").inline_policies.len();
        assert_eq!(count(&values), 0);
        values.insert("CMK_ENABLED".to_owned(), "True".to_owned());
        assert_eq!(count(&values), 1);
        values.remove("kmsKeyId");
        let refused = template.render(&values).err().and_then(|refusal| refusal.message);
        assert_eq!(refused.as_deref(), Some("Failed to render template: Parameter 'kmsKeyId' not found."));
    }
}
