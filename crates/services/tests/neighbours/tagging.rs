//! Tags over everything that has some.

use serde_json::{Value, json};
use services::authority::caller::of_user;
use services::service::Service::{Iam, Organizations, Tagging};
use testing::world::{World, operation, root};

use crate::support::{ACCOUNT, iam_arn, ok, refused, tagged_policy, world};

fn arns(answer: &Value) -> Vec<&str> {
    let list = answer["ResourceTagMappingList"].as_array().expect("a list");
    list.iter().map(|entry| entry["ResourceARN"].as_str().expect("an ARN")).collect()
}

/// An organization with a unit, and something of IAM, all with the tag `team`.
fn furnished() -> World {
    let mut world = world();
    let tags = json!([{"Key": "team", "Value": "blue"}]);
    ok(&mut world, Iam, "CreateInstanceProfile", json!({"InstanceProfileName": "profile", "Tags": tags}));
    tagged_policy(&mut world, "policy", "team", "red");
    ok(&mut world, Iam, "CreateUser", json!({"UserName": "user", "Tags": tags}));
    ok(&mut world, Organizations, "CreateOrganization", json!({}));
    let root = ok(&mut world, Organizations, "ListRoots", json!({}))["Roots"][0]["Id"].clone();
    let unit = json!({"ParentId": root, "Name": "unit", "Tags": tags});
    ok(&mut world, Organizations, "CreateOrganizationalUnit", unit);
    ok(&mut world, Organizations, "TagResource", json!({"ResourceId": ACCOUNT, "Tags": tags}));
    world
}

#[test]
fn what_has_tags_is_listed_over_all_services_f_tag_1_f_tag_7() {
    let mut world = furnished();
    let all = ok(&mut world, Tagging, "GetResources", json!({}));
    let all = arns(&all).into_iter().map(str::to_owned).collect::<Vec<_>>();
    // F-TAG-1: a user's tags are not known here.
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!(all[..2], [iam_arn("instance-profile/profile"), iam_arn("policy/policy")]);
    let mut by = |members: Value| arns(&ok(&mut world, Tagging, "GetResources", members)).len();
    assert_eq!(by(json!({"TagFilters": [{"Key": "team", "Values": ["blue", "green"]}]})), 3);
    assert_eq!(by(json!({"TagFilters": [{"Key": "team"}, {"Key": "none"}]})), 0);
    assert_eq!(by(json!({"ResourceTypeFilters": ["iam"]})), 2);
    assert_eq!(by(json!({"ResourceTypeFilters": ["organizations:ou", "iam:policy"]})), 2);
    assert_eq!(by(json!({"ResourceARNList": [all[1], iam_arn("policy/none")]})), 1);
    let get = operation(Tagging, "GetResources");
    let device =
        json!({"VirtualMFADeviceName": "phone", "Path": "/team/", "Tags": [{"Key": "of", "Value": "ann"}]});
    ok(&mut world, Iam, "CreateVirtualMFADevice", device);
    let phone = iam_arn("mfa/team/phone");
    ok(&mut world, Tagging, "TagResources", json!({"ResourceARNList": [phone], "Tags": {"more": "1"}}));
    let tags = ok(&mut world, Iam, "ListMFADeviceTags", json!({"SerialNumber": phone}));
    assert_eq!(tags["Tags"].as_array().map(Vec::len), Some(2), "{tags}");
    let found = ok(&mut world, Tagging, "GetResources", json!({"ResourceTypeFilters": ["iam:mfa"]}));
    assert_eq!(arns(&found), [phone]);
    let elsewhere = world.call_in("eu-west-1", &root(ACCOUNT), get, json!({})).expect("an answer");
    assert!(arns(&elsewhere).is_empty());
}

#[test]
fn pages_hold_what_was_asked_for_f_tag_5() {
    let mut world = furnished();
    let (mut found, mut token) = (Vec::new(), json!(""));
    loop {
        let members = json!({"ResourcesPerPage": 1, "PaginationToken": token});
        let page = ok(&mut world, Tagging, "GetResources", members);
        found.extend(arns(&page).into_iter().map(str::to_owned));
        token = page["PaginationToken"].clone();
        if token == "" {
            break;
        }
        let other = json!({"PaginationToken": token, "TagFilters": [{"Key": "team"}]});
        assert_eq!(refused(&mut world, Tagging, "GetResources", other).0, "PaginationTokenExpiredException");
    }
    let all = ok(&mut world, Tagging, "GetResources", json!({}));
    assert_eq!(found, arns(&all));
}

#[test]
fn keys_and_values_are_told_once_each_f_tag_8() {
    let mut world = furnished();
    assert_eq!(ok(&mut world, Tagging, "GetTagKeys", json!({}))["TagKeys"], json!(["team"]));
    let values = ok(&mut world, Tagging, "GetTagValues", json!({"Key": "team"}));
    assert_eq!((&values["TagValues"], &values["PaginationToken"]), (&json!(["blue", "red"]), &json!("")));
}

