//! Which database, as a URL says it, and how it is reached. F-STORE-23
//!
//! `postgres://user:password@host:port,host:port/name?sslmode=…&sslrootcert=…&target_session_attrs=…`, as every client of
//! PostgreSQL takes it. Where it differs from those: a connection over a network is encrypted and the server's name
//! verified unless the URL says otherwise, and what would encrypt without verifying is refused.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use aws::secret::Secret;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::tls::Encryption;

/// How long a host may take to answer before the next one is tried, where the URL does not say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long what was sent may stay unacknowledged before the connection counts as lost.
const UNACKNOWLEDGED_AT_MOST: Duration = Duration::from_secs(10);

/// How long a database that is away is waited for. Less than clients wait, more than a database takes to change over.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database as it was configured. It shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    url: Secret,
    password: Option<Secret>,
    allows_lost_commits: bool,
    patience: Duration,
}

/// What `sslmode` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    Verified,
}

/// A URL taken apart.
struct Parts {
    config: Config,
    mode: Mode,
    root_certificate: Option<PathBuf>,
}

/// What a connection needs.
pub(super) struct Address {
    pub config: Config,
    pub encryption: Encryption,
}

impl Database {
    /// The database that `url` names.
    ///
    /// # Errors
    /// Says what is wrong with the URL, without repeating it: it may hold a password.
    pub fn parse(url: &str) -> Result<Self, String> {
        parts(url)?;
        Ok(Self {
            url: Secret::new(url.to_owned()),
            password: None,
            allows_lost_commits: false,
            patience: PATIENCE,
        })
    }

    /// The same, with a password that is not in the URL.
    #[must_use]
    pub fn with_password(self, password: Option<Secret>) -> Self {
        Self { password: password.or(self.password), ..self }
    }

    /// The same, also where the database acknowledges what a crash may lose. F-STORE-24
    #[must_use]
    pub fn allowing_lost_commits(self, allows_lost_commits: bool) -> Self {
        Self { allows_lost_commits, ..self }
    }

    /// The same, waited for as long as this where it is away, instead of ten seconds. F-STORE-33
    #[must_use]
    pub fn waited_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) fn allows_lost_commits(&self) -> bool {
        self.allows_lost_commits
    }

    /// Reads the certificates that it needs.
    pub(super) fn address(&self) -> Result<Address, String> {
        let Parts { mut config, mode, root_certificate } = parts(self.url.expose())?;
        if let (None, Some(password)) = (config.get_password(), &self.password) {
            config.password(password.expose());
        }
        let encryption = match mode {
            Mode::Plain => Encryption::none(),
            Mode::Verified => Encryption::verified(root_certificate.as_deref())?,
        };
        Ok(Address { config, encryption })
    }
}

/// Host and name, which is what a person needs to see.
impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("postgres://")?;
        let Ok(Parts { config, .. }) = parts(self.url.expose()) else { return Ok(()) };
        for (index, host) in config.get_hosts().iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            match host {
                Host::Tcp(host) => write!(formatter, "{separator}{host}")?,
                Host::Unix(path) => write!(formatter, "{separator}{}", path.display())?,
            }
            let port = config.get_ports().get(index).or(config.get_ports().first());
            if let Some(port) = port {
                write!(formatter, ":{port}")?;
            }
        }
        write!(formatter, "/{}", config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Database({self})")
    }
}

fn parts(url: &str) -> Result<Parts, String> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err("expected a URL such as postgres://user@host:5432/name".to_owned());
    }
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut ssl_mode, mut root_certificate, mut others) = (None, None, Vec::new());
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", value)) => ssl_mode = Some(value),
            Some(("sslrootcert", value)) => root_certificate = Some(path(value)?),
            _ => others.push(parameter),
        }
    }
    let rest = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
    // Its own message may repeat a part of the URL.
    let mut config = Config::from_str(&rest).map_err(|_| {
        "it cannot be read as postgres://user:password@host:port/name?parameter=value".to_owned()
    })?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err("it names no host".to_owned());
    }
    let mode = match ssl_mode {
        None if is_near(&config) => Mode::Plain,
        None | Some("verify-full") => Mode::Verified,
        Some("disable") => Mode::Plain,
        Some(_) => {
            return Err(
                "sslmode is verify-full, or disable where nobody else is on the network: what encrypts \
                        without verifying protects against nobody who matters"
                    .to_owned(),
            );
        }
    };
    config.ssl_mode(if mode == Mode::Plain { SslMode::Disable } else { SslMode::Require });
    if config.get_application_name().is_none() {
        config.application_name("accountd");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED_AT_MOST);
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    Ok(Parts { config, mode, root_certificate })
}

/// Whether what is sent does not leave this machine.
fn is_near(config: &Config) -> bool {
    let is_loopback =
        |host: &str| host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(host) => is_loopback(host),
        Host::Unix(_) => true,
    });
    hosts && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn path(value: &str) -> Result<PathBuf, String> {
    let text = percent_encoding::percent_decode_str(value).decode_utf8();
    text.map(|text| Path::new(text.as_ref()).to_owned()).map_err(|_| "sslrootcert is no path".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        Database::parse(url).expect_err("it is wrong")
    }

    /// F-STORE-23
    #[test]
    fn what_leaves_the_machine_is_encrypted_and_verified_unless_the_url_says_otherwise() {
        let mode = |url: &str| parts(url).map(|parts| parts.mode);
        for near in ["localhost", "127.0.0.1:5433", "[::1]", "%2Ftmp%2Fsocket"] {
            assert_eq!(mode(&format!("postgres://u@{near}/d")), Ok(Mode::Plain), "{near}");
        }
        for far in ["db.example", "localhost,db.example:5433", "10.0.0.1"] {
            assert_eq!(mode(&format!("postgres://u@{far}/d")), Ok(Mode::Verified), "{far}");
            assert_eq!(mode(&format!("postgres://u@{far}/d?sslmode=disable")), Ok(Mode::Plain), "{far}");
        }
        assert_eq!(mode("postgres://u@localhost/d?sslmode=verify-full"), Ok(Mode::Verified));
        for weak in ["require", "prefer", "allow", "verify-ca", ""] {
            assert!(refusal(&format!("postgres://u@db.example/d?sslmode={weak}")).contains("verify-full"));
        }
    }

    /// F-STORE-23
    #[test]
    fn a_wrong_url_is_refused_without_being_repeated() {
        for url in ["mysql://u:secret@h/d", "postgres://u:secret@h:port/d", "postgres://u:secret@h/d?what=1"]
        {
            let reason = refusal(url);
            assert!(!reason.contains("secret"), "{reason}");
        }
        let database = Database::parse("postgres://u:secret@h:1,i:2/d?application_name=x").expect("right");
        assert_eq!(format!("{database}"), "postgres://h:1,i:2/d");
        assert!(!format!("{database:?}").contains("secret"));
    }

    /// F-STORE-23
    #[test]
    fn a_writable_host_is_looked_for_and_a_password_of_the_url_counts_first() {
        let database = Database::parse("postgres://u@localhost,127.0.0.1:5433/d").expect("right");
        let database = database.with_password(Some(Secret::new("from-a-file".to_owned())));
        let config = database.address().expect("right").config;
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(config.get_password(), Some(&b"from-a-file"[..]));
        let own = Database::parse("postgres://u:own@localhost/d").expect("right");
        let own = own.with_password(Some(Secret::new("other".to_owned())));
        assert_eq!(own.address().expect("right").config.get_password(), Some(&b"own"[..]));
    }
}
