//! Actions, resources and condition keys; and who may call at all.

use serde_json::{Value, json};
use services::organizations::model::Operation as Organizations;
use services::service::Operation;
use services::state::organization::Membership;

use crate::support::{GUEST, MANAGEMENT, Play};

/// F-ORGS-NOSUP-1: of the model nothing is left out but the transfer of bills.
#[test]
fn nothing_is_left_out_but_billing_transfers() {
    for name in services::organizations::model::NOT_SUPPORTED {
        assert!(name.contains("TransferResponsibility") || name.contains("ResponsibilityTransfer"), "{name}");
    }
}

/// F-ORGS-AUTH-4: every operation has the action of its name; ARNs are owned by the management account.
#[test]
fn actions_resources_and_keys_are_those_of_the_service_authorization_reference() {
    let mut play = Play::organization();
    let root = play.root_id();
    let organization = play.get::<Membership>(MANAGEMENT).unwrap().organization_id;
    let account = play.vend("dev@example.invalid");
    let arn =
        |kind: &str, id: &str| format!("arn:aws:organizations::{MANAGEMENT}:{kind}/{organization}/{id}");
    for operation in Organizations::ALL {
        let access = play.access(MANAGEMENT, operation.name(), &json!({}));
        assert_eq!(access.first.action, format!("organizations:{}", operation.name()));
        let without_members = match operation {
            Organizations::CreatePolicy => arn("policy", "*/p-*"),
            Organizations::PutResourcePolicy => arn("resourcepolicy", "rp-*"),
            Organizations::DescribeEffectivePolicy => arn("account", MANAGEMENT),
            _ => "*".to_owned(),
        };
        assert_eq!(access.first.resource, without_members, "{operation:?} without members");
        assert_eq!(access.further, [], "{operation:?} without members");
        let named = Operation::Organizations(*operation);
        let name = operation.name();
        assert_eq!(named.is_read_only(), name.starts_with("List") || name.starts_with("Describe"));
    }
    let full = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess".to_owned();
    let cases = [
        ("DescribeAccount", json!({"AccountId": account}), arn("account", &account)),
        ("ListChildren", json!({"ParentId": root}), arn("root", &root)),
        ("DescribeOrganizationalUnit", json!({"OrganizationalUnitId": "ou-1"}), arn("ou", "ou-1")),
        ("AttachPolicy", json!({"PolicyId": "p-FullAWSAccess", "TargetId": root}), full),
        ("ListTagsForResource", json!({"ResourceId": "rp-1"}), arn("resourcepolicy", "rp-1")),
        (
            "InviteAccountToOrganization",
            json!({"Target": {"Id": GUEST, "Type": "ACCOUNT"}}),
            arn("account", GUEST),
        ),
        ("ListAccounts", json!({}), "*".to_owned()),
    ];
    for (operation, members, resource) in cases {
        assert_eq!(play.access(MANAGEMENT, operation, &members).first.resource, resource, "{operation}");
    }
    let keys = |operation: &str, members: Value| -> Vec<(String, Vec<String>)> {
        let access = play.access(MANAGEMENT, operation, &members);
        access.first.keys.into_iter().map(|key| (key.name, key.values)).collect()
    };
    let one = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
    assert_eq!(
        keys("EnableAWSServiceAccess", json!({"ServicePrincipal": "account.amazonaws.com"})),
        [one("organizations:ServicePrincipal", "account.amazonaws.com")]
    );
    assert_eq!(
        keys("ListPolicies", json!({"Filter": "TAG_POLICY"})),
        [one("organizations:PolicyType", "TAG_POLICY")]
    );
    assert_eq!(
        keys("DescribePolicy", json!({"PolicyId": "p-FullAWSAccess"})),
        [one("organizations:PolicyType", "SERVICE_CONTROL_POLICY")]
    );
    assert_eq!(
        keys("TagResource", json!({"ResourceId": "p-FullAWSAccess"})),
        [one("organizations:PolicyType", "SERVICE_CONTROL_POLICY")]
    );
    assert_eq!(
        keys("CreateAccount", json!({"Tags": [{"Key": "team", "Value": "blue"}]})),
        [one("aws:RequestTag/team", "blue"), one("aws:TagKeys", "team")]
    );
}

