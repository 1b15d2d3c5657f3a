//! Increases that an account asks for, and what became of them.

use std::sync::Arc;

use aws::arn::PARTITION;
use aws::refusal::Refusal;
use serde_json::json;

use super::list::page;
use super::model::{
    AppliedLevelEnum, GetRequestedServiceQuotaChangeRequest, GetRequestedServiceQuotaChangeResponse,
    ListRequestedServiceQuotaChangeHistoryByQuotaRequest,
    ListRequestedServiceQuotaChangeHistoryByQuotaResponse, ListRequestedServiceQuotaChangeHistoryRequest,
    ListRequestedServiceQuotaChangeHistoryResponse, RequestServiceQuotaIncreaseRequest,
    RequestServiceQuotaIncreaseResponse, RequestStatus, RequestedServiceQuotaChange,
};
use super::quota::Quota;
use super::{Call, NO_CONTEXT, NO_REQUEST, illegal, no_such};
use crate::failure::Failure;
use crate::state::quota::{QuotaRequest, QuotaRequests, SHOWN_FOR};
use crate::world::{Fault, World};

/// F-SVCQ-6: both recorded.
const NOT_GREATER: &str = "You must provide a quota value greater than the current quota value";
const ONE_OPEN: &str = "Only one open service quota increase request is allowed per quota.";
/// F-SVCQ-6 (texts *assumed*).
const NOT_ADJUSTABLE: &str = "The specified service quota is not adjustable.";
const NOT_WHOLE: &str = "The desired value of this quota must be a whole number.";

/// The letters of an id: 32 hexadecimal digits and eight more letters, as in public answers.
const HEXADECIMAL: &[u8] = b"0123456789abcdef";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The request as answers show it, with this status.
fn shown(call: &Call<'_>, request: &QuotaRequest, status: RequestStatus) -> RequestedServiceQuotaChange {
    let account = call.caller.account();
    let quota = Quota::find(&request.service, &request.quota);
    let arn = format!("arn:{PARTITION}:servicequotas::{account}:{}/{}", request.service, request.quota);
    let requester = json!({ "accountId": account.as_str(), "callerArn": request.requester });
    RequestedServiceQuotaChange {
        id: Some(request.id.as_str().into()),
        service_code: Some(request.service.as_str().into()),
        service_name: quota.map(|quota| quota.service.name.to_owned()),
        quota_code: Some(request.quota.as_str().into()),
        quota_name: quota.map(|quota| quota.name.to_owned()),
        desired_value: Some(request.desired.into()),
        status: Some(status),
        created: Some(request.created_at),
        last_updated: (status != RequestStatus::Pending).then_some(request.decided_at),
        requester: Some(requester.to_string()),
        quota_arn: Some(arn),
        global_quota: Some(true),
        unit: Some("None".to_owned()),
        quota_requested_at_level: Some(AppliedLevelEnum::Account),
        ..RequestedServiceQuotaChange::default()
    }
}

/// F-SVCQ-5: what became of a request until now.
fn status(call: &Call<'_>, request: &QuotaRequest) -> RequestStatus {
    match (request.is_decided(call.context.now), request.is_granted) {
        (false, _) => RequestStatus::Pending,
        (true, true) => RequestStatus::Approved,
        (true, false) => RequestStatus::NotApproved,
    }
}

fn requests(call: &Call<'_>, world: &World<'_>) -> Result<QuotaRequests, Fault> {
    let requests = world.get::<QuotaRequests>(call.caller.account())?;
    Ok(requests.map_or_else(QuotaRequests::default, Arc::unwrap_or_clone))
}

/// RequestServiceQuotaIncrease. F-SVCQ-5: it is decided after a delay: granted up to what an account can have at most.
///
/// # Errors
/// F-SVCQ-6: `NoSuchResourceException`, `IllegalArgumentException`, `ResourceAlreadyExistsException`.
pub(super) fn request(
    call: &Call<'_>,
    input: &RequestServiceQuotaIncreaseRequest,
    world: &mut World<'_>,
) -> Result<RequestServiceQuotaIncreaseResponse, Failure> {
    let quota = call.quota(input.service_code.as_str(), input.quota_code.as_str())?;
    if input.context_id.is_some() {
        return Err(no_such(NO_CONTEXT));
    }
    if !quota.is_adjustable() {
        return Err(illegal(NOT_ADJUSTABLE));
    }
    let desired = input.desired_value;
    if desired <= f64::from(call.applied(quota, world)?) {
        return Err(illegal(NOT_GREATER));
    }
    // More than any quota can be is refused in time, however much more.
    let whole = format!("{:.0}", desired.min(f64::from(u32::MAX)));
    let whole = whole.parse::<u32>().ok().filter(|_| desired.fract() == 0.0);
    let whole = whole.ok_or_else(|| illegal(NOT_WHOLE))?;
    let (context, mut requests) = (call.context, requests(call, world)?);
    let is_open = |request: &QuotaRequest| request.quota == quota.code && !request.is_decided(context.now);
    if requests.requests.iter().any(is_open) {
        return Err(Refusal::new("ResourceAlreadyExistsException", 400, ONE_OPEN).into());
    }
    let request = QuotaRequest {
        id: context.seed.text("quota request", HEXADECIMAL, 32) + &context.seed.text("case", ALPHANUMERIC, 8),
        service: quota.service.code.to_owned(),
        quota: quota.code.to_owned(),
        desired: whole,
        requester: call.caller.principal.arn(),
        created_at: context.now,
        decided_at: context.after(context.delays.quota_decision),
        is_granted: whole <= quota.most,
    };
    let answer = shown(call, &request, RequestStatus::Pending);
    requests.add(request, context.now);
    world.put(call.caller.account(), requests);
    Ok(RequestServiceQuotaIncreaseResponse { requested_quota: Some(answer) })
}

