//! The grammar of policy documents, checked in the order in which IAM was seen to check it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>. First the shape
//! (`Syntax errors in policy.`), then the version, the principals, what IAM calls legacy parsing, statement
//! ids, the presence of actions and of resources, the form of resources, the form of actions (F-IAM-01).

use std::collections::BTreeSet;

use super::PolicyKind;
use super::action_element::ActionElement;
use super::condition::{Condition, Operator};
use super::json::Node;
use super::malformed::{Fault, MalformedPolicy};
use super::principal_element::PrincipalElement;
use super::statement::{Effect, Selection, Statement};
use super::trust_form;
use super::variable::TextPattern;
use super::wildcard::Dialect;
use crate::arn::Arn;

/// A document that has been read.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) source: Box<str>,
    pub(super) statements: Box<[Statement]>,
}

/// The languages' version.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// 2008-10-17, or none given.
    Old,
    /// 2012-10-17.
    Current,
}

/// `Action` and `NotAction`, `Resource` and `NotResource`, `Principal` and `NotPrincipal`.
struct Choice<T> {
    negated: bool,
    entries: Vec<T>,
}

/// A statement whose shape is right.
#[derive(Default)]
struct Draft {
    place: String,
    sid: Option<String>,
    effect: String,
    actions: Option<Choice<String>>,
    resources: Option<Choice<String>>,
    /// Kind and text; the kind is `*` for everyone.
    principals: Option<Choice<(String, String)>>,
    conditions: Vec<(Operator, String, Vec<String>)>,
}

/// Reads a document; without a kind only what all kinds have in common is checked.
pub(super) fn parse(source: &str, kind: Option<PolicyKind>) -> Result<Document, MalformedPolicy> {
    let result = read(source, kind);
    let of_organizations = matches!(kind, Some(PolicyKind::ServiceControl | PolicyKind::ResourceControl));
    // Organizations answers every fault with one text (F-IAM-08).
    result.map_err(|refusal| if of_organizations { refusal.of_organizations() } else { refusal })
}

fn read(source: &str, kind: Option<PolicyKind>) -> Result<Document, MalformedPolicy> {
    let node: Node = serde_json::from_str(source).map_err(|error| {
        let malformed = MalformedPolicy::at_line(error.line(), error.column());
        if kind == Some(PolicyKind::RoleTrust) { malformed.of_trust() } else { malformed }
    })?;
    let (version, drafts) = document(&node)?;
    if kind == Some(PolicyKind::Managed) && version != Version::Current {
        return Err(MalformedPolicy::new(Fault::OldVersion));
    }
    check_principals(&drafts, kind)?;
    let is_kept = matches!(kind, Some(PolicyKind::Managed | PolicyKind::Inline | PolicyKind::RoleTrust));
    if is_kept && has_statement_before_version(&node) {
        return Err(MalformedPolicy::new(Fault::Legacy).at("Statement"));
    }
    let compiled = drafts.iter().map(|draft| compile(draft, version, kind));
    let statements: Box<[Statement]> = compiled.collect::<Result<_, _>>()?;
    check_sids(&drafts, kind)?;
    check_presence(&drafts, kind)?;
    if let Some(kind) = kind {
        for draft in &drafts {
            check_forms(draft, kind)?;
        }
    }
    if kind == Some(PolicyKind::ResourceControl)
        && !statements
            .iter()
            .all(|statement| statement.principals.as_ref().is_some_and(PrincipalElement::is_everyone))
    {
        return Err(MalformedPolicy::new(Fault::NotOfItsType));
    }
    Ok(Document { source: source.into(), statements })
}

fn syntax(place: impl Into<String>) -> MalformedPolicy {
    MalformedPolicy::new(Fault::Syntax).at(place)
}

/// The members of an object, each known and none twice.
fn members<'n>(node: &'n Node, known: &[&str], place: &str) -> Result<&'n [(String, Node)], MalformedPolicy> {
    let Node::Object(members) = node else { return Err(syntax(place)) };
    let mut seen = BTreeSet::new();
    for (name, _) in members {
        if !known.contains(&name.as_str()) || !seen.insert(name) {
            return Err(syntax(place));
        }
    }
    Ok(members)
}

