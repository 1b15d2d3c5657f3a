//! What reaches an account of the policies on the way to it.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use crate::support::{MANAGEMENT, Play};

const BACKUP: &str = "BACKUP_POLICY";

/// An organization with a type of policies enabled, its root, and an account in it.
fn enabled(kind: &str) -> (Play, String, String) {
    let mut play = Play::organization();
    let root = play.root_id();
    let account = play.vend("dev@example.invalid");
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": kind}));
    (play, root, account)
}

fn create(play: &mut Play, kind: &str, name: &str, content: &Value) -> Value {
    let members = json!({"Content": content.to_string(), "Description": "", "Name": name, "Type": kind});
    play.ok(MANAGEMENT, "CreatePolicy", members)["Policy"]["PolicySummary"]["Id"].clone()
}

fn update(play: &mut Play, policy: &Value, content: &Value) {
    play.ok(MANAGEMENT, "UpdatePolicy", json!({"PolicyId": policy, "Content": content.to_string()}));
}

fn attach(play: &mut Play, policy: &Value, target: &str) {
    play.ok(MANAGEMENT, "AttachPolicy", json!({"PolicyId": policy, "TargetId": target}));
}

fn detach(play: &mut Play, policy: &Value, target: &str) {
    play.ok(MANAGEMENT, "DetachPolicy", json!({"PolicyId": policy, "TargetId": target}));
}

fn in_force(play: &mut Play, kind: &str, account: &str) -> Value {
    let members = json!({"PolicyType": kind, "TargetId": account});
    let policy = play.ok(MANAGEMENT, "DescribeEffectivePolicy", members);
    serde_json::from_str(policy["EffectivePolicy"]["PolicyContent"].as_str().unwrap()).unwrap()
}

fn reported(play: &mut Play, kind: &str, account: &str) -> Value {
    let members = json!({"PolicyType": kind, "AccountId": account});
    play.ok(MANAGEMENT, "ListEffectivePolicyValidationErrors", members)
}

/// Codes, texts and paths of what is wrong with an account's effective backup policy.
fn errors(play: &mut Play, account: &str) -> Vec<[String; 3]> {
    let report = reported(play, BACKUP, account);
    let errors = report["EffectivePolicyValidationErrors"].as_array().unwrap();
    let part = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    errors
        .iter()
        .map(|error| ["ErrorCode", "ErrorMessage", "PathToError"].map(|name| part(error, name)))
        .collect()
}

fn error(code: &str, text: &str, path: &str) -> [String; 3] {
    [code, text, path].map(str::to_owned)
}

/// A backup plan with nothing wrong, whose rule has these settings too.
fn plan(settings: Value) -> Value {
    let mut rule = json!({"target_backup_vault_name": {"@@assign": "Default"}});
    rule.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let selection = json!({
        "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/Backup"}, "tag_key": {"@@assign": "cost"},
        "tag_value": {"@@assign": ["one"]}});
    json!({"plans": {"daily": {
        "regions": {"@@assign": ["eu-central-1"]}, "rules": {"daily": rule},
        "selections": {"tags": {"cost": selection}}}}})
}

fn rule_of(policy: &Value) -> &Value {
    &policy["plans"]["daily"]["rules"]["daily"]
}

fn schedule(expression: &str) -> Value {
    json!({"plans": {"daily": {"rules": {"daily": {"schedule_expression": {"@@assign": expression}}}}}})
}

/// F-ORGS-EFF-3.
#[test]
fn a_type_that_is_enabled_has_an_effective_policy_though_it_says_nothing() {
    for kind in [BACKUP, "TAG_POLICY", "CHATBOT_POLICY", "AISERVICES_OPT_OUT_POLICY"] {
        let (mut play, root, account) = enabled(kind);
        assert_eq!(in_force(&mut play, kind, &account), json!({}));
        let nothing =
            json!({"AccountId": account, "PolicyType": kind, "EffectivePolicyValidationErrors": []});
        assert_eq!(reported(&mut play, kind, &account), nothing);
        play.ok(MANAGEMENT, "DisablePolicyType", json!({"RootId": root, "PolicyType": kind}));
        let refused = play.refused(
            MANAGEMENT,
            "DescribeEffectivePolicy",
            json!({"PolicyType": kind, "TargetId": account}),
        );
        assert_eq!(refused.0, "EffectivePolicyNotFoundException");
    }
}

