//! Who may call what: every operation of STS, Organizations, IAM, CloudTrail and EC2, and every kind of
//! caller.
//!
//! `authorization_services.txt` is the answer, computed here through signed requests (F-STSAPI-2, F-STSAPI-6, F-STSAPI-7,
//! F-ORGS-AUTH-1, F-ORGS-AUTH-2, F-ORGS-AUTH-4, F-IAMAPI-RES-1, F-IAMAPI-ORGREP-3, F-EC2-1,
//! F-SVCQ-3).

use std::fmt::Write as _;

use accountd::store::Decided;
use aws::principal::{self, Principal};
use services::context::Validation;
use services::failure::Failure;
use services::service::{Operation, Service};
use services::world::{ReadsAndWrites, Snapshot};

use crate::answer::Answer;
use crate::authorization::SCP_DENY;
use crate::cast::*;
use crate::requests::members;
use crate::table::{assert_every_operation_has_a_row, assert_table};
use crate::verdict::Refused;
use crate::wire::{OTHERS, protocol};
use crate::world::World;

/// The callers, in the order of the columns, each with what stands above its column.
const CALLERS: [(&str, Caller); 12] = [
    ("m-root", MANAGEMENT_ROOT),
    ("m-admin", MANAGEMENT_ADMIN),
    ("m-nobody", MANAGEMENT_NOBODY),
    ("delegate", DELEGATE_ADMIN),
    ("root", MEMBER_ROOT),
    ("admin", MEMBER_ADMIN),
    ("bounded", MEMBER_BOUNDED),
    ("session", MEMBER_REGION),
    ("locked", LOCKED_ADMIN),
    ("alone", STANDALONE_ADMIN),
    ("foreign", ELSEWHERE_ADMIN),
    ("suspended", SUSPENDED_ADMIN),
];

const LEGEND: &str = "\
# Who may call what. Computed by `authorization_services.rs`; written anew with ACCOUNTD_WRITE_TABLES=1.
#
# m-root, m-admin    the management account's root user, an administrator of it
# m-nobody           a user of it without policy
# delegate           an administrator of the delegated administrator (of Account Management)
# root, admin        the root user and an administrator of a plain member
# bounded            an administrator there whose permissions boundary allows reads of Account Management only
# session            an administrator's role session there whose session policy allows Account Management only
# locked             an administrator of a member under a service control policy that denies everything
# alone, foreign     administrators of an account in no organization, and of the management account of another one
# suspended          an administrator of a suspended account
#
# +                  carried out, or refused by a rule that comes after authorization
# identity           … because no identity-based policy allows the … action
# boundary           … because no permissions boundary allows the … action
# session            … because no session policy allows the … action
# scp                … with an explicit deny in a service control policy: <arn>
# trust              User: … is not authorized to perform: sts:AssumeRole on resource: <the role>, and nothing more; the
#                    same of sts:AssumeRoot, which no feature of the organization allows here
# no root            Roles may not be assumed by root accounts.
# no session         Cannot call … with session credentials
# account            You don't have permissions to access this resource. (Organizations says so of policies and of the
#                    account's position alike, F-ORGS-AUTH-8)
# no org             Your account is not a member of an organization.
# unknown            the credentials of a suspended account are those of nobody (F-ORGS-CLOSE-7)
#
# The last column is what a user of the management account asks for: each resource, and the action where it is not the
# operation's own. Resources of Organizations follow arn:aws:organizations::111111111111: and those of IAM
# arn:aws:iam::111111111111:. Requests bring no tags.
";

/// The answer in a word.
fn verdict(caller: &Caller, operation: Operation, answer: &Answer) -> &'static str {
    if answer.status == 200 {
        return "+";
    }
    let code = answer.code(protocol(operation.service())).expect("a refusal has a code");
    let message = answer.message();
    match code.as_str() {
        "InvalidClientTokenId" | "UnrecognizedClientException" | "AuthFailure" => {
            assert_eq!(caller.account, SUSPENDED, "{}: {code}", operation.name());
            return "unknown";
        }
        "AWSOrganizationsNotInUseException" => return "no org",
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {}
        _ => return "+",
    }
    match message.as_str() {
        // A key that is nobody's (F-IAMAPI-KEY-4), unlike a denial without a colon.
        other if other.contains(" is not authorized to perform iam:GetAccessKeyLastUsed ") => "+",
        "You don't have permissions to access this resource." => "account",
        "Roles may not be assumed by root accounts." => "no root",
        other if other == format!("Cannot call {} with session credentials", operation.name()) => {
            "no session"
        }
        _ => denial(caller, operation, &message),
    }
}

