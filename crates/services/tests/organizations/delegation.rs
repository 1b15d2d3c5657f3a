//! The delegation policy sees all that is known of a request.

use aws::principal::Caller;
use aws::session::{Session, SessionTerms};
use serde_json::{Value, json};

use testing::world::root;

use crate::support::{MANAGEMENT, Play};

const DENIED: &str = "You don't have permissions to access this resource.";

/// The root user of an account, with a session that carries the tag `team`.
fn tagged(account: &str, play: &Play) -> Caller {
    let session = Session {
        issued_at: play.now,
        expires_at: play.now,
        mfa_authenticated_at: None,
        federated_provider: None,
        source_identity: None,
        tags: vec![("team".to_owned(), "blue".to_owned())],
        terms: SessionTerms::default(),
    };
    Caller { session: Some(session), ..root(account) }
}

fn may(play: &mut Play, caller: &Caller, operation: &str, members: Value) -> bool {
    match play.call_as(caller, operation, members) {
        Ok(_) => true,
        Err(refusal) => {
            assert_eq!(refusal.message.as_deref(), Some(DENIED), "{operation}");
            false
        }
    }
}

/// F-ORGS-AUTH-3: every key of the request counts, for an Allow and for a Deny.
#[test]
fn a_delegation_policy_is_judged_with_the_whole_request_f_orgs_auth_3() {
    let mut play = Play::organization();
    let account = play.vend("dev@example.invalid");
    let root_id = play.root_id();
    let organization =
        play.get::<services::state::organization::Membership>(MANAGEMENT).unwrap().organization_id;
    let caller = tagged(&account, &play);
    let path = format!("{organization}/{root_id}/*");
    let conditions = [
        ("IpAddress", "aws:SourceIp", json!("203.0.113.0/24"), json!("192.0.2.0/24")),
        ("StringEquals", "aws:PrincipalOrgID", json!(organization), json!("o-elsewhere00")),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", json!(path), json!("o-elsewhere00/*")),
        ("StringEquals", "aws:PrincipalTag/team", json!("blue"), json!("red")),
        ("DateLessThan", "aws:CurrentTime", json!("2026-06-01T00:00:00Z"), json!("2025-06-01T00:00:00Z")),
        ("StringEquals", "aws:RequestedRegion", json!("us-east-1"), json!("eu-west-1")),
        ("StringEquals", "aws:ResourceAccount", json!(MANAGEMENT), json!(account)),
        ("StringEquals", "aws:ResourceOrgID", json!(organization), json!("o-elsewhere00")),
    ];
    for (operator, key, met, unmet) in conditions {
        for (value, is_met) in [(met, true), (unmet, false)] {
            let mut conditions = serde_json::Map::new();
            conditions.insert(operator.to_owned(), json!({ key: value }));
            let statement = |effect: &str, condition: Option<&Value>| {
                let mut statement = json!({
                    "Effect": effect, "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
                    "Action": "organizations:ListAccounts", "Resource": "*"
                });
                if let Some(condition) = condition {
                    statement["Condition"] = condition.clone();
                }
                statement
            };
            let condition = Value::Object(conditions);
            for (statements, expected) in [
                (json!([statement("Allow", Some(&condition))]), is_met),
                (json!([statement("Allow", None), statement("Deny", Some(&condition))]), !is_met),
            ] {
                let content = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
                play.ok(MANAGEMENT, "PutResourcePolicy", json!({ "Content": content }));
                let what = format!("{content}: {expected}");
                assert_eq!(may(&mut play, &caller, "ListAccounts", json!({})), expected, "{what}");
                // It says nothing of anything else, and nothing to whom it does not need to allow.
                assert!(!may(&mut play, &caller, "ListRoots", json!({})), "{what}");
                play.ok(MANAGEMENT, "ListAccounts", json!({}));
                play.ok(&account, "DescribeOrganization", json!({}));
            }
        }
    }
}
