//! Regions of an account: which are there, and switching the opt-in ones.
//!
//! <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>

use jiff::Timestamp;

use super::model::{
    ConflictException, DisableRegionRequest, EnableRegionRequest, Error, GetRegionOptStatusRequest,
    GetRegionOptStatusResponse, ListRegionsRequest, ListRegionsResponse, Region, RegionOptStatus,
    TooManyRequestsException, ValidationException, ValidationExceptionField, ValidationExceptionReason,
};
use crate::context::Context;
use crate::page_token::Binding;
use crate::regions;
use crate::state::account::Account;
use crate::state::region::{OrganizationRegionRequests, RegionOpt};

/// F-REG-1: what ListRegions gives without MaxResults.
pub const DEFAULT_PAGE_SIZE: usize = 20;
/// F-REG-2: Region switches that may be open at once in one account …
pub const OPEN_REQUESTS_PER_ACCOUNT: usize = 6;
/// … and in one organization.
pub const OPEN_REQUESTS_PER_ORGANIZATION: usize = 50;

const MALFORMED_TOKEN: &str = "NextToken is malformed";
const WRONG_STATUS: &str = "Unable to switch region status because of its current opt-in status.";

fn quota_text(of: &str) -> String {
    format!(
        "This request has exceeded the quota for 'Number of concurrent region-opt requests for an {of}'. \
         Consider retrying the operation later once some requests have been completed."
    )
}

fn invalid(text: &str, field: &str, reason: ValidationExceptionReason) -> Error {
    ValidationException {
        message: text.into(),
        reason: Some(reason),
        field_list: Some(vec![ValidationExceptionField { name: field.to_owned(), message: text.into() }]),
    }
    .into()
}

/// The status of a Region for an account at an instant; `None` where there is no such Region.
pub fn status(account: &Account, region: &str, now: Timestamp) -> Option<RegionOptStatus> {
    if regions::is_enabled_by_default(region) {
        return Some(RegionOptStatus::EnabledByDefault);
    }
    if !regions::is_opt_in(region) {
        return None;
    }
    Some(match account.regions.get(region) {
        None => RegionOptStatus::Disabled,
        Some(RegionOpt { enabled: true, until, .. }) if *until <= now => RegionOptStatus::Enabled,
        Some(RegionOpt { enabled: true, .. }) => RegionOptStatus::Enabling,
        Some(RegionOpt { enabled: false, until, .. }) if *until <= now => RegionOptStatus::Disabled,
        Some(RegionOpt { enabled: false, .. }) => RegionOptStatus::Disabling,
    })
}

/// F-REG-3: a name that is no Region of this partition.
fn known_status(account: &Account, region: &str, now: Timestamp) -> Result<RegionOptStatus, Error> {
    status(account, region, now).ok_or_else(|| {
        let text = format!("{region} is not a valid region for opt-in or opt-out.");
        invalid(&text, "RegionName", ValidationExceptionReason::FieldValidationFailed)
    })
}

/// GetRegionOptStatus.
///
/// # Errors
/// F-REG-3: `ValidationException` for a name that is no Region of this partition.
pub fn get(
    account: &Account,
    input: GetRegionOptStatusRequest,
    context: &Context,
) -> Result<GetRegionOptStatusResponse, Error> {
    let status = known_status(account, input.region_name.as_str(), context.now)?;
    Ok(GetRegionOptStatusResponse { region_name: Some(input.region_name), region_opt_status: Some(status) })
}

