//! What AWS was observed to answer, as docs/fidelity.md has it under "Regions".

use serde_json::{Value, json};

use super::{TO_DISABLE, TO_ENABLE};
use crate::answer::Answer;
use crate::cast::*;
use crate::world::World;

const BY_DEFAULT: &str = "ap-northeast-1, ap-northeast-2, ap-northeast-3, ap-south-1, ap-southeast-1, \
    ap-southeast-2, ca-central-1, eu-central-1, eu-north-1, eu-west-1, eu-west-2, eu-west-3, sa-east-1, us-east-1, \
    us-east-2, us-west-1, us-west-2";
const OPT_IN: &str = "af-south-1, ap-east-1, ap-east-2, ap-south-2, ap-southeast-3, ap-southeast-4, ap-southeast-5, \
    ap-southeast-6, ap-southeast-7, ca-west-1, eu-central-2, eu-south-1, eu-south-2, il-central-1, me-central-1, \
    me-south-1, mx-central-1";
const BUSY: &str = "Account 222222222222 and region af-south-1 is currently being enabled or disabled. Please wait \
    until it finishes and then try again.";
const WRONG_STATUS: &str = "Unable to switch region status because of its current opt-in status.";

fn call(world: &World, operation: &str, region: &str) -> Answer {
    world.call(&MEMBER_PROBE, operation, json!({ "RegionName": region }))
}

fn status(world: &World, region: &str) -> String {
    let answer = call(world, "GetRegionOptStatus", region);
    assert_eq!(answer.json()["RegionName"], region);
    answer.json()["RegionOptStatus"].as_str().unwrap().to_owned()
}

fn names(answer: &Answer) -> Vec<String> {
    let regions = answer.json()["Regions"].as_array().unwrap().clone();
    regions.iter().map(|region| region["RegionName"].as_str().unwrap().to_owned()).collect()
}