/// F-ORGS-EFF-8.
#[test]
fn a_tag_always_has_a_key_and_values() {
    let kind = "TAG_POLICY";
    let (mut play, root, account) = enabled(kind);
    let parent = json!({"tags": {
        "Colour": {"tag_value": {"@@assign": ["red"]}, "enforced_for": {"@@assign": ["ec2:instance"]}},
        "Any": {"tag_key": {"@@assign": "ANY"}}, "Orphan": {"tag_value": {"@@remove": ["red"]}}}});
    let parent = create(&mut play, kind, "parent", &parent);
    attach(&mut play, &parent, &root);
    let any = json!(["*"]);
    let tags = |colour: Value| {
        json!({"tags": {
            "colour": colour, "any": {"tag_key": "ANY", "tag_value": any},
            "orphan": {"tag_key": "orphan", "tag_value": any}}})
    };
    let red = json!({"tag_key": "colour", "tag_value": ["red"], "enforced_for": ["ec2:instance"]});
    assert_eq!(in_force(&mut play, kind, &account), tags(red));
    let child = json!({"tags": {"colour": {
        "tag_value": {"@@remove": ["red"]}, "enforced_for": {"@@remove": ["ec2:instance"]}}}});
    let child = create(&mut play, kind, "child", &child);
    attach(&mut play, &child, &account);
    assert_eq!(in_force(&mut play, kind, &account), tags(json!({"tag_key": "colour", "tag_value": []})));
}

/// F-ORGS-EFF-5: two backup policies that are right by themselves make a plan with eleven rules (the guide's example).
#[test]
fn an_effective_policy_may_be_invalid_though_each_policy_is_right() {
    let mut play = Play::organization();
    let root = play.root_id();
    let account = play.vend("dev@example.invalid");
    let list = json!({"PolicyType": BACKUP});
    let listed = json!({"PolicyType": BACKUP, "AccountId": account});
    for (operation, members) in
        [("ListAccountsWithInvalidEffectivePolicy", &list), ("ListEffectivePolicyValidationErrors", &listed)]
    {
        let refused = play.refused(MANAGEMENT, operation, members.clone());
        assert_eq!(refused.0, "EffectivePolicyNotFoundException", "{operation}");
    }
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": BACKUP}));
    let rule = json!({"target_backup_vault_name": {"@@assign": "Default"}});
    let rules = |names: std::ops::Range<u8>| {
        names.map(|name| (format!("rule{name}"), rule.clone())).collect::<Map<_, _>>()
    };
    let mut nine = plan(json!({}));
    nine["plans"]["daily"]["rules"] = rules(0..9).into();
    let nine = create(&mut play, BACKUP, "nine", &nine);
    let two = create(&mut play, BACKUP, "two", &json!({"Plans": {"Daily": {"Rules": rules(9..11)}}}));
    attach(&mut play, &nine, &root);
    assert!(errors(&mut play, &account).is_empty());
    attach(&mut play, &two, &account);

    let wrong = reported(&mut play, BACKUP, &account);
    let organization = play.ok(MANAGEMENT, "DescribeOrganization", json!({}))["Organization"]["Id"].clone();
    assert_eq!(wrong["Path"], format!("{}/{root}/{account}/", organization.as_str().unwrap()));
    assert!(wrong["EvaluationTimestamp"].is_number());
    assert_eq!((&wrong["AccountId"], &wrong["PolicyType"]), (&json!(account), &json!(BACKUP)));
    let text = "'rules' exceeds the allowed maximum limit 10";
    let error = json!({
        "ErrorCode": "ELEMENTS_TOO_MANY", "ErrorMessage": text, "PathToError": "plans/daily/rules",
        "ContributingPolicies": [nine, two]});
    assert_eq!(wrong["EffectivePolicyValidationErrors"], json!([error]));
    let accounts = play.ok(MANAGEMENT, "ListAccountsWithInvalidEffectivePolicy", list);
    let ids: Vec<_> = accounts["Accounts"].as_array().unwrap().iter().map(|it| &it["Id"]).collect();
    assert_eq!(ids, [&json!(account)]);
}

