//! The simulator: the decisions are the evaluator's, the rest is how they are told.

use serde_json::{Value, json};

use crate::support::{ACCOUNT, Store, allow, root, texts};

const ANN: &str = "arn:aws:iam::111122223333:user/Ann";

fn deny(action: &str) -> String {
    allow(action).replace("Allow", "Deny")
}

fn with_user() -> Store {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateGroup", json!({"GroupName": "Devs"}));
    store.ok("AddUserToGroup", json!({"GroupName": "Devs", "UserName": "Ann"}));
    store.ok(
        "PutGroupPolicy",
        json!({"GroupName": "Devs", "PolicyName": "g", "PolicyDocument": allow("account:*")}),
    );
    store.ok(
        "PutUserPolicy",
        json!({"UserName": "Ann", "PolicyName": "u", "PolicyDocument": deny("account:Put*")}),
    );
    store
}

fn decisions(answer: &Value) -> Vec<&str> {
    texts(&answer["EvaluationResults"], "EvalDecision")
}

#[test]
fn a_principal_is_simulated_with_all_its_policies() {
    let mut store = with_user();
    let actions = ["account:GetAlternateContact", "account:PutAlternateContact", "iam:GetUser"];
    let answer = store.ok("SimulatePrincipalPolicy", json!({"PolicySourceArn": ANN, "ActionNames": actions}));
    assert_eq!(decisions(&answer), ["allowed", "explicitDeny", "implicitDeny"]);
    let matched = &answer["EvaluationResults"][1]["MatchedStatements"];
    // F-IAMAPI-SIM-3: those that decided, in the recorded words.
    assert_eq!(texts(matched, "SourcePolicyId"), ["user_Ann_u"]);
    assert_eq!(texts(matched, "SourcePolicyType"), ["IAM Policy"]);
    assert_eq!(matched[0]["StartPosition"], json!({"Line": 1, "Column": 38}));
    let allowed = &answer["EvaluationResults"][0]["MatchedStatements"];
    assert_eq!(texts(allowed, "SourcePolicyId"), ["group_Devs_g"]);
    assert_eq!(answer["EvaluationResults"][2]["MatchedStatements"], json!([]));
    assert!(answer["EvaluationResults"][0].get("ResourceSpecificResults").is_none());
    let more =
        json!({"PolicySourceArn": ANN, "ActionNames": ["iam:GetUser"], "PolicyInputList": [allow("iam:*")]});
    assert_eq!(decisions(&store.ok("SimulatePrincipalPolicy", more)), ["allowed"]);
}

/// F-IAMAPI-SIM-4
#[test]
fn the_source_is_one_of_the_callers_entities() {
    let mut store = with_user();
    let mut refused = |arn: &str| {
        let (code, _, text) = store.refused(
            "SimulatePrincipalPolicy",
            json!({"PolicySourceArn": arn, "ActionNames": ["iam:GetUser"]}),
        );
        (code, text)
    };
    for arn in [
        "arn:aws:iam::111122223333:root",
        "arn:aws:sts::111122223333:assumed-role/fictional/session",
        "not-an-arn-but-long-enough",
    ] {
        let text = format!("Invalid ARN provided in the request: {arn}");
        assert_eq!(refused(arn), ("InvalidInput".to_owned(), text));
    }
    let text = "Invalid Policy Source Arn: caller's account 111122223333 does not have access to policies in \
                account 999999999999.";
    assert_eq!(refused("arn:aws:iam::999999999999:user/Ann"), ("InvalidInput".to_owned(), text.to_owned()));
    let missing = ("NoSuchEntity".to_owned(), "Unable to retrieve specified IAM entity.".to_owned());
    assert_eq!(refused("arn:aws:iam::111122223333:role/R"), missing);
    // F-IAMAPI-SIM-4, F-IAMAPI-RES-7
    let other_path = json!({"PolicySourceArn": "arn:aws:iam::111122223333:user/other/path/ann",
                            "ActionNames": ["account:GetAlternateContact"]});
    assert_eq!(decisions(&store.ok("SimulatePrincipalPolicy", other_path)), ["allowed"]);
}

