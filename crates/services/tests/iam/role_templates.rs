//! Roles that are acquired from templates, and the properties of an account.

use serde_json::{Value, json};

use crate::support::{ACCOUNT, Store, allow};

const POWER: &str = "arn:aws:iam::aws:role-template/iam.amazonaws.com/PowerUserRoleTemplate:1";

fn power(service: &str) -> Value {
    json!({"TemplateArn": POWER, "ReplacementValues": {
        "AWSServiceName": {"Values": [service]}, "RoleName": {"Values": ["power"]},
    }})
}

#[test]
fn a_role_is_acquired_once_and_found_again_f_iamapi_rtpl_3() {
    let mut store = Store::new();
    let made = store.ok("AcquireRole", power("lambda.amazonaws.com"));
    assert_eq!(made["Role"]["Arn"], format!("arn:aws:iam::{ACCOUNT}:role/power"));
    assert_eq!(store.ok("AcquireRole", power("lambda.amazonaws.com")), made);
    let role = store.ok("GetRole", json!({"RoleName": "power"}))["Role"].clone();
    assert_eq!(role["SourceRoleTemplate"], json!({"TemplateArn": POWER, "TemplateMinorVersion": 0}));
    assert_eq!(role["Description"], "Power user role for lambda.amazonaws.com");
    let (code, status, _) = store.refused("AcquireRole", power("ec2.amazonaws.com"));
    assert_eq!((code.as_str(), status), ("NameConflict", 409));
    store.ok("TagRole", json!({"RoleName": "power", "Tags": [{"Key": "a", "Value": "b"}]}));
    let (code, status, text) = store.refused("AcquireRole", power("lambda.amazonaws.com"));
    assert_eq!((code.as_str(), status), ("RoleModified", 409));
    assert_eq!(text, "Role power has been modified since it was created and is no longer managed.");
    store.ok("UntagRole", json!({"RoleName": "power", "TagKeys": ["a"]}));
    store.ok("UpdateRole", json!({"RoleName": "power", "Description": "other", "MaxSessionDuration": 7200}));
    store.ok("AcquireRole", power("lambda.amazonaws.com"));
}

#[test]
fn a_template_must_be_there_and_its_parameters_given_f_iamapi_rtpl_2_f_iamapi_rtpl_4() {
    let mut store = Store::new();
    let none = json!({"TemplateArn": "arn:aws:iam::aws:role-template/iam.amazonaws.com/None:1"});
    assert_eq!(store.refused("AcquireRole", none).0, "NoSuchEntity");
    let newer = json!({"TemplateArn": POWER, "MinorVersion": 1});
    assert_eq!(store.refused("GetRoleTemplateVersion", newer).0, "NoSuchEntity");
    let (code, _, text) = store.refused("AcquireRole", json!({"TemplateArn": POWER}));
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("InvalidInput", "Failed to render template: Parameter 'AWSServiceName' not found.",)
    );
    let wrong = json!({"TemplateArn": POWER, "ReplacementValues": {
        "AWSServiceName": {"Values": ["lambda.amazonaws.com"]}, "RoleName": {"Values": ["a b"]},
    }});
    assert_eq!(store.refused("AcquireRole", wrong).0, "ValidationError");
    let no_service = power("nonsense");
    assert_eq!(store.refused("AcquireRole", no_service).0, "MalformedPolicyDocument");
}

#[test]
fn an_account_has_one_property_f_iamapi_prop_1_f_iamapi_prop_2() {
    let mut store = Store::new();
    let shown = |store: &mut Store| store.ok("GetAccountProperties", json!({}))["Properties"].clone();
    assert_eq!(shown(&mut store), json!({"RoleManager/Enabled": "false"}));
    store.ok("PutAccountProperties", json!({"Properties": {"RoleManager/Enabled": "true"}}));
    assert_eq!(shown(&mut store), json!({"RoleManager/Enabled": "true"}));
    let (code, _, text) =
        store.refused("PutAccountProperties", json!({"Properties": {"Other/Enabled": "true"}}));
    assert_eq!((code.as_str(), text.as_str()), ("InvalidInput", "Unsupported namespace: Other"));
}

#[test]
fn who_enables_the_acquisition_of_roles_may_create_service_linked_roles_f_iamapi_prop_3() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "user"}));
    let key = store.ok("CreateAccessKey", json!({"UserName": "user"}))["AccessKey"]["AccessKeyId"].clone();
    let allow = json!({
        "UserName": "user", "PolicyName": "p", "PolicyDocument": allow("iam:PutAccountProperties"),
    });
    store.ok("PutUserPolicy", allow);
    let user = store.caller(key.as_str().expect("an id")).expect("a user");
    let put = |value: &str| json!({"Properties": {"RoleManager/Enabled": value}});
    assert_eq!(store.call(&user, "PutAccountProperties", put("false")), Ok(json!({})));
    let (_, _, text) = store.refused_to(&user, "PutAccountProperties", put("true"));
    assert!(text.contains("iam:CreateServiceLinkedRole"), "{text}");
}
