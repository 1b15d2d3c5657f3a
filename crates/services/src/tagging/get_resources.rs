//! GetResources: what has tags, by tags and types, or by ARNs.
//!
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>

use std::ops::ControlFlow;

use aws::refusal::Refusal;

use super::compliance::TagPolicy;
use super::model::{GetResourcesInput, GetResourcesOutput, ResourceTagMapping, Tag, TagFilter};
use super::resources::{Resource, Resources};
use super::tag_resources::refuse_malformed;
use super::{Call, Pages, invalid};
use crate::failure::Failure;
use crate::world::World;

/// Resources of a page, unless the caller says otherwise (reference).
const PAGE: usize = 50;
/// How many resources are looked at for one page. Where filters leave few of them it is a short one, and goes on.
const LOOKED_AT: usize = 1_000;

/// F-TAG-4, recorded.
const DETAILS_NEEDED: &str = "You must specify the IncludeComplianceDetails parameter and set it to true.";
const FILTERS_WITH_LIST: &str = "Filters is not allowed when providing a resource list.";
/// F-TAG-4 (texts *assumed*).
const TYPES_WITH_LIST: &str = "ResourceTypeFilters is not allowed when providing a resource list.";
const PAGES_WITH_LIST: &str = "Pagination is not allowed when providing a resource list.";
const PER_PAGE: &str = "ResourcesPerPage must be between 1 and 100.";
const TAGS_PER_PAGE: &str = "TagsPerPage must be a multiple of 100 between 100 and 500.";

/// GetResources.
///
/// # Errors
/// F-TAG-4: `InvalidParameterException`; F-TAG-5: `PaginationTokenExpiredException`.
pub(super) fn get(
    call: &Call<'_>,
    input: &GetResourcesInput,
    pages: &Pages<'_>,
    world: &World<'_>,
) -> Result<GetResourcesOutput, Failure> {
    let includes_details = input.include_compliance_details == Some(true);
    if input.exclude_compliant_resources == Some(true) && !includes_details {
        return Err(invalid(DETAILS_NEEDED).into());
    }
    let asked = Asked::read(input)?;
    let after = pages.after(input.pagination_token.as_ref())?;
    let empty =
        GetResourcesOutput { pagination_token: Some("".into()), resource_tag_mapping_list: Some(Vec::new()) };
    if !call.is_where_resources_stand() {
        return Ok(empty);
    }
    let account = call.caller.account();
    let policy = match includes_details {
        true => Some(TagPolicy::of(account, world)?),
        false => None,
    };
    let shown = |resource: Resource| {
        let compliance_details = policy.as_ref().map(|policy| policy.details(&resource));
        let is_wanted = input.exclude_compliant_resources != Some(true)
            || compliance_details.as_ref().is_some_and(|details| details.compliance_status == Some(false));
        is_wanted.then(|| mapping(resource, compliance_details))
    };
    let resources = Resources::of(account, Some(call.context.now), world)?;
    let mut page = Vec::new();
    if let Some(arns) = &input.resource_arn_list {
        for arn in arns {
            let found = resources.find(arn.as_str())?.filter(|resource| !resource.tags.is_empty());
            page.extend(found.and_then(&shown));
        }
        return Ok(GetResourcesOutput { resource_tag_mapping_list: Some(page), ..empty });
    }
    let mut tags = 0;
    let continues = resources.walk(after.as_deref(), LOOKED_AT, &mut |resource| {
        if !asked.includes(&resource) {
            return ControlFlow::Continue(());
        }
        let of_resource = resource.tags.len();
        let Some(mapping) = shown(resource) else { return ControlFlow::Continue(()) };
        if page.len() == asked.page || !page.is_empty() && tags + of_resource > asked.tags {
            return ControlFlow::Break(());
        }
        tags += of_resource;
        page.push(mapping);
        ControlFlow::Continue(())
    })?;
    Ok(GetResourcesOutput {
        pagination_token: Some(pages.token(continues.as_deref())),
        resource_tag_mapping_list: Some(page),
    })
}

