//! A PostgreSQL server of the tests' own: in a directory that goes away, with a database for each test.
//!
//! Where the program is missing, tests that need it say so and do nothing. `ACCOUNTD_TEST_DATABASE` names a server to use
//! instead, whose user may make databases; with it, or with `postgres` as its value, the whole suite runs there.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use accountd::store::Database;
use tokio_postgres::{Config, NoTls};

/// Which server the suite is to run on.
const VARIABLE: &str = "ACCOUNTD_TEST_DATABASE";

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the server when the tests end, however they do, since then their end of the pipe is closed.
const KEEPER: &str = r#"
"$@" & server=$!
cat > /dev/null
kill -INT $server 2> /dev/null
wait $server
rm -rf "$ACCOUNTD_TEST_CLUSTER"
"#;

/// A server in a directory of its own.
pub struct Cluster {
    directory: PathBuf,
    bin: PathBuf,
    user: Option<&'static str>,
    port: u16,
    keeper: Option<Child>,
}

/// A database that is dropped at the end of the test.
pub struct TestDatabase {
    server: Config,
    name: String,
    url: String,
}

/// Whether the whole suite is to run on a database.
pub fn is_asked_for() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// An empty database; `None` where there is no server to be had.
pub fn database() -> Option<TestDatabase> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    let base = SERVER.get_or_init(|| {
        let named = std::env::var(VARIABLE).ok().filter(|value| value.starts_with("postgres"));
        if let Some(url) = named.filter(|value| value.contains("://")) {
            return Some(url);
        }
        let cluster = Cluster::start(&[])?;
        let url = cluster.url("postgres");
        // It ends with this process.
        std::mem::forget(cluster);
        Some(url)
    });
    base.as_deref().map(TestDatabase::new)
}

/// Runs `work` where a connection is looked after.
fn on_a_connection<T>(config: &Config, work: impl AsyncFnOnce(&tokio_postgres::Client) -> T + Send) -> T
where
    T: Send,
{
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            let value = work(&client).await;
            drop(client);
            let _ = connection.await;
            value
        })
    };
    // Whoever asks may be within a runtime already.
    std::thread::scope(|scope| scope.spawn(run).join()).unwrap()
}

impl TestDatabase {
    fn new(base: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("accountd_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let server = Config::from_str(base).unwrap();
        let make = format!("CREATE DATABASE {name}");
        on_a_connection(&server, async |client| client.batch_execute(&make).await).unwrap();
        let (before, query) = base.split_once('?').map_or((base, ""), |(before, query)| (before, query));
        let (server_part, _) = before.rsplit_once('/').unwrap();
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let url = format!("{server_part}/{name}{query}");
        Self { server, name, url }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database as accountd takes it.
    pub fn database(&self) -> Database {
        Database::parse(&self.url).unwrap()
    }

    /// Runs statements in it.
    pub fn execute(&self, statements: &str) {
        let mut config = self.server.clone();
        config.dbname(&self.name);
        on_a_connection(&config, async |client| client.batch_execute(statements).await).unwrap();
    }

    /// Asks it for one number.
    pub fn number(&self, query: &str) -> i64 {
        let mut config = self.server.clone();
        config.dbname(&self.name);
        on_a_connection(&config, async |client| client.query_one(query, &[]).await.unwrap().get(0))
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        // A server that was stopped has no databases.
        let server = self.server.clone();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                if let Ok((client, connection)) = server.connect(NoTls).await {
                    tokio::spawn(connection);
                    let _ = client.batch_execute(&drop).await;
                }
            });
        };
        let _ = std::thread::spawn(run).join();
    }
}

impl Cluster {
    /// A new server with these settings besides; `None` where there is no such program.
    pub fn start(settings: &[&str]) -> Option<Self> {
        let mut cluster = Self::prepared()?;
        cluster.make();
        cluster.run(settings);
        Some(cluster)
    }

    /// A server that follows this one, with these settings besides.
    pub fn standby(&self, settings: &[&str]) -> Self {
        let mut standby = Self::prepared().unwrap();
        let source =
            format!("host={} port={} user=accountd dbname=postgres", self.socket().display(), self.port);
        let target = standby.data();
        let arguments = ["-D", target.to_str().unwrap(), "-R", "-X", "stream", "-c", "fast", "-d", &source];
        let made = standby.command("pg_basebackup").args(arguments).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        standby.run(settings);
        standby
    }

