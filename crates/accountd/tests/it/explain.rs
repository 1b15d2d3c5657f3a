//! F-WHY-9: every recorded call is explained as it was answered: the same verdict, in the same words, and the layer is the
//! one that the message names.

use aws::protocol::Protocol;
use jiff::Timestamp;
use serde_json::{Value, json};
use services::authority::explained::LayerName;
use services::explain::answer::{Decision, Explained};
use services::explain::{Answer as Explanation, NotExplained};
use services::service::{Operation, Service};
use services::world::{EventQuery, ReadsAndWrites, Snapshot};

use crate::answer::{Answer, element};
use crate::authorization;
use crate::cast::*;
use crate::requests;
use crate::wire::{OTHERS, protocol};
use crate::world::{World, post, signed};
use accountd::store::Decided;
use testing::signer::{Key, escaped};

/// Callers whose every refusal is another one; those of the suspended account are nobody.
const CALLERS: [Caller; 8] = [
    MANAGEMENT_ROOT,
    DELEGATE_ADMIN,
    MEMBER_ADMIN,
    MEMBER_NOBODY,
    MEMBER_BOUNDED,
    MEMBER_REGION,
    LOCKED_ADMIN,
    SUSPENDED_ADMIN,
];

fn explain(world: &World, question: &Value) -> Result<Explained, NotExplained> {
    let question = serde_json::from_value(question.clone()).unwrap();
    match world.block_on(world.service.explain(question)).unwrap()? {
        Explanation::Call(explained) => Ok(*explained),
        Explanation::Principals(page) => panic!("{page:?}"),
    }
}

/// The newest record of this caller, or of nobody.
fn newest(world: &World, caller: &Caller) -> Value {
    world.block_on(world.store.flush()).unwrap();
    let look = |snapshot: &dyn Snapshot| {
        let (from, until) = (Timestamp::MIN, Timestamp::MAX);
        let query = EventQuery { account: None, from, until, before: None, limit: 10 };
        let value = services::world::World::new(snapshot).events(&query)?;
        Ok(Decided { value, changes: ReadsAndWrites::default(), events: Vec::new() })
    };
    let rows = world.block_on(world.store.transact(look)).unwrap();
    let mut records = rows.iter().map(|row| serde_json::from_str::<Value>(&row.record).unwrap());
    let is_own = |record: &Value| {
        let identity = &record["userIdentity"];
        identity["arn"] == caller.arn || identity["type"] == "Unknown"
    };
    records.find(is_own).expect("every call has a record")
}

/// EC2 puts what was sealed anew for each answer behind its text.
fn unsealed(message: &str) -> &str {
    message.split_once("Encoded authorization failure message").map_or(message, |(text, _)| text)
}

/// A layer as messages name it. STS does not name those of a role, and Organizations none (F-ORGS-AUTH-8).
fn is_named(layer: LayerName, message: &str) -> bool {
    let word = match layer {
        LayerName::ResourceControlPolicies => "resource control policy",
        LayerName::ServiceControlPolicies => "service control policy",
        LayerName::IdentityPolicies => "identity-based policy",
        LayerName::PermissionsBoundary => "permissions boundary",
        LayerName::SessionPolicies => "session policy",
        LayerName::TrustPolicy => "sts:AssumeRole on resource",
        other => panic!("{other:?} refuses none of these"),
    };
    let tells_none = message == "You don't have permissions to access this resource.";
    let of_sts = ["sts:AssumeRole on resource", "sts:AssumeRoot on resource"];
    tells_none || message.contains(word) || of_sts.iter().any(|text| message.contains(text))
}

/// How many calls were explained, by what came of them.
#[derive(Debug, Default)]
struct Counts {
    allowed: u32,
    denied: u32,
    refused_earlier: u32,
    of_nobody: u32,
}

