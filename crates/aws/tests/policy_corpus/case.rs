//! One case of the corpus: read, completed, and put to the evaluator.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use aws::arn::AccountId;
use aws::authorization::{
    AttachedPolicy, Decision, Explanation, Outcome as Part, PolicySets, Request, RequestContext,
    RequestFacts, ResourcePolicy, ResourcePolicyKind, Says, Value as ContextValue, evaluate, explain,
};
use aws::policy::{Effect, Policy};
use aws::principal::{Caller, Principal};
use aws::session::{Session, SessionTerms};

/// The account of all callers.
pub const ACCOUNT: &str = "111122223333";
/// The time of all requests.
pub const NOW: &str = "2026-11-21T12:00:00Z";
/// When all sessions were opened.
pub const ISSUED_AT: &str = "2026-11-21T11:00:00Z";
/// Where all requests come from.
pub const SOURCE_IP: &str = "198.51.100.7";

/// A case with all its members filled in.
pub struct Case {
    /// `user`, `role`, `federated` or `root`.
    pub caller: String,
    /// The IAM action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Context keys beside the global ones: a scalar is a single value, a list several.
    pub context: Map<String, Value>,
    /// `identity`, `permissions_boundary`, `session`, `service_control`, `resource_control`, `resource`.
    /// A policy is a document, or `{"arn": …, "policy": document}`.
    pub policies: Value,
}

/// What the evaluator answered.
pub struct Outcome {
    /// `allow`, or `deny`, how and by which type.
    pub short: String,
    /// The same with ARN and statement id.
    pub full: String,
    /// The message of a denial.
    pub message: Option<String>,
    /// What each type of policies says by itself, as an explanation tells it.
    pub layers: Vec<Option<&'static str>>,
}

impl Case {
    /// Completes `raw`.
    pub fn new(raw: &Value) -> Self {
        let text = |name: &str, default: &str| raw[name].as_str().unwrap_or(default).to_owned();
        let policies = if raw["policies"].is_object() {
            raw["policies"].clone()
        } else {
            json!({ "identity": [single_statement(raw)] })
        };
        Self {
            caller: text("caller", "user"),
            action: text("action", "account:GetAlternateContact"),
            resource: text("resource", "arn:aws:account::111122223333:account"),
            context: raw["context"].as_object().cloned().unwrap_or_default(),
            policies,
        }
    }

    /// Asks the evaluator, in both of its ways.
    pub fn evaluate(&self) -> Outcome {
        let caller = caller(&self.caller);
        let mut context = RequestContext::for_caller(&caller, []);
        context.add_request(&RequestFacts {
            now: NOW.parse().expect("a time"),
            requested_region: "us-east-1",
            source_ip: Some(SOURCE_IP.parse().expect("an address")),
            user_agent: None,
            secure_transport: true,
            caller_organization: None,
            resource_account: None,
            resource_organization: None,
        });
        for (key, value) in &self.context {
            match value {
                Value::Array(values) => context.insert_all(key.as_str(), values.iter().map(context_value)),
                one => context.insert(key.as_str(), context_value(one)),
            }
        }
        let request = Request {
            caller: &caller,
            action: &self.action,
            resource: &self.resource,
            target_account: account(),
            context: &context,
        };
        self.with_sets(|sets| {
            let outcome = describe(&evaluate(&request, sets));
            let explanation = explain(&request, sets);
            assert_eq!(describe(&explanation.decision).full, outcome.full, "explaining changes nothing");
            assert_told(&explanation);
            let said = explanation.layers.iter().map(|layer| match layer.says? {
                Says::Allow => Some("allow"),
                Says::Deny => Some("deny"),
                Says::Nothing => Some("nothing"),
            });
            Outcome { layers: said.collect(), ..outcome }
        })
    }