/// F-IAMAPI-SIM-2, F-IAMAPI-SIM-3, as recorded.
#[test]
fn a_recorded_answer_is_given_again() {
    let mut store = Store::new();
    let policy = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \
        \"Action\": \"s3:GetObject\",\n      \"Resource\": \"*\",\n      \"Sid\": \"First\"\n    },\n    {\n      \
        \"Effect\": \"Deny\",\n      \"Action\": \"s3:PutObject\",\n      \"Resource\": \"*\",\n      \"Sid\": \
        \"Second\"\n    }\n  ]\n}";
    let asked = json!({"PolicyInputList": [policy], "ActionNames": ["s3:GetObject", "s3:PutObject"]});
    let result = |action: &str, decision: &str, start: [u32; 2], end: [u32; 2]| {
        json!({
            "EvalActionName": action, "EvalResourceName": "*", "EvalDecision": decision,
            "MatchedStatements": [{
                "SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": start[0], "Column": start[1]},
                "EndPosition": {"Line": end[0], "Column": end[1]},
            }],
            "MissingContextValues": [],
        })
    };
    let expected = json!([
        result("s3:GetObject", "allowed", [3, 17], [9, 6]),
        result("s3:PutObject", "explicitDeny", [9, 6], [15, 6]),
    ]);
    assert_eq!(store.ok("SimulateCustomPolicy", asked)["EvaluationResults"], expected);
}

/// F-IAMAPI-SIM-5
#[test]
fn a_resource_of_another_account_takes_both_sides() {
    let mut store = Store::new();
    let resource_policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}"#;
    let mut asked = json!({
        "PolicyInputList": [], "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::bucket/a"],
        "ResourcePolicy": resource_policy, "CallerArn": ANN, "ResourceOwner": "arn:aws:iam::999999999999:root",
    });
    let answer = store.ok("SimulateCustomPolicy", asked.clone());
    let result = &answer["EvaluationResults"][0];
    assert_eq!((&result["EvalDecision"], &result["MatchedStatements"]), (&json!("implicitDeny"), &json!([])));
    let details = json!({"Resource Policy": "allowed", "IAM Policy": "implicitDeny"});
    assert_eq!(result["EvalDecisionDetails"], details);
    assert_eq!(result["ResourceSpecificResults"][0]["EvalDecisionDetails"], details);
    asked["ResourceOwner"] = json!("arn:aws:iam::111122223333:root");
    let own = &store.ok("SimulateCustomPolicy", asked.clone())["EvaluationResults"][0];
    assert_eq!((&own["EvalDecision"], &own["EvalDecisionDetails"]), (&json!("allowed"), &json!({})));
    let specific = &own["ResourceSpecificResults"][0];
    assert_eq!(texts(&specific["MatchedStatements"], "SourcePolicyType"), ["Resource Policy"]);
    assert_eq!(specific["MissingContextValues"], json!([]));
    assert!(specific.get("EvalDecisionDetails").is_none());
    asked["ResourceOwner"] = json!("not-an-arn");
    let text = "'not-an-arn' is not a valid as a Resource Owner.";
    assert_eq!(store.refused("SimulateCustomPolicy", asked).2, text);
}

#[test]
fn boundary_and_organization_are_told_apart() {
    let mut store = Store::new();
    let asked = json!({
        "PolicyInputList": [allow("*")],
        "PermissionsBoundaryPolicyInputList": [allow("account:*")],
        "OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": [allow("iam:*")]}],
        "ActionNames": ["iam:GetUser", "account:GetAlternateContact"],
    });
    let answer = store.ok("SimulateCustomPolicy", asked);
    assert_eq!(decisions(&answer), ["implicitDeny", "implicitDeny"]);
    let told = |place: usize| {
        let result = &answer["EvaluationResults"][place];
        let boundary = &result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"];
        let organization = &result["OrganizationsDecisionDetail"]["AllowedByOrganizations"];
        (boundary.as_bool(), organization.as_bool())
    };
    assert_eq!((told(0), told(1)), ((Some(false), Some(true)), (Some(true), Some(false))));
}

