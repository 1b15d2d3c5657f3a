//! Passwords of users, what an account asks of them, and credentials of single services.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::json;
use testing::builders::policy;

use crate::support::{Store, allow, texts};

fn deny(action: &str) -> String {
    policy("Deny", action)
}

const GOOD: &str = "Change-me-0815!";

/// F-IAMAPI-LOGIN-1, F-IAMAPI-LOGIN-3, F-IAMAPI-LOGIN-4
#[test]
fn a_password_is_set_changed_and_taken_away() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    let none = store.refused("GetLoginProfile", json!({"UserName": "Ann"}));
    assert_eq!(none, ("NoSuchEntity".into(), 404, "Login Profile for User Ann cannot be found.".into()));
    assert_eq!(store.refused("CreateLoginProfile", json!({"UserName": "Ann"})).0, "ValidationError");
    let create = json!({"UserName": "Ann", "Password": GOOD});
    let made = store.ok("CreateLoginProfile", create.clone())["LoginProfile"].take();
    assert_eq!((&made["PasswordResetRequired"], made.get("Password")), (&json!(false), None));
    let twice = store.refused("CreateLoginProfile", create);
    assert_eq!(
        twice,
        ("EntityAlreadyExists".into(), 409, "Login Profile for user Ann already exists.".into())
    );
    let both =
        json!({"UserName": "Ann", "MaxSigninSessionDuration": 3600, "ResetMaxSigninSessionDuration": true});
    assert_eq!(store.refused("UpdateLoginProfile", both).0, "InvalidInput");
    store.ok("UpdateLoginProfile", json!({"UserName": "Ann", "MaxSigninSessionDuration": 3600}));
    let found = store.ok("GetLoginProfile", json!({"UserName": "Ann"}))["LoginProfile"].take();
    assert_eq!(found["MaxSigninSessionDuration"], 3600);
    let conflict = store.refused("DeleteUser", json!({"UserName": "Ann"}));
    assert_eq!(conflict.2, "Cannot delete entity, must delete login profile first.");
    store.ok("DeleteLoginProfile", json!({"UserName": "Ann"}));
    store.ok("DeleteUser", json!({"UserName": "Ann"}));
}

/// F-IAMAPI-LOGIN-2, F-IAMAPI-PWD-4
#[test]
fn a_user_changes_its_own_password_and_none_of_the_last_ones_comes_back() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok(
        "CreateLoginProfile",
        json!({"UserName": "Ann", "Password": GOOD, "PasswordResetRequired": true}),
    );
    store.ok("UpdateAccountPasswordPolicy", json!({"PasswordReusePrevention": 2}));
    let own = json!({"UserName": "Ann", "PolicyName": "own", "PolicyDocument": allow("iam:ChangePassword")});
    store.ok("PutUserPolicy", own);
    let key = store.ok("CreateAccessKey", json!({"UserName": "Ann"}))["AccessKey"].take();
    let ann = store.caller(key["AccessKeyId"].as_str().expect("an id")).expect("a user");
    let change = |old: &str, new: &str| json!({"OldPassword": old, "NewPassword": new});
    assert_eq!(store.refused("ChangePassword", change(GOOD, "Another-1")).0, "InvalidUserType");
    assert_eq!(store.refused_to(&ann, "ChangePassword", change("Wrong-1!", "Another-1")).0, "AccessDenied");
    assert_eq!(store.refused_to(&ann, "ChangePassword", change(GOOD, GOOD)).0, "PasswordPolicyViolation");
    store.call(&ann, "ChangePassword", change(GOOD, "Another-1")).expect("another one");
    let found = store.ok("GetLoginProfile", json!({"UserName": "Ann"}))["LoginProfile"].take();
    assert_eq!(found["PasswordResetRequired"], false);
    assert_eq!(
        store.refused_to(&ann, "ChangePassword", change("Another-1", GOOD)).0,
        "PasswordPolicyViolation"
    );
    store.call(&ann, "ChangePassword", change("Another-1", "Another-2")).expect("another one");
    store.call(&ann, "ChangePassword", change("Another-2", GOOD)).expect("one that is forgotten");
}

