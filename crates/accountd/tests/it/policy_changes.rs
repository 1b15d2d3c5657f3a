//! What was remembered of an organization is not used a call too long: whatever changes a service control policy,
//! or where it binds, shows in the very next call. F-STORE-9

use serde_json::{Value, json};

use crate::cast::{MANAGEMENT_ADMIN, MEMBER, MEMBER_ADMIN};
use crate::world::{World, organizations};

const ROOT: &str = "r-root";
const UNIT: &str = "ou-root-workload";

struct Play(World);

impl Play {
    fn change(&self, operation: &str, members: Value) -> Value {
        let answer = organizations(&self.0, &MANAGEMENT_ADMIN.key, operation, members);
        assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
        if answer.text().is_empty() { Value::Null } else { answer.json() }
    }

    /// Asks twice, so that the second call finds what the first remembered.
    #[track_caller]
    fn member_may_read(&self, expected: bool, why: &str) {
        for _ in 0..2 {
            let answer = self.0.call(&MEMBER_ADMIN, "GetContactInformation", json!({}));
            assert_eq!(answer.status, if expected { 200 } else { 403 }, "{why}: {}", answer.text());
        }
    }
}

fn denying(action: &str) -> String {
    let statement = json!({ "Effect": "Deny", "Action": action, "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// F-STORE-9
#[test]
fn every_change_of_a_service_control_policy_shows_in_the_next_call() {
    let play = Play(World::company());
    play.member_may_read(true, "at first");
    let (reading, other) = (denying("account:GetContactInformation"), denying("account:EnableRegion"));
    let created = play.change(
        "CreatePolicy",
        json!({ "Name": "p", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": reading }),
    );
    let policy = created["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned();
    let arn = created["Policy"]["PolicySummary"]["Arn"].as_str().unwrap();
    for target in [UNIT, MEMBER, ROOT] {
        let on_target = json!({ "PolicyId": policy, "TargetId": target });
        play.change("AttachPolicy", on_target.clone());
        play.member_may_read(false, "attached");
        let told = play.0.call(&MEMBER_ADMIN, "GetContactInformation", json!({}));
        assert!(told.message().contains(arn), "{}", told.message());
        play.change("UpdatePolicy", json!({ "PolicyId": policy, "Content": other }));
        play.member_may_read(true, "denies something else");
        play.change("UpdatePolicy", json!({ "PolicyId": policy, "Content": reading }));
        play.member_may_read(false, "denies it again");
        play.change("DetachPolicy", on_target);
        play.member_may_read(true, "detached");
    }

    play.change("AttachPolicy", json!({ "PolicyId": policy, "TargetId": UNIT }));
    play.member_may_read(false, "attached to the unit");
    let put_in = |from: &str, to: &str| {
        let members = json!({ "AccountId": MEMBER, "SourceParentId": from, "DestinationParentId": to });
        play.change("MoveAccount", members);
    };
    put_in(UNIT, ROOT);
    play.member_may_read(true, "moved out of the unit");
    put_in(ROOT, UNIT);
    play.member_may_read(false, "moved back");
    let switch = json!({ "RootId": ROOT, "PolicyType": "SERVICE_CONTROL_POLICY" });
    play.change("DisablePolicyType", switch);
    play.member_may_read(true, "such policies are off");
}
