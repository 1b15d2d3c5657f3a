//! `cargo xtask bench`: what accountd costs and carries, as ratios within one run.
//!
//! Everything is measured on loopback, on the machine it runs on, against nginx or against accountd itself in
//! the same run, several rounds of each in turn; the median counts. Nothing here fails because a machine is
//! slow: the table says which target is met. `docs/benchmarks.md` keeps the figures of a run.

pub(crate) mod client;
mod delivery;
mod figures;
mod forwarded;
mod load;
mod managed;
mod measurements;
mod neighbours;
mod pages;
pub(crate) mod processes;
mod reach;
mod shared;
pub(crate) mod signature;
pub(crate) mod tools;

use std::io::Write;

use figures::Table;
use measurements::Bench;

/// One part of the measurements.
type Measure = fn(&Bench, &mut Table) -> Result<(), String>;

/// The parts by name, in the order they are measured.
const PARTS: &[(&str, Measure)] = &[
    ("starting", Bench::starting),
    ("resetting", Bench::resetting),
    ("tls", Bench::tls),
    ("reading", Bench::reading),
    ("one-worker", Bench::one_worker),
    ("writing", Bench::writing),
    ("mixed", Bench::mixed),
    ("many-accounts", Bench::many_accounts),
    ("alone", Bench::alone),
    ("assumed-role", Bench::assumed_role),
    ("listing", Bench::listing),
    ("managed-policies", Bench::managed_policies),
    ("delivering", Bench::delivering),
    ("forwarding", Bench::forwarding),
    ("pages", Bench::pages),
    ("shared", Bench::shared),
    ("shared-costs", Bench::shared_costs),
];

/// Measures everything, or the parts that are named, and prints a table.
///
/// # Errors
/// Says what is missing, or what did not answer as it should.
pub fn run(named: &[&str]) -> Result<(), String> {
    if let Some(unknown) = named.iter().find(|name| PARTS.iter().all(|(part, _)| part != *name)) {
        let parts = PARTS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        return Err(format!("there is no part `{unknown}`; the parts are {parts}"));
    }
    tools::install()?;
    let bench = Bench::new(tools::binary()?)?;
    let mut table = Table::default();
    for (_, measure) in PARTS.iter().filter(|(name, _)| named.is_empty() || named.contains(name)) {
        measure(&bench, &mut table)?;
    }
    write!(std::io::stdout(), "{table}").map_err(|error| error.to_string())
}
