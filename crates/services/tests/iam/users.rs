//! Users and their access keys.

use serde_json::json;
use services::state::identity::{Credential, PolicyEntity, PolicyUse, User};

use crate::support::{ACCOUNT, Store, allow, root, texts};

#[test]
fn a_user_is_shown_as_it_was_made() {
    let mut store = Store::new();
    let made = store.ok(
        "CreateUser",
        json!({"UserName": "Ann", "Path": "/team/", "Tags": [{"Key": "floor", "Value": "3"}]}),
    );
    let user = &made["User"];
    assert_eq!(user["Arn"], "arn:aws:iam::111122223333:user/team/Ann");
    assert!(user["UserId"].as_str().is_some_and(|id| id.starts_with("AIDA") && id.len() == 21));
    assert_eq!(user["Tags"][0]["Value"], "3");
    assert_eq!(store.ok("GetUser", json!({"UserName": "ANN"})), made);
}

#[test]
fn names_are_unique_without_regard_to_case() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    let refusal = store.refused("CreateUser", json!({"UserName": "ann"}));
    assert_eq!(refusal, ("EntityAlreadyExists".into(), 409, "User with name ann already exists.".into()));
    store.ok("CreateUser", json!({"UserName": "Bob"}));
    let refusal = store.refused("UpdateUser", json!({"UserName": "Bob", "NewUserName": "aNN"}));
    assert_eq!(refusal.0, "EntityAlreadyExists");
}

#[test]
fn a_missing_user_is_named() {
    let mut store = Store::new();
    for operation in
        ["GetUser", "DeleteUser", "ListAttachedUserPolicies", "ListGroupsForUser", "ListMFADevices"]
    {
        let refusal = store.refused(operation, json!({"UserName": "Zoe"}));
        let expected = ("NoSuchEntity".into(), 404, "The user with name Zoe cannot be found.".into());
        assert_eq!(refusal, expected, "{operation}");
    }
}

#[test]
fn wrong_names_are_refused_in_the_words_of_iam() {
    let mut store = Store::new();
    let (code, status, message) = store.refused("CreateUser", json!({"UserName": "a b"}));
    assert_eq!((code.as_str(), status), ("ValidationError", 400));
    assert_eq!(
        message,
        "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the \
         following: +=,.@_-"
    );
    let (_, _, message) = store.refused("CreateUser", json!({"UserName": "ann", "Path": "team"}));
    assert!(message.starts_with("The specified value for path is invalid."), "{message}");
    let (_, _, message) = store.refused("CreateUser", json!({"UserName": "a".repeat(65)}));
    // F-IAMAPI-VAL-2: values are not repeated.
    let expected = "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must \
                    have length less than or equal to 64";
    assert_eq!(message, expected);
    let (_, _, message) = store.refused("ListUsers", json!({"MaxItems": 1001}));
    let expected = "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: Member must \
                    have value less than or equal to 1000";
    assert_eq!(message, expected);
}

#[test]
fn a_key_works_until_it_is_switched_off_or_deleted() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    let key = store.ok("CreateAccessKey", json!({"UserName": "ann"}))["AccessKey"].clone();
    let id = key["AccessKeyId"].as_str().expect("an id").to_owned();
    assert_eq!((id.len(), &id[..4]), (20, "AKIA"));
    assert_eq!(key["SecretAccessKey"].as_str().map(str::len), Some(40));
    assert_eq!(key["UserName"], "Ann");
    assert!(store.caller(&id).is_some());
    store.ok("UpdateAccessKey", json!({"UserName": "Ann", "AccessKeyId": id, "Status": "Inactive"}));
    assert!(store.caller(&id).is_none());
    let listed = store.ok("ListAccessKeys", json!({"UserName": "Ann"}));
    assert_eq!(texts(&listed["AccessKeyMetadata"], "Status"), ["Inactive"]);
    assert!(!listed.to_string().contains("Secret"));
    store.ok("DeleteAccessKey", json!({"UserName": "Ann", "AccessKeyId": id}));
    assert_eq!(store.documents.count::<Credential>(), 0);
    let refusal = store.refused("DeleteAccessKey", json!({"UserName": "Ann", "AccessKeyId": id}));
    assert_eq!(refusal.2, format!("The Access Key with id {id} cannot be found."));
}

#[test]
fn a_user_has_two_keys_at_most() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateAccessKey", json!({"UserName": "Ann"}));
    store.ok("CreateAccessKey", json!({"UserName": "Ann"}));
    let refusal = store.refused("CreateAccessKey", json!({"UserName": "Ann"}));
    assert_eq!(refusal, ("LimitExceeded".into(), 409, "Cannot exceed quota for AccessKeysPerUser: 2".into()));
}

