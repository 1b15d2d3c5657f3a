//! The ARNs of AWS Organizations. All of them are owned by the management account.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html>

use aws::arn::{AccountId, PARTITION};

use super::{Handshake, Organization};

fn owned(organization: &Organization, kind: &str, rest: &str) -> String {
    let (owner, id) = (organization.management_account, &organization.id);
    let slash = if rest.is_empty() { "" } else { "/" };
    format!("arn:{PARTITION}:organizations::{owner}:{kind}/{id}{slash}{rest}")
}

/// Of the organization.
pub(crate) fn organization(organization: &Organization) -> String {
    owned(organization, "organization", "")
}

/// Of a member account.
pub(crate) fn account(organization: &Organization, account: AccountId) -> String {
    owned(organization, "account", account.as_str())
}

/// Of a member account that has no id yet.
pub(crate) fn any_account(organization: &Organization) -> String {
    owned(organization, "account", "*")
}

/// Of the root or a unit, by its id.
pub(crate) fn unit(organization: &Organization, id: &str) -> String {
    owned(organization, if id.starts_with("r-") { "root" } else { "ou" }, id)
}

/// Of a root, a unit or an account, by its id.
pub(crate) fn target(organization: &Organization, id: &str) -> String {
    match id.parse() {
        Ok(id) => account(organization, id),
        Err(_) => unit(organization, id),
    }
}

/// Of one of the organization's own policies, or of an AWS-managed one.
pub(crate) fn policy(organization: &Organization, kind: &str, id: &str, aws_managed: bool) -> String {
    let kind = kind.to_lowercase();
    match aws_managed {
        true => format!("arn:{PARTITION}:organizations::aws:policy/{kind}/{id}"),
        false => owned(organization, "policy", &format!("{kind}/{id}")),
    }
}

/// Of the resource policy.
pub(crate) fn resource_policy(organization: &Organization, id: &str) -> String {
    owned(organization, "resourcepolicy", id)
}

/// Of a handshake.
pub(crate) fn handshake(handshake: &Handshake) -> String {
    format!(
        "arn:{PARTITION}:organizations::{}:handshake/{}/{}/{}",
        handshake.management_account,
        handshake.organization_id,
        handshake.action.as_str().to_lowercase(),
        handshake.id
    )
}