fn denial(caller: &Caller, operation: Operation, message: &str) -> &'static str {
    let action = format!("{}:{}", operation.service().profile().action_prefix, operation.name());
    // EC2 puts a sentence before the text and an encoded message behind it.
    let text = message.strip_prefix("You are not authorized to perform this operation. ").unwrap_or(message);
    let text = text.split_once(". Encoded authorization failure message: ").map_or(text, |(text, _)| text);
    let refused = Refused::read(caller, &action, text).unwrap_or_else(|| panic!("{message}"));
    match (refused.because, refused.missing(&action)) {
        (_, Some("identity-based")) => "identity",
        (_, Some("permissions boundary")) => "boundary",
        (_, Some("session")) => "session",
        (SCP_DENY, _) => "scp",
        ("", _) => "trust",
        (other, _) => panic!("another reason: {other}"),
    }
}

/// What a user of the management account asks for by the operation; nothing where no permission is needed.
fn asked(world: &World, operation: Operation) -> String {
    let look = move |snapshot: &dyn Snapshot| {
        let account = MANAGEMENT.parse().unwrap();
        let (path, name) = ("/".to_owned(), "nobody".to_owned());
        let principal = Principal::User { account, path, name, id: String::new() };
        let caller = principal::Caller { principal, access_key_id: String::new(), session: None };
        let world = services::world::World::new(snapshot);
        let access = operation.access(&members(operation, MANAGEMENT), &caller, Validation::Strict, &world);
        let value = match access {
            Ok(value) => value,
            Err(Failure::Fault(fault)) => return Err(fault),
            Err(_) => panic!("{} is refused to an administrator", operation.name()),
        };
        Ok(Decided { value, changes: ReadsAndWrites::default(), events: Vec::new() })
    };
    let Some(access) = world.block_on(world.store.transact(look)).unwrap() else { return String::new() };
    let own = format!("{}:{}", operation.service().profile().action_prefix, operation.name());
    let told = access.asked().map(|asked| {
        let owners = ["arn:aws:organizations::111111111111:", "arn:aws:iam::111111111111:"];
        let resource = owners.iter().find_map(|owner| asked.resource.strip_prefix(owner));
        let resource = resource.unwrap_or(&asked.resource);
        if asked.action == own { resource.to_owned() } else { format!("{} {resource}", asked.action) }
    });
    told.collect::<Vec<_>>().join(" + ")
}

/// Every cell is asked of the company as it was seeded: after a change it is built anew.
struct Company(Option<World>);

impl Company {
    fn ask(&mut self, caller: &Caller, operation: Operation) -> Answer {
        let world = self.0.get_or_insert_with(World::company);
        let answer = world.ask(&caller.key, operation, &members(operation, caller.account));
        if answer.status == 200 && !operation.is_read_only() {
            self.0 = None;
        }
        answer
    }
}

fn section(service: Service, company: &mut Company, table: &mut String) {
    let seeded = World::company();
    writeln!(table, "\n{}", service.signing_name()).unwrap();
    write!(table, "  {:<46}", "").unwrap();
    for (name, _) in CALLERS {
        write!(table, "{name:<11}").unwrap();
    }
    table.push_str("resources\n");
    for operation in crate::wire::signed_operations(service) {
        write!(table, "  {:<46}", operation.name()).unwrap();
        for (_, caller) in CALLERS {
            let word = verdict(&caller, operation, &company.ask(&caller, operation));
            write!(table, "{word:<11}").unwrap();
        }
        table.push_str(&asked(&seeded, operation));
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
}

#[test]
fn every_caller_may_call_what_the_table_says() {
    let mut table = LEGEND.to_owned();
    let mut company = Company(None);
    for service in OTHERS {
        section(service, &mut company, &mut table);
    }
    assert_table("authorization_services.txt", table.trim_end());
}

#[test]
fn every_operation_of_every_service_has_a_row() {
    assert_every_operation_has_a_row(include_str!("authorization_services.txt"));
}
