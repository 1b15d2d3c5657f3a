//! The process: from the command line to the last answer.
//!
//! Everything that can be wrong before the first request is said in one line and ends with exit code
//! 2. Nothing is prepared that is not needed: from start to first answer takes milliseconds.

use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::TcpListener;

use crate::admin::access::Access;
use crate::admin::faults::Faults;
use crate::clock::Clock;
use crate::configuration::{self, Configuration, LogFormat, Request, Signatures, Storage};
use crate::explain;
use crate::log;
use crate::seed::StateSource;
use crate::terminal::{self, Errand};
use crate::tls::{self, Tls};
use listener::{Answer, Connections, Limits};
use services::seed;

/// Serving failed after it had begun.
const FAILED: u8 = 1;
/// It could not start as told.
const REFUSED: u8 = 2;

/// What answers requests, and is closed when the last one is answered.
pub trait Application: Answer {
    /// Writes what is not yet written.
    ///
    /// # Errors
    /// Says what could not be written.
    fn close(&self) -> impl Future<Output = Result<(), String>> + Send;
}

/// What the edges of the process hand to the application.
#[derive(Clone)]
pub struct Edges {
    /// Both times.
    pub clock: Arc<Clock>,
    /// Faults a person ordered.
    pub faults: Arc<Faults>,
    /// The listener's counters, for the metrics.
    pub connections: Arc<Connections>,
    /// Who may use the own endpoints.
    pub access: Access,
    /// When the process started.
    pub started: Instant,
}

/// What is looked at without serving. Each says in a few lines what it found, or what is wrong.
pub struct Checks {
    /// Reads a seed file.
    pub seed: fn(&Path) -> Result<String, String>,
    /// Makes the seed file of a state.
    pub seed_of: fn(&StateSource) -> Result<String, String>,
    /// Looks at the whole store in a data directory.
    pub store: fn(&Path) -> Result<String, String>,
    /// Copies a whole store to an empty one.
    pub copy: fn(&Storage, &Storage) -> Result<String, String>,
}

/// The process. `open` makes the application (and refuses with one line).
pub fn run<A, F>(
    arguments: impl IntoIterator<Item = OsString>,
    open: impl FnOnce(Arc<Configuration>, Edges) -> F,
    checks: &Checks,
) -> ExitCode
where
    A: Application,
    F: Future<Output = Result<A, String>>,
{
    let started = Instant::now();
    let outcome = match configuration::read(arguments) {
        Ok(Request::Help(help)) => print(&help),
        Ok(Request::SeedCheck(file)) => checked(checks.seed, &file),
        Ok(Request::SeedOf(source)) => {
            (checks.seed_of)(&source).map_err(Failure::Refused).and_then(|text| print(&text))
        }
        Ok(Request::Check(directory)) => checked(checks.store, &directory),
        Ok(Request::Copy(ends)) => {
            let copied = (checks.copy)(&ends.0, &ends.1);
            copied.map_err(Failure::Refused).and_then(|summary| print(&summary))
        }
        Ok(Request::Explain(asked)) => {
            explain::run(&asked).map_err(Failure::Refused).and_then(|text| print(&text))
        }
        Ok(Request::Ask(asked)) => ask(&asked),
        Ok(Request::Serve(configuration)) => run_server(Arc::from(configuration), started, open),
        Err(line) => Err(Failure::Refused(line)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let (code, reason) = match failure {
                Failure::Refused(reason) => (REFUSED, reason),
                Failure::Serving(reason) => (FAILED, reason),
            };
            let _ = writeln!(io::stderr(), "accountd: {}", told(&reason));
            ExitCode::from(code)
        }
    }
}

fn checked(check: fn(&Path) -> Result<String, String>, path: &Path) -> Result<(), Failure> {
    check(path).map_err(Failure::Refused).and_then(|summary| print(&summary))
}

/// Asks a running accountd. Whoever supervises it takes 1 for unwell; other codes are reserved there.
fn ask(asked: &terminal::Asked) -> Result<(), Failure> {
    let failure = if matches!(asked.errand, Errand::Health) { Failure::Serving } else { Failure::Refused };
    match terminal::run(asked) {
        Ok(text) if text.is_empty() => Ok(()),
        Ok(text) => print(&text),
        Err(reason) => Err(failure(reason)),
    }
}

