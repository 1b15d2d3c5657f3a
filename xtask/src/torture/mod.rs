//! `cargo xtask torture`: what accountd must withstand, for as long as one likes.
//!
//! Each part attacks a running accountd of its own over loopback and says what it saw; what must hold and does not is an
//! error. An hour by default, shared by the parts; a minute in the gate. `docs/torture.md` keeps the figures of a run.

mod cluster;
mod dear;
mod disk;
mod kills;
mod shared;
mod sockets;
mod writers;

pub use cluster::{Cluster, Programs};

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bench::processes::Scratch;
use crate::bench::tools;

/// How long all parts take together, where nobody says.
const USUAL_MINUTES: u64 = 60;

/// One kind of attack. It goes on for the time that it is given and says what it saw.
type Attack = fn(&Victim, Duration) -> Result<String, String>;

/// The parts by name, each with its share of the time in hundredths.
const PARTS: [(&str, u32, Attack); 6] = [
    ("kill", 35, kills::killed),
    ("power-loss", 30, disk::power_lost),
    ("failing-disk", 15, disk::failing),
    ("dear-requests", 10, dear::watched),
    ("sockets", 10, sockets::held),
    ("shared", 50, shared::lived_through),
];

/// The parts that the gate has a minute for. What several processes on one database withstand is a test of its own there.
pub const IN_GATE: [&str; 5] = ["kill", "power-loss", "failing-disk", "dear-requests", "sockets"];

/// What is attacked: a program, and a place for its data.
pub struct Victim {
    binary: PathBuf,
    scratch: Scratch,
}

impl Victim {
    fn new(binary: PathBuf) -> Result<Self, String> {
        Ok(Self { binary, scratch: Scratch::new(&tools::target())? })
    }

    /// What tells it from others on this machine.
    fn number(&self) -> u32 {
        std::process::id()
    }

    fn data(&self, name: &str) -> PathBuf {
        self.scratch.path.join(name)
    }
}

/// Runs the parts that are named, or all, for so many minutes: `[MINUTES] [PART…]`.
///
/// # Errors
/// What did not hold, or what is missing on this machine.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    let (minutes, named) = match arguments.split_first() {
        Some((first, rest)) if first.parse::<u64>().is_ok() => (first.parse().unwrap_or(USUAL_MINUTES), rest),
        _ => (USUAL_MINUTES, arguments),
    };
    if let Some(unknown) = named.iter().find(|name| PARTS.iter().all(|(part, ..)| part != *name)) {
        let parts = PARTS.map(|(name, ..)| name).join(", ");
        return Err(format!("there is no part `{unknown}`; the parts are {parts}"));
    }
    let told = attack(&tools::binary()?, Duration::from_secs(60 * minutes), named, |line| {
        let _ = writeln!(std::io::stdout(), "{line}");
    });
    told.map(|_| ())
}

/// Attacks `binary` for `time`, telling a line for each part that held. Gives how many there were.
///
/// # Errors
/// The first part that did not hold.
pub fn attack(
    binary: &Path,
    time: Duration,
    named: &[&str],
    mut tell: impl FnMut(&str),
) -> Result<u64, String> {
    let victim = Victim::new(binary.to_owned())?;
    let chosen = PARTS.iter().filter(|(name, ..)| named.is_empty() || named.contains(name));
    let shares: u32 = chosen.clone().map(|(_, share, _)| share).sum();
    let mut held = 0;
    for (name, share, attack) in chosen {
        let seen = attack(&victim, time * *share / shares).map_err(|reason| format!("{name}: {reason}"))?;
        tell(&format!("{name}: {seen}"));
        held += 1;
    }
    Ok(held)
}

/// Numbers that look random and are the same in each run: where to kill, what to keep.
struct Dice(u64);

impl Dice {
    /// A number below `most`.
    fn below(&mut self, most: u64) -> u64 {
        // Knuth's constants for a linear congruential generator; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}
