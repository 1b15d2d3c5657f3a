//! What an explanation tells: each layer, its levels and policies by name, the statements with their lines, and what their
//! conditions saw.

use serde_json::json;
use services::authority::explained::{ConditionSaid, LayerName, Part};
use services::explain::answer::{DecidedBy, Decision};
use services::explain::{Question, Situation};
use services::service::{Operation, Service};
use services::world::{Decode, EventQuery, Fault, Found, LoggedEvent, Snapshot, Wanted};
use testing::documents::Documents;
use testing::world::{World, root};

use crate::support::{company, explained, not_explained};

const ANN: &str = "arn:aws:iam::222222222222:user/ann";

/// F-WHY-2, F-WHY-3
#[test]
fn a_refusal_is_told_down_to_the_line_and_what_the_condition_saw() {
    let mut world = company();
    let question = json!({ "principal": ANN, "action": "account:enableregion", "members": { "RegionName": "af-south-1" } });
    let explained = explained(&mut world, &question);
    assert_eq!(explained.action, "account:EnableRegion");
    assert_eq!(explained.decision, Decision::Denied);
    let refusal = explained.refusal.unwrap();
    assert_eq!((refusal.code.as_str(), refusal.status), ("AccessDeniedException", 403));
    assert_eq!(
        refusal.message,
        "User: arn:aws:iam::222222222222:user/ann is not authorized to perform: account:EnableRegion on resource: \
         arn:aws:account::222222222222:account with an explicit deny in a service control policy: \
         arn:aws:organizations::111111111111:policy/o-exampleorg/service_control_policy/p-regions0"
    );
    let by = DecidedBy {
        asked: 0,
        layer: LayerName::ServiceControlPolicies,
        level: Some("ou-ab12-workload".to_owned()),
        policy: Some("p-regions0".to_owned()),
        statement: Some(2),
    };
    assert_eq!(explained.decided_by, Some(by));
    let [one] = &explained.asked[..] else { panic!("one is asked") };
    let told: Vec<_> = one.layers.iter().map(|layer| (layer.layer, layer.outcome, layer.decides)).collect();
    assert_eq!(
        told,
        [
            (LayerName::ResourceControlPolicies, Part::DoesNotApply, false),
            (LayerName::ServiceControlPolicies, Part::Deny, true),
            (LayerName::ResourcePolicy, Part::DoesNotApply, false),
            (LayerName::IdentityPolicies, Part::NotReached, false),
            (LayerName::PermissionsBoundary, Part::NotReached, false),
            (LayerName::SessionPolicies, Part::DoesNotApply, false),
        ]
    );
    let levels = &one.layers[1].levels;
    let told: Vec<_> = levels
        .iter()
        .map(|level| (level.kind.as_str(), level.id.as_str(), level.name.as_str(), level.says))
        .collect();
    assert_eq!(
        told,
        [
            ("root", "r-ab12", "Root", Part::Allow),
            ("organizational_unit", "ou-ab12-workload", "Workloads", Part::Deny),
            ("account", "222222222222", "222222222222", Part::Allow),
        ]
    );
    let policy = levels[1].policies.iter().find(|policy| policy.id == "p-regions0").unwrap();
    assert_eq!(policy.name, "NoNewRegions");
    let [allows, statement] = &policy.statements[..] else { panic!("{policy:?}") };
    assert_eq!((allows.number, allows.effect.as_str(), allows.lines), (1, "Allow", Some((4, 4))));
    assert_eq!((statement.number, statement.sid.as_deref()), (2, Some("NoNewRegions")));
    assert_eq!((statement.effect.as_str(), statement.applies, statement.lines), ("Deny", true, Some((5, 9))));
    let text = |text: &str| text.to_owned();
    let condition = ConditionSaid {
        operator: text("StringNotEquals"),
        key: text("account:TargetRegion"),
        wanted: vec![text("eu-south-1"), text("eu-south-2")],
        seen: Some(vec![text("af-south-1")]),
        holds: Some(true),
    };
    assert_eq!(statement.conditions, [condition]);
    // What was not reached is told too: where each policy comes from, and what it would say.
    let identity = &one.layers[3];
    assert_eq!(identity.says, Some(Part::Allow));
    let told: Vec<_> = identity
        .policies
        .iter()
        .map(|policy| (policy.id.as_str(), policy.held_by.as_deref(), policy.statements.len()))
        .collect();
    assert_eq!(
        told,
        [
            ("inline:user/ann/own", Some("user/ann"), 0),
            ("arn:aws:iam::aws:policy/AdministratorAccess", Some("group/developers"), 1),
        ]
    );
    assert_eq!(one.layers[4].policies[0].id, "arn:aws:iam::222222222222:policy/team/edge");
}