/// F-ORGS-AUTH-5, F-ORGS-AUTH-6: everything that a call names, and the tags that it brings, are asked for.
#[test]
fn every_resource_and_the_tags_are_asked_for_f_orgs_auth_5_f_orgs_auth_6() {
    let mut play = Play::organization();
    let root = play.root_id();
    let organization = play.get::<Membership>(MANAGEMENT).unwrap().organization_id;
    let account = play.vend("dev@example.invalid");
    let unit = play.ok(MANAGEMENT, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "U"}));
    let unit = unit["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned();
    play.ok(
        MANAGEMENT,
        "TagResource",
        json!({"ResourceId": unit, "Tags": [{"Key": "team", "Value": "blue"}]}),
    );
    let arn =
        |kind: &str, id: &str| format!("arn:aws:organizations::{MANAGEMENT}:{kind}/{organization}/{id}");
    let asked = |operation: &str, members: Value| -> Vec<(String, String)> {
        let access = play.access(MANAGEMENT, operation, &members);
        access.asked().map(|asked| (asked.action.clone(), asked.resource.clone())).collect()
    };
    let one = |action: &str, resource: String| (format!("organizations:{action}"), resource);
    let full = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess".to_owned();
    for operation in ["AttachPolicy", "DetachPolicy"] {
        let both = asked(operation, json!({"PolicyId": "p-FullAWSAccess", "TargetId": unit}));
        assert_eq!(both, [one(operation, full.clone()), one(operation, arn("ou", &unit))]);
    }
    let members = json!({"AccountId": account, "SourceParentId": root, "DestinationParentId": unit});
    let three = [arn("account", &account), arn("root", &root), arn("ou", &unit)];
    assert_eq!(asked("MoveAccount", members.clone()), three.map(|resource| one("MoveAccount", resource)));
    // The tags of a resource speak of that resource only.
    let access = play.access(MANAGEMENT, "MoveAccount", &members);
    let tagged: Vec<bool> =
        access.asked().map(|it| it.keys.iter().any(|key| key.name == "aws:ResourceTag/team")).collect();
    assert_eq!(tagged, [false, false, true]);
    let tags = json!([{"Key": "a", "Value": "b"}]);
    for (operation, members, resources) in [
        ("CreateAccount", json!({}), ["*".to_owned(), arn("account", "*")]),
        ("CreateGovCloudAccount", json!({}), ["*".to_owned(), arn("account", "*")]),
        ("CreateOrganizationalUnit", json!({"ParentId": root}), [arn("root", &root), arn("ou", "ou-*")]),
        ("CreatePolicy", json!({"Type": "TAG_POLICY"}), [(); 2].map(|()| arn("policy", "tag_policy/p-*"))),
        ("PutResourcePolicy", json!({}), [(); 2].map(|()| arn("resourcepolicy", "rp-*"))),
        (
            "InviteAccountToOrganization",
            json!({"Target": {"Id": GUEST, "Type": "ACCOUNT"}}),
            [(); 2].map(|()| arn("account", GUEST)),
        ),
    ] {
        let mut with_tags = members.clone();
        with_tags["Tags"] = tags.clone();
        let [first, second] = resources;
        assert_eq!(asked(operation, members), [one(operation, first.clone())]);
        assert_eq!(asked(operation, with_tags), [one(operation, first), one("TagResource", second)]);
    }
}

/// F-ORGS-AUTH-7: to accept an invitation from within another organization is to leave that one.
#[test]
fn who_moves_by_an_invitation_must_be_allowed_to_leave_f_orgs_auth_7() {
    let mut play = Play::organization();
    let invitation = json!({"Target": {"Id": GUEST, "Type": "ACCOUNT"}});
    let invited = play.ok(MANAGEMENT, "InviteAccountToOrganization", invitation);
    let members = json!({"HandshakeId": invited["Handshake"]["Id"]});
    let actions = |play: &Play| -> Vec<String> {
        let access = play.access(GUEST, "AcceptHandshake", &members);
        access.asked().map(|asked| asked.action.clone()).collect()
    };
    assert_eq!(actions(&play), ["organizations:AcceptHandshake"]);
    play.ok(GUEST, "CreateOrganization", json!({}));
    assert_eq!(actions(&play), ["organizations:AcceptHandshake", "organizations:LeaveOrganization"]);
}

