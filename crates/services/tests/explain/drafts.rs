//! F-WHY-7: what if a policy were another one.

use serde_json::{Value, json};
use services::authority::explained::LayerName;
use services::explain::Answer;
use services::explain::answer::Decision;
use testing::builders::policy;

use crate::support::{ask, company, explained, not_explained};

const ANN: &str = "arn:aws:iam::222222222222:user/ann";
const UNIT: &str = "ou-ab12-workload";

fn question(action: &str, drafts: &Value) -> Value {
    json!({ "principal": ANN, "action": action, "members": {"RegionName": "af-south-1"}, "drafts": drafts })
}

fn members(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_draft_is_asked_in_place_of_the_stored_policy() {
    let mut world = company();
    let everything = policy("Allow", "*");
    let nothing = policy("Deny", "account:*");
    let scp = json!({ "policy": "p-regions0", "document": everything });
    let by_arn = "arn:aws:organizations::111111111111:policy/o-exampleorg/service_control_policy/p-regions0";
    let decided = |explained: &services::explain::Explained| {
        let by = explained.decided_by.as_ref().map(|by| by.layer);
        (explained.decision, by)
    };
    let enable = "account:EnableRegion";
    for (drafts, expected, told) in [
        (json!([]), (Decision::Denied, Some(LayerName::ServiceControlPolicies)), vec![]),
        (json!([scp]), (Decision::Allowed, None), vec!["p-regions0"]),
        (
            json!([{"policy": by_arn, "document": members(&everything)}]),
            (Decision::Allowed, None),
            vec!["p-regions0"],
        ),
        (
            json!([scp, {"policy": "inline:user/ANN/own", "document": nothing}]),
            (Decision::Denied, Some(LayerName::IdentityPolicies)),
            vec!["p-regions0", "inline:user/ann/own"],
        ),
        (
            json!([scp, {"policy": "inline:group/developers/new", "document": nothing}]),
            (Decision::Denied, Some(LayerName::IdentityPolicies)),
            vec!["p-regions0", "inline:group/developers/new"],
        ),
        (
            json!([scp, {"policy": "arn:aws:iam::222222222222:policy/team/edge", "document": policy("Allow", "s3:*")}]),
            (Decision::Denied, Some(LayerName::PermissionsBoundary)),
            vec!["p-regions0", "arn:aws:iam::222222222222:policy/team/edge"],
        ),
    ] {
        let explained = explained(&mut world, &question(enable, &drafts));
        assert_eq!(decided(&explained), expected, "{drafts}");
        assert_eq!(explained.drafts, told, "{drafts}");
        let every = explained.asked.iter().flat_map(|one| &one.layers);
        let marked = every.flat_map(|layer| {
            layer.levels.iter().flat_map(|level| &level.policies).chain(&layer.policies).filter(|it| it.draft)
        });
        assert_eq!(marked.count(), told.len(), "each draft is marked: {drafts}");
    }
}

#[test]
fn trust_and_session_policies_can_be_drafted_too() {
    let mut world = company();
    let role = "arn:aws:iam::222222222222:role/deploy";
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]});
    let assume = json!({ "principal": "arn:aws:iam::111111111111:root", "action": "sts:AssumeRole", "resource": role,
        "drafts": [{"policy": format!("trust:{role}"), "document": trust}] });
    let denied = explained(&mut world, &assume).decided_by.unwrap();
    assert_eq!((denied.layer, denied.policy), (LayerName::TrustPolicy, Some(format!("trust:{role}"))));
    let session = json!({ "principal": role, "action": "account:ListRegions", "drafts": [
        {"policy": "inline:role/deploy/all", "document": policy("Allow", "*")},
        {"policy": "session", "document": policy("Allow", "iam:*")}] });
    assert_eq!(explained(&mut world, &session).decided_by.unwrap().layer, LayerName::SessionPolicies);
}

