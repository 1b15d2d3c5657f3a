//! The command line: its grammar, its help, and one line for whatever is wrong with it.

mod choices;

use std::ffi::OsString;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use services::context::Delays;
use services::quotas::Quotas;

use super::copy_arguments::{self, CopyArguments};
use super::delivery_arguments::DeliveryArguments;
use super::explain_arguments::{self, ExplainArguments};
use super::seed_arguments::SeedCommand;
use super::terminal_arguments::TerminalCommand;
use super::{
    Configuration, ROOT_CREDENTIALS_FILE, ROOT_CREDENTIALS_LIST, Secret, Storage, WellKnownCredentials,
    parse_delays, read_password, read_root_credentials, read_token,
};
use crate::clock::TimeMode;
use crate::explain;
use crate::pages::Origin;
use crate::seed::StateSource;
use crate::store::Database;
use crate::terminal;
use crate::tls::Tls;
use choices::{
    LevelChoice, LogChoice, SecureTransportChoice, SignaturesChoice, ThrottleChoice, ValidationChoice,
};

/// What the command line asks for.
#[derive(Debug)]
pub enum Request {
    /// Serve.
    Serve(Box<Configuration>),
    /// Check a seed file and change nothing.
    SeedCheck(PathBuf),
    /// Print the seed file of a state.
    SeedOf(Box<StateSource>),
    /// Look at the whole store in a data directory and change nothing.
    Check(PathBuf),
    /// Copy everything from the one to the other.
    Copy(Box<(Storage, Storage)>),
    /// Ask a running accountd why a call is allowed or refused.
    Explain(Box<explain::Asked>),
    /// Ask a running accountd something else.
    Ask(Box<terminal::Asked>),
    /// Print this and end.
    Help(Help),
}

/// A text to print on standard output: help or the version.
#[derive(Debug)]
pub struct Help(String);

impl fmt::Display for Help {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

const EXAMPLES: &str = "\
Examples:
  accountd                                    state in ./accountd-data, test/test as credentials
  accountd --in-memory --delays instant       nothing kept and nothing to wait for: for tests
  accountd --seed company.yaml --time manual  a company of your own, and time in your hands
  accountd --listen 0.0.0.0:4566 --root-credentials keys.yaml --admin-token \"$TOKEN\"

Each flag can be given in the environment instead: --root-credentials is ACCOUNTD_ROOT_CREDENTIALS (or
ACCOUNTD_ROOT_CREDENTIALS_FILE), and ACCOUNTD_ROOT_CREDENTIALS_LIST is what such a file holds.
Exit code: 0 after SIGTERM, SIGINT, SIGHUP or SIGQUIT, 1 if serving failed, 2 if it could not start as told.";

#[derive(Parser)]
#[command(
    name = "accountd",
    version,
    about = "AWS Account Management, run by you.",
    override_usage = "accountd [serve] [OPTIONS]\n       accountd COMMAND",
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    max_term_width = 110
)]
struct Arguments {
    #[command(flatten)]
    serve: ServeArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests (what `accountd` alone does)
    #[command(after_help = EXAMPLES, override_usage = "accountd serve [OPTIONS]")]
    Serve(Box<ServeArguments>),
    /// Work with seed files
    Seed {
        #[command(subcommand)]
        command: SeedCommand,
    },
    /// Copy everything from a data directory to a database, or back, and read it back
    #[command(after_help = copy_arguments::EXAMPLES)]
    Copy(CopyArguments),
    /// Say why a call is allowed or refused, layer by layer
    #[command(after_help = explain_arguments::EXAMPLES)]
    Explain(Box<ExplainArguments>),
    #[command(flatten)]
    Terminal(TerminalCommand),
}

#[derive(Args)]
struct ServeArguments {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR", env = "ACCOUNTD_LISTEN", hide_env = true)]
    #[arg(default_value = "127.0.0.1:4566", value_parser = parse_listen, help_heading = "Listening")]
    listen: SocketAddr,

    /// TLS too, on the same port: self for certificates of its own, or a certificate and its key in PEM
    #[arg(long, value_name = "self|CERT,KEY", env = "ACCOUNTD_TLS", hide_env = true)]
    #[arg(help_heading = "Listening")]
    tls: Option<String>,

    /// With --tls self: further names by which clients call this machine
    #[arg(long, value_name = "NAMES", env = "ACCOUNTD_TLS_NAMES", hide_env = true, value_delimiter = ',')]
    #[arg(help_heading = "Listening")]
    tls_names: Vec<String>,

    /// Access keys of root users; needed on addresses that others can reach
    #[arg(long, value_name = "FILE", env = "ACCOUNTD_ROOT_CREDENTIALS", hide_env = true)]
    #[arg(help_heading = "Listening")]
    root_credentials: Option<PathBuf>,

