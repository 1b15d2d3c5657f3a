//! F-WHY-1: the whole policy corpus, and random cases after it: an explanation's verdict is the one of the evaluator, and
//! the simulator's given the same condition keys.

use std::collections::BTreeMap;

use aws::policy::Policy;
use serde_json::{Map, Value, json};
use services::authority::explained::{KeyValue, LayerName, Part};
use services::explain::Explained;
use services::explain::answer::Decision;
use services::model::organizations::PolicyType;
use services::service::Service;
use services::state::identity::{ManagedPolicy, Role, User};
use services::state::organization::{
    AttachedPolicies, OrganizationPolicy, OrganizationalUnit, PolicyDocument,
};
use testing::builders::{self, ORGANIZATION, ROOT};
use testing::world::{World, operation, root};

use crate::case::{ACCOUNT, Case, ISSUED_AT, NOW, SOURCE_IP};
use crate::random;
use crate::support::explained;

const MANAGEMENT: &str = "999999999999";
const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/boundary";

/// The world of a case; `None` where it holds what nobody can be asked for: policies of a resource, and those of a session.
fn world_of(case: &Case) -> Option<(World, &'static str)> {
    let sets = &case.policies;
    if ["resource", "resource_control", "session"].iter().any(|name| sets.get(name).is_some()) {
        return None;
    }
    let mut world = World::at(NOW);
    world.real_now = Some(ISSUED_AT.parse().unwrap());
    world.add_account(ACCOUNT);
    if let Some(levels) = sets["service_control"].as_array().filter(|levels| !levels.is_empty()) {
        put_levels(levels, &mut world);
    }
    let account = ACCOUNT.parse().unwrap();
    let boundary = sets.get("permissions_boundary").map(|policy| {
        let id = "ANPAEXAMPLEBOUNDARY00".to_owned();
        let policy = ManagedPolicy::new(account, "boundary".to_owned(), id, world.now, read(policy));
        world.put("111122223333/boundary", &policy);
        BOUNDARY.to_owned()
    });
    let identity = sets["identity"].as_array().into_iter().flatten().enumerate();
    let inline: BTreeMap<_, _> = identity.map(|(at, policy)| (format!("p{at:02}"), read(policy))).collect();
    let principal = match case.caller.as_str() {
        "user" => {
            let mut user = User::new(account, "ann".to_owned(), "AIDAEXAMPLEANN".to_owned(), world.now);
            (user.path, user.inline_policies, user.permissions_boundary) =
                ("/team/".to_owned(), inline, boundary);
            world.put("111122223333/ann", &user);
            "arn:aws:iam::111122223333:user/team/ann"
        }
        "role" => {
            let trust = Policy::parse(&builders::policy("Allow", "sts:AssumeRole")).unwrap();
            let (name, id) = ("reader".to_owned(), "AROAEXAMPLEREADER".to_owned());
            let mut role = Role::new(account, name, id, world.now, trust);
            (role.path, role.inline_policies, role.permissions_boundary) =
                ("/team/".to_owned(), inline, boundary);
            world.put("111122223333/reader", &role);
            "arn:aws:sts::111122223333:assumed-role/reader/monday"
        }
        // The root user has neither.
        "root" if inline.is_empty() && boundary.is_none() => ACCOUNT,
        _ => return None,
    };
    Some((world, principal))
}

fn read(raw: &Value) -> Policy {
    Policy::parse(&raw.get("policy").unwrap_or(raw).to_string()).unwrap()
}

