//! Inputs at, below and above every constraint of a model, derived from the model file itself and not from
//! the code that is generated from it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws::smithy::Pattern;
use serde_json::{Map, Value, json};
use services::service::Service;

use crate::cast::MEMBER;

/// The model of a service.
pub struct Model(Value);

/// What a value breaks.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Required,
    MinLength(usize),
    MaxLength(usize),
    Pattern(String),
    Enum(Vec<String>),
    Min(i64),
    Max(i64),
    /// The type that it is of, and the one that it should be of.
    Type(&'static str, &'static str),
}

/// One broken constraint.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Where the value stands: members by name, list members by position from 1.
    pub path: Vec<String>,
    pub value: Value,
    pub rule: Rule,
    /// Whether the model calls the value sensitive.
    pub is_sensitive: bool,
    /// All that a member of the list must be, where the value is one.
    pub of_members: Vec<Rule>,
}

/// One input, and what is wrong with it: nothing where it breaks no constraint.
#[derive(Clone)]
pub struct Case {
    pub what: String,
    pub input: Value,
    pub broken: Vec<Broken>,
}

/// A value in the place of a member, what is said of it, and what it breaks. The path is that below the
/// member.
type Variant = (String, Value, Vec<Broken>);

impl Model {
    pub fn read(service: Service) -> Self {
        let text = match service {
            Service::Account => include_str!("../../../../models/account-2021-02-01.json"),
            Service::CloudTrail => include_str!("../../../../models/cloudtrail-2013-11-01.json"),
            Service::Ec2 => include_str!("../../../../models/ec2-2016-11-15.json"),
            Service::Iam => include_str!("../../../../models/iam-2010-05-08.json"),
            Service::Organizations => include_str!("../../../../models/organizations-2016-11-28.json"),
            Service::ServiceQuotas => include_str!("../../../../models/service-quotas-2019-06-24.json"),
            Service::Sts => include_str!("../../../../models/sts-2011-06-15.json"),
            Service::Tagging => include_str!("../../../../models/resourcegroupstaggingapi-2017-01-26.json"),
        };
        let mut model: Value = serde_json::from_str(text).unwrap();
        let recorded: Value = serde_json::from_str(include_str!("../../../../models/recorded.json")).unwrap();
        // What AWS says otherwise than its models.
        for entry in recorded[service.signing_name()].as_array().into_iter().flatten() {
            let shape = &mut model["shapes"][entry["shape"].as_str().unwrap()];
            for (said, key) in
                [("values", "enum"), ("pattern", "pattern"), ("members_not_null", "members_not_null")]
            {
                if !entry[said].is_null() {
                    shape[key] = entry[said].clone();
                }
            }
        }
        Self(model)
    }

    /// The input of an operation; `None` where it takes none.
    pub fn input(&self, operation: &str) -> Option<&Value> {
        let name = self.0["operations"][operation]["input"]["shape"].as_str()?;
        Some(self.shape(name))
    }

    fn shape(&self, name: &str) -> &Value {
        &self.0["shapes"][name]
    }