    /// anywhere: test/test and its like open accountd on every address, to whoever reaches it; for containers
    #[arg(
        long,
        value_name = "loopback|anywhere",
        env = "ACCOUNTD_WELL_KNOWN_CREDENTIALS",
        hide_env = true,
        hide_possible_values = true
    )]
    #[arg(default_value = "loopback", help_heading = "Listening")]
    well_known_credentials: WellKnownChoice,

    /// Opens the own endpoints (/_accountd/...) on addresses that others can reach
    #[arg(long, value_name = "TOKEN", env = "ACCOUNTD_ADMIN_TOKEN", hide_env = true)]
    #[arg(help_heading = "Listening")]
    admin_token: Option<String>,

    /// The same from a file that only you can read; an argument is seen by everybody on the machine
    #[arg(long, value_name = "FILE", env = "ACCOUNTD_ADMIN_TOKEN_FILE", hide_env = true)]
    #[arg(help_heading = "Listening")]
    admin_token_file: Option<PathBuf>,

    /// Web pages from there may use the services, such as `https://console.example`; those of this machine may anyway
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "ACCOUNTD_ALLOW_ORIGIN",
        hide_env = true,
        value_delimiter = ','
    )]
    #[arg(value_parser = parse_origin, help_heading = "Listening")]
    allow_origin: Vec<Origin>,

    /// Threads that answer requests [default: one per core]
    #[arg(long, value_name = "N", env = "ACCOUNTD_WORKERS", hide_env = true, help_heading = "Listening")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=512))]
    workers: Option<u16>,

    /// Where state is kept [default: ./accountd-data]
    #[arg(long, value_name = "DIR", env = "ACCOUNTD_DATA", hide_env = true, help_heading = "State")]
    data: Option<PathBuf>,

    /// Keep state in memory only
    #[arg(long, env = "ACCOUNTD_IN_MEMORY", hide_env = true, help_heading = "State")]
    #[arg(value_parser = BoolishValueParser::new())]
    in_memory: bool,

    /// Keep state in PostgreSQL, such as postgres://user@host/name, for any number of processes at once
    #[arg(long, value_name = "URL", env = "ACCOUNTD_DATABASE", hide_env = true, help_heading = "State")]
    database: Option<String>,

    /// The password of its user, from a file that only you can read; PGPASSWORD is taken, too
    #[arg(long, value_name = "FILE", env = "ACCOUNTD_DATABASE_PASSWORD_FILE", hide_env = true)]
    #[arg(requires = "database", help_heading = "State")]
    database_password_file: Option<PathBuf>,

    /// Use it even where it acknowledges what a crash may lose (synchronous_commit or fsync is off)
    #[arg(long, env = "ACCOUNTD_DATABASE_MAY_LOSE_COMMITS", hide_env = true, help_heading = "State")]
    #[arg(requires = "database", value_parser = BoolishValueParser::new())]
    database_may_lose_commits: bool,

    /// Organization, accounts and users to begin with; applied once, to an empty store
    #[arg(long, value_name = "FILE", env = "ACCOUNTD_SEED", hide_env = true, help_heading = "State")]
    seed: Option<PathBuf>,

    /// lenient: unsigned and wrongly signed requests pass as the key they claim, or as that of 000000000000
    #[arg(
        long,
        value_name = "strict|lenient",
        env = "ACCOUNTD_SIGNATURES",
        hide_env = true,
        hide_possible_values = true
    )]
    #[arg(default_value = "strict", help_heading = "Behaviour")]
    signatures: SignaturesChoice,

    /// real: policies see aws:SecureTransport false for a request without TLS, and not true as on AWS
    #[arg(
        long,
        value_name = "assumed|real",
        env = "ACCOUNTD_SECURE_TRANSPORT",
        hide_env = true,
        hide_possible_values = true
    )]
    #[arg(default_value = "assumed", help_heading = "Behaviour")]
    secure_transport: SecureTransportChoice,

    /// masked: patterns are not applied, so that values such as +XXXXXXXXX pass
    #[arg(
        long,
        value_name = "strict|masked",
        env = "ACCOUNTD_VALIDATION",
        hide_env = true,
        hide_possible_values = true
    )]
    #[arg(default_value = "strict", help_heading = "Behaviour")]
    validation: ValidationChoice,

    /// aws: refuse callers that exceed AWS's request rates
    #[arg(
        long,
        value_name = "off|aws",
        env = "ACCOUNTD_THROTTLE",
        hide_env = true,
        hide_possible_values = true
    )]
    #[arg(default_value = "off", help_heading = "Behaviour")]
    throttle: ThrottleChoice,

    /// instant, aws, or the ones to change of enable=2s,disable=1s,account=1s,email=1s,quota=1s
    #[arg(long, value_name = "DELAYS", env = "ACCOUNTD_DELAYS", hide_env = true)]
    #[arg(value_parser = parse_delays, help_heading = "Behaviour")]
    delays: Option<Delays>,

    /// Quotas of Organizations other than AWS's, such as accounts=500,tags=60
    #[arg(long = "quota", value_name = "QUOTAS", env = "ACCOUNTD_QUOTA", hide_env = true)]
    #[arg(value_parser = Quotas::parse, help_heading = "Behaviour")]
    quotas: Option<Quotas>,

    /// manual: service time stands still until `accountd clock` moves it; x60: it passes 60 times as fast
    #[arg(long, value_name = "real|manual|xN", env = "ACCOUNTD_TIME", hide_env = true)]
    #[arg(default_value = "real", value_parser = TimeMode::parse, help_heading = "Behaviour")]
    time: TimeMode,

    /// Deliver e-mail there, such as smtp://host:25 or smtps://user:password@host
    #[arg(long, value_name = "URL", env = "ACCOUNTD_SMTP", hide_env = true, help_heading = "Operating")]
    smtp: Option<String>,

    /// Form of the log on standard error
    #[arg(
        long,
        value_name = "text|json",
        env = "ACCOUNTD_LOG",
        hide_env = true,
        hide_possible_values = true,
        help_heading = "Operating"
    )]
    #[arg(default_value = "text")]
    log: LogChoice,

    /// info logs refused requests, debug every request
    #[arg(
        long,
        value_name = "error|warn|info|debug",
        env = "ACCOUNTD_LOG_LEVEL",
        hide_env = true,
        hide_possible_values = true
    )]
    #[arg(default_value = "info", help_heading = "Operating")]
    log_level: LevelChoice,

    /// Written when requests are answered: one JSON line with address and pid
    #[arg(long, value_name = "FILE", env = "ACCOUNTD_READY_FILE", hide_env = true)]
    #[arg(help_heading = "Operating")]
    ready_file: Option<PathBuf>,

    #[command(flatten)]
    delivery: DeliveryArguments,
}

