//! Policies and where they are attached.

use aws::arn::AccountId;
use serde_json::{Value, json};
use services::authority::ancestry::Ancestry;
use services::organizations::model::PolicyType;
use services::state::organization::OrganizationCounts;
use services::world::World;

use crate::support::{MANAGEMENT, Play};

const RCP: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
const SCP: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;

fn create(play: &mut Play, kind: &str, name: &str, content: &str) -> Value {
    let members = json!({"Content": content, "Description": "", "Name": name, "Type": kind});
    play.ok(MANAGEMENT, "CreatePolicy", members)["Policy"]["PolicySummary"]["Id"].clone()
}

/// F-ORGS-RCP-1.
#[test]
fn resource_control_policies_reach_their_accounts_level_by_level() {
    let mut play = Play::organization();
    let root = play.root_id();
    let account = play.vend("dev@example.invalid");
    let policy = create(&mut play, "RESOURCE_CONTROL_POLICY", "rcp", RCP);
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": "RESOURCE_CONTROL_POLICY"}));
    play.ok(MANAGEMENT, "AttachPolicy", json!({"PolicyId": policy, "TargetId": account}));
    let full = json!({"PolicyId": "p-RCPFullAWSAccess", "TargetId": account});
    let kept = play.refused(MANAGEMENT, "DetachPolicy", full);
    assert_eq!(kept.1.as_deref(), Some("NON_DETACHABLE_POLICY"));
    let attached = json!({"TargetId": account, "Filter": "RESOURCE_CONTROL_POLICY"});
    let attached = play.ok(MANAGEMENT, "ListPoliciesForTarget", attached);
    let names: Vec<_> = attached["Policies"].as_array().unwrap().iter().map(|it| &it["Name"]).collect();
    assert_eq!(names, ["RCPFullAWSAccess", "rcp"]);
    let world = World::new(&play.documents);
    let id: AccountId = account.parse().unwrap();
    let levels = Ancestry::of(id, &world)
        .unwrap()
        .unwrap()
        .policies(PolicyType::ResourceControlPolicy, &world)
        .unwrap();
    let shape: Vec<Vec<bool>> =
        levels.iter().map(|level| level.iter().map(|policy| policy.arn.is_none()).collect()).collect();
    assert_eq!(shape, [vec![true], vec![true, false]], "the root, then the account");
    let management = Ancestry::of(MANAGEMENT.parse().unwrap(), &world).unwrap().unwrap();
    assert!(management.policies(PolicyType::ResourceControlPolicy, &world).unwrap().iter().next().is_none());
}

