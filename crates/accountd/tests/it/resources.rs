//! Calls that name several resources: each must be allowed, and a denial of any refuses the call
//! (F-ORGS-AUTH-5, F-ORGS-AUTH-6); and how refusals tell them.

use serde_json::{Value, json};
use services::service::Service;

use crate::answer::Answer;
use crate::cast::*;
use crate::requests::members;
use crate::verdict::Refused;
use crate::wire::operation;
use crate::world::World;

const OWNER: &str = "arn:aws:organizations::111111111111";

/// Statements that are in force for the management account's user without policies.
fn allow(world: &World, statements: &Value) {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let members = json!({ "UserName": "nobody", "PolicyName": "p", "PolicyDocument": document.to_string() });
    let answer = world.ask(&MANAGEMENT_ADMIN.key, operation(Service::Iam, "PutUserPolicy"), &members);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn ask(world: &World, name: &str, members: &Value) -> Answer {
    world.ask(&MANAGEMENT_NOBODY.key, operation(Service::Organizations, name), members)
}

/// Refused by policies; Organizations does not tell what for (F-ORGS-AUTH-8).
#[track_caller]
fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(answer.message(), "You don't have permissions to access this resource.");
}

#[test]
fn what_a_call_names_must_all_be_allowed_f_orgs_auth_6() {
    let world = World::company();
    let policy = format!("{OWNER}:policy/o-exampleorg/service_control_policy/p-locked00");
    let unit = format!("{OWNER}:ou/o-exampleorg/ou-root-workload");
    let attach = json!({ "PolicyId": "p-locked00", "TargetId": "ou-root-workload" });
    let on = |effect: &str, resources: &[&str]| json!({ "Effect": effect, "Action": "organizations:*", "Resource": resources });
    allow(&world, &json!([on("Allow", &[&policy])]));
    assert_refused(&ask(&world, "AttachPolicy", &attach));
    allow(&world, &json!([on("Allow", &[&unit])]));
    assert_refused(&ask(&world, "AttachPolicy", &attach));
    for denied in [&policy, &unit] {
        allow(&world, &json!([on("Allow", &["*"]), on("Deny", &[denied])]));
        assert_refused(&ask(&world, "AttachPolicy", &attach));
    }
    allow(&world, &json!([on("Allow", &[&policy, &unit])]));
    assert_eq!(ask(&world, "AttachPolicy", &attach).status, 200);
    assert_eq!(ask(&world, "DetachPolicy", &attach).status, 200);

    let (account, root) =
        (format!("{OWNER}:account/o-exampleorg/{MEMBER}"), format!("{OWNER}:root/o-exampleorg/r-root"));
    let out = json!({
        "AccountId": MEMBER, "SourceParentId": "ou-root-workload", "DestinationParentId": "r-root"
    });
    for allowed in [[&account, &root], [&account, &unit], [&unit, &root]] {
        allow(&world, &json!([on("Allow", &allowed.map(String::as_str))]));
        assert_refused(&ask(&world, "MoveAccount", &out));
    }
    allow(&world, &json!([on("Allow", &[&account, &unit, &root])]));
    assert_eq!(ask(&world, "MoveAccount", &out).status, 200);
}

/// What one resource is tagged with says nothing of the other.
#[test]
fn each_resource_has_tags_of_its_own_f_orgs_auth_6() {
    let world = World::company();
    let condition = json!({ "StringEquals": { "aws:ResourceTag/team": "blue" } });
    allow(
        &world,
        &json!([{ "Effect": "Allow", "Action": "organizations:*", "Resource": "*", "Condition": condition }]),
    );
    // The member is blue (company.yaml), the unit it leaves is not.
    let out = json!({
        "AccountId": MEMBER, "SourceParentId": "ou-root-workload", "DestinationParentId": "r-root"
    });
    assert_refused(&ask(&world, "MoveAccount", &out));
    assert_eq!(ask(&world, "DescribeAccount", &json!({ "AccountId": MEMBER })).status, 200);
}

#[test]
fn to_create_with_tags_is_to_tag_f_orgs_auth_5() {
    let world = World::company();
    allow(
        &world,
        &json!([{ "Effect": "Allow", "Action": "organizations:CreateOrganizationalUnit", "Resource": "*" }]),
    );
    let mut unit = json!({ "ParentId": "r-root", "Name": "New" });
    assert_eq!(ask(&world, "CreateOrganizationalUnit", &unit).status, 200);
    unit["Name"] = json!("Newer");
    unit["Tags"] = json!([{ "Key": "team", "Value": "blue" }]);
    assert_refused(&ask(&world, "CreateOrganizationalUnit", &unit));
    let new = format!("{OWNER}:ou/o-exampleorg/ou-*");
    allow(
        &world,
        &json!([
            { "Effect": "Allow", "Action": "organizations:CreateOrganizationalUnit", "Resource": "*" },
            { "Effect": "Allow", "Action": "organizations:TagResource", "Resource": new },
        ]),
    );
    assert_eq!(ask(&world, "CreateOrganizationalUnit", &unit).status, 200);
}

/// F-IAMAPI-RES-5: the words were recorded for most of these.
#[test]
fn a_refusal_tells_the_resource_in_iams_way_f_iamapi_res_5() {
    let world = World::company();
    for (name, told) in [
        ("GetUser", "user subject"),
        ("CreateAccessKey", "user subject"),
        ("ListAttachedUserPolicies", "user subject"),
        ("AttachUserPolicy", "user subject"),
        ("GetRole", "role subject"),
        ("UpdateAssumeRolePolicy", "role subject"),
        ("PutRolePermissionsBoundary", "role subject"),
        ("ListRoleTags", "role subject"),
        ("AddUserToGroup", "group subject"),
        ("GetPolicy", "policy arn:aws:iam::111111111111:policy/subject"),
        ("ListPolicyVersions", "policy arn:aws:iam::111111111111:policy/subject"),
        ("CreatePolicy", "policy subject"),
        ("ListPolicies", "policy path /"),
        ("CreateUser", "arn:aws:iam::111111111111:user/subject"),
        ("CreateGroup", "arn:aws:iam::111111111111:group/subject"),
        ("CreateRole", "arn:aws:iam::111111111111:role/subject"),
        ("ListUsers", "arn:aws:iam::111111111111:user/"),
        ("ListInstanceProfiles", "arn:aws:iam::111111111111:instance-profile/"),
        ("SimulatePrincipalPolicy", "arn:aws:iam::111111111111:user/subject"),
        ("ListAccountAliases", "*"),
        ("GetAccountAuthorizationDetails", "*"),
    ] {
        let operation = operation(Service::Iam, name);
        let answer = world.ask(&MANAGEMENT_NOBODY.key, operation, &members(operation, MANAGEMENT));
        let text = answer.message();
        let refused = Refused::read(&MANAGEMENT_NOBODY, &format!("iam:{name}"), &text).expect("a denial");
        assert_eq!(refused.resource, told, "{name}");
    }
}