/// The shape of the document (F-IAM-02).
fn document(node: &Node) -> Result<(Version, Vec<Draft>), MalformedPolicy> {
    let mut version = Version::Old;
    let mut drafts = None;
    for (name, member) in members(node, &["Version", "Id", "Statement"], "the document")? {
        match (name.as_str(), member) {
            ("Version", Node::Text(text)) if text == "2012-10-17" => version = Version::Current,
            ("Version", Node::Text(text)) if text == "2008-10-17" => version = Version::Old,
            ("Id", Node::Text(_)) => {}
            ("Statement", Node::Object(_)) => drafts = Some(vec![draft(member, 0)?]),
            ("Statement", Node::List(list)) if !list.is_empty() => {
                let list = list.iter().enumerate().map(|(at, statement)| draft(statement, at));
                drafts = Some(list.collect::<Result<_, _>>()?);
            }
            _ => return Err(syntax(name)),
        }
    }
    drafts.map(|drafts| (version, drafts)).ok_or_else(|| syntax("the document"))
}

/// F-IAM-91: a statement that is not in a list fails legacy parsing where the version comes after it.
fn has_statement_before_version(node: &Node) -> bool {
    let Node::Object(members) = node else { return false };
    let place = |wanted: &str| members.iter().position(|(name, _)| name == wanted);
    let statement = place("Statement").filter(|at| matches!(members[*at].1, Node::Object(_)));
    statement.zip(place("Version")).is_some_and(|(statement, version)| statement < version)
}

const STATEMENT_ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// The shape of a statement.
fn draft(node: &Node, at: usize) -> Result<Draft, MalformedPolicy> {
    let place = format!("Statement[{at}]");
    let mut draft = Draft { place: place.clone(), ..Draft::default() };
    for (name, member) in members(node, &STATEMENT_ELEMENTS, &place)? {
        let fault = || syntax(format!("{place}.{name}"));
        let negated = name.starts_with("Not");
        match (name.as_str(), member) {
            ("Sid", Node::Text(text)) => draft.sid = Some(text.clone()),
            ("Effect", Node::Text(text))
                if text.eq_ignore_ascii_case("Allow") || text.eq_ignore_ascii_case("Deny") =>
            {
                draft.effect.clone_from(text);
            }
            ("Action" | "NotAction", _) if draft.actions.is_none() => {
                let entries = texts(member).ok_or_else(fault)?;
                draft.actions = Some(Choice { negated, entries });
            }
            ("Resource" | "NotResource", _) if draft.resources.is_none() => {
                let entries = texts(member).ok_or_else(fault)?;
                draft.resources = Some(Choice { negated, entries });
            }
            ("Principal" | "NotPrincipal", _) if draft.principals.is_none() => {
                let entries = principals(member).ok_or_else(fault)?;
                draft.principals = Some(Choice { negated, entries });
            }
            ("Condition", _) => draft.conditions = conditions(member).ok_or_else(fault)?,
            _ => return Err(fault()),
        }
    }
    if draft.effect.is_empty() { Err(syntax(place)) } else { Ok(draft) }
}

/// One text, or a list of texts.
fn texts(node: &Node) -> Option<Vec<String>> {
    let text = |node: &Node| if let Node::Text(text) = node { Some(text.clone()) } else { None };
    match node {
        Node::List(list) => list.iter().map(text).collect(),
        one => text(one).map(|text| vec![text]),
    }
}

/// The shape of `Principal`: `*`, or kinds with one entry or a list.
fn principals(node: &Node) -> Option<Vec<(String, String)>> {
    if let Node::Text(text) = node {
        return (text == "*").then(|| vec![("*".to_owned(), "*".to_owned())]);
    }
    let kinds = members(node, &["AWS", "Service", "Federated", "CanonicalUser"], "").ok()?;
    let mut entries = Vec::new();
    for (kind, member) in kinds {
        entries.extend(texts(member)?.into_iter().map(|text| (kind.clone(), text)));
    }
    Some(entries)
}

