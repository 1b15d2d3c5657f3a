//! The resource perimeter that AWS publishes as a service control policy: whatever is not the organization's own is
//! denied. Inside the organization it changes no answer.
//!
//! <https://github.com/aws-samples/data-perimeter-policy-examples>, `resource_perimeter_scp.json`

use aws::protocol::Protocol;
use serde_json::{Value, json};
use services::service::{Operation, Service};

use crate::answer::Answer;
use crate::authorization;
use crate::cast::*;
use crate::requests;
use crate::wire::{self, OTHERS};
use crate::world::{Setup, World};

const AWS_MANAGED: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// The company with a service control policy of one statement in its root, which denies what `resources` and
/// `condition` say.
fn company(resources: &str, condition: &str) -> World {
    let policy = format!(
        "root: {{ id: r-root, policies: [perimeter] }}\n  policies:\n    - name: perimeter\n      id: p-perimeter\n      \
         document:\n        Version: \"2012-10-17\"\n        \
         Statement: [{{ Effect: Deny, Action: \"*\", {resources}, Condition: {{ {condition} }} }}]\n"
    );
    World::of(Setup::company().with("root: { id: r-root }\n  policies:\n", &policy))
}

/// Denies what is not the organization's.
const OUTSIDE: &str = "StringNotEqualsIfExists: { \"aws:ResourceOrgID\": o-exampleorg }";

/// As it is published.
fn perimeter() -> World {
    company("NotResource: [\"arn:aws:iam::aws:policy/*\"]", OUTSIDE)
}

/// A company that is built anew after a change.
struct Company {
    build: fn() -> World,
    world: Option<World>,
}

impl Company {
    fn new(build: fn() -> World) -> Self {
        Self { build, world: None }
    }

    /// The status, and the code and text of a refusal.
    fn ask(
        &mut self,
        caller: &Caller,
        operation: Operation,
        members: &Value,
    ) -> (u16, Option<String>, String) {
        let world = self.world.get_or_insert_with(self.build);
        let (answer, protocol) = match operation {
            Operation::Account(account) => {
                (world.call(caller, account.name(), members.clone()), Protocol::RestJson)
            }
            _ => (world.ask(&caller.key, operation, members), wire::protocol(operation.service())),
        };
        if answer.status == 200 {
            if !operation.is_read_only() {
                self.world = None;
            }
            return (200, None, String::new());
        }
        (answer.status, answer.code(protocol), answer.message())
    }
}

/// Every operation with its request, made by somebody of `account`.
fn calls(account: &str) -> Vec<(Operation, Value)> {
    let mut calls = Vec::new();
    for operation in Operation::supported(Service::Account) {
        let Operation::Account(account) = operation else { unreachable!("{operation:?}") };
        let members = authorization::members(account);
        let member = if operation.name().contains("GovCloud") { "StandardAccountId" } else { "AccountId" };
        for target in [MEMBER, DELEGATE] {
            let mut of_target = members.clone();
            of_target[member] = json!(target);
            calls.push((operation, of_target));
        }
        calls.push((operation, members));
    }
    for service in OTHERS {
        let operations = crate::wire::signed_operations(service).into_iter();
        calls.extend(operations.map(|operation| (operation, requests::members(operation, account))));
    }
    calls
}

/// F-IAM-83: an administrator, the root user, a role's session and a delegated administrator of members are answered as
/// they are without the perimeter, whatever they call.
#[test]
fn a_resource_perimeter_denies_nothing_inside_the_organization_f_iam_83() {
    let mut free = Company::new(|| company("Resource: \"arn:aws:s3:::none\"", OUTSIDE));
    let mut bound = Company::new(perimeter);
    for caller in [MEMBER_ADMIN, MEMBER_ROOT, MEMBER_PROBE, DELEGATE_ADMIN] {
        for (operation, members) in calls(caller.account) {
            let what = format!("{} {} {members}", caller.arn, operation.name());
            let expected = free.ask(&caller, operation, &members);
            assert_eq!(bound.ask(&caller, operation, &members), expected, "{what}");
        }
    }
}

/// The status, and whether the service control policy denied the call, as far as the service tells (F-ORGS-AUTH-8,
/// F-STSAPI-ROOT-2).
fn status(answer: &Answer) -> (u16, bool) {
    let told = [
        "with an explicit deny in a service control policy",
        "You don't have permissions to access this resource.",
        "is not authorized to perform: sts:AssumeRoot on resource: ",
    ];
    (answer.status, told.iter().any(|words| answer.text().contains(words)))
}

/// F-IAM-83: a policy that denies what is the organization's denies every call that needs a permission, whichever of the
/// keys it reads: each is known for all of them.
#[test]
fn the_owner_of_what_is_asked_for_is_known_for_every_call_f_iam_83() {
    for condition in [
        "StringEquals: { \"aws:ResourceOrgID\": o-exampleorg }",
        "\"ForAnyValue:StringLike\": { \"aws:ResourceOrgPaths\": \"o-exampleorg/r-root/*\" }",
        "StringEquals: { \"aws:ResourceAccount\": [\"111111111111\", \"222222222222\"] }",
    ] {
        let world = company("Resource: \"*\"", condition);
        for (operation, members) in calls(MEMBER) {
            // What Account Management refuses by itself comes before policies.
            if members.get("AccountId").is_some() || members.get("StandardAccountId").is_some() {
                continue;
            }
            let answer = match operation {
                Operation::Account(account) => world.call(&MEMBER_ADMIN, account.name(), members),
                _ => world.ask(&MEMBER_ADMIN.key, operation, &members),
            };
            let is_free = matches!(operation.name(), "GetCallerIdentity" | "GetSessionToken");
            let what = format!("{condition}: {} {}", operation.name(), answer.text());
            assert_eq!((answer.status == 200, status(&answer).1), (is_free, !is_free), "{what}");
        }
    }
}

/// F-IAM-83: what AWS manages for everybody is in no organization, and neither is another organization's role.
#[test]
fn a_perimeter_keeps_out_what_is_not_the_organizations_f_iam_83() {
    let strict = company("Resource: \"*\"", OUTSIDE);
    let published = perimeter();
    let of_aws = json!({ "PolicyArn": AWS_MANAGED });
    let own = json!({ "PolicyArn": "arn:aws:iam::222222222222:policy/reads-only" });
    let role = json!({ "RoleArn": "arn:aws:iam::777777777777:role/any", "RoleSessionName": "probe" });
    let ask = |world: &World, service, operation: &str, members: &Value| {
        status(&world.ask(&MEMBER_ADMIN.key, wire::operation(service, operation), members))
    };
    assert_eq!(ask(&published, Service::Iam, "GetPolicy", &of_aws), (200, false));
    assert_eq!(ask(&strict, Service::Iam, "GetPolicy", &of_aws), (403, true));
    assert_eq!(ask(&strict, Service::Iam, "GetPolicy", &own), (200, false));
    // AWS's own policies of Organizations are the management account's.
    let full = json!({ "PolicyId": "p-FullAWSAccess" });
    let described =
        strict.ask(&DELEGATE_ADMIN.key, wire::operation(Service::Organizations, "DescribePolicy"), &full);
    assert_eq!(status(&described), (200, false));
    // That it is absent is not told either way.
    assert_eq!(ask(&published, Service::Sts, "AssumeRole", &role), (403, false));
}