/// F-ORGS-EFF-5.
#[test]
fn an_effective_backup_policy_is_whole_and_its_settings_go_together() {
    let (mut play, root, account) = enabled(BACKUP);
    let policy = create(&mut play, BACKUP, "p", &json!({"plans": {"daily": {}}}));
    attach(&mut play, &policy, &root);
    assert!(errors(&mut play, &account).is_empty(), "a plan with nothing in it is none");
    let window = json!({"start_backup_window_minutes": {"@@assign": "60"}});
    update(&mut play, &policy, &json!({"plans": {"daily": {"rules": {"daily": window}}}}));
    let missing = |name: &str, path: &str| error("KEY_REQUIRED", &format!("'{name}' is missing"), path);
    let incomplete = [
        missing("regions", "plans/daily"),
        missing("selections", "plans/daily"),
        missing("target_backup_vault_name", "plans/daily/rules/daily"),
    ];
    assert_eq!(errors(&mut play, &account), incomplete);
    let mut one = json!({"PolicyType": BACKUP, "AccountId": account, "MaxResults": 1});
    let mut pages = Vec::new();
    loop {
        let page = play.ok(MANAGEMENT, "ListEffectivePolicyValidationErrors", one.clone());
        pages.push(page["EffectivePolicyValidationErrors"].as_array().unwrap().len());
        let Some(token) = page.get("NextToken") else { break };
        one["NextToken"] = token.clone();
    }
    assert_eq!(pages, [1, 1, 1]);

    let mut none_left = plan(json!({}));
    none_left["plans"]["daily"]["regions"]["@@remove"] = json!(["eu-central-1"]);
    none_left["plans"]["daily"]["selections"]["tags"]["cost"]["tag_value"] = json!({"@@remove": ["one"]});
    update(&mut play, &policy, &none_left);
    let wrong = [
        error(
            "ELEMENTS_TOO_FEW",
            "'regions' is less than the allowed minimum limit 1",
            "plans/daily/regions",
        ),
        missing("tag_value", "plans/daily/selections/tags/cost"),
    ];
    let mut found = errors(&mut play, &account);
    found.sort();
    assert_eq!(found, wrong);

    let continuous = json!({
        "enable_continuous_backup": {"@@assign": "true"}, "lifecycle": {"delete_after_days": {"@@assign": "35"}}});
    update(&mut play, &policy, &plan(continuous));
    assert!(errors(&mut play, &account).is_empty());
    let longer = json!({"lifecycle": {"delete_after_days": {"@@assign": "45"}}});
    let child = create(&mut play, BACKUP, "c", &json!({"plans": {"daily": {"rules": {"daily": longer}}}}));
    attach(&mut play, &child, &account);
    let text = "Dependent fields enable_continuous_backup=true,delete_after_days=45 in policy block daily are \
                invalid when used together";
    assert_eq!(
        errors(&mut play, &account),
        [error("CROSS_ATTRIBUTE_VALIDATION", text, "plans/daily/rules/daily")]
    );
}

/// A rule that is archived once a month, and so are its copies.
fn archived() -> Value {
    let lifecycle = json!({
        "move_to_cold_storage_after_days": {"@@assign": "30"}, "delete_after_days": {"@@assign": "120"},
        "opt_in_to_archive_for_supported_resources": {"@@assign": "true"}});
    let copies: Map<_, _> = ["one", "other"]
        .map(|name| format!("arn:aws:backup:us-east-1:$account:backup-vault:{name}"))
        .map(|vault| {
            let copy = json!({"target_backup_vault_arn": {"@@assign": vault}, "lifecycle": lifecycle});
            (vault, copy)
        })
        .into_iter()
        .collect();
    plan(json!({"schedule_expression": {"@@assign": "cron(0 5 1 * ? *)"}, "copy_actions": copies}))
}

/// F-ORGS-EFF-7.
#[test]
fn the_last_valid_backup_policy_stays_in_force() {
    let (mut play, root, account) = enabled(BACKUP);
    let other = play.vend("other@example.invalid");
    let parent = create(&mut play, BACKUP, "parent", &archived());
    let child = create(&mut play, BACKUP, "child", &json!({"plans": {"daily": {}}}));
    attach(&mut play, &parent, &root);
    attach(&mut play, &child, &account);
    let monthly = in_force(&mut play, BACKUP, &account);
    assert_eq!(rule_of(&monthly)["schedule_expression"], "cron(0 5 1 * ? *)");

    update(&mut play, &child, &schedule("cron(0 5 ? * * *)"));
    assert_eq!(in_force(&mut play, BACKUP, &account), monthly);
    let text = "Dependent fields opt_in_to_archive_for_supported_resources=true,schedule_expression=cron(0 5 ? * * *) \
                in policy block daily are invalid when used together";
    let expected = [error("CROSS_ATTRIBUTE_VALIDATION", text, "plans/daily/rules/daily")];
    assert_eq!(errors(&mut play, &account), expected, "one error for two copies");
    let contributing =
        &reported(&mut play, BACKUP, &account)["EffectivePolicyValidationErrors"][0]["ContributingPolicies"];
    assert_eq!(contributing, &json!([parent, child]));
    assert!(errors(&mut play, &other).is_empty());

    // It stays though what follows is wrong as well, and goes with the next that is right.
    update(&mut play, &child, &schedule("cron(0 6 ? * * *)"));
    assert_eq!(in_force(&mut play, BACKUP, &account), monthly);
    update(&mut play, &child, &schedule("cron(0 6 1 * ? *)"));
    let later = in_force(&mut play, BACKUP, &account);
    assert_eq!(rule_of(&later)["schedule_expression"], "cron(0 6 1 * ? *)");

    update(&mut play, &child, &schedule("cron(0 6 ? * * *)"));
    assert_eq!(in_force(&mut play, BACKUP, &account), later);
    detach(&mut play, &child, &account);
    assert_eq!(in_force(&mut play, BACKUP, &account), monthly);
    attach(&mut play, &child, &account);
    assert_eq!(in_force(&mut play, BACKUP, &account), monthly, "of before it was attached again");

    // The parent may go as well: what the child says alone is no plan.
    update(&mut play, &child, &schedule("cron(0 7 1 * ? *)"));
    let seven = in_force(&mut play, BACKUP, &account);
    detach(&mut play, &parent, &root);
    assert_eq!(in_force(&mut play, BACKUP, &account), seven);
    assert_eq!(in_force(&mut play, BACKUP, &other), json!({}));
    detach(&mut play, &child, &account);
    assert_eq!(in_force(&mut play, BACKUP, &account), json!({}));
}

