//! Who may call IAM: resources, condition keys, and policies that come through groups.

use aws::principal::{Caller, Principal};
use serde_json::json;

use crate::support::{Store, TRUST, account_id, allow};

fn with_user(policy: &str) -> (Store, Caller) {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann", "Path": "/team/"}));
    store.ok("PutUserPolicy", json!({"UserName": "Ann", "PolicyName": "p", "PolicyDocument": policy}));
    let key = store.ok("CreateAccessKey", json!({"UserName": "Ann"}));
    let id = key["AccessKey"]["AccessKeyId"].as_str().expect("an id").to_owned();
    let caller = store.caller(&id).expect("a user");
    (store, caller)
}

fn statement(action: &str, resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}","Condition":{condition}}}]}}"#
    )
}

#[test]
fn the_resource_is_the_entity_with_its_path() {
    let (mut store, ann) = with_user(&statement("iam:*", "arn:aws:iam::*:user/team/${aws:username}", "{}"));
    let user = store.call(&ann, "GetUser", json!({})).expect("itself");
    assert_eq!(user["User"]["UserName"], "Ann");
    store.ok("CreateUser", json!({"UserName": "Bob", "Path": "/team/"}));
    let (code, status, message) = store.refused_to(&ann, "GetUser", json!({"UserName": "Bob"}));
    assert_eq!((code.as_str(), status), ("AccessDenied", 403));
    assert_eq!(
        message,
        "User: arn:aws:iam::111122223333:user/team/Ann is not authorized to perform: iam:GetUser on resource: \
         user Bob because no identity-based policy allows the iam:GetUser action"
    );
}

