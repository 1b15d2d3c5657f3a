//! A trail as answers show it. The model has three shapes for it, which share most of their members.

use crate::cloudtrail::model::{self, CreateTrailResponse, UpdateTrailResponse};
use crate::state::trail::Trail;

/// A shape of the model with the members that all three have, and more.
macro_rules! shown {
    ($trail:ident as $shape:path { $($member:ident: $value:expr),* $(,)? }) => {{
        let logs = $trail.logs.as_ref();
        $shape {
            name: Some($trail.name.clone()),
            s_3_bucket_name: Some($trail.bucket.clone()),
            s_3_key_prefix: $trail.prefix.clone(),
            sns_topic_name: $trail.sns_topic_arn.clone(),
            sns_topic_arn: $trail.sns_topic_arn.clone(),
            include_global_service_events: Some($trail.includes_global_services),
            is_multi_region_trail: Some($trail.is_multi_region),
            trail_arn: Some($trail.arn()),
            log_file_validation_enabled: Some($trail.validates_files),
            cloud_watch_logs_log_group_arn: logs.map(|logs| logs.group_arn.clone()),
            cloud_watch_logs_role_arn: logs.map(|logs| logs.role_arn.clone()),
            kms_key_id: $trail.kms_key.clone(),
            is_organization_trail: Some($trail.organization.is_some()),
            recursive_logging: None,
            $($member: $value,)*
        }
    }};
}

/// As CreateTrail answers.
pub(super) fn created(trail: &Trail) -> CreateTrailResponse {
    shown!(trail as CreateTrailResponse {})
}

/// As UpdateTrail answers.
pub(super) fn updated(trail: &Trail) -> UpdateTrailResponse {
    shown!(trail as UpdateTrailResponse {})
}

/// As GetTrail and DescribeTrails answer.
pub(super) fn described(trail: &Trail) -> model::Trail {
    shown!(trail as model::Trail {
        home_region: Some(trail.region.clone()),
        has_custom_event_selectors: Some(trail.selectors.is_some()),
        has_insight_selectors: Some(!trail.insights.is_empty()),
    })
}