/// ListRegions: in order of names, 20 at a time unless told otherwise.
///
/// # Errors
/// F-REG-4: `ValidationException` for a token that this account and this filter were not given.
pub fn list(
    account: &Account,
    input: ListRegionsRequest,
    context: &Context,
) -> Result<ListRegionsResponse, Error> {
    let filter = input.region_opt_status_contains.unwrap_or_default();
    let binding = Binding::new("ListRegions", account.id, filter.iter().map(|status| status.as_str()));
    let after = match input.next_token.as_ref().map(|token| token.as_str()) {
        None | Some("") => None,
        Some(token) => Some(binding.open(token, &context.token_key).ok_or_else(|| {
            invalid(MALFORMED_TOKEN, "NextToken", ValidationExceptionReason::FieldValidationFailed)
        })?),
    };
    let page_size =
        input.max_results.and_then(|count| usize::try_from(count).ok()).unwrap_or(DEFAULT_PAGE_SIZE);
    let mut matching = regions::ALL
        .iter()
        .filter(|region| after.as_deref().is_none_or(|after| **region > after))
        .filter_map(|region| status(account, region, context.now).map(|status| (*region, status)))
        .filter(|(_, status)| filter.is_empty() || filter.contains(status))
        .peekable();
    let page: Vec<_> = matching.by_ref().take(page_size).collect();
    let next_token = match (matching.peek(), page.last()) {
        (Some(_), Some((last, _))) => Some(binding.seal(last, &context.token_key)),
        _ => None,
    };
    let shown = page
        .into_iter()
        .map(|(name, status)| Region { region_name: Some(name.into()), region_opt_status: Some(status) });
    Ok(ListRegionsResponse { next_token, regions: Some(shown.collect()) })
}

/// EnableRegion. See [`switch`].
///
/// # Errors
/// See [`switch`].
pub fn enable(
    account: &mut Account,
    input: EnableRegionRequest,
    organization: Option<&mut OrganizationRegionRequests>,
    context: &Context,
) -> Result<(), Error> {
    switch(account, input.region_name.as_str(), true, organization, context)
}

/// DisableRegion. See [`switch`].
///
/// # Errors
/// See [`switch`].
pub fn disable(
    account: &mut Account,
    input: DisableRegionRequest,
    organization: Option<&mut OrganizationRegionRequests>,
    context: &Context,
) -> Result<(), Error> {
    switch(account, input.region_name.as_str(), false, organization, context)
}

/// Begins to switch an opt-in Region on or off.
///
/// # Errors
/// F-REG-3 (no such Region), F-REG-5 (a switch is under way: 409), F-REG-6 (already so, or a default Region:
/// 400), F-REG-2 (too many open switches: 429), in this order.
fn switch(
    account: &mut Account,
    region: &str,
    enabled: bool,
    organization: Option<&mut OrganizationRegionRequests>,
    context: &Context,
) -> Result<(), Error> {
    use RegionOptStatus::{Disabled, Disabling, Enabled, EnabledByDefault, Enabling};
    let now = context.now;
    match (known_status(account, region, now)?, enabled) {
        (Disabled, true) | (Enabled, false) => {}
        (Enabling | Disabling, _) => {
            let message = format!(
                "Account {} and region {region} is currently being enabled or disabled. \
                 Please wait until it finishes and then try again.",
                account.id
            );
            return Err(ConflictException { message }.into());
        }
        (Enabled | EnabledByDefault, true) | (Disabled | EnabledByDefault, false) => {
            return Err(invalid(
                WRONG_STATUS,
                "RegionName",
                ValidationExceptionReason::InvalidRegionOptTarget,
            ));
        }
    }
    let open = account.regions.values().filter(|opt| opt.until > now).count();
    if open >= OPEN_REQUESTS_PER_ACCOUNT {
        return Err(TooManyRequestsException { message: quota_text("account") }.into());
    }
    let delay = if enabled { context.delays.region_enable } else { context.delays.region_disable };
    let until = context.after(delay);
    if let Some(organization) = organization {
        organization.open_until.retain(|until| *until > now);
        if organization.open_until.len() >= OPEN_REQUESTS_PER_ORGANIZATION {
            return Err(TooManyRequestsException { message: quota_text("organization") }.into());
        }
        organization.open_until.push(until);
    }
    account.regions.insert(region.to_owned(), RegionOpt { enabled, since: now, until });
    Ok(())
}
