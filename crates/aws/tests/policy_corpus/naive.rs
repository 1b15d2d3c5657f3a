//! A second evaluator, written for plainness alone: it reads the JSON anew each time, follows AWS's pages
//! sentence by sentence, matches by recursion and shares nothing with the first one.

mod matching;

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::Value;

use crate::case::{ACCOUNT, Case, ISSUED_AT, NOW, SOURCE_IP};
use matching::{address, arn_glob, glob, in_lower_case, in_network, in_units, is_arn, ordered, time};

/// Context keys in lower case, whether multivalued, and the values.
type Context = BTreeMap<String, (bool, Vec<String>)>;

/// Everything that a statement looks at.
struct Asked<'c> {
    case: &'c Case,
    context: Context,
}

/// How a resource policy means the caller; a later one is stronger.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Meant {
    ByAccount,
    ByRole,
    Directly,
}

/// `allow`, or `deny`, how and by which type of policy.
pub fn decide(case: &Case) -> String {
    let asked = Asked { case, context: context(case) };
    let sets = &case.policies;
    let one = |name: &str| sets.get(name).map(|policy| vec![policy]);
    let federated = case.caller == "federated";
    let empty = Value::Array(Vec::new());
    let session = sets.get("session").or(federated.then_some(&empty)).map(list);
    let levels = |name: &str| -> Vec<Vec<&Value>> {
        sets.get(name).map(list).unwrap_or_default().iter().map(|level| list(level)).collect()
    };
    let (rcp, scp) = (levels("resource_control"), levels("service_control"));
    let identity = sets.get("identity").map(list).unwrap_or_default();
    let resource = sets.get("resource");
    let resource_name = match resource {
        Some(resource) if resource["kind"] == "trust" => "role trust policy",
        _ => "resource-based policy",
    };

    let denied = |policies: &[&Value], place: &str| asked.strongest(policies, place, "Deny").is_some();
    let explicit = [
        ("resource control policy", rcp.iter().any(|level| denied(level, "rcp"))),
        ("service control policy", scp.iter().any(|level| denied(level, "caller"))),
        (resource_name, resource.is_some_and(|policy| denied(&[policy], "resource"))),
        ("identity-based policy", denied(&identity, "caller")),
        ("permissions boundary", one("permissions_boundary").is_some_and(|p| denied(&p, "caller"))),
        ("session policy", session.as_ref().is_some_and(|p| denied(p, "caller"))),
    ];
    if let Some((name, _)) = explicit.iter().find(|(_, denied)| *denied) {
        return format!("deny explicit {name}");
    }

    let allows = |policies: &[&Value], place: &str| asked.strongest(policies, place, "Allow").is_some();
    if !rcp.iter().all(|level| allows(level, "rcp")) {
        return "deny implicit resource control policy".to_owned();
    }
    if !scp.iter().all(|level| allows(level, "caller")) {
        return "deny implicit service control policy".to_owned();
    }
    let mut identity_needed = case.caller != "root";
    if let Some(policy) = resource {
        let meant = asked.strongest(&[policy], "resource", "Allow");
        if policy["owner"] == ACCOUNT {
            if meant == Some(Meant::Directly) {
                return "allow".to_owned();
            }
            if meant.is_none() && policy["kind"] != "optional" {
                return format!("deny implicit {resource_name}");
            }
            if meant == Some(Meant::ByRole) {
                identity_needed = false;
            }
        } else if meant.is_none() {
            return format!("deny implicit {resource_name}");
        }
    }
    if identity_needed && !allows(&identity, "caller") {
        return "deny implicit identity-based policy".to_owned();
    }
    if one("permissions_boundary").is_some_and(|p| !allows(&p, "caller")) {
        return "deny implicit permissions boundary".to_owned();
    }
    // F-STSAPI-ROOT-4
    if case.caller != "root" && session.is_some_and(|p| !allows(&p, "caller")) {
        return "deny implicit session policy".to_owned();
    }
    "allow".to_owned()
}

