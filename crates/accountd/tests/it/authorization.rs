//! Who may do what to whom: every kind of caller, every operation of Account Management, every kind of target.
//!
//! `authorization.txt` is the answer (F-ORG-1 to F-ORG-6, F-ORG-8, F-STATE-1), computed here through signed requests.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aws::protocol::Protocol;
use serde_json::{Value, json};
use services::account::model::Operation;

use crate::answer::Answer;
use crate::cast::*;
use crate::table::assert_table;
use crate::verdict::Refused;
use crate::world::{Setup, World};

/// A kind of caller, and where it calls.
struct Kind {
    name: &'static str,
    caller: Caller,
    world: fn() -> Setup,
}

fn company() -> Setup {
    Setup::company()
}

fn without_trusted_access() -> Setup {
    Setup::company().without_trusted_access()
}

fn billing_only() -> Setup {
    let features = "  feature_set: CONSOLIDATED_BILLING\n  created: 2024-01-15\n";
    let setup = Setup::company().without_trusted_access().with("  created: 2024-01-15\n", features);
    // Without all features there are no policies either.
    let setup = setup.with(", policies: [account-is-locked] }", " }");
    let from = setup.seed.find("  policies:\n    - name: account-is-locked").unwrap();
    let to = setup.seed.find("organizational_units:").unwrap();
    let policies = setup.seed[from..to].to_owned();
    setup.with(&policies, "")
}

const KINDS: &[Kind] = &[
    Kind { name: "management account, root user", caller: MANAGEMENT_ROOT, world: company },
    Kind { name: "management account, administrator", caller: MANAGEMENT_ADMIN, world: company },
    Kind { name: "management account, user without policy", caller: MANAGEMENT_NOBODY, world: company },
    Kind {
        name: "management account, trusted access off",
        caller: MANAGEMENT_ADMIN,
        world: without_trusted_access,
    },
    Kind {
        name: "management account, consolidated billing only",
        caller: MANAGEMENT_ADMIN,
        world: billing_only,
    },
    Kind { name: "delegated administrator", caller: DELEGATE_ADMIN, world: company },
    Kind { name: "plain member, root user", caller: MEMBER_ROOT, world: company },
    Kind { name: "plain member, administrator", caller: MEMBER_ADMIN, world: company },
    Kind { name: "plain member, user without policy", caller: MEMBER_NOBODY, world: company },
    Kind { name: "plain member, boundary allows reads only", caller: MEMBER_BOUNDED, world: company },
    Kind { name: "plain member, role session", caller: MEMBER_PROBE, world: company },
    Kind {
        name: "plain member, session policy allows contact type OPERATIONS only",
        caller: MEMBER_OPERATIONS,
        world: company,
    },
    Kind {
        name: "plain member, session policy allows Region eu-south-1 only",
        caller: MEMBER_REGION,
        world: company,
    },
    Kind { name: "member under a denying SCP, administrator", caller: LOCKED_ADMIN, world: company },
    Kind { name: "member under a denying SCP, root user", caller: LOCKED_ROOT, world: company },
    Kind { name: "suspended member, administrator", caller: SUSPENDED_ADMIN, world: company },
    Kind { name: "account in no organization", caller: STANDALONE_ADMIN, world: company },
    Kind { name: "management account of another organization", caller: ELSEWHERE_ADMIN, world: company },
];

/// The targets, in the order of the columns.
fn targets(caller: &Caller) -> [(&'static str, Option<&'static str>); 7] {
    [
        ("none", None),
        ("itself", Some(caller.account)),
        ("member", Some(if caller.account == MEMBER { DELEGATE } else { MEMBER })),
        ("management", Some(MANAGEMENT)),
        ("suspended", Some(SUSPENDED)),
        ("foreign", Some(ELSEWHERE)),
        ("malformed", Some("1234")),
    ]
}

/// Members that break no constraint. Whether a rule then refuses is no matter of authorization.
pub fn members(operation: Operation) -> Value {
    match operation.name() {
        "GetAlternateContact" | "DeleteAlternateContact" => json!({ "AlternateContactType": "BILLING" }),
        "PutAlternateContact" => json!({
            "AlternateContactType": "BILLING", "Name": "n", "Title": "t", "EmailAddress": "a@b.c",
            "PhoneNumber": "1"
        }),
        "PutContactInformation" => json!({ "ContactInformation": {
            "FullName": "n", "AddressLine1": "a", "City": "c", "PostalCode": "p", "CountryCode": "US",
            "PhoneNumber": "+1"
        } }),
        "PutAccountName" => json!({ "AccountName": "n" }),
        "EnableRegion" | "DisableRegion" | "GetRegionOptStatus" => json!({ "RegionName": "af-south-1" }),
        "StartPrimaryEmailUpdate" => json!({ "PrimaryEmail": "new@example.com" }),
        "AcceptPrimaryEmailUpdate" => json!({ "PrimaryEmail": "new@example.com", "Otp": "AAAAAA" }),
        "VerifyPhoneNumber" => json!({ "Otp": "AAAAAA" }),
        _ => json!({}),
    }
}

