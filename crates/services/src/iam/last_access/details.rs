//! GenerateServiceLastAccessedDetails and what reads its jobs: the services that somebody may use, and their last use.

use super::holders::{Principal, Subject};
use super::uses::Uses;
use super::{PAGE, begin, job, namespaces};
use crate::failure::Failure;
use crate::iam::directory::entity::EntityKind;
use crate::iam::directory::page::Pages;
use crate::iam::{On, refusal};
use crate::model::iam::{
    AccessAdvisorUsageGranularityType, EntityDetails, EntityInfo, GenerateServiceLastAccessedDetailsRequest,
    GenerateServiceLastAccessedDetailsResponse, GetServiceLastAccessedDetailsRequest,
    GetServiceLastAccessedDetailsResponse, GetServiceLastAccessedDetailsWithEntitiesRequest,
    GetServiceLastAccessedDetailsWithEntitiesResponse, JobStatusType, PolicyOwnerEntityType,
    ServiceLastAccessed, TrackedActionLastAccessed,
};
use crate::state::identity::{AccessJob, AccessJobAbout};
use crate::world::World;

/// GenerateServiceLastAccessedDetails.
///
/// # Errors
/// F-IAMAPI-LASTACC-1: `NoSuchEntity`, `InvalidInput`.
pub fn generate(
    on: &On<'_>,
    input: &GenerateServiceLastAccessedDetailsRequest,
    world: &mut World<'_>,
) -> Result<GenerateServiceLastAccessedDetailsResponse, Failure> {
    let arn = input.arn.as_str();
    Subject::find(on, arn, world)?;
    let of_actions = input.granularity == Some(AccessAdvisorUsageGranularityType::ActionLevel);
    let id = begin(on, AccessJobAbout::Entity { arn: arn.to_owned(), of_actions }, world)?;
    Ok(GenerateServiceLastAccessedDetailsResponse { job_id: Some(id.into()) })
}

fn of_entity(job: &AccessJob) -> Option<(String, bool)> {
    match &job.about {
        AccessJobAbout::Entity { arn, of_actions } => Some((arn.clone(), *of_actions)),
        AccessJobAbout::Organization { .. } => None,
    }
}

fn count(number: usize) -> Option<i32> {
    i32::try_from(number).ok()
}

/// GetServiceLastAccessedDetails, in the order of namespaces.
///
/// # Errors
/// F-IAMAPI-LASTACC-1: `NoSuchEntity`; `ValidationError` for a foreign marker.
pub fn get(
    on: &On<'_>,
    input: GetServiceLastAccessedDetailsRequest,
    world: &World<'_>,
) -> Result<GetServiceLastAccessedDetailsResponse, Failure> {
    world.take_time()?;
    let id = input.job_id.as_str();
    let ((arn, of_actions), created_at) = job(on, id, of_entity, world)?;
    let subject = Subject::find(on, &arn, world)?;
    let granted = subject.granted(world)?;
    let principals: Vec<String> = subject.principals(on, world)?.into_iter().map(|it| it.arn).collect();
    let uses = Uses::of(&principals, on.account, created_at, world)?;
    let services = granted.services().map(|(namespace, name)| {
        let (last, entities) = uses.of_service(namespace);
        let actions = if of_actions { granted.tracked_actions(namespace) } else { Default::default() };
        let tracked = actions.into_iter().map(|action| {
            let used = uses.by_action.get(&(namespace.to_owned(), action.clone()));
            TrackedActionLastAccessed {
                action_name: Some(action),
                last_accessed_entity: used.map(|used| used.principal.as_str().into()),
                last_accessed_time: used.map(|used| used.at),
                last_accessed_region: used.map(|used| used.region.clone()),
            }
        });
        let tracked: Vec<_> = tracked.collect();
        let shown = ServiceLastAccessed {
            service_name: name.to_owned(),
            last_authenticated: last.map(|used| used.at),
            service_namespace: namespace.into(),
            last_authenticated_entity: last.map(|used| used.principal.as_str().into()),
            last_authenticated_region: last.map(|used| used.region.clone()),
            total_authenticated_entities: count(entities),
            tracked_actions_last_accessed: (!tracked.is_empty()).then_some(tracked),
        };
        (namespace.to_owned(), shown)
    });
    let size = input.max_items.or_else(|| count(PAGE));
    let pages = Pages::new("GetServiceLastAccessedDetails", on, [id], input.marker, size)?;
    let page = pages.of_list(services.collect::<Vec<_>>());
    let job_type = match of_actions {
        true => AccessAdvisorUsageGranularityType::ActionLevel,
        false => AccessAdvisorUsageGranularityType::ServiceLevel,
    };
    Ok(GetServiceLastAccessedDetailsResponse {
        job_status: JobStatusType::Completed,
        job_type: Some(job_type),
        job_creation_date: created_at,
        services_last_accessed: page.items,
        job_completion_date: created_at,
        is_truncated: page.is_truncated,
        marker: page.marker,
        error: None,
    })
}

fn info(principal: &Principal) -> EntityInfo {
    EntityInfo {
        arn: principal.arn.as_str().into(),
        name: principal.name.as_str().into(),
        r#type: owner_type(principal.kind),
        id: principal.id.as_str().into(),
        path: Some(principal.path.as_str().into()),
    }
}

/// The kind of an entity as these answers name it.
pub(super) fn owner_type(kind: EntityKind) -> PolicyOwnerEntityType {
    match kind {
        EntityKind::User => PolicyOwnerEntityType::User,
        EntityKind::Role => PolicyOwnerEntityType::Role,
        EntityKind::Group => PolicyOwnerEntityType::Group,
    }
}

/// GetServiceLastAccessedDetailsWithEntities: who may use one service by what the report is about, in the order of ARNs.
///
/// # Errors
/// F-IAMAPI-LASTACC-1: `NoSuchEntity`, `InvalidInput` for a service that there is not; `ValidationError` for a foreign marker.
pub fn get_with_entities(
    on: &On<'_>,
    input: GetServiceLastAccessedDetailsWithEntitiesRequest,
    world: &World<'_>,
) -> Result<GetServiceLastAccessedDetailsWithEntitiesResponse, Failure> {
    world.take_time()?;
    let (id, namespace) = (input.job_id.as_str(), input.service_namespace.as_str());
    let ((arn, _), created_at) = job(on, id, of_entity, world)?;
    if namespaces::name(namespace).is_none() {
        return Err(refusal::invalid_input(format!("Invalid service namespace: [{namespace}]")).into());
    }
    let subject = Subject::find(on, &arn, world)?;
    let mut principals = subject.principals(on, world)?;
    if !subject.granted(world)?.grants(namespace) {
        principals.clear();
    }
    let arns: Vec<String> = principals.iter().map(|it| it.arn.clone()).collect();
    let uses = Uses::of(&arns, on.account, created_at, world)?;
    let entities = principals.iter().map(|principal| {
        let used = uses.by_principal.get(&(namespace.to_owned(), principal.arn.clone()));
        let shown = EntityDetails { entity_info: info(principal), last_authenticated: used.map(|it| it.at) };
        (principal.arn.clone(), shown)
    });
    let size = input.max_items.or_else(|| count(PAGE));
    let operation = "GetServiceLastAccessedDetailsWithEntities";
    let pages = Pages::new(operation, on, [id, namespace], input.marker, size)?;
    let page = pages.of_list(entities.collect::<Vec<_>>());
    Ok(GetServiceLastAccessedDetailsWithEntitiesResponse {
        job_status: JobStatusType::Completed,
        job_creation_date: created_at,
        job_completion_date: created_at,
        entity_details_list: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
        error: None,
    })
}
