//! What a person may configure: flags, and an environment variable for each.
//!
//! Whatever cannot be honoured is refused with one line and exit code 2, never ignored (F-EDGE-10). Values that may hold a secret are read here without being echoed.

mod arguments;
mod copy_arguments;
mod credentials;
mod delays;
mod delivery_arguments;
mod explain_arguments;
mod seed_arguments;
mod terminal_arguments;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use services::context::{Delays, Validation};
use services::quotas::Quotas;

pub use arguments::{Help, Request, grammar, read};
pub use aws::secret::Secret;
pub(crate) use credentials::refuse_world_readable;
pub use delays::{DelaysError, parse_delays, parse_duration};
pub use delivery_arguments::Delivered;
pub use services::front::identify::{RootCredential, Signatures};

use crate::clock::TimeMode;
use crate::forward::Destinations;
use crate::pages::Origin;
use crate::store::Database;
use crate::tls::Tls;

/// Whether AWS's request rates are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// They are not.
    Off,
    /// They are.
    Aws,
}

/// What policies see as `aws:SecureTransport` (F-IAM-82).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecureTransport {
    /// True for every request, as on AWS, which is only ever reached by TLS.
    Assumed,
    /// What the connection is: true within TLS, else false.
    Real,
}

impl SecureTransport {
    /// The key's value for a request.
    pub fn is_seen(self) -> bool {
        self == Self::Assumed
    }
}

/// Where the well-known credentials are taken (F-EDGE-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WellKnownCredentials {
    /// On loopback addresses, which only this machine reaches.
    Loopback,
    /// Wherever accountd listens, so that whoever reaches it is whoever they like: for containers and private networks.
    Anywhere,
}

/// Where state is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// In files under this directory.
    Directory(PathBuf),
    /// In memory, gone with the process.
    Memory,
    /// In a database that other processes may use, too.
    Database(Database),
}

impl Storage {
    /// The kind, as the health page names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Directory(_) => "sqlite",
            Self::Memory => "memory",
            Self::Database(_) => "postgres",
        }
    }
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Everything that is configured, checked as a whole.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Whether and how TLS is spoken there.
    pub tls: Tls,
    /// Where state is kept.
    pub storage: Storage,
    /// Applied once to an empty store.
    pub seed: Option<PathBuf>,
    /// Root users' access keys; `None` means the well-known ones of a loopback address.
    pub root_credentials: Option<Vec<RootCredential>>,
    /// Where the well-known ones are taken.
    pub well_known_credentials: WellKnownCredentials,
    /// How strictly signatures are checked.
    pub signatures: Signatures,
    /// What policies see as `aws:SecureTransport`.
    pub secure_transport: SecureTransport,
    /// How strictly patterns are applied.
    pub validation: Validation,
    /// How long the service takes for what AWS does in the background.
    pub delays: Delays,
    /// The quotas of Organizations.
    pub quotas: Quotas,
    /// Whether AWS's request rates are applied.
    pub throttle: Throttle,
    /// How service time passes.
    pub time: TimeMode,
    /// Where e-mail is delivered, as a URL that may hold a password.
    pub smtp: Option<Secret>,
    /// Where records and events are delivered.
    pub delivery: Delivered,
    /// Who answers the services that are not here.
    pub forward: Destinations,
    /// What opens the own endpoints on other than loopback addresses.
    pub admin_token: Option<Secret>,
    /// Where web pages may come from that use the services, beside this machine.
    pub allow_origins: Vec<Origin>,
    /// The form of the log.
    pub log: LogFormat,
    /// How much is logged.
    pub log_level: tracing::Level,
    /// Written when requests are answered.
    pub ready_file: Option<PathBuf>,
    /// Threads that answer requests; `None` means one per core.
    pub workers: Option<usize>,
}

impl Configuration {
    /// Whether only this machine can reach the listener. Well-known credentials and open own
    /// endpoints depend on it.
    pub fn is_loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    /// Whether the well-known credentials are taken by this listener.
    pub fn takes_well_known_credentials(&self) -> bool {
        self.is_loopback() || self.well_known_credentials == WellKnownCredentials::Anywhere
    }

    /// Checks what no single flag can know: a listener that others can reach needs keys of its own
    /// (F-EDGE-11) and checks every signature (F-EDGE-12).
    fn check(self) -> Result<Self, String> {
        if matches!((self.time, &self.storage), (TimeMode::Times(_), Storage::Database(_))) {
            return Err("--time with a speed is for one process alone, and --database is not".to_owned());
        }
        if self.is_loopback() {
            return Ok(self);
        }
        let listen = self.listen;
        if self.root_credentials.is_none() && !self.takes_well_known_credentials() {
            return Err(format!(
                "{listen} can be reached from other machines, where the well-known credentials would let anyone \
                 in: give --root-credentials FILE, listen on 127.0.0.1, or, in a container that nobody else \
                 reaches, say --well-known-credentials anywhere"
            ));
        }
        if self.signatures == Signatures::Lenient {
            return Err(format!(
                "--signatures lenient lets anyone in, so it is for loopback addresses only and not for {listen}"
            ));
        }
        Ok(self)
    }
}

/// The variable that holds the list of `--root-credentials` itself, for containers whose secrets come so.
const ROOT_CREDENTIALS_LIST: &str = "ACCOUNTD_ROOT_CREDENTIALS_LIST";

/// The same as `ACCOUNTD_ROOT_CREDENTIALS`, under the name by which container images call a file of secrets.
const ROOT_CREDENTIALS_FILE: &str = "ACCOUNTD_ROOT_CREDENTIALS_FILE";

/// Reads the file of `--root-credentials`, or the list in the environment.
fn read_root_credentials(
    path: Option<&Path>,
    list: Option<&str>,
) -> Result<Option<Vec<RootCredential>>, String> {
    let read = match (path, list) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(format!("--root-credentials and {ROOT_CREDENTIALS_LIST} cannot be used together"));
        }
        (Some(path), None) => {
            credentials::read(path).map_err(|error| format!("--root-credentials {}: {error}", path.display()))
        }
        (None, Some(list)) => {
            credentials::parse(list).map_err(|error| format!("{ROOT_CREDENTIALS_LIST}: {error}"))
        }
    };
    read.map(Some)
}

/// Reads the file of `--database-password-file`.
fn read_password(path: &Path) -> Result<Secret, String> {
    let read = credentials::read_line(path).map(Secret::new);
    read.map_err(|error| format!("--database-password-file {}: {error}", path.display()))
}

/// Reads the file of `--admin-token-file`.
fn read_token(path: &Path) -> Result<String, String> {
    credentials::read_line(path).map_err(|error| format!("--admin-token-file {}: {error}", path.display()))
}
