//! The policy corpus: every case of `tests/policies/*.json` against the evaluator, and against a second,
//! naive one; then thousands of random cases on which both must agree.
//!
//! `recorded.json` is the exception in its form: there each case is what AWS was recorded to decide.
//!
//! A case says what differs from the ordinary request: the user `ann` of account 111122223333 asks
//! `account:GetAlternateContact` on her account. `condition` and `statement` are short for one identity-based
//! policy; `policies` gives all sets. See `case.rs` for the members.

mod case;
mod naive;
mod random;

use serde_json::{Map, Value, json};

use aws::policy::{Policy, PolicyKind};
use case::Case;

/// Reads a corpus file.
#[expect(clippy::disallowed_methods, reason = "the corpus is read by the test, not by the crate")]
fn corpus(name: &str) -> Value {
    let path = format!("{}/tests/policies/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the corpus file is there");
    serde_json::from_str(&text).expect("the corpus file is JSON")
}

/// Runs all cases of a file and fails with all that differ.
fn run(name: &str) {
    let corpus = corpus(name);
    let mut differences = Vec::new();
    let cases = corpus["cases"].as_array().expect("cases");
    assert!(cases.len() > 20, "{name} is nearly empty");
    for raw in cases {
        let title = raw["name"].as_str().expect("a name");
        assert!(raw["rule"].as_str().is_some_and(|rule| rule.starts_with("F-IAM-")), "{title}: no rule");
        let case = Case::new(raw);
        let outcome = case.evaluate();
        let (short, naive) = (outcome.short.clone(), naive::decide(&case));
        if short.split(' ').next() != raw["expect"].as_str() {
            differences.push(format!("{title}: expected {}, got {}", raw["expect"], outcome.full));
        }
        if let Some(decided_by) = raw["decided_by"].as_str()
            && outcome.full.strip_prefix("deny ").is_none_or(|full| !full.starts_with(decided_by))
        {
            differences.push(format!("{title}: expected {decided_by}, got {}", outcome.full));
        }
        if let Some(message) = raw["message"].as_str()
            && outcome.message.as_deref() != Some(message)
        {
            differences.push(format!("{title}: expected {message}, got {:?}", outcome.message));
        }
        let layers = naive::layers(&case);
        if outcome.layers != layers {
            differences.push(format!("{title}: layers {:?}, but naively {layers:?}", outcome.layers));
        }
        if short != naive {
            differences.push(format!("{title}: {short}, but naively {naive}"));
        }
    }
    assert!(differences.is_empty(), "{name}:\n{}", differences.join("\n"));
}

#[test]
fn conditions() {
    run("conditions");
}

#[test]
fn set_operators() {
    run("set_operators");
}

#[test]
fn variables() {
    run("variables");
}

#[test]
fn matching() {
    run("matching");
}

#[test]
fn principals() {
    run("principals");
}

#[test]
fn decision() {
    run("decision");
}

#[test]
fn messages() {
    run("messages");
}

/// What AWS was recorded to decide of single conditions.
#[test]
fn recorded() {
    let mut differences = Vec::new();
    let corpus = corpus("recorded");
    for raw in corpus["cases"].as_array().expect("cases") {
        assert!(raw["rule"].as_str().is_some_and(|rule| rule.starts_with("F-IAM-")), "{raw}: no rule");
        let tags = raw["tags"].as_object().expect("tags");
        let mut context: Map<String, Value> =
            tags.iter().map(|(key, value)| (format!("aws:RequestTag/{key}"), value.clone())).collect();
        context.insert("aws:TagKeys".to_owned(), tags.keys().cloned().collect::<Vec<_>>().into());
        let statement = |effect: &str| json!({ "Effect": effect, "Action": "*", "Resource": "*", "Condition": raw["condition"] });
        let everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        for (name, statements) in [
            ("allow", vec![statement("Allow")]),
            ("deny", vec![everything.clone(), statement("Deny")]),
            ("beside_allow", vec![everything, statement("Allow")]),
        ] {
            let Some(expected) = raw[name].as_str() else { continue };
            let policy = json!({ "Version": "2012-10-17", "Statement": statements });
            let case = Case::new(&json!({ "context": context, "policies": { "identity": [policy] } }));
            for outcome in [case.evaluate().short, naive::decide(&case)] {
                if (outcome == "allow") != (expected == "passes") {
                    differences.push(format!("{name} {expected}, got {outcome}: {raw}"));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn grammar() {
    let mut differences = Vec::new();
    for case in corpus("grammar")["cases"].as_array().expect("cases") {
        let title = case["name"].as_str().expect("a name");
        let source = case["text"].as_str().map_or_else(|| case["document"].to_string(), str::to_owned);
        let kind = match case["kind"].as_str() {
            Some("managed") => PolicyKind::Managed,
            Some("inline") => PolicyKind::Inline,
            Some("session") => PolicyKind::Session,
            Some("trust") => PolicyKind::RoleTrust,
            Some("resource") => PolicyKind::Resource,
            Some("service_control") => PolicyKind::ServiceControl,
            Some("resource_control") => PolicyKind::ResourceControl,
            other => panic!("{title}: no kind {other:?}"),
        };
        let read = Policy::parse_as(&source, kind);
        let message = read.as_ref().err().map(|refusal| refusal.message().into_owned());
        if message.as_deref() != case["message"].as_str() {
            differences.push(format!("{title}: expected {}, got {message:?}", case["message"]));
        }
        if let Ok(policy) = read {
            assert_eq!(policy.source(), source, "{title}");
            assert_eq!(policy.check(kind), Ok(()), "{title}");
            assert!(Policy::parse(&source).is_ok(), "{title}: of any kind");
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Both evaluators agree on random policies and requests. A failure prints the seed and the case.
#[test]
fn both_evaluators_agree_on_random_cases() {
    let (mut allowed, mut explicit) = (0, 0);
    for seed in 1..=4000 {
        let raw = random::case(seed);
        let case = Case::new(&raw);
        let (outcome, naive) = (case.evaluate(), naive::decide(&case));
        assert_eq!(outcome.short, naive, "seed {seed}:\n{raw:#}");
        assert_eq!(outcome.layers, naive::layers(&case), "seed {seed}:\n{raw:#}");
        allowed += u32::from(outcome.short == "allow");
        explicit += u32::from(outcome.short.contains("explicit"));
    }
    // The generator is worth something only while all outcomes are common.
    assert!(allowed > 400 && explicit > 400 && allowed + explicit < 3600, "{allowed} {explicit}");
}

/// Both evaluators agree on single conditions with random operators, which whole cases hit too rarely.
#[test]
fn both_evaluators_agree_on_random_conditions() {
    let mut allowed = 0;
    for seed in 1..=12_000 {
        let raw = random::condition_case(seed);
        let case = Case::new(&raw);
        let (outcome, naive) = (case.evaluate(), naive::decide(&case));
        assert_eq!(outcome.short, naive, "seed {seed}:\n{raw:#}");
        allowed += u32::from(outcome.short == "allow");
    }
    assert!(allowed > 2000 && allowed < 10_000, "{allowed}");
}
