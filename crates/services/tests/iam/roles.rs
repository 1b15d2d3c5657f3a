//! Roles, their trust policies, and the service-linked role.

use serde_json::{Value, json};

use services::state::identity::TrustedPrincipal;

use crate::support::{ACCOUNT, Store, TRUST, allow, texts};

fn with_role() -> Store {
    let mut store = Store::new();
    store.ok("CreateRole", json!({"RoleName": "Auditor", "AssumeRolePolicyDocument": TRUST}));
    store
}

#[test]
fn a_role_is_shown_with_its_trust_policy_url_encoded() {
    let mut store = with_role();
    let role = store.ok("GetRole", json!({"RoleName": "auditor"}))["Role"].clone();
    assert_eq!(role["Arn"], "arn:aws:iam::111122223333:role/Auditor");
    assert_eq!(role["MaxSessionDuration"], 3600);
    assert_eq!(role["RoleLastUsed"], json!({}));
    let document = role["AssumeRolePolicyDocument"].as_str().expect("a text");
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22"), "{document}");
    assert!(role["RoleId"].as_str().is_some_and(|id| id.starts_with("AROA") && id.len() == 21));
}

#[test]
fn a_broken_document_is_refused_before_anything_is_stored() {
    let mut store = with_role();
    for document in ["{", r#"{"Version":"2012-10-17"}"#, &allow("iam:*")] {
        let role = json!({"RoleName": "R", "AssumeRolePolicyDocument": document});
        assert_eq!(store.refused("CreateRole", role).0, "MalformedPolicyDocument", "{document}");
        let update = json!({"RoleName": "Auditor", "PolicyDocument": document});
        assert_eq!(
            store.refused("UpdateAssumeRolePolicy", update).0,
            "MalformedPolicyDocument",
            "{document}"
        );
    }
    let inline = json!({"RoleName": "Auditor", "PolicyName": "p", "PolicyDocument": TRUST});
    let refusal = store.refused("PutRolePolicy", inline);
    assert_eq!(
        refusal,
        ("MalformedPolicyDocument".into(), 400, "Policy document should not specify a principal.".into())
    );
}

#[test]
fn a_trust_policy_names_only_principals_that_exist() {
    let mut store = Store::new();
    let trust = |arn: &str| TRUST.replace("arn:aws:iam::111122223333:root", arn);
    let ann = "arn:aws:iam::111122223333:user/team/Ann";
    let refusal =
        store.refused("CreateRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": trust(ann)}));
    let text = format!("Invalid principal in policy: \"AWS\":\"{ann}\"");
    assert_eq!(refusal, ("MalformedPolicyDocument".into(), 400, text));
    store.ok("CreateUser", json!({"UserName": "Ann", "Path": "/team/"}));
    store.ok("CreateRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": trust(ann)}));
    let without_path = trust("arn:aws:iam::111122223333:user/Ann");
    let refusal =
        store.refused("CreateRole", json!({"RoleName": "S", "AssumeRolePolicyDocument": without_path}));
    assert_eq!(refusal.0, "MalformedPolicyDocument");
    // The users of an account that is not here cannot be looked up.
    let elsewhere = trust("arn:aws:iam::999900001111:user/Zoe");
    store.ok("CreateRole", json!({"RoleName": "S", "AssumeRolePolicyDocument": elsewhere}));
}

