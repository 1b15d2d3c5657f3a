//! The processes under test: accountd as built for release, and nginx beside it.

use std::ffi::OsStr;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::client::{self, Client};
use super::signature::{self, Key};

/// The longest that anything may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many processes serve on each side: nginx's workers, and the default of accountd on two cores.
pub const NGINX_WORKERS: usize = 2;

/// A running accountd. It is told to end when it is dropped.
pub struct Accountd {
    child: Mutex<Child>,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to the first answered request.
    pub start: Duration,
}

impl Accountd {
    /// Starts it on `data`, and answers when a signed GetCallerIdentity was answered.
    pub fn start(binary: &Path, data: &Path, seed: Option<&Path>) -> Result<Self, String> {
        Self::start_as(binary, data, seed, |command| command)
    }

    /// The same, with what else its command needs.
    pub fn start_as(
        binary: &Path,
        data: &Path,
        seed: Option<&Path>,
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Self, String> {
        Self::start_on(binary, [OsStr::new("--data"), data.as_os_str()], |command| {
            if let Some(seed) = seed {
                command.arg("--seed").arg(seed);
            }
            more(command)
        })
    }

    /// Starts one without a data directory, as tests do.
    pub fn start_in_memory(binary: &Path, seed: &Path) -> Result<Self, String> {
        Self::start_on(binary, ["--in-memory"], |command| command.arg("--seed").arg(seed))
    }

    /// The same with its state wherever these arguments say.
    pub fn start_on(
        binary: &Path,
        storage: impl IntoIterator<Item = impl AsRef<OsStr>>,
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Self, String> {
        let address = free_address()?;
        let mut command = Command::new(binary);
        command.arg("--listen").arg(address.to_string()).args(storage);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        more(&mut command);
        let key = Key::of_account(0);
        let request = signature::get_caller_identity().sign(&key, &address.to_string()).text();
        let begun = Instant::now();
        let child = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
        let mut accountd = Self { child: Mutex::new(child), address, start: Duration::ZERO };
        loop {
            match Client::connect(address) {
                Ok(mut client) => {
                    let answer = client.send(&request)?;
                    accountd.start = begun.elapsed();
                    if answer.status == 200 {
                        return Ok(accountd);
                    }
                    return Err(format!("GetCallerIdentity: {}: {}", answer.status, answer.body));
                }
                Err(error) if begun.elapsed() > PATIENCE => return Err(format!("accountd: {error}")),
                Err(_) => std::thread::sleep(Duration::from_micros(100)),
            }
        }
    }

    /// Whether the process still runs.
    pub fn is_running(&self) -> bool {
        self.process().try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// Ends it without warning, as `kill -9` does, and waits until it has gone.
    pub fn kill(&self) {
        let mut process = self.process();
        let _ = process.kill();
        let _ = process.wait();
    }

    fn process(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its resident memory in MB (10⁶ bytes).
    pub fn resident_megabytes(&self) -> Result<f64, String> {
        let file = format!("/proc/{}/status", self.process().id());
        let status = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
        kibibytes.map(|kibibytes| kibibytes * 1024.0 / 1e6).ok_or_else(|| format!("{file}: no VmRSS"))
    }

    /// A counter of its store.
    pub fn store_counter(&self, name: &str) -> Result<f64, String> {
        let host = self.address;
        let request = format!("GET /_accountd/metrics HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let page = client::expect_success(self.address, &request)?;
        let name = format!("accountd_store_{name}_total ");
        let value = page.lines().find_map(|line| line.strip_prefix(&name)?.trim().parse().ok());
        value.ok_or_else(|| format!("the metrics page has no {name}"))
    }
}

impl Drop for Accountd {
    fn drop(&mut self) {
        // The number of a process that has gone may be another one's.
        if self.is_running() {
            let _ = Command::new("kill").arg(self.process().id().to_string()).status();
        }
        let _ = self.process().wait();
    }
}

/// A running nginx that serves one file, and answers whatever is asked at `/`. It is told to end when it is dropped.
pub struct Nginx {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Nginx {
    /// Serves `/file`, a file of `bytes` bytes, out of `directory`.
    pub fn start(directory: &Path, bytes: usize, workers: usize) -> Result<Self, String> {
        let address = free_address()?;
        let place = directory.display();
        let configuration = format!(
            "worker_processes {workers};\ndaemon off;\nerror_log {place}/error.log;\npid {place}/pid;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000000;\n\
             client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;\n\
             uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5; default_type application/json;\n\
             server {{ listen {address}; root {place}/served; location = / {{ return 200 '{{}}'; }} }} }}\n"
        );
        let served = directory.join("served");
        let file = directory.join("nginx.conf");
        std::fs::create_dir_all(&served)
            .and_then(|()| std::fs::write(served.join("file"), "x".repeat(bytes)))
            .and_then(|()| std::fs::write(&file, configuration))
            .map_err(|error| format!("{place}: {error}"))?;
        allow_reading(directory);
        let child = Command::new(super::tools::NGINX)
            .arg("-c")
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("nginx: {error}"))?;
        let nginx = Self { child, address };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if begun.elapsed() > PATIENCE {
                return Err("nginx does not listen".to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// nginx started by root reads the file as another user.
fn allow_reading(directory: &Path) {
    let _ = Command::new("chmod").arg("-R").arg("a+rX").arg(directory).status();
}

/// A port of the loopback address at which nobody listens.
pub fn free_port() -> Result<u16, String> {
    free_address().map(|address| address.port())
}

fn free_address() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map_err(|error| error.to_string())
}

/// A directory that is gone when this is dropped. It lies beside the build, on the disk and not in memory,
/// because an fsync in memory costs nothing.
pub struct Scratch {
    /// The directory.
    pub path: PathBuf,
}

impl Scratch {
    /// A new and empty one.
    pub fn new(parent: &Path) -> Result<Self, String> {
        let path = parent.join(format!("bench-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