#[derive(Clone, Copy, ValueEnum)]
enum WellKnownChoice {
    Loopback,
    Anywhere,
}

/// Reads the command line and the environment.
///
/// # Errors
/// One line that says what is wrong, without the program's name in front.
pub fn read<I, T>(arguments: I) -> Result<Request, String>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(Request::Help(Help(error.to_string())));
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return Err(
                "a command is missing: accountd seed check FILE, or accountd seed from-state".to_owned()
            );
        }
        Err(error) => return Err(one_line(&error.to_string())),
    };
    let serve = match arguments.command {
        None => arguments.serve,
        Some(Command::Serve(serve)) => *serve,
        Some(Command::Seed { command }) => return command.into_request(),
        Some(Command::Terminal(command)) => return command.into_request(),
        Some(Command::Copy(copy)) => return Ok(Request::Copy(Box::new(copy.into_ends()?))),
        Some(Command::Explain(explain)) => {
            return explain.into_asked().map(|asked| Request::Explain(Box::new(asked)));
        }
    };
    serve.into_configuration().map(|configuration| Request::Serve(Box::new(configuration)))
}

/// The first paragraph of clap's message and its tips, on one line. Usage and help are a flag away.
fn one_line(message: &str) -> String {
    let mut paragraphs = message.split("\n\n");
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = joined(paragraphs.next().unwrap_or_default());
    let mut line = first.strip_prefix("error: ").unwrap_or(&first).to_owned();
    for tip in message.lines().filter_map(|line| line.trim().strip_prefix("tip: ")) {
        line.push_str("; ");
        line.push_str(tip);
    }
    line.push_str(" (accountd --help lists what there is)");
    line
}