/// The shape of `Condition`. An operator that is applied to no key need not even exist (recorded, F-IAM-03).
fn conditions(node: &Node) -> Option<Vec<(Operator, String, Vec<String>)>> {
    let Node::Object(operators) = node else { return None };
    let mut conditions = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, member) in operators {
        let Node::Object(keys) = member else { return None };
        for (key, values) in keys {
            let operator = Operator::parse(name)?;
            let values = match values {
                Node::List(list) => list.iter().map(Node::scalar).collect::<Option<_>>()?,
                one => vec![one.scalar()?],
            };
            if !seen.insert((name, key)) {
                return None;
            }
            conditions.push((operator, key.clone(), values));
        }
    }
    // An operator block that appears twice would silently lose one half elsewhere.
    let names: BTreeSet<_> = operators.iter().map(|(name, _)| name).collect();
    (names.len() == operators.len()).then_some(conditions)
}

/// Who may be named where (F-IAM-04).
fn check_principals(drafts: &[Draft], kind: Option<PolicyKind>) -> Result<(), MalformedPolicy> {
    for draft in drafts {
        let fault = match (kind, &draft.principals) {
            (Some(PolicyKind::Managed | PolicyKind::Inline | PolicyKind::Session), Some(_)) => {
                Fault::PrincipalNotAllowed
            }
            (Some(PolicyKind::ServiceControl), Some(_)) => Fault::NotOfItsType,
            (Some(PolicyKind::RoleTrust | PolicyKind::Resource), None) => Fault::MissingField("Principal"),
            (Some(PolicyKind::RoleTrust), Some(_)) if draft.resources.is_some() => {
                Fault::ProhibitedField("Resource")
            }
            (Some(PolicyKind::RoleTrust), Some(choice)) => {
                let has_conditions = !draft.conditions.is_empty();
                match trust_form::fault_of_principals(choice.negated, &choice.entries, has_conditions) {
                    Some(fault) => fault,
                    None => continue,
                }
            }
            _ => continue,
        };
        return Err(MalformedPolicy::new(fault).at(&draft.place));
    }
    Ok(())
}

/// Statement ids are unique, and alphanumeric where IAM keeps the policy (F-IAM-05).
fn check_sids(drafts: &[Draft], kind: Option<PolicyKind>) -> Result<(), MalformedPolicy> {
    let kept_by_iam = matches!(kind, Some(PolicyKind::Managed | PolicyKind::Inline | PolicyKind::Session));
    let mut seen = BTreeSet::new();
    for draft in drafts {
        let Some(sid) = draft.sid.as_deref().filter(|sid| !sid.is_empty()) else { continue };
        if kept_by_iam && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(MalformedPolicy::new(Fault::SidNotAlphanumeric).at(&draft.place));
        }
        if !seen.insert(sid) {
            return Err(MalformedPolicy::new(Fault::DoubledSid).at(&draft.place));
        }
    }
    Ok(())
}

/// Actions and resources are given: first all statements are asked for actions (F-IAM-06).
fn check_presence(drafts: &[Draft], kind: Option<PolicyKind>) -> Result<(), MalformedPolicy> {
    fn is_empty(choice: Option<&Choice<String>>) -> bool {
        choice.is_none_or(|choice| choice.entries.is_empty())
    }
    let names_principals = matches!(kind, Some(PolicyKind::RoleTrust | PolicyKind::Resource));
    if let Some(draft) = drafts.iter().find(|draft| is_empty(draft.actions.as_ref())) {
        let fault = if names_principals { Fault::MissingField("Action") } else { Fault::NoActions };
        return Err(MalformedPolicy::new(fault).at(&draft.place));
    }
    let lacks_resources = |draft: &&Draft| match kind {
        // Of any kind: a trust policy has none, so it may be absent, but an empty list fits no kind.
        None => draft.resources.as_ref().is_some_and(|choice| choice.entries.is_empty()),
        Some(PolicyKind::RoleTrust) => false,
        Some(_) => is_empty(draft.resources.as_ref()),
    };
    if let Some(draft) = drafts.iter().find(lacks_resources) {
        let fault = if names_principals { Fault::MissingField("Resource") } else { Fault::NoResources };
        return Err(MalformedPolicy::new(fault).at(&draft.place));
    }
    Ok(())
}

