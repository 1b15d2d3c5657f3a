//! Every member of every input of the services beside Account Management, held to the model through the whole
//! service, each in its own words (F-STSAPI-1, F-ORGS-VAL-1, F-IAMAPI-VAL-1, F-IAMAPI-VAL-2, F-TRAIL-3,
//! F-TAG-2, F-ORDER-3).
//!
//! The cases come from the model files (`cases.rs`); the texts are written out here.

use aws::protocol::Protocol;
use serde_json::Value;
use services::service::{Operation, Service};

use crate::answer::Answer;
use crate::cases::{Broken, Case, Model, Rule};
use crate::cast::*;
use crate::requests::members;
use crate::wire::{OTHERS, protocol};
use crate::world::World;

fn caller(service: Service) -> Caller {
    if service == Service::Organizations { MANAGEMENT_ADMIN } else { MEMBER_ADMIN }
}

fn cases(service: Service) -> Vec<(Operation, Case)> {
    let model = Model::read(service);
    let mut all = Vec::new();
    for operation in Operation::supported(service) {
        let Some(input) = model.input(operation.name()) else { continue };
        let Value::Object(whole) = members(operation, caller(service).account) else { unreachable!() };
        let mut cases = Vec::new();
        model.cases(&[operation.name().to_owned()], input, &whole, &|value| value, &mut cases);
        all.extend(cases.into_iter().map(|case| (operation, case)));
    }
    all
}

fn is_wrong_type(case: &Case) -> bool {
    case.broken.iter().any(|broken| matches!(broken.rule, Rule::Type(..)))
}

/// A name with a small first letter.
fn small(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_lowercase())
}

/// What the services with a Query or awsJson protocol say that a value must be.
fn requirement(rule: &Rule) -> String {
    match rule {
        Rule::Required => "Member must not be null".to_owned(),
        Rule::MinLength(min) => format!("Member must have length greater than or equal to {min}"),
        Rule::MaxLength(max) => format!("Member must have length less than or equal to {max}"),
        Rule::Pattern(pattern) => format!("Member must satisfy regular expression pattern: {pattern}"),
        Rule::Enum(values) => format!("Member must satisfy enum value set: [{}]", values.join(", ")),
        Rule::Min(min) => format!("Member must have value greater than or equal to {min}"),
        Rule::Max(max) => format!("Member must have value less than or equal to {max}"),
        Rule::Type(..) => unreachable!("these are refused when the body is read"),
    }
}

/// A sentence of theirs: `Value 'x' at 'roleArn' failed to satisfy constraint: …`. IAM does not repeat the value.
fn sentence(service: Service, broken: &Broken) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut shown = match &broken.value {
        Value::Array(values) => format!("[{}]", values.iter().map(plain).collect::<Vec<_>>().join(", ")),
        value => plain(value),
    };
    // A scalar member of a list is shown as the list it is in.
    let is_in_list = broken.path.last().is_some_and(|part| part == "1");
    let path = &broken.path[..broken.path.len() - usize::from(is_in_list)];
    let path: Vec<_> =
        path.iter().map(|part| if part == "1" { "1.member".to_owned() } else { small(part) }).collect();
    let requirement = match is_in_list {
        true => {
            shown = format!("[{shown}]");
            let all: Vec<_> = broken.of_members.iter().map(requirement).collect();
            format!("Member must satisfy constraint: [{}]", all.join(", "))
        }
        false => requirement(&broken.rule),
    };
    let quoted = match (broken.is_sensitive || service == Service::Iam, &broken.rule) {
        (_, Rule::Required) => " null".to_owned(),
        (true, _) => String::new(),
        (false, _) => format!(" '{shown}'"),
    };
    format!("Value{quoted} at '{}' failed to satisfy constraint: {requirement}", path.join("."))
}