/// What the policies of each type say by themselves, in the order of evaluation: `allow`, `deny` or `nothing`; `None`
/// where the type does not apply.
pub fn layers(case: &Case) -> [Option<&'static str>; 6] {
    let asked = Asked { case, context: context(case) };
    let sets = &case.policies;
    let says = |policies: &[&Value], place: &str| {
        let speaks = |effect: &str| asked.strongest(policies, place, effect).is_some();
        if speaks("Deny") {
            "deny"
        } else if speaks("Allow") {
            "allow"
        } else {
            "nothing"
        }
    };
    let levels = |name: &str, place: &str| {
        let levels = sets.get(name).map(list).unwrap_or_default();
        let said: Vec<_> = levels.iter().map(|level| says(&list(level), place)).collect();
        let all_allow = said.iter().all(|said| *said == "allow");
        let together = if said.contains(&"deny") {
            "deny"
        } else if all_allow {
            "allow"
        } else {
            "nothing"
        };
        (!said.is_empty()).then_some(together)
    };
    let listed = |name: &str| sets.get(name).map(list);
    let session = listed("session").or((case.caller == "federated").then(Vec::new));
    let identity = listed("identity").unwrap_or_default();
    [
        levels("resource_control", "rcp"),
        levels("service_control", "caller"),
        sets.get("resource").map(|policy| says(&[policy], "resource")),
        (case.caller != "root" || !identity.is_empty()).then(|| says(&identity, "caller")),
        sets.get("permissions_boundary").map(|policy| says(&[policy], "caller")),
        session.map(|policies| match says(&policies, "caller") {
            "nothing" if case.caller == "root" => "allow",
            said => said,
        }),
    ]
}

/// The items of a list, or the one thing that stands for a list of one.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// Text of a scalar.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The context that the pages on global condition keys promise.
fn context(case: &Case) -> Context {
    let mut context = Context::new();
    let mut put = |key: &str, value: &str| {
        context.insert(key.to_lowercase(), (false, vec![value.to_owned()]));
    };
    let (arn, id, kind) = match case.caller.as_str() {
        "root" => ("arn:aws:iam::111122223333:root", ACCOUNT, "Account"),
        "user" => ("arn:aws:iam::111122223333:user/team/ann", "AIDAEXAMPLEANN", "User"),
        "role" => ("arn:aws:iam::111122223333:role/team/reader", "AROAEXAMPLEREADER:monday", "AssumedRole"),
        _ => ("arn:aws:sts::111122223333:federated-user/guest", "111122223333:guest", "FederatedUser"),
    };
    put("aws:PrincipalArn", arn);
    put("aws:PrincipalAccount", ACCOUNT);
    put("aws:PrincipalType", kind);
    put("aws:userid", id);
    put("aws:PrincipalIsAWSService", "false");
    if case.caller == "user" {
        put("aws:username", "ann");
    }
    if case.caller == "role" || case.caller == "federated" {
        put("aws:TokenIssueTime", ISSUED_AT);
        put("aws:MultiFactorAuthPresent", "false");
    }
    put("aws:CurrentTime", NOW);
    put("aws:EpochTime", "1795262400");
    put("aws:RequestedRegion", "us-east-1");
    put("aws:SecureTransport", "true");
    put("aws:ViaAWSService", "false");
    put("aws:SourceIp", SOURCE_IP);
    for (key, value) in &case.context {
        context.insert(key.to_lowercase(), (value.is_array(), list(value).into_iter().map(text).collect()));
    }
    context
}