/// How resources and actions are written: resources first.
fn check_forms(draft: &Draft, kind: PolicyKind) -> Result<(), MalformedPolicy> {
    let kept_by_iam = matches!(kind, PolicyKind::Managed | PolicyKind::Inline);
    for resource in draft.resources.iter().flat_map(|choice| &choice.entries) {
        check_resource(resource)
            .and_then(|()| if kept_by_iam { check_service_form(resource) } else { Ok(()) })
            .map_err(|fault| MalformedPolicy::new(fault).at(format!("{}.Resource", draft.place)))?;
    }
    for action in draft.actions.iter().flat_map(|choice| &choice.entries) {
        check_action(action)
            .and_then(|()| match kind {
                PolicyKind::RoleTrust if !trust_form::is_of_assuming(action) => Err(Fault::NotAssumeRole),
                _ => Ok(()),
            })
            .map_err(|fault| MalformedPolicy::new(fault).at(format!("{}.Action", draft.place)))?;
    }
    Ok(())
}

/// The partitions that exist.
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// The form of a resource (F-IAM-07).
fn check_resource(resource: &str) -> Result<(), Fault> {
    if resource == "*" {
        return Ok(());
    }
    // Whatever stands before the first colon is taken for "arn".
    let Some((_, rest)) = resource.split_once(':') else {
        return Err(Fault::NotAnArn(resource.to_owned()));
    };
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    if !PARTITIONS.contains(&parts[0]) && !parts[0].contains(['*', '?']) {
        let missing = ":*".repeat(5 - parts.len());
        return Err(Fault::InvalidPartition(parts[0].to_owned(), format!("arn:{rest}{missing}")));
    }
    if parts.len() == 1 { Err(Fault::NoResourceVendor) } else { Ok(()) }
}

/// What the path of a resource of IAM may begin with.
const IAM_PATHS: [&str; 13] = [
    "user",
    "federated-user",
    "role",
    "group",
    "instance-profile",
    "mfa",
    "server-certificate",
    "policy",
    "sms-mfa",
    "saml-provider",
    "oidc-provider",
    "report",
    "access-report",
];

/// The form of a resource of IAM or of a bucket, in the policies that IAM keeps (F-IAM-09). What has a wildcard or
/// a variable in the place that is looked at passes (assumed).
fn check_service_form(resource: &str) -> Result<(), Fault> {
    let Some(arn) = Arn::parse(resource) else { return Ok(()) };
    let is_open = |text: &str| text.contains(['*', '?', '$']);
    let in_region = !arn.region.is_empty() && !is_open(arn.region);
    match arn.service {
        "s3" if in_region && arn.account.is_empty() => Err(Fault::InRegion(resource.to_owned())),
        "iam" if in_region => Err(Fault::IamInRegion(resource.to_owned())),
        "iam" => match arn.resource.split_once('/') {
            Some((first, _)) if is_open(first) || IAM_PATHS.contains(&first) => Ok(()),
            None if is_open(arn.resource) || arn.resource == "root" => Ok(()),
            _ => Err(Fault::IamPath),
        },
        _ => Ok(()),
    }
}

/// Whether a resource is one that "failed legacy parsing": an ARN of a known partition with four or five
/// parts, or without a service. One with a wildcard passes, as the wildcard may stand for the rest.
fn fails_legacy_parsing(resource: &str) -> bool {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    parts[0] == "arn"
        && (parts.len() == 4 || parts.len() == 5 || (parts.len() == 6 && parts[2].is_empty()))
        && !resource.contains(['*', '?', '$'])
        && PARTITIONS.contains(&parts[1])
}