/// An organization with these levels of service control policies. Of a single one the account's own level allows all.
fn put_levels(levels: &[Value], world: &mut World) {
    let (mut organization, mut unit) = builders::organization(MANAGEMENT.parse().unwrap(), world.now);
    organization.enabled_policy_types.insert(PolicyType::ServiceControlPolicy);
    world.put(ORGANIZATION, &organization);
    let mut membership = builders::membership(world.now);
    let (of_units, of_account) = match levels {
        [only] => (std::slice::from_ref(only), None),
        [units @ .., account] => (units, Some(account)),
        [] => (levels, None),
    };
    for (at, level) in of_units.iter().enumerate() {
        if at > 0 {
            let parent_id = Some(std::mem::replace(&mut unit.id, format!("ou-ab12-{at:08}")));
            unit = OrganizationalUnit { parent_id, ..unit };
        }
        unit.policies = put_level(at, level, world);
        world.put(&unit.id.clone(), &unit);
    }
    assert!(unit.id == ROOT || unit.parent_id.is_some());
    membership.parent_id.clone_from(&unit.id);
    match of_account {
        Some(level) => membership.policies = put_level(levels.len(), level, world),
        None => membership.policies.attach("p-FullAWSAccess"),
    }
    world.put(ACCOUNT, &membership);
}

fn put_level(at: usize, level: &Value, world: &mut World) -> AttachedPolicies {
    let mut attached = AttachedPolicies::default();
    for (place, raw) in level.as_array().into_iter().flatten().enumerate() {
        let policy = OrganizationPolicy {
            id: format!("p-{at:04}{place:04}"),
            organization_id: ORGANIZATION.to_owned(),
            kind: PolicyType::ServiceControlPolicy,
            name: format!("policy {place} of level {at}"),
            description: String::new(),
            document: PolicyDocument::Authorization(read(raw)),
            tags: BTreeMap::new(),
            updated_at: None,
        };
        world.put(&policy.id, &policy);
        attached.attach(&policy.id);
    }
    attached
}

/// The verdict in the words of the corpus: `allow`, or `deny`, how and by which type.
fn short(explained: &Explained) -> String {
    let [one] = &explained.asked[..] else { panic!("one action on one resource: {explained:?}") };
    assert_eq!(one.allowed, explained.decision == Decision::Allowed);
    let Some(layer) = one.layers.iter().find(|layer| layer.decides) else { return "allow".to_owned() };
    let how = match layer.outcome {
        Part::Deny => "explicit",
        Part::Nothing => "implicit",
        other => panic!("{other:?} decides nothing"),
    };
    let name = match layer.layer {
        LayerName::ServiceControlPolicies => "service control policy",
        LayerName::IdentityPolicies => "identity-based policy",
        LayerName::PermissionsBoundary => "permissions boundary",
        LayerName::SessionPolicies => "session policy",
        other => panic!("no policies of {other:?} are in these cases"),
    };
    format!("deny {how} {name}")
}

fn question(case: &Case, principal: &str) -> Value {
    let mut context = case.context.clone();
    context.insert("aws:SourceIp".to_owned(), json!(SOURCE_IP));
    json!({ "principal": principal, "action": case.action, "resource": case.resource, "context": context })
}

/// What the simulator decides of the same, with everything that the request said about itself; `None` where it takes no such
/// question.
fn simulated(world: &mut World, case: &Case, explained: &Explained) -> Option<String> {
    let source = match case.caller.as_str() {
        "user" => "arn:aws:iam::111122223333:user/team/ann",
        "role" => "arn:aws:iam::111122223333:role/team/reader",
        _ => return None,
    };
    let entries: Vec<Value> = explained.asked[0]
        .context
        .iter()
        .map(|(key, value)| {
            let (values, kind) = match value {
                KeyValue::One(value) => (vec![value.clone()], "string"),
                KeyValue::Several(values) => (values.clone(), "stringList"),
            };
            json!({ "ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": kind })
        })
        .collect();
    let members = json!({
        "PolicySourceArn": source, "ActionNames": [case.action], "ResourceArns": [case.resource],
        "ContextEntries": entries,
    });
    let simulate = operation(Service::Iam, "SimulatePrincipalPolicy");
    let answer = world.call(&root(ACCOUNT), simulate, members).ok()?;
    Some(answer["EvaluationResults"][0]["EvalDecision"].as_str().unwrap().to_owned())
}

