//! Policies and where they are attached.

use aws::arn::AccountId;
use serde_json::{Value, json};
use services::organizations::ancestry::{Ancestry, PolicyOfLevel, RESOURCE_CONTROL_POLICY};
use services::world::World;

use crate::support::{MANAGEMENT, Play};

const RCP: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
const SCP: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;

fn create(play: &mut Play, kind: &str, name: &str, content: &str) -> Value {
    let members = json!({"Content": content, "Description": "", "Name": name, "Type": kind});
    play.ok(MANAGEMENT, "CreatePolicy", members)["Policy"]["PolicySummary"]["Id"].clone()
}

/// F-ORGS-RCP-1.
#[test]
fn resource_control_policies_reach_their_accounts_level_by_level() {
    let mut play = Play::organization();
    let root = play.root_id();
    let account = play.vend("dev@example.invalid");
    let policy = create(&mut play, RESOURCE_CONTROL_POLICY, "rcp", RCP);
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": RESOURCE_CONTROL_POLICY}));
    play.ok(MANAGEMENT, "AttachPolicy", json!({"PolicyId": policy, "TargetId": account}));
    let full = json!({"PolicyId": "p-RCPFullAWSAccess", "TargetId": account});
    let kept = play.refused(MANAGEMENT, "DetachPolicy", full);
    assert_eq!(kept.1.as_deref(), Some("NON_DETACHABLE_POLICY"));
    let attached = json!({"TargetId": account, "Filter": RESOURCE_CONTROL_POLICY});
    let attached = play.ok(MANAGEMENT, "ListPoliciesForTarget", attached);
    let names: Vec<_> = attached["Policies"].as_array().unwrap().iter().map(|it| &it["Name"]).collect();
    assert_eq!(names, ["RCPFullAWSAccess", "rcp"]);
    let world = World::new(&play.texts);
    let id: AccountId = account.parse().unwrap();
    let levels =
        Ancestry::of(id, &world).unwrap().unwrap().policies(RESOURCE_CONTROL_POLICY, &world).unwrap();
    let shape: Vec<Vec<bool>> = levels
        .iter()
        .map(|level| level.iter().map(|it| matches!(it, PolicyOfLevel::FullAwsAccess)).collect())
        .collect();
    assert_eq!(shape, [vec![true], vec![true, false]], "the root, then the account");
    let management = Ancestry::of(MANAGEMENT.parse().unwrap(), &world).unwrap().unwrap();
    assert!(management.policies(RESOURCE_CONTROL_POLICY, &world).unwrap().is_empty());
}

/// F-ORGS-POL-7: five service control policies on one target, FullAWSAccess included.
#[test]
fn a_target_has_so_many_policies_and_no_more() {
    let mut play = Play::organization();
    let root = play.root_id();
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"}));
    for number in 0..5 {
        let policy = create(&mut play, "SERVICE_CONTROL_POLICY", &format!("p{number}"), SCP);
        let attach = json!({"PolicyId": policy, "TargetId": root});
        if number < 4 {
            play.ok(MANAGEMENT, "AttachPolicy", attach);
        } else {
            let refused = play.refused(MANAGEMENT, "AttachPolicy", attach);
            assert_eq!(refused.1.as_deref(), Some("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
        }
    }
}

/// F-ORGS-POL-6: a policy that is being attached is not deleted at the same time.
#[test]
fn a_policy_is_not_deleted_while_it_is_attached() {
    let mut play = Play::organization();
    let root = play.root_id();
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"}));
    let policy = create(&mut play, "SERVICE_CONTROL_POLICY", "p", SCP);
    let (deleted, deletion) = play.prepare(MANAGEMENT, "DeletePolicy", json!({"PolicyId": policy}));
    assert!(deleted.is_ok());
    play.ok(MANAGEMENT, "AttachPolicy", json!({"PolicyId": policy, "TargetId": root}));
    assert!(!play.commit(deletion));
    assert_eq!(
        play.refused(MANAGEMENT, "DeletePolicy", json!({"PolicyId": policy})).0,
        "PolicyInUseException"
    );
}

/// F-ORGS-POL-2, F-ORGS-POL-3, F-ORGS-POL-5.
#[test]
fn a_document_must_fit_its_type() {
    let mut play = Play::organization();
    let long = format!(r#"{{"tags":{{"a":"{}"}}}}"#, "x".repeat(10_000));
    let cases = [
        ("SERVICE_CONTROL_POLICY", RCP, "MalformedPolicyDocumentException"),
        ("RESOURCE_CONTROL_POLICY", SCP, "MalformedPolicyDocumentException"),
        ("TAG_POLICY", SCP, "MalformedPolicyDocumentException"),
        ("AISERVICES_OPT_OUT_POLICY", "[]", "MalformedPolicyDocumentException"),
        ("TAG_POLICY", long.as_str(), "ConstraintViolationException"),
    ];
    for (kind, content, code) in cases {
        let members = json!({"Content": content, "Description": "", "Name": "n", "Type": kind});
        assert_eq!(play.refused(MANAGEMENT, "CreatePolicy", members).0, code, "{kind}");
    }
    create(&mut play, "SERVICE_CONTROL_POLICY", "n", SCP);
    create(&mut play, "RESOURCE_CONTROL_POLICY", "n", RCP);
    let members = json!({"Content": SCP, "Description": "", "Name": "n", "Type": "SERVICE_CONTROL_POLICY"});
    assert_eq!(play.refused(MANAGEMENT, "CreatePolicy", members).0, "DuplicatePolicyException");
}
