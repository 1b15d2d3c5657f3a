//! `cargo xtask bench`: what accountd costs and carries, as ratios within one run.
//!
//! Everything is measured on loopback, on the machine it runs on, against nginx or against accountd itself in
//! the same run, several rounds of each in turn; the median counts. Nothing here fails because a machine is
//! slow: the table says which target is met. `docs/benchmarks.md` keeps the figures of a run.

mod client;
mod figures;
mod load;
mod measurements;
mod processes;
mod signature;
mod tools;

use std::io::Write;

use figures::Table;
use measurements::Bench;

/// Measures everything and prints a table.
///
/// # Errors
/// Says what is missing, or what did not answer as it should.
pub fn run() -> Result<(), String> {
    tools::install()?;
    eprintln!("building for release …");
    let binary = tools::build()?;
    let bench = Bench::new(binary)?;
    let mut table = Table::default();
    bench.starting(&mut table)?;
    bench.reading(&mut table)?;
    bench.writing(&mut table)?;
    bench.mixed(&mut table)?;
    bench.many_accounts(&mut table)?;
    write!(std::io::stdout(), "{table}").map_err(|error| error.to_string())
}