/// F-IAMAPI-PWD-5: what an account gives its users is told as a policy that the account holds.
#[test]
fn what_an_account_gives_its_users_is_told_f_iamapi_pwd_5() {
    let mut world = company();
    let given = |world: &mut World| -> Vec<Option<String>> {
        let members = json!({ "OldPassword": "Old-one-1", "NewPassword": "New-one-2" });
        let question = json!({ "principal": ANN, "action": "iam:ChangePassword", "members": members });
        let one = explained(world, &question);
        let policies = one.asked[0].layers.iter().flat_map(|layer| &layer.policies);
        let given = policies.filter(|policy| policy.id.ends_with(":policy/IAMUserChangePassword"));
        given.map(|policy| policy.held_by.clone()).collect()
    };
    assert_eq!(given(&mut world), []);
    let update = Operation::from_name(Service::Iam, "UpdateAccountPasswordPolicy").unwrap();
    let _ = world.ok(&root("222222222222"), update, json!({ "AllowUsersToChangePassword": true }));
    assert_eq!(given(&mut world), [Some("account/password policy".to_owned())]);
}

/// F-WHY-3: a statement that only a condition keeps from speaking is told with what it missed.
#[test]
fn what_a_condition_kept_silent_is_told() {
    let mut world = company();
    let question = json!({ "principal": ANN, "action": "account:EnableRegion", "members": { "RegionName": "eu-south-1" } });
    let allowed = explained(&mut world, &question);
    assert_eq!((allowed.decision, &allowed.decided_by, &allowed.refusal), (Decision::Allowed, &None, &None));
    let level = &allowed.asked[0].layers[1].levels[1];
    let silent: Vec<_> =
        level.policies.iter().flat_map(|policy| &policy.statements).filter(|it| !it.applies).collect();
    let [statement] = silent[..] else { panic!("{level:?}") };
    assert_eq!(statement.conditions[0].seen, Some(vec!["eu-south-1".to_owned()]));
    assert_eq!(statement.conditions[0].holds, Some(false));
}

/// F-WHY-4: an imagined call has a context of its own, and keys that are given win.
#[test]
fn what_is_given_in_the_context_wins() {
    let mut world = company();
    let mut decided = |context: serde_json::Value| {
        let question = json!({ "principal": ANN, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "context": context });
        explained(&mut world, &question)
    };
    let bounded = decided(json!({}));
    assert_eq!(bounded.decided_by.unwrap().layer, LayerName::PermissionsBoundary);
    let from_office = decided(json!({ "aws:SourceIp": "198.51.100.7" }));
    assert_eq!(from_office.decision, Decision::Allowed);
    let tagged = decided(json!({ "aws:TagKeys": ["a", "b"], "aws:MultiFactorAuthPresent": true }));
    let context = &tagged.asked[0].context;
    assert_eq!(serde_json::to_value(&context["aws:TagKeys"]).unwrap(), json!(["a", "b"]));
    assert_eq!(serde_json::to_value(&context["aws:MultiFactorAuthPresent"]).unwrap(), json!("true"));
}

/// F-WHY-4: what the operation asks for by itself, and what its input adds.
#[test]
fn the_resources_are_those_of_the_operation() {
    let mut world = company();
    let asked = |explained: services::explain::Explained| -> Vec<_> {
        explained.asked.into_iter().map(|one| (one.action, one.resource)).collect()
    };
    let root = "111111111111";
    let with_tags = json!({ "principal": root, "action": "iam:CreateUser",
        "members": { "UserName": "eve", "Tags": [{ "Key": "a", "Value": "b" }] } });
    let eve = "arn:aws:iam::111111111111:user/eve";
    let pair = |action: &str, resource: &str| (action.to_owned(), resource.to_owned());
    assert_eq!(
        asked(explained(&mut world, &with_tags)),
        [pair("iam:CreateUser", eve), pair("iam:TagUser", eve)]
    );
    let own = json!({ "principal": root, "action": "account:ListRegions" });
    let account = "arn:aws:account::111111111111:account";
    assert_eq!(asked(explained(&mut world, &own)), [pair("account:ListRegions", account)]);
    let needs_none = explained(&mut world, &json!({ "principal": ANN, "action": "sts:GetCallerIdentity" }));
    assert_eq!((needs_none.decision, needs_none.asked.len()), (Decision::Allowed, 0));
    let earlier = json!({ "principal": ANN, "action": "account:GetContactInformation",
        "members": { "AccountId": "111111111111" } });
    let earlier = explained(&mut world, &earlier);
    assert_eq!((earlier.decision, earlier.asked.len()), (Decision::RefusedEarlier, 0));
    assert_eq!(earlier.refusal.unwrap().code, "AccessDeniedException");
}

