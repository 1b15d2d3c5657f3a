//! Tag policies over a whole organization: how many resources do not comply, the report of that, and which tags are
//! required.
//!
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetComplianceSummary.html>

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use aws::arn::AccountId;
use aws::refusal::Refusal;

use super::compliance::TagPolicy;
use super::get_resources::is_of;
use super::model::{
    DescribeReportCreationOutput, GetComplianceSummaryInput, GetComplianceSummaryOutput, GroupByAttribute,
    ListRequiredTagsInput, ListRequiredTagsOutput, RequiredTag, Summary, TargetIdType,
};
use super::resources::{Resource, Resources};
use super::{Call, Pages, REGION};
use crate::authority::ancestry::Ancestry;
use crate::failure::Failure;
use crate::state::organization::{OrganizationEntity, OrganizationEntityId};
use crate::world::World;
use crate::world::key::Prefix;

/// F-TAG-10, recorded.
const NO_ACCESS: &str = "Access to tag policies is not enabled. To enable it, run the AWS Organizations \
    EnableAWSServiceAccess action and specify tagpolicies.tag.amazonaws.com for the service principal.";
/// F-TAG-10 (text *assumed*).
const NOT_MANAGEMENT: &str =
    "This operation can be called from the management account of an organization only.";
const SERVICE: &str = "tagpolicies.tag.amazonaws.com";

/// Rows of a page, unless the caller says otherwise (*assumed*).
const PAGE: usize = 50;
/// F-TAG-10: how many resources are counted in all.
const COUNTED: usize = 100_000;
/// Accounts that are looked up together.
const BATCH: usize = 500;

/// The caller's organization, if the caller manages it and tag policies have trusted access to it.
fn managed(call: &Call<'_>, world: &World<'_>) -> Result<Ancestry, Failure> {
    let refused = |text: &str| Failure::from(Refusal::new("ConstraintViolationException", 400, text));
    let ancestry = Ancestry::of(call.caller.account(), world)?;
    let ancestry = ancestry.ok_or_else(|| refused(NOT_MANAGEMENT))?;
    if !ancestry.is_management_account() {
        return Err(refused(NOT_MANAGEMENT));
    }
    match ancestry.organization.trusts(SERVICE) {
        true => Ok(ancestry),
        false => Err(refused(NO_ACCESS)),
    }
}

/// DescribeReportCreation. Reports go into a bucket of Amazon S3, so none is ever made here.
///
/// # Errors
/// F-TAG-10: `ConstraintViolationException`.
pub(super) fn report(call: &Call<'_>, world: &World<'_>) -> Result<DescribeReportCreationOutput, Failure> {
    managed(call, world)?;
    Ok(DescribeReportCreationOutput { status: Some("NO REPORT".to_owned()), ..Default::default() })
}

/// What rows are told apart by, in the order of rows.
type Group = (Option<AccountId>, Option<&'static str>, Option<&'static str>);

/// GetComplianceSummary, counted now.
///
/// # Errors
/// F-TAG-10: `ConstraintViolationException`; F-TAG-5: `PaginationTokenExpiredException`.
pub(super) fn summary(
    call: &Call<'_>,
    input: &GetComplianceSummaryInput,
    pages: &Pages<'_>,
    world: &World<'_>,
) -> Result<GetComplianceSummaryOutput, Failure> {
    world.take_time()?;
    let organization = managed(call, world)?.organization;
    let after = pages.after(input.pagination_token.as_ref())?;
    let mut counts: BTreeMap<Group, i64> = BTreeMap::new();
    if input.group_by.as_deref().unwrap_or_default().is_empty() {
        // All together is one row, also where it counts nothing.
        counts.insert((None, None, None), 0);
    }
    let regions = input.region_filters.as_deref();
    if regions.is_none_or(|regions| regions.iter().any(|region| region.as_str() == REGION)) {
        let prefix: Prefix<OrganizationEntity> = OrganizationEntityId::within(&organization.id);
        let (mut place, mut left) = (None, COUNTED);
        loop {
            let keys = world.keys(&prefix, place.as_deref(), BATCH)?;
            let is_end = keys.len() < BATCH;
            for key in keys {
                // Accounts come before units.
                let Ok(account) = key.id()?.entity.parse() else { break };
                left = left.saturating_sub(count(call, account, input, left, &mut counts, world)?);
                place = Some(key.place(&prefix).to_owned());
            }
            if is_end || left == 0 {
                break;
            }
        }
    }
    let size = input.max_results.and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE);
    let named = |(account, region, kind): &Group| {
        let account = account.map_or_else(String::new, |account| account.to_string());
        format!("{account} {} {}", region.unwrap_or_default(), kind.unwrap_or_default())
    };
    let mut rest =
        counts.into_iter().filter(|(group, _)| after.as_ref().is_none_or(|after| named(group) > *after));
    let page: Vec<(Group, i64)> = rest.by_ref().take(size).collect();
    let place = rest.next().and_then(|_| page.last().map(|(group, _)| named(group)));
    let rows = page.into_iter().map(|((account, region, kind), count)| Summary {
        last_updated: Some(format!("{:.0}", call.context.now)),
        target_id: account.map(|account| account.as_str().into()),
        target_id_type: account.map(|_| TargetIdType::Account),
        region: region.map(Into::into),
        resource_type: kind.map(Into::into),
        non_compliant_resources: Some(count),
    });
    Ok(GetComplianceSummaryOutput {
        summary_list: Some(rows.collect()),
        pagination_token: Some(pages.token(place.as_deref())),
    })
}