    pub fn member<'m>(&'m self, structure: &Value, member: &str) -> &'m Value {
        self.shape(structure["members"][member]["shape"].as_str().unwrap())
    }

    fn of_list(&self, list: &Value) -> &Value {
        self.shape(list["member"]["shape"].as_str().unwrap())
    }

    /// The cases of every member below `structure`. `whole` is a value of it that breaks nothing, and `put`
    /// sets such a value into an input.
    pub fn cases(
        &self,
        path: &[String],
        structure: &Value,
        whole: &Map<String, Value>,
        put: &dyn Fn(Value) -> Value,
        cases: &mut Vec<Case>,
    ) {
        for name in structure["members"].as_object().unwrap().keys() {
            let shape = self.member(structure, name);
            let own = [path, std::slice::from_ref(name)].concat();
            let what = own.join(".");
            let with = |value: Value| {
                let mut input = whole.clone();
                input.insert(name.clone(), value);
                Value::Object(input)
            };
            for (of, value, mut broken) in self.variants(name, shape) {
                // The operation is not told, the path below it is.
                broken.iter_mut().for_each(|it| it.path.splice(0..0, own[1..].to_vec()).for_each(drop));
                cases.push(Case { what: format!("{what}: {of}"), input: put(with(value)), broken });
            }
            let is_required = structure["required"].as_array().into_iter().flatten().any(|it| it == name);
            let missing = Broken {
                path: own[1..].to_vec(),
                value: Value::Null,
                rule: Rule::Required,
                is_sensitive: false,
                of_members: Vec::new(),
            };
            let broken: Vec<_> = is_required.then_some(missing).into_iter().collect();
            let mut without = whole.clone();
            without.shift_remove(name);
            for (of, input) in [("absent", Value::Object(without)), ("null", with(Value::Null))] {
                cases.push(Case { what: format!("{what}: {of}"), input: put(input), broken: broken.clone() });
            }
            if shape["type"] == "structure" {
                self.cases(&own, shape, &self.whole(shape), &|value| put(with(value)), cases);
            }
            if shape["type"] == "list" && self.of_list(shape)["type"] == "structure" {
                let of = self.of_list(shape);
                let own = [own.as_slice(), &["1".to_owned()]].concat();
                self.cases(&own, of, &self.whole(of), &|value| put(with(json!([value]))), cases);
            }
        }
    }

    /// A value of the structure with every member.
    pub fn whole(&self, structure: &Value) -> Map<String, Value> {
        let members = structure["members"].as_object().unwrap().keys();
        members.map(|name| (name.clone(), self.valid(name, self.member(structure, name)))).collect()
    }

    /// A value that breaks nothing.
    pub fn valid(&self, member: &str, shape: &Value) -> Value {
        match (member, shape["type"].as_str().unwrap()) {
            ("AccountId" | "StandardAccountId", _) => json!(MEMBER),
            ("RegionName", _) => json!("af-south-1"),
            ("NextToken", _) => json!(""),
            (_, "string") if shape["enum"].is_array() => shape["enum"][0].clone(),
            (_, "string") => {
                let (min, max) = (bound(shape, "min").unwrap_or(1).max(2), bound(shape, "max").unwrap_or(64));
                let text = (min..=max).find_map(|length| matching(&pattern(shape), length));
                json!(text.unwrap_or_else(|| panic!("a text for {member} is missing in cases.rs")))
            }
            (_, "integer") if shape["min"].is_null() => json!(100),
            (_, "integer") => shape["min"].clone(),
            (_, "double") => json!(100.0),
            (_, "map") => json!({ "team": "blue" }),
            (_, "boolean") => json!(true),
            (_, "timestamp") => json!(0),
            (_, "list") if bound(shape, "min").is_some_and(|min| min > 0) => {
                json!([self.valid(member, self.of_list(shape))])
            }
            (_, "list") => json!([]),
            (_, "structure") => Value::Object(self.whole(shape)),
            other => panic!("no input has {other:?}"),
        }
    }

    fn variants(&self, member: &str, shape: &Value) -> Vec<Variant> {
        let mut variants = match shape["type"].as_str().unwrap() {
            "string" if shape["enum"].is_array() => enums(shape),
            "string" => strings(member, shape),
            "integer" => integers(shape),
            "list" => self.lists(member, shape),
            "boolean" => wrong_types("boolean"),
            "timestamp" | "double" => Vec::new(),
            "map" => wrong_types("object"),
            "structure" => wrong_types("object"),
            other => panic!("no input has a {other}"),
        };
        let is_sensitive = shape["sensitive"] == true;
        let broken = variants.iter_mut().flat_map(|(_, _, broken)| broken);
        broken.for_each(|broken| broken.is_sensitive |= is_sensitive);
        variants
    }

    fn lists(&self, member: &str, shape: &Value) -> Vec<Variant> {
        let of = self.of_list(shape);
        let mut variants = wrong_types("array");
        let one = if of["type"] == "structure" { json!({}) } else { self.valid(member, of) };
        if of["type"] != "structure" {
            for (what, value, mut broken) in self.variants(member, of) {
                for it in &mut broken {
                    it.path.insert(0, "1".to_owned());
                    it.of_members = rules(of);
                    it.of_members.extend((shape["members_not_null"] == true).then_some(Rule::Required));
                }
                variants.push((format!("member {what}"), json!([value]), broken));
            }
        }
        let of_length = |length: usize| Value::Array(vec![one.clone(); length]);
        if let Some(max) = bound(shape, "max").filter(|_| of["type"] != "structure") {
            variants.push(("longest".to_owned(), of_length(max), Vec::new()));
            let long = of_length(max + 1);
            variants.push(("too long".to_owned(), long.clone(), vec![broken(long, Rule::MaxLength(max))]));
        }
        variants
    }
}

fn broken(value: Value, rule: Rule) -> Broken {
    Broken { path: Vec::new(), value, rule, is_sensitive: false, of_members: Vec::new() }
}

/// All constraints of a text or an enum, in the order in which AWS names them.
fn rules(shape: &Value) -> Vec<Rule> {
    let values = shape["enum"].as_array();
    let values = values.map(|values| values.iter().map(|value| value.as_str().unwrap().to_owned()).collect());
    let rules = [
        bound(shape, "max").map(Rule::MaxLength),
        bound(shape, "min").map(Rule::MinLength),
        pattern(shape).map(Rule::Pattern),
        values.map(Rule::Enum),
    ];
    rules.into_iter().flatten().collect()
}

/// Texts that some pattern of a model asks for: what they begin with, what may be repeated, and what they end
/// with.
const TEXTS: &[(&str, &str, &str)] = &[
    ("", "ß", ""),
    ("", "n", ""),
    ("+", "1", ""),
    ("", "1", ""),
    ("/", "a", "/"),
    ("/", "", ""),
    ("a@b.", "c", ""),
    ("v1.", "a", ""),
    ("h-", "a", ""),
    ("p-", "a", ""),
    ("r-", "a", ""),
    ("ou-aaaa-", "a", ""),
    ("ou-aaaabbbbccccddddeeeeffffgggghhhh-", "a", ""),
    ("car-", "a", ""),
    ("o-aaaaaaaaaa/r-", "a", ""),
];