    fn prepared() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(bin) = programs() else {
            eprintln!(
                "skipped: there is no PostgreSQL here (initdb and postgres, for example of Debian's postgresql)"
            );
            return None;
        };
        let name = format!("accountd-pg-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let user = ordinary_user();
        if let Some(user) = user {
            let status = Command::new("chown").arg(user).arg(&directory).status().unwrap();
            assert!(status.success());
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Some(Self { directory, bin, user, port, keeper: None })
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Puts a file into its data directory, which nobody else may read.
    pub fn put(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.data().join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        if let Some(user) = self.user {
            assert!(Command::new("chown").arg(user).arg(&file).status().unwrap().success());
        }
    }

    /// The directory of its socket.
    pub fn socket(&self) -> &Path {
        &self.directory
    }

    /// Where it listens on the loopback address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database of it, by its socket.
    pub fn url(&self, name: &str) -> String {
        let socket = self.socket().to_str().unwrap().replace('/', "%2F");
        format!("postgres://accountd@{socket}:{}/{name}", self.port)
    }

    /// The same over the loopback address.
    pub fn tcp_url(&self, name: &str) -> String {
        format!("postgres://accountd@127.0.0.1:{}/{name}", self.port)
    }

    /// A new database of it.
    pub fn database(&self) -> TestDatabase {
        TestDatabase::new(&self.url("postgres"))
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", &group_of(user), "--clear-groups"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.current_dir("/").env_remove("PGDATA").env("LC_ALL", "C");
        command
    }

    fn make(&self) {
        let data = self.data();
        let arguments = ["-A", "trust", "-U", "accountd", "-E", "UTF8", "--no-sync", "-D"];
        let made = self.command("initdb").args(arguments).arg(&data).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Starts it, again if it was stopped.
    pub fn run(&mut self, settings: &[&str]) {
        let mut server = self.command("postgres");
        server.arg("-D").arg(self.data()).arg("-k").arg(self.socket()).arg("-p").arg(self.port.to_string());
        let usual = ["max_connections=200", "shared_buffers=32MB", "listen_addresses=127.0.0.1"];
        for setting in usual.iter().chain(settings) {
            server.args(["-c", setting]);
        }
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sh"]).arg(server.get_program()).args(server.get_args());
        keeper.current_dir("/").env("LC_ALL", "C").env("ACCOUNTD_TEST_CLUSTER", &self.directory);
        let log = std::fs::File::create(self.directory.join("log")).unwrap();
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        self.keeper = Some(keeper.spawn().unwrap());
        self.wait_until_it_answers();
    }

    fn wait_until_it_answers(&self) {
        let begun = Instant::now();
        let config = Config::from_str(&self.url("postgres")).unwrap();
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let is_up = || {
            let connect = async { config.connect(NoTls).await.is_ok() };
            std::thread::scope(|scope| scope.spawn(|| runtime().block_on(connect)).join()).unwrap()
        };
        while !is_up() {
            if begun.elapsed() > PATIENCE {
                let mut log = String::new();
                let file = std::fs::File::open(self.directory.join("log"));
                let _ = file.and_then(|mut file| file.read_to_string(&mut log));
                panic!("PostgreSQL did not start: {log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it: `immediate` as a power cut would, `fast` in good order.
    pub fn stop(&mut self, mode: &str) {
        let data = self.data();
        let stopped = self.command("pg_ctl").args(["stop", "-w", "-m", mode, "-D"]).arg(&data).output();
        let stopped = stopped.unwrap();
        assert!(stopped.status.success(), "{}", String::from_utf8_lossy(&stopped.stderr));
        if let Some(mut keeper) = self.keeper.take() {
            // Its directory is still needed.
            let _ = keeper.kill();
            let _ = keeper.wait();
        }
    }

    /// Makes a standby the server that is written to.
    pub fn promote(&self) {
        let data = self.data();
        let promoted = self.command("pg_ctl").args(["promote", "-w", "-D"]).arg(&data).output().unwrap();
        assert!(promoted.status.success(), "{}", String::from_utf8_lossy(&promoted.stderr));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            if let Some(mut pipe) = keeper.stdin.take() {
                let _ = pipe.flush();
            }
            let _ = keeper.wait();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Where the programs are: Debian keeps most of them off the path.
fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut candidates: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    candidates.sort();
    candidates.reverse();
    let path = std::env::var_os("PATH").unwrap_or_default();
    candidates.extend(std::env::split_paths(&path));
    candidates.into_iter().find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
}

fn said_by_id(arguments: &[&str]) -> Option<String> {
    let output = Command::new("id").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn group_of(user: &str) -> String {
    said_by_id(&["-g", user]).unwrap()
}

/// PostgreSQL refuses to be run by root; so somebody else runs it then.
fn ordinary_user() -> Option<&'static str> {
    if said_by_id(&["-u"])? != "0" {
        return None;
    }
    ["postgres", "nobody"].into_iter().find(|user| said_by_id(&["-u", user]).is_some())
}

/// A shell of somebody who may run PostgreSQL, in an empty directory of its own.
pub struct Shell {
    /// `sh`, without arguments yet.
    pub command: Command,
    directory: PathBuf,
}

/// `None` where there is no PostgreSQL, which is said.
pub fn ordinary_shell() -> Option<Shell> {
    let cluster = Cluster::prepared()?;
    let mut command = match cluster.user {
        Some(user) => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", user, "--regid", &group_of(user), "--clear-groups", "sh"]);
            command
        }
        None => Command::new("sh"),
    };
    let directory = cluster.directory.clone();
    // Its directory goes away with the shell.
    std::mem::forget(cluster);
    command.current_dir(&directory).env("HOME", &directory).env("LC_ALL", "C");
    Some(Shell { command, directory })
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