/// F-IAMAPI-PWD-5: with the setting a user needs no policy, for itself and for these two operations only; what denies and what
/// bounds binds it all the same.
#[test]
fn an_account_lets_its_users_change_their_own_passwords_f_iamapi_pwd_5() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateLoginProfile", json!({"UserName": "Ann", "Password": GOOD}));
    let key = store.ok("CreateAccessKey", json!({"UserName": "Ann"}))["AccessKey"].take();
    let ann = store.caller(key["AccessKeyId"].as_str().expect("an id")).expect("a user");
    let change = |old: &str, new: &str| json!({"OldPassword": old, "NewPassword": new});
    let denied = |store: &mut Store, because: &str| {
        let told = store.refused_to(&ann, "ChangePassword", change(GOOD, "Another-1"));
        assert_eq!((told.0.as_str(), told.1), ("AccessDenied", 403));
        assert!(told.2.contains("user Ann") && told.2.contains(because), "{}", told.2);
    };
    denied(&mut store, "because no identity-based policy allows the iam:ChangePassword action");
    store.ok("UpdateAccountPasswordPolicy", json!({"AllowUsersToChangePassword": false}));
    denied(&mut store, "because no identity-based policy allows the iam:ChangePassword action");
    store.ok("UpdateAccountPasswordPolicy", json!({"AllowUsersToChangePassword": true}));
    store.ok(
        "PutUserPolicy",
        json!({"UserName": "Ann", "PolicyName": "no", "PolicyDocument": deny("iam:ChangePassword")}),
    );
    denied(&mut store, "with an explicit deny in an identity-based policy");
    store.ok("DeleteUserPolicy", json!({"UserName": "Ann", "PolicyName": "no"}));
    let bounds = json!({"PolicyName": "bounds", "PolicyDocument": allow("sts:*")});
    let bounds = store.ok("CreatePolicy", bounds)["Policy"]["Arn"].take();
    store.ok("PutUserPermissionsBoundary", json!({"UserName": "Ann", "PermissionsBoundary": bounds}));
    denied(&mut store, "because no permissions boundary allows the iam:ChangePassword action");
    store.ok("DeleteUserPermissionsBoundary", json!({"UserName": "Ann"}));
    store.call(&ann, "ChangePassword", change(GOOD, "Another-1")).expect("another one");
    store.call(&ann, "GetAccountPasswordPolicy", json!({})).expect("what is asked of passwords");
    for (operation, members) in
        [("GetUser", json!({})), ("UpdateLoginProfile", json!({"UserName": "Ann", "Password": GOOD}))]
    {
        assert_eq!(store.refused_to(&ann, operation, members).0, "AccessDenied");
    }
}

/// F-IAMAPI-PWD-6: an expired password can be changed by a call, hard expiry or not.
#[test]
fn a_password_that_has_expired_is_changed_with_a_key_f_iamapi_pwd_6() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateLoginProfile", json!({"UserName": "Ann", "Password": GOOD}));
    let asked = json!({"AllowUsersToChangePassword": true, "MaxPasswordAge": 1, "HardExpiry": true});
    store.ok("UpdateAccountPasswordPolicy", asked);
    let told = store.ok("GetAccountPasswordPolicy", json!({}))["PasswordPolicy"].take();
    assert_eq!((&told["ExpirePasswords"], &told["HardExpiry"]), (&json!(true), &json!(true)));
    let key = store.ok("CreateAccessKey", json!({"UserName": "Ann"}))["AccessKey"].take();
    let ann = store.caller(key["AccessKeyId"].as_str().expect("an id")).expect("a user");
    store.now += SignedDuration::from_hours(48);
    assert_eq!(rotation(&mut store), ["2026-11-21T10:00:00Z", "2026-11-22T10:00:00Z"]);
    let change = json!({"OldPassword": GOOD, "NewPassword": "Another-1"});
    store.call(&ann, "ChangePassword", change).expect("another one");
    assert_eq!(rotation(&mut store), ["2026-11-23T10:00:00Z", "2026-11-24T10:00:00Z"]);
}

/// When the credential report says that Ann's password was changed, and must be.
fn rotation(store: &mut Store) -> Vec<String> {
    reported(store).split_off(2)
}

/// The four columns of the credential report about Ann's password.
fn reported(store: &mut Store) -> Vec<String> {
    store.ok("GenerateCredentialReport", json!({}));
    let report = store.ok("GetCredentialReport", json!({}));
    let report =
        String::from_utf8(STANDARD.decode(report["Content"].as_str().expect("a report")).expect("base64"))
            .expect("text");
    let line = report.lines().nth(2).expect("a line of Ann's");
    line.split(',').skip(3).take(4).map(str::to_owned).collect()
}

