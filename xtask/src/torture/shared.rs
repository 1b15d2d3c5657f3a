//! Three accountd on one PostgreSQL under sixty-four writers: killed, cut off, their database crashed, without room, replaced by
//! its standby.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::cluster::{Cluster, Programs};
use super::writers::{WRITERS, key, put, title};
use super::{Dice, Victim};
use crate::bench::client::{Client, expect_success, read_to_the_end};
use crate::bench::processes::{Accountd, free_port};
use crate::bench::signature;

/// How many processes there are.
const PROCESSES: usize = 3;

/// How much is acknowledged between two troubles, at the least.
const ACKNOWLEDGED_BETWEEN: u64 = 300;

/// Troubles of a round, after which everything is looked at.
const TROUBLES: u64 = 4;

/// How long nothing may be acknowledged once what was broken works again.
const PATIENCE: Duration = Duration::from_secs(60);

/// What can happen.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Kill,
    Cut,
    Crash,
    FullDisk,
    TakeOver,
}

const ALL: [Trouble; 5] = [Trouble::Kill, Trouble::Cut, Trouble::Crash, Trouble::FullDisk, Trouble::TakeOver];

/// Troubles until the time is over; where there is no PostgreSQL, nothing, which is said.
pub fn lived_through(victim: &Victim, time: Duration) -> Result<String, String> {
    let Some(programs) = Programs::find() else {
        return Ok("**not tried**: there is no PostgreSQL here (Debian's `postgresql`)".to_owned());
    };
    let mut company = Company::start(victim, &programs)?;
    let (begun, mut dice, mut happened, mut next) = (Instant::now(), Dice(7), [0_u64; ALL.len()], 0);
    let (mut acknowledged, mut refused, mut rounds) = (0, 0, 0);
    while rounds == 0 || begun.elapsed() < time {
        let round = company.write_through(|company, round| {
            for _ in 0..TROUBLES {
                let pause = ACKNOWLEDGED_BETWEEN + dice.below(ACKNOWLEDGED_BETWEEN);
                round.wait_for(pause).map_err(|reason| format!("{reason}; {}", company.database.log()))?;
                // Each in turn, so that a short run has seen all of them.
                let trouble = next % ALL.len();
                next += 1;
                let told = |reason| format!("{reason}; after {:?}", ALL[trouble]);
                if company.happens(ALL[trouble], round).map_err(told)? {
                    happened[trouble] += 1;
                }
                round
                    .wait_for(1)
                    .map_err(|reason| format!("{}; {}", told(reason), company.database.log()))?;
            }
            round.wait_for(ACKNOWLEDGED_BETWEEN)
        })?;
        company.check(&round)?;
        acknowledged += round.acknowledged.load(Ordering::SeqCst);
        refused += round.refused.load(Ordering::SeqCst);
        rounds += 1;
    }
    let [kills, cuts, crashes, full, taken_over] = happened;
    let full = match company.database.has_disk() {
        true => format!("{full} times without room"),
        false => "**never without room**, which needs root".to_owned(),
    };
    Ok(format!(
        "{kills} kills, {cuts} times cut off, {crashes} crashes of the database, {full}, {taken_over} standbys promoted, under \
         {WRITERS} writers of {PROCESSES} processes: {acknowledged} changes acknowledged, {refused} refused, none lost and none \
         twice"
    ))
}