/// Counts an account's resources that do not comply, and says how many were looked at.
fn count(
    call: &Call<'_>,
    account: AccountId,
    input: &GetComplianceSummaryInput,
    most: usize,
    counts: &mut BTreeMap<Group, i64>,
    world: &World<'_>,
) -> Result<usize, Failure> {
    let Some(ancestry) = Ancestry::of(account, world)? else { return Ok(0) };
    let is_target = |id: &str| id == account.as_str() || ancestry.path().split('/').any(|part| part == id);
    let targets = input.target_id_filters.as_deref();
    if targets.is_some_and(|targets| !targets.iter().any(|target| is_target(target.as_str()))) {
        return Ok(0);
    }
    let policy = TagPolicy::at(&ancestry, world)?;
    let groups = input.group_by.as_deref().unwrap_or_default();
    let kinds = input.resource_type_filters.as_deref().unwrap_or_default();
    let mut looked_at = 0;
    let resources = Resources::of(account, Some(call.context.now), world)?;
    resources.walk(None, most, &mut |resource| {
        looked_at += 1;
        let is_wanted = kinds.is_empty() || kinds.iter().any(|kind| is_of(&resource, kind.as_str()));
        if is_wanted && !complies(&policy, &resource, input) {
            let by = |attribute| groups.contains(&attribute);
            let group = (
                by(GroupByAttribute::TargetId).then_some(account),
                by(GroupByAttribute::Region).then_some(REGION),
                by(GroupByAttribute::ResourceType).then_some(resource.kind),
            );
            *counts.entry(group).or_default() += 1;
        }
        ControlFlow::Continue(())
    })?;
    Ok(looked_at)
}

/// Whether a resource complies, as far as the keys go that are asked for.
fn complies(policy: &TagPolicy, resource: &Resource, input: &GetComplianceSummaryInput) -> bool {
    let details = policy.details(resource);
    let Some(keys) = input.tag_key_filters.as_deref() else {
        return details.compliance_status != Some(false);
    };
    let wrong = [details.noncompliant_keys, details.keys_with_noncompliant_values, details.missing_tag_keys];
    !wrong.into_iter().flatten().flatten().any(|key| keys.contains(&key))
}

/// ListRequiredTags: of the account's effective tag policy, by type of resource.
///
/// # Errors
/// F-TAG-5: `PaginationTokenExpiredException`.
pub(super) fn required_tags(
    call: &Call<'_>,
    input: &ListRequiredTagsInput,
    pages: &Pages<'_>,
    world: &World<'_>,
) -> Result<ListRequiredTagsOutput, Failure> {
    let after = pages.after(input.next_token.as_ref())?;
    let mut by_kind: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for tag in TagPolicy::of(call.caller.account(), world)?.tags {
        for kind in tag.required_for {
            by_kind.entry(kind).or_default().push(tag.key.clone());
        }
    }
    let size = input.max_results.and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE);
    let mut rest = by_kind.into_iter().filter(|(kind, _)| after.as_ref().is_none_or(|after| kind > after));
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let place = rest.next().and_then(|_| page.last().map(|(kind, _)| kind.clone()));
    let required = page.into_iter().map(|(kind, keys)| RequiredTag {
        resource_type: Some(kind),
        // F-TAG-9: CloudFormation's names of types are not known here.
        cloud_formation_resource_types: Some(Vec::new()),
        reporting_tag_keys: Some(keys.into_iter().map(Into::into).collect()),
    });
    Ok(ListRequiredTagsOutput {
        required_tags: Some(required.collect()),
        next_token: place.map(|place| pages.token(Some(&place))),
    })
}