/// F-ORGS-POL-7: ten service control policies on one target, FullAWSAccess included.
#[test]
fn a_target_has_so_many_policies_and_no_more() {
    let mut play = Play::organization();
    let root = play.root_id();
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"}));
    for number in 0..10 {
        let policy = create(&mut play, "SERVICE_CONTROL_POLICY", &format!("p{number}"), SCP);
        let attach = json!({"PolicyId": policy, "TargetId": root});
        if number < 9 {
            play.ok(MANAGEMENT, "AttachPolicy", attach);
        } else {
            let refused = play.refused(MANAGEMENT, "AttachPolicy", attach);
            assert_eq!(refused.1.as_deref(), Some("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
        }
    }
}

/// F-ORGS-POL-6: a policy that is being attached is not deleted at the same time.
#[test]
fn a_policy_is_not_deleted_while_it_is_attached() {
    let mut play = Play::organization();
    let root = play.root_id();
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"}));
    let policy = create(&mut play, "SERVICE_CONTROL_POLICY", "p", SCP);
    let (deleted, deletion) = play.prepare(MANAGEMENT, "DeletePolicy", json!({"PolicyId": policy}));
    assert!(deleted.is_ok());
    play.ok(MANAGEMENT, "AttachPolicy", json!({"PolicyId": policy, "TargetId": root}));
    assert!(!play.commit(deletion));
    assert_eq!(
        play.refused(MANAGEMENT, "DeletePolicy", json!({"PolicyId": policy})).0,
        "PolicyInUseException"
    );
}

/// F-ORGS-POL-2, F-ORGS-POL-3, F-ORGS-POL-5.
#[test]
fn a_document_must_fit_its_type() {
    let mut play = Play::organization();
    let long = format!(r#"{{"tags":{{"a":"{}"}}}}"#, "x".repeat(10_000));
    let spaced = |length: usize, policy: &str| format!("{policy}{}", " ".repeat(length - policy.len()));
    let (long_scp, long_rcp) = (spaced(10_241, SCP), spaced(5_121, RCP));
    let cases = [
        ("SERVICE_CONTROL_POLICY", long_scp.as_str(), "ConstraintViolationException"),
        ("RESOURCE_CONTROL_POLICY", long_rcp.as_str(), "ConstraintViolationException"),
        ("SERVICE_CONTROL_POLICY", RCP, "MalformedPolicyDocumentException"),
        ("RESOURCE_CONTROL_POLICY", SCP, "MalformedPolicyDocumentException"),
        ("TAG_POLICY", SCP, "MalformedPolicyDocumentException"),
        ("AISERVICES_OPT_OUT_POLICY", "[]", "MalformedPolicyDocumentException"),
        ("TAG_POLICY", long.as_str(), "ConstraintViolationException"),
    ];
    for (kind, content, code) in cases {
        let members = json!({"Content": content, "Description": "", "Name": "n", "Type": kind});
        assert_eq!(play.refused(MANAGEMENT, "CreatePolicy", members).0, code, "{kind}");
    }
    create(&mut play, "SERVICE_CONTROL_POLICY", "n", &spaced(10_240, SCP));
    create(&mut play, "RESOURCE_CONTROL_POLICY", "n", RCP);
    let members = json!({"Content": SCP, "Description": "", "Name": "n", "Type": "SERVICE_CONTROL_POLICY"});
    assert_eq!(play.refused(MANAGEMENT, "CreatePolicy", members).0, "DuplicatePolicyException");
}

/// F-ORGS-POL-1: the quotas page of 2026.
#[test]
fn an_organization_has_so_many_policies_of_a_type() {
    use services::organizations::model::PolicyType;
    use services::quotas::Quotas;
    let limits = [
        (PolicyType::ServiceControlPolicy, 10_000),
        (PolicyType::ResourceControlPolicy, 2_000),
        (PolicyType::TagPolicy, 1_000),
    ];
    for (kind, limit) in limits {
        assert_eq!(Quotas::AWS.policies(kind), limit);
        let mut play = Play::organization();
        let counts =
            OrganizationCounts { policies: [(kind, limit - 1)].into(), ..OrganizationCounts::default() };
        let organization =
            play.ok(MANAGEMENT, "DescribeOrganization", json!({}))["Organization"]["Id"].clone();
        play.put(organization.as_str().unwrap(), &counts);
        let content = match kind {
            PolicyType::ServiceControlPolicy => SCP,
            PolicyType::ResourceControlPolicy => RCP,
            _ => r#"{"tags":{}}"#,
        };
        create(&mut play, kind.as_str(), "last", content);
        let members = json!({"Content": content, "Description": "", "Name": "more", "Type": kind.as_str()});
        let refused = play.refused(MANAGEMENT, "CreatePolicy", members);
        assert_eq!(refused.1.as_deref(), Some("POLICY_NUMBER_LIMIT_EXCEEDED"));
    }
}

/// F-ORGS-EFF-4: the order of attachment counts, and a policy that is attached anew comes last.
#[test]
fn of_two_policies_the_one_that_was_attached_first_sets_the_value() {
    let mut play = Play::organization();
    let root = play.root_id();
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": "TAG_POLICY"}));
    let account = play.vend("dev@example.invalid");
    let policies: Vec<Value> = ["first", "second", "third"]
        .iter()
        .map(|name| {
            let content = json!({"tags": {"k": {"tag_key": {"@@assign": name}}}}).to_string();
            create(&mut play, "TAG_POLICY", name, &content)
        })
        .collect();
    let winner = |play: &mut Play| {
        let members = json!({"PolicyType": "TAG_POLICY", "TargetId": account});
        let policy = play.ok(MANAGEMENT, "DescribeEffectivePolicy", members);
        let content = policy["EffectivePolicy"]["PolicyContent"].as_str().unwrap().to_owned();
        serde_json::from_str::<Value>(&content).unwrap()["tags"]["k"]["tag_key"].clone()
    };
    for policy in &policies {
        play.ok(MANAGEMENT, "AttachPolicy", json!({"PolicyId": policy, "TargetId": root}));
        assert_eq!(winner(&mut play), "first");
    }
    for (moved, next) in policies.iter().zip(["second", "third", "first"]) {
        play.ok(MANAGEMENT, "DetachPolicy", json!({"PolicyId": moved, "TargetId": root}));
        play.ok(MANAGEMENT, "AttachPolicy", json!({"PolicyId": moved, "TargetId": root}));
        assert_eq!(winner(&mut play), next);
    }
}

/// F-ORGS-TYPE-3: Security Hub's and Inspector's policies need their services' trusted access, as long as they are enabled.
#[test]
fn a_policy_type_of_a_service_needs_its_trusted_access() {
    let mut play = Play::organization();
    let root = play.root_id();
    for (kind, service) in [("SECURITYHUB_POLICY", "securityhub"), ("INSPECTOR_POLICY", "inspector2")] {
        let switch = json!({"RootId": root, "PolicyType": kind});
        let service = json!({"ServicePrincipal": format!("{service}.amazonaws.com")});
        let refused = play.refused(MANAGEMENT, "EnablePolicyType", switch.clone());
        assert_eq!(refused.1.as_deref(), Some("SERVICE_ACCESS_NOT_ENABLED"));
        play.ok(MANAGEMENT, "EnableAWSServiceAccess", service.clone());
        play.ok(MANAGEMENT, "EnablePolicyType", switch.clone());
        let refused = play.refused(MANAGEMENT, "DisableAWSServiceAccess", service.clone());
        assert_eq!(refused.1.as_deref(), Some("POLICY_TYPE_ENABLED_FOR_THIS_SERVICE"));
        play.ok(MANAGEMENT, "DisablePolicyType", switch);
        play.ok(MANAGEMENT, "DisableAWSServiceAccess", service);
    }
}

/// F-ORGS-RP-1, F-ORGS-RP-3.
#[test]
fn only_what_can_be_delegated_is_delegated() {
    let mut play = Play::organization();
    let account = play.vend("dev@example.invalid");
    let root = format!("arn:aws:iam::{account}:root");
    let put = |statement: Value| {
        let whole = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        json!({"Content": whole})
    };
    let statement = |name: &str, value: Value| {
        let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "organizations:ListRoots", "Resource": "*"});
        statement.as_object_mut().unwrap().retain(|member, _| !name.ends_with(member.as_str()));
        statement[name] = value;
        statement
    };
    let cases = [
        ("Action", json!("organizations:CreateAccount"), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ("Action", json!(["organizations:ListRoots", "s3:*"]), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ("Action", json!("organizations:*"), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ("Action", json!("organizations:*Account"), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ("Action", json!("organizations:Unheard*"), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ("NotAction", json!("organizations:CloseAccount"), "INVALID_RESOURCE_POLICY_JSON"),
        ("NotResource", json!("*"), "INVALID_RESOURCE_POLICY_JSON"),
        ("NotPrincipal", json!({"AWS": account}), "INVALID_RESOURCE_POLICY_JSON"),
        ("Principal", json!({"AWS": [account, "999999999999"]}), "INVALID_RESOURCE_POLICY_JSON"),
        (
            "Principal",
            json!({"AWS": format!("arn:aws:iam::{account}:role/absent")}),
            "INVALID_RESOURCE_POLICY_JSON",
        ),
    ];
    for (name, value, reason) in cases {
        let refused = play.refused(MANAGEMENT, "PutResourcePolicy", put(statement(name, value)));
        assert_eq!(refused, ("InvalidInputException".to_owned(), Some(reason.to_owned())));
    }
    let told =
        play.call(MANAGEMENT, "PutResourcePolicy", put(statement("Action", json!("s3:Get*")))).unwrap_err();
    let text = "s3:Get* is not a supported action for this resource-based policy.";
    assert_eq!(told.message.as_deref(), Some(text));
    let actions = ["describe*", "UpdatePolicy", "List*", "ListInboundResponsibilityTransfers"];
    for action in actions.map(|action| json!(format!("organizations:{action}"))) {
        play.ok(MANAGEMENT, "PutResourcePolicy", put(statement("Action", action)));
    }
    let role = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    for principal in [json!("*"), json!({"AWS": [root, role]}), json!({"Service": "kms.amazonaws.com"})] {
        play.ok(MANAGEMENT, "PutResourcePolicy", put(statement("Principal", principal)));
    }
}

/// F-ORGS-RP-2, F-ORGS-RP-4: it is kept as AWS writes it, and its tags are those that it was created with.
#[test]
fn a_delegation_policy_is_kept_as_aws_writes_it_with_the_tags_of_its_creation() {
    let mut play = Play::organization();
    let account = play.vend("dev@example.invalid");
    let content = json!({"Statement": {
        "Effect": "Allow", "Principal": {"AWS": account}, "Action": "organizations:ListRoots", "Resource": "*"}});
    let put = |tags: Value| json!({"Content": content.to_string(), "Tags": tags});
    let tags = json!([{"Key": "team", "Value": "blue"}]);
    let made = play.ok(MANAGEMENT, "PutResourcePolicy", put(tags.clone()));
    let kept = format!(
        r#"{{"Version":"2008-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"organizations:ListRoots","Resource":"*"}}]}}"#
    );
    assert_eq!(made["ResourcePolicy"]["Content"], kept);
    assert_eq!(play.ok(MANAGEMENT, "DescribeResourcePolicy", json!({}))["ResourcePolicy"]["Content"], kept);
    let refused = play.refused(MANAGEMENT, "PutResourcePolicy", put(tags.clone()));
    let reason = "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED";
    assert_eq!(refused, ("ConstraintViolationException".to_owned(), Some(reason.to_owned())));
    play.ok(MANAGEMENT, "PutResourcePolicy", put(json!([])));
    let id = &made["ResourcePolicy"]["ResourcePolicySummary"]["Id"];
    assert_eq!(play.ok(MANAGEMENT, "ListTagsForResource", json!({"ResourceId": id}))["Tags"], tags);
    play.ok(&account, "ListRoots", json!({}));
}

/// F-ORGS-POL-40, F-ORGS-OU-5: blank names and descriptions are not taken, and an update shows what it was given.
#[test]
fn an_update_shows_what_it_was_given_and_takes_nothing_blank() {
    let mut play = Play::organization();
    let content = r#"{"tags":{}}"#;
    let id = create(&mut play, "TAG_POLICY", "first", content);
    let members = json!({"PolicyId": id, "Name": "second", "Description": ""});
    let shown = play.ok(MANAGEMENT, "UpdatePolicy", members)["Policy"].clone();
    assert_eq!(shown["Content"], content);
    let summary = &shown["PolicySummary"];
    assert_eq!((&summary["Name"], &summary["Description"]), (&json!("second"), &json!("")));
    play.ok(MANAGEMENT, "UpdatePolicy", json!({"PolicyId": id, "Description": "described"}));
    let shown =
        play.ok(MANAGEMENT, "UpdatePolicy", json!({"PolicyId": id, "Description": " "}))["Policy"].clone();
    assert_eq!(shown["PolicySummary"]["Name"], Value::Null);
    let stored =
        play.ok(MANAGEMENT, "DescribePolicy", json!({"PolicyId": id}))["Policy"]["PolicySummary"].clone();
    assert_eq!((&stored["Name"], &stored["Description"]), (&json!("second"), &json!("described")));

    let parent = play.root_id();
    let unit = play.ok(MANAGEMENT, "CreateOrganizationalUnit", json!({"ParentId": parent, "Name": "unit"}));
    let blank = json!({"OrganizationalUnitId": unit["OrganizationalUnit"]["Id"], "Name": " "});
    let shown = play.ok(MANAGEMENT, "UpdateOrganizationalUnit", blank);
    assert_eq!(shown["OrganizationalUnit"]["Name"], "unit");
}

/// F-ORGS-TYPE-4.
#[test]
fn resource_control_policies_are_pending_in_the_answer_alone() {
    let mut play = Play::organization();
    let root = play.root_id();
    let switch = |kind: &str| json!({"RootId": root, "PolicyType": kind});
    let status = |root: &Value| root["PolicyTypes"][0]["Status"].clone();
    let shown = play.ok(MANAGEMENT, "EnablePolicyType", switch("RESOURCE_CONTROL_POLICY"));
    assert_eq!(status(&shown["Root"]), "PENDING_ENABLE");
    assert_eq!(status(&play.ok(MANAGEMENT, "ListRoots", json!({}))["Roots"][0]), "ENABLED");
    play.ok(MANAGEMENT, "DisablePolicyType", switch("RESOURCE_CONTROL_POLICY"));
    let shown = play.ok(MANAGEMENT, "EnablePolicyType", switch("TAG_POLICY"));
    assert_eq!(status(&shown["Root"]), "ENABLED");
}
