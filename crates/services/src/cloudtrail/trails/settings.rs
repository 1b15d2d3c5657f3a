//! CreateTrail, UpdateTrail and DeleteTrail: a trail's settings, and what is refused of them.

use aws::arn::{Arn, PARTITION};

use super::organization::{self, Place};
use super::{On, bucket, names, of_account, open, refusal, shown, tags};
use crate::cloudtrail::model::{
    CreateTrailRequest, CreateTrailResponse, DeleteTrailRequest, DeleteTrailResponse, UpdateTrailRequest,
    UpdateTrailResponse,
};
use crate::failure::Failure;
use crate::state::trail::{Delivery, DeliveryId, LogGroup, Trail, TrailId};
use crate::world::World;

/// F-TRAILS-QUOTA-1: the most trails of a Region, those of all Regions and of the organization included.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
pub const MOST_TRAILS: usize = 5;

/// CreateTrail. F-TRAILS-CREATE-1: global services are included unless it is said otherwise; everything else is off.
///
/// # Errors
/// F-TRAILS-NAME-1 … -3, F-TRAILS-COMB-1, F-TRAILS-BUCKET-1, F-TRAILS-ORG-1, F-TRAILS-QUOTA-1,
/// `TrailAlreadyExistsException`, and those of tags.
pub(in crate::cloudtrail) fn create(
    on: On<'_>,
    input: CreateTrailRequest,
    world: &mut World<'_>,
) -> Result<CreateTrailResponse, Failure> {
    names::check_trail(&input.name)?;
    let tags = tags::of_new(input.tags_list)?;
    let place = match input.is_organization_trail {
        Some(true) => Some(organization::require_administrator(on, world)?),
        _ => None,
    };
    let account = place.as_ref().map_or(on.account, |place| place.organization.management_account);
    let region = world.region().to_owned();
    let mut trail = Trail {
        account,
        region,
        name: input.name,
        bucket: input.s_3_bucket_name,
        prefix: None,
        sns_topic_arn: None,
        includes_global_services: input.include_global_service_events.unwrap_or(true),
        is_multi_region: input.is_multi_region_trail.unwrap_or(false),
        validates_files: input.enable_log_file_validation.unwrap_or(false),
        logs: None,
        kms_key: None,
        organization: place.as_ref().map(|place| place.organization.id.clone()),
        selectors: None,
        insights: Vec::new(),
        tags,
        created_at: on.context.now,
        logging: Vec::new(),
    };
    set_targets(
        &mut trail,
        Targets {
            prefix: input.s_3_key_prefix,
            sns_topic: input.sns_topic_name,
            log_group: input.cloud_watch_logs_log_group_arn,
            log_role: input.cloud_watch_logs_role_arn,
            kms_key: input.kms_key_id,
        },
    )?;
    check(&trail)?;
    if world.get::<Trail>(TrailId { account, region: &trail.region, name: &trail.name })?.is_some() {
        return Err(refusal::already_exists(&trail.name, account).into());
    }
    check_quota(&trail, world)?;
    bucket::check(&trail, on.context)?;
    if let Some(place) = &place {
        organization::ensure_service_linked_role(place, on, world)?;
    }
    let shown = shown::created(&trail);
    world.save(trail);
    Ok(shown)
}

