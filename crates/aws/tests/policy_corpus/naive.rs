//! A second evaluator, written for plainness alone: it reads the JSON anew each time, follows AWS's pages
//! sentence by sentence, matches by recursion and shares nothing with the first one.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine as _;
use serde_json::Value;

use crate::case::{ACCOUNT, Case, ISSUED_AT, NOW, SOURCE_IP};

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
    if session.is_some_and(|p| !allows(&p, "caller")) {
        return "deny implicit session policy".to_owned();
    }
    "allow".to_owned()
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
            glob(&symbols, &action.chars().collect::<Vec<_>>())
        };
        let acts = match (statement.get("Action"), statement.get("NotAction")) {
            (Some(actions), _) => list(actions).iter().any(is_action),
            (_, Some(actions)) => !list(actions).iter().any(is_action),
            _ => false,
        };
        let is_resource = |pattern: &&Value| {
            let resource: Vec<char> = self.case.resource.chars().collect();
            self.expand(&text(pattern), variables)
                .is_some_and(|symbols| arn_glob(&symbols, 0, &resource, true))
        };
        let resources = match (statement.get("Resource"), statement.get("NotResource")) {
            (Some(resources), _) => list(resources).iter().any(is_resource),
            (_, Some(resources)) => !list(resources).iter().any(is_resource),
            _ => place == "resource" || deny,
        };
        if !acts || !resources || !self.condition(statement, variables) {
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

    fn condition(&self, statement: &Value, variables: bool) -> bool {
        let Some(operators) = statement.get("Condition").and_then(Value::as_object) else { return true };
        operators.iter().all(|(operator, keys)| {
            keys.as_object().expect("keys").iter().all(|(key, values)| {
                self.operator(
                    operator,
                    key,
                    &list(values).into_iter().map(text).collect::<Vec<_>>(),
                    variables,
                )
            })
        })
    }

    fn operator(&self, operator: &str, key: &str, wanted: &[String], variables: bool) -> bool {
        let (set, name) = operator.split_once(':').unwrap_or(("", operator));
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let values =
            self.context.get(&key.to_lowercase()).map(|(_, values)| values.clone()).unwrap_or_default();
        if name == "Null" {
            return wanted
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(if values.is_empty() { "true" } else { "false" }));
        }
        let not = name.contains("Not");
        if values.is_empty() {
            return if_exists || set == "ForAllValues" || (set.is_empty() && not);
        }
        let name = name.replace("Not", "");
        let is_one =
            |value: &String| wanted.iter().any(|wanted| self.compare(&name, value, wanted, variables));
        match set {
            "ForAllValues" => values.iter().all(|value| is_one(value) != not),
            "ForAnyValue" => values.iter().any(|value| is_one(value) != not),
            _ if not => !values.iter().any(is_one),
            _ => values.iter().any(is_one),
        }
    }

    /// One request value against one policy value, by the operator's name without "Not".
    fn compare(&self, name: &str, value: &str, wanted: &str, variables: bool) -> bool {
        let symbols = || self.expand(wanted, variables);
        let plain = || symbols().map(|symbols| symbols.into_iter().map(|(c, _)| c).collect::<String>());
        let characters: Vec<char> = value.chars().collect();
        match name {
            "StringEquals" => plain().is_some_and(|wanted| wanted == value),
            "StringEqualsIgnoreCase" => {
                plain().is_some_and(|wanted| wanted.to_lowercase() == value.to_lowercase())
            }
            "StringLike" => symbols().is_some_and(|symbols| glob(&symbols, &characters)),
            "ArnEquals" | "ArnLike" => {
                value.starts_with("arn:")
                    && value.matches(':').count() >= 5
                    && symbols().is_some_and(|symbols| arn_glob(&symbols, 0, &characters, false))
            }
            "Bool" => {
                let truth = |text: &str| text.to_lowercase().parse::<bool>();
                truth(value).is_ok() && truth(value) == truth(wanted)
            }
            "BinaryEquals" => {
                let bytes = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).ok();
                bytes(value).is_some() && bytes(value) == bytes(wanted)
            }
            "IpAddress" => in_network(value, wanted),
            _ if name.starts_with("Numeric") => match (value.parse::<f64>(), wanted.parse::<f64>()) {
                (Ok(value), Ok(wanted)) => ordered(name, value, wanted),
                _ => false,
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

/// Wildcards that reach over everything.
fn glob(pattern: &[(char, bool)], text: &[char]) -> bool {
    match pattern.first() {
        None => text.is_empty(),
        Some(('*', true)) => (0..=text.len()).any(|taken| glob(&pattern[1..], &text[taken..])),
        Some(('?', true)) => !text.is_empty() && glob(&pattern[1..], &text[1..]),
        Some((character, _)) => text.first() == Some(character) && glob(&pattern[1..], &text[1..]),
    }
}

/// Wildcards that stay within the first five parts of an ARN; in `Resource` a `*` that ends a part may pass
/// the colon, elsewhere only one that ends the pattern.
fn arn_glob(pattern: &[(char, bool)], colons: usize, text: &[char], resource: bool) -> bool {
    let Some(&(character, wild)) = pattern.first() else { return text.is_empty() };
    let rest = &pattern[1..];
    let within = colons < 5;
    match character {
        '*' if wild => {
            let ends = rest.is_empty() || (resource && rest[0].0 == ':');
            let reach = if within && !ends {
                text.iter().position(|c| *c == ':').unwrap_or(text.len())
            } else {
                text.len()
            };
            (0..=reach).any(|taken| arn_glob(rest, colons, &text[taken..], resource))
        }
        '?' if wild => {
            text.first().is_some_and(|c| !within || *c != ':') && arn_glob(rest, colons, &text[1..], resource)
        }
        _ => {
            let colons = colons + usize::from(character == ':');
            text.first() == Some(&character) && arn_glob(rest, colons, &text[1..], resource)
        }
    }
}

fn ordered<T: PartialOrd>(name: &str, value: T, wanted: T) -> bool {
    match name.trim_start_matches("Numeric").trim_start_matches("Date") {
        "Equals" => value == wanted,
        "LessThan" => value < wanted,
        "LessThanEquals" => value <= wanted,
        "GreaterThan" => value > wanted,
        "GreaterThanEquals" => value >= wanted,
        other => panic!("no order {other}"),
    }
}

/// Seconds since 1970; the cases use whole seconds.
fn time(text: &str) -> Option<i64> {
    let padded = match text.len() {
        7 if text.contains('-') => format!("{text}-01T00:00:00Z"),
        10 if text.contains('-') => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    text.parse().ok().or_else(|| Some(padded.parse::<jiff::Timestamp>().ok()?.as_second()))
}

/// Compares bit by bit.
fn in_network(value: &str, network: &str) -> bool {
    let bits = |address: IpAddr| -> String {
        match address {
            IpAddr::V4(address) => format!("4{:032b}", u32::from(address)),
            IpAddr::V6(address) => format!("6{:0128b}", u128::from(address)),
        }
    };
    let (address, length) = network.split_once('/').unwrap_or((network, "128"));
    let (Ok(value), Ok(address)) = (value.parse(), address.parse()) else { return false };
    let length: usize = length.parse().expect("a prefix length");
    let (value, address) = (bits(value), bits(address));
    let length = (length + 1).min(address.len());
    value.starts_with(&address[..length])
}