#[test]
fn a_role_goes_only_without_policies() {
    let mut store = with_role();
    let admin = json!({"RoleName": "Auditor", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    store.ok("AttachRolePolicy", admin.clone());
    store.ok(
        "PutRolePolicy",
        json!({"RoleName": "Auditor", "PolicyName": "p", "PolicyDocument": allow("a:B")}),
    );
    let refusal = store.refused("DeleteRole", json!({"RoleName": "Auditor"}));
    assert_eq!(refusal.2, "Cannot delete entity, must detach all policies first.");
    store.ok("DetachRolePolicy", admin.clone());
    let refusal = store.refused("DetachRolePolicy", admin);
    assert_eq!(refusal.2, "Policy arn:aws:iam::aws:policy/AdministratorAccess was not found.");
    let refusal = store.refused("DeleteRole", json!({"RoleName": "Auditor"}));
    assert_eq!(refusal.2, "Cannot delete entity, must delete policies first.");
    store.ok("DeleteRolePolicy", json!({"RoleName": "Auditor", "PolicyName": "p"}));
    let refusal = store.refused("GetRolePolicy", json!({"RoleName": "Auditor", "PolicyName": "p"}));
    assert_eq!(refusal.2, "The role policy with name p cannot be found.");
    store.ok("DeleteRole", json!({"RoleName": "Auditor"}));
    assert_eq!(
        store.refused("GetRole", json!({"RoleName": "Auditor"})).2,
        "The role with name Auditor cannot be found."
    );
}

#[test]
fn inline_policies_share_one_size() {
    let mut store = with_role();
    let long = allow(&format!("account:{}", "x".repeat(5_100)));
    store.ok("PutRolePolicy", json!({"RoleName": "Auditor", "PolicyName": "a", "PolicyDocument": long}));
    let refusal = store
        .refused("PutRolePolicy", json!({"RoleName": "Auditor", "PolicyName": "b", "PolicyDocument": long}));
    assert_eq!(refusal.2, "Maximum policy size of 10240 bytes exceeded for role Auditor");
    // Replacing one by itself is no growth.
    store.ok("PutRolePolicy", json!({"RoleName": "Auditor", "PolicyName": "a", "PolicyDocument": long}));
}

#[test]
fn ten_managed_policies_are_attached_at_most() {
    let mut store = with_role();
    for number in 0..11 {
        store.ok("CreatePolicy", json!({"PolicyName": format!("p{number}"), "PolicyDocument": allow("a:B")}));
    }
    let attach = |number: i32| json!({"RoleName": "Auditor", "PolicyArn": format!("arn:aws:iam::{ACCOUNT}:policy/p{number}")});
    for number in 0..10 {
        store.ok("AttachRolePolicy", attach(number));
    }
    store.ok("AttachRolePolicy", attach(3));
    let refusal = store.refused("AttachRolePolicy", attach(10));
    assert_eq!(refusal, ("LimitExceeded".into(), 409, "Cannot exceed quota for PoliciesPerRole: 10".into()));
}

#[test]
fn description_session_tags_and_boundary_change() {
    let mut store = with_role();
    let name = json!({"RoleName": "Auditor"});
    store.ok("UpdateRole", json!({"RoleName": "Auditor", "Description": "d", "MaxSessionDuration": 7200}));
    store.ok(
        "TagRole",
        json!({"RoleName": "Auditor", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
    );
    store.ok("UntagRole", json!({"RoleName": "Auditor", "TagKeys": ["A", "none"]}));
    let boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    store.ok("PutRolePermissionsBoundary", json!({"RoleName": "Auditor", "PermissionsBoundary": boundary}));
    let role = store.ok("GetRole", name.clone())["Role"].clone();
    assert_eq!((&role["Description"], &role["MaxSessionDuration"]), (&json!("d"), &json!(7200)));
    assert_eq!(role["PermissionsBoundary"]["PermissionsBoundaryArn"], boundary);
    // F-IAMAPI-BND-3
    assert_eq!(role["PermissionsBoundary"]["PermissionsBoundaryType"], "Policy");
    assert_eq!(texts(&store.ok("ListRoleTags", name.clone())["Tags"], "Key"), ["b"]);
    let used = store.ok(
        "ListEntitiesForPolicy",
        json!({"PolicyArn": boundary, "PolicyUsageFilter": "PermissionsBoundary"}),
    );
    assert_eq!(texts(&used["PolicyRoles"], "RoleName"), ["Auditor"]);
    store.ok("DeleteRolePermissionsBoundary", name.clone());
    assert_eq!(store.refused("DeleteRolePermissionsBoundary", name).0, "NoSuchEntity");
}

#[test]
fn a_service_linked_role_is_changed_by_its_service_only() {
    let mut store = Store::new();
    let service = json!({"AWSServiceName": "organizations.amazonaws.com"});
    let role = store.ok("CreateServiceLinkedRole", service.clone())["Role"].clone();
    assert_eq!(role["Path"], "/aws-service-role/organizations.amazonaws.com/");
    assert_eq!(store.refused("CreateServiceLinkedRole", service).0, "InvalidInput");
    let name = json!({"RoleName": "AWSServiceRoleForOrganizations"});
    let (code, status, _) = store.refused("DeleteRole", name.clone());
    assert_eq!((code.as_str(), status), ("UnmodifiableEntity", 400));
    let policy = "arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy";
    store.ok("CreateRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": TRUST}));
    let refusal = store.refused("AttachRolePolicy", json!({"RoleName": "R", "PolicyArn": policy}));
    assert_eq!(refusal.0, "PolicyNotAttachable");
    let task = store.ok("DeleteServiceLinkedRole", name.clone())["DeletionTaskId"].clone();
    let status = store.ok("GetServiceLinkedRoleDeletionStatus", json!({"DeletionTaskId": task}));
    assert_eq!(status["Status"], "SUCCEEDED");
    assert_eq!(store.refused("GetRole", name).0, "NoSuchEntity");
}

#[test]
fn the_service_linked_role_stays_as_long_as_the_account_is_in_an_organization() {
    let mut store = Store::new();
    store.ok("CreateServiceLinkedRole", json!({"AWSServiceName": "organizations.amazonaws.com"}));
    store.join_organization();
    let name = json!({"RoleName": "AWSServiceRoleForOrganizations"});
    let task = store.ok("DeleteServiceLinkedRole", name.clone())["DeletionTaskId"].clone();
    let status = store.ok("GetServiceLinkedRoleDeletionStatus", json!({"DeletionTaskId": task}));
    assert_eq!(status["Status"], "FAILED");
    assert!(status["Reason"]["Reason"].is_string());
    store.ok("GetRole", name);
    let unknown = json!({"DeletionTaskId": "task/aws-service-role/x/y/z"});
    assert_eq!(store.refused("GetServiceLinkedRoleDeletionStatus", unknown).0, "NoSuchEntity");
}

#[test]
fn what_only_aws_may_do_with_roles_is_refused() {
    let mut store = Store::new();
    let path = "/aws-service-role/organizations.amazonaws.com/";
    let role = json!({"RoleName": "R", "Path": path, "AssumeRolePolicyDocument": TRUST});
    assert_eq!(store.refused("CreateRole", role).0, "ValidationError");
    let other = json!({"AWSServiceName": "example.amazonaws.com"});
    assert_eq!(store.refused("CreateServiceLinkedRole", other).0, "InvalidInput");
    store.ok("CreateServiceLinkedRole", json!({"AWSServiceName": "organizations.amazonaws.com"}));
    let name = "AWSServiceRoleForOrganizations";
    let longer = json!({"RoleName": name, "MaxSessionDuration": 7200});
    assert_eq!(store.refused("UpdateRole", longer).0, "UnmodifiableEntity");
    store.ok("UpdateRole", json!({"RoleName": name, "Description": "ours"}));
    assert_eq!(store.ok("GetRole", json!({"RoleName": name}))["Role"]["Description"], "ours");
}

#[test]
fn a_trust_policy_has_2048_characters_at_most() {
    let mut store = Store::new();
    let accounts: Vec<String> = (0..60).map(|number| format!("\"arn:aws:iam::{number:012}:root\"")).collect();
    let list = format!("[{}]", accounts.join(","));
    let long = TRUST.replace("\"arn:aws:iam::111122223333:root\"", &list);
    let refusal = store.refused("CreateRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": long}));
    assert_eq!(refusal, ("LimitExceeded".into(), 409, "Cannot exceed quota for ACLSizePerRole: 2048".into()));
}