fn sentences(service: Service, broken: &[Broken]) -> String {
    let mut sentences: Vec<_> = broken.iter().map(|broken| sentence(service, broken)).collect();
    // Of a list there is one sentence, whatever its member breaks.
    sentences.dedup();
    let noun = if sentences.len() == 1 { "validation error" } else { "validation errors" };
    format!("{} {noun} detected: {}", sentences.len(), sentences.join("; "))
}

/// IAM's own words for names and paths, where nothing else is wrong.
fn of_iam(broken: &[Broken]) -> Option<String> {
    let is_alias = |it: &Broken| it.path == ["AccountAlias"] && it.rule != Rule::Required;
    if broken.iter().all(is_alias) {
        let told = "The specified value for accountAlias is invalid. It must be a minimum length of 3 characters and \
            maximum length of 63 characters, contain only digits, lowercase letters, and hyphens (-), but cannot begin or \
            end with a hyphen. ";
        return Some(told.to_owned());
    }
    let [Broken { path, rule: Rule::Pattern(pattern), .. }] = broken else { return None };
    let [member] = path.as_slice() else { return None };
    let told = match pattern.as_str() {
        r"[\w+=,.@-]+" => "It must contain only alphanumeric characters and/or the following: +=,.@_-",
        r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)" => {
            "It must begin and end with / and contain only alphanumeric characters and/or / characters."
        }
        _ => return None,
    };
    Some(format!("The specified value for {} is invalid. {told}", small(member)))
}

/// The `Reason` of Organizations' `InvalidInputException`: that of the first broken constraint, with its parameter.
fn reason(broken: &Broken) -> String {
    let reason = match &broken.rule {
        Rule::Required => "INPUT_REQUIRED",
        Rule::MinLength(_) => "MIN_LENGTH_EXCEEDED",
        Rule::MaxLength(_) => "MAX_LENGTH_EXCEEDED",
        Rule::Pattern(_) => "INVALID_PATTERN",
        Rule::Enum(_) => "INVALID_ENUM",
        Rule::Min(_) => "MIN_VALUE_EXCEEDED",
        Rule::Max(_) => "MAX_VALUE_EXCEEDED",
        Rule::Type(..) => unreachable!("these are refused when the body is read"),
    };
    let words = |name: &String| match name.as_str() {
        "1" => "1_MEMBER".to_owned(),
        name => name
            .chars()
            .flat_map(|letter| {
                letter.is_uppercase().then_some('_').into_iter().chain([letter.to_ascii_uppercase()])
            })
            .skip(1)
            .collect(),
    };
    format!("{reason}:{}", broken.path.iter().map(words).collect::<Vec<String>>().join("_"))
}

/// What these operations say themselves of a member, before the model's constraints (F-ORGS-VAL-2).
fn own_reason(case: &Case) -> Option<&'static str> {
    let is = |what| case.what.starts_with(what);
    if is("ListEffectivePolicyValidationErrors.AccountId") {
        return Some("TARGET_NOT_SUPPORTED");
    }
    let typed = [
        "ListEffectivePolicyValidationErrors.PolicyType",
        "ListAccountsWithInvalidEffectivePolicy.PolicyType",
    ];
    if typed.iter().any(|what| is(what)) && matches!(case.broken[0].rule, Rule::Enum(_)) {
        return Some("INVALID_ENUM_POLICY_TYPE");
    }
    if is("InviteAccountToOrganization.Target.Type") {
        return Some("INVALID_PARTY_TYPE_TARGET");
    }
    is("InviteAccountToOrganization.Target").then_some("INVALID_PATTERN")
}

/// Whether the answer says that a constraint of the model is broken.
fn tells_a_constraint(service: Service, answer: &Answer) -> bool {
    if answer.status == 200 {
        return false;
    }
    let message = answer.message();
    match service {
        Service::Organizations => {
            let body = answer.json();
            let reason = body["Reason"].as_str().unwrap_or_default();
            reason.contains(':') || ["INVALID_ENUM_POLICY_TYPE", "INVALID_PATTERN"].contains(&reason)
        }
        _ => {
            message.contains("failed to satisfy constraint")
                || message.starts_with("The specified value for ")
        }
    }
}

