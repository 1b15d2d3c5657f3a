//! GenerateOrganizationsAccessReport and its reader: which services policies of an organization leave to an entity of it,
//! and when one of its accounts used them last.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;

use super::granted::left_by;
use super::uses::look_through;
use super::{PAGE, begin, job};
use crate::authority::ancestry::{Ancestry, FULL_AWS_ACCESS_ID};
use crate::authority::managed::FULL_AWS_ACCESS;
use crate::failure::Failure;
use crate::iam::On;
use crate::iam::directory::page::Pages;
use crate::model::iam::{
    AccessDetail, ErrorDetails, GenerateOrganizationsAccessReportRequest,
    GenerateOrganizationsAccessReportResponse, GetOrganizationsAccessReportRequest,
    GetOrganizationsAccessReportResponse, JobStatusType, SortKeyType,
};
use crate::model::organizations::PolicyType;
use crate::state::identity::{AccessJob, AccessJobAbout};
use crate::state::organization::{
    AttachedPolicies, Membership, Organization, OrganizationPolicy, OrganizationalUnit, PolicyId, UnitId,
};
use crate::world::{Fault, World};

/// F-IAMAPI-ORGREP-2 (code and texts *assumed*): why there is no report.
const FAILED: &str = "AccessDenied";
const NO_ENTITY: &str = "The entity path is none of an organization that this account manages.";
const NO_POLICY: &str = "The policy is none of service control of this organization.";

/// GenerateOrganizationsAccessReport. F-IAMAPI-ORGREP-1: whether there is something to report on is told by the report.
///
/// # Errors
/// None of its own.
pub fn generate(
    on: &On<'_>,
    input: GenerateOrganizationsAccessReportRequest,
    world: &mut World<'_>,
) -> Result<GenerateOrganizationsAccessReportResponse, Failure> {
    let about = AccessJobAbout::Organization {
        entity_path: input.entity_path.into_string(),
        policy: input.organizations_policy_id.map(|id| id.into_string()),
    };
    let id = begin(on, about, world)?;
    Ok(GenerateOrganizationsAccessReportResponse { job_id: Some(id.into()) })
}

fn of_organization(job: &AccessJob) -> Option<(String, Option<String>)> {
    match &job.about {
        AccessJobAbout::Organization { entity_path, policy } => Some((entity_path.clone(), policy.clone())),
        AccessJobAbout::Entity { .. } => None,
    }
}

/// What a report tells.
struct Report {
    services: BTreeMap<&'static str, &'static str>,
    /// By namespace: the last use, and the accounts that used it.
    used: BTreeMap<String, Used>,
}

struct Used {
    at: Timestamp,
    region: String,
    path: String,
    accounts: Vec<AccountId>,
}

/// GetOrganizationsAccessReport.
///
/// # Errors
/// F-IAMAPI-LASTACC-1: `NoSuchEntity`; `ValidationError` for a foreign marker.
pub fn get(
    on: &On<'_>,
    input: GetOrganizationsAccessReportRequest,
    world: &World<'_>,
) -> Result<GetOrganizationsAccessReportResponse, Failure> {
    world.take_time()?;
    let id = input.job_id.as_str();
    let ((path, policy), created_at) = job(on, id, of_organization, world)?;
    let report = match Report::new(on, &path, policy.as_deref(), created_at, world)? {
        Ok(report) => report,
        Err(text) => {
            return Ok(GetOrganizationsAccessReportResponse {
                job_status: JobStatusType::Failed,
                job_creation_date: created_at,
                job_completion_date: Some(created_at),
                number_of_services_accessible: None,
                number_of_services_not_accessed: None,
                access_details: None,
                is_truncated: Some(false),
                marker: None,
                error_details: Some(ErrorDetails { message: text.to_owned(), code: FAILED.to_owned() }),
            });
        }
    };
    let accessible = report.services.len();
    let accessed = report.services.keys().filter(|namespace| report.used.contains_key(**namespace)).count();
    let count = |number: usize| i32::try_from(number).ok();
    let key = input.sort_key.unwrap_or(SortKeyType::ServiceNamespaceAscending);
    let details = report.details(key).into_iter().enumerate();
    let size = input.max_items.or_else(|| count(PAGE));
    let pages = Pages::new("GetOrganizationsAccessReport", on, [id, key.as_str()], input.marker, size)?;
    let page = pages.of_list(details.map(|(place, detail)| (format!("{place:06}"), detail)));
    Ok(GetOrganizationsAccessReportResponse {
        job_status: JobStatusType::Completed,
        job_creation_date: created_at,
        job_completion_date: Some(created_at),
        number_of_services_accessible: count(accessible),
        number_of_services_not_accessed: count(accessible - accessed),
        access_details: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker.map(Into::into),
        error_details: None,
    })
}

