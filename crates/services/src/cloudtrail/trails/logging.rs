//! StartLogging, StopLogging and GetTrailStatus.

use aws::trail::whole_seconds;
use jiff::Timestamp;

use super::{On, find, open};
use crate::cloudtrail::model::{
    GetTrailStatusRequest, GetTrailStatusResponse, StartLoggingRequest, StartLoggingResponse,
    StopLoggingRequest, StopLoggingResponse,
};
use crate::failure::Failure;
use crate::state::trail::{Attempts, Delivery, DeliveryId};
use crate::world::{Fault, World};

/// StartLogging. F-TRAILS-LOG-1: doing it twice changes nothing.
///
/// # Errors
/// As [`open`].
pub(in crate::cloudtrail) fn start(
    on: On<'_>,
    input: StartLoggingRequest,
    world: &mut World<'_>,
) -> Result<StartLoggingResponse, Failure> {
    let mut trail = open(&input.name, on, world)?;
    if !trail.is_logging() {
        trail.start(on.context.now);
        world.save(trail);
    }
    Ok(StartLoggingResponse {})
}

/// StopLogging. F-TRAILS-LOG-1.
///
/// # Errors
/// As [`open`].
pub(in crate::cloudtrail) fn stop(
    on: On<'_>,
    input: StopLoggingRequest,
    world: &mut World<'_>,
) -> Result<StopLoggingResponse, Failure> {
    let mut trail = open(&input.name, on, world)?;
    if trail.is_logging() {
        trail.stop(on.context.now);
        world.save(trail);
    }
    Ok(StopLoggingResponse {})
}

/// GetTrailStatus. F-TRAILS-STATUS-1: what has not happened is an empty text where the member is a text, and absent
/// where it is a time.
///
/// # Errors
/// As [`find`].
pub(in crate::cloudtrail) fn status(
    on: On<'_>,
    input: GetTrailStatusRequest,
    world: &World<'_>,
) -> Result<GetTrailStatusResponse, Failure> {
    let trail = find(&input.name, on, world)?;
    let delivery_to = |name: String| -> Result<Delivery, Fault> {
        let delivery = world.get::<Delivery>(DeliveryId(&name))?;
        let delivery = delivery.filter(|delivery| delivery.of_trail_created_at == Some(trail.created_at));
        Ok(delivery.as_deref().cloned().unwrap_or_default())
    };
    let delivery = delivery_to(trail.delivery_name())?;
    let logs = match &trail.logs {
        Some(_) => delivery_to(trail.log_delivery_name())?.files,
        None => Attempts::default(),
    };
    let text = |time: Option<Timestamp>| Some(time.map_or_else(String::new, whole_seconds));
    let second =
        |time: Option<Timestamp>| time.and_then(|time| Timestamp::from_second(time.as_second()).ok());
    Ok(GetTrailStatusResponse {
        is_logging: Some(trail.is_logging()),
        latest_delivery_error: delivery.files.error,
        latest_notification_error: delivery.notifications.error,
        latest_delivery_time: second(delivery.delivered_at),
        latest_notification_time: second(delivery.notifications.succeeded_at),
        start_logging_time: second(trail.started_at()),
        stop_logging_time: second(trail.stopped_at()),
        latest_cloud_watch_logs_delivery_error: logs.error,
        latest_cloud_watch_logs_delivery_time: second(logs.succeeded_at),
        latest_digest_delivery_time: second(delivery.digests.succeeded_at),
        latest_digest_delivery_error: delivery.digests.error,
        latest_delivery_attempt_time: text(delivery.files.at),
        latest_notification_attempt_time: text(delivery.notifications.at),
        latest_notification_attempt_succeeded: text(delivery.notifications.succeeded_at),
        latest_delivery_attempt_succeeded: text(delivery.files.succeeded_at),
        time_logging_started: text(trail.started_at()),
        time_logging_stopped: text(trail.stopped_at()),
    })
}