#[test]
fn permissions_come_through_groups_and_go_with_them() {
    let (mut store, ann) = with_user(&allow("account:*"));
    store.ok("CreateGroup", json!({"GroupName": "Readers"}));
    store.ok(
        "PutGroupPolicy",
        json!({"GroupName": "Readers", "PolicyName": "p", "PolicyDocument": allow("iam:ListUsers")}),
    );
    store.ok(
        "AttachGroupPolicy",
        json!({"GroupName": "Readers", "PolicyArn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}),
    );
    assert_eq!(store.refused_to(&ann, "ListUsers", json!({})).0, "AccessDenied");
    store.ok("AddUserToGroup", json!({"GroupName": "Readers", "UserName": "Ann"}));
    store.call(&ann, "ListUsers", json!({})).expect("allowed inline");
    store.call(&ann, "GetGroup", json!({"GroupName": "Readers"})).expect("allowed by the managed policy");
    store.ok("RemoveUserFromGroup", json!({"GroupName": "Readers", "UserName": "Ann"}));
    assert_eq!(store.refused_to(&ann, "ListUsers", json!({})).0, "AccessDenied");
}

#[test]
fn delegation_can_be_bound_to_a_boundary_and_to_a_policy() {
    let boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    let (mut store, ann) = with_user(&statement(
        "iam:CreateUser",
        "*",
        &format!(r#"{{"StringEquals":{{"iam:PermissionsBoundary":"{boundary}"}}}}"#),
    ));
    assert_eq!(store.refused_to(&ann, "CreateUser", json!({"UserName": "Bob"})).0, "AccessDenied");
    store
        .call(&ann, "CreateUser", json!({"UserName": "Bob", "PermissionsBoundary": boundary}))
        .expect("bound");
    let attach = statement(
        "iam:AttachUserPolicy",
        "*",
        r#"{"ArnLike":{"iam:PolicyARN":"arn:aws:iam::aws:policy/IAMRead*"}}"#,
    );
    store.ok("PutUserPolicy", json!({"UserName": "Ann", "PolicyName": "p", "PolicyDocument": attach}));
    let with =
        |name: &str| json!({"UserName": "Bob", "PolicyArn": format!("arn:aws:iam::aws:policy/{name}")});
    assert_eq!(store.refused_to(&ann, "AttachUserPolicy", with("AdministratorAccess")).0, "AccessDenied");
    store.call(&ann, "AttachUserPolicy", with("IAMReadOnlyAccess")).expect("that one");
}

#[test]
fn tags_of_request_and_resource_are_seen() {
    let condition = r#"{"StringEquals":{"aws:RequestTag/team":"blue"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#;
    let (mut store, ann) = with_user(&statement("iam:*Role", "*", condition));
    let role = |tags| json!({"RoleName": "R", "AssumeRolePolicyDocument": TRUST, "Tags": tags});
    assert_eq!(store.refused_to(&ann, "CreateRole", role(json!([]))).0, "AccessDenied");
    let two = json!([{"Key": "team", "Value": "blue"}, {"Key": "x", "Value": ""}]);
    assert_eq!(store.refused_to(&ann, "CreateRole", role(two)).0, "AccessDenied");
    store.call(&ann, "CreateRole", role(json!([{"Key": "team", "Value": "blue"}]))).expect("as asked");
    let condition = r#"{"StringEquals":{"iam:ResourceTag/team":"blue"}}"#;
    let policy = statement("iam:DeleteRole", "*", condition);
    store.ok("PutUserPolicy", json!({"UserName": "Ann", "PolicyName": "p", "PolicyDocument": policy}));
    store.ok("CreateRole", json!({"RoleName": "S", "AssumeRolePolicyDocument": TRUST}));
    assert_eq!(store.refused_to(&ann, "DeleteRole", json!({"RoleName": "S"})).0, "AccessDenied");
    store.call(&ann, "DeleteRole", json!({"RoleName": "R"})).expect("it is blue");
}

/// F-IAMAPI-RES-3: a user or group with a new name or path is asked for under both.
#[test]
fn a_new_name_or_path_must_be_allowed_too_f_iamapi_res_3() {
    let (mut store, ann) = with_user(&statement("iam:Update*", "arn:aws:iam::*:*/red/*", "{}"));
    store.ok("CreateUser", json!({"UserName": "Bob", "Path": "/red/"}));
    store.ok("CreateGroup", json!({"GroupName": "Staff", "Path": "/red/"}));
    for (operation, members, elsewhere) in [
        ("UpdateUser", json!({"UserName": "Bob", "NewPath": "/"}), "user Bob"),
        ("UpdateUser", json!({"UserName": "Bob", "NewPath": "/blue/", "NewUserName": "Rob"}), "user Rob"),
        ("UpdateGroup", json!({"GroupName": "Staff", "NewPath": "/blue/"}), "group Staff"),
    ] {
        let (code, _, message) = store.refused_to(&ann, operation, members);
        assert_eq!(code, "AccessDenied");
        assert!(message.contains(&format!("on resource: {elsewhere} because")), "{message}");
    }
    store.call(&ann, "UpdateUser", json!({"UserName": "Bob", "NewUserName": "Rob"})).expect("both are red");
    store.call(&ann, "UpdateGroup", json!({"GroupName": "Staff", "NewPath": "/red/x/"})).expect("both too");
    let (_, _, message) =
        store.refused_to(&ann, "UpdateUser", json!({"UserName": "Ann", "NewPath": "/red/"}));
    assert!(message.contains("on resource: user Ann because"), "{message}");
}

/// F-IAMAPI-RES-4: who creates something with tags must be allowed to tag it.
#[test]
fn to_create_with_tags_is_to_tag_f_iamapi_res_4() {
    let (mut store, ann) = with_user(&statement("iam:Create*", "*", "{}"));
    let tags = json!([{"Key": "team", "Value": "blue"}]);
    for (operation, tagging, members) in [
        ("CreateUser", "TagUser", json!({"UserName": "Bob"})),
        ("CreateRole", "TagRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": TRUST})),
        ("CreatePolicy", "TagPolicy", json!({"PolicyName": "P", "PolicyDocument": allow("iam:ListUsers")})),
    ] {
        let mut tagged = members.clone();
        tagged["Tags"] = tags.clone();
        let (code, _, message) = store.refused_to(&ann, operation, tagged);
        assert_eq!(code, "AccessDenied");
        assert!(message.contains(&format!("to perform: iam:{tagging} on resource: ")), "{message}");
        store.call(&ann, operation, members).expect("without tags");
    }
}

/// F-IAMAPI-KEYS-1: only the actions that the reference says so of know the boundary of their resource.
#[test]
fn a_boundary_is_seen_by_the_actions_that_bear_on_it_f_iamapi_keys_1() {
    let condition = r#"{"Null":{"iam:PermissionsBoundary":"true"}}"#;
    let (mut store, ann) = with_user(&statement("iam:*", "*", condition));
    let boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    store.ok("CreateUser", json!({"UserName": "Bob", "PermissionsBoundary": boundary}));
    let inline = json!({"UserName": "Bob", "PolicyName": "p", "PolicyDocument": allow("iam:ListUsers")});
    assert_eq!(store.refused_to(&ann, "PutUserPolicy", inline).0, "AccessDenied");
    store.call(&ann, "GetUser", json!({"UserName": "Bob"})).expect("no key");
    store.call(&ann, "DeleteUser", json!({"UserName": "Bob"})).expect("no key");
}

#[test]
fn what_is_not_there_is_asked_for_under_the_root_path() {
    let (mut store, ann) = with_user(&statement("iam:*", "arn:aws:iam::*:user/none", "{}"));
    assert_eq!(store.refused_to(&ann, "GetUser", json!({"UserName": "none"})).0, "NoSuchEntity");
    let (code, _, message) = store.refused_to(&ann, "GetRole", json!({"RoleName": "none"}));
    assert_eq!(code, "AccessDenied");
    assert!(message.contains("on resource: role none because"), "{message}");
}

/// F-IAMAPI-RES-6.
#[test]
fn a_session_asks_about_itself() {
    let mut store = Store::new();
    store.ok("CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": TRUST}));
    let session = Caller {
        principal: Principal::AssumedRole {
            account: account_id(),
            role_path: "/".to_owned(),
            role_name: "r".to_owned(),
            role_id: "AROAEXAMPLE".to_owned(),
            session_name: "s".to_owned(),
        },
        access_key_id: "ASIAEXAMPLE".to_owned(),
        session: None,
    };
    let (code, _, message) = store.refused_to(&session, "GetUser", json!({}));
    assert_eq!(code, "AccessDenied");
    let itself = "on resource: arn:aws:sts::111122223333:assumed-role/r/s because";
    assert!(message.contains(itself), "{message}");
    let all = statement("iam:GetUser", "*", "{}");
    store.ok("PutRolePolicy", json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": all}));
    let (code, status, message) = store.refused_to(&session, "GetUser", json!({}));
    assert_eq!((code.as_str(), status), ("ValidationError", 400));
    assert_eq!(message, "Must specify userName when calling with non-User credentials");
}

