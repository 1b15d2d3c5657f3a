//! The project's chores.
//!
//! `cargo xtask codegen` writes the Rust shapes of every model under `models/`.
//! `cargo xtask test [SUITE…]` tests everything, or the suites that are named.

mod codegen;
mod test;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["codegen"] => codegen::run(),
        ["test", suites @ ..] => test::run(suites),
        _ => {
            Err("usage: cargo xtask codegen | cargo xtask test [rust] [python] [node] [terraform]".to_owned())
        }
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            std::process::ExitCode::FAILURE
        }
    }
}
