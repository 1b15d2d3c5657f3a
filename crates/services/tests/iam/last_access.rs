//! Which services somebody may use by its policies, and by which of them. What was used when, the whole service tells: the
//! documents of these tests have no event log.

use serde_json::{Value, json};

use crate::support::{ACCOUNT, Store, texts};

fn allow(actions: &[&str]) -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
        .to_string()
}

/// A user with an inline policy, in a group with a managed one.
fn furnished() -> Store {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "user"}));
    let inline = json!({"UserName": "user", "PolicyName": "inline", "PolicyDocument": allow(&["s3:GetObject", "iam:GetUser"])});
    store.ok("PutUserPolicy", inline);
    store.ok("CreateGroup", json!({"GroupName": "group"}));
    store.ok("AddUserToGroup", json!({"GroupName": "group", "UserName": "user"}));
    store.ok("CreatePolicy", json!({"PolicyName": "shared", "PolicyDocument": allow(&["sqs:*"])}));
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/shared");
    store.ok("AttachGroupPolicy", json!({"GroupName": "group", "PolicyArn": arn}));
    store
}

fn details(store: &mut Store, arn: &str) -> Value {
    let job =
        store.ok("GenerateServiceLastAccessedDetails", json!({"Arn": arn, "Granularity": "ACTION_LEVEL"}));
    store.ok("GetServiceLastAccessedDetails", json!({"JobId": job["JobId"]}))
}

#[test]
fn services_are_told_by_policies_f_iamapi_lastacc_1_f_iamapi_lastacc_2() {
    let mut store = furnished();
    let of_user = details(&mut store, &format!("arn:aws:iam::{ACCOUNT}:user/user"));
    assert_eq!(of_user["JobStatus"], "COMPLETED");
    assert_eq!(texts(&of_user["ServicesLastAccessed"], "ServiceNamespace"), ["iam", "s3", "sqs"]);
    let tracked = &of_user["ServicesLastAccessed"][0]["TrackedActionsLastAccessed"];
    assert_eq!(texts(tracked, "ActionName"), ["GetUser"]);
    assert_eq!(of_user["JobCreationDate"], "2026-11-21T10:00:00.000Z");
    let of_policy = details(&mut store, &format!("arn:aws:iam::{ACCOUNT}:policy/shared"));
    assert_eq!(texts(&of_policy["ServicesLastAccessed"], "ServiceNamespace"), ["sqs"]);
    let aws = details(&mut store, "arn:aws:iam::aws:policy/AdministratorAccess");
    assert_eq!(
        (aws["ServicesLastAccessed"].as_array().map(Vec::len), &aws["IsTruncated"]),
        (Some(100), &json!(true))
    );
    let none = json!({"Arn": format!("arn:aws:iam::{ACCOUNT}:user/none")});
    assert_eq!(store.refused("GenerateServiceLastAccessedDetails", none).0, "NoSuchEntity");
    let job = json!({"JobId": "00000000-0000-4000-8000-000000000000"});
    assert_eq!(store.refused("GetServiceLastAccessedDetails", job.clone()).0, "NoSuchEntity");
    assert_eq!(store.refused("GetOrganizationsAccessReport", job).0, "NoSuchEntity");
}

#[test]
fn whoever_may_use_a_service_is_named_f_iamapi_lastacc_6() {
    let mut store = furnished();
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/shared");
    let job = store.ok("GenerateServiceLastAccessedDetails", json!({"Arn": arn}));
    let mut named = |namespace: &str| {
        let members = json!({"JobId": job["JobId"], "ServiceNamespace": namespace});
        store.ok("GetServiceLastAccessedDetailsWithEntities", members)["EntityDetailsList"].clone()
    };
    let entities = named("sqs");
    assert_eq!(entities[0]["EntityInfo"]["Arn"], format!("arn:aws:iam::{ACCOUNT}:user/user"));
    assert_eq!(
        (&entities[0]["EntityInfo"]["Type"], entities[0].get("LastAuthenticated")),
        (&json!("USER"), None)
    );
    assert_eq!(named("s3"), json!([]));
}

