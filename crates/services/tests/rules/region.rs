//! Regions: F-REG-1 to F-REG-7.

use services::account::model::{
    DisableRegionRequest, EnableRegionRequest, Error, GetRegionOptStatusRequest, ListRegionsRequest,
    ListRegionsResponse, RegionOptStatus as Status,
};
use services::account::region::{
    OPEN_REQUESTS_PER_ACCOUNT, OPEN_REQUESTS_PER_ORGANIZATION, disable, enable, get, list, status,
};
use services::context::Context;
use services::regions;
use services::state::account::Account;
use services::state::region::OrganizationRegionRequests;

use crate::support::*;

const TO_ENABLE: u64 = 120;
const TO_DISABLE: u64 = 60;
const REGION: &str = "af-south-1";

fn switch(
    account: &mut Account,
    on: bool,
    region: &str,
    organization: Option<&mut OrganizationRegionRequests>,
    context: &Context,
) -> Result<(), Error> {
    if on {
        let input = EnableRegionRequest { account_id: None, region_name: region.into() };
        enable(account, input, organization, context)
    } else {
        let input = DisableRegionRequest { account_id: None, region_name: region.into() };
        disable(account, input, organization, context)
    }
}

fn shown(account: &Account, region: &str, context: &Context) -> Status {
    let input = GetRegionOptStatusRequest { account_id: None, region_name: region.into() };
    let answer = get(account, input, context).unwrap();
    assert_eq!(answer.region_name.unwrap().as_str(), region);
    answer.region_opt_status.unwrap()
}

fn busy() -> (u16, String, String) {
    let text = "Account 111122223333 and region af-south-1 is currently being enabled or disabled. Please wait until \
                it finishes and then try again.";
    refusal(409, "ConflictException", text)
}

fn wrong_status() -> (u16, String, String) {
    let text = "Unable to switch region status because of its current opt-in status.";
    refusal(400, "ValidationException", text)
}

/// The account with [`REGION`] in a status at instant 1000.
fn account_in(status: Status) -> Account {
    let mut account = account();
    let enabled_at = match status {
        Status::Disabled | Status::EnabledByDefault => return account,
        Status::Enabling => 1000,
        Status::Enabled | Status::Disabling => 500,
    };
    switch(&mut account, true, REGION, None, &at(enabled_at)).unwrap();
    if status == Status::Disabling {
        switch(&mut account, false, REGION, None, &at(1000)).unwrap();
    }
    assert_eq!(shown(&account, REGION, &at(1000)), status);
    account
}

/// F-REG-5, F-REG-6: every status, switched either way.
#[test]
fn every_transition_is_taken_or_refused_f_reg_5_f_reg_6() {
    for (from, on, expected) in [
        (Status::Disabled, true, Ok(Status::Enabling)),
        (Status::Disabled, false, Err(wrong_status())),
        (Status::Enabling, true, Err(busy())),
        (Status::Enabling, false, Err(busy())),
        (Status::Enabled, true, Err(wrong_status())),
        (Status::Enabled, false, Ok(Status::Disabling)),
        (Status::Disabling, true, Err(busy())),
        (Status::Disabling, false, Err(busy())),
    ] {
        let mut account = account_in(from);
        let answer = switch(&mut account, on, REGION, None, &at(1000));
        match expected {
            Ok(next) => {
                answer.unwrap();
                assert_eq!(shown(&account, REGION, &at(1000)), next);
            }
            Err(refusal) => {
                assert_eq!(told(answer), refusal, "{from:?} {on}");
                assert_eq!(shown(&account, REGION, &at(1000)), from);
            }
        }
    }
    for on in [true, false] {
        let answer = switch(&mut account(), on, "us-east-1", None, &at(0));
        assert_eq!(told(answer), wrong_status());
    }
}

#[test]
fn a_switch_arrives_when_its_delay_has_passed() {
    let mut account = account();
    switch(&mut account, true, REGION, None, &at(0)).unwrap();
    assert_eq!(shown(&account, REGION, &just_before(TO_ENABLE)), Status::Enabling);
    assert_eq!(shown(&account, REGION, &at(TO_ENABLE)), Status::Enabled);
    switch(&mut account, false, REGION, None, &at(1000)).unwrap();
    assert_eq!(shown(&account, REGION, &just_before(1000 + TO_DISABLE)), Status::Disabling);
    assert_eq!(shown(&account, REGION, &at(1000 + TO_DISABLE)), Status::Disabled);
}

#[test]
fn a_region_that_is_none_is_named_f_reg_3() {
    for region in ["unknown-region", "cn-north-1", "us-gov-west-1", "af-south-1 "] {
        let input = GetRegionOptStatusRequest { account_id: None, region_name: region.into() };
        let text = format!("{region} is not a valid region for opt-in or opt-out.");
        let expected = refusal(400, "ValidationException", &text);
        assert_eq!(told(get(&account(), input, &at(0))), expected);
        for on in [true, false] {
            assert_eq!(told(switch(&mut account(), on, region, None, &at(0))), expected);
        }
    }
}

#[test]
fn the_reason_and_the_field_are_told_f_reg_6() {
    let error = switch(&mut account(), false, REGION, None, &at(0)).unwrap_err();
    let refusal: aws::refusal::Refusal = error.into();
    assert_eq!(refusal.members["reason"], "invalidRegionOptTarget");
    assert_eq!(refusal.members["fieldList"][0]["name"], "RegionName");
    let error = switch(&mut account(), false, "nowhere", None, &at(0)).unwrap_err();
    let refusal: aws::refusal::Refusal = error.into();
    assert_eq!(refusal.members["reason"], "fieldValidationFailed");
}

