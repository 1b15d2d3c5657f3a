//! Managed policies, their versions, and who uses them.

use serde_json::{Value, json};
use services::state::identity::ManagedPolicy;
use services::world::Document;

use crate::support::{Store, TRUST, allow, texts};

const ARN: &str = "arn:aws:iam::111122223333:policy/team/Contacts";

fn with_policy() -> Store {
    let mut store = Store::new();
    let policy = json!({"PolicyName": "Contacts", "Path": "/team/", "PolicyDocument": allow("account:Get*"), "Description": "d"});
    store.ok("CreatePolicy", policy);
    store
}

#[test]
fn a_policy_is_found_by_its_whole_arn() {
    let mut store = with_policy();
    let policy = store.ok("GetPolicy", json!({"PolicyArn": ARN}))["Policy"].clone();
    assert_eq!(
        (&policy["Arn"], &policy["DefaultVersionId"], &policy["Description"]),
        (&json!(ARN), &json!("v1"), &json!("d"))
    );
    for wrong in [
        "arn:aws:iam::111122223333:policy/Contacts",
        "arn:aws:iam::111122223333:policy/team/contacts",
        "arn:aws:iam::444455556666:policy/team/Contacts",
    ] {
        let refusal = store.refused("GetPolicy", json!({"PolicyArn": wrong}));
        assert_eq!(refusal, ("NoSuchEntity".into(), 404, format!("Policy {wrong} was not found.")));
    }
    // F-IAMAPI-ERR-9
    for (wrong, code) in
        [("not-an-arn-but-long-enough", "ValidationError"), ("arn:aws:s3:::bucket-of-nobody", "InvalidInput")]
    {
        let refusal = store.refused("GetPolicy", json!({"PolicyArn": wrong}));
        assert_eq!(refusal, (code.into(), 400, format!("ARN {wrong} is not valid.")));
    }
    // F-IAMAPI-ERR-10
    let absent = "arn:aws:iam::111122223333:policy/Absent";
    for operation in ["GetPolicyVersion", "SetDefaultPolicyVersion"] {
        let refusal = store.refused(operation, json!({"PolicyArn": absent, "VersionId": "v1"}));
        let text = format!("Policy {absent} version v1 does not exist or is not attachable.");
        assert_eq!(refusal, ("NoSuchEntity".into(), 404, text));
    }
    let refusal =
        store.refused("CreatePolicy", json!({"PolicyName": "CONTACTS", "PolicyDocument": allow("a:B")}));
    assert_eq!(refusal.2, "A policy called CONTACTS already exists. Duplicate names are not allowed.");
}

/// F-IAMAPI-POL-7, F-IAMAPI-POL-8
#[test]
fn a_filter_by_policies_finds_no_entity() {
    let mut store = with_policy();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    let aws = "arn:aws:iam::aws:policy/PowerUserAccess";
    for arn in [ARN, aws] {
        store.ok("AttachUserPolicy", json!({"UserName": "Ann", "PolicyArn": arn}));
    }
    for (filter, users) in [("User", 1), ("LocalManagedPolicy", 0), ("AWSManagedPolicy", 0), ("Group", 0)] {
        let found = store.ok("ListEntitiesForPolicy", json!({"PolicyArn": ARN, "EntityFilter": filter}));
        assert_eq!(found["PolicyUsers"].as_array().map(Vec::len), Some(users), "{filter}");
    }
    let attached = store.ok("ListAttachedUserPolicies", json!({"UserName": "Ann"}));
    assert_eq!(texts(&attached["AttachedPolicies"], "PolicyArn"), [aws, ARN]);
    let details = store.ok("GetAccountAuthorizationDetails", json!({"Filter": ["User"]}));
    let details = &details["UserDetailList"][0]["AttachedManagedPolicies"];
    assert_eq!(texts(details, "PolicyArn"), [aws, ARN]);
}