/// F-ORGS-AUTH-1, F-ORGS-AUTH-2.
#[test]
fn members_and_strangers_are_told_so() {
    let mut play = Play::organization();
    let account = play.vend("dev@example.invalid");
    let root = play.root_id();
    let reads = [
        ("ListAccounts", json!({})),
        ("ListRoots", json!({})),
        ("DescribeAccount", json!({"AccountId": account})),
        ("ListAWSServiceAccessForOrganization", json!({})),
    ];
    let writes = [
        ("CreateOrganizationalUnit", json!({"ParentId": root, "Name": "U"})),
        ("CreateAccount", json!({"Email": "a@example.invalid", "AccountName": "A"})),
        ("CloseAccount", json!({"AccountId": account})),
        ("DeleteOrganization", json!({})),
        ("EnablePolicyType", json!({"RootId": root, "PolicyType": "TAG_POLICY"})),
        ("TagResource", json!({"ResourceId": account, "Tags": []})),
    ];
    for (operation, members) in reads.iter().chain(&writes) {
        let stranger = play.refused(GUEST, operation, members.clone());
        assert_eq!(stranger.0, "AWSOrganizationsNotInUseException", "{operation}");
        let refusal = play.call(&account, operation, members.clone()).unwrap_err();
        assert_eq!((refusal.code.as_ref(), refusal.status), ("AccessDeniedException", 400), "{operation}");
        let text = refusal.message.as_deref();
        assert_eq!(text, Some("You don't have permissions to access this resource."), "{operation}");
    }
    play.ok(&account, "DescribeOrganization", json!({}));
    play.ok(MANAGEMENT, "EnableAWSServiceAccess", json!({"ServicePrincipal": "sso.amazonaws.com"}));
    let register = json!({"AccountId": account, "ServicePrincipal": "sso.amazonaws.com"});
    play.ok(MANAGEMENT, "RegisterDelegatedAdministrator", register);
    for (operation, members) in reads {
        play.ok(&account, operation, members);
    }
    for (operation, members) in writes {
        assert_eq!(play.refused(&account, operation, members).0, "AccessDeniedException", "{operation}");
    }
    play.ok(MANAGEMENT, "DisableAWSServiceAccess", json!({"ServicePrincipal": "sso.amazonaws.com"}));
    assert_eq!(play.refused(&account, "ListAccounts", json!({})).0, "AccessDeniedException");
}

/// F-IAM-72, F-ORGS-AUTH-8.
#[test]
fn a_denial_shows_the_resource_in_any_case() {
    let mut play = Play::organization();
    let account = play.vend("dev@example.invalid");
    let root = play.root_id();
    let content = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "organizations:*", "Resource": "*"}]
    });
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"}));
    let policy = json!({
        "Name": "n", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": content.to_string()
    });
    let policy = play.ok(MANAGEMENT, "CreatePolicy", policy);
    let summary = &policy["Policy"]["PolicySummary"];
    play.ok(MANAGEMENT, "AttachPolicy", json!({"PolicyId": summary["Id"], "TargetId": account}));
    let refusal = play.call(&account, "LeaveOrganization", json!({})).unwrap_err();
    let message = refusal.message.expect("a text");
    let arn = summary["Arn"].as_str().expect("an ARN");
    let denied = format!("on resource: * with an explicit deny in a service control policy: {arn}");
    assert!(message.ends_with(&denied), "{message}");
    // F-ORGS-AUTH-8: of all that is not the account's alone AWS says no more than this.
    let refusal = play.call(&account, "DescribeOrganization", json!({})).unwrap_err();
    assert_eq!(refusal.message.as_deref(), Some("You don't have permissions to access this resource."));
}
