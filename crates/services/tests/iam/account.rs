//! Alias, summary, details, credential report, and what nobody has.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Store, TRUST, allow, root, texts};

#[test]
fn an_alias_is_one_accounts_own() {
    let mut store = Store::new();
    store.add_account("444455556666");
    store.ok("CreateAccountAlias", json!({"AccountAlias": "acme"}));
    let other = root("444455556666");
    let refusal = store.refused_to(&other, "CreateAccountAlias", json!({"AccountAlias": "acme"}));
    assert_eq!(refusal, ("EntityAlreadyExists".into(), 409, "The account alias acme already exists.".into()));
    store.ok("CreateAccountAlias", json!({"AccountAlias": "acme-2"}));
    assert_eq!(store.ok("ListAccountAliases", json!({}))["AccountAliases"], json!(["acme-2"]));
    // The old alias is free again.
    store.call(&other, "CreateAccountAlias", json!({"AccountAlias": "acme"})).expect("free");
    assert_eq!(store.refused("DeleteAccountAlias", json!({"AccountAlias": "acme"})).0, "NoSuchEntity");
    store.ok("DeleteAccountAlias", json!({"AccountAlias": "acme-2"}));
    assert_eq!(store.ok("ListAccountAliases", json!({}))["AccountAliases"], json!([]));
    // F-IAMAPI-ALIAS-3
    for wrong in ["-x", "ab", "Acme", "a--b"] {
        let refusal = store.refused("CreateAccountAlias", json!({"AccountAlias": wrong}));
        assert_eq!(refusal.0, "ValidationError");
        assert!(
            refusal.2.starts_with("The specified value for accountAlias is invalid. "),
            "{wrong}: {}",
            refusal.2
        );
        assert!(refusal.2.ends_with("cannot begin or end with a hyphen. "), "{wrong}");
    }
    // F-IAMAPI-ALIAS-2
    let digits = json!({"AccountAlias": "444455556666"});
    assert_eq!(store.refused("CreateAccountAlias", digits).0, "InvalidInput");
}

/// The members of a recorded summary (F-IAMAPI-SUM-3).
const SUMMARY: &str = "AccessKeysPerUserQuota AccountAccessKeysPresent AccountMFAEnabled AccountPasswordPresent \
    AccountSigningCertificatesPresent AssumeRolePolicySizeQuota AttachedPoliciesPerGroupQuota \
    AttachedPoliciesPerRoleQuota AttachedPoliciesPerUserQuota GlobalEndpointTokenVersion \
    GroupPolicySizeQuota Groups GroupsPerUserQuota GroupsQuota InstanceProfiles \
    InstanceProfilesQuota MFADevices MFADevicesInUse Policies PoliciesQuota PolicySizeQuota \
    PolicyVersionsInUse PolicyVersionsInUseQuota Providers RolePolicySizeQuota Roles RolesQuota \
    ServerCertificates ServerCertificatesQuota SigningCertificatesPerUserQuota UserPolicySizeQuota \
    Users UsersQuota VersionsPerPolicyQuota";

#[test]
fn counts_follow_what_is_there() {
    let mut store = Store::new();
    for name in ["a", "b"] {
        store.ok("CreateUser", json!({"UserName": name}));
        store.ok("CreateRole", json!({"RoleName": name, "AssumeRolePolicyDocument": TRUST}));
    }
    store.ok("DeleteUser", json!({"UserName": "a"}));
    store.ok("CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": allow("a:B")}));
    // F-IAMAPI-SUM-2: one policy twice, AWS's own and the account's unused one.
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    store.ok("AttachUserPolicy", json!({"UserName": "b", "PolicyArn": administrator}));
    store.ok("PutRolePermissionsBoundary", json!({"RoleName": "a", "PermissionsBoundary": administrator}));
    let summary = store.ok("GetAccountSummary", json!({}))["SummaryMap"].clone();
    let expected = [
        ("Users", 1),
        ("Roles", 2),
        ("Groups", 0),
        ("Policies", 1),
        ("PolicyVersionsInUse", 1),
        ("UsersQuota", 5000),
    ];
    for (key, count) in expected {
        assert_eq!(summary[key], count, "{key}");
    }
    let keys: Vec<&String> = summary.as_object().expect("a map").keys().collect();
    assert_eq!(keys, SUMMARY.split(' ').collect::<Vec<_>>());
}

