//! Identity providers, instance profiles, service-linked roles, and which condition keys policies look at.

use serde_json::{Value, json};
use testing::certificates::SAML_METADATA;

use crate::support::{Store, TRUST, texts};

const OIDC: &str = "arn:aws:iam::111122223333:oidc-provider/token.example/path";

/// F-IAMAPI-OIDC-1, F-IAMAPI-OIDC-2, F-IAMAPI-OIDC-4, F-IAMAPI-OIDC-5
#[test]
fn an_open_id_connect_provider_lives_under_its_url() {
    let mut store = Store::new();
    let create = |url: &str| json!({"Url": url, "ClientIDList": ["one"]});
    let made = store.ok("CreateOpenIDConnectProvider", create("https://token.example/path"));
    assert_eq!(made["OpenIDConnectProviderArn"], OIDC);
    let taken = store.refused("CreateOpenIDConnectProvider", create("https://token.example/path"));
    let text = "Provider with url https://token.example/path already exists.";
    assert_eq!(taken, ("EntityAlreadyExists".into(), 409, text.into()));
    for wrong in [
        "http://token.example",
        "token.example",
        "https://",
        "https://a b",
        "https://x:443",
        "https://x?a",
        "https://u@x",
    ] {
        let refusal = store.refused("CreateOpenIDConnectProvider", create(wrong));
        assert_eq!(
            refusal,
            ("ValidationError".into(), 400, "Invalid Open ID Connect Provider URL".into()),
            "{wrong}"
        );
    }
    for (operation, client) in [
        ("AddClientIDToOpenIDConnectProvider", "two"),
        ("AddClientIDToOpenIDConnectProvider", "two"),
        ("RemoveClientIDFromOpenIDConnectProvider", "one"),
        ("RemoveClientIDFromOpenIDConnectProvider", "none"),
    ] {
        store.ok(operation, json!({"OpenIDConnectProviderArn": OIDC, "ClientID": client}));
    }
    let found = store.ok("GetOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": OIDC}));
    assert_eq!((&found["Url"], &found["ClientIDList"]), (&json!("token.example/path"), &json!(["two"])));
    assert_eq!(found["ThumbprintList"][0].as_str().map(str::len), Some(40));
    assert_eq!(
        store
            .refused("GetOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": "arn:aws:iam::1:user/x"}))
            .0,
        "InvalidInput"
    );
    store.ok("DeleteOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": OIDC}));
    for (operation, text) in [
        ("GetOpenIDConnectProvider", format!("OpenIDConnect Provider not found for arn {OIDC}")),
        ("DeleteOpenIDConnectProvider", format!("OpenId connect Provider {OIDC} cannot be found.")),
    ] {
        assert_eq!(store.refused(operation, json!({"OpenIDConnectProviderArn": OIDC})).2, text);
    }
}

/// F-IAMAPI-OIDC-3, F-IAMAPI-OIDC-6
#[test]
fn an_account_has_a_hundred_providers_and_each_may_belong_to_identity_center() {
    let mut store = Store::new();
    for number in 0..100 {
        store.ok("CreateOpenIDConnectProvider", json!({"Url": format!("https://x{number}.example")}));
    }
    assert_eq!(
        store.refused("CreateOpenIDConnectProvider", json!({"Url": "https://y.example"})).0,
        "LimitExceeded"
    );
    assert_eq!(store.ok("GetAccountSummary", json!({}))["SummaryMap"]["Providers"], 100);
    let arn = "arn:aws:iam::111122223333:oidc-provider/x0.example";
    let instance = "arn:aws:sso:::instance/ssoins-1234567890abcdef";
    let update = json!({"OpenIDConnectProviderArn": arn, "IdentityCenterInstanceArn": instance});
    store.ok("UpdateOpenIDConnectProvider", update);
    let get = json!({"OpenIDConnectProviderArn": arn});
    assert_eq!(store.ok("GetOpenIDConnectProvider", get.clone())["IdentityCenterInstanceArn"], instance);
    store.ok(
        "UpdateOpenIDConnectProvider",
        json!({"OpenIDConnectProviderArn": arn, "RemoveIdentityCenterInstance": true}),
    );
    assert_eq!(store.ok("GetOpenIDConnectProvider", get).get("IdentityCenterInstanceArn"), None);
}

