//! Services and their quotas, as every account has them and as this one has.

use aws::arn::PARTITION;
use aws::refusal::Refusal;

use super::model::{
    AppliedLevelEnum, GetAWSDefaultServiceQuotaRequest, GetAWSDefaultServiceQuotaResponse,
    GetServiceQuotaRequest, GetServiceQuotaResponse, ListAWSDefaultServiceQuotasRequest,
    ListAWSDefaultServiceQuotasResponse, ListServiceQuotasRequest, ListServiceQuotasResponse,
    ListServicesRequest, ListServicesResponse, NextToken, ServiceInfo, ServiceQuota,
};
use super::quota::{ALL, Quota, SERVICES};
use super::{Call, NO_CONTEXT, REGION, no_such};
use crate::failure::Failure;
use crate::page_token::Binding;
use crate::world::World;

/// Entries of a page, unless the caller asks for fewer (reference).
const PAGE: usize = 100;

/// A quota with its default; `value` is what the account has, where the account is asked for.
fn shown(call: &Call<'_>, quota: &Quota, value: Option<u32>) -> ServiceQuota {
    let account = call.caller.account();
    // F-SVCQ-1: defaults belong to no account (recorded).
    let owner = if value.is_some() { account.as_str() } else { "" };
    ServiceQuota {
        service_code: Some(quota.service.code.into()),
        service_name: Some(quota.service.name.to_owned()),
        quota_arn: Some(format!(
            "arn:{PARTITION}:servicequotas::{owner}:{}/{}",
            quota.service.code, quota.code
        )),
        quota_code: Some(quota.code.into()),
        quota_name: Some(quota.name.to_owned()),
        value: Some(value.unwrap_or(quota.default).into()),
        unit: Some("None".to_owned()),
        adjustable: Some(quota.is_adjustable()),
        global_quota: Some(true),
        quota_applied_at_level: Some(AppliedLevelEnum::Account),
        ..ServiceQuota::default()
    }
}

/// A page of a list whose entries come in the order of their keys.
///
/// # Errors
/// F-SVCQ-6: `InvalidPaginationTokenException` for a token that this list was not given.
pub(super) fn page<'a, T>(
    call: &Call<'_>,
    filter: impl IntoIterator<Item = &'a str>,
    (token, size): (Option<&NextToken>, Option<i32>),
    all: impl IntoIterator<Item = (String, T)>,
) -> Result<(Vec<T>, Option<NextToken>), Failure> {
    let binding = Binding::new(call.operation.name(), call.caller.account(), filter);
    let key = &call.context.token_key;
    // The model takes tokens of the other alphabet of base 64 only.
    let after = match token.map(|token| token.as_str().replace('+', "-").replace('/', "_")) {
        None => None,
        Some(token) => Some(binding.open(&token, key).ok_or_else(|| {
            Refusal::new("InvalidPaginationTokenException", 400, "The pagination token is invalid.")
        })?),
    };
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE);
    let mut rest = all.into_iter().filter(|(place, _)| after.as_ref().is_none_or(|after| place > after));
    let (mut page, mut last) = (Vec::new(), String::new());
    for (place, entry) in rest.by_ref().take(size) {
        page.push(entry);
        last = place;
    }
    let next = rest.next().map(|_| binding.seal(&last, key).replace('-', "+").replace('_', "/"));
    Ok((page, next.map(Into::into)))
}

/// GetServiceQuota.
///
/// # Errors
/// F-SVCQ-6: `NoSuchResourceException`.
pub(super) fn get(
    call: &Call<'_>,
    input: &GetServiceQuotaRequest,
    world: &World<'_>,
) -> Result<GetServiceQuotaResponse, Failure> {
    let quota = call.quota(input.service_code.as_str(), input.quota_code.as_str())?;
    if input.context_id.is_some() {
        return Err(no_such(NO_CONTEXT));
    }
    let value = call.applied(quota, world)?;
    Ok(GetServiceQuotaResponse { quota: Some(shown(call, quota, Some(value))) })
}

/// ListServiceQuotas, in the order of codes.
///
/// # Errors
/// F-SVCQ-6: `NoSuchResourceException`, `InvalidPaginationTokenException`.
pub(super) fn quotas(
    call: &Call<'_>,
    input: &ListServiceQuotasRequest,
    world: &World<'_>,
) -> Result<ListServiceQuotasResponse, Failure> {
    let service = call.service(input.service_code.as_str())?;
    let only = match &input.quota_code {
        Some(code) => Some(call.quota(service.code, code.as_str())?),
        None => None,
    };
    let is_of_resources = input.quota_applied_at_level == Some(AppliedLevelEnum::Resource);
    let mut all = Vec::new();
    for quota in ALL.iter().filter(|quota| quota.service == service && !is_of_resources) {
        if only.is_none_or(|only| only == *quota) {
            let value = call.applied(quota, world)?;
            all.push((quota.code.to_owned(), shown(call, quota, Some(value))));
        }
    }
    let filter = [service.code, only.map_or("", |only| only.code)];
    let (quotas, next_token) = page(call, filter, (input.next_token.as_ref(), input.max_results), all)?;
    Ok(ListServiceQuotasResponse { next_token, quotas: Some(quotas) })
}

/// GetAWSDefaultServiceQuota.
///
/// # Errors
/// F-SVCQ-6: `NoSuchResourceException`.
pub(super) fn get_default(
    call: &Call<'_>,
    input: &GetAWSDefaultServiceQuotaRequest,
) -> Result<GetAWSDefaultServiceQuotaResponse, Failure> {
    let quota = call.quota(input.service_code.as_str(), input.quota_code.as_str())?;
    Ok(GetAWSDefaultServiceQuotaResponse { quota: Some(shown(call, quota, None)) })
}

/// ListAWSDefaultServiceQuotas, in the order of codes.
///
/// # Errors
/// F-SVCQ-6: `NoSuchResourceException`, `InvalidPaginationTokenException`.
pub(super) fn defaults(
    call: &Call<'_>,
    input: &ListAWSDefaultServiceQuotasRequest,
) -> Result<ListAWSDefaultServiceQuotasResponse, Failure> {
    let service = call.service(input.service_code.as_str())?;
    let all = ALL.iter().filter(|quota| quota.service == service);
    let all = all.map(|quota| (quota.code.to_owned(), shown(call, quota, None)));
    let asked = (input.next_token.as_ref(), input.max_results);
    let (quotas, next_token) = page(call, [service.code], asked, all)?;
    Ok(ListAWSDefaultServiceQuotasResponse { next_token, quotas: Some(quotas) })
}

/// ListServices, in the order of codes.
///
/// # Errors
/// F-SVCQ-6: `InvalidPaginationTokenException`.
pub(super) fn services(
    call: &Call<'_>,
    input: &ListServicesRequest,
) -> Result<ListServicesResponse, Failure> {
    let is_here = call.permitted.region() == Some(REGION);
    let all = SERVICES.into_iter().filter(|_| is_here).map(|service| {
        let shown = ServiceInfo {
            service_code: Some(service.code.into()),
            service_name: Some(service.name.to_owned()),
        };
        (service.code.to_owned(), shown)
    });
    let (services, next_token) = page(call, [], (input.next_token.as_ref(), input.max_results), all)?;
    Ok(ListServicesResponse { next_token, services: Some(services) })
}
