//! What takes bytes from strangers takes any bytes: each target gets examples that are changed at random, the same ones
//! each time.
//!
//! `ACCOUNTD_RANDOM_SEED=n` begins elsewhere, `ACCOUNTD_RANDOM_RUNS=n` tries so many inputs of each target. The same
//! targets stand under `fuzz/` for cargo-fuzz, which learns from what it reaches.

mod mutation;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use mutation::Mutator;
use targets::{TARGETS, Target};

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

fn run(name: &str) {
    let Target { examples, take, inputs, .. } =
        TARGETS.iter().find(|target| target.name == name).expect("a target");
    let mut mutator = Mutator::new(number("ACCOUNTD_RANDOM_SEED", 1), examples());
    for example in mutator.examples().to_vec() {
        take(&example);
    }
    // An input that ends the whole process, as a stack that overflows does, is found here afterwards.
    let latest = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
    for _ in 0..number("ACCOUNTD_RANDOM_RUNS", *inputs) {
        let input = mutator.input();
        std::fs::write(&latest, &input).unwrap();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| take(&input))) {
            eprintln!("{name}: failed by {:?}", String::from_utf8_lossy(&input));
            resume_unwind(panic);
        }
    }
}

#[test]
fn any_signature_is_checked() {
    run("signature");
}

#[test]
fn any_parameters_of_the_query_api_are_read() {
    run("query");
}

#[test]
fn any_json_body_is_read() {
    run("json");
}

#[test]
fn any_policy_is_read_and_decides() {
    run("policy");
}

#[test]
fn any_seed_file_is_read() {
    run("seed");
}

#[test]
fn any_session_token_is_opened() {
    run("session_token");
}

#[test]
fn any_page_token_is_opened() {
    run("page_token");
}

#[test]
fn any_import_is_whole_or_changes_nothing() {
    run("import");
}

/// Each target has its test above, and a file of its name for cargo-fuzz.
#[test]
fn every_target_is_run_by_cargo_fuzz_too() {
    let manifest = include_str!("../../../../../fuzz/Cargo.toml");
    let tests = include_str!("mod.rs");
    for target in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{}.rs\"", target.name)), "{}", target.name);
        assert!(tests.contains(&format!("run(\"{}\");", target.name)), "{}", target.name);
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    let library = include_str!("../../../../../fuzz/src/lib.rs");
    let shared: Vec<&str> =
        library.split("#[path = \"../../").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(!shared.is_empty());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for path in shared {
        assert!(root.join(path).is_file(), "fuzz/src/lib.rs takes {path}, which is not there");
    }
}