/// F-IAMAPI-SAML-1, F-IAMAPI-SAML-3, F-IAMAPI-SAML-4
#[test]
fn a_saml_provider_lives_under_its_name() {
    let mut store = Store::new();
    let arn = "arn:aws:iam::111122223333:saml-provider/corp";
    let create = json!({"Name": "corp", "SAMLMetadataDocument": SAML_METADATA});
    assert_eq!(store.ok("CreateSAMLProvider", create.clone())["SAMLProviderArn"], arn);
    assert_eq!(store.refused("CreateSAMLProvider", create).0, "EntityAlreadyExists");
    let get = json!({"SAMLProviderArn": arn});
    let valid_until = |store: &mut Store| store.ok("GetSAMLProvider", get.clone())["ValidUntil"].take();
    assert_eq!(valid_until(&mut store), json!(2_051_222_400_i64));
    let timeless = SAML_METADATA.replace(r#" validUntil="2035-01-01T00:00:00Z""#, "<!-- -->").replacen(
        "<!-- -->",
        &" ".repeat(40),
        1,
    );
    store.ok("UpdateSAMLProvider", json!({"SAMLProviderArn": arn, "SAMLMetadataDocument": timeless}));
    assert!(valid_until(&mut store).as_i64() > Some(4_900_000_000));
    let wrong = json!({"SAMLProviderArn": arn, "SAMLMetadataDocument": "x".repeat(1000)});
    assert_eq!(
        store.refused("UpdateSAMLProvider", wrong),
        ("InvalidInput".into(), 400, "Could not parse metadata".into())
    );
    store.ok("TagSAMLProvider", json!({"SAMLProviderArn": arn, "Tags": [{"Key": "a", "Value": "1"}]}));
    assert_eq!(texts(&store.ok("ListSAMLProviderTags", get.clone())["Tags"], "Value"), ["1"]);
    assert_eq!(texts(&store.ok("ListSAMLProviders", json!({}))["SAMLProviderList"], "Arn"), [arn]);
    store.ok("DeleteSAMLProvider", get.clone());
    assert_eq!(store.refused("DeleteSAMLProvider", get).2, format!("Manifest not found for arn {arn}"));
}

