//! Which of the keys that calls bring with them are multivalued, so that a condition needs ForAnyValue or
//! ForAllValues.

use serde_json::{Value, json};
use services::service::{Operation, Service};

use crate::cast::{MANAGEMENT_ADMIN, MANAGEMENT_NOBODY, MEMBER};
use crate::wire;
use crate::world::World;

/// Whether a user of the management account may make a call where this condition is all that is asked.
fn may(condition: &Value, operation: Operation, members: &Value) -> bool {
    let world = World::company();
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
    let document = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    let policy = json!({ "UserName": "nobody", "PolicyName": "p", "PolicyDocument": document });
    let put = wire::operation(Service::Iam, "PutUserPolicy");
    assert_eq!(world.ask(&MANAGEMENT_ADMIN.key, put, &policy).status, 200, "{document}");
    let answer = world.ask(&MANAGEMENT_NOBODY.key, operation, members);
    assert!(answer.status < 500, "{document}: {}", answer.text());
    answer.status != 403
}

#[test]
fn a_multivalued_key_needs_a_set_operator_f_iam_35() {
    let account = |name| wire::operation(Service::Account, name);
    let contact = json!({ "AccountId": MEMBER, "AlternateContactType": "BILLING" });
    let tags = json!({ "UserName": "nobody", "Tags": [{ "Key": "team", "Value": "blue" }] });
    let member = json!({ "AccountId": MEMBER });
    let cases = [
        ("account:AlternateContactTypes", "BILLING", account("GetAlternateContact"), &contact),
        ("account:AccountResourceOrgPaths", "o-*", account("GetContactInformation"), &member),
        ("aws:PrincipalOrgPaths", "o-*", account("GetContactInformation"), &member),
        ("aws:TagKeys", "team", wire::operation(Service::Iam, "TagUser"), &tags),
    ];
    for (key, value, operation, members) in cases {
        for (operator, expected) in [
            ("StringLike", false),
            ("StringNotLike", false),
            ("StringLikeIfExists", false),
            ("ForAnyValue:StringLike", true),
            ("ForAllValues:StringLike", true),
            ("ForAnyValue:StringNotLike", false),
        ] {
            let condition = json!({ operator: { key: value } });
            assert_eq!(may(&condition, operation, members), expected, "{condition}");
        }
        assert!(may(&json!({ "Null": { key: "false" } }), operation, members), "{key} is known");
    }
}

#[test]
fn an_accounts_tag_needs_none_f_iam_36() {
    let operation = wire::operation(Service::Account, "GetContactInformation");
    let member = json!({ "AccountId": MEMBER });
    for operator in ["StringEquals", "ForAnyValue:StringEquals", "ForAllValues:StringEquals"] {
        for (value, expected) in [("blue", true), ("red", false)] {
            let condition = json!({ operator: { "account:AccountResourceOrgTags/team": value } });
            assert_eq!(may(&condition, operation, &member), expected, "{condition}");
        }
    }
}
