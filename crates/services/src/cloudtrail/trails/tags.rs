//! AddTags, RemoveTags and ListTags. Only trails have tags here.

use std::collections::{BTreeMap, BTreeSet};

use aws::refusal::Refusal;

use super::{Named, On, open, refusal, seen};
use crate::cloudtrail::model::{
    AddTagsRequest, AddTagsResponse, ListTagsRequest, ListTagsResponse, RemoveTagsRequest,
    RemoveTagsResponse, ResourceTag, Tag,
};
use crate::failure::Failure;
use crate::world::World;

/// F-TRAILS-TAG-1: the most tags of a trail, and the most trails of one ListTags (documented).
const MOST: usize = 50;
const MOST_LISTED: usize = 20;

/// The tags of a new trail.
///
/// # Errors
/// As [`add`].
pub(super) fn of_new(given: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tags = BTreeMap::new();
    merge(&mut tags, given.unwrap_or_default())?;
    Ok(tags)
}

fn merge(tags: &mut BTreeMap<String, String>, given: Vec<Tag>) -> Result<(), Refusal> {
    let mut keys = BTreeSet::new();
    for tag in given {
        let key = tag.key.into_string();
        if key.to_lowercase().starts_with("aws:") {
            return Err(refusal::invalid_tag("Tag keys beginning with aws: are reserved for system use."));
        }
        if !keys.insert(key.clone()) {
            return Err(refusal::invalid_tag("Duplicate tag keys found."));
        }
        tags.insert(key, tag.value.map(|value| value.into_string()).unwrap_or_default());
    }
    if tags.len() > MOST {
        return Err(refusal::too_many_tags(MOST));
    }
    Ok(())
}

/// # Errors
/// F-TRAILS-TAG-2: a trail is named by its ARN: `CloudTrailARNInvalidException`; what is no trail is
/// `ResourceTypeNotSupportedException`, a trail that is not there `ResourceNotFoundException` (texts *assumed*).
fn check_id(id: &str) -> Result<(), Failure> {
    let parts = aws::arn::Arn::parse(id).filter(|arn| arn.service == "cloudtrail");
    let Some(arn) = parts else { return Err(refusal::invalid_arn(id).into()) };
    if !arn.resource.starts_with("trail/") {
        return Err(refusal::unsupported_resource(id).into());
    }
    Ok(())
}

fn absent(id: &str) -> Refusal {
    refusal::refusal("ResourceNotFoundException", format!("The specified resource {id} was not found."))
}

/// As [`open`], with the exception that tags have for what is not there.
fn open_tagged(id: &str, on: On<'_>, world: &World<'_>) -> Result<crate::state::trail::Trail, Failure> {
    check_id(id)?;
    match open(id, on, world) {
        Err(Failure::Refused(refused)) if refused.code == "TrailNotFoundException" => Err(absent(id).into()),
        opened => opened,
    }
}

/// AddTags: adds tags or changes their values.
///
/// # Errors
/// F-TRAILS-TAG-1 and -2: `InvalidTagParameterException`, `TagsLimitExceededException`.
pub(in crate::cloudtrail) fn add(
    on: On<'_>,
    input: AddTagsRequest,
    world: &mut World<'_>,
) -> Result<AddTagsResponse, Failure> {
    let mut trail = open_tagged(&input.resource_id, on, world)?;
    merge(&mut trail.tags, input.tags_list)?;
    world.save(trail);
    Ok(AddTagsResponse {})
}

/// RemoveTags: F-TRAILS-TAG-3: a tag that is given with a value is removed only if it has that value (*assumed*); one that is
/// not there is passed over.
///
/// # Errors
/// F-TRAILS-TAG-2.
pub(in crate::cloudtrail) fn remove(
    on: On<'_>,
    input: RemoveTagsRequest,
    world: &mut World<'_>,
) -> Result<RemoveTagsResponse, Failure> {
    let mut trail = open_tagged(&input.resource_id, on, world)?;
    for tag in &input.tags_list {
        let (key, value) = (tag.key.as_str(), tag.value.as_ref().map(|value| value.as_str()));
        let is_meant = |stored: &String| value.is_none_or(|value| value == stored);
        if trail.tags.get(key).is_some_and(is_meant) {
            trail.tags.remove(key);
        }
    }
    world.save(trail);
    Ok(RemoveTagsResponse {})
}

/// ListTags, of up to 20 trails.
///
/// # Errors
/// F-TRAILS-TAG-2.
pub(in crate::cloudtrail) fn list(
    on: On<'_>,
    input: ListTagsRequest,
    world: &World<'_>,
) -> Result<ListTagsResponse, Failure> {
    if input.resource_id_list.len() > MOST_LISTED {
        let text = format!("The resource ID list can have up to {MOST_LISTED} resources.");
        return Err(refusal::invalid_parameter(text).into());
    }
    let mut all = Vec::new();
    for id in input.resource_id_list {
        check_id(&id)?;
        let trail = seen(&Named::read(&id)?, on, world)?.ok_or_else(|| absent(&id))?;
        let tag = |(key, value): (&String, &String)| Tag {
            key: key.as_str().into(),
            value: Some(value.as_str()).filter(|value| !value.is_empty()).map(Into::into),
        };
        let tags_list = Some(trail.tags.iter().map(tag).collect());
        all.push(ResourceTag { resource_id: Some(id), tags_list });
    }
    Ok(ListTagsResponse { resource_tag_list: Some(all), next_token: None })
}
