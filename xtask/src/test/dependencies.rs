//! The gate's step that looks at what accountd is built from: cargo-deny with `deny.toml`, or, where it is not
//! installed, the licences and sources of that file by what cargo knows of each package.
//!
//! Advisories need cargo-deny and its database; the workflow of continuous integration checks them.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Where every package must come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks the licences and sources of all packages in the lock file.
///
/// # Errors
/// What cargo-deny says, or each package that may not be used, one line each.
pub fn check(root: &Path, cargo: impl Fn(&[&str]) -> Command) -> Result<(), String> {
    let mut deny = cargo(&["deny", "--version"]);
    if deny.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        let status = cargo(&["deny", "check", "licenses", "bans", "sources"]).status();
        let status = status.map_err(|error| error.to_string())?;
        return if status.success() { Ok(()) } else { Err(format!("cargo deny: {status}")) };
    }
    let metadata =
        cargo(&["metadata", "--format-version", "1", "--locked"]).stderr(Stdio::inherit()).output();
    let metadata = metadata.map_err(|error| error.to_string())?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout).map_err(|error| error.to_string())?;
    let rules = std::fs::read_to_string(root.join("deny.toml")).map_err(|error| error.to_string())?;
    let problems = problems(&metadata, &allowed(&rules));
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn problems(metadata: &Value, allowed: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = format!("{} {}", package["name"], package["version"]).replace('"', "");
        // A package without a source is one of this workspace.
        if package["source"].as_str().is_some_and(|source| source != REGISTRY) {
            problems.push(format!("{name} comes from {}", package["source"]));
        }
        let licence = package["license"].as_str().unwrap_or_default();
        if !permits(licence, allowed) {
            problems.push(format!("{name} has the licence `{licence}`, which deny.toml does not allow"));
        }
    }
    if problems.is_empty() && metadata["packages"].as_array().is_none_or(Vec::is_empty) {
        problems.push("cargo names no packages".to_owned());
    }
    problems
}

/// The licences that `deny.toml` allows.
fn allowed(rules: &str) -> Vec<&str> {
    let list = rules.split_once("[licenses]").and_then(|(_, rest)| rest.split_once("allow = ["));
    let list = list.and_then(|(_, rest)| rest.split_once(']'));
    list.map(|(list, _)| list.split('"').skip(1).step_by(2).collect()).unwrap_or_default()
}

/// Whether an SPDX expression can be met with licences that are allowed. `/` is an old way to write `OR`.
fn permits(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = either(&mut rest, allowed);
    met == Some(true) && rest.is_empty()
}

/// One or more terms joined by `OR`; nothing where the expression is none.
fn either(words: &mut &[&str], allowed: &[&str]) -> Option<bool> {
    let mut met = both(words, allowed)?;
    while let ["OR", rest @ ..] = words {
        *words = rest;
        met |= both(words, allowed)?;
    }
    Some(met)
}

/// One or more terms joined by `AND`, which binds closer.
fn both(words: &mut &[&str], allowed: &[&str]) -> Option<bool> {
    let mut met = term(words, allowed)?;
    while let ["AND", rest @ ..] = words {
        *words = rest;
        met &= term(words, allowed)?;
    }
    Some(met)
}

/// A licence, perhaps `WITH` an exception, or an expression in brackets.
fn term(words: &mut &[&str], allowed: &[&str]) -> Option<bool> {
    match words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = either(words, allowed)?;
            *words = words.strip_prefix(&[")"])?;
            Some(met)
        }
        [licence, "WITH", exception, rest @ ..] => {
            let name = format!("{licence} WITH {exception}");
            *words = rest;
            Some(allowed.contains(&name.as_str()))
        }
        [licence, rest @ ..] => {
            let met = allowed.contains(licence);
            *words = rest;
            Some(met)
        }
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_expression_is_met_by_what_is_allowed() {
        let rules =
            "[advisories]\nallow = [\"GPL-3.0\"]\n[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\",\n]\n[bans]\n";
        let allowed = allowed(rules);
        assert_eq!(allowed, ["MIT", "ISC"]);
        for met in
            ["MIT", "GPL-3.0 OR MIT", "GPL-3.0/MIT", "ISC AND (GPL-3.0 OR MIT)", "GPL-3.0 AND ISC OR MIT"]
        {
            assert!(permits(met, &allowed), "{met}");
        }
        for not in
            ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH an-exception", "(MIT", "MIT)", "MIT OR", "MIT ISC"]
        {
            assert!(!permits(not, &allowed), "{not}");
        }
    }

    #[test]
    fn a_package_from_elsewhere_or_without_a_licence_is_a_problem() {
        let package = |source: Value, licence: Value| {
            let metadata = json!({ "packages": [
                { "name": "a", "version": "1.0.0", "source": source, "license": licence }
            ] });
            problems(&metadata, &["MIT"])
        };
        assert!(package(json!(REGISTRY), json!("MIT")).is_empty());
        assert!(package(json!(null), json!("MIT")).is_empty());
        assert_eq!(package(json!("git+https://example.com/a"), json!("MIT")).len(), 1);
        assert_eq!(package(json!(REGISTRY), json!(null)).len(), 1);
        assert_eq!(problems(&json!({}), &["MIT"]).len(), 1);
    }
}