/// What the writers of one round were told.
struct Round {
    /// Of each writer: the last change that was begun, the last one that was acknowledged, and every request that was.
    writers: Vec<Mutex<(u64, u64, Vec<String>)>>,
    addresses: Mutex<[SocketAddr; PROCESSES]>,
    acknowledged: AtomicU64,
    refused: AtomicU64,
    is_over: AtomicBool,
    wrong: Mutex<Option<String>>,
    /// What was last heard that was no acknowledgement.
    heard: Mutex<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Round {
    /// Writes until the round is over, each change through the next process, and another number each time: a change that was
    /// not answered may be kept or not.
    fn write(&self, writer: usize) {
        let (mut turn, mut client) = (writer, None);
        while !self.is_over.load(Ordering::SeqCst) {
            turn += 1;
            let address = lock(&self.addresses)[turn % PROCESSES];
            let number = {
                let mut told = lock(&self.writers[writer]);
                told.0 += 1;
                told.0
            };
            let host = address.to_string();
            let connected: &mut Option<(SocketAddr, Client)> = &mut client;
            if connected.as_ref().is_none_or(|(to, _)| *to != address) {
                *connected = Client::connect(address).ok().map(|client| (address, client));
            }
            let Some((_, open)) = connected else {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            };
            match open.send(&put(number).sign(&key(writer), &host).text()) {
                Ok(answer) if answer.status == 200 => {
                    let mut told = lock(&self.writers[writer]);
                    told.1 = number;
                    told.2.push(answer.request_id);
                    self.acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                Ok(answer) if answer.status == 503 => {
                    self.refused.fetch_add(1, Ordering::SeqCst);
                    *lock(&self.heard) = answer.body;
                }
                Ok(answer) => *lock(&self.wrong) = Some(format!("{}: {}", answer.status, answer.body)),
                Err(reason) => {
                    *lock(&self.heard) = reason;
                    *connected = None;
                }
            }
        }
    }

    fn wait_for(&self, more: u64) -> Result<(), String> {
        let (begun, enough) = (Instant::now(), self.acknowledged.load(Ordering::SeqCst) + more);
        while self.acknowledged.load(Ordering::SeqCst) < enough {
            if let Some(wrong) = &*lock(&self.wrong) {
                return Err(format!("a change was answered with {wrong}"));
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("nothing is acknowledged any more; last heard: {}", lock(&self.heard)));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// The processes and their database.
struct Company<'v> {
    victim: &'v Victim,
    processes: Vec<Accountd>,
    database: Cluster,
    /// The two ports at which there is a database in turn.
    ports: [u16; 2],
    clusters: usize,
}

impl<'v> Company<'v> {
    fn start(victim: &'v Victim, programs: &Programs) -> Result<Self, String> {
        let ports = [free_port()?, free_port()?];
        let database = Cluster::start(programs, place(victim, 0), ports[0])?;
        let mut company = Self { victim, processes: Vec::new(), database, ports, clusters: 1 };
        for _ in 0..PROCESSES {
            company.processes.push(company.process()?);
        }
        Ok(company)
    }

    fn process(&self) -> Result<Accountd, String> {
        let [one, other] = self.ports;
        let url = format!("postgres://accountd@127.0.0.1:{one},127.0.0.1:{other}/postgres");
        Accountd::start_on(&self.victim.binary, ["--database", &url], |command| command)
    }

    /// Lets everybody write while `troubles` happen.
    fn write_through(
        &mut self,
        troubles: impl FnOnce(&mut Self, &Round) -> Result<(), String>,
    ) -> Result<Round, String> {
        let addresses = [0, 1, 2].map(|process: usize| self.processes[process].address);
        let round = Round {
            writers: (0..WRITERS).map(|_| Mutex::default()).collect(),
            addresses: Mutex::new(addresses),
            acknowledged: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            wrong: Mutex::default(),
            heard: Mutex::default(),
        };
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let round = &round;
                scope.spawn(move || round.write(writer));
            }
            let outcome = troubles(self, &round);
            round.is_over.store(true, Ordering::SeqCst);
            outcome
        })?;
        Ok(round)
    }

    /// Lets something happen; `false` where it cannot happen here.
    fn happens(&mut self, trouble: Trouble, round: &Round) -> Result<bool, String> {
        match trouble {
            Trouble::Kill => {
                let turn = round.acknowledged.load(Ordering::SeqCst) as usize % PROCESSES;
                self.processes[turn].kill();
                self.processes[turn] = self.process()?;
                lock(&round.addresses)[turn] = self.processes[turn].address;
            }
            Trouble::Cut => {
                let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE application_name = 'accountd'";
                self.database.ask(cut)?;
            }
            Trouble::Crash => {
                self.database.crash()?;
                self.database.run()?;
            }
            Trouble::FullDisk if !self.database.has_disk() => return Ok(false),
            Trouble::FullDisk => {
                self.database.fill()?;
                let (begun, before) = (Instant::now(), round.refused.load(Ordering::SeqCst));
                while round.refused.load(Ordering::SeqCst) == before {
                    if begun.elapsed() > PATIENCE {
                        return Err("nothing was refused where the database had no room".to_owned());
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                self.database.make_room()?;
            }
            Trouble::TakeOver => {
                let [one, other] = self.ports;
                let port = if self.database.port() == one { other } else { one };
                let standby = self.database.standby(place(self.victim, self.clusters), port)?;
                self.clusters += 1;
                round.wait_for(ACKNOWLEDGED_BETWEEN)?;
                self.database.crash()?;
                standby.promote()?;
                self.database = standby;
            }
        }
        Ok(true)
    }

    /// Whether everything that was acknowledged is there once, nothing in half, every process says the same, and the
    /// counters are right. Forgets it all then.
    fn check(&self, round: &Round) -> Result<(), String> {
        let mut recorded: HashMap<&str, u32> = HashMap::new();
        let address = self.processes[0].address;
        let export = read_to_the_end(address, "/_accountd/export")?;
        let export = String::from_utf8_lossy(&export);
        for part in export.split("\"requestID\":\"").skip(1) {
            *recorded.entry(part.split('"').next().unwrap_or_default()).or_default() += 1;
        }
        for (writer, told) in round.writers.iter().enumerate() {
            let (begun, last, requests) = &*lock(told);
            for request in requests {
                let records = recorded.get(request.as_str()).copied().unwrap_or(0);
                if records != 1 {
                    return Err(format!(
                        "{request} of writer {writer} was acknowledged, and has {records} records"
                    ));
                }
            }
            for process in &self.processes {
                let stored = stored(process.address, writer)?;
                if stored < *last || stored > *begun {
                    return Err(format!(
                        "writer {writer} was told of change {last} and began {begun}; change {stored} is there"
                    ));
                }
            }
        }
        let counters = "SELECT documents = (SELECT count(*) FROM accountd.document)
            AND events = (SELECT sum(count) FROM accountd.event_block)
            AND sequence = (SELECT max(sequence) FROM accountd.event_block) FROM accountd.head";
        if self.database.ask(counters)? != "t" {
            return Err("the counters of the database are wrong".to_owned());
        }
        let reset = format!("POST /_accountd/reset HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
        expect_success(address, &reset)?;
        self.database.ask("VACUUM FULL accountd.document, accountd.event_block, accountd.head").map(drop)
    }
}

fn place(victim: &Victim, number: usize) -> std::path::PathBuf {
    // A socket's name must be short.
    std::env::temp_dir().join(format!("accountd-torture-{}-{number}", victim.number()))
}

/// The change that is there of a writer, 0 where there is none.
fn stored(address: SocketAddr, writer: usize) -> Result<u64, String> {
    let mut client = Client::connect(address).map_err(|error| error.to_string())?;
    let request = signature::get_alternate_contact().sign(&key(writer), &address.to_string()).text();
    let answer = client.send(&request)?;
    match answer.status {
        200 => title(&answer.body),
        404 => Ok(0),
        status => Err(format!("writer {writer}: {status}: {}", answer.body)),
    }
}
