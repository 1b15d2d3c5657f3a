//! Service-linked roles: those that services have in an account, and only they may change.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html>, "AWS
//! Organizations and service-linked roles".

use std::collections::BTreeSet;

use aws::arn::AccountId;
use aws::policy::Policy;

use super::role;
use super::service_linked_catalogue::{self, Linked};
use crate::context::Context;
use crate::failure::Failure;
use crate::iam::directory::entity::{Entity, EntityKind};
use crate::iam::directory::names;
use crate::iam::{On, directory, refusal};
use crate::model::iam::{
    CreateServiceLinkedRoleRequest, CreateServiceLinkedRoleResponse, DeleteServiceLinkedRoleRequest,
    DeleteServiceLinkedRoleResponse, DeletionTaskFailureReasonType, DeletionTaskStatusType,
    GetServiceLinkedRoleDeletionStatusRequest, GetServiceLinkedRoleDeletionStatusResponse,
};
use crate::state::identity::{Role, RoleDeletion, RoleDeletionId, RoleId};
use crate::state::organization::Membership;
use crate::world::{Fault, World};

/// The path of all service-linked roles.
pub const PATH_PREFIX: &str = "/aws-service-role/";
/// The service principal of AWS Organizations.
pub const ORGANIZATIONS: &str = "organizations.amazonaws.com";
/// The role's name.
pub const ORGANIZATIONS_ROLE: &str = "AWSServiceRoleForOrganizations";

const DESCRIPTION: &str = "Service-linked role used by AWS Organizations to enable integration of other AWS services with Organizations.";

/// F-IAMAPI-SLR-1: the role that a service has in an account.
fn role_of(linked: Linked, name: String, account: AccountId, description: String, context: &Context) -> Role {
    let service = linked.service;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let trust = Policy::parse(&trust).expect("INVARIANT: a trust policy with one service is well-formed");
    let id = names::unique_id("AROA", &context.seed);
    Role {
        path: linked.path(),
        description,
        attached_policies: BTreeSet::from([linked.policy_arn()]),
        ..Role::new(account, name, id, context.now, trust)
    }
}

/// Gives an account that joins an organization the service-linked role of AWS Organizations, if it has none
/// yet.
///
/// # Errors
/// See [`Fault`].
pub fn ensure_organizations_role(
    account: AccountId,
    context: &Context,
    world: &mut World<'_>,
) -> Result<(), Fault> {
    if world.get::<Role>(RoleId::new(account, ORGANIZATIONS_ROLE))?.is_some() {
        return Ok(());
    }
    let linked = service_linked_catalogue::find(ORGANIZATIONS);
    let linked = linked.expect("INVARIANT: AWS Organizations has a service-linked role");
    let role = role_of(linked, linked.role_name(), account, DESCRIPTION.to_owned(), context);
    directory::save(role, world)
}

/// Gives an account the service-linked role of a service, if it has none yet.
///
/// # Errors
/// See [`Fault`].
pub fn ensure(
    service: &str,
    account: AccountId,
    context: &Context,
    world: &mut World<'_>,
) -> Result<(), Fault> {
    let Some(linked) = service_linked_catalogue::find(service) else { return Ok(()) };
    if is_there(service, account, world)? {
        return Ok(());
    }
    let description = linked.description().to_owned();
    directory::save(role_of(linked, linked.role_name(), account, description, context), world)
}

/// Whether an account has the service-linked role of a service.
///
/// # Errors
/// See [`Fault`].
pub fn is_there(service: &str, account: AccountId, world: &World<'_>) -> Result<bool, Fault> {
    let Some(linked) = service_linked_catalogue::find(service) else { return Ok(false) };
    Ok(world.get::<Role>(RoleId::new(account, &linked.role_name()))?.is_some())
}