/// F-IAMAPI-PROF-1, F-IAMAPI-PROF-2, F-IAMAPI-PROF-4
#[test]
fn an_instance_profile_has_one_role_and_a_role_may_be_in_many() {
    let mut store = Store::new();
    store.ok("CreateRole", json!({"RoleName": "web", "AssumeRolePolicyDocument": TRUST}));
    for profile in ["one", "Two"] {
        store.ok("CreateInstanceProfile", json!({"InstanceProfileName": profile}));
        store.ok("AddRoleToInstanceProfile", json!({"InstanceProfileName": profile, "RoleName": "web"}));
    }
    assert_eq!(
        store.refused("CreateInstanceProfile", json!({"InstanceProfileName": "TWO"})).0,
        "EntityAlreadyExists"
    );
    let again =
        store.refused("AddRoleToInstanceProfile", json!({"InstanceProfileName": "two", "RoleName": "web"}));
    assert_eq!(again.2, "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    let listed = store.ok("ListInstanceProfilesForRole", json!({"RoleName": "web"}));
    assert_eq!(texts(&listed["InstanceProfiles"], "InstanceProfileName"), ["one", "Two"]);
    let details = store.ok("GetAccountAuthorizationDetails", json!({"Filter": ["Role"]}));
    let profiles = &details["RoleDetailList"][0]["InstanceProfileList"];
    assert_eq!(texts(profiles, "InstanceProfileName"), ["one", "Two"]);
    let text = "Cannot delete entity, must remove roles from instance profile first.";
    let conflict = ("DeleteConflict".into(), 409, text.into());
    assert_eq!(store.refused("DeleteRole", json!({"RoleName": "web"})), conflict);
    assert_eq!(store.refused("DeleteInstanceProfile", json!({"InstanceProfileName": "one"})), conflict);
    assert_eq!(store.ok("GetAccountSummary", json!({}))["SummaryMap"]["InstanceProfiles"], 2);
    for profile in ["one", "two"] {
        store.ok("RemoveRoleFromInstanceProfile", json!({"InstanceProfileName": profile, "RoleName": "WEB"}));
        store.ok("DeleteInstanceProfile", json!({"InstanceProfileName": profile}));
    }
    store.ok("DeleteRole", json!({"RoleName": "web"}));
}

/// F-IAMAPI-PROF-3
#[test]
fn an_account_has_a_thousand_instance_profiles() {
    let mut store = Store::new();
    for number in 0..1000 {
        store.ok("CreateInstanceProfile", json!({"InstanceProfileName": format!("p{number}")}));
    }
    let text = "Cannot exceed quota for InstanceProfilesPerAccount: 1000";
    assert_eq!(store.refused("CreateInstanceProfile", json!({"InstanceProfileName": "more"})).2, text);
}

/// F-IAMAPI-SLR-2, F-IAMAPI-SLR-7
#[test]
fn a_service_gets_its_role_with_a_suffix_where_it_takes_one() {
    let mut store = Store::new();
    let create = |service: &str, suffix: Option<&str>| {
        let mut asked = json!({"AWSServiceName": service});
        if let Some(suffix) = suffix {
            asked["CustomSuffix"] = json!(suffix);
        }
        asked
    };
    let role = |made: &Value| made["Role"]["RoleName"].as_str().map(str::to_owned);
    let scaling = "autoscaling.amazonaws.com";
    let plain = store.ok("CreateServiceLinkedRole", create(scaling, None));
    assert_eq!(role(&plain).as_deref(), Some("AWSServiceRoleForAutoScaling"));
    let other = store.ok("CreateServiceLinkedRole", create(scaling, Some("blue")));
    assert_eq!(role(&other).as_deref(), Some("AWSServiceRoleForAutoScaling_blue"));
    let taken = store.refused("CreateServiceLinkedRole", create(scaling, Some("blue")));
    let text = "Service role name AWSServiceRoleForAutoScaling_blue has been taken in this account, please try a different \
                suffix.";
    assert_eq!(taken, ("InvalidInput".into(), 400, text.into()));
    let refused = store.refused("CreateServiceLinkedRole", create("spot.amazonaws.com", Some("blue")));
    assert_eq!(refused.2, "Custom suffix is not allowed for spot.amazonaws.com");
    assert_eq!(
        store.refused("CreateServiceLinkedRole", create("none.amazonaws.com", None)).0,
        "InvalidInput"
    );
    assert_eq!(
        store.refused("DeleteRole", json!({"RoleName": "AWSServiceRoleForAutoScaling"})).0,
        "UnmodifiableEntity"
    );
    let task = store.ok("DeleteServiceLinkedRole", json!({"RoleName": "AWSServiceRoleForAutoScaling"}));
    let status =
        store.ok("GetServiceLinkedRoleDeletionStatus", json!({"DeletionTaskId": task["DeletionTaskId"]}));
    assert_eq!(status["Status"], "SUCCEEDED");
}

/// F-IAMAPI-CTX-1
#[test]
fn policies_tell_which_condition_keys_they_look_at() {
    let mut store = Store::new();
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/${*}/${aws:PrincipalTag/team, 'none'}",
         "Condition": {"StringEquals": {"AWS:SourceVpc": "vpc-1"}, "StringLike": {"s3:prefix": "${AWS:userName}"}}},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:sourcevpc": "true"}}},
    ]});
    let found = store.ok("GetContextKeysForCustomPolicy", json!({"PolicyInputList": [document.to_string()]}));
    let expected = json!(["aws:PrincipalTag/team", "AWS:SourceVpc", "aws:username", "s3:prefix"]);
    assert_eq!(found["ContextKeyNames"].as_array().map(|names| names.len()), Some(4));
    let lower = |names: &Value| names.to_string().to_lowercase();
    assert_eq!(lower(&found["ContextKeyNames"]), lower(&expected));
    store.ok("CreateGroup", json!({"GroupName": "staff"}));
    store.ok(
        "PutGroupPolicy",
        json!({"GroupName": "staff", "PolicyName": "p", "PolicyDocument": document.to_string()}),
    );
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("AddUserToGroup", json!({"GroupName": "staff", "UserName": "Ann"}));
    let source = json!({"PolicySourceArn": "arn:aws:iam::111122223333:user/Ann"});
    assert_eq!(
        store.ok("GetContextKeysForPrincipalPolicy", source)["ContextKeyNames"],
        found["ContextKeyNames"]
    );
}

/// F-IAMAPI-STSPREF-1
#[test]
fn the_version_of_global_tokens_is_kept() {
    let mut store = Store::new();
    for (version, shown) in [("v2Token", 2), ("v1Token", 1)] {
        store.ok("SetSecurityTokenServicePreferences", json!({"GlobalEndpointTokenVersion": version}));
        assert_eq!(
            store.ok("GetAccountSummary", json!({}))["SummaryMap"]["GlobalEndpointTokenVersion"],
            shown
        );
    }
}