#[test]
fn policies_that_grant_a_service_are_listed_f_iamapi_lastacc_7() {
    let mut store = furnished();
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/user");
    let members = json!({"Arn": arn, "ServiceNamespaces": ["sqs", "iam", "kms"]});
    let listed =
        store.ok("ListPoliciesGrantingServiceAccess", members)["PoliciesGrantingServiceAccess"].clone();
    let shared = format!("arn:aws:iam::{ACCOUNT}:policy/shared");
    assert_eq!(
        listed,
        json!([
            {"ServiceNamespace": "sqs", "Policies": [
                {"PolicyName": "shared", "PolicyType": "MANAGED", "PolicyArn": shared},
            ]},
            {"ServiceNamespace": "iam", "Policies": [
                {"PolicyName": "inline", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "user"},
            ]},
            {"ServiceNamespace": "kms", "Policies": []},
        ])
    );
    let wrong = json!({"Arn": arn, "ServiceNamespaces": ["none", "iam"]});
    let told = store.refused("ListPoliciesGrantingServiceAccess", wrong);
    assert_eq!((told.0.as_str(), told.2.as_str()), ("InvalidInput", "Invalid service namespace: [none]"));
}

#[test]
fn a_report_on_an_organization_tells_what_policies_leave_f_iamapi_orgrep_1_f_iamapi_orgrep_2() {
    let mut store = Store::new();
    let organizations = |store: &mut Store, name: &str, members: Value| {
        let operation = testing::world::operation(services::service::Service::Organizations, name);
        testing::world::World::ok(store, &testing::world::root(ACCOUNT), operation, members)
    };
    let organization = organizations(&mut store, "CreateOrganization", json!({}));
    let root = organizations(&mut store, "ListRoots", json!({}))["Roots"][0]["Id"].clone();
    let kind = json!({"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"});
    organizations(&mut store, "EnablePolicyType", kind);
    let unit = organizations(&mut store, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "u"}));
    let unit = unit["OrganizationalUnit"]["Id"].clone();
    let policy = json!({
        "Name": "two", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": allow(&["s3:*", "iam:GetUser"]),
    });
    let policy = organizations(&mut store, "CreatePolicy", policy)["Policy"]["PolicySummary"]["Id"].clone();
    organizations(&mut store, "AttachPolicy", json!({"PolicyId": policy, "TargetId": unit}));
    organizations(&mut store, "DetachPolicy", json!({"PolicyId": "p-FullAWSAccess", "TargetId": unit}));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let path = format!("{}/{}/{}", text(&organization["Organization"]["Id"]), text(&root), text(&unit));
    let report = |store: &mut Store, members: Value| {
        let job = store.ok("GenerateOrganizationsAccessReport", members);
        store.ok(
            "GetOrganizationsAccessReport",
            json!({"JobId": job["JobId"], "SortKey": "SERVICE_NAMESPACE_DESCENDING"}),
        )
    };
    let of_unit = report(&mut store, json!({"EntityPath": path}));
    assert_eq!(texts(&of_unit["AccessDetails"], "ServiceNamespace"), ["s3", "iam"]);
    assert_eq!(
        (&of_unit["NumberOfServicesAccessible"], &of_unit["NumberOfServicesNotAccessed"]),
        (&json!(2), &json!(2))
    );
    let root_path = path.rsplit_once('/').map(|(path, _)| path.to_owned());
    let of_root = report(&mut store, json!({"EntityPath": root_path}));
    assert_eq!(of_root["AccessDetails"].as_array().map(Vec::len), Some(100));
    let of_policy = report(&mut store, json!({"EntityPath": root_path, "OrganizationsPolicyId": policy}));
    assert_eq!(of_policy["NumberOfServicesAccessible"], 2);
    let elsewhere = report(&mut store, json!({"EntityPath": "o-aaaaaaaaaa/r-aaaa"}));
    assert_eq!(
        (&elsewhere["JobStatus"], &elsewhere["ErrorDetails"]["Code"]),
        (&json!("FAILED"), &json!("AccessDenied"))
    );
}