impl Asked<'_> {
    /// How strongly statements with `effect` speak of the request; `place` is `caller`, `rcp` or `resource`.
    fn strongest(&self, policies: &[&Value], place: &str, effect: &str) -> Option<Meant> {
        let mut strongest = None;
        for policy in policies {
            let document = policy.get("policy").unwrap_or(policy);
            let variables = document["Version"] == "2012-10-17";
            for statement in list(&document["Statement"]) {
                if statement["Effect"] != effect {
                    continue;
                }
                let meant = self.speaks(statement, place, variables);
                if meant.is_some() && meant > strongest {
                    strongest = meant;
                }
            }
        }
        strongest
    }

    fn speaks(&self, statement: &Value, place: &str, variables: bool) -> Option<Meant> {
        let deny = statement["Effect"] == "Deny";
        let action = self.case.action.to_lowercase();
        let is_action = |pattern: &&Value| {
            let symbols: Vec<(char, bool)> =
                text(pattern).to_lowercase().chars().map(|c| (c, true)).collect();
            glob(&in_units(&symbols), &action.encode_utf16().collect::<Vec<_>>())
        };
        let acts = match (statement.get("Action"), statement.get("NotAction")) {
            (Some(actions), _) => list(actions).iter().any(is_action),
            (_, Some(actions)) => !list(actions).iter().any(is_action),
            _ => false,
        };
        let is_resource = |pattern: &&Value| {
            let resource: Vec<u16> = self.case.resource.encode_utf16().collect();
            let pattern = text(pattern);
            let parts: Vec<&str> = pattern.splitn(6, ':').collect();
            // Variables stand behind the fifth colon only.
            let (before, behind) = match parts.as_slice() {
                [before @ .., behind] if parts.len() == 6 => (before.join(":") + ":", *behind),
                _ => (pattern.clone(), ""),
            };
            let symbols: Vec<(char, bool)> = before.chars().map(|c| (c, true)).collect();
            self.expand(behind, variables)
                .is_some_and(|rest| arn_glob(&in_units(&[symbols, rest].concat()), 0, &resource, true))
        };
        let resources = match (statement.get("Resource"), statement.get("NotResource")) {
            (Some(resources), _) => list(resources).iter().any(is_resource),
            (_, Some(resources)) => !list(resources).iter().any(is_resource),
            _ => place == "resource" || deny,
        };
        if !acts || !resources || !self.condition(statement, variables).unwrap_or(deny) {
            return None;
        }
        let principal = statement.get("Principal").or(statement.get("NotPrincipal"));
        match (place, principal) {
            ("rcp", _) | ("caller", None) => Some(Meant::Directly),
            ("resource", Some(principal)) => {
                self.principal(principal, statement.get("Principal").is_none(), deny)
            }
            _ => deny.then_some(Meant::Directly),
        }
    }

    /// Whom `Principal` means. All names of the caller are listed, weakest first.
    fn principal(&self, element: &Value, not: bool, deny: bool) -> Option<Meant> {
        let mut entries = Vec::new();
        if element == "*" {
            entries.push("*".to_owned());
        } else {
            entries.extend(element.get("AWS").map(list).unwrap_or_default().into_iter().map(text));
        }
        let account = vec![ACCOUNT, "arn:aws:iam::111122223333:root"];
        let names: Vec<(Meant, Vec<&str>)> = match self.case.caller.as_str() {
            "root" => vec![(Meant::Directly, account)],
            "user" => vec![
                (Meant::ByAccount, account),
                (Meant::Directly, vec!["arn:aws:iam::111122223333:user/team/ann", "AIDAEXAMPLEANN"]),
            ],
            "role" => vec![
                (Meant::ByAccount, account),
                (Meant::ByRole, vec!["arn:aws:iam::111122223333:role/team/reader", "AROAEXAMPLEREADER"]),
                (Meant::Directly, vec!["arn:aws:sts::111122223333:assumed-role/reader/monday"]),
            ],
            _ => vec![
                (Meant::ByAccount, account),
                (Meant::Directly, vec!["arn:aws:sts::111122223333:federated-user/guest"]),
            ],
        };
        let everyone = entries.iter().any(|entry| entry == "*");
        let listed = |names: &[&str]| entries.iter().any(|entry| names.contains(&entry.as_str()));
        if !not {
            if everyone {
                return Some(Meant::Directly);
            }
            return names.iter().rev().find(|(_, names)| listed(names)).map(|(meant, _)| *meant);
        }
        let spared = if deny {
            everyone || names.iter().all(|(_, names)| listed(names))
        } else {
            everyone || names.iter().any(|(_, names)| listed(names))
        };
        (!spared).then_some(Meant::Directly)
    }

    /// Whether all conditions hold; `None` where none fails and one cannot be evaluated.
    fn condition(&self, statement: &Value, variables: bool) -> Option<bool> {
        let Some(operators) = statement.get("Condition").and_then(Value::as_object) else {
            return Some(true);
        };
        let mut results = Vec::new();
        for (operator, keys) in operators {
            for (key, values) in keys.as_object().expect("keys") {
                let values: Vec<String> = list(values).into_iter().map(text).collect();
                results.push(self.operator(operator, key, &values, variables));
            }
        }
        if results.contains(&Some(false)) {
            return Some(false);
        }
        if results.contains(&None) { None } else { Some(true) }
    }

    fn operator(&self, operator: &str, key: &str, wanted: &[String], variables: bool) -> Option<bool> {
        let (set, name) = operator.split_once(':').unwrap_or(("", operator));
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (multivalued, values) = self.context.get(&key.to_lowercase()).cloned().unwrap_or_default();
        if name == "Null" {
            // Whatever is not "true" is false.
            return Some(wanted.iter().any(|wanted| (wanted.to_lowercase() == "true") == values.is_empty()));
        }
        let not = name.contains("Not");
        if values.is_empty() {
            return Some(if_exists || set == "ForAllValues" || (set.is_empty() && not));
        }
        if multivalued && set.is_empty() {
            return Some(false);
        }
        let name = name.replace("Not", "");
        let mut held = Vec::new();
        for value in &values {
            let is_foreign = (name.starts_with("Arn") && !is_arn(value))
                || (name == "IpAddress" && address(value).is_none());
            let holds = if is_foreign {
                false
            } else if name.starts_with("Arn") {
                self.is_one_arn(value, wanted, variables)? != not
            } else {
                wanted.iter().any(|wanted| self.compare(&name, value, wanted, variables)) != not
            };
            held.push(holds);
            // Nothing behind the value that settles it is looked at.
            if holds != (set == "ForAllValues") {
                break;
            }
        }
        Some(if set == "ForAllValues" { !held.contains(&false) } else { held.contains(&true) })
    }

    /// Whether an ARN is one of those wanted; `None` where it meets something else before one that fits.
    fn is_one_arn(&self, value: &str, wanted: &[String], variables: bool) -> Option<bool> {
        let value: Vec<u16> = value.encode_utf16().collect();
        for wanted in wanted {
            let Some(symbols) = self.expand(wanted, variables) else { continue };
            let plain: String = symbols.iter().map(|(c, wild)| if *wild { *c } else { '.' }).collect();
            let colons = symbols.iter().filter(|(c, _)| *c == ':').count();
            let first: String = symbols.iter().take_while(|(c, _)| *c != ':').map(|(c, _)| *c).collect();
            let wild_first =
                symbols.iter().take_while(|(c, _)| *c != ':').any(|(c, w)| *w && "*?".contains(*c));
            if (first != "arn" && !wild_first) || (colons < 5 && !plain.ends_with('*')) {
                return None;
            }
            if arn_glob(&in_units(&symbols), 0, &value, false) {
                return Some(true);
            }
        }
        Some(false)
    }

    /// One request value against one policy value, by the operator's name without "Not".
    fn compare(&self, name: &str, value: &str, wanted: &str, variables: bool) -> bool {
        let symbols = || self.expand(wanted, variables);
        let plain = || symbols().map(|symbols| symbols.into_iter().map(|(c, _)| c).collect::<String>());
        let characters: Vec<u16> = value.encode_utf16().collect();
        match name {
            "StringEquals" => plain().is_some_and(|wanted| wanted == value),
            "StringEqualsIgnoreCase" => {
                plain().is_some_and(|wanted| in_lower_case(&wanted) == in_lower_case(value))
            }
            "StringLike" => symbols().is_some_and(|symbols| glob(&in_units(&symbols), &characters)),
            "Bool" => (value.to_lowercase() == "true") == (wanted.to_lowercase() == "true"),
            "BinaryEquals" => {
                let bytes = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).ok();
                bytes(value).is_some() && bytes(value) == bytes(wanted)
            }
            "IpAddress" => in_network(value, wanted),
            _ if name.starts_with("Numeric") => match (value.parse::<i128>(), wanted.parse::<i128>()) {
                (Ok(value), Ok(wanted)) => ordered(name, value, wanted),
                _ => match (value.parse::<f64>(), wanted.parse::<f64>()) {
                    (Ok(value), Ok(wanted)) => {
                        value.is_finite() && wanted.is_finite() && ordered(name, value, wanted)
                    }
                    _ => false,
                },
            },
            _ if name.starts_with("Date") => match (time(value), time(wanted)) {
                (Some(value), Some(wanted)) => ordered(name, value, wanted),
                _ => false,
            },
            other => panic!("no operator {other}"),
        }
    }

    /// The characters of a policy text with its variables filled in, and which may be wildcards.
    fn expand(&self, text: &str, variables: bool) -> Option<Vec<(char, bool)>> {
        let Some(first) = text.chars().next() else { return Some(Vec::new()) };
        let mut done: Vec<(char, bool)>;
        let rest;
        match text.strip_prefix("${").filter(|_| variables).and_then(|inner| split_variable(inner)) {
            Some((inner, after)) => {
                rest = after;
                let (key, default) = match inner.split_once(',') {
                    Some((key, default)) => (key, Some(default.trim())),
                    None => (inner, None),
                };
                let value = match key {
                    "*" | "?" | "$" => key.to_owned(),
                    _ => match (self.context.get(&key.trim().to_lowercase()), default) {
                        (Some((false, values)), _) => values[0].clone(),
                        (Some((true, values)), _) if !values.is_empty() => return None,
                        (_, Some(default)) => default[1..default.len() - 1].replace("''", "'"),
                        (_, None) => return None,
                    },
                };
                done = value.chars().map(|c| (c, false)).collect();
            }
            None => {
                rest = &text[first.len_utf8()..];
                done = vec![(first, true)];
            }
        }
        done.extend(self.expand(rest, variables)?);
        Some(done)
    }
}

/// Splits `key}rest` or `key, 'default'}rest`. Defaults of the cases hold no braces.
fn split_variable(text: &str) -> Option<(&str, &str)> {
    let (inner, rest) = text.split_once('}')?;
    let special = matches!(inner, "*" | "?" | "$");
    (special || (!inner.trim().is_empty() && !inner.contains(['{', '$']))).then_some((inner, rest))
}