impl Counts {
    fn check(
        &mut self,
        world: &World,
        caller: &Caller,
        operation: Operation,
        members: &Value,
        answer: &Answer,
    ) {
        let title = format!("{} by {}", operation.name(), caller.arn);
        let record = newest(world, caller);
        assert_eq!(record["eventName"], operation.name(), "{title}");
        let explained = explain(world, &json!({ "event": record["eventID"] }));
        let explained = match explained {
            Ok(explained) => explained,
            Err(why) => {
                assert_eq!(caller.account, SUSPENDED, "{title}: {why:?}");
                self.of_nobody += 1;
                return;
            }
        };
        self.agrees(&title, &explained, operation, answer);
        if matches!(caller.arn.split(':').nth(2), Some("iam")) {
            let action = &explained.action;
            let imagined = json!({ "principal": caller.arn, "action": action, "members": members });
            let imagined = explain(world, &imagined).unwrap_or_else(|why| panic!("{title}: {why:?}"));
            assert_eq!(imagined.decision, explained.decision, "{title}: imagined");
            assert_eq!(imagined.decided_by, explained.decided_by, "{title}: imagined");
        }
    }

    fn agrees(&mut self, title: &str, explained: &Explained, operation: Operation, answer: &Answer) {
        let refused = answer.status >= 400;
        let message = if refused && !answer.body.is_empty() { answer.message() } else { String::new() };
        let code = if refused { answer.code(protocol(operation.service())) } else { None };
        let told = explained.refusal.as_ref();
        let told = told.map(|refusal| (refusal.code.clone(), unsealed(&refusal.message).to_owned()));
        match explained.decision {
            Decision::Allowed => {
                // Without a colon it is the rule of F-IAMAPI-KEY-4. AssumeRoot says no more of its own rules (F-STSAPI-ROOT-2).
                let is_of_rule = !message.contains("is not authorized to perform:");
                assert!(is_of_rule || operation.name() == "AssumeRoot", "{title}: {message}");
                self.allowed += 1;
            }
            Decision::Denied => {
                assert_eq!(told, Some((code.unwrap(), unsealed(&message).to_owned())), "{title}");
                let by = explained.decided_by.as_ref().unwrap();
                assert!(is_named(by.layer, &message), "{title}: {by:?} and {message}");
                self.denied += 1;
            }
            Decision::RefusedEarlier => {
                assert_eq!(told, Some((code.unwrap(), message)), "{title}");
                self.refused_earlier += 1;
            }
            Decision::TooLong => panic!("{title} takes too long"),
        }
    }
}

/// A company that is built anew after a change.
fn ask_all(
    counts: &mut Counts,
    all: &[(Operation, Value)],
    caller: &Caller,
    ask: impl Fn(&World, Operation, &Value) -> Answer,
) {
    let mut company = None;
    for (operation, members) in all {
        let world = company.get_or_insert_with(World::company);
        let answer = ask(world, *operation, members);
        counts.check(world, caller, *operation, members, &answer);
        if answer.status == 200 && !operation.is_read_only() {
            company = None;
        }
    }
}

#[test]
fn every_recorded_call_is_explained_as_it_was_answered() {
    let mut counts = Counts::default();
    for caller in CALLERS {
        let of = |service| crate::wire::signed_operations(service).into_iter();
        let others = OTHERS.into_iter().flat_map(of);
        let others: Vec<_> =
            others.map(|operation| (operation, requests::members(operation, caller.account))).collect();
        ask_all(&mut counts, &others, &caller, |world, operation, members| {
            world.ask(&caller.key, operation, members)
        });
    }
    let Counts { allowed, denied, refused_earlier, of_nobody } = counts;
    let told = format!("{counts:?}");
    assert!(allowed > 300 && denied > 300 && refused_earlier > 0 && of_nobody > 50, "{told}");
}

#[test]
fn every_recorded_call_of_account_management_is_explained_as_it_was_answered() {
    let mut counts = Counts::default();
    for caller in CALLERS {
        for target in [None, Some(MEMBER), Some(MANAGEMENT), Some(ELSEWHERE)] {
            let all = services::account::model::Operation::ALL.iter().map(|operation| {
                let mut members = authorization::members(*operation);
                if let Some(target) = target {
                    let member = match operation.name() {
                        "GetGovCloudAccountInformation" => "StandardAccountId",
                        _ => "AccountId",
                    };
                    members[member] = json!(target);
                }
                (Operation::Account(*operation), members)
            });
            ask_all(&mut counts, &all.collect::<Vec<_>>(), &caller, |world, operation, members| {
                world.call(&caller, operation.name(), members.clone())
            });
        }
    }
    let Counts { allowed, denied, refused_earlier, of_nobody } = counts;
    let told = format!("{counts:?}");
    assert!(allowed > 50 && denied > 50 && refused_earlier > 100 && of_nobody > 20, "{told}");
}

