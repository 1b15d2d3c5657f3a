//! Questions to a world in memory.

use std::collections::BTreeMap;

use aws::policy::Policy;
use serde_json::Value;
use services::explain::{Answer, Explained, NotExplained, Question, Situation, answer};
use services::model::organizations::PolicyType;
use services::state::identity::{Group, ManagedPolicy, Role, User};
use services::state::organization::{
    OrganizationEntity, OrganizationPolicy, OrganizationalUnit, PolicyDocument,
};
use testing::builders::{self, ORGANIZATION, ROOT};
use testing::world::World;

/// Asks, and gives whatever comes.
pub fn ask(world: &mut World, question: &Value) -> Result<Answer, NotExplained> {
    let question: Question = serde_json::from_value(question.clone()).unwrap();
    let context = world.context();
    let situation = Situation { context: &context, secure_transport: true };
    let before = world.documents.texts().len();
    let answered = answer(&question, &situation, &world.documents).unwrap();
    assert_eq!(world.documents.texts().len(), before, "asking changes nothing");
    answered
}

/// Asks about a call, which must have an answer.
#[track_caller]
pub fn explained(world: &mut World, question: &Value) -> Explained {
    match ask(world, question) {
        Ok(Answer::Call(explained)) => *explained,
        other => panic!("{question}: {other:?}"),
    }
}

/// The text of a question that has no answer.
#[track_caller]
pub fn not_explained(world: &mut World, question: &Value) -> String {
    ask(world, question).expect_err("there is no answer").message().to_owned()
}

/// A document as text, written over several lines, so that statements have lines of their own.
fn lines(statements: &[&str]) -> Policy {
    let text = format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n{}\n  ]\n}}",
        statements.join(",\n")
    );
    Policy::parse(&text).unwrap()
}

/// A management account 111111111111 and a member 222222222222 in the unit Workloads, under a service control policy that
/// keeps Regions away. There the user ann is in the group developers, who may do everything, within a boundary: Account
/// Management from anywhere, the rest from the office. A role deploy trusts its account.
pub fn company() -> World {
    let mut world = World::at("2026-11-21T10:00:00Z");
    world.add_account("111111111111");
    world.add_account("222222222222");
    let (mut organization, mut root) = builders::organization("111111111111".parse().unwrap(), world.now);
    organization.enabled_policy_types.insert(PolicyType::ServiceControlPolicy);
    root.policies.attach("p-FullAWSAccess");
    let mut unit = OrganizationalUnit {
        id: "ou-ab12-workload".to_owned(),
        parent_id: Some(ROOT.to_owned()),
        name: "Workloads".to_owned(),
        ..root.clone()
    };
    unit.policies.attach("p-regions0");
    world.put(ORGANIZATION, &organization);
    world.put(ROOT, &root);
    world.put("ou-ab12-workload", &unit);
    for account in ["111111111111", "222222222222"] {
        let mut membership = builders::membership(world.now);
        membership.policies.attach("p-FullAWSAccess");
        if account != "111111111111" {
            membership.parent_id.clone_from(&unit.id);
        }
        world.put(account, &membership);
        world.put(&format!("{ORGANIZATION}/{account}"), &OrganizationEntity {});
    }
    world.put(&format!("{ORGANIZATION}/{ROOT}"), &OrganizationEntity {});
    let scp = lines(&[
        r#"    {"Effect": "Allow", "Action": "account:*", "Resource": "*"}"#,
        r#"    {
      "Sid": "NoNewRegions", "Effect": "Deny", "Action": "account:EnableRegion", "Resource": "*",
      "Condition": {"StringNotEquals": {"account:TargetRegion": ["eu-south-1", "eu-south-2"]}}

    }"#,
    ]);
    let policy = OrganizationPolicy {
        id: "p-regions0".to_owned(),
        organization_id: ORGANIZATION.to_owned(),
        kind: PolicyType::ServiceControlPolicy,
        name: "NoNewRegions".to_owned(),
        description: String::new(),
        document: PolicyDocument::Authorization(scp),
        tags: BTreeMap::new(),
        updated_at: None,
    };
    world.put("p-regions0", &policy);
    put_identities(&mut world);
    world
}

fn put_identities(world: &mut World) {
    let account = "222222222222".parse().unwrap();
    let now = world.now;
    let mut user = User::new(account, "ann".to_owned(), "AIDAEXAMPLEANN000000".to_owned(), now);
    let own = Policy::parse(&builders::policy("Allow", "iam:GetUser")).unwrap();
    user.inline_policies.insert("own".to_owned(), own);
    user.groups.insert("developers".to_owned());
    let edge = "arn:aws:iam::222222222222:policy/team/edge";
    user.permissions_boundary = Some(edge.to_owned());
    world.put("222222222222/ann", &user);
    let group = serde_json::json!({
        "account": "222222222222", "name": "developers", "id": "AGPAEXAMPLE0000000000", "path": "/",
        "created_at": now, "attached_policies": ["arn:aws:iam::aws:policy/AdministratorAccess"], "members": 1
    });
    let group: Group = serde_json::from_value(group).unwrap();
    world.put("222222222222/developers", &group);
    let document = lines(&[
        r#"    {"Effect": "Allow", "Action": "account:*", "Resource": "*"}"#,
        r#"    {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
      "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}}"#,
    ]);
    let id = "ANPAEXAMPLE0000000000".to_owned();
    let mut boundary = ManagedPolicy::new(account, "edge".to_owned(), id, now, document);
    boundary.path = "/team/".to_owned();
    world.put("222222222222/edge", &boundary);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"sts:AssumeRole"}]}"#;
    let role = Role::new(
        account,
        "deploy".to_owned(),
        "AROAEXAMPLE0000000000".to_owned(),
        now,
        Policy::parse(trust).unwrap(),
    );
    world.put("222222222222/deploy", &role);
}