fn list(world: &World, members: Value) -> Answer {
    let answer = world.call(&MEMBER_PROBE, "ListRegions", members);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

/// O-region-1: without MaxResults there are 20 on a page, in the order of names, with a NextToken.
#[test]
fn observed_region_1_a_page_has_twenty() {
    let world = World::company();
    let first = list(&world, json!({}));
    let next = first.json()["NextToken"].as_str().expect("a token").to_owned();
    let second = list(&world, json!({ "NextToken": next }));
    assert_eq!((names(&first).len(), names(&second).len()), (20, 14));
    assert_eq!(second.json().get("NextToken"), None);
    let all = [names(&first), names(&second)].concat();
    assert!(all.is_sorted());
    assert_eq!(all.first().map(String::as_str), Some("af-south-1"));
}

/// O-region-1: an empty filter is none; values that are repeated are fine.
#[test]
fn observed_region_1_an_empty_filter_is_none_and_repetitions_are_fine() {
    let world = World::company();
    let unfiltered = names(&list(&world, json!({})));
    assert_eq!(names(&list(&world, json!({ "RegionOptStatusContains": [] }))), unfiltered);
    let twice = list(&world, json!({ "RegionOptStatusContains": ["DISABLED", "DISABLED"] }));
    let once = list(&world, json!({ "RegionOptStatusContains": ["DISABLED"] }));
    assert_eq!(twice.body, once.body);
}

/// O-region-1: a filtered list that fits a page has no NextToken.
#[test]
fn observed_region_1_a_filtered_list_that_fits_has_no_token() {
    let world = World::company();
    let answer = list(&world, json!({ "RegionOptStatusContains": ["ENABLED_BY_DEFAULT"] }));
    assert_eq!(answer.json().get("NextToken"), None);
    assert_eq!(names(&answer).len(), 17);
}

/// O-region-2: the 17 Regions that are enabled by default.
#[test]
fn observed_region_2_seventeen_regions_are_enabled_by_default() {
    let world = World::company();
    let answer = list(&world, json!({ "RegionOptStatusContains": ["ENABLED_BY_DEFAULT"] }));
    assert_eq!(names(&answer).join(", "), BY_DEFAULT);
}

/// O-region-3: the 17 Regions to opt in to.
#[test]
fn observed_region_3_seventeen_regions_can_be_opted_in_to() {
    let world = World::company();
    let answer = list(&world, json!({ "RegionOptStatusContains": ["DISABLED"] }));
    assert_eq!(names(&answer).join(", "), OPT_IN);
}

/// O-region-4: NextToken `invalid-token`.
#[test]
fn observed_region_4_a_malformed_token() {
    let world = World::company();
    world.call(&MEMBER_PROBE, "ListRegions", json!({ "NextToken": "invalid-token" })).is_invalid_field(
        "NextToken is malformed",
        "fieldValidationFailed",
        "NextToken",
    );
}

/// O-region-5: the Regions `unknown-region` and `cn-north-1`.
#[test]
fn observed_region_5_a_region_that_is_none() {
    let world = World::company();
    for region in ["unknown-region", "cn-north-1"] {
        for operation in ["GetRegionOptStatus", "EnableRegion", "DisableRegion"] {
            let text = format!("{region} is not a valid region for opt-in or opt-out.");
            call(&world, operation, region).is_invalid_field(&text, "fieldValidationFailed", "RegionName");
        }
    }
}

/// O-region-6: the Region `US-EAST-1` is refused as an authorization failure.
#[test]
fn observed_region_6_a_region_in_capital_letters_is_access_denied() {
    let world = World::company();
    call(&world, "GetRegionOptStatus", "US-EAST-1").is_denied(
        "User: arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/probe is not authorized to \
         perform: account:GetRegionOptStatus (You specified an invalid target region.)",
    );
}

/// O-region-7: EnableRegion on DISABLED: ENABLING, and ENABLED about two minutes later.
#[test]
fn observed_region_7_enabling_takes_two_minutes() {
    let world = World::company();
    assert_eq!(status(&world, "af-south-1"), "DISABLED");
    call(&world, "EnableRegion", "af-south-1").is_empty_result();
    assert_eq!(status(&world, "af-south-1"), "ENABLING");
    world.pass(TO_ENABLE - std::time::Duration::from_micros(1));
    assert_eq!(status(&world, "af-south-1"), "ENABLING");
    world.pass(std::time::Duration::from_micros(1));
    assert_eq!(status(&world, "af-south-1"), "ENABLED");
}

/// O-region-8: DisableRegion on ENABLED: DISABLING, and DISABLED about one minute later.
#[test]
fn observed_region_8_disabling_takes_one_minute() {
    let world = World::company();
    call(&world, "EnableRegion", "af-south-1").is_empty_result();
    world.pass(TO_ENABLE);
    call(&world, "DisableRegion", "af-south-1").is_empty_result();
    assert_eq!(status(&world, "af-south-1"), "DISABLING");
    world.pass(TO_DISABLE);
    assert_eq!(status(&world, "af-south-1"), "DISABLED");
}

/// O-region-9: Enable or Disable while ENABLING or DISABLING is a conflict.
#[test]
fn observed_region_9_a_region_in_transit_cannot_be_switched() {
    let world = World::company();
    let refused_both_ways = || {
        for operation in ["EnableRegion", "DisableRegion"] {
            call(&world, operation, "af-south-1").says(409, "ConflictException", BUSY);
        }
    };
    call(&world, "EnableRegion", "af-south-1").is_empty_result();
    refused_both_ways();
    world.pass(TO_ENABLE);
    call(&world, "DisableRegion", "af-south-1").is_empty_result();
    refused_both_ways();
}

/// O-region-10: enabling an ENABLED Region, disabling a DISABLED one.
#[test]
fn observed_region_10_a_region_that_is_there_already() {
    let world = World::company();
    let refused = |operation: &str, region: &str| {
        call(&world, operation, region).is_invalid_field(
            WRONG_STATUS,
            "invalidRegionOptTarget",
            "RegionName",
        );
    };
    refused("DisableRegion", "af-south-1");
    call(&world, "EnableRegion", "af-south-1").is_empty_result();
    world.pass(TO_ENABLE);
    refused("EnableRegion", "af-south-1");
}

/// O-region-11: STS knows nobody in a Region that is DISABLED or ENABLING for the account; DISABLING still works.
#[test]
fn observed_region_11_sts_works_where_the_region_is() {
    let world = World::company();
    let refused = || {
        let answer = world.caller_identity(&MEMBER_PROBE.key, "af-south-1");
        let told = (answer.code(aws::protocol::Protocol::Query), answer.message());
        assert_eq!(answer.status, 403);
        let text = "The security token included in the request is invalid";
        assert_eq!(told, (Some("InvalidClientTokenId".to_owned()), text.to_owned()));
    };
    let works = || assert_eq!(world.caller_identity(&MEMBER_PROBE.key, "af-south-1").status, 200);
    refused();
    call(&world, "EnableRegion", "af-south-1").is_empty_result();
    refused();
    world.pass(TO_ENABLE);
    works();
    call(&world, "DisableRegion", "af-south-1").is_empty_result();
    works();
    world.pass(TO_DISABLE);
    refused();
}