/// F-IAMAPI-ROLE-5: which members answers show was recorded.
#[test]
fn answers_show_different_parts_of_a_role() {
    let mut store = Store::new();
    let new = json!({"RoleName": "R", "AssumeRolePolicyDocument": TRUST, "Description": "d",
                     "MaxSessionDuration": 7200, "Tags": [{"Key": "team", "Value": "blue"}]});
    let names = |role: &Value| role.as_object().expect("a role").keys().cloned().collect::<Vec<_>>();
    let identity = ["Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"];
    let with = |more: &[&str]| identity.iter().chain(more).map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&store.ok("CreateRole", new)["Role"]), with(&["Tags"]));
    let all = with(&["Description", "MaxSessionDuration", "Tags", "RoleLastUsed"]);
    assert_eq!(names(&store.ok("GetRole", json!({"RoleName": "R"}))["Role"]), all);
    let listed = with(&["Description", "MaxSessionDuration"]);
    assert_eq!(names(&store.ok("ListRoles", json!({}))["Roles"][0]), listed);
    let changed = store.ok("UpdateRoleDescription", json!({"RoleName": "R", "Description": "e"}));
    assert_eq!(names(&changed["Role"]), with(&["Description"]));
}

/// F-IAMAPI-ROLE-6
#[test]
fn the_longest_sign_in_is_kept_and_reset() {
    let mut store = Store::new();
    let new = |seconds: i32| json!({"RoleName": "R", "AssumeRolePolicyDocument": TRUST, "MaxSigninSessionDuration": seconds});
    assert_eq!(store.refused("CreateRole", new(3_599)).0, "ValidationError");
    let created = store.ok("CreateRole", new(7_776_000));
    assert_eq!(created["Role"].get("MaxSigninSessionDuration"), None);
    let shown = |store: &mut Store| {
        let listed = store.ok("ListRoles", json!({}))["Roles"][0]["MaxSigninSessionDuration"].clone();
        let got = store.ok("GetRole", json!({"RoleName": "R"}))["Role"]["MaxSigninSessionDuration"].clone();
        assert_eq!(got, listed);
        got
    };
    assert_eq!(shown(&mut store), 7_776_000);
    store.ok("UpdateRole", json!({"RoleName": "R", "Description": "d"}));
    assert_eq!(shown(&mut store), 7_776_000);
    let both =
        json!({"RoleName": "R", "MaxSigninSessionDuration": 3_600, "ResetMaxSigninSessionDuration": true});
    assert_eq!(store.refused("UpdateRole", both).0, "InvalidInput");
    store.ok("UpdateRole", json!({"RoleName": "R", "MaxSigninSessionDuration": 3_600}));
    assert_eq!(shown(&mut store), 3_600);
    store.ok("UpdateRole", json!({"RoleName": "R", "ResetMaxSigninSessionDuration": true}));
    assert_eq!(shown(&mut store), Value::Null);
    store.ok("CreateServiceLinkedRole", json!({"AWSServiceName": "organizations.amazonaws.com"}));
    let linked = json!({"RoleName": "AWSServiceRoleForOrganizations", "ResetMaxSigninSessionDuration": true});
    assert_eq!(store.refused("UpdateRole", linked).0, "UnmodifiableEntity");
}

