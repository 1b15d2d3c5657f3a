//! What AWS was observed to answer, as docs/fidelity.md has it under "Who may name an account (the AccountId parameter)".

use serde_json::json;

use crate::answer::Answer;
use crate::cast::*;
use crate::world::{Setup, World};

fn ask(world: &World, caller: &Caller, target: &str) -> Answer {
    let members = json!({ "RegionName": "af-south-1", "AccountId": target });
    world.call(caller, "GetRegionOptStatus", members)
}

fn denied(caller: &Caller, operation: &str, rest: &str) -> String {
    format!("User: {} is not authorized to perform: account:{operation}{rest}", caller.arn)
}

const WORKS: &str = r#"{"RegionName":"af-south-1","RegionOptStatus":"DISABLED"}"#;

/// O-who-0: without AccountId the resource is `arn:aws:account::<caller account>:account`; with it
/// `arn:aws:account::<management account>:account/<organization id>/<target account>`.
#[test]
fn observed_who_0_the_resource_follows_the_mode() {
    let world = World::company();
    let standalone = world.call(&MANAGEMENT_NOBODY, "ListRegions", json!({}));
    let because = " because no identity-based policy allows the account:ListRegions action";
    let of = |resource: &str| {
        denied(&MANAGEMENT_NOBODY, "ListRegions", &format!(" on resource: {resource}{because}"))
    };
    standalone.is_denied(&of("arn:aws:account::111111111111:account"));
    let named = world.call(&MANAGEMENT_NOBODY, "ListRegions", json!({ "AccountId": MEMBER }));
    named.is_denied(&of("arn:aws:account::111111111111:account/o-exampleorg/222222222222"));
}

/// O-who-1: the management account with trusted access off, for a member or itself.
#[test]
fn observed_who_1_trusted_access_must_be_on() {
    let world = World::of(Setup::company().without_trusted_access());
    let text = " (Your organization must first enable trusted access with AWS Account Management.)";
    for target in [MEMBER, MANAGEMENT] {
        ask(&world, &MANAGEMENT_ADMIN, target).is_denied(&denied(
            &MANAGEMENT_ADMIN,
            "GetRegionOptStatus",
            text,
        ));
    }
}

/// O-who-2: the management account with trusted access on, for a member.
#[test]
fn observed_who_2_the_management_account_manages_members() {
    ask(&World::company(), &MANAGEMENT_ADMIN, MEMBER).is(WORKS);
}

/// O-who-3: the management account with trusted access on, for itself.
#[test]
fn observed_who_3_the_management_account_is_managed_standalone() {
    let world = World::company();
    let text = " (The management account can only be managed using the standalone context from the management \
                account.)";
    ask(&world, &MANAGEMENT_ADMIN, MANAGEMENT).is_denied(&denied(
        &MANAGEMENT_ADMIN,
        "GetRegionOptStatus",
        text,
    ));
    for operation in ["GetPrimaryEmail", "GetPrimaryEmailUpdateStatus"] {
        let answer = world.call(&MANAGEMENT_ADMIN, operation, json!({ "AccountId": MANAGEMENT }));
        answer.is_denied(&denied(&MANAGEMENT_ADMIN, operation, " (Access Denied)"));
    }
}

/// O-who-4: a member that is no delegate, for itself: nothing after the operation.
#[test]
fn observed_who_4_a_plain_member_cannot_name_itself() {
    ask(&World::company(), &MEMBER_PROBE, MEMBER).is_denied(&denied(&MEMBER_PROBE, "GetRegionOptStatus", ""));
}

/// The member of the recording as the delegated administrator.
fn delegated() -> World {
    World::of(
        Setup::company().with("account: \"333333333333\", services", "account: \"222222222222\", services"),
    )
}

/// O-who-5: the delegated administrator, for itself.
#[test]
fn observed_who_5_a_delegated_administrator_can_name_itself() {
    ask(&delegated(), &MEMBER_PROBE, MEMBER).is(WORKS);
}

/// O-who-6: a delegate whose session policy allows another Region only, for itself.
#[test]
fn observed_who_6_a_session_policy_sees_the_resource_of_the_organization() {
    ask(&delegated(), &MEMBER_REGION, MEMBER).is_denied(&denied(
        &MEMBER_REGION,
        "GetRegionOptStatus",
        " on resource: arn:aws:account::111111111111:account/o-exampleorg/222222222222 because no session policy \
         allows the account:GetRegionOptStatus action",
    ));
}
