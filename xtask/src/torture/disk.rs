//! A disk that fails, and one that loses what was not made durable, under sixty-four writers.
//!
//! `disk.c` stands between accountd and the C library. Where it cannot be compiled or loaded, the part is an error that
//! says so: nothing counts as withstood that was not tried.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::writers::{Tally, WRITERS};
use super::{Dice, Victim};
use crate::bench::client::Client;
use crate::bench::processes::Accountd;

/// What stands between accountd and its disk.
const SOURCE: &str = include_str!("disk.c");
/// The most changes before the power goes.
const MOST_CHANGES: u64 = 2000;
/// How many refusals are waited for while the disk fails.
const REFUSALS: u64 = 200;

/// A disk of a victim's own.
struct Disk {
    library: PathBuf,
    orders: PathBuf,
    journal: PathBuf,
}

impl Disk {
    fn new(victim: &Victim, name: &str) -> Result<Self, String> {
        let place = |suffix: &str| victim.data(&format!("{name}{suffix}"));
        let disk = Self { library: place(".so"), orders: place(".orders"), journal: place(".journal") };
        let source = place(".c");
        std::fs::write(&source, SOURCE).map_err(|error| error.to_string())?;
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&disk.library)
            .arg(&source)
            .args(["-ldl", "-lpthread"])
            .status();
        match built {
            Ok(status) if status.success() => disk.order(b"works").map(|()| disk),
            Ok(status) => Err(format!("the failing disk does not compile: {status}")),
            Err(error) => Err(format!("the failing disk needs a C compiler, `cc`: {error}")),
        }
    }

    fn order(&self, order: &[u8]) -> Result<(), String> {
        std::fs::write(&self.orders, order).map_err(|error| error.to_string())
    }

    fn start(&self, victim: &Victim, data: &Path, is_journaled: bool) -> Result<Accountd, String> {
        Accountd::start_as(&victim.binary, data, None, |command| {
            command.env("LD_PRELOAD", &self.library).env("DISK_ORDERS", &self.orders);
            if is_journaled {
                command.env("DISK_JOURNAL", &self.journal);
            }
            command
        })
    }
}

/// Power goes again and again: of what was written since the last sync of its file, any part is lost.
pub fn power_lost(victim: &Victim, time: Duration) -> Result<String, String> {
    let (disk, tally, mut dice) = (Disk::new(victim, "power")?, Tally::new(), Dice(2));
    let (begun, mut rounds, mut lost) = (Instant::now(), 0, 0);
    let mut data = victim.data("power-0");
    while rounds == 0 || begun.elapsed() < time {
        let _ = std::fs::remove_file(&disk.journal);
        let mut durable = Durable::of(&data)?;
        let server = disk.start(victim, &data, true)?;
        tally.check(server.address)?;
        tally.write_until_killed(&server, 1 + dice.below(MOST_CHANGES));
        rounds += 1;
        durable.replay(&std::fs::read(&disk.journal).map_err(|error| error.to_string())?)?;
        if durable.syncs == 0 {
            return Err("the disk saw no sync: it does not stand before the program's".to_owned());
        }
        lost += durable.lose(&mut dice);
        let after = victim.data(&format!("power-{rounds}"));
        durable.write(&data, &after)?;
        let _ = std::fs::remove_dir_all(&data);
        data = after;
    }
    let server = Accountd::start(&victim.binary, &data, None)?;
    tally.check(server.address)?;
    Ok(format!(
        "{rounds} power failures under {WRITERS} writers, {} changes acknowledged, none lost; {lost} writes that were \
         not durable went",
        tally.total()
    ))
}

/// The disk is full, then cannot sync, then works again, without a restart; at last the program is killed.
pub fn failing(victim: &Victim, time: Duration) -> Result<String, String> {
    let (disk, data, tally) = (Disk::new(victim, "failing")?, victim.data("failing"), Tally::new());
    let (begun, mut rounds) = (Instant::now(), 0);
    while rounds == 0 || begun.elapsed() < time {
        disk.order(b"works")?;
        let server = disk.start(victim, &data, false)?;
        tally.check(server.address)?;
        for failure in [b"f", b"s"] {
            tally.write(server.address, |tally| fail(&disk, &server, tally, failure))?;
        }
        tally.write_until_killed(&server, 100);
        rounds += 1;
    }
    let server = Accountd::start(&victim.binary, &data, None)?;
    tally.check(server.address)?;
    Ok(format!(
        "{rounds} times full and without sync, {} changes refused, {} acknowledged, none lost",
        tally.refused(),
        tally.total()
    ))
}

/// Lets the disk fail in the middle of writing: changes are refused, the store says that it is not ready, and both end
/// with the failure.
fn fail(disk: &Disk, server: &Accountd, tally: &Tally, failure: &[u8]) -> Result<(), String> {
    let name = String::from_utf8_lossy(failure).into_owned();
    let wait = |what: &str, is_over: &dyn Fn() -> Result<bool, String>| {
        let begun = Instant::now();
        while !is_over()? {
            if begun.elapsed() > Duration::from_secs(60) {
                return Err(format!("failure `{name}`: {what} for a minute"));
            }
            std::thread::yield_now();
        }
        Ok(())
    };
    let before = tally.total();
    wait("nothing was acknowledged", &|| Ok(tally.total() >= before + 50))?;
    let refused = tally.refused();
    disk.order(failure)?;
    wait("nothing was refused", &|| Ok(tally.refused() >= refused + REFUSALS))?;
    wait("the store said that it was ready", &|| Ok(!is_ready(server)?))?;
    disk.order(b"works")?;
    let before = tally.total();
    wait("nothing was acknowledged after it", &|| Ok(tally.total() >= before + 50))?;
    wait("the store said that it was not ready", &|| is_ready(server))
}