impl Report {
    /// The report on an entity, by its path: of what the policies on the way leave to it, or of what one policy allows. The
    /// inner error says why there is none.
    fn new(
        on: &On<'_>,
        path: &str,
        policy: Option<&str>,
        until: Timestamp,
        world: &World<'_>,
    ) -> Result<Result<Self, &'static str>, Fault> {
        let Some(ancestry) = Ancestry::of(on.account, world)?.filter(Ancestry::is_management_account) else {
            return Ok(Err(NO_ENTITY));
        };
        let organization = &ancestry.organization;
        let Some(mut levels) = levels(organization, path, world)? else { return Ok(Err(NO_ENTITY)) };
        if let Some(id) = policy {
            let Some(policy) = document(organization, id, world)? else { return Ok(Err(NO_POLICY)) };
            levels = vec![vec![policy]];
        }
        let below = format!("{}/", path.trim_end_matches('/'));
        let mut paths: BTreeMap<AccountId, Option<String>> = BTreeMap::new();
        let mut used: BTreeMap<String, Used> = BTreeMap::new();
        let mut fault = None;
        look_through(None, until, world, &mut |record, namespace, caller| {
            let account = record.recipient_account_id.filter(|_| caller.is_some());
            let Some(account) = account else { return };
            let path = paths.entry(account).or_insert_with(|| match path_below(account, &below, world) {
                Ok(path) => path,
                Err(problem) => {
                    fault = Some(problem);
                    None
                }
            });
            let Some(path) = path else { return };
            let entry = used.entry(namespace).or_insert_with(|| Used {
                at: record.event_time,
                region: record.aws_region.to_string(),
                path: path.clone(),
                accounts: Vec::new(),
            });
            if !entry.accounts.contains(&account) {
                entry.accounts.push(account);
            }
        })?;
        match fault {
            Some(fault) => Err(fault),
            None => Ok(Ok(Self { services: left_by(&levels), used })),
        }
    }

    fn details(self, key: SortKeyType) -> Vec<AccessDetail> {
        let mut details: Vec<AccessDetail> = self
            .services
            .iter()
            .map(|(namespace, name)| {
                let used = self.used.get(*namespace);
                AccessDetail {
                    service_name: (*name).to_owned(),
                    service_namespace: (*namespace).into(),
                    region: used.map(|used| used.region.clone()),
                    entity_path: used.map(|used| used.path.as_str().into()),
                    last_authenticated_time: used.map(|used| used.at),
                    total_authenticated_entities: i32::try_from(used.map_or(0, |it| it.accounts.len())).ok(),
                }
            })
            .collect();
        match key {
            SortKeyType::ServiceNamespaceAscending => {}
            SortKeyType::ServiceNamespaceDescending => details.reverse(),
            SortKeyType::LastAuthenticatedTimeAscending => {
                details.sort_by_key(|detail| detail.last_authenticated_time);
            }
            SortKeyType::LastAuthenticatedTimeDescending => {
                details.sort_by_key(|detail| std::cmp::Reverse(detail.last_authenticated_time));
            }
        }
        details
    }
}

/// The path of an account, if it is at or below a place.
fn path_below(account: AccountId, below: &str, world: &World<'_>) -> Result<Option<String>, Fault> {
    let Some(ancestry) = Ancestry::of(account, world)? else { return Ok(None) };
    let path = format!("{}{account}", ancestry.path());
    Ok(format!("{path}/").starts_with(below).then_some(path))
}

/// The service control policies on the way to an entity, level by level; `None` where the path leads to nothing. They do not
/// bind the management account, and nobody while the type is not enabled.
fn levels(
    organization: &Organization,
    path: &str,
    world: &World<'_>,
) -> Result<Option<Vec<Vec<Policy>>>, Fault> {
    let mut ids = path.trim_end_matches('/').split('/');
    if ids.next() != Some(organization.id.as_str()) {
        return Ok(None);
    }
    let (mut levels, mut parent) = (Vec::new(), None::<String>);
    let mut is_bound = organization.enabled_policy_types.contains(&PolicyType::ServiceControlPolicy);
    for id in ids {
        let attached: AttachedPolicies = if let Ok(account) = id.parse::<AccountId>() {
            let member = world.get::<Membership>(account)?;
            let is_here = |member: &Membership| {
                member.organization_id == organization.id && parent.as_ref() == Some(&member.parent_id)
            };
            let Some(member) = member.filter(|member| is_here(member)) else { return Ok(None) };
            is_bound &= account != organization.management_account;
            member.policies.clone()
        } else {
            let unit = world.get::<OrganizationalUnit>(UnitId(id))?;
            let is_here = |unit: &OrganizationalUnit| {
                unit.organization_id == organization.id && unit.parent_id == parent
            };
            let Some(unit) = unit.filter(|unit| is_here(unit)) else { return Ok(None) };
            unit.policies.clone()
        };
        let mut level = Vec::new();
        for policy in &attached {
            level.extend(document(organization, policy, world)?);
        }
        levels.push(level);
        parent = Some(id.to_owned());
    }
    if parent.is_none() {
        return Ok(None);
    }
    Ok(Some(if is_bound { levels } else { vec![vec![FULL_AWS_ACCESS.clone()]] }))
}

/// The document of a service control policy of the organization.
fn document(organization: &Organization, id: &str, world: &World<'_>) -> Result<Option<Policy>, Fault> {
    if id == FULL_AWS_ACCESS_ID {
        return Ok(Some(FULL_AWS_ACCESS.clone()));
    }
    let policy = world.get::<OrganizationPolicy>(PolicyId(id))?;
    let is_one = |policy: &OrganizationPolicy| {
        policy.kind == PolicyType::ServiceControlPolicy && policy.organization_id == organization.id
    };
    let policy = policy.filter(|policy| is_one(policy));
    Ok(policy.and_then(|policy| policy.document.authorization().cloned()))
}
