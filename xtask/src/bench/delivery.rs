//! What delivering costs those who call, and how fast what waits is delivered.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::figures::{Table, Target};
use super::measurements::{Bench, ROOT, ROUNDS, ratio, sign, speed};
use super::processes::Accountd;
use super::signature::{self, Key};

/// How long the log is filled before it is delivered.
const FILLING_ROUNDS: usize = 4;

/// When no file has come for so long, all of them have.
const QUIET: Duration = Duration::from_secs(3);

/// How often it is looked for files.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl Bench {
    /// The API beside a delivery to a directory, every second, and without any; then a log that waits, delivered.
    pub fn delivering(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("delivering …");
        let root = Key::of_account(ROOT);
        let start = |name: &str, folder: Option<&Path>| {
            Accountd::start_as(&self.binary, &self.data(name), None, |command| match folder {
                Some(folder) => command.arg("--trail").arg(folder).args(["--trail-interval", "1s"]),
                None => command,
            })
        };
        let beside = self.data("beside-records");
        let (alone, delivers) = (start("alone-log", None)?, start("beside-log", Some(&beside))?);
        let reading = |server: &Accountd| {
            let signed = sign(server, signature::get_caller_identity(), &root);
            self.load.repeat(server.address, &signed)
        };
        let (mut without, mut with) = (Vec::new(), Vec::new());
        // One round of each warms both up and does not count.
        for round in 0..=ROUNDS {
            let rows = (reading(&alone)?, reading(&delivers)?);
            if round > 0 {
                without.push(rows.0);
                with.push(rows.1);
            }
        }
        table.add("signed GetCallerIdentity, nothing delivered", Target::None, speed(&without), "/s");
        let what = "signed GetCallerIdentity beside delivery ÷ nothing delivered";
        table.add(what, Target::AtLeast(0.97), ratio(&with, &without), "");
        drop((alone, delivers));
        self.deliver_a_log(&root, table)
    }

    /// Fills a log, and delivers it from its beginning.
    fn deliver_a_log(&self, root: &Key, table: &mut Table) -> Result<(), String> {
        let data = self.data("waiting-log");
        let filling = Accountd::start(&self.binary, &data, None)?;
        for _ in 0..FILLING_ROUNDS {
            let signed = sign(&filling, signature::get_caller_identity(), root);
            self.load.repeat(filling.address, &signed)?;
        }
        drop(filling);
        let folder = self.data("waiting-records");
        let begun = Instant::now();
        let server = Accountd::start_as(&self.binary, &data, None, |command| {
            command.arg("--trail").arg(&folder).args(["--trail-interval", "1s"])
        })?;
        let (mut files, mut most_memory, mut last) = (0, 0.0_f64, begun);
        while files == 0 || last.elapsed() < QUIET {
            if begun.elapsed() > Duration::from_secs(120) {
                return Err("a log was not delivered in two minutes".to_owned());
            }
            let now = paths(&folder).len();
            if now != files {
                (files, last) = (now, Instant::now());
            }
            most_memory = most_memory.max(server.resident_megabytes()?);
            std::thread::sleep(LOOK_EVERY);
        }
        let records = records(&paths(&folder))?;
        let took = last.duration_since(begun).as_secs_f64();
        table.add("records that waited, delivered to a directory", Target::None, records, "");
        table.add(
            "delivered, from the start of the process",
            Target::AtLeast(50_000.0),
            records / took,
            "/s",
        );
        table.add("memory while they were delivered (resident)", Target::AtMost(128.0), most_memory, "MB");
        Ok(())
    }
}

/// All compressed files below a directory.
fn paths(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(paths(&path)),
            path if path.extension().is_some_and(|extension| extension == "gz") => found.push(path),
            _ => {}
        }
    }
    found
}

/// How many records files have together.
fn records(paths: &[PathBuf]) -> Result<f64, String> {
    let mut count = 0;
    for path in paths {
        let output = Command::new("gzip").arg("-dc").arg(path).output();
        let output = output.map_err(|error| format!("gzip: {error}"))?;
        count += String::from_utf8_lossy(&output.stdout).matches("\"eventID\"").count();
    }
    Ok(count as f64)
}