/// Some members of LookupEvents and PutEventSelectors have an exception of their own (F-TRAIL-3, F-TRAILS-SEL-1).
fn own_exception(case: &Case) -> Option<&'static str> {
    let is = |what| case.what.starts_with(what);
    if is("LookupEvents.MaxResults: too ") {
        return Some("InvalidMaxResultsException");
    }
    if is("PutEventSelectors.EventSelectors.1.ReadWriteType: not in ") {
        return Some("InvalidEventSelectorsException");
    }
    is("LookupEvents.EventCategory: not in ").then_some("InvalidEventCategoryException")
}

/// Whom an invitation names may be any text in the model; the rule asks for an account or an address
/// (F-ORGS-INVITE-2).
fn is_left_to_a_rule(case: &Case) -> bool {
    case.what.starts_with("InviteAccountToOrganization.Target.") && case.broken.is_empty()
}

#[track_caller]
fn assert_told(service: Service, case: &Case, answer: &Answer) {
    let what = format!("{}: {} {:.300}", case.what, answer.status, answer.text());
    let code = || answer.code(protocol(service)).unwrap_or_default();
    if is_wrong_type(case) {
        assert_eq!((answer.status, code().as_str()), (400, "SerializationException"), "{what}");
    } else if let Some(own) = own_exception(case) {
        assert_eq!((answer.status, code().as_str()), (400, own), "{what}");
    } else if is_left_to_a_rule(case) {
        assert_ne!(code(), "SerializationException", "{what}");
    } else if case.broken.is_empty() {
        assert!(!tells_a_constraint(service, answer), "{what}");
    } else if service == Service::Organizations {
        assert_eq!((answer.status, code().as_str()), (400, "InvalidInputException"), "{what}");
        let expected = own_reason(case).map_or_else(|| reason(&case.broken[0]), str::to_owned);
        assert_eq!(answer.json()["Reason"], expected, "{what}");
    } else {
        let expected =
            if protocol(service) == Protocol::Query { "ValidationError" } else { "ValidationException" };
        assert_eq!((answer.status, code().as_str()), (400, expected), "{what}");
        let own = of_iam(&case.broken).filter(|_| service == Service::Iam);
        assert_eq!(answer.message(), own.unwrap_or_else(|| sentences(service, &case.broken)), "{what}");
    }
}

#[test]
fn every_member_of_every_service_is_held_to_the_model_f_iamapi_val_2_f_orgs_val_1() {
    let world = World::company();
    for (service, at_least) in [
        (Service::Sts, 60),
        (Service::Organizations, 600),
        (Service::Iam, 700),
        (Service::CloudTrail, 30),
        (Service::Tagging, 100),
        (Service::ServiceQuotas, 100),
    ] {
        let mut tried = 0;
        for (operation, case) in cases(service) {
            // Parameters have no types, none of them is null, and an empty list or structure has no parameter of its own.
            let is_query = protocol(service) == Protocol::Query;
            let is_empty = case.what == "AssumeRoot.TaskPolicyArn.arn: absent";
            if is_query && (is_wrong_type(&case) || case.what.ends_with("null") || is_empty) {
                continue;
            }
            let answer = world.ask(&caller(service).key, operation, &case.input);
            assert_told(service, &case, &answer);
            tried += 1;
        }
        assert!(tried >= at_least, "only {tried} cases of {service:?} were derived from the model");
    }
}

/// EC2's model constrains nothing, so nothing is left out above.
#[test]
fn every_service_with_constraints_is_held_to_them() {
    for service in OTHERS {
        let constrained =
            cases(service).iter().any(|(_, case)| !case.broken.is_empty() && !is_wrong_type(case));
        assert_eq!(constrained, service != Service::Ec2, "{service:?}");
    }
}