    /// Reads the policies and calls `ask` with them.
    fn with_sets<T>(&self, ask: impl FnOnce(&PolicySets<'_>) -> T) -> T {
        let sets = &self.policies;
        let list = |value: &Value| -> Vec<AttachedPolicy> {
            value.as_array().into_iter().flatten().map(attached).collect()
        };
        let levels = |name: &str| -> Vec<Vec<AttachedPolicy>> {
            sets[name].as_array().into_iter().flatten().map(list).collect()
        };
        let identity = list(&sets["identity"]);
        let boundary = sets.get("permissions_boundary").map(attached);
        let session = sets.get("session").map(list);
        let (service, resource) = (levels("service_control"), levels("resource_control"));
        let service: Vec<&[AttachedPolicy]> = service.iter().map(Vec::as_slice).collect();
        let resource: Vec<&[AttachedPolicy]> = resource.iter().map(Vec::as_slice).collect();
        let attached_to_resource = sets.get("resource").map(|resource| (attached(resource), resource));
        let resource_policy = attached_to_resource.as_ref().map(|(policy, raw)| ResourcePolicy {
            policy,
            owner: raw["owner"].as_str().and_then(|owner| owner.parse().ok()).expect("an owner"),
            kind: match raw["kind"].as_str() {
                Some("trust") => ResourcePolicyKind::RoleTrust,
                Some("required") => ResourcePolicyKind::Required,
                _ => ResourcePolicyKind::Optional,
            },
        });
        ask(&PolicySets {
            identity: &identity,
            permissions_boundary: boundary.as_ref(),
            session: session.as_deref(),
            service_control: &service,
            resource_control: &resource,
            resource: resource_policy,
        })
    }
}

/// F-WHY-1: the decision can be read off the layers and their statements alone.
fn assert_told(explanation: &Explanation<'_>) {
    let Explanation { decision, layers, statements } = explanation;
    let deciding: Vec<_> = layers.iter().filter(|layer| layer.decides).collect();
    let place = |wanted: &aws::authorization::Layer| layers.iter().position(|layer| layer == wanted);
    match decision {
        Decision::Allowed(_) => {
            assert!(layers.iter().all(|layer| layer.outcome != Part::Denies));
            assert!(deciding.iter().all(|layer| layer.outcome == Part::Allows));
        }
        Decision::Denied(denial) => {
            let [layer] = deciding[..] else { panic!("one layer decides: {layers:?}") };
            let part = if denial.is_explicit() { Part::Denies } else { Part::Nothing };
            assert_eq!((layer.outcome, layer.policy_type.name()), (part, named(denial.policy_type)));
            for (at, other) in layers.iter().enumerate() {
                if Some(at) > place(layer) {
                    assert!(matches!(other.outcome, Part::NotReached | Part::DoesNotApply), "{other:?}");
                } else {
                    assert_ne!(other.outcome, Part::NotReached, "{other:?}");
                }
            }
        }
    }
    for layer in layers {
        let of_layer = || statements.iter().filter(|it| it.policy_type == layer.policy_type);
        let denies = of_layer().any(|it| it.speaks(Effect::Deny));
        assert_eq!(denies, layer.says == Some(Says::Deny), "a Deny is told exactly where one speaks");
        for (at, said) in layer.levels.iter().enumerate() {
            let denies = of_layer().any(|it| it.level == at && it.speaks(Effect::Deny));
            let allows = of_layer().any(|it| it.level == at && it.speaks(Effect::Allow));
            assert_eq!(
                (denies, !denies && allows),
                (*said == Says::Deny, *said == Says::Allow),
                "level {at}"
            );
        }
    }
}

/// A trust policy is a layer of resource-based policies.
fn named(policy_type: aws::authorization::PolicyType) -> &'static str {
    match policy_type {
        aws::authorization::PolicyType::RoleTrust => aws::authorization::PolicyType::Resource.name(),
        other => other.name(),
    }
}

/// The policy that `condition` or `statement` stands for.
fn single_statement(raw: &Value) -> Value {
    let mut statement = raw["statement"].as_object().cloned().unwrap_or_default();
    statement.entry("Effect").or_insert(json!("Allow"));
    for (element, opposite) in [("Action", "NotAction"), ("Resource", "NotResource")] {
        if !statement.contains_key(opposite) {
            statement.entry(element).or_insert(json!("*"));
        }
    }
    if raw["condition"].is_object() {
        statement.insert("Condition".to_owned(), raw["condition"].clone());
    }
    match raw.get("version") {
        Some(Value::Null) => json!({ "Statement": statement }),
        Some(version) => json!({ "Version": version, "Statement": [statement] }),
        None => json!({ "Version": "2012-10-17", "Statement": [statement] }),
    }
}

/// Reads a policy with or without an ARN.
fn attached(raw: &Value) -> AttachedPolicy {
    let (arn, document) = match raw.get("policy") {
        Some(document) => (raw["arn"].as_str(), document),
        None => (None, raw),
    };
    let policy = Policy::parse(&document.to_string()).expect("the corpus holds policies that can be read");
    AttachedPolicy { arn: arn.map(Arc::from), policy }
}

/// A value of the context.
fn context_value(raw: &Value) -> ContextValue<'_> {
    match raw {
        Value::String(text) => text.as_str().into(),
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| number.to_string().into(), ContextValue::Number)
        }
        other => panic!("no context value: {other}"),
    }
}

/// Words for a decision.
fn describe(decision: &Decision) -> Outcome {
    let denial = match decision {
        Decision::Allowed(permit) => {
            assert_eq!(permit.target_account(), account());
            let allow = || "allow".to_owned();
            return Outcome { short: allow(), full: allow(), message: None, layers: Vec::new() };
        }
        Decision::Denied(denial) => denial,
    };
    let how = if denial.is_explicit() { "explicit" } else { "implicit" };
    let short = format!("deny {how} {}", denial.policy_type.name());
    let mut full = short.clone();
    if let aws::authorization::Reason::ExplicitDeny { policy_arn, statement_id } = &denial.reason {
        full += &policy_arn.as_deref().map(|arn| format!(" {arn}")).unwrap_or_default();
        full += &statement_id.as_deref().map(|id| format!(" #{id}")).unwrap_or_default();
    }
    Outcome { short, full, message: Some(denial.message()), layers: Vec::new() }
}

fn account() -> AccountId {
    ACCOUNT.parse().expect("an account id")
}

/// The caller of that kind.
fn caller(kind: &str) -> Caller {
    let account = account();
    let principal = match kind {
        "root" => Principal::Root { account },
        "user" => Principal::User {
            account,
            path: "/team/".to_owned(),
            name: "ann".to_owned(),
            id: "AIDAEXAMPLEANN".to_owned(),
        },
        "role" => Principal::AssumedRole {
            account,
            role_path: "/team/".to_owned(),
            role_name: "reader".to_owned(),
            role_id: "AROAEXAMPLEREADER".to_owned(),
            session_name: "monday".to_owned(),
        },
        "federated" => Principal::FederatedUser { account, name: "guest".to_owned() },
        other => panic!("no caller {other}"),
    };
    let issued_at = ISSUED_AT.parse().expect("a time");
    let session = matches!(kind, "role" | "federated").then(|| Session {
        issued_at,
        expires_at: issued_at,
        mfa_authenticated_at: None,
        federated_provider: None,
        source_identity: None,
        tags: Vec::new(),
        terms: SessionTerms::default(),
    });
    Caller { principal, access_key_id: "ASIAEXAMPLE".to_owned(), session }
}