#[test]
fn keys_of_others_are_not_seen() {
    let mut store = Store::new();
    store.add_account("444455556666");
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateUser", json!({"UserName": "Bob"}));
    let key = store.ok("CreateAccessKey", json!({"UserName": "Ann"}));
    let id = &key["AccessKey"]["AccessKeyId"];
    let refusal = store.refused("DeleteAccessKey", json!({"UserName": "Bob", "AccessKeyId": id}));
    assert_eq!(refusal.0, "NoSuchEntity");
    let stranger = root("444455556666");
    // F-IAMAPI-KEY-4
    let refusal = store.refused_to(&stranger, "GetAccessKeyLastUsed", json!({"AccessKeyId": id}));
    let text = format!(
        "User: arn:aws:iam::444455556666:root is not authorized to perform iam:GetAccessKeyLastUsed on resource: \
         access key {}",
        id.as_str().expect("an id")
    );
    assert_eq!(refusal, ("AccessDenied".into(), 403, text));
    assert_eq!(store.refused_to(&stranger, "GetUser", json!({"UserName": "Ann"})).0, "NoSuchEntity");
    let used = store.ok("GetAccessKeyLastUsed", json!({"AccessKeyId": id}));
    assert_eq!((&used["UserName"], &used["AccessKeyLastUsed"]["Region"]), (&json!("Ann"), &json!("N/A")));
}

/// F-IAMAPI-USR-2
#[test]
fn the_root_user_is_shown_without_a_name_and_has_keys_of_its_own() {
    let mut store = Store::new();
    let user = store.ok("GetUser", json!({}))["User"].clone();
    assert_eq!((&user["UserId"], &user["Arn"]), (&json!(ACCOUNT), &json!("arn:aws:iam::111122223333:root")));
    assert!(user.get("UserName").is_none() && user.get("Path").is_none());
    let key = store.ok("CreateAccessKey", json!({}))["AccessKey"].clone();
    assert!(key.get("UserName").is_none());
    let id = key["AccessKeyId"].as_str().expect("an id").to_owned();
    assert_eq!(store.caller(&id).map(|caller| caller.principal), Some(root(ACCOUNT).principal));
    assert_eq!(store.ok("GetAccountSummary", json!({}))["SummaryMap"]["AccountAccessKeysPresent"], 1);
    store.ok("DeleteAccessKey", json!({"AccessKeyId": id}));
    assert!(store.caller(&id).is_none());
}

#[test]
fn a_role_session_must_name_the_user() {
    let mut store = Store::new();
    store.ok("CreateRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": crate::support::TRUST}));
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    store.ok("AttachRolePolicy", json!({"RoleName": "R", "PolicyArn": admin}));
    let session = aws::principal::Caller {
        principal: aws::principal::Principal::AssumedRole {
            account: crate::support::account_id(),
            role_path: "/".to_owned(),
            role_name: "R".to_owned(),
            role_id: "AROA".to_owned(),
            session_name: "s".to_owned(),
        },
        ..root(ACCOUNT)
    };
    for operation in ["GetUser", "CreateAccessKey", "ListAccessKeys", "ListMFADevices"] {
        let (code, _, message) = store.refused_to(&session, operation, json!({}));
        assert_eq!(code, "ValidationError");
        assert_eq!(message, "Must specify userName when calling with non-User credentials", "{operation}");
    }
}

#[test]
fn renaming_takes_keys_groups_and_policies_along() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateGroup", json!({"GroupName": "Devs"}));
    store.ok("AddUserToGroup", json!({"GroupName": "Devs", "UserName": "Ann"}));
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    store.ok("AttachUserPolicy", json!({"UserName": "Ann", "PolicyArn": admin}));
    let key = store.ok("CreateAccessKey", json!({"UserName": "Ann"}));
    let id = key["AccessKey"]["AccessKeyId"].as_str().expect("an id").to_owned();
    store.ok("UpdateUser", json!({"UserName": "Ann", "NewUserName": "Anna", "NewPath": "/new/"}));
    assert_eq!(store.refused("GetUser", json!({"UserName": "Ann"})).0, "NoSuchEntity");
    let caller = store.caller(&id).expect("the key still works");
    assert_eq!(caller.principal.arn(), "arn:aws:iam::111122223333:user/new/Anna");
    let group = store.ok("GetGroup", json!({"GroupName": "Devs"}));
    assert_eq!(texts(&group["Users"], "UserName"), ["Anna"]);
    let entities = store.ok("ListEntitiesForPolicy", json!({"PolicyArn": admin}));
    assert_eq!(texts(&entities["PolicyUsers"], "UserName"), ["Anna"]);
    assert_eq!((store.documents.count::<User>(), store.documents.count::<PolicyEntity>()), (1, 1));
}

