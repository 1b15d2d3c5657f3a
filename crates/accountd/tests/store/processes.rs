//! Whole processes over one PostgreSQL: killed, cut off, and stopped with it. Nothing that was acknowledged is lost, nothing
//! counts twice, and every answer is of a moment after its request began.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use services::service::Service;
use testing::postgres::{Cluster, TestDatabase};
use testing::signer::Key;
use testing::wire;

use crate::support::Directory;

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

pub fn key_of(account: usize) -> Key {
    let id = Box::leak(format!("{:012}", 100_000_000_000 + account).into_boxed_str());
    Key { id, secret: "test", token: None }
}

pub fn contact(key: &Key, operation: &str, name: Option<u64>) -> Request<Bytes> {
    let mut members = json!({ "AlternateContactType": "BILLING" });
    if let Some(name) = name {
        members = json!({ "AlternateContactType": "BILLING", "Name": name.to_string(), "Title": "Owner",
            "EmailAddress": "ann@example.com", "PhoneNumber": "+12065550100" });
    }
    let request = wire::request(wire::operation(Service::Account, operation), &members);
    wire::signed(request, key, "account", "us-east-1")
}

/// What became of one account's contact: numbers that only grow, written by one writer and read by anybody.
#[derive(Default)]
struct History {
    /// The highest number that anybody began to write.
    begun: AtomicU64,
    /// The highest number that was acknowledged or read.
    seen: AtomicU64,
    /// The ids of the requests that were acknowledged, with what they wrote.
    acknowledged: Mutex<BTreeMap<String, u64>>,
    broken: Mutex<Vec<String>>,
}

impl History {
    /// One writer: a number may have been written although nobody said so, and is then never written again.
    fn write(&self, address: SocketAddr, key: &Key) {
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some((200, id, _)) = send(address, &contact(key, "PutAlternateContact", Some(number))) {
            self.acknowledged.lock().unwrap().insert(id, number);
            self.seen.fetch_max(number, Ordering::SeqCst);
        }
    }

    /// A read is of a moment between its beginning and its end: not older than what anybody knew before, not newer than what
    /// was begun before it ended. With one writer and growing numbers, that every read is so is linearizability.
    fn read(&self, address: SocketAddr, key: &Key) {
        let known = self.seen.load(Ordering::SeqCst);
        let answer = send(address, &contact(key, "GetAlternateContact", None));
        let begun = self.begun.load(Ordering::SeqCst);
        let number = match answer {
            Some((200, _, body)) => {
                let body: Value = serde_json::from_str(&body).unwrap();
                body["AlternateContact"]["Name"].as_str().unwrap().parse().unwrap()
            }
            Some((404, ..)) => 0,
            _ => return,
        };
        if number < known || number > begun {
            let what = format!("{number} was read where {known} was known before and {begun} begun after");
            self.broken.lock().unwrap().push(what);
        }
        self.seen.fetch_max(number, Ordering::SeqCst);
    }
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
        let processes: Vec<_> =
            (0..count).map(|name| Process::start(storage, directory.path(), name)).collect();
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

    /// Writers and readers of every account until `is_done`, each through any process; `torment` goes on meanwhile.
    fn live_through(&self, accounts: usize, torment: impl FnOnce()) -> Vec<Arc<History>> {
        let is_done = AtomicBool::new(false);
        let histories: Vec<Arc<History>> = (0..accounts).map(|_| Arc::default()).collect();
        std::thread::scope(|scope| {
            for (account, history) in histories.iter().enumerate() {
                let (is_done, key) = (&is_done, key_of(account));
                scope.spawn(move || {
                    for turn in account.. {
                        if is_done.load(Ordering::Relaxed) {
                            break;
                        }
                        history.write(self.address(turn), &key);
                    }
                });
                for reader in 0..2 {
                    scope.spawn(move || {
                        for turn in account + reader.. {
                            if is_done.load(Ordering::Relaxed) {
                                break;
                            }
                            history.read(self.address(turn), &key);
                        }
                    });
                }
            }
            torment();
            is_done.store(true, Ordering::Relaxed);
        });
        histories
    }

    /// Every acknowledged change is there with one record, every process answers the same, and no read was out of order.
    fn check(&self, histories: &[Arc<History>]) {
        let export = Request::builder().uri("/_accountd/export").header("host", "localhost");
        let export = export.body(Bytes::new()).unwrap();
        let exported = send(self.address(0), &export).expect("an export").2;
        let mut changes = 0;
        for (account, history) in histories.iter().enumerate() {
            assert_eq!(*history.broken.lock().unwrap(), [""; 0]);
            for turn in 0..3 {
                history.read(self.address(turn), &key_of(account));
            }
            assert_eq!(*history.broken.lock().unwrap(), [""; 0]);
            for id in history.acknowledged.lock().unwrap().keys() {
                let record = format!("\"requestID\":\"{id}\"");
                assert_eq!(exported.matches(&record).count(), 1, "records of {id}");
                changes += 1;
            }
        }
        assert!(changes > 0, "nothing was acknowledged");
        eprintln!("{changes} acknowledged changes, none lost and none twice");
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
    let histories = company.live_through(6, || {
        let until = Instant::now() + lasting();
        for round in 0.. {
            if Instant::now() > until {
                break;
            }
            std::thread::sleep(Duration::from_millis(400));
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
    let histories = company.live_through(4, || {
        std::thread::sleep(Duration::from_secs(2));
        cluster.stop("immediate");
        standby.promote();
        std::thread::sleep(Duration::from_secs(3));
    });
    company.check(&histories);
}

/// F-STORE-3: the same of one process over the embedded store.
#[test]
fn reads_over_the_embedded_store_are_linearizable_and_kills_lose_nothing() {
    let directory = Directory::new();
    let company = Company::start(&["--data", directory.path().to_str().unwrap()], 1);
    let histories = company.live_through(6, || {
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(500));
            company.kill_and_restart(0);
        }
        std::thread::sleep(Duration::from_millis(500));
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
