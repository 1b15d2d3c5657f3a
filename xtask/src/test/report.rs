//! What a run of the gate says: each step as it ends, and at the end of all a table of times and tests.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::counts::Counts;

/// A step that has ended.
struct Row {
    name: String,
    took: Duration,
    counts: Counts,
    /// Why it failed or was skipped.
    reason: Option<String>,
}

/// Everything that has been said so far. Steps that run side by side share it.
pub struct Report {
    started: Instant,
    rows: Mutex<Vec<Row>>,
}

impl Report {
    /// Of a run that begins now.
    pub fn new() -> Self {
        Self { started: Instant::now(), rows: Mutex::new(Vec::new()) }
    }

    /// Announces a step, runs it, and says how long it took. Gives whether it passed.
    pub fn step(&self, name: &str, run: impl FnOnce() -> Result<Counts, String>) -> bool {
        eprintln!("\n==> {name}");
        let started = Instant::now();
        let (counts, reason) = match run() {
            Ok(counts) if counts.failed == 0 => (counts, None),
            Ok(counts) => (counts, Some(format!("{} failed", counts.failed))),
            // A step without tests of its own failed, for example formatting. The closing line must not read as if
            // all were well.
            Err(reason) => (Counts { failed: 1, ..Counts::default() }, Some(reason)),
        };
        let passed = reason.is_none();
        let took = started.elapsed();
        let verdict = reason.as_ref().map_or("passed".to_owned(), |reason| format!("FAILED, {reason},"));
        eprintln!("==> {name}: {verdict} in {}", seconds(took));
        self.rows().push(Row { name: name.to_owned(), took, counts, reason });
        passed
    }

    /// Notes that what a suite needs has been installed since then.
    pub fn installed(&self, name: &str, since: Instant) {
        let (name, took) = (format!("{name}: installing"), since.elapsed());
        eprintln!("\n==> {name}: {}", seconds(took));
        self.rows().push(Row { name, took, counts: Counts::default(), reason: None });
    }

    /// Notes a suite that cannot run on this machine, with its number of tests.
    pub fn skip(&self, name: &str, reason: &str, tests: u64) {
        eprintln!("\n==> {name}: SKIPPED, {reason}");
        let counts = Counts { skipped: tests, ..Counts::default() };
        let reason = Some(format!("SKIPPED, {reason}"));
        self.rows().push(Row { name: name.to_owned(), took: Duration::ZERO, counts, reason });
    }

    /// Shows what a step printed, in one piece.
    pub fn show(&self, name: &str, text: &str) {
        let _alone = self.rows();
        eprintln!("\n--- {name}\n{}\n---", text.trim_end());
    }

    /// Prints a line of a step that is read as it runs, on standard output.
    pub fn say(&self, line: &str) {
        let _alone = self.rows();
        say(line);
    }

    /// Prints the table, what was skipped or failed, and the closing line.
    ///
    /// # Errors
    /// Every step that failed, one line each.
    pub fn close(&self) -> Result<(), String> {
        let rows = self.rows();
        eprintln!("\n{:<40} {:>9} {:>7} {:>7} {:>8}", "step", "time", "passed", "failed", "skipped");
        let line = |name: &str, took: Duration, counts: &Counts| {
            let Counts { passed, failed, skipped } = counts;
            eprintln!("{name:<40} {:>9} {passed:>7} {failed:>7} {skipped:>8}", seconds(took));
        };
        let mut all = Counts::default();
        for row in rows.iter() {
            line(&row.name, row.took, &row.counts);
            all += row.counts;
        }
        line("all, side by side", self.started.elapsed(), &all);
        let reasons = |is_failure: bool| {
            let told = rows.iter().filter(move |row| (row.counts.failed > 0) == is_failure);
            told.filter_map(|row| Some(format!("{}: {}", row.name, row.reason.as_ref()?))).collect::<Vec<_>>()
        };
        for skipped in reasons(false) {
            eprintln!("\nNOT TESTED: {skipped}");
        }
        // Continuous integration looks for it on standard output.
        say(&all.to_string());
        let failures = reasons(true);
        if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
    }

    fn rows(&self) -> MutexGuard<'_, Vec<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints a line on standard output.
pub fn say(line: &str) {
    // A reader that has gone away is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