/// F-IAMAPI-RES-8
#[test]
fn who_gives_a_role_to_ec2_must_be_allowed_to_pass_it() {
    let condition = r#"{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}"#;
    let (mut store, ann) = with_user(&allow("iam:AddRoleToInstanceProfile"));
    store.ok("CreateRole", json!({"RoleName": "web", "Path": "/team/", "AssumeRolePolicyDocument": TRUST}));
    store.ok("CreateInstanceProfile", json!({"InstanceProfileName": "web"}));
    let add = json!({"InstanceProfileName": "web", "RoleName": "web"});
    let (code, _, message) = store.refused_to(&ann, "AddRoleToInstanceProfile", add.clone());
    assert_eq!(code, "AccessDenied");
    let told = "iam:PassRole on resource: arn:aws:iam::111122223333:role/team/web";
    assert!(message.contains(told), "{message}");
    let passing = statement("iam:PassRole", "arn:aws:iam::111122223333:role/team/*", condition);
    store.ok("PutUserPolicy", json!({"UserName": "Ann", "PolicyName": "q", "PolicyDocument": passing}));
    store.call(&ann, "AddRoleToInstanceProfile", add).expect("both are allowed");
    let get = store.refused_to(&ann, "GetInstanceProfile", json!({"InstanceProfileName": "web"})).2;
    assert!(get.contains("iam:GetInstanceProfile on resource: instance profile web because"), "{get}");
}

/// F-IAMAPI-KEYS-2
#[test]
fn service_and_age_of_a_credential_are_condition_keys() {
    let condition = r#"{"StringEquals":{"iam:ServiceSpecificCredentialServiceName":"bedrock.amazonaws.com"},"NumericLessThan":{"iam:ServiceSpecificCredentialAgeDays":"31"}}"#;
    let (mut store, ann) = with_user(&statement("iam:CreateServiceSpecificCredential", "*", condition));
    let create = |service: &str, days: i32| json!({"UserName": "Ann", "ServiceName": service, "CredentialAgeDays": days});
    store
        .call(&ann, "CreateServiceSpecificCredential", create("bedrock.amazonaws.com", 30))
        .expect("both hold");
    for (service, days) in [("bedrock.amazonaws.com", 31), ("codecommit.amazonaws.com", 30)] {
        let refused = store.refused_to(&ann, "CreateServiceSpecificCredential", create(service, days));
        assert_eq!(refused.0, "AccessDenied", "{service} {days}");
    }
}
