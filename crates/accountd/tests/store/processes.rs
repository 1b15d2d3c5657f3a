//! Whole processes over one PostgreSQL: killed, cut off, and stopped with it. Nothing that was acknowledged is lost, nothing
//! counts twice, and every answer is of a moment after its request began.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use testing::postgres::{Cluster, TestDatabase};

use crate::history::{self, History};
use crate::support::Directory;

/// So much is acknowledged before the next kill: however slow the machine is, something goes on between two.
const ACKNOWLEDGED_BETWEEN_KILLS: usize = 30;

/// How long the torment lasts: a short piece in the gate, longer where somebody says so.
fn lasting() -> Duration {
    let seconds = std::env::var("ACCOUNTD_TORTURE_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(8))
}

/// One accountd process.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Process {
    pub fn start(storage: &[&str], directory: &Path, name: usize) -> Self {
        let ready = directory.join(format!("ready-{name}"));
        let _ = std::fs::remove_file(&ready);
        let mut command = Command::new(env!("CARGO_BIN_EXE_accountd"));
        command.args(storage).args(["--listen", "127.0.0.1:0", "--log-level", "error"]);
        // The name that the signer signs.
        command.args(["--allow-origin", "https://account.us-east-1.amazonaws.com", "--ready-file"]);
        let mut child = command.arg(&ready).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        loop {
            if let Some(line) = std::fs::read_to_string(&ready).ok().filter(|line| line.ends_with('\n')) {
                let line: Value = serde_json::from_str(&line).unwrap();
                let address = line["address"].as_str().unwrap().parse().unwrap();
                return Self { child, address };
            }
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "accountd ended: {ended:?}");
            assert!(begun.elapsed() < Duration::from_secs(60), "accountd does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status, request id and body of the answer; `None` where there was none.
pub fn send(address: SocketAddr, request: &Request<Bytes>) -> Option<(u16, String, String)> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut text = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", request.body().len()));
    stream.write_all(text.as_bytes()).ok()?;
    stream.write_all(request.body()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let id = head.lines().filter_map(|line| line.split_once(':'));
    let mut id = id.filter(|(name, _)| name.eq_ignore_ascii_case("x-amzn-requestid"));
    let id = id.next().map(|(_, value)| value.trim().to_owned()).unwrap_or_default();
    Some((status, id, body.to_owned()))
}

/// Processes that may be restarted while others call them.
struct Company {
    addresses: Mutex<Vec<SocketAddr>>,
    processes: Mutex<Vec<Process>>,
    storage: Vec<String>,
    directory: Directory,
}

impl Company {
    fn start(storage: &[&str], count: usize) -> Self {
        let directory = Directory::new();
        let seed = directory.path().join("seed.yaml");
        std::fs::write(&seed, history::seed()).unwrap();
        let storage = [storage, &["--seed", seed.to_str().unwrap()]].concat();
        let processes: Vec<_> =
            (0..count).map(|name| Process::start(&storage, directory.path(), name)).collect();
        let addresses = processes.iter().map(|process| process.address).collect();
        let storage = storage.iter().map(|&text| text.to_owned()).collect();
        Self { addresses: Mutex::new(addresses), processes: Mutex::new(processes), storage, directory }
    }

    fn address(&self, turn: usize) -> SocketAddr {
        let addresses = self.addresses.lock().unwrap();
        addresses[turn % addresses.len()]
    }

    fn kill_and_restart(&self, name: usize) {
        let mut processes = self.processes.lock().unwrap();
        processes[name].kill();
        let storage: Vec<&str> = self.storage.iter().map(String::as_str).collect();
        processes[name] = Process::start(&storage, self.directory.path(), name);
        self.addresses.lock().unwrap()[name] = processes[name].address;
    }

    /// One writer and two readers of every register until `torment` is over, each through any process.
    fn live_through(&self, torment: impl FnOnce(&[History])) -> Vec<History> {
        let is_done = AtomicBool::new(false);
        let histories = history::all();
        std::thread::scope(|scope| {
            for (number, history) in histories.iter().enumerate() {
                let is_done = &is_done;
                let on_and_on = move |step: &dyn Fn(SocketAddr)| {
                    let mut turns = number..;
                    while !is_done.load(Ordering::Relaxed)
                        && let Some(turn) = turns.next()
                    {
                        step(self.address(turn));
                    }
                };
                scope.spawn(move || on_and_on(&|address| history.write(address)));
                for _ in 0..2 {
                    scope.spawn(move || {
                        on_and_on(&|address| {
                            let _ = history.read(address);
                        })
                    });
                }
            }
            // Whatever becomes of it, the others are to end.
            let outcome = catch_unwind(AssertUnwindSafe(|| torment(&histories)));
            is_done.store(true, Ordering::Relaxed);
            outcome.unwrap_or_else(|panic| resume_unwind(panic));
        });
        histories
    }

    /// Every acknowledged change is there with one record, every process answers the same, and no read was out of order.
    fn check(&self, histories: &[History]) {
        let own = |path: &str| {
            let request =
                Request::builder().uri(path).header("host", "localhost").body(Bytes::new()).unwrap();
            send(self.address(0), &request).expect(path).2
        };
        let exported = own("/_accountd/export");
        for history in histories {
            assert_eq!(history.broken(), [""; 0]);
            for turn in 0..3 {
                assert!(history.read(self.address(turn)), "{} answers at the end", history.name());
            }
            assert_eq!(history.broken(), [""; 0]);
            for id in history.acknowledged().iter() {
                let record = format!("\"requestID\":\"{id}\"");
                assert_eq!(exported.matches(&record).count(), 1, "records of {id}");
            }
        }
        assert_eq!(history::members_in_units(self.address(1)), history::MEMBERS, "each is in one unit");
        eprintln!("{} acknowledged changes, none lost and none twice", history::changes(histories));
        if self.storage.iter().any(|argument| argument == "--database") {
            let metrics = own("/_accountd/metrics");
            // F-STORE-35
            for figure in
                ["round_trips_total", "connections_opened_total", "followed_total", "connections", "behind"]
            {
                let name = format!("accountd_store_{figure} ");
                assert!(metrics.lines().any(|line| line.starts_with(&name)), "{name} in {metrics}");
            }
        }
    }
}

/// Lets so many changes more be acknowledged.
fn wait_for(histories: &[History], more: usize) {
    let (begun, enough) = (Instant::now(), history::changes(histories) + more);
    while history::changes(histories) < enough {
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing is acknowledged any more");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn cut(database: &TestDatabase) {
    database.number(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'accountd' AND datname = current_database()",
    );
}

/// F-STORE-22, F-STORE-21
#[test]
fn processes_that_are_killed_and_a_database_that_crashes_lose_nothing() {
    let Some(mut cluster) = Cluster::start(&[]) else { return };
    let database = cluster.database();
    let company = Company::start(&["--database", database.url()], 3);
    let histories = company.live_through(|histories| {
        let until = Instant::now() + lasting();
        for round in 0.. {
            if Instant::now() > until {
                break;
            }
            wait_for(histories, ACKNOWLEDGED_BETWEEN_KILLS);
            company.kill_and_restart(round % 3);
            cut(&database);
            if round % 3 == 1 {
                cluster.stop("immediate");
                cluster.run(&[]);
            }
        }
    });
    company.check(&histories);
}

/// F-STORE-22: a standby that waited for every commit takes over.
#[test]
fn a_promoted_standby_has_everything_that_was_acknowledged() {
    let Some(mut cluster) = Cluster::start(&[]) else { return };
    let database = cluster.database();
    let standby = cluster.standby(&["hot_standby=on"]);
    // From here on nothing is acknowledged that the standby does not have.
    database.execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
    database.execute("SELECT pg_reload_conf()");
    let name = database.url().rsplit_once('/').unwrap().1;
    let both =
        format!("postgres://accountd@127.0.0.1:{},127.0.0.1:{}/{name}", cluster.port(), standby.port());
    let company = Company::start(&["--database", &both], 2);
    let histories = company.live_through(|histories| {
        wait_for(histories, ACKNOWLEDGED_BETWEEN_KILLS);
        cluster.stop("immediate");
        standby.promote();
        wait_for(histories, ACKNOWLEDGED_BETWEEN_KILLS);
    });
    company.check(&histories);
}

/// F-STORE-3: the same of one process over the embedded store.
#[test]
fn reads_over_the_embedded_store_are_linearizable_and_kills_lose_nothing() {
    let directory = Directory::new();
    let company = Company::start(&["--data", directory.path().to_str().unwrap()], 1);
    let histories = company.live_through(|histories| {
        for _ in 0..3 {
            wait_for(histories, ACKNOWLEDGED_BETWEEN_KILLS);
            company.kill_and_restart(0);
        }
        wait_for(histories, ACKNOWLEDGED_BETWEEN_KILLS);
    });
    company.check(&histories);
}

/// The page's blocks that are to be run.
fn blocks(page: &str) -> String {
    let mut blocks = String::new();
    for part in page.split("```sh\n").skip(1) {
        blocks.push_str(part.split_once("```").expect("the end of a block").0);
    }
    blocks
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// F-STORE-32: `docs/shared-database.md`, from an empty directory to two processes behind a proxy.
#[test]
fn the_page_on_shared_databases_does_what_it_says() {
    let is_there = |program: &str| {
        let directories = std::env::var_os("PATH").unwrap_or_default();
        let mut all: Vec<PathBuf> = std::env::split_paths(&directories).collect();
        all.extend(["/usr/sbin", "/usr/bin"].map(PathBuf::from));
        all.iter().any(|directory| directory.join(program).exists())
    };
    let Some(mut shell) = testing::postgres::ordinary_shell() else { return };
    if !is_there("nginx") || !is_there("curl") {
        eprintln!("skipped: there is no nginx or no curl here");
        return;
    }
    let page = include_str!("../../../../docs/shared-database.md");
    let ports = "DATABASE_PORT=5499 FIRST=4567 SECOND=4568 PROXY=4566";
    assert_eq!(page.matches(ports).count(), 1);
    let [database, first, second, proxy] = [(); 4].map(|()| free_port());
    let own = format!("DATABASE_PORT={database} FIRST={first} SECOND={second} PROXY={proxy}");
    let script = format!("set -eu\n{}", blocks(&page.replace(ports, &own)));
    let binary = Path::new(env!("CARGO_BIN_EXE_accountd")).parent().unwrap().to_owned();
    let path = std::env::join_paths(
        std::iter::once(binary).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    shell.command.args(["-c", &script]).env("PATH", path.unwrap());
    let output = shell.command.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{error}");
    assert_eq!(told.matches("\"ready\":true").count(), 2, "{told}{error}");
    assert_eq!(told.matches("\"Name\":\"Ann\"").count(), 3, "{told}{error}");
    assert!(told.contains("read back, both have the SHA-256"), "{told}{error}");
}