enum Failure {
    Refused(String),
    Serving(String),
}

fn print(text: &impl fmt::Display) -> Result<(), Failure> {
    let written = writeln!(io::stdout(), "{}", text.to_string().trim_end());
    match written {
        // Whoever reads the help through `head` has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Serving(error.to_string())),
        _ => Ok(()),
    }
}

/// A reason is one line. The problems of a file are a line each, under one that says how many there are.
fn told(reason: &str) -> String {
    match reason.split_once(seed::PROBLEMS_BELOW) {
        Some((head, problems)) => {
            format!("{}{}\n{}", one_line(head), seed::PROBLEMS_BELOW.trim_end(), problems.trim_end())
        }
        None => one_line(reason),
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

fn run_server<A, F>(
    configuration: Arc<Configuration>,
    started: Instant,
    open: impl FnOnce(Arc<Configuration>, Edges) -> F,
) -> Result<(), Failure>
where
    A: Application,
    F: Future<Output = Result<A, String>>,
{
    log::start(configuration.log, configuration.log_level);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().thread_name("accountd").thread_stack_size(1024 * 1024);
    if let Some(workers) = configuration.workers {
        builder.worker_threads(workers);
    }
    let runtime =
        builder.build().map_err(|error| Failure::Refused(format!("no threads can be started: {error}")))?;
    runtime.block_on(serve(configuration, started, open))
}

async fn serve<A, F>(
    configuration: Arc<Configuration>,
    started: Instant,
    open: impl FnOnce(Arc<Configuration>, Edges) -> F,
) -> Result<(), Failure>
where
    A: Application,
    F: Future<Output = Result<A, String>>,
{
    let mut signals = Signals::new().map_err(|error| Failure::Refused(format!("no signals: {error}")))?;
    if let Some(file) = &configuration.ready_file {
        remove_stale(file).map_err(Failure::Refused)?;
    }
    // The socket comes first: where it is taken, another accountd may be using the data.
    let listener = TcpListener::bind(configuration.listen).await.map_err(|error| {
        Failure::Refused(format!("cannot listen on {}: {}", configuration.listen, bind_reason(&error)))
    })?;
    let address = listener.local_addr().map_err(|error| Failure::Refused(error.to_string()))?;
    let edges = Edges {
        clock: Arc::new(Clock::new(configuration.time)),
        faults: Arc::new(Faults::beside(configuration.forward.clone())),
        connections: Arc::default(),
        access: if configuration.is_loopback() {
            Access::Loopback
        } else {
            Access::Token(configuration.admin_token.clone())
        },
        started,
    };
    let connections = Arc::clone(&edges.connections);
    let secured = tls::open(&configuration.tls, &configuration.storage).map_err(Failure::Refused)?;
    let (acceptor, authority) = secured.map_or((None, None), |it| (Some(it.acceptor), it.authority));
    let application = open(Arc::clone(&configuration), edges).await.map_err(Failure::Refused)?;
    let application = Arc::new(application);
    if let Some(file) = &configuration.ready_file {
        write_ready_file(file, address, authority.as_deref()).map_err(Failure::Refused)?;
    }
    announce(&configuration, address, authority.as_deref());
    // Where systemd does not ask for it nothing is told.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);

    let answering = listener::serve_both(
        listener,
        acceptor,
        Arc::clone(&application),
        limits(raise_descriptors()),
        connections,
        signals.received(),
    );
    let drained = answering.await;
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    if !drained {
        tracing::warn!("some connections were still busy at the end and are closed now");
    }
    application.close().await.map_err(Failure::Serving)?;
    tracing::info!("stopped");
    Ok(())
}

/// File descriptors that are not for connections: those of the store, the log, and a few that come and go.
const OWN_DESCRIPTORS: u64 = 64;

/// Raises the limit of open files as far as this user may, and says what it is then.
fn raise_descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where that is refused, what there is counts.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// As many connections as there are descriptors for, so that none of them takes the store's. F-COST-9
fn limits(descriptors: u64) -> Limits {
    let usual = Limits::default();
    let most = u32::try_from(descriptors.saturating_sub(OWN_DESCRIPTORS)).unwrap_or(u32::MAX);
    Limits { connections: usual.connections.min(most.max(4)), ..usual }
}

/// SIGTERM, SIGINT, SIGHUP (a terminal that closes) and SIGQUIT (what some supervisors send). They are caught from the
/// start, so that an early one ends the process as well. F-EDGE-4.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.quit.recv() => {}
        }
        tracing::info!("stopping: what was accepted is answered first");
    }
}

