//! Killed without warning under sixty-four writers, again and again, on one data directory.

use std::time::{Duration, Instant};

use super::writers::{Tally, WRITERS};
use super::{Dice, Victim};
use crate::bench::processes::Accountd;

/// The most changes before a kill.
const MOST_CHANGES: u64 = 3000;

/// Kills accountd until the time is over; after each start all is there that was acknowledged.
pub fn killed(victim: &Victim, time: Duration) -> Result<String, String> {
    let (data, tally, mut dice) = (victim.data("kills"), Tally::new(), Dice(1));
    let begun = Instant::now();
    let mut rounds = 0;
    while rounds == 0 || begun.elapsed() < time {
        let server = Accountd::start(&victim.binary, &data, None)?;
        tally.check(server.address)?;
        tally.write_until_killed(&server, 1 + dice.below(MOST_CHANGES));
        rounds += 1;
    }
    let server = Accountd::start(&victim.binary, &data, None)?;
    tally.check(server.address)?;
    if tally.refused() > 0 {
        return Err(format!("{} changes were refused on a healthy disk", tally.refused()));
    }
    Ok(format!("{rounds} kills under {WRITERS} writers, {} changes acknowledged, none lost", tally.total()))
}