/// Whether an ARN's account is neither a number nor `aws` (F-IAM-09). One with a wildcard or a variable passes.
fn is_of_no_account(resource: &str) -> bool {
    Arn::parse(resource).is_some_and(|arn| {
        !arn.account.bytes().all(|byte| byte.is_ascii_digit())
            && arn.account != "aws"
            && !arn.account.contains(['*', '?', '$'])
    })
}

/// The form of an action (F-IAM-06).
fn check_action(action: &str) -> Result<(), Fault> {
    if action == "*" {
        return Ok(());
    }
    let (vendor, name) = action.split_once(':').ok_or(Fault::NoVendor)?;
    if name.contains(':') {
        return Err(Fault::ManyColons);
    }
    let fits = !vendor.is_empty()
        && vendor.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if fits || vendor == "*" {
        Ok(())
    } else if vendor.contains(['*', '?']) {
        Err(Fault::VendorWildcard)
    } else {
        Err(Fault::InvalidVendor(vendor.to_owned()))
    }
}

/// Compiles a draft, which refuses what IAM calls legacy: effects in the wrong case, values that cannot be
/// read, ARNs that are cut short.
fn compile(draft: &Draft, version: Version, kind: Option<PolicyKind>) -> Result<Statement, MalformedPolicy> {
    let legacy = || MalformedPolicy::new(Fault::Legacy).at(&draft.place);
    let effect = match draft.effect.as_str() {
        "Allow" => Effect::Allow,
        "Deny" => Effect::Deny,
        _ => return Err(legacy()),
    };
    let variables = version == Version::Current;
    let mut conditions = Vec::with_capacity(draft.conditions.len());
    for (operator, key, values) in &draft.conditions {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let condition = Condition::new(*operator, key, &values, variables);
        // F-IAM-23: a session policy may hold anything but what is no base64; and what one kind may hold is read
        // from the store without regard to the kind.
        let refused = kind.is_some_and(|kind| kind != PolicyKind::Session || condition.is_binary());
        if refused && condition.has_unreadable_value() {
            return Err(legacy());
        }
        conditions.push(condition);
    }
    let is_kept = matches!(kind, Some(PolicyKind::Managed | PolicyKind::Inline));
    let fails = |text: &String| fails_legacy_parsing(text) || (is_kept && is_of_no_account(text));
    if draft.resources.iter().flat_map(|choice| &choice.entries).any(fails) {
        return Err(legacy());
    }
    let actions: Vec<&str> =
        draft.actions.iter().flat_map(|choice| &choice.entries).map(String::as_str).collect();
    let resource = |text: &String| TextPattern::new(text, Dialect::Resource, variables);
    Ok(Statement {
        sid: draft.sid.as_deref().filter(|sid| !sid.is_empty()).map(Into::into),
        effect,
        actions: ActionElement::new(
            draft.actions.as_ref().is_some_and(|choice| choice.negated),
            actions.into_iter(),
        ),
        resources: draft.resources.as_ref().map(|choice| Selection {
            negated: choice.negated,
            patterns: choice.entries.iter().map(resource).collect(),
        }),
        principals: draft.principals.as_ref().map(|choice| principal_element(draft, choice)).transpose()?,
        conditions: conditions.into(),
    })
}

/// Compiles `Principal` or `NotPrincipal`.
fn principal_element(
    draft: &Draft,
    choice: &Choice<(String, String)>,
) -> Result<PrincipalElement, MalformedPolicy> {
    let entries: Vec<(&str, &str)> =
        choice.entries.iter().map(|(kind, text)| (kind.as_str(), text.as_str())).collect();
    PrincipalElement::new(choice.negated, &entries).map_err(|at| {
        let (kind, text) = choice.entries[at].clone();
        MalformedPolicy::new(Fault::InvalidPrincipal(kind, text)).at(format!("{}.Principal", draft.place))
    })
}