/// F-WHY-5: trust policies and resource control policies are layers of a call on a role.
#[test]
fn a_role_has_a_side_of_its_own() {
    let mut world = company();
    let question = |role: &str| json!({ "principal": ANN, "action": "sts:AssumeRole", "resource": role });
    let trusted = explained(&mut world, &question("arn:aws:iam::222222222222:role/deploy"));
    assert_eq!(trusted.decision, Decision::Denied, "the boundary of ann");
    let trust = &trusted.asked[0].layers[2];
    assert_eq!((trust.layer, trust.outcome), (LayerName::TrustPolicy, Part::Allow));
    assert_eq!(trust.policies[0].id, "trust:arn:aws:iam::222222222222:role/deploy");
    let absent = explained(&mut world, &question("arn:aws:iam::222222222222:role/none"));
    assert_eq!(absent.decided_by.unwrap().layer, LayerName::TrustPolicy);
}

/// A snapshot on a thread that answers everybody.
struct Hurried(Documents);

impl Snapshot for Hurried {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        self.0.read(key, decode)
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        self.0.keys(prefix, after, limit)
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        self.0.events(query)
    }

    fn may_take_long(&self) -> bool {
        false
    }
}

/// F-WHY-13
#[test]
fn a_question_is_answered_where_nobody_else_waits() {
    let mut world = company();
    let context = world.context();
    let situation = Situation { context: &context, secure_transport: true };
    let question: Question = serde_json::from_value(json!({ "principal": ANN, "action": "a:B" })).unwrap();
    let asked = services::explain::answer(&question, &situation, &Hurried(world.documents.clone()));
    assert_eq!(asked.err(), Some(Fault::from(Wanted::Time)));
}

/// F-WHY-13: policies that are made to be slow have an end here, too.
#[test]
fn policies_that_take_too_long_are_not_told() {
    let mut world = company();
    let slow = format!("arn:aws:s3:::*{}b", "?".repeat(1_000));
    let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"{slow}"}}"#);
    let statements = vec![statement; 20].join(",");
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let resource = format!("arn:aws:s3:::{}", "a".repeat(20_000));
    let question = json!({ "principal": ANN, "action": "s3:GetObject", "resource": resource,
        "drafts": [{ "policy": "inline:user/ann/own", "document": document }] });
    let question: Question = serde_json::from_value(question).unwrap();
    let context = world.context();
    let situation = Situation { context: &context, secure_transport: true };
    let asked = services::explain::answer(&question, &situation, &world.documents);
    assert!(matches!(asked, Err(Fault::Broken(reason)) if reason.contains("too long")));
}

#[test]
fn a_question_that_cannot_be_answered_says_why() {
    let mut world = company();
    for (question, part) in [
        (json!({}), "`principal` and `action`"),
        (json!({ "principal": ANN }), "Give `action`"),
        (json!({ "principal": "ann", "action": "a:B" }), "not \"ann\""),
        (json!({ "principal": "arn:aws:iam::222222222222:user/eve", "action": "a:B" }), "no user"),
        (json!({ "principal": "arn:aws:iam::222222222222:role/eve", "action": "a:B" }), "no role"),
        (json!({ "principal": "123456789012", "action": "a:B" }), "no account 123456789012"),
        (json!({ "principal": "arn:aws:sts::222222222222:federated-user/a", "action": "a:B" }), "by `event`"),
        (json!({ "principal": ANN, "action": "account:*" }), "without wildcards"),
        (json!({ "principal": ANN, "action": "EnableRegion" }), "prefix and a name"),
        (json!({ "principal": ANN, "action": "a:B", "context": { "k": { "a": 1 } } }), "a list"),
        (json!({ "event": "none", "principal": ANN }), "leave out principal"),
        (json!({ "event": "none" }), "no event none"),
        (json!({ "event": "" }), "no event of that id"),
        (json!({ "event": "e".repeat(101) }), "no event of that id"),
    ] {
        let message = not_explained(&mut world, &question);
        assert!(message.contains(part), "{question}: {message}");
    }
}
