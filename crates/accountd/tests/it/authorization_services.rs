//! Who may call what: every operation of STS, Organizations, IAM, CloudTrail and EC2, and every kind of caller.
//!
//! `authorization_services.txt` is the answer, computed here through signed requests (F-STSAPI-2, F-STSAPI-6, F-STSAPI-7,
//! F-ORGS-AUTH-1, F-ORGS-AUTH-2, F-ORGS-AUTH-4, F-IAMAPI-RES-1, F-EC2-1).

use std::fmt::Write as _;

use services::operation::{Operation, Service};

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
# m-nobody           a user of it without policy; the last column is the resource that this user is refused
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
# trust              User: … is not authorized to perform: sts:AssumeRole on resource: <the role>, and nothing more
# no root            Roles may not be assumed by root accounts.
# no session         Cannot call … with session credentials
# account            You don't have permissions to access this resource. (whatever IAM says: not this account)
# no org             Your account is not a member of an organization.
# unknown            the credentials of a suspended account are those of nobody (F-ORGS-CLOSE-7)
#
# Resources of Organizations follow arn:aws:organizations::111111111111: and those of IAM arn:aws:iam::111111111111:
";

/// The answer in a word, and the resource that was refused.
fn verdict(caller: &Caller, operation: Operation, answer: &Answer) -> (&'static str, String) {
    if answer.status == 200 {
        return ("+", String::new());
    }
    let code = answer.code(protocol(operation.service())).expect("a refusal has a code");
    let message = answer.message();
    match code.as_str() {
        "InvalidClientTokenId" | "UnrecognizedClientException" | "AuthFailure" => {
            assert_eq!(caller.account, SUSPENDED, "{}: {code}", operation.name());
            return ("unknown", String::new());
        }
        "AWSOrganizationsNotInUseException" => return ("no org", String::new()),
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {}
        _ => return ("+", String::new()),
    }
    let cannot_call = format!("Cannot call {} with session credentials", operation.name());
    let word = match message.as_str() {
        "You don't have permissions to access this resource." => "account",
        "Roles may not be assumed by root accounts." => "no root",
        other if other == cannot_call => "no session",
        _ => return denial(caller, operation, &message),
    };
    (word, String::new())
}

fn denial(caller: &Caller, operation: Operation, message: &str) -> (&'static str, String) {
    let action = format!("{}:{}", operation.service().signing_name(), operation.name());
    // EC2 puts a sentence before the text and an encoded message behind it.
    let text = message.strip_prefix("You are not authorized to perform this operation. ").unwrap_or(message);
    let text = text.split_once(". Encoded authorization failure message: ").map_or(text, |(text, _)| text);
    let refused = Refused::read(caller, &action, text).unwrap_or_else(|| panic!("{message}"));
    let word = match (refused.because, refused.missing(&action)) {
        (_, Some("identity-based")) => "identity",
        (_, Some("permissions boundary")) => "boundary",
        (_, Some("session")) => "session",
        (SCP_DENY, _) => "scp",
        ("", _) => "trust",
        (other, _) => panic!("another reason: {other}"),
    };
    (word, refused.resource.to_owned())
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
    writeln!(table, "\n{}", service.signing_name()).unwrap();
    write!(table, "  {:<40}", "").unwrap();
    for (name, _) in CALLERS {
        write!(table, "{name:<11}").unwrap();
    }
    table.push_str("resource\n");
    for operation in Operation::supported(service) {
        write!(table, "  {:<40}", operation.name()).unwrap();
        let mut resource = String::new();
        for (name, caller) in CALLERS {
            let (word, refused) = verdict(&caller, operation, &company.ask(&caller, operation));
            write!(table, "{word:<11}").unwrap();
            if name == "m-nobody" {
                resource = refused;
            }
        }
        for owner in ["arn:aws:organizations::111111111111:", "arn:aws:iam::111111111111:"] {
            resource = resource.strip_prefix(owner).unwrap_or(&resource).to_owned();
        }
        table.push_str(&resource);
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