#[test]
fn tags_are_set_by_each_resources_own_service_f_tag_3() {
    let mut world = furnished();
    let (policy, profile) = (iam_arn("policy/policy"), iam_arn("instance-profile/profile"));
    let member = format!("arn:aws:iam::{ACCOUNT}:policy/none");
    let unit = ok(&mut world, Tagging, "GetResources", json!({"ResourceTypeFilters": ["organizations:ou"]}));
    let unit = arns(&unit)[0].to_owned();
    let members = json!({"ResourceARNList": [policy, profile, member, unit], "Tags": {"a": "b"}});
    let failed = ok(&mut world, Tagging, "TagResources", members)["FailedResourcesMap"].clone();
    assert_eq!(failed[&member]["ErrorCode"], "InvalidResourceId");
    assert_eq!(failed.as_object().map(serde_json::Map::len), Some(1), "{failed}");
    let tags = ok(&mut world, Iam, "ListPolicyTags", json!({"PolicyArn": policy}))["Tags"].clone();
    assert_eq!(tags, json!([{"Key": "a", "Value": "b"}, {"Key": "team", "Value": "red"}]));
    // What one service refuses is told of its resource, and the others have their tags.
    let members = json!({"ResourceARNList": [policy, unit], "Tags": {"aws:x": "y"}});
    let failed = ok(&mut world, Tagging, "TagResources", members)["FailedResourcesMap"].clone();
    assert_eq!(failed[&policy]["ErrorCode"], "InvalidInput");
    assert_eq!(failed[&unit]["ErrorCode"], "InvalidInputException");
    let members = json!({"ResourceARNList": [policy, unit], "TagKeys": ["a"]});
    let failed = ok(&mut world, Tagging, "UntagResources", members)["FailedResourcesMap"].clone();
    assert_eq!(failed, json!({}));
    let found = json!({"TagFilters": [{"Key": "a"}]});
    assert_eq!(arns(&ok(&mut world, Tagging, "GetResources", found)), [profile.as_str()]);
    let malformed = json!({"ResourceARNList": [policy, "policy"], "Tags": {"z": "z"}});
    let told = refused(&mut world, Tagging, "TagResources", malformed);
    assert_eq!(told.1, "policy is not a valid AmazonResourceName (ARN)");
}

#[test]
fn what_a_resources_own_service_does_not_permit_is_told_of_it_alone_f_tag_6() {
    let mut world = furnished();
    let (policy, profile) = (iam_arn("policy/policy"), iam_arn("instance-profile/profile"));
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["tag:*","iam:TagPolicy"],"Resource":"*"}]}"#;
    ok(
        &mut world,
        Iam,
        "PutUserPolicy",
        json!({"UserName": "user", "PolicyName": "p", "PolicyDocument": document}),
    );
    let account = ACCOUNT.parse().expect("an account id");
    let user = of_user(account, "user", "AKIAUSER".to_owned(), &world.view()).expect("readable");
    let user = user.expect("a user");
    let members = json!({"ResourceARNList": [policy, profile], "Tags": {"a": "b"}});
    let failed = world.ok(&user, operation(Tagging, "TagResources"), members)["FailedResourcesMap"].clone();
    assert_eq!((failed.get(&policy), &failed[&profile]["StatusCode"]), (None, &json!(403)));
    let text = failed[&profile]["ErrorMessage"].as_str().unwrap_or_default();
    assert!(text.contains("iam:TagInstanceProfile"), "{text}");
    let found = json!({"TagFilters": [{"Key": "a"}]});
    assert_eq!(arns(&ok(&mut world, Tagging, "GetResources", found)), [policy.as_str()]);
}

#[test]
fn tag_policies_are_counted_over_the_organization_f_tag_9_f_tag_10() {
    let mut world = furnished();
    let (code, text) = refused(&mut world, Tagging, "GetComplianceSummary", json!({}));
    assert_eq!(code, "ConstraintViolationException");
    assert!(text.starts_with("Access to tag policies is not enabled."), "{text}");
    let service = json!({"ServicePrincipal": "tagpolicies.tag.amazonaws.com"});
    ok(&mut world, Organizations, "EnableAWSServiceAccess", service);
    let summary = ok(&mut world, Tagging, "GetComplianceSummary", json!({}))["SummaryList"].clone();
    assert_eq!(summary[0]["NonCompliantResources"], 0);
    let root = ok(&mut world, Organizations, "ListRoots", json!({}))["Roots"][0]["Id"].clone();
    let kind = json!({"RootId": root, "PolicyType": "TAG_POLICY"});
    ok(&mut world, Organizations, "EnablePolicyType", kind);
    let content =
        json!({"tags": {"team": {"tag_key": {"@@assign": "team"}, "tag_value": {"@@assign": ["blue"]}}}});
    let policy =
        json!({"Name": "t", "Description": "", "Type": "TAG_POLICY", "Content": content.to_string()});
    let policy = ok(&mut world, Organizations, "CreatePolicy", policy);
    let attach = json!({"PolicyId": policy["Policy"]["PolicySummary"]["Id"], "TargetId": root});
    ok(&mut world, Organizations, "AttachPolicy", attach);
    let by_type = json!({"GroupBy": ["TARGET_ID", "RESOURCE_TYPE"]});
    let summary = ok(&mut world, Tagging, "GetComplianceSummary", by_type)["SummaryList"].clone();
    assert_eq!(summary.as_array().map(Vec::len), Some(1), "{summary}");
    assert_eq!(
        (&summary[0]["TargetId"], &summary[0]["ResourceType"]),
        (&json!(ACCOUNT), &json!("iam:policy"))
    );
    let members = json!({"IncludeComplianceDetails": true, "ExcludeCompliantResources": true});
    let found = ok(&mut world, Tagging, "GetResources", members);
    assert_eq!(arns(&found), [iam_arn("policy/policy")]);
    let details = &found["ResourceTagMappingList"][0]["ComplianceDetails"];
    assert_eq!(details["KeysWithNoncompliantValues"], json!(["team"]));
    assert_eq!(ok(&mut world, Tagging, "DescribeReportCreation", json!({}))["Status"], "NO REPORT");
}
