//! The simulator: the decisions are the evaluator's, the rest is how they are told.

use serde_json::{Value, json};

use crate::support::{Store, allow, texts};

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
    assert_eq!(texts(matched, "SourcePolicyId"), ["user_Ann_u", "group_Devs_g"]);
    assert_eq!(texts(matched, "SourcePolicyType"), ["user", "group"]);
    assert_eq!(matched[0]["StartPosition"], json!({"Line": 1, "Column": 38}));
    let more =
        json!({"PolicySourceArn": ANN, "ActionNames": ["iam:GetUser"], "PolicyInputList": [allow("iam:*")]});
    assert_eq!(decisions(&store.ok("SimulatePrincipalPolicy", more)), ["allowed"]);
    let wrong = json!({"PolicySourceArn": "arn:aws:iam::111122223333:root", "ActionNames": ["iam:GetUser"]});
    assert_eq!(store.refused("SimulatePrincipalPolicy", wrong).0, "InvalidInput");
    let missing =
        json!({"PolicySourceArn": "arn:aws:iam::111122223333:role/R", "ActionNames": ["iam:GetUser"]});
    assert_eq!(store.refused("SimulatePrincipalPolicy", missing).0, "NoSuchEntity");
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

#[test]
fn each_action_is_asked_for_each_resource_in_pages() {
    let mut store = with_user();
    let resources = ["arn:aws:account::111122223333:account", "arn:aws:account::444455556666:account"];
    let actions = ["account:GetAlternateContact", "account:PutAlternateContact"];
    let mut asked =
        json!({"PolicySourceArn": ANN, "ActionNames": actions, "ResourceArns": resources, "MaxItems": 3});
    let first = store.ok("SimulatePrincipalPolicy", asked.clone());
    assert_eq!(decisions(&first), ["allowed", "allowed", "explicitDeny"]);
    let names = texts(&first["EvaluationResults"], "EvalResourceName");
    assert_eq!(names, [resources[0], resources[1], resources[0]]);
    asked["Marker"] = first["Marker"].clone();
    let second = store.ok("SimulatePrincipalPolicy", asked);
    assert_eq!(texts(&second["EvaluationResults"], "EvalResourceName"), [resources[1]]);
    assert_eq!(second["IsTruncated"], false);
}