impl ServeArguments {
    fn into_configuration(self) -> Result<Configuration, String> {
        let storage = match (self.in_memory, self.data, self.database) {
            (true, Some(_), _) => return Err("--in-memory and --data cannot be used together".to_owned()),
            (true, None, Some(_)) => {
                return Err("--in-memory and --database cannot be used together".to_owned());
            }
            (false, Some(_), Some(_)) => {
                return Err("--data and --database cannot be used together".to_owned());
            }
            (true, None, None) => Storage::Memory,
            (false, None, Some(url)) => {
                let database = database(url, self.database_password_file.as_deref())?;
                Storage::Database(database.allowing_lost_commits(self.database_may_lose_commits))
            }
            (false, data, None) => Storage::Directory(data.unwrap_or_else(default_directory)),
        };
        // Not a flag: arguments are seen by everybody on the machine.
        let list = std::env::var(ROOT_CREDENTIALS_LIST).ok().filter(|list| !list.is_empty());
        let file = std::env::var_os(ROOT_CREDENTIALS_FILE).filter(|file| !file.is_empty()).map(PathBuf::from);
        let file = self.root_credentials.or(file);
        let root_credentials = read_root_credentials(file.as_deref(), list.as_deref())?;
        let configuration = Configuration {
            listen: self.listen,
            tls: check_tls(self.tls.as_deref(), self.tls_names)?,
            storage,
            seed: self.seed,
            root_credentials,
            well_known_credentials: self.well_known_credentials.into(),
            signatures: self.signatures.into(),
            secure_transport: self.secure_transport.into(),
            validation: self.validation.into(),
            delays: self.delays.unwrap_or(Delays::SHORT),
            quotas: self.quotas.unwrap_or(Quotas::AWS),
            throttle: self.throttle.into(),
            time: self.time,
            smtp: self.smtp.map(check_smtp).transpose()?,
            forward: self.delivery.destinations()?,
            delivery: self.delivery.into_delivered(),
            admin_token: admin_token(self.admin_token, self.admin_token_file.as_deref())?,
            allow_origins: self.allow_origin,
            log: self.log.into(),
            log_level: self.log_level.into(),
            ready_file: self.ready_file,
            workers: self.workers.map(usize::from),
        };
        configuration.check()
    }
}

/// Where state is kept if nobody says so. systemd names a directory for it (`StateDirectory=`), which wins.
fn default_directory() -> PathBuf {
    let of_systemd = std::env::var_os("STATE_DIRECTORY").filter(|directory| !directory.is_empty());
    of_systemd.map_or_else(|| PathBuf::from("accountd-data"), PathBuf::from)
}

/// The grammar of the command line, for what is made of it: completions of shells, and the manual.
pub fn grammar() -> clap::Command {
    Arguments::command()
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse()
        .map_err(|_| "it must be an IP address and a port, such as 127.0.0.1:4566 or [::1]:0".to_owned())
}

fn check_tls(text: Option<&str>, names: Vec<String>) -> Result<Tls, String> {
    let given = match text {
        Some("self") => return Ok(Tls::Own { names }),
        Some(text) => {
            let (certificate, key) = text
                .split_once(',')
                .filter(|(certificate, key)| !certificate.is_empty() && !key.is_empty())
                .ok_or("--tls: it is self, or the files of a certificate and of its key: CERT,KEY")?;
            Tls::Given { certificate: certificate.into(), key: key.into() }
        }
        None => Tls::Off,
    };
    if names.is_empty() { Ok(given) } else { Err("--tls-names goes with --tls self".to_owned()) }
}

/// Checked here and not by the parser, whose messages repeat the value.
pub(super) fn database(url: String, password_file: Option<&Path>) -> Result<Database, String> {
    let url = Secret::new(url);
    let database = Database::parse(url.expose()).map_err(|reason| format!("--database: {reason}"))?;
    let password = match password_file {
        Some(file) => Some(read_password(file)?),
        // As every client of PostgreSQL takes it.
        None => std::env::var("PGPASSWORD").ok().map(Secret::new),
    };
    Ok(database.with_password(password))
}

/// Checked here and not by the parser, whose messages repeat the value.
fn check_smtp(url: String) -> Result<Secret, String> {
    let url = Secret::new(url);
    match crate::mail::check_url(url.expose()) {
        Ok(()) => Ok(url),
        Err(reason) => Err(format!("--smtp: {reason}")),
    }
}

pub(super) fn admin_token(argument: Option<String>, file: Option<&Path>) -> Result<Option<Secret>, String> {
    match (argument, file) {
        (Some(_), Some(_)) => Err("--admin-token and --admin-token-file cannot be used together".to_owned()),
        (Some(token), None) => check_admin_token(token).map(Some),
        (None, Some(file)) => check_admin_token(read_token(file)?).map(Some),
        (None, None) => Ok(None),
    }
}

fn parse_origin(text: &str) -> Result<Origin, String> {
    Origin::parse(text)
        .ok_or_else(|| "it must be a scheme and a host, such as https://console.example".to_owned())
}

fn check_admin_token(token: String) -> Result<Secret, String> {
    let token = Secret::new(token);
    // What an Authorization header can carry (RFC 6750 §2.1, and a little more).
    let text = token.expose();
    if text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(token)
    } else {
        Err("--admin-token: it has at least 8 characters, none of them a space".to_owned())
    }
}

impl From<WellKnownChoice> for WellKnownCredentials {
    fn from(choice: WellKnownChoice) -> Self {
        match choice {
            WellKnownChoice::Loopback => Self::Loopback,
            WellKnownChoice::Anywhere => Self::Anywhere,
        }
    }
}

#[cfg(test)]
mod tests;