/// UpdateTrail: what is not given stays. F-TRAILS-BUCKET-3: the bucket is asked again, whatever changes.
///
/// # Errors
/// As [`create`], and as [`open`].
pub(in crate::cloudtrail) fn update(
    on: On<'_>,
    input: UpdateTrailRequest,
    world: &mut World<'_>,
) -> Result<UpdateTrailResponse, Failure> {
    let mut trail = open(&input.name, on, world)?;
    let set = |setting: &mut bool, given: Option<bool>| *setting = given.unwrap_or(*setting);
    let was_multi_region = trail.is_multi_region;
    let logs_before = trail.logs.clone();
    set(&mut trail.includes_global_services, input.include_global_service_events);
    set(&mut trail.is_multi_region, input.is_multi_region_trail);
    set(&mut trail.validates_files, input.enable_log_file_validation);
    if let Some(bucket) = input.s_3_bucket_name {
        trail.bucket = bucket;
    }
    set_targets(
        &mut trail,
        Targets {
            prefix: input.s_3_key_prefix,
            sns_topic: input.sns_topic_name,
            log_group: input.cloud_watch_logs_log_group_arn,
            log_role: input.cloud_watch_logs_role_arn,
            kms_key: input.kms_key_id,
        },
    )?;
    let place = match input.is_organization_trail {
        Some(true) if trail.organization.is_none() => Some(of_organization(&mut trail, on, world)?),
        Some(false) => {
            trail.organization = None;
            None
        }
        _ => None,
    };
    check(&trail)?;
    if trail.is_multi_region && !was_multi_region {
        check_quota(&trail, world)?;
    }
    bucket::check(&trail, on.context)?;
    if let Some(place) = &place {
        organization::ensure_service_linked_role(place, on, world)?;
    }
    if keep_or_begin(&mut trail, logs_before.as_ref(), on) {
        world.delete::<Delivery>(DeliveryId(&trail.log_delivery_name()));
    }
    let shown = shown::updated(&trail);
    world.save(trail);
    Ok(shown)
}

/// F-NOTICE-4: what was recorded before is not for another log group. Says whether it is another one.
fn keep_or_begin(trail: &mut Trail, before: Option<&LogGroup>, on: On<'_>) -> bool {
    let is_other = trail.logs.as_ref().map(|logs| &logs.group_arn) != before.map(|logs| &logs.group_arn);
    if let Some(logs) = &mut trail.logs {
        logs.since = if is_other { Some(on.context.now) } else { before.and_then(|logs| logs.since) };
    }
    is_other
}

/// Makes a trail one of the organization. F-TRAILS-ORG-5 (documented): a member's own trail cannot become one, since that of
/// the organization belongs to the management account.
fn of_organization(trail: &mut Trail, on: On<'_>, world: &World<'_>) -> Result<Place, Failure> {
    let place = organization::require_administrator(on, world)?;
    if place.organization.management_account != trail.account {
        return Err(refusal::not_management().into());
    }
    trail.organization = Some(place.organization.id.clone());
    Ok(place)
}

/// DeleteTrail.
///
/// # Errors
/// As [`open`].
pub(in crate::cloudtrail) fn delete(
    on: On<'_>,
    input: DeleteTrailRequest,
    world: &mut World<'_>,
) -> Result<DeleteTrailResponse, Failure> {
    let trail = open(&input.name, on, world)?;
    world.delete::<Trail>(TrailId { account: trail.account, region: &trail.region, name: &trail.name });
    Ok(DeleteTrailResponse {})
}

/// Where records go, as a request says it. An empty text takes a setting away (F-TRAILS-UPDATE-1, *assumed*).
struct Targets {
    prefix: Option<String>,
    sns_topic: Option<String>,
    log_group: Option<String>,
    log_role: Option<String>,
    kms_key: Option<String>,
}

fn set_targets(trail: &mut Trail, targets: Targets) -> Result<(), Failure> {
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    if let Some(prefix) = targets.prefix {
        names::check_prefix(&prefix)?;
        trail.prefix = filled(prefix.trim_end_matches('/').to_owned());
    }
    if let Some(topic) = targets.sns_topic {
        trail.sns_topic_arn = filled(topic).map(|topic| topic_arn(&topic, trail)).transpose()?;
    }
    if targets.log_group.is_some() || targets.log_role.is_some() {
        let group = targets.log_group.and_then(filled);
        let role = targets.log_role.and_then(filled);
        trail.logs = log_group(group, role)?;
    }
    if let Some(key) = targets.kms_key {
        trail.kms_key = filled(key).map(|key| kms_key_arn(&key, trail));
    }
    Ok(())
}