/// F-IAMAPI-SLR-4, F-IAMAPI-SLR-5
#[test]
fn service_linked_roles_have_refusals_of_their_own() {
    let mut store = Store::new();
    store.ok("CreateServiceLinkedRole", json!({"AWSServiceName": "organizations.amazonaws.com"}));
    let name = "AWSServiceRoleForOrganizations";
    let refusal = store.refused("UpdateRole", json!({"RoleName": name, "MaxSessionDuration": 7200}));
    let text = format!("{name} is an AWS service linked role, max session duration cannot be changed.");
    assert_eq!(refusal, ("UnmodifiableEntity".to_owned(), 400, text));
    for (task, code, text) in [
        ("nothing of the kind", "InvalidInput", "Invalid task id"),
        (
            "task/aws-service-role/organizations.amazonaws.com/x/1",
            "NoSuchEntity",
            "Cannot find deletion status for given id.",
        ),
    ] {
        let refusal = store.refused("GetServiceLinkedRoleDeletionStatus", json!({"DeletionTaskId": task}));
        assert_eq!((refusal.0.as_str(), refusal.2.as_str()), (code, text));
    }
}

/// F-IAMAPI-TRUST-2
#[test]
fn a_trust_policy_follows_whom_it_names() {
    let mut store = Store::new();
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:user{name}");
    let document = |principal: &str| {
        let condition = json!({"StringEquals": {"aws:PrincipalArn": arn("/ann")}});
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": [ACCOUNT, principal]}, "Action": "sts:AssumeRole",
            "Condition": condition,
        }]})
        .to_string()
    };
    let id = store.ok("CreateUser", json!({"UserName": "ann"}))["User"]["UserId"].clone();
    for role in ["one", "two"] {
        let trust = document(&arn("/ann"));
        store.ok("CreateRole", json!({"RoleName": role, "AssumeRolePolicyDocument": trust}));
    }
    let trusted = |store: &mut Store, role: &str| {
        let text = store.ok("GetRole", json!({"RoleName": role}))["Role"]["AssumeRolePolicyDocument"].clone();
        let text = percent_decoded(text.as_str().expect("a text"));
        let document: Value = serde_json::from_str(&text).expect("a document");
        assert_eq!(document["Statement"][0]["Condition"]["StringEquals"]["aws:PrincipalArn"], arn("/ann"));
        document["Statement"][0]["Principal"]["AWS"][1].clone()
    };
    store.ok("UpdateUser", json!({"UserName": "ann", "NewPath": "/team/", "NewUserName": "anna"}));
    assert_eq!(trusted(&mut store, "one"), arn("/team/anna"));
    // Another change of the role keeps it in the index.
    store.ok("UpdateRole", json!({"RoleName": "two", "Description": "changed"}));
    store.ok("DeleteUser", json!({"UserName": "anna"}));
    assert_eq!((trusted(&mut store, "one"), trusted(&mut store, "two")), (id.clone(), id.clone()));
    // One that is made anew under the same name is another user.
    store.ok("CreateUser", json!({"UserName": "anna", "Path": "/team/"}));
    assert_eq!(trusted(&mut store, "one"), id);
    let again = json!({"RoleName": "one", "PolicyDocument": document(&arn("/team/anna"))});
    store.ok("UpdateAssumeRolePolicy", again);
    assert_eq!(trusted(&mut store, "one"), arn("/team/anna"));
    store.ok("DeleteRole", json!({"RoleName": "one"}));
    store.ok("DeleteUser", json!({"UserName": "anna"}));
    assert_eq!(store.documents.count::<TrustedPrincipal>(), 0);
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits = (byte == b'%').then(|| [rest.next().expect("a digit"), rest.next().expect("a digit")]);
        bytes.push(digits.map_or(byte, |digits| {
            let digits = std::str::from_utf8(&digits).expect("ASCII").to_owned();
            u8::from_str_radix(&digits, 16).expect("hexadecimal")
        }));
    }
    String::from_utf8(bytes).expect("text")
}
