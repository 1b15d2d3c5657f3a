//! The project's chores.
//!
//! `cargo xtask codegen` writes the Rust shapes of every model under `models/`.
//! `cargo xtask actions FILE` holds the list of other services' actions against those that AWS has.
//! `cargo xtask docs` makes a site of the pages, in `target/site/`.
//! `cargo xtask policies FILE` takes in AWS's managed policies as they are published.
//! `cargo xtask release --dry-run` makes a release as far as it can be made here.
//! `cargo xtask test [everything] [SUITE…]` runs the gate, or the suites that are named; `--help` lists them.
//! `cargo xtask bench [PART…]` measures.
//! `cargo xtask torture [MINUTES] [PART…]` attacks a running accountd.
//! `cargo xtask tidy` checks the house rules that no compiler checks.

mod actions;
mod bench;
mod codegen;
mod policies;
mod release;
mod site;
mod test;
mod tidy;
mod torture;

const USAGE: &str = "usage: cargo xtask actions FILE | bench [PART…] | codegen | docs | policies FILE | release --dry-run | tidy | \
    test [everything] [SUITE…] | torture [MINUTES] [PART…]";

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["actions", source] => actions::run(source),
        ["bench", parts @ ..] => bench::run(parts),
        ["codegen"] => codegen::run(),
        ["docs"] => site::run(),
        ["policies", source] => policies::run(source),
        ["release", arguments @ ..] => release::run(arguments),
        ["tidy"] => tidy::run(),
        ["torture", arguments @ ..] => torture::run(arguments),
        ["test", suites @ ..] => test::run(suites),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            std::process::ExitCode::FAILURE
        }
    }
}