/// F-TRAILS-SNS-1: a topic is given by its name or its ARN; a name has 1 to 256 letters, digits, `-` and `_` (text
/// *assumed*).
fn topic_arn(topic: &str, trail: &Trail) -> Result<String, Failure> {
    let name = match Arn::parse(topic) {
        Some(arn) if arn.service == "sns" => arn.resource.to_owned(),
        _ => topic.to_owned(),
    };
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.len() > 256 || !name.bytes().all(is_known) {
        return Err(
            refusal::refusal("InvalidSnsTopicNameException", "The SNS topic name is not valid.").into()
        );
    }
    Ok(match topic.starts_with("arn:") {
        true => topic.to_owned(),
        false => format!("arn:{PARTITION}:sns:{}:{}:{name}", trail.region, trail.account),
    })
}

/// F-TRAILS-LOGS-1 (texts *assumed*): a log group comes with the role that may write to it.
fn log_group(group: Option<String>, role: Option<String>) -> Result<Option<LogGroup>, Failure> {
    let is_of = |arn: &str, service: &str, kind: &str| {
        Arn::parse(arn).is_some_and(|arn| arn.service == service && arn.resource.starts_with(kind))
    };
    match (group, role) {
        (None, None) => Ok(None),
        (Some(group), _) if !is_of(&group, "logs", "log-group:") => {
            let text = "The specified CloudWatch Logs log group ARN is not valid.";
            Err(refusal::refusal("InvalidCloudWatchLogsLogGroupArnException", text).into())
        }
        (Some(_), None) => {
            let text = "You must specify a role ARN as well as a log group.";
            Err(refusal::refusal("InvalidCloudWatchLogsRoleArnException", text).into())
        }
        (None, Some(_)) => {
            let text = "You must specify a log group ARN as well as a role.";
            Err(refusal::refusal("InvalidCloudWatchLogsLogGroupArnException", text).into())
        }
        (Some(_), Some(role)) if !is_of(&role, "iam", "role/") => {
            let text = "The specified CloudWatch Logs role ARN is not valid.";
            Err(refusal::refusal("InvalidCloudWatchLogsRoleArnException", text).into())
        }
        (Some(group_arn), Some(role_arn)) => Ok(Some(LogGroup { group_arn, role_arn, since: None })),
    }
}

/// F-TRAILS-KMS-1: a key is shown by its ARN, however it was named. Nothing here knows keys, so each is taken (*own*).
fn kms_key_arn(key: &str, trail: &Trail) -> String {
    let (region, account) = (&trail.region, trail.account);
    match key {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        alias if alias.starts_with("alias/") => format!("arn:{PARTITION}:kms:{region}:{account}:{alias}"),
        id => format!("arn:{PARTITION}:kms:{region}:{account}:key/{id}"),
    }
}

/// # Errors
/// F-TRAILS-COMB-1: a trail of all Regions includes global services (documented; text *assumed*).
fn check(trail: &Trail) -> Result<(), Failure> {
    names::check_bucket(&trail.bucket)?;
    if trail.is_multi_region && !trail.includes_global_services {
        return Err(refusal::combination("Multi-Region trail must include global service events.").into());
    }
    Ok(())
}

fn check_quota(trail: &Trail, world: &World<'_>) -> Result<(), Failure> {
    let is_here = |other: &Trail| other.region == trail.region || other.is_multi_region;
    let is_other = |other: &Trail| (&other.region, &other.name) != (&trail.region, &trail.name);
    let others = of_account(trail.account, world)?;
    if others.iter().filter(|other| is_here(other) && is_other(other)).count() >= MOST_TRAILS {
        return Err(refusal::too_many_trails(trail.account, MOST_TRAILS, &trail.region).into());
    }
    Ok(())
}