fn mapping(
    resource: Resource,
    compliance_details: Option<super::model::ComplianceDetails>,
) -> ResourceTagMapping {
    let tags = resource.tags.into_iter().map(|(key, value)| Tag { key: key.into(), value: value.into() });
    ResourceTagMapping {
        resource_arn: Some(resource.arn.into()),
        tags: Some(tags.collect()),
        compliance_details,
    }
}

/// What is asked for, checked.
struct Asked<'i> {
    filters: &'i [TagFilter],
    kinds: Vec<&'i str>,
    page: usize,
    tags: usize,
}

impl<'i> Asked<'i> {
    fn read(input: &'i GetResourcesInput) -> Result<Self, Refusal> {
        let filters = input.tag_filters.as_deref().unwrap_or_default();
        let kinds: Vec<&str> =
            input.resource_type_filters.iter().flatten().map(|kind| kind.as_str()).collect();
        let number = |given: Option<i32>, usual: usize| match given {
            Some(given) => usize::try_from(given).unwrap_or(0),
            None => usual,
        };
        let page = number(input.resources_per_page, PAGE);
        let tags = number(input.tags_per_page, usize::MAX);
        if let Some(arns) = &input.resource_arn_list {
            refuse_malformed(arns.iter().map(|arn| arn.as_str()))?;
            let has_token = input.pagination_token.as_ref().is_some_and(|token| !token.as_str().is_empty());
            let pages = has_token || input.resources_per_page.is_some() || input.tags_per_page.is_some();
            let misplaced = [
                (!filters.is_empty(), FILTERS_WITH_LIST),
                (!kinds.is_empty(), TYPES_WITH_LIST),
                (pages, PAGES_WITH_LIST),
            ];
            if let Some((_, text)) = misplaced.iter().find(|(is_there, _)| *is_there) {
                return Err(invalid(*text));
            }
        }
        if let Some(kind) = kinds.iter().find(|kind| !is_a_type(kind)) {
            return Err(invalid(format!("{kind} is unsupported ResourceType.")));
        }
        if !(1..=100).contains(&page) {
            return Err(invalid(PER_PAGE));
        }
        if tags != usize::MAX && (!(100..=500).contains(&tags) || !tags.is_multiple_of(100)) {
            return Err(invalid(TAGS_PER_PAGE));
        }
        Ok(Self { filters, kinds, page, tags })
    }

    /// F-TAG-7: whether a resource is of one of the types and has a tag for every filter.
    fn includes(&self, resource: &Resource) -> bool {
        (self.kinds.is_empty() || self.kinds.iter().any(|kind| is_of(resource, kind)))
            && self.filters.iter().all(|filter| passes(filter, resource))
    }
}

/// F-TAG-4: a type is a service, or a service and what it has; one that nobody has is none of ours and fits nothing.
fn is_a_type(text: &str) -> bool {
    let (service, kind) = text.split_once(':').unwrap_or((text, "any"));
    !service.is_empty() && !kind.is_empty()
}

/// Whether a resource is of a type: `iam:policy`, or `iam` for all of a service.
pub(super) fn is_of(resource: &Resource, kind: &str) -> bool {
    resource.kind == kind || resource.kind.split_once(':').is_some_and(|(service, _)| service == kind)
}

fn passes(filter: &TagFilter, resource: &Resource) -> bool {
    let Some(key) = &filter.key else { return true };
    let values = filter.values.as_deref().unwrap_or_default();
    resource
        .tags
        .get(key.as_str())
        .is_some_and(|value| values.is_empty() || values.iter().any(|wanted| wanted.as_str() == value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_a_service_or_a_service_and_a_kind_f_tag_4() {
        for (text, expected) in [
            ("iam", true),
            ("iam:policy", true),
            ("no-such:type", true),
            ("", false),
            (":policy", false),
            ("iam:", false),
        ] {
            assert_eq!(is_a_type(text), expected, "{text}");
        }
    }
}