/// F-ORGS-EFF-7.
#[test]
fn an_account_keeps_its_backup_policy_where_it_is_moved_to_a_wrong_one() {
    let (mut play, root, account) = enabled(BACKUP);
    let unit = json!({"ParentId": root, "Name": "Unit"});
    let unit = play.ok(MANAGEMENT, "CreateOrganizationalUnit", unit)["OrganizationalUnit"]["Id"].clone();
    let unit = unit.as_str().unwrap();
    let (parent, daily) = (archived(), schedule("cron(0 5 ? * * *)"));
    let (parent, daily) =
        (create(&mut play, BACKUP, "parent", &parent), create(&mut play, BACKUP, "daily", &daily));
    attach(&mut play, &parent, &root);
    attach(&mut play, &daily, unit);
    let monthly = in_force(&mut play, BACKUP, &account);
    let to = |from: &str, to: &str| json!({"AccountId": account, "SourceParentId": from, "DestinationParentId": to});
    play.ok(MANAGEMENT, "MoveAccount", to(&root, unit));
    assert_eq!(
        (errors(&mut play, &account).len(), in_force(&mut play, BACKUP, &account)),
        (1, monthly.clone())
    );
    // A change above reaches it through the unit.
    update(&mut play, &daily, &schedule("cron(0 5 2 * ? *)"));
    let second = in_force(&mut play, BACKUP, &account);
    assert_eq!(rule_of(&second)["schedule_expression"], "cron(0 5 2 * ? *)");
    update(&mut play, &daily, &schedule("cron(0 5 ? * * *)"));
    assert_eq!(in_force(&mut play, BACKUP, &account), second);
    play.ok(MANAGEMENT, "MoveAccount", to(unit, &root));
    assert_eq!(in_force(&mut play, BACKUP, &account), monthly);
    // One that was never anywhere else has nothing.
    play.ok(MANAGEMENT, "MoveAccount", to(&root, unit));
    play.ok(MANAGEMENT, "DisablePolicyType", json!({"RootId": root, "PolicyType": BACKUP}));
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": BACKUP}));
    attach(&mut play, &daily, unit);
    assert_eq!((errors(&mut play, &account).len(), in_force(&mut play, BACKUP, &account)), (3, json!({})));
}

/// F-ORGS-EFF-7.
#[test]
fn what_an_account_keeps_goes_with_it() {
    let (mut play, root, account) = enabled(BACKUP);
    let policy = create(&mut play, BACKUP, "p", &plan(json!({})));
    attach(&mut play, &policy, &root);
    let mut wrong = plan(json!({}));
    wrong["plans"]["daily"]["regions"] = json!({"@@assign": []});
    update(&mut play, &policy, &wrong);
    let kept = |play: &Play| play.keys().iter().filter(|key| key.starts_with("kept-backup-policy/")).count();
    assert_eq!((kept(&play), in_force(&mut play, BACKUP, &account)["plans"]["daily"].is_object()), (2, true));
    play.advance(SignedDuration::from_hours(96));
    play.ok(MANAGEMENT, "RemoveAccountFromOrganization", json!({"AccountId": account}));
    assert_eq!(kept(&play), 1);
    play.ok(MANAGEMENT, "DeleteOrganization", json!({}));
    let left = play.keys().iter().any(|key| key.starts_with("kept-") || key.starts_with("effective-"));
    assert!(!left);
}