fn pattern(shape: &Value) -> Option<String> {
    shape["pattern"].as_str().map(str::to_owned)
}

/// Whether the whole text matches. Patterns are compiled once; they live as long as the tests do.
fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: Mutex<BTreeMap<String, &'static Pattern>> = Mutex::new(BTreeMap::new());
    let compile =
        || -> &'static Pattern { Box::leak(Box::new(Pattern::new(String::leak(pattern.to_owned())))) };
    let known = *COMPILED.lock().unwrap().entry(pattern.to_owned()).or_insert_with(compile);
    known.matches(text)
}

/// A text of `length` characters that matches the pattern.
fn matching(pattern: &Option<String>, length: usize) -> Option<String> {
    TEXTS.iter().find_map(|(begin, filler, end)| {
        let repeated = length.checked_sub(begin.len() + end.len())?;
        let text = format!("{begin}{}{end}", filler.repeat(repeated));
        let is_so_long = text.chars().count() == length;
        (is_so_long && pattern.as_ref().is_none_or(|pattern| matches(pattern, &text))).then_some(text)
    })
}

fn bound(shape: &Value, name: &str) -> Option<usize> {
    shape[name].as_u64().map(|bound| usize::try_from(bound).unwrap())
}

fn strings(member: &str, shape: &Value) -> Vec<Variant> {
    let pattern = pattern(shape);
    let mut variants = Vec::new();
    // The value of these is looked at before the model's constraints are, so a valid one is one that exists.
    let is_free = !matches!(member, "AccountId" | "StandardAccountId" | "Otp" | "NextToken");
    let against = |text: &str| {
        let pattern = pattern.as_ref().filter(|pattern| !matches(pattern, text));
        pattern.map(|pattern| broken(json!(text), Rule::Pattern(pattern.clone())))
    };
    if let Some(min) = bound(shape, "min").filter(|min| *min > 0) {
        let shortest = matching(&pattern, min).filter(|_| is_free);
        variants.extend(shortest.map(|text| ("shortest".to_owned(), json!(text), Vec::new())));
        let text = "1".repeat(min - 1);
        let mut told = vec![broken(json!(text), Rule::MinLength(min))];
        told.extend(against(&text));
        variants.push(("too short".to_owned(), json!(text), told));
    }
    if let Some(max) = bound(shape, "max") {
        let longest = matching(&pattern, max).filter(|_| is_free);
        variants.extend(longest.map(|text| ("longest".to_owned(), json!(text), Vec::new())));
        let text = matching(&pattern, max + 1).unwrap_or_else(|| "1".repeat(max + 1));
        let mut told = vec![broken(json!(text), Rule::MaxLength(max))];
        told.extend(against(&text));
        variants.push(("too long".to_owned(), json!(text), told));
    }
    let text = "<\u{1f600}>";
    if let Some(told) = against(text) {
        let mut told = vec![told];
        // Three characters may be too few as well; lengths are told first.
        if let Some(min) = bound(shape, "min").filter(|min| *min > 3) {
            told.insert(0, broken(json!(text), Rule::MinLength(min)));
        }
        variants.push(("against the pattern".to_owned(), json!(text), told));
    }
    variants.extend(wrong_types("string"));
    variants
}

fn enums(shape: &Value) -> Vec<Variant> {
    let values = shape["enum"].as_array().unwrap();
    let mut variants: Vec<Variant> =
        values.iter().map(|value| (format!("value {value}"), value.clone(), Vec::new())).collect();
    let names = values.iter().map(|value| value.as_str().unwrap().to_owned()).collect();
    variants.push((
        "not in the enum".to_owned(),
        json!("NONE"),
        vec![broken(json!("NONE"), Rule::Enum(names))],
    ));
    variants.extend(wrong_types("string"));
    variants
}

fn integers(shape: &Value) -> Vec<Variant> {
    let (Some(min), Some(max)) = (shape["min"].as_i64(), shape["max"].as_i64()) else {
        return wrong_types("integer");
    };
    let mut variants = vec![
        ("least".to_owned(), json!(min), Vec::new()),
        ("greatest".to_owned(), json!(max), Vec::new()),
        ("too small".to_owned(), json!(min - 1), vec![broken(json!(min - 1), Rule::Min(min))]),
        ("too great".to_owned(), json!(max + 1), vec![broken(json!(max + 1), Rule::Max(max))]),
    ];
    variants.extend(wrong_types("integer"));
    variants
}

fn wrong_types(right: &'static str) -> Vec<Variant> {
    let values = [
        ("boolean", json!(true)),
        ("integer", json!(7)),
        ("number", json!(7.5)),
        ("string", json!("7")),
        ("array", json!([])),
        ("object", json!({})),
    ];
    let wrong = values.into_iter().filter(|(name, _)| *name != right);
    wrong
        .map(|(name, value)| {
            let told = broken(value.clone(), Rule::Type(name, right));
            (format!("{name} for {right}"), value, vec![told])
        })
        .collect()
}