#[test]
fn a_draft_that_cannot_be_is_refused_with_its_place() {
    let mut world = company();
    let good = policy("Allow", "*");
    for (name, document, part) in [
        ("p-none", json!(good), "no policy `p-none`"),
        ("p-FullAWSAccess", json!(good), "AWS's own"),
        ("arn:aws:iam::aws:policy/AdministratorAccess", json!(good), "AWS's own"),
        ("arn:aws:iam::222222222222:policy/edge", json!(good), "no policy"),
        ("inline:user/eve/x", json!(good), "no policy"),
        ("inline:user/ann", json!(good), "inline:user/NAME/POLICY"),
        ("inline:dog/ann/x", json!(good), "users, groups and roles"),
        ("session", json!(good), "Only a session"),
        ("delegation", json!(good), "no policy"),
        ("inline:user/ann/own", json!("{\n  \"Version\": 1,,"), "line 2, column 16"),
        ("inline:user/ann/own", json!({"Statement": [{"Effect": "Maybe"}]}), "Statement[0].Effect"),
        ("inline:user/ann/own", json!("x".repeat(60_001)), "more than 60000 bytes"),
    ] {
        let drafts = json!([{ "policy": name, "document": document }]);
        let message = not_explained(&mut world, &question("account:ListRegions", &drafts));
        assert!(message.contains(part), "{name}: {message}");
    }
}

/// F-WHY-14: what if a policy were attached somewhere, or not.
#[test]
fn a_policy_is_asked_as_if_it_were_attached_or_detached() {
    let mut world = company();
    let asked = |action: &str, attachments: Value| -> Value {
        json!({ "principal": ANN, "action": action, "members": {"RegionName": "af-south-1"}, "attachments": attachments })
    };
    let draft = |policy: &str, target: &str, attached: bool| json!([{ "policy": policy, "target": target, "attached": attached }]);
    let decision = |world: &mut testing::world::World, question: &Value| explained(world, question).decision;
    let enable = "account:EnableRegion";
    assert_eq!(decision(&mut world, &asked(enable, json!([]))), Decision::Denied);
    let detached = explained(&mut world, &asked(enable, draft("p-regions0", UNIT, false)));
    assert_eq!((detached.decision, detached.drafts), (Decision::Allowed, vec!["p-regions0".to_owned()]));
    // Attached elsewhere as well it still denies.
    let both = json!([
        {"policy": "p-regions0", "target": UNIT, "attached": false},
        {"policy": "p-regions0", "target": "222222222222", "attached": true}]);
    let level = explained(&mut world, &asked(enable, both)).decided_by.unwrap().level;
    assert_eq!(level.as_deref(), Some("222222222222"));
    // Without FullAWSAccess on the way nothing is allowed.
    let list = "account:ListRegions";
    assert_eq!(decision(&mut world, &asked(list, json!([]))), Decision::Allowed);
    assert_eq!(
        decision(&mut world, &asked(list, draft("p-FullAWSAccess", "222222222222", false))),
        Decision::Denied
    );
    for (policy, target, part) in [
        ("p-none", UNIT, "no policy `p-none`"),
        ("p-regions0", "ou-none", "no root, unit or account `ou-none`"),
        ("p-regions0", "333333333333", "no root, unit or account"),
        ("p-RCPFullAWSAccess", UNIT, "attached everywhere"),
    ] {
        let message = not_explained(&mut world, &asked(list, draft(policy, target, true)));
        assert!(message.contains(part), "{policy} {target}: {message}");
    }
    let everybody = json!({ "who": {"account": "222222222222"}, "action": enable,
        "members": {"RegionName": "af-south-1"}, "attachments": draft("p-regions0", UNIT, false) });
    let Ok(Answer::Principals(page)) = ask(&mut world, &everybody) else { panic!("a list") };
    assert!(page.principals.iter().any(|one| one.principal == ANN && one.decision == Decision::Allowed));
}