/// How the company's service control policy refuses.
pub const SCP_DENY: &str = "with an explicit deny in a service control policy: \
     arn:aws:organizations::111111111111:policy/o-exampleorg/service_control_policy/p-locked00";

/// The answer in a word or two. Whatever is no refusal to the caller as such counts as allowed.
fn short(caller: &Caller, operation: Operation, answer: &Answer) -> String {
    let message = if answer.body.is_empty() { String::new() } else { answer.message() };
    if answer.status == 400
        && message.starts_with("[object has missing required properties ([\"AccountId\"])]")
    {
        return "required".to_owned();
    }
    if answer.status == 400
        && message == "[ECMA 262 regex \"^\\d{12}$\" does not match input string \"1234\"]"
    {
        return "malformed".to_owned();
    }
    if answer.status != 403 {
        return "allow".to_owned();
    }
    if answer.code(Protocol::RestJson).as_deref() == Some("UnrecognizedClientException") {
        return "unknown".to_owned();
    }
    let action = format!("account:{}", operation.name());
    let refused = Refused::read(caller, &action, &message).unwrap_or_else(|| panic!("{message}"));
    let of_organization = refused.resource.contains(":account/o-exampleorg/");
    let reason = match (refused.because, refused.missing(&action)) {
        ("", _) => "plain",
        ("(Access Denied)", _) => "(Access Denied)",
        ("(Your organization must first enable trusted access with AWS Account Management.)", _) => {
            "(trust first)"
        }
        (
            "(The management account can only be managed using the standalone context from the management account.)",
            _,
        ) => "(standalone only)",
        (_, Some("identity-based")) => "no identity",
        (_, Some("permissions boundary")) => "no boundary",
        (_, Some("session")) => "no session",
        (SCP_DENY, _) => "SCP deny",
        (other, _) => panic!("another reason: {other}"),
    };
    if of_organization { format!("{reason} [org]") } else { reason.to_owned() }
}

fn rows(kind: &Kind, table: &mut String) -> BTreeSet<&'static str> {
    let world = World::of((kind.world)());
    let mut seen = BTreeSet::new();
    writeln!(table, "\n{} ({})", kind.name, kind.caller.arn).unwrap();
    write!(table, "  {:<30}", "").unwrap();
    for (name, _) in targets(&kind.caller) {
        write!(table, "{name:<19}").unwrap();
    }
    table.truncate(table.trim_end().len());
    table.push('\n');
    for &operation in Operation::ALL {
        write!(table, "  {:<30}", operation.name()).unwrap();
        for (_, target) in targets(&kind.caller) {
            let mut members = members(operation);
            if let Some(target) = target {
                let member = match operation {
                    Operation::GetGovCloudAccountInformation => "StandardAccountId",
                    _ => "AccountId",
                };
                members[member] = json!(target);
            }
            let answer = world.call(&kind.caller, operation.name(), members);
            write!(table, "{:<19}", short(&kind.caller, operation, &answer)).unwrap();
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
        seen.insert(operation.name());
    }
    seen
}

const LEGEND: &str = "\
# Who may do what to whom. Computed by `authorization.rs`; written anew with ACCOUNTD_WRITE_TABLES=1.
#
# allow              carried out, or refused by a rule that comes after authorization
# required           ValidationException: the operation needs an AccountId
# malformed          ValidationException: the AccountId is none
# unknown            UnrecognizedClientException: the caller's account is suspended or closed (F-ORGS-CLOSE-7)
# plain              AccessDeniedException that ends with the operation
# (trust first)      … (Your organization must first enable trusted access with AWS Account Management.)
# (standalone only)  … (The management account can only be managed using the standalone context …)
# (Access Denied)    … (Access Denied)
# no identity        … because no identity-based policy allows the … action
# no boundary        … because no permissions boundary allows the … action
# no session         … because no session policy allows the … action
# SCP deny           … with an explicit deny in a service control policy: <arn>
# [org]              the resource is that of organizations mode: account/o-exampleorg/<target>
";

#[test]
fn every_caller_may_do_what_the_table_says() {
    let mut table = LEGEND.to_owned();
    let all: BTreeSet<_> = Operation::ALL.iter().map(|operation| operation.name()).collect();
    for kind in KINDS {
        assert_eq!(rows(kind, &mut table), all, "{}: every operation has a row", kind.name);
    }
    assert_table("authorization.txt", table.trim_end());
}

/// An operation that is added to the model has no row until the table is written anew.
#[test]
fn every_operation_has_a_row_for_every_caller() {
    let table = include_str!("authorization.txt");
    for operation in Operation::ALL {
        let name = format!("  {} ", operation.name());
        let rows = table.lines().filter(|line| line.starts_with(&name)).count();
        assert_eq!(rows, KINDS.len(), "rows of {}", operation.name());
    }
}