/// Whether AWS's simulator was seen to compare otherwise than its services do (F-IAMAPI-SIM-7).
fn is_beyond_the_simulator(raw: &Value) -> bool {
    let text = raw.to_string();
    text.contains("NumericNotEquals") || (text.contains("IpAddress") && text.contains("::ffff:"))
}

/// A message without the ARN of the policy that denied, which stands at its end.
fn unnamed(message: &str) -> &str {
    ["policy: arn:", "boundary: arn:"].iter().find_map(|end| message.find(end)).map_or(message, |at| {
        let name = message[at..].find(':').unwrap_or_default();
        &message[..at + name]
    })
}

#[derive(Default)]
struct Counts {
    explained: u32,
    allowed: u32,
    simulated: u32,
}

impl Counts {
    fn compare(&mut self, title: &str, raw: &Value) {
        let case = Case::new(raw);
        let Some((mut world, principal)) = world_of(&case) else { return };
        let explained = explained(&mut world, &question(&case, principal));
        let expected = case.evaluate();
        assert_eq!(short(&explained), expected.short, "{title}: {raw:#}\n{explained:#?}");
        let [one] = &explained.asked[..] else { panic!("{title}: one is asked") };
        let said = one.layers.iter().map(|layer| match layer.says? {
            Part::Allow => Some("allow"),
            Part::Deny => Some("deny"),
            _ => Some("nothing"),
        });
        assert_eq!(said.collect::<Vec<_>>(), expected.layers, "{title}: {raw:#}");
        // Policies have other ARNs here than in the corpus.
        assert_eq!(one.message.as_deref().map(unnamed), expected.message.as_deref().map(unnamed), "{title}");
        self.explained += 1;
        self.allowed += u32::from(one.allowed);
        if !is_beyond_the_simulator(raw)
            && let Some(simulated) = simulated(&mut world, &case, &explained)
        {
            let expected = match expected.short.split(' ').take(2).collect::<Vec<_>>()[..] {
                ["deny", "explicit"] => "explicitDeny",
                ["deny", _] => "implicitDeny",
                _ => "allowed",
            };
            assert_eq!(simulated, expected, "{title}: {raw:#}");
            self.simulated += 1;
        }
    }
}

#[test]
fn explanations_and_simulations_agree_with_the_evaluator_on_the_corpus() {
    let mut counts = Counts::default();
    for name in ["conditions", "set_operators", "variables", "matching", "principals", "decision", "messages"]
    {
        let path = format!("{}/../aws/tests/policies/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let corpus: Value = serde_json::from_str(&read_file(&path)).unwrap();
        for raw in corpus["cases"].as_array().unwrap() {
            counts.compare(raw["name"].as_str().unwrap(), raw);
        }
    }
    let Counts { explained, allowed, simulated } = counts;
    assert!(explained > 400 && allowed > 150 && simulated > 350, "{explained} {allowed} {simulated}");
}

#[test]
fn explanations_and_simulations_agree_with_the_evaluator_on_random_cases() {
    let mut counts = Counts::default();
    for seed in 1..=1500 {
        let mut raw = random::case(seed);
        // What cannot be put into a world is left out, and the rest of the case is as good as any.
        let policies: Map<String, Value> = raw["policies"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| !["resource", "resource_control", "session"].contains(&name.as_str()))
            .map(|(name, policies)| (name.clone(), policies.clone()))
            .collect();
        raw["policies"] = policies.into();
        counts.compare(&format!("seed {seed}"), &raw);
        counts.compare(&format!("condition of seed {seed}"), &random::condition_case(seed));
    }
    let Counts { explained, allowed, simulated } = counts;
    assert!(explained > 2000 && allowed > 400 && simulated > 1500, "{explained} {allowed} {simulated}");
}

#[expect(clippy::disallowed_methods, reason = "the corpus is read by the test, not by the crate")]
fn read_file(path: &str) -> String {
    std::fs::read_to_string(path).unwrap()
}
