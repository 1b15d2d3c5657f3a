//! Processes on PostgreSQL, against the embedded store, against pgbench, and against each other. Database, processes and load
//! share the same cores.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::client::Client;
use super::figures::{Table, Target, median};
use super::load::{CONNECTIONS, Load, Measured};
use super::measurements::{Bench, ROUNDS, bring_into_being, ratio, sign, speed, succeed};
use super::processes::{Accountd, free_port};
use super::signature::{self, Call, Key, Signed};
use crate::torture::{Cluster, Programs};

/// How long pgbench writes in a round.
const PGBENCH_SECONDS: u32 = 3;

/// Calls that are sent one after the other where each is looked at.
const CALLS: u32 = 500;

/// What a durable change writes, as pgbench does it: a document of 700 bytes and a record of 1,500, in one transaction.
const SAME_ROWS: &str = r"\set account random(1, 256)
BEGIN;
INSERT INTO bench_document (key, version, text)
    VALUES (convert_to('account/' || :account, 'UTF8'), 1, repeat('d', 700))
    ON CONFLICT (key) DO UPDATE SET version = bench_document.version + 1, text = excluded.text;
INSERT INTO bench_block (first_time, records) VALUES (:account, repeat('r', 1500));
COMMIT;
";

const TABLES: &str = "CREATE TABLE bench_document (key bytea PRIMARY KEY, version bigint NOT NULL, text text NOT NULL);
    CREATE TABLE bench_block (sequence bigserial PRIMARY KEY, first_time bigint NOT NULL, records text NOT NULL)";

impl Bench {
    fn on(&self, port: u16) -> Result<Accountd, String> {
        let url = format!("postgres://accountd@127.0.0.1:{port}/postgres");
        Accountd::start_on(&self.binary, ["--database", &url], |command| command)
    }

    fn database(&self, name: &str) -> Result<Cluster, String> {
        let programs = Programs::find().ok_or("PostgreSQL is needed: Debian's `postgresql`")?;
        Cluster::on_disk(&programs, self.data(name), free_port()?)
    }

    /// What a shared database carries.
    pub fn shared(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("on PostgreSQL …");
        let database = self.database("postgres")?;
        self.reads_on_a_database(&database, table)?;
        self.changes_on_a_database(&database, table)
    }