/// CreateServiceLinkedRole.
///
/// # Errors
/// `InvalidInput`: the role is there already, a suffix was given to a service that takes none (F-IAMAPI-SLR-7), or
/// (F-IAMAPI-SLR-2) the role of the service is not known here.
pub fn create(
    on: &On<'_>,
    input: CreateServiceLinkedRoleRequest,
    world: &mut World<'_>,
) -> Result<CreateServiceLinkedRoleResponse, Failure> {
    let service = input.aws_service_name.as_str();
    let Some(linked) = service_linked_catalogue::find(service) else {
        let text = format!("The service-linked role of {service} is not supported by accountd.");
        return Err(refusal::invalid_input(text).into());
    };
    let name = match input.custom_suffix {
        Some(suffix) if linked.takes_suffix => format!("{}_{}", linked.role_name(), suffix.as_str()),
        Some(_) => {
            let text = format!("Custom suffix is not allowed for {service}");
            return Err(refusal::invalid_input(text).into());
        }
        None => linked.role_name(),
    };
    if world.get::<Role>(RoleId::new(on.account, &name))?.is_some() {
        return Err(refusal::invalid_input(format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        ))
        .into());
    }
    let description = input.description.map(|text| text.into_string());
    let description = description.unwrap_or_else(|| linked.description().to_owned());
    let role = role_of(linked, name, on.account, description, on.context);
    directory::create(role.clone(), on.context.now, world)?;
    Ok(CreateServiceLinkedRoleResponse { role: Some(role::created(&role)) })
}

/// DeleteServiceLinkedRole. Whether the role can go is decided at once and kept for
/// GetServiceLinkedRoleDeletionStatus.
///
/// # Errors
/// `NoSuchEntity`, also for a role of another kind (text *assumed*).
pub fn delete(
    on: &On<'_>,
    input: DeleteServiceLinkedRoleRequest,
    world: &mut World<'_>,
) -> Result<DeleteServiceLinkedRoleResponse, Failure> {
    let name = input.role_name.as_str();
    let role = directory::find::<Role>(on.account, name, world)?;
    if !role.is_protected() {
        return Err(refusal::no_entity(EntityKind::Role, name).into());
    }
    // F-IAMAPI-SLR-3: the role of AWS Organizations is in use as long as the account is in an organization.
    let is_of_organizations = role.name == ORGANIZATIONS_ROLE;
    let in_use = is_of_organizations && world.get::<Membership>(on.account)?.is_some();
    let failure = in_use.then(|| "The account is a member of an organization.".to_owned());
    if !in_use {
        directory::remove(&*role, world)?;
    }
    let task = format!("task{}{}/{}", role.path, role.name, on.context.request_id);
    world
        .put(RoleDeletionId { account: on.account, task: &task }, RoleDeletion { role: role.arn(), failure });
    Ok(DeleteServiceLinkedRoleResponse { deletion_task_id: task.into() })
}

/// GetServiceLinkedRoleDeletionStatus.
///
/// # Errors
/// F-IAMAPI-SLR-5: `InvalidInput` for what is no task's id, `NoSuchEntity` for a task that is not there.
pub fn deletion_status(
    on: &On<'_>,
    input: &GetServiceLinkedRoleDeletionStatusRequest,
    world: &World<'_>,
) -> Result<GetServiceLinkedRoleDeletionStatusResponse, Failure> {
    let task = input.deletion_task_id.as_str();
    if !task.starts_with(&format!("task{PATH_PREFIX}")) {
        return Err(refusal::invalid_input("Invalid task id").into());
    }
    let deletion = world.get::<RoleDeletion>(RoleDeletionId { account: on.account, task })?;
    let deletion =
        deletion.ok_or_else(|| refusal::no_such_entity("Cannot find deletion status for given id."))?;
    let status = match deletion.failure {
        Some(_) => DeletionTaskStatusType::Failed,
        None => DeletionTaskStatusType::Succeeded,
    };
    let reason = deletion
        .failure
        .as_deref()
        .map(|reason| DeletionTaskFailureReasonType { reason: Some(reason.into()), role_usage_list: None });
    Ok(GetServiceLinkedRoleDeletionStatusResponse { status, reason })
}