#[test]
fn details_come_whole_and_in_pages() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateGroup", json!({"GroupName": "Devs"}));
    store.ok("AddUserToGroup", json!({"UserName": "Ann", "GroupName": "Devs"}));
    store.ok("CreateRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": TRUST}));
    store.ok("PutRolePolicy", json!({"RoleName": "R", "PolicyName": "p", "PolicyDocument": allow("a:B")}));
    store.ok(
        "AttachRolePolicy",
        json!({"RoleName": "R", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    );
    store.ok("CreatePolicy", json!({"PolicyName": "Own", "PolicyDocument": allow("a:B")}));
    let whole = store.ok("GetAccountAuthorizationDetails", json!({}));
    // F-IAMAPI-GAAD-3
    let sections: Vec<_> = whole.as_object().expect("members").keys().take(4).collect();
    assert_eq!(sections, ["Policies", "UserDetailList", "RoleDetailList", "GroupDetailList"]);
    assert_eq!(whole["UserDetailList"][0]["GroupList"], json!(["Devs"]));
    assert_eq!(texts(&whole["RoleDetailList"][0]["RolePolicyList"], "PolicyName"), ["p"]);
    assert_eq!(texts(&whole["Policies"], "PolicyName"), ["Own", "AdministratorAccess"]);
    let mut asked = json!({"MaxItems": 1});
    assert!(whole["Policies"][1].get("Description").is_none());
    // F-IAMAPI-GAAD-2
    for list in ["UserDetailList", "RoleDetailList", "GroupDetailList", "Policies", "Policies"] {
        let page = store.ok("GetAccountAuthorizationDetails", asked.clone());
        assert_eq!(page[list].as_array().map(Vec::len), Some(1), "{list}");
        asked["Marker"] = page["Marker"].clone();
    }
    assert_eq!(asked["Marker"], json!(null));
    let foreign = json!({"Filter": ["User"], "Marker": "not-an-aws-marker"});
    let refusal = store.refused("GetAccountAuthorizationDetails", foreign);
    assert_eq!(
        (refusal.0.as_str(), refusal.2.as_str()),
        ("ValidationError", "Marker and Filter do not match")
    );
    let roles = store.ok("GetAccountAuthorizationDetails", json!({"Filter": ["Role"]}));
    assert_eq!((roles["UserDetailList"].clone(), roles["Policies"].clone()), (json!([]), json!([])));
}

#[test]
fn a_credential_report_is_asked_for_first_and_expires() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateAccessKey", json!({"UserName": "Ann"}));
    let refusal = store.refused("GetCredentialReport", json!({}));
    assert_eq!(refusal, ("ReportNotPresent".to_owned(), 410, "Unknown".to_owned()));
    assert_eq!(store.ok("GenerateCredentialReport", json!({}))["State"], "STARTED");
    assert_eq!(store.ok("GenerateCredentialReport", json!({}))["State"], "COMPLETE");
    let content = store.ok("GetCredentialReport", json!({}))["Content"].as_str().expect("base64").to_owned();
    let report = String::from_utf8(STANDARD.decode(content).expect("base64")).expect("text");
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.split(',').count() == 22), "{report}");
    // F-IAMAPI-REP-6
    let root = "<root_account>,arn:aws:iam::111122223333:root,2026-11-21T10:00:00Z,\
                true,no_information,2026-11-21T10:00:00Z,not_supported,false,";
    assert!(lines[1].starts_with(root), "{}", lines[1]);
    assert!(lines[2].contains("false,true,2026-11-21T10:00:00Z,N/A"), "{}", lines[2]);
    store.now += SignedDuration::from_hours(4);
    assert_eq!(store.refused("GetCredentialReport", json!({})).0, "ReportExpired");
}

#[test]
fn a_new_account_has_nothing() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    for (operation, list) in [
        ("ListMFADevices", "MFADevices"),
        ("ListSigningCertificates", "Certificates"),
        ("ListSSHPublicKeys", "SSHPublicKeys"),
        ("ListServiceSpecificCredentials", "ServiceSpecificCredentials"),
    ] {
        assert_eq!(store.ok(operation, json!({"UserName": "Ann"}))[list], json!([]), "{operation}");
    }
    for operation in ["GetLoginProfile", "DeleteLoginProfile"] {
        let refusal = store.refused(operation, json!({"UserName": "Ann"}));
        let text = "Login Profile for User Ann cannot be found.";
        assert_eq!(refusal, ("NoSuchEntity".to_owned(), 404, text.to_owned()));
    }
    let text = "The Password Policy with domain name 111122223333 cannot be found.";
    let refusal = store.refused("GetAccountPasswordPolicy", json!({}));
    assert_eq!(refusal, ("NoSuchEntity".to_owned(), 404, text.to_owned()));
    for (operation, list) in [
        ("ListVirtualMFADevices", "VirtualMFADevices"),
        ("ListServerCertificates", "ServerCertificateMetadataList"),
        ("ListInstanceProfiles", "InstanceProfiles"),
        ("ListSAMLProviders", "SAMLProviderList"),
        ("ListOpenIDConnectProviders", "OpenIDConnectProviderList"),
    ] {
        assert_eq!(store.ok(operation, json!({}))[list], json!([]), "{operation}");
    }
    // F-IAMAPI-PAGE-3
    for operation in
        ["ListVirtualMFADevices", "ListServerCertificates", "ListInstanceProfiles", "ListMFADevices"]
    {
        let refusal = store.refused(operation, json!({"Marker": "of-no-list"}));
        assert_eq!(
            (refusal.0.as_str(), refusal.2.as_str()),
            ("ValidationError", "Invalid Marker."),
            "{operation}"
        );
    }
    // F-IAMAPI-SVC-1
    let mut asked = json!({"UserName": "Ann", "ServiceName": "codecommit.amazonaws.com"});
    store.ok("ListServiceSpecificCredentials", asked.clone());
    asked["ServiceName"] = json!("lambda.amazonaws.com");
    let text = "No such service lambda.amazonaws.com is supported for Service Specific Credentials";
    assert_eq!(
        store.refused("ListServiceSpecificCredentials", asked),
        ("NoSuchEntity".to_owned(), 404, text.to_owned())
    );
    // A user that is not there has no list, however empty.
    let refusal = store.refused("ListMFADevices", json!({"UserName": "Bob"}));
    assert_eq!(refusal.2, "The user with name Bob cannot be found.");
}