/// GetRequestedServiceQuotaChange.
///
/// # Errors
/// F-SVCQ-6: `NoSuchResourceException`.
pub(super) fn get(
    call: &Call<'_>,
    input: &GetRequestedServiceQuotaChangeRequest,
    world: &World<'_>,
) -> Result<GetRequestedServiceQuotaChangeResponse, Failure> {
    let requests = requests(call, world)?.requests;
    let found = requests.iter().find(|request| request.id == input.request_id.as_str());
    let found = found.ok_or_else(|| no_such(NO_REQUEST))?;
    Ok(GetRequestedServiceQuotaChangeResponse {
        requested_quota: Some(shown(call, found, status(call, found))),
    })
}

/// The requests of the last 90 days that are wanted, the newest first. F-SVCQ-5
fn recent(
    call: &Call<'_>,
    wanted_status: Option<RequestStatus>,
    level: Option<AppliedLevelEnum>,
    is_wanted: impl Fn(&QuotaRequest) -> bool,
    world: &World<'_>,
) -> Result<Vec<(String, RequestedServiceQuotaChange)>, Fault> {
    let oldest = call.context.now.saturating_sub(SHOWN_FOR).unwrap_or(jiff::Timestamp::MIN);
    let requests = requests(call, world)?.requests;
    let shown = requests.iter().enumerate().rev().filter_map(|(place, request)| {
        let status = status(call, request);
        let is_shown = request.created_at >= oldest
            && is_wanted(request)
            && wanted_status.is_none_or(|wanted| wanted == status)
            && level != Some(AppliedLevelEnum::Resource);
        is_shown.then(|| (format!("{:06}", 999_999 - place), shown(call, request, status)))
    });
    Ok(shown.collect())
}

/// ListRequestedServiceQuotaChangeHistory.
///
/// # Errors
/// F-SVCQ-6: `InvalidPaginationTokenException`.
pub(super) fn history(
    call: &Call<'_>,
    input: &ListRequestedServiceQuotaChangeHistoryRequest,
    world: &World<'_>,
) -> Result<ListRequestedServiceQuotaChangeHistoryResponse, Failure> {
    let service = input.service_code.as_ref().map(|service| service.as_str());
    let is_wanted = |request: &QuotaRequest| service.is_none_or(|service| request.service == service);
    let all = recent(call, input.status, input.quota_requested_at_level, is_wanted, world)?;
    let filter = [service.unwrap_or_default(), input.status.map_or("", RequestStatus::as_str)];
    let asked = (input.next_token.as_ref(), input.max_results);
    let (requested, next_token) = page(call, filter, asked, all)?;
    Ok(ListRequestedServiceQuotaChangeHistoryResponse { next_token, requested_quotas: Some(requested) })
}

/// ListRequestedServiceQuotaChangeHistoryByQuota.
///
/// # Errors
/// F-SVCQ-6: `NoSuchResourceException`, `InvalidPaginationTokenException`.
pub(super) fn history_of_quota(
    call: &Call<'_>,
    input: &ListRequestedServiceQuotaChangeHistoryByQuotaRequest,
    world: &World<'_>,
) -> Result<ListRequestedServiceQuotaChangeHistoryByQuotaResponse, Failure> {
    let quota = call.quota(input.service_code.as_str(), input.quota_code.as_str())?;
    let is_wanted = |request: &QuotaRequest| request.quota == quota.code;
    let all = recent(call, input.status, input.quota_requested_at_level, is_wanted, world)?;
    let filter = [quota.code, input.status.map_or("", RequestStatus::as_str)];
    let asked = (input.next_token.as_ref(), input.max_results);
    let (requested, next_token) = page(call, filter, asked, all)?;
    Ok(ListRequestedServiceQuotaChangeHistoryByQuotaResponse {
        next_token,
        requested_quotas: Some(requested),
    })
}