fn is_ready(server: &Accountd) -> Result<bool, String> {
    let mut client = Client::connect(server.address).map_err(|error| error.to_string())?;
    let request = format!("GET /_accountd/ready HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    Ok(client.send(&request)?.status == 200)
}

/// The files of a data directory as the disk has them for certain, and what was written since.
struct Durable {
    files: BTreeMap<String, Vec<u8>>,
    waiting: Vec<(String, Step)>,
    syncs: usize,
}

/// What was done to a file and is not durable yet.
enum Step {
    Write { offset: usize, data: Vec<u8> },
    Length(usize),
}

impl Step {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => {
                let end = offset + data.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[*offset..end].copy_from_slice(data);
            }
            Self::Length(length) => file.resize(*length, 0),
        }
    }
}

impl Durable {
    /// As the directory is at the start of a round.
    fn of(data: &Path) -> Result<Self, String> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(data).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".sqlite") || name.ends_with("-wal") {
                files.insert(name, std::fs::read(entry.path()).map_err(|error| error.to_string())?);
            }
        }
        Ok(Self { files, waiting: Vec::new(), syncs: 0 })
    }

    /// Goes through a journal: see `disk.c`. One that was cut off by the kill ends there.
    fn replay(&mut self, journal: &[u8]) -> Result<(), String> {
        let mut rest = journal;
        while let Some((head, after)) = rest.split_at_checked(32) {
            let number = |index: usize| {
                let bytes = head[8 * index..8 * index + 8].try_into();
                bytes.map(u64::from_ne_bytes).map_err(|_| "a journal without numbers".to_owned())
            };
            let (kind, name, offset, length) =
                (number(0)? as u8, number(1)?, number(2)? as usize, number(3)?);
            let Some((name, after)) = after.split_at_checked(name as usize) else { break };
            let Some((data, after)) = after.split_at_checked(length as usize) else { break };
            rest = after;
            let path = String::from_utf8_lossy(name).into_owned();
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            match kind {
                b'w' => self.waiting.push((name, Step::Write { offset, data: data.to_vec() })),
                b't' => self.waiting.push((name, Step::Length(offset))),
                _ => self.settle(&name),
            }
        }
        Ok(())
    }

    /// What was done to this file is durable now.
    fn settle(&mut self, name: &str) {
        self.syncs += 1;
        let file = self.files.entry(name.to_owned()).or_default();
        for (_, step) in self.waiting.extract_if(.., |(of, _)| of == name) {
            step.apply(file);
        }
    }

    /// The power goes: each write that was not durable is kept or lost by chance. Gives how many were lost.
    fn lose(&mut self, dice: &mut Dice) -> usize {
        let mut lost = 0;
        for (name, step) in std::mem::take(&mut self.waiting) {
            if dice.below(2) == 0 {
                lost += 1;
            } else {
                step.apply(self.files.entry(name).or_default());
            }
        }
        lost
    }

    /// Writes what the disk has into a new directory, with the small files of the old one.
    fn write(&self, before: &Path, after: &Path) -> Result<(), String> {
        let told = |error: std::io::Error| format!("{}: {error}", after.display());
        std::fs::create_dir_all(after).map_err(told)?;
        for entry in std::fs::read_dir(before).map_err(told)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // The index of a log is no file that anybody makes durable.
            if !self.files.contains_key(&name) && !name.ends_with("-shm") && !name.ends_with("-wal") {
                std::fs::copy(entry.path(), after.join(name)).map_err(told)?;
            }
        }
        for (name, data) in &self.files {
            std::fs::write(after.join(name), data).map_err(told)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, name: &str, offset: u64, data: &[u8]) -> Vec<u8> {
        let numbers = [u64::from(kind), name.len() as u64, offset, data.len() as u64];
        let head = numbers.iter().flat_map(|number| number.to_ne_bytes());
        head.chain(name.bytes()).chain(data.iter().copied()).collect()
    }

    #[test]
    fn what_was_synced_is_kept_and_the_rest_may_go() {
        let mut durable = Durable { files: BTreeMap::new(), waiting: Vec::new(), syncs: 0 };
        let journal = [
            record(b'w', "/d/a.sqlite", 0, b"kept"),
            record(b's', "/d/a.sqlite", 0, b""),
            record(b'w', "/d/a.sqlite", 4, b"gone"),
            record(b'w', "/d/a.sqlite-wal", 0, b"gone"),
            record(b'w', "/d/a.sqlite", 8, b"cut off")[..40].to_vec(),
        ];
        durable.replay(&journal.concat()).unwrap();
        assert_eq!(durable.files["a.sqlite"], b"kept");
        assert_eq!((durable.syncs, durable.waiting.len()), (1, 2));
    }
}