#[test]
fn a_policy_has_five_versions_at_most_and_numbers_are_not_used_twice() {
    let mut store = with_policy();
    for action in ["a:B", "a:C", "a:D", "a:E"] {
        store.ok("CreatePolicyVersion", json!({"PolicyArn": ARN, "PolicyDocument": allow(action)}));
    }
    let refusal =
        store.refused("CreatePolicyVersion", json!({"PolicyArn": ARN, "PolicyDocument": allow("a:F")}));
    assert_eq!((refusal.0.as_str(), refusal.1), ("LimitExceeded", 409));
    store.ok("SetDefaultPolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v3"}));
    let refusal = store.refused("DeletePolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v3"}));
    assert_eq!(refusal.2, "Cannot delete the default version of a policy.");
    store.ok("DeletePolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v5"}));
    let new = store.ok(
        "CreatePolicyVersion",
        json!({"PolicyArn": ARN, "PolicyDocument": allow("a:F"), "SetAsDefault": true}),
    );
    assert_eq!(new["PolicyVersion"]["VersionId"], "v6");
    let versions = store.ok("ListPolicyVersions", json!({"PolicyArn": ARN}))["Versions"].clone();
    assert_eq!(texts(&versions, "VersionId"), ["v6", "v4", "v3", "v2", "v1"]);
    let third = store.ok("GetPolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v3"}));
    assert!(third["PolicyVersion"]["Document"].as_str().is_some_and(|text| text.contains("a%3AC")));
    assert_eq!(store.ok("GetAccountSummary", json!({}))["SummaryMap"]["PolicyVersionsInUse"], 0);
    let refusal = store.refused("DeletePolicy", json!({"PolicyArn": ARN}));
    assert!(refusal.2.starts_with("This policy has more than one version."), "{}", refusal.2);
}

#[test]
fn a_policy_in_use_stays() {
    let mut store = with_policy();
    store.ok("CreateUser", json!({"UserName": "Ann", "PermissionsBoundary": ARN}));
    store.ok("CreateRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": TRUST}));
    store.ok("AttachRolePolicy", json!({"RoleName": "R", "PolicyArn": ARN}));
    let policy = store.ok("GetPolicy", json!({"PolicyArn": ARN}))["Policy"].clone();
    assert_eq!(
        (&policy["AttachmentCount"], &policy["PermissionsBoundaryUsageCount"]),
        (&json!(1), &json!(1))
    );
    let conflict = "Cannot delete a policy attached to entities.";
    assert_eq!(store.refused("DeletePolicy", json!({"PolicyArn": ARN})).2, conflict);
    let all = store.ok("ListEntitiesForPolicy", json!({"PolicyArn": ARN}));
    assert_eq!(
        (texts(&all["PolicyRoles"], "RoleName"), texts(&all["PolicyUsers"], "UserName")),
        (vec!["R"], vec!["Ann"])
    );
    let users = store.ok("ListEntitiesForPolicy", json!({"PolicyArn": ARN, "EntityFilter": "User"}));
    assert_eq!(users["PolicyRoles"], json!([]));
    store.ok("DetachRolePolicy", json!({"RoleName": "R", "PolicyArn": ARN}));
    assert_eq!(store.refused("DeletePolicy", json!({"PolicyArn": ARN})).2, conflict);
    store.ok("DeleteUserPermissionsBoundary", json!({"UserName": "Ann"}));
    store.ok("DeletePolicy", json!({"PolicyArn": ARN}));
}

#[test]
fn what_is_not_there_cannot_be_attached() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    for arn in ["arn:aws:iam::aws:policy/NoSuchPolicy", ARN] {
        let expected =
            ("NoSuchEntity".into(), 404, format!("Policy {arn} does not exist or is not attachable."));
        assert_eq!(store.refused("AttachUserPolicy", json!({"UserName": "Ann", "PolicyArn": arn})), expected);
        // F-IAMAPI-BND-2
        let boundary = json!({"UserName": "Bob", "PermissionsBoundary": arn});
        let text = format!("Scope ARN: {arn} does not exist or is not attachable.");
        assert_eq!(store.refused("CreateUser", boundary), ("NoSuchEntity".into(), 404, text));
    }
}

#[test]
fn lists_have_a_scope_and_pages_go_over_both() {
    let mut store = with_policy();
    let names = |list: &Value| {
        texts(&list["Policies"], "PolicyName").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&store.ok("ListPolicies", json!({"Scope": "Local"}))), ["Contacts"]);
    let of_aws = names(&store.ok("ListPolicies", json!({"Scope": "AWS"})));
    assert!(
        of_aws.contains(&"AWSAccountManagementFullAccess".to_owned())
            && !of_aws.contains(&"Contacts".to_owned())
    );
    let mut paged = Vec::new();
    let mut asked = json!({"MaxItems": 300});
    loop {
        let page = store.ok("ListPolicies", asked.clone());
        paged.extend(names(&page));
        let Some(marker) = page.get("Marker") else { break };
        asked["Marker"] = marker.clone();
    }
    assert_eq!(paged.pop().as_deref(), Some("Contacts"));
    assert!(paged.len() > 1500 && paged.is_sorted() && paged.starts_with(&of_aws));
    assert_eq!(names(&store.ok("ListPolicies", json!({"OnlyAttached": true}))), Vec::<String>::new());
    assert_eq!(names(&store.ok("ListPolicies", json!({"PathPrefix": "/team/"}))), ["Contacts"]);
}

