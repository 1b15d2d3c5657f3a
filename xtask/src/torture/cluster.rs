//! A PostgreSQL of torture's own, run by its programs as somebody who may: with a disk that can be full where this process may
//! make one, stopped as by a power cut, and followed by a standby that takes over.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How much a disk of its own holds, in megabytes: enough for a round, little enough to be filled.
const DISK_MEGABYTES: u64 = 768;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The settings that every server gets.
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "max_connections=100",
    "shared_buffers=32MB",
    "max_wal_size=128MB",
    "hot_standby=on",
];

/// Where the programs are, and who runs them.
#[derive(Clone)]
pub struct Programs {
    bin: PathBuf,
    /// PostgreSQL refuses to be run by root.
    user: Option<&'static str>,
}

impl Programs {
    /// `None` where there are none.
    pub fn find() -> Option<Self> {
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut candidates: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
        candidates.sort();
        candidates.reverse();
        candidates.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let has_all = |bin: &PathBuf| ["initdb", "pg_ctl", "psql"].iter().all(|name| bin.join(name).exists());
        let bin = candidates.into_iter().find(has_all)?;
        let user = match said(Command::new("id").arg("-u"))?.as_str() {
            "0" => Some(
                ["postgres", "nobody"]
                    .into_iter()
                    .find(|user| said(Command::new("id").args(["-u", user])).is_some())?,
            ),
            _ => None,
        };
        Some(Self { bin, user })
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid"]);
                command.arg(said(Command::new("id").args(["-g", user])).unwrap_or_default());
                command.arg("--clear-groups").arg(program);
                command
            }
            None => Command::new(program),
        };
        command.current_dir("/").env_remove("PGDATA").env("LC_ALL", "C").stdin(Stdio::null());
        command
    }
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn done(what: &str, output: std::io::Result<Output>) -> Result<String, String> {
    let output = output.map_err(|error| format!("{what}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(format!("{what}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// One server. It is stopped, and its directory removed, when it is dropped.
pub struct Cluster {
    programs: Programs,
    directory: PathBuf,
    has_disk: bool,
    port: u16,
}

impl Cluster {
    /// A new server at this port, with a disk of its own where that is possible.
    pub fn start(programs: &Programs, directory: PathBuf, port: u16) -> Result<Self, String> {
        Self::prepare(programs, directory, port, true)?.make()
    }

    /// The same on the disk that everybody has, where a sync takes as long as it takes.
    pub fn on_disk(programs: &Programs, directory: PathBuf, port: u16) -> Result<Self, String> {
        Self::prepare(programs, directory, port, false)?.make()
    }

    fn make(self) -> Result<Self, String> {
        let mut make = self.programs.command("initdb");
        make.args(["-A", "trust", "-U", "accountd", "-E", "UTF8", "--no-sync", "-D"]).arg(self.data());
        done("initdb", make.output())?;
        self.run()?;
        Ok(self)
    }

    /// A server at this port that follows this one, which from now on acknowledges nothing that the other lacks.
    pub fn standby(&self, directory: PathBuf, port: u16) -> Result<Self, String> {
        let standby = Self::prepare(&self.programs, directory, port, true)?;
        let source = format!("host=127.0.0.1 port={} user=accountd dbname=postgres", self.port);
        let mut copy = self.programs.command("pg_basebackup");
        copy.arg("-D").arg(standby.data()).args(["-R", "-X", "stream", "-c", "fast", "-d", &source]);
        done("pg_basebackup", copy.output())?;
        standby.run()?;
        self.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        self.ask("SELECT pg_reload_conf()")?;
        let begun = Instant::now();
        while self.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")? != "1" {
            if begun.elapsed() > PATIENCE {
                return Err("the standby does not follow".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(standby)
    }

    fn prepare(programs: &Programs, directory: PathBuf, port: u16, with_disk: bool) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("{}: {error}", directory.display());
        std::fs::create_dir_all(&directory).map_err(told)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={DISK_MEGABYTES}m"), "tmpfs"]).arg(&directory);
        let has_disk = with_disk && programs.user.is_some() && said(&mut mount).is_some();
        if let Some(user) = programs.user {
            done("chown", Command::new("chown").arg(user).arg(&directory).output())?;
        }
        Ok(Self { programs: programs.clone(), directory, has_disk, port })
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Whether its disk can be filled.
    pub fn has_disk(&self) -> bool {
        self.has_disk
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn control(&self, arguments: &[&str]) -> Result<String, String> {
        let mut control = self.programs.command("pg_ctl");
        control.args(arguments).arg("-w").arg("-D").arg(self.data());
        // The server goes on after this, and would hold a pipe open.
        let status = control.stdout(Stdio::null()).stderr(Stdio::null()).status();
        match status {
            Ok(status) if status.success() => Ok(String::new()),
            _ => Err(format!("pg_ctl {}: see {}/log", arguments.join(" "), self.directory.display())),
        }
    }

    /// Starts it, again if it was stopped.
    pub fn run(&self) -> Result<(), String> {
        // A socket in the file system would need a short path.
        let mut options = format!("-p {} -c unix_socket_directories=", self.port);
        for setting in SETTINGS {
            options.push_str(&format!(" -c {setting}"));
        }
        let log = self.directory.join("log").display().to_string();
        self.control(&["start", "-l", &log, "-o", &options])?;
        let begun = Instant::now();
        while self.ask("SELECT 1").is_err() {
            if begun.elapsed() > PATIENCE {
                return Err("PostgreSQL does not answer".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Stops it as a power cut would.
    pub fn crash(&self) -> Result<(), String> {
        self.control(&["stop", "-m", "immediate"]).map(drop)
    }

    /// Makes a standby the server that is written to.
    pub fn promote(&self) -> Result<(), String> {
        self.control(&["promote"])?;
        self.ask("ALTER SYSTEM RESET synchronous_standby_names")?;
        self.ask("SELECT pg_reload_conf()").map(drop)
    }

    /// Runs a statement, and gives its one value.
    pub fn ask(&self, statement: &str) -> Result<String, String> {
        let mut ask = self.programs.command("psql");
        ask.args(["-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "accountd", "-d", "postgres", "-p"]);
        done(statement, ask.arg(self.port.to_string()).args(["-c", statement]).output())
    }

    /// Transactions a second of pgbench's clients, each of which runs this script.
    pub fn pgbench(&self, script: &Path, clients: usize, seconds: u32) -> Result<f64, String> {
        let mut bench = self.programs.command("pgbench");
        let text = std::fs::read_to_string(script).map_err(|error| error.to_string())?;
        // Whoever runs it need not be able to read what is ours.
        let script = self.directory.join("script.sql");
        std::fs::write(&script, text).map_err(|error| error.to_string())?;
        bench.args(["-n", "-M", "prepared", "-j", "2", "-h", "127.0.0.1", "-U", "accountd", "-p"]);
        bench.arg(self.port.to_string()).args(["-c", &clients.to_string(), "-T", &seconds.to_string(), "-f"]);
        let told = done("pgbench", bench.arg(&script).arg("postgres").output())?;
        let speed =
            told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        speed.ok_or_else(|| format!("pgbench: {told}"))
    }

    /// The end of its log.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(20).collect();
        format!("the end of its log, the last line first: {}", lines.join(" | "))
    }

    /// Fills its disk.
    pub fn fill(&self) -> Result<(), String> {
        let mut fill = Command::new("dd");
        fill.args(["if=/dev/zero", "bs=1M"]).arg(format!("of={}", self.ballast().display()));
        // It ends where there is no room left.
        fill.stdout(Stdio::null()).stderr(Stdio::null()).status().map_err(|error| format!("dd: {error}"))?;
        Ok(())
    }

    /// Makes room on it, and starts what ended for want of room.
    pub fn make_room(&self) -> Result<(), String> {
        std::fs::remove_file(self.ballast()).map_err(|error| error.to_string())?;
        let begun = Instant::now();
        while self.ask("SELECT 1").is_err() {
            if self.control(&["status"]).is_err() {
                return self.run();
            }
            if begun.elapsed() > PATIENCE {
                return Err("PostgreSQL does not come back from a full disk".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn ballast(&self) -> PathBuf {
        self.directory.join("ballast")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.crash();
        if self.has_disk {
            let _ = Command::new("umount").arg(&self.directory).stderr(Stdio::null()).status();
        }
        remove(&self.directory);
    }
}

fn remove(directory: &Path) {
    let _ = std::fs::remove_dir_all(directory);
}