#[test]
fn context_is_what_the_request_says() {
    let mut store = Store::new();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"account:EnableRegion","Resource":"*","Condition":{"StringEquals":{"account:TargetRegion":"af-south-1"}}}]}"#;
    let mut asked = json!({"PolicyInputList": [policy], "ActionNames": ["account:EnableRegion"]});
    let answer = store.ok("SimulateCustomPolicy", asked.clone());
    assert_eq!(decisions(&answer), ["implicitDeny"]);
    assert_eq!(answer["EvaluationResults"][0]["MissingContextValues"], json!(["account:TargetRegion"]));
    asked["ContextEntries"] = json!([{"ContextKeyName": "account:TargetRegion", "ContextKeyValues": ["af-south-1"], "ContextKeyType": "string"}]);
    let answer = store.ok("SimulateCustomPolicy", asked);
    assert_eq!(decisions(&answer), ["allowed"]);
    assert_eq!(answer["EvaluationResults"][0]["MissingContextValues"], json!([]));
    let broken = json!({"PolicyInputList": ["{"], "ActionNames": ["account:EnableRegion"]});
    assert_eq!(store.refused("SimulateCustomPolicy", broken).0, "MalformedPolicyDocument");
}

/// F-IAMAPI-SIM-6
#[test]
fn a_trust_policy_is_not_asked_when_a_role_is_assumed() {
    let mut store = Store::new();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
    let role = "arn:aws:iam::111122223333:role/R";
    let asked = json!({
        "PolicyInputList": [allow("sts:AssumeRole")], "ActionNames": ["sts:AssumeRole"], "ResourceArns": [role],
        "ResourcePolicy": trust, "CallerArn": ANN,
    });
    let answer = store.ok("SimulateCustomPolicy", asked);
    assert_eq!(decisions(&answer), ["allowed"]);
    let told = &answer["EvaluationResults"][0]["MatchedStatements"];
    assert_eq!(texts(told, "SourcePolicyType"), ["IAM Policy"]);
}

/// F-IAMAPI-SIM-7
#[test]
fn some_values_the_simulator_compares_to_nothing() {
    let mut store = Store::new();
    let mut ask = |operator: &str, wanted: &str, value: &str, kind: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {operator: {"aws:k": wanted}}}});
        let entry = json!({"ContextKeyName": "aws:k", "ContextKeyValues": [value], "ContextKeyType": kind});
        let asked = json!({
            "PolicyInputList": [policy.to_string()], "ActionNames": ["s3:GetObject"], "ContextEntries": [entry]});
        store.call(&root(ACCOUNT), "SimulateCustomPolicy", asked)
    };
    for (operator, wanted, value, expected) in [
        ("NumericNotEquals", "1", "no-number", "implicitDeny"),
        ("NumericNotEquals", "1", "2", "allowed"),
        ("DateNotEquals", "2030-01-01T00:00:00Z", "not-a-date", "allowed"),
        ("NotIpAddress", "::ffff:192.0.2.0/120", "203.0.113.1", "implicitDeny"),
        ("NotIpAddress", "::192.0.2.0/120", "203.0.113.1", "implicitDeny"),
        ("NotIpAddress", "192.0.2.0/24", "203.0.113.1", "allowed"),
    ] {
        let answer = ask(operator, wanted, value, "string").expect("an answer");
        assert_eq!(decisions(&answer), [expected], "{operator} {wanted} {value}");
    }
    let refusal = ask("IpAddress", "192.0.2.0/24", "192.0.513", "ip").expect_err("no address");
    assert_eq!((refusal.code.as_ref(), refusal.status), ("InvalidInput", 400));
}