/// F-IAMAPI-PWD-1, F-IAMAPI-PWD-2, F-IAMAPI-VAL-4
#[test]
fn a_password_policy_is_set_whole_and_taken_away() {
    let mut store = Store::new();
    store.ok("UpdateAccountPasswordPolicy", json!({"MinimumPasswordLength": 14, "MaxPasswordAge": 90}));
    store.ok("UpdateAccountPasswordPolicy", json!({"RequireSymbols": true}));
    let policy = store.ok("GetAccountPasswordPolicy", json!({}))["PasswordPolicy"].take();
    assert_eq!((&policy["MinimumPasswordLength"], &policy["ExpirePasswords"]), (&json!(6), &json!(false)));
    store.ok("DeleteAccountPasswordPolicy", json!({}));
    let gone = store.refused("DeleteAccountPasswordPolicy", json!({})).2;
    assert_eq!(gone, "The account policy with name PasswordPolicy cannot be found.");
    let gone = store.refused("GetAccountPasswordPolicy", json!({})).2;
    assert_eq!(gone, "The Password Policy with domain name 111122223333 cannot be found.");
    let wrong = json!({"MinimumPasswordLength": 129, "MaxPasswordAge": 1096, "PasswordReusePrevention": 25});
    let text = "3 validation errors detected: Value at 'minimumPasswordLength' failed to satisfy constraint: Member must have \
                value less than or equal to 128; Value at 'passwordReusePrevention' failed to satisfy constraint: Member must \
                have value less than or equal to 24; Value at 'maxPasswordAge' failed to satisfy constraint: Member must have \
                value less than or equal to 1095";
    assert_eq!(store.refused("UpdateAccountPasswordPolicy", wrong).2, text);
}

/// F-IAMAPI-REP-5
#[test]
fn the_credential_report_tells_of_passwords() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateLoginProfile", json!({"UserName": "Ann", "Password": GOOD}));
    store.ok("UpdateAccountPasswordPolicy", json!({"MaxPasswordAge": 90}));
    assert_eq!(
        reported(&mut store),
        ["true", "no_information", "2026-11-21T10:00:00Z", "2027-02-19T10:00:00Z"]
    );
}

/// F-IAMAPI-SVC-1, F-IAMAPI-SVC-2, F-IAMAPI-SVC-3, F-IAMAPI-SVC-4
#[test]
fn credentials_of_services_go_with_their_user() {
    let mut store = Store::new();
    let code = "codecommit.amazonaws.com";
    for name in ["Ann", "Bob"] {
        store.ok("CreateUser", json!({"UserName": name}));
    }
    let create = |user: &str, service: &str| json!({"UserName": user, "ServiceName": service});
    let made =
        store.ok("CreateServiceSpecificCredential", create("Ann", code))["ServiceSpecificCredential"].take();
    assert_eq!(made["ServiceUserName"], "Ann-at-111122223333");
    let second = store.ok("CreateServiceSpecificCredential", create("Ann", code));
    assert_eq!(second["ServiceSpecificCredential"]["ServiceUserName"], "Ann+1-at-111122223333");
    assert_eq!(store.refused("CreateServiceSpecificCredential", create("Ann", code)).0, "LimitExceeded");
    let bedrock = store.ok("CreateServiceSpecificCredential", create("Bob", "bedrock.amazonaws.com"));
    let bedrock = &bedrock["ServiceSpecificCredential"];
    assert!(bedrock.get("ServicePassword").is_none() && bedrock["ServiceCredentialSecret"].is_string());
    let reset =
        json!({"UserName": "Ann", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]});
    let other =
        store.ok("ResetServiceSpecificCredential", reset)["ServiceSpecificCredential"]["ServicePassword"]
            .take();
    assert_ne!(other, made["ServicePassword"]);
    // Of all users, two at a time.
    let (mut names, mut asked) = (Vec::new(), json!({"AllUsers": true, "MaxItems": 2}));
    loop {
        let page = store.ok("ListServiceSpecificCredentials", asked.clone());
        names.extend(texts(&page["ServiceSpecificCredentials"], "UserName").into_iter().map(str::to_owned));
        let Some(marker) = page.get("Marker") else { break };
        asked["Marker"] = marker.clone();
    }
    assert_eq!(names, ["Ann", "Ann", "Bob"]);
    store.ok("UpdateUser", json!({"UserName": "Ann", "NewUserName": "Zoe"}));
    let listed = store.ok("ListServiceSpecificCredentials", json!({"UserName": "Zoe"}));
    assert_eq!(listed["ServiceSpecificCredentials"][0]["UserName"], "Zoe");
    let conflict = store.refused("DeleteUser", json!({"UserName": "Zoe"}));
    assert_eq!(conflict.2, "Cannot delete entity, must remove referenced objects first.");
    let unknown = store.refused("ListServiceSpecificCredentials", create("Zoe", "x"));
    assert_eq!(unknown.2, "No such service x is supported for Service Specific Credentials");
}