    /// Reads through one process against the embedded store, and through two against one.
    fn reads_on_a_database(&self, database: &Cluster, table: &mut Table) -> Result<(), String> {
        let embedded = Accountd::start(&self.binary, &self.data("beside-postgres"), None)?;
        let (first, second) = (self.on(database.port())?, self.on(database.port())?);
        std::thread::sleep(Duration::from_secs(2));
        table.add("idle memory on PostgreSQL", Target::AtMost(24.0), first.resident_megabytes()?, "MB");
        let key = Key::of_account(super::measurements::ROOT);
        for server in [&embedded, &first] {
            succeed(server, signature::put_alternate_contact(), &key)?;
        }
        let get = |load: &Load, server: &Accountd| {
            load.repeat(server.address, &sign(server, signature::get_alternate_contact(), &key))
        };
        let beside = Load::new(&self.data("beside-load"), self.load.seconds);
        std::fs::create_dir_all(self.data("beside-load")).map_err(|error| error.to_string())?;
        let (mut alone, mut one, mut two) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let rows = (get(&self.load, &embedded)?, get(&self.load, &first)?);
            let both = std::thread::scope(|scope| {
                let other = scope.spawn(|| get(&beside, &second));
                let mine = get(&self.load, &first)?;
                let other = other.join().map_err(|_| "a thread of the benchmark panicked".to_owned())??;
                let requests_per_second = mine.requests_per_second + other.requests_per_second;
                Ok::<_, String>(Measured { requests_per_second, ..mine })
            })?;
            if round > 0 {
                alone.push(rows.0);
                one.push(rows.1);
                two.push(both);
            }
        }
        let what = "signed GetAlternateContact on PostgreSQL";
        table.add(what, Target::None, speed(&one), "/s");
        table.add(format!("{what} ÷ embedded"), Target::AtLeast(0.5), ratio(&one, &alone), "");
        table.add(format!("{what}, two processes ÷ one"), Target::AtLeast(1.5), ratio(&two, &one), "");
        Ok(())
    }

    /// Durable changes of 64 connections against pgbench, whose 64 clients write the same rows.
    fn changes_on_a_database(&self, database: &Cluster, table: &mut Table) -> Result<(), String> {
        let server = self.on(database.port())?;
        let keys: Vec<Key> = (1000..1000 + 4 * CONNECTIONS).map(Key::of_account).collect();
        bring_into_being(&server, &keys)?;
        database.ask(TABLES)?;
        let script = self.data("same-rows.sql");
        std::fs::write(&script, SAME_ROWS).map_err(|error| error.to_string())?;
        let (mut of_pgbench, mut changes) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let requests: Vec<Signed> =
                keys.iter().map(|key| sign(&server, signature::put_alternate_contact(), key)).collect();
            changes.push(self.load.in_turn(server.address, &requests)?.requests_per_second);
            of_pgbench.push(database.pgbench(&script, CONNECTIONS, PGBENCH_SECONDS)?);
        }
        let what = "durable PutAlternateContact on PostgreSQL";
        let ratios: Vec<f64> = changes.iter().zip(&of_pgbench).map(|(own, other)| own / other).collect();
        table.add(what, Target::None, median(&changes), "/s");
        table.add("pgbench, the same rows", Target::None, median(&of_pgbench), "/s");
        table.add(format!("{what} ÷ pgbench"), Target::AtLeast(0.6), median(&ratios), "");
        Ok(())
    }

    /// Round trips and bytes between a process and its database: of calls one after the other, and of 64 at once.
    pub fn shared_costs(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("between a process and its database …");
        let database = self.database("postgres-costs")?;
        let relay = Relay::to(database.port())?;
        let server = self.on(relay.address.port())?;
        let key = Key::of_account(super::measurements::ROOT);
        succeed(&server, signature::put_alternate_contact(), &key)?;
        let calls = [
            ("GetAlternateContact", signature::get_alternate_contact as fn() -> Call),
            ("PutAlternateContact", signature::put_alternate_contact),
        ];
        for (what, call) in calls {
            let mut client = Client::connect(server.address).map_err(|error| error.to_string())?;
            let mut send = |times: u32| -> Result<(), String> {
                for _ in 0..times {
                    let answer = client.send(&sign(&server, call(), &key).text())?;
                    if answer.status != 200 {
                        return Err(format!("{what}: {}: {}", answer.status, answer.body));
                    }
                }
                Ok(())
            };
            send(20)?;
            let before = (server.store_counter("round_trips")?, relay.bytes());
            send(CALLS)?;
            let after = (server.store_counter("round_trips")?, relay.bytes());
            let each = |before: f64, after: f64| (after - before) / f64::from(CALLS);
            table.add(
                format!("{what}, one connection: round trips"),
                Target::None,
                each(before.0, after.0),
                "",
            );
            table.add(format!("{what}, one connection: bytes"), Target::None, each(before.1, after.1), "B");
            let requests = [sign(&server, call(), &key)];
            let before = (server.store_counter("round_trips")?, relay.bytes());
            let measured = self.load.in_turn(server.address, &requests)?;
            let after = (server.store_counter("round_trips")?, relay.bytes());
            let calls = measured.requests_per_second * f64::from(self.load.seconds);
            let at_once = format!("{what}, 64 connections");
            table.add(format!("{at_once}: round trips"), Target::None, (after.0 - before.0) / calls, "");
            table.add(format!("{at_once}: bytes"), Target::None, (after.1 - before.1) / calls, "B");
        }
        Ok(())
    }
}

/// Carries bytes between a process and its database, and counts them.
struct Relay {
    address: SocketAddr,
    carried: Arc<AtomicU64>,
}

impl Relay {
    fn to(port: u16) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let carried = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&carried);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let (Ok(near_too), Ok(far_too)) = (near.try_clone(), far.try_clone()) else { continue };
                for (from, to) in [(near, far_too), (far, near_too)] {
                    let counted = Arc::clone(&counted);
                    std::thread::spawn(move || carry(from, to, &counted));
                }
            }
        });
        Ok(Self { address, carried })
    }

    fn bytes(&self) -> f64 {
        self.carried.load(Ordering::SeqCst) as f64
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, carried: &AtomicU64) {
    let mut bytes = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        carried.fetch_add(read as u64, Ordering::SeqCst);
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