/// F-IAMAPI-SIM-5
#[test]
fn each_action_has_one_result_over_all_resources() {
    let mut store = with_user();
    let resources = ["arn:aws:account::111122223333:account", "arn:aws:account::444455556666:account"];
    let only_own = allow("iam:GetUser").replace("\"*\"", &format!("\"{}\"", resources[0]));
    let actions = ["account:GetAlternateContact", "account:PutAlternateContact", "iam:GetUser"];
    let mut asked = json!({"PolicySourceArn": ANN, "ActionNames": actions, "ResourceArns": resources,
                           "PolicyInputList": [only_own], "MaxItems": 2});
    let first = store.ok("SimulatePrincipalPolicy", asked.clone());
    assert_eq!(decisions(&first), ["allowed", "explicitDeny"]);
    let told = |result: &Value, part: &str| {
        texts(&result["ResourceSpecificResults"], part).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told(&first["EvaluationResults"][0], "EvalResourceName"), resources);
    assert!(first["EvaluationResults"][0].get("EvalResourceName").is_none());
    asked["Marker"] = first["Marker"].clone();
    let second = store.ok("SimulatePrincipalPolicy", asked);
    assert_eq!((decisions(&second), &second["IsTruncated"]), (vec!["implicitDeny"], &json!(false)));
    let mixed = &second["EvaluationResults"][0];
    assert_eq!(told(mixed, "EvalResourceDecision"), ["allowed", "implicitDeny"]);
    assert_eq!(texts(&mixed["MatchedStatements"], "SourcePolicyId"), ["PolicyInputList.1"]);
}

/// F-COST-13: a page ends where it would become too large, and the next one goes on there.
#[test]
fn a_page_of_many_resources_is_shorter_than_was_asked() {
    let mut store = Store::new();
    let resources: Vec<String> = (0..3_000).map(|number| format!("arn:aws:s3:::bucket/{number}")).collect();
    let actions: Vec<String> = (0..12).map(|number| format!("s3:Action{number}")).collect();
    let mut asked = json!({
        "PolicyInputList": [allow("*")], "ActionNames": actions, "ResourceArns": resources, "MaxItems": 1000,
    });
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let page = store.ok("SimulateCustomPolicy", asked.clone());
        assert!(page.to_string().len() < 10_000_000);
        seen.extend(texts(&page["EvaluationResults"], "EvalActionName").into_iter().map(str::to_owned));
        pages += 1;
        match page["Marker"].as_str() {
            Some(marker) => asked["Marker"] = json!(marker),
            None => break,
        }
    }
    assert_eq!(seen, actions);
    assert!(pages > 1);
}

/// F-COST-13
#[test]
fn what_is_too_much_for_one_page_is_refused() {
    let mut store = Store::new();
    let values: Vec<String> = (0..10_000).map(|number| format!("{}{number}", "a".repeat(40))).collect();
    let likes: Vec<String> = (0..400).map(|number| format!("{}b{number}", "*a".repeat(60))).collect();
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": likes}},
    }]});
    let context = json!([{
        "ContextKeyName": "aws:TagKeys", "ContextKeyValues": values, "ContextKeyType": "stringList",
    }]);
    let slow = json!({
        "PolicyInputList": [policy.to_string()], "ActionNames": ["s3:GetObject"], "ContextEntries": context,
    });
    let resources: Vec<String> = (0..20_000).map(|number| format!("arn:aws:s3:::bucket/{number}")).collect();
    let large = json!({
        "PolicyInputList": [allow("*")], "ActionNames": ["s3:GetObject"], "ResourceArns": resources,
    });
    for asked in [slow, large] {
        let (code, status, text) = store.refused("SimulateCustomPolicy", asked);
        assert_eq!((code.as_str(), status), ("InvalidInput", 400));
        assert!(text.starts_with("The simulation is too large."), "{text}");
    }
}