/// F-WHY-10: what a session was opened with is read from the call that opened it.
#[test]
fn the_policies_and_tags_of_an_issued_session_are_known() {
    let world = World::company();
    let name = "OrganizationAccountAccessRole";
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": MANAGEMENT },
        "Action": ["sts:AssumeRole", "sts:TagSession"] }] });
    let trusting = json!({ "RoleName": name, "PolicyDocument": trust.to_string() });
    let update = crate::wire::operation(Service::Iam, "UpdateAssumeRolePolicy");
    assert_eq!(world.ask(&DELEGATE_ADMIN.key, update, &trusting).status, 200);
    let role = escaped(&format!("arn:aws:iam::{DELEGATE}:role/{name}"));
    let reads = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Reads","Effect":"Allow","Action":"account:Get*","Resource":"*",
        "Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}}]}"#;
    let body = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleSessionName=probe&RoleArn={role}&Policy={}\
         &Tags.member.1.Key=team&Tags.member.1.Value=red",
        escaped(reads)
    );
    let request = post("/", "application/x-www-form-urlencoded", &body);
    let answer = world.send(signed(request, &MANAGEMENT_ADMIN.key, "sts", "us-east-1"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = |name: &str| -> &'static str { element(answer.text(), name).unwrap().to_owned().leak() };
    let token = Some(text("SessionToken"));
    let key = Key { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token };
    let arn = "arn:aws:sts::333333333333:assumed-role/OrganizationAccountAccessRole/probe";
    let session = Caller { key, arn, account: DELEGATE, unique_id: "" };
    let refused = world.call(&session, "GetContactInformation", json!({}));
    assert_eq!(
        (refused.status, refused.code(Protocol::RestJson).as_deref()),
        (403, Some("AccessDeniedException"))
    );
    let record = newest(&world, &session);
    let explained = explain(&world, &json!({ "event": record["eventID"] })).unwrap();
    assert_eq!(explained.refusal.unwrap().message, refused.message());
    assert_eq!(explained.decided_by.unwrap().layer, LayerName::SessionPolicies);
    let session = explained.asked[0].layers.last().unwrap();
    let statement = &session.policies[0].statements[0];
    assert_eq!((statement.sid.as_deref(), statement.applies), (Some("Reads"), false));
    assert_eq!(statement.conditions[0].seen, Some(vec!["red".to_owned()]));
    // The log of the role's account tells of the call that opened the session, too.
    let management = newest(&world, &MANAGEMENT_ADMIN);
    let opened = explain(&world, &json!({ "event": management["eventID"] })).unwrap();
    assert_eq!((opened.action.as_str(), opened.decision), ("sts:AssumeRole", Decision::Allowed));
    let shared = world.records().into_iter().find(|(account, record)| {
        account.as_deref() == Some(DELEGATE) && record["eventName"] == "AssumeRole"
    });
    let shared = explain(&world, &json!({ "event": shared.unwrap().1["eventID"] })).unwrap();
    assert_eq!((shared.principal.as_str(), shared.decision), (MANAGEMENT_ADMIN.arn, Decision::Allowed));
}

/// What the log hides is said to be unknown, and nothing of the question stands in the log.
#[test]
fn what_the_log_hides_is_noted_and_asking_leaves_no_record() {
    let world = World::company();
    let members = json!({ "PrimaryEmail": "new@example.com", "AccountId": MEMBER });
    world.call(&MANAGEMENT_ADMIN, "StartPrimaryEmailUpdate", members);
    let record = newest(&world, &MANAGEMENT_ADMIN);
    let before = world.records().len();
    let explained = explain(&world, &json!({ "event": record["eventID"] })).unwrap();
    assert!(explained.notes.iter().any(|note| note.contains("PrimaryEmail")), "{:?}", explained.notes);
    assert_eq!(explained.event.unwrap().operation, "StartPrimaryEmailUpdate");
    let service = Service::Account;
    assert!(explained.action.starts_with(service.profile().action_prefix));
    assert_eq!(world.records().len(), before);
}