fn bind_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there; stop it, or choose another port with --listen".to_owned()
        }
        io::ErrorKind::PermissionDenied => "this user may not; ports below 1024 are reserved".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
        _ => error.to_string(),
    }
}

/// A file left by an earlier run would say that this one is ready.
fn remove_stale(file: &Path) -> Result<(), String> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("--ready-file {}: {error}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Written beside its place and moved there, so that nobody reads half of it.
fn write_ready_file(file: &Path, address: SocketAddr, authority: Option<&Path>) -> Result<(), String> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut line = serde_json::json!({ "address": address.to_string(), "pid": std::process::id() });
    if let Some(authority) = authority {
        line["ca_file"] = authority.display().to_string().into();
    }
    let written = std::fs::write(&beside, format!("{line}\n")).and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        format!("--ready-file {}: {error}", file.display())
    })
}

/// Says where it listens, where its data is, and what to try first.
fn announce(configuration: &Configuration, address: SocketAddr, authority: Option<&Path>) {
    let version = env!("CARGO_PKG_VERSION");
    let state = match &configuration.storage {
        Storage::Directory(directory) => {
            let directory = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.clone());
            format!("kept in {}", directory.display())
        }
        Storage::Memory => "in memory only, gone when it stops".to_owned(),
        Storage::Database(database) => format!("kept in {database}"),
    };
    if configuration.log == LogFormat::Json {
        tracing::info!(version, address = %address, state, "listening");
    } else {
        let first = first_command(configuration, address);
        let secured = match (&configuration.tls, authority) {
            (Tls::Off, _) => String::new(),
            (_, None) => format!("tls:   https://{address}\n"),
            (_, Some(authority)) => {
                format!("tls:   https://{address}, for AWS_CA_BUNDLE={}\n", authority.display())
            }
        };
        let text = format!(
            "accountd {version} listens on http://{address}\n{secured}state: {state}\ntry:   {first}\n"
        );
        let _ = io::stderr().write_all(text.as_bytes());
    }
    if configuration.signatures == Signatures::Lenient {
        tracing::warn!("signatures are not checked: anyone on this machine can be anyone");
    }
    if !configuration.is_loopback() && configuration.takes_well_known_credentials() {
        tracing::warn!(
            "the well-known credentials (test/test) are taken from everywhere: whoever reaches {address} is \
             whoever they like, in every account"
        );
    }
    // Whoever starts an emulator in a container waits for this line.
    if configuration.log == LogFormat::Json {
        tracing::info!("Ready.");
    } else {
        let _ = io::stderr().write_all(b"Ready.\n");
    }
}

fn first_command(configuration: &Configuration, address: SocketAddr) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let keys = match configuration.root_credentials {
        None => "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test ",
        // Keys of one's own are not repeated; the command expects them in the environment.
        Some(_) => "",
    };
    let url = SocketAddr::new(host, address.port());
    format!("{keys}aws --endpoint-url http://{url} --region us-east-1 account get-account-information")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-COST-9
    #[test]
    fn connections_leave_descriptors_for_the_store() {
        let connections = |descriptors| limits(descriptors).connections;
        assert_eq!((connections(u64::MAX), connections(1024), connections(10)), (4096, 960, 4));
    }

    #[test]
    fn a_message_of_several_lines_becomes_one() {
        assert_eq!(one_line("first\n\n  second\n"), "first; second");
        assert_eq!(told("first\n\n  second\n"), "first; second");
    }

    #[test]
    fn problems_of_a_file_are_told_a_line_each() {
        let reason =
            format!("a.yaml has 2 problems{}a.yaml:1:1: one\na.yaml:2:1: two\n", seed::PROBLEMS_BELOW);
        let lines = "a.yaml has 2 problems; nothing was applied:\na.yaml:1:1: one\na.yaml:2:1: two";
        assert_eq!(told(&reason), lines);
    }
}