/// F-IAMMAN-1
#[test]
fn aws_has_1582_policies_and_the_version_in_force_of_each() {
    let mut store = Store::new();
    let arn = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
    let policy = store.ok("GetPolicy", json!({"PolicyArn": arn}))["Policy"].take();
    assert_eq!((&policy["Path"], &policy["IsAttachable"]), (&json!("/job-function/"), &json!(true)));
    let version = policy["DefaultVersionId"].clone();
    let found = store.ok("GetPolicyVersion", json!({"PolicyArn": arn, "VersionId": version}));
    let document = found["PolicyVersion"]["Document"].as_str().expect("a document");
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22%2C"), "{document}");
    let text = format!("Policy {arn} version v1 does not exist or is not attachable.");
    let refusal = store.refused("GetPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v1"}));
    assert_eq!(refusal, ("NoSuchEntity".into(), 404, text));
    // What is in use is found without looking at the others, and by its path.
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("AttachUserPolicy", json!({"UserName": "Ann", "PolicyArn": arn}));
    store.ok(
        "PutUserPermissionsBoundary",
        json!({"UserName": "Ann", "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    );
    let mut listed = |asked: serde_json::Value| {
        texts(&store.ok("ListPolicies", asked)["Policies"], "PolicyName").join(" ")
    };
    assert_eq!(listed(json!({"OnlyAttached": true})), "ReadOnlyAccess ViewOnlyAccess");
    assert_eq!(
        listed(json!({"OnlyAttached": true, "PolicyUsageFilter": "PermissionsBoundary"})),
        "ReadOnlyAccess"
    );
    assert_eq!(listed(json!({"OnlyAttached": true, "Scope": "Local"})), "");
    assert_eq!(listed(json!({"OnlyAttached": true, "PathPrefix": "/job-function/"})), "ViewOnlyAccess");
    assert!(
        listed(json!({"PathPrefix": "/job-function/"}))
            .starts_with("AWSManagementConsoleAdministratorAccess AmazonODBAutonomousDatabaseAdmin")
    );
    // And binds: what both allow may be done, and nothing else.
    let (ann, key) = (store.ok("CreateAccessKey", json!({"UserName": "Ann"})), "AccessKeyId");
    let ann = store.caller(ann["AccessKey"][key].as_str().expect("a key")).expect("a user");
    store.call(&ann, "ListUsers", json!({})).expect("both allow it");
    assert_eq!(store.refused_to(&ann, "CreateUser", json!({"UserName": "Bob"})).0, "AccessDenied");
    let details = store.ok("GetAccountAuthorizationDetails", json!({"Filter": ["AWSManagedPolicy"]}));
    assert_eq!(texts(&details["Policies"], "PolicyName"), ["ReadOnlyAccess", "ViewOnlyAccess"]);
}

#[test]
fn tags_and_size_have_their_limits() {
    let mut store = with_policy();
    store.ok("TagPolicy", json!({"PolicyArn": ARN, "Tags": [{"Key": "a", "Value": "1"}]}));
    assert_eq!(texts(&store.ok("ListPolicyTags", json!({"PolicyArn": ARN}))["Tags"], "Value"), ["1"]);
    store.ok("UntagPolicy", json!({"PolicyArn": ARN, "TagKeys": ["a"]}));
    assert_eq!(store.ok("ListPolicyTags", json!({"PolicyArn": ARN}))["Tags"], json!([]));
    let long = allow(&format!("account:{}", "x".repeat(6_200)));
    let refusal = store.refused("CreatePolicy", json!({"PolicyName": "long", "PolicyDocument": long}));
    assert_eq!(refusal, ("LimitExceeded".into(), 409, "Cannot exceed quota for PolicySize: 6144".into()));
    let aws = "arn:aws:iam::aws:policy/AdministratorAccess";
    assert_eq!(store.refused("DeletePolicy", json!({"PolicyArn": aws})).0, "AccessDenied");
}

#[test]
fn a_policy_of_an_older_accountd_is_read_as_version_1() {
    let text = r#"{"v":1,"account":"111122223333","name":"Old","id":"ANPAEXAMPLEEXAMPLE1","path":"/","created_at":"2026-11-20T10:00:00Z","document":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a:B\",\"Resource\":\"*\"}}"}"#;
    let mut store = Store::new();
    store.put("111122223333/old", &ManagedPolicy::decode(text).expect("readable"));
    let versions =
        store.ok("ListPolicyVersions", json!({"PolicyArn": "arn:aws:iam::111122223333:policy/Old"}));
    assert_eq!(texts(&versions["Versions"], "VersionId"), ["v1"]);
    assert_eq!(versions["Versions"][0]["IsDefaultVersion"], true);
}

/// F-IAMAPI-POL-6: as recorded, the usage is looked at only together with `OnlyAttached`.
#[test]
fn policies_are_listed_by_their_usage() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    for name in ["attached", "boundary", "unused"] {
        store.ok("CreatePolicy", json!({"PolicyName": name, "PolicyDocument": allow("a:B")}));
    }
    let arn = |name: &str| format!("arn:aws:iam::111122223333:policy/{name}");
    store.ok("AttachUserPolicy", json!({"UserName": "Ann", "PolicyArn": arn("attached")}));
    let boundary = json!({"UserName": "Ann", "PermissionsBoundary": arn("boundary")});
    store.ok("PutUserPermissionsBoundary", boundary);
    let all = vec!["attached", "boundary", "unused"];
    for (only_attached, usage, expected) in [
        (false, None, all.clone()),
        (false, Some("PermissionsPolicy"), all.clone()),
        (false, Some("PermissionsBoundary"), all),
        (true, None, vec!["attached", "boundary"]),
        (true, Some("PermissionsPolicy"), vec!["attached"]),
        (true, Some("PermissionsBoundary"), vec!["boundary"]),
    ] {
        let mut asked = json!({"Scope": "Local", "OnlyAttached": only_attached});
        if let Some(usage) = usage {
            asked["PolicyUsageFilter"] = json!(usage);
        }
        let listed = store.ok("ListPolicies", asked.clone());
        assert_eq!(texts(&listed["Policies"], "PolicyName"), expected, "{asked}");
    }
}

/// F-IAMAPI-INL-1: as recorded for users, groups and roles alike.
#[test]
fn inline_policies_are_found_without_regard_to_case() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    for (name, action) in [("MixedName", "a:B"), ("mixedname", "a:C")] {
        let put = json!({"UserName": "Ann", "PolicyName": name, "PolicyDocument": allow(action)});
        store.ok("PutUserPolicy", put);
    }
    assert_eq!(store.ok("ListUserPolicies", json!({"UserName": "Ann"}))["PolicyNames"], json!(["MixedName"]));
    let got = store.ok("GetUserPolicy", json!({"UserName": "Ann", "PolicyName": "MIXEDNAME"}));
    assert_eq!(got["PolicyName"], "MIXEDNAME");
    assert!(got["PolicyDocument"].as_str().is_some_and(|text| text.contains("a%3AC")), "{got}");
    store.ok("DeleteUserPolicy", json!({"UserName": "Ann", "PolicyName": "mixedNAME"}));
    assert_eq!(store.ok("ListUserPolicies", json!({"UserName": "Ann"}))["PolicyNames"], json!([]));
}

/// The size is told of a document that is malformed, too: it was not read.
#[test]
fn a_document_that_is_too_long_is_not_read_f_cost_2() {
    let mut store = with_policy();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    let long = "x".repeat(6_200);
    for (operation, members, quota) in [
        ("CreatePolicy", json!({"PolicyName": "long", "PolicyDocument": long}), "PolicySize"),
        ("CreatePolicyVersion", json!({"PolicyArn": ARN, "PolicyDocument": long}), "PolicySize"),
        (
            "PutUserPolicy",
            json!({"UserName": "Ann", "PolicyName": "p", "PolicyDocument": long}),
            "bytes exceeded",
        ),
        ("CreateRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": long}), "ACLSizePerRole"),
    ] {
        let (code, _, text) = store.refused(operation, members);
        assert_eq!(code, "LimitExceeded", "{operation}");
        assert!(text.contains(quota), "{text}");
    }
}