#[test]
fn a_user_goes_only_when_nothing_belongs_to_it() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateGroup", json!({"GroupName": "Devs"}));
    store.ok("AddUserToGroup", json!({"GroupName": "Devs", "UserName": "Ann"}));
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    store.ok("AttachUserPolicy", json!({"UserName": "Ann", "PolicyArn": admin}));
    let inline = json!({"UserName": "Ann", "PolicyName": "p", "PolicyDocument": allow("iam:*")});
    store.ok("PutUserPolicy", inline);
    let key = store.ok("CreateAccessKey", json!({"UserName": "Ann"}));
    let steps = [
        (
            "must delete access keys first.",
            "DeleteAccessKey",
            json!({"UserName": "Ann", "AccessKeyId": key["AccessKey"]["AccessKeyId"]}),
        ),
        (
            "must remove users from group first.",
            "RemoveUserFromGroup",
            json!({"GroupName": "Devs", "UserName": "Ann"}),
        ),
        (
            "must detach all policies first.",
            "DetachUserPolicy",
            json!({"UserName": "Ann", "PolicyArn": admin}),
        ),
        ("must delete policies first.", "DeleteUserPolicy", json!({"UserName": "Ann", "PolicyName": "p"})),
    ];
    for (conflict, operation, members) in steps {
        let refusal = store.refused("DeleteUser", json!({"UserName": "Ann"}));
        assert_eq!(refusal, ("DeleteConflict".into(), 409, format!("Cannot delete entity, {conflict}")));
        store.ok(operation, members);
    }
    store.ok("DeleteUser", json!({"UserName": "Ann"}));
    assert_eq!(
        (
            store.documents.count::<User>(),
            store.documents.count::<PolicyUse>(),
            store.documents.count::<PolicyEntity>()
        ),
        (0, 0, 0)
    );
}

#[test]
fn lists_come_in_pages_under_a_path() {
    let mut store = Store::new();
    for number in 0..9 {
        let path = if number % 3 == 0 { "/a/" } else { "/b/" };
        store.ok("CreateUser", json!({"UserName": format!("U{number}"), "Path": path}));
    }
    let mut names = Vec::new();
    let mut asked = json!({"PathPrefix": "/b/", "MaxItems": 4});
    loop {
        let page = store.ok("ListUsers", asked.clone());
        names.extend(texts(&page["Users"], "UserName").into_iter().map(str::to_owned));
        assert_eq!(page["IsTruncated"], json!(page.get("Marker").is_some()));
        let Some(marker) = page.get("Marker") else { break };
        asked["Marker"] = marker.clone();
    }
    assert_eq!(names, ["U1", "U2", "U4", "U5", "U7", "U8"]);
    let foreign = json!({"PathPrefix": "/a/", "Marker": asked["Marker"]});
    assert_eq!(store.refused("ListUsers", foreign).0, "ValidationError");
}

#[test]
fn a_page_looks_at_a_thousand_documents_at_most() {
    let mut store = Store::new();
    for number in 0..1_005 {
        let path = if number == 1_003 { "/wanted/" } else { "/" };
        store.ok("CreateUser", json!({"UserName": format!("u{number:04}"), "Path": path}));
    }
    let first = store.ok("ListUsers", json!({"PathPrefix": "/wanted/"}));
    assert_eq!((first["Users"].clone(), first["IsTruncated"].clone()), (json!([]), json!(true)));
    let asked = json!({"PathPrefix": "/wanted/", "Marker": first["Marker"]});
    let second = store.ok("ListUsers", asked);
    assert_eq!(texts(&second["Users"], "UserName"), ["u1003"]);
    assert_eq!(second["IsTruncated"], false);
}

#[test]
fn a_key_cannot_be_made_expired() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    let key = store.ok("CreateAccessKey", json!({"UserName": "Ann"}));
    let expired =
        json!({"UserName": "Ann", "AccessKeyId": key["AccessKey"]["AccessKeyId"], "Status": "Expired"});
    assert_eq!(store.refused("UpdateAccessKey", expired).0, "InvalidInput");
}