fn too_many(of: &str) -> (u16, String, String) {
    let text = format!(
        "This request has exceeded the quota for 'Number of concurrent region-opt requests for an {of}'. Consider \
         retrying the operation later once some requests have been completed."
    );
    refusal(429, "TooManyRequestsException", &text)
}

#[test]
fn six_switches_may_be_open_in_an_account_f_reg_2() {
    let mut account = account();
    let (open, next) = regions::OPT_IN.split_at(OPEN_REQUESTS_PER_ACCOUNT);
    assert_eq!(OPEN_REQUESTS_PER_ACCOUNT, 6);
    for (second, region) in (0..).zip(open) {
        switch(&mut account, true, region, None, &at(second)).unwrap();
    }
    assert_eq!(told(switch(&mut account, true, next[0], None, &at(10))), too_many("account"));
    // What is wrong with the switch itself is told first.
    assert_eq!(told(switch(&mut account, false, next[0], None, &at(10))), wrong_status());
    assert_eq!(told(switch(&mut account, true, next[0], None, &just_before(TO_ENABLE))), too_many("account"));
    // The first one has arrived.
    switch(&mut account, true, next[0], None, &at(TO_ENABLE)).unwrap();
    assert_eq!(told(switch(&mut account, true, next[1], None, &at(TO_ENABLE))), too_many("account"));
}

#[test]
fn fifty_switches_may_be_open_in_an_organization_f_reg_2() {
    assert_eq!(OPEN_REQUESTS_PER_ORGANIZATION, 50);
    let mut organization = OrganizationRegionRequests::default();
    let mut left = OPEN_REQUESTS_PER_ORGANIZATION;
    while left > 0 {
        let mut account = account();
        for region in &regions::OPT_IN[..left.min(OPEN_REQUESTS_PER_ACCOUNT)] {
            switch(&mut account, true, region, Some(&mut organization), &at(0)).unwrap();
            left -= 1;
        }
    }
    let mut another = account();
    let answer = switch(&mut another, true, REGION, Some(&mut organization), &just_before(TO_ENABLE));
    assert_eq!(told(answer), too_many("organization"));
    assert!(another.regions.is_empty());
    switch(&mut another, true, REGION, Some(&mut organization), &at(TO_ENABLE)).unwrap();
    // Those that arrived are no longer kept.
    assert_eq!(organization.open_until.len(), 1);
}

fn page(account: &Account, size: Option<i32>, token: Option<&str>, filter: &[Status]) -> ListRegionsResponse {
    list(account, request(size, token, filter), &at(0)).unwrap()
}

fn request(size: Option<i32>, token: Option<&str>, filter: &[Status]) -> ListRegionsRequest {
    ListRegionsRequest {
        account_id: None,
        max_results: size,
        next_token: token.map(Into::into),
        region_opt_status_contains: Some(filter.to_vec()),
    }
}

fn names(page: &ListRegionsResponse) -> Vec<String> {
    let regions = page.regions.as_ref().unwrap().iter();
    regions.map(|region| region.region_name.as_ref().unwrap().as_str().to_owned()).collect()
}

#[test]
fn pages_of_every_size_join_to_the_whole_list_f_reg_1() {
    let account = account_in(Status::Enabled);
    for size in [1, 7, 17, 33, 34, 50] {
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = page(&account, Some(size), token.as_deref(), &[]);
            assert!(names(&page).len() <= usize::try_from(size).unwrap() && !names(&page).is_empty());
            all.extend(names(&page));
            match page.next_token {
                Some(next) => token = Some(next),
                None => break,
            }
        }
        assert_eq!(all, regions::ALL, "pages of {size}");
    }
    assert_eq!(names(&page(&account, None, None, &[])).len(), 20);
}

#[test]
fn a_filter_takes_any_of_its_statuses() {
    let account = account_in(Status::Enabled);
    let count = |filter: &[Status]| {
        let page = list(&account, request(Some(50), None, filter), &at(1000)).unwrap();
        names(&page).len()
    };
    assert_eq!(count(&[Status::EnabledByDefault]), 17);
    assert_eq!(count(&[Status::Disabled]), 16);
    assert_eq!(count(&[Status::Enabled, Status::EnabledByDefault]), 18);
    assert_eq!(count(&[Status::Disabling]), 0);
    assert_eq!(count(&[]), 34);
}

#[test]
fn a_token_belongs_to_its_account_and_filter_f_reg_4() {
    let account = account();
    let token = page(&account, Some(1), None, &[Status::Disabled]).next_token.unwrap();
    let malformed = refusal(400, "ValidationException", "NextToken is malformed");
    let refused = |account: &Account, filter: &[Status], token: &str| {
        assert_eq!(told(list(account, request(Some(1), Some(token), filter), &at(0))), malformed);
    };
    refused(&account, &[], &token);
    refused(&account, &[Status::Disabled, Status::Enabled], &token);
    refused(&account, &[Status::Disabled], &token[1..]);
    let mut other = crate::support::account();
    other.id = "444455556666".parse().unwrap();
    refused(&other, &[Status::Disabled], &token);
    // The size of the page is not part of it, an empty token is none.
    assert_eq!(names(&page(&account, Some(5), Some(&token), &[Status::Disabled])).len(), 5);
    assert_eq!(names(&page(&account, Some(5), Some(""), &[])).len(), 5);
}

#[test]
fn there_are_seventeen_of_each_kind_f_reg_7() {
    let account = account();
    let is = |wanted: Status| {
        let all = regions::ALL.iter();
        all.filter(|region| status(&account, region, at(0).now) == Some(wanted)).count()
    };
    assert_eq!((is(Status::EnabledByDefault), is(Status::Disabled)), (17, 17));
}
