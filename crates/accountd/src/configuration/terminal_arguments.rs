//! The command line of the commands that ask a running accountd.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::arguments::{Request, admin_token};
use crate::terminal::client::Endpoint;
use crate::terminal::{Asked, Errand, Form, Move, Whose};

const ENV_EXAMPLES: &str = "\
Examples:
  eval \"$(accountd env)\"                                          the root user of account 000000000000
  eval \"$(accountd env --account 111122223333)\"                   an administrator of that account
  eval \"$(accountd env --role arn:aws:iam::111122223333:role/Auditor)\"
  accountd env --account 111122223333 --user ann --form profile >> ~/.aws/config";

/// Where the running accountd is.
#[derive(Args)]
pub(super) struct There {
    /// Where accountd answers
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL", hide_env_values = true)]
    #[arg(default_value = "http://127.0.0.1:4566", help_heading = "Where")]
    endpoint: String,

    /// The authorities to trust where the endpoint is https://; those of this machine where there is none
    #[arg(long, value_name = "FILE", env = "AWS_CA_BUNDLE", hide_env_values = true, help_heading = "Where")]
    ca_bundle: Option<PathBuf>,

    /// The administrator's token, where the own endpoints need one
    #[arg(long, value_name = "TOKEN", env = "ACCOUNTD_ADMIN_TOKEN", hide_env_values = true)]
    #[arg(help_heading = "Where")]
    admin_token: Option<String>,

    /// The same from a file
    #[arg(long, value_name = "FILE", env = "ACCOUNTD_ADMIN_TOKEN_FILE", hide_env_values = true)]
    #[arg(help_heading = "Where")]
    admin_token_file: Option<PathBuf>,
}

impl There {
    /// The endpoint with its token.
    pub(super) fn into_endpoint(self) -> Result<Endpoint, String> {
        let token = admin_token(self.admin_token, self.admin_token_file.as_deref())?;
        Ok(Endpoint {
            url: self.endpoint.trim_end_matches('/').to_owned(),
            admin_token: token,
            ca_bundle: self.ca_bundle,
        })
    }
}

/// Where it is, and how its answer is shown.
#[derive(Args)]
pub(super) struct Told {
    #[command(flatten)]
    there: There,

    /// The answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
pub(super) enum TerminalCommand {
    /// Print what a shell, a profile or Terraform needs to reach a running accountd as somebody
    #[command(after_help = ENV_EXAMPLES)]
    Env(Box<EnvArguments>),
    /// Show or move service time of a running accountd
    Clock {
        /// A step such as +24h, or an instant such as 2027-01-01T00:00:00Z; service time never goes back
        #[arg(value_name = "+STEP|INSTANT", value_parser = Move::parse)]
        to: Option<Move>,
        #[command(flatten)]
        told: Told,
    },
    /// Show the messages that a running accountd sent, with their codes
    Outbox {
        /// Only to this address or number
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        /// Only about this account
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// So many at most
        #[arg(long, value_name = "N")]
        limit: Option<u16>,
        /// Empty it
        #[arg(long, conflicts_with_all = ["to", "account", "limit"])]
        clear: bool,
        #[command(flatten)]
        told: Told,
    },
    /// Show the calls of all accounts that a running accountd recorded, oldest first
    Events(Box<EventsArguments>),
    /// Show, replace or end the faults that a running accountd makes on order
    Faults {
        /// A JSON list of rules in place of those that are there; - reads it from standard input
        file: Option<PathBuf>,
        /// End them
        #[arg(long, conflicts_with = "file")]
        clear: bool,
        #[command(flatten)]
        told: Told,
    },
    /// Put a running accountd back to its first start: the seed or nothing
    Reset {
        #[command(flatten)]
        told: Told,
    },
    /// Take all state of a running accountd away as one document
    Export {
        /// Where to [default: standard output]
        file: Option<PathBuf>,
        /// Leave the event log out
        #[arg(long)]
        without_events: bool,
        #[command(flatten)]
        told: Told,
    },
    /// Replace all state of a running accountd by an exported document
    Import {
        /// The document; - reads it from standard input
        file: PathBuf,
        #[command(flatten)]
        told: Told,
    },
    /// Show the calls for what a running accountd does not have
    Unanswered {
        /// Empty the list
        #[arg(long)]
        clear: bool,
        #[command(flatten)]
        told: Told,
    },
    /// Say whether a running accountd can answer: exit code 0, or 1
    Health {
        #[command(flatten)]
        told: Told,
    },
    /// Look at everything in a data directory that is not in use, or in a running accountd, and say whether it is right
    Check {
        /// The data directory [default: ask the running accountd]
        directory: Option<PathBuf>,
        #[command(flatten)]
        told: Told,
    },
}

#[derive(Args)]
pub(super) struct EventsArguments {
    /// Only of this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only of this service, such as iam
    #[arg(long, value_name = "SERVICE")]
    source: Option<String>,
    /// Only of this operation
    #[arg(long, value_name = "OPERATION")]
    name: Option<String>,
    /// Only by somebody in whose ARN this stands
    #[arg(long, value_name = "TEXT")]
    user: Option<String>,
    /// Only signed with this access key
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// Only the one with this id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only of this Region
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Only about a resource of this name or ARN
    #[arg(long, value_name = "NAME|ARN")]
    resource: Option<String>,
    /// Only from this time on, such as 2026-11-27T10:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only what was refused
    #[arg(long)]
    errors: bool,
    /// Only what changes something
    #[arg(long)]
    changes: bool,
    /// So many of the newest at most [default: 100]
    #[arg(long, value_name = "N")]
    limit: Option<u16>,
    /// Go on showing them as they come
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    told: Told,
}

#[derive(Args)]
pub(super) struct EnvArguments {
    /// The account; alone it means an administrator of it, who comes into being where there is none
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// A user of the account, by name, or by ARN without --account
    #[arg(long, value_name = "NAME|ARN", conflicts_with = "role")]
    user: Option<String>,

    /// A role likewise, whose trust policy is not asked
    #[arg(long, value_name = "NAME|ARN")]
    role: Option<String>,

    /// What is printed; json is for `credential_process`
    #[arg(long, value_name = "exports|profile|terraform|json", hide_possible_values = true)]
    #[arg(default_value = "exports")]
    form: FormChoice,

    /// The Region that clients begin with
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    region: String,

    #[command(flatten)]
    there: There,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormChoice {
    Exports,
    Profile,
    Terraform,
    Json,
}

impl From<FormChoice> for Form {
    fn from(choice: FormChoice) -> Self {
        match choice {
            FormChoice::Exports => Self::Exports,
            FormChoice::Profile => Self::Profile,
            FormChoice::Terraform => Self::Terraform,
            FormChoice::Json => Self::Json,
        }
    }
}

impl EnvArguments {
    fn into_asked(self) -> Result<Asked, String> {
        let account = self.account.as_deref();
        let whose = match (self.user.as_deref(), self.role.as_deref()) {
            (None, None) => account.map_or(Whose::WellKnown, |id| Whose::Account(id.to_owned())),
            (Some(user), _) => {
                let (account, name) = named("user", user, account)?;
                Whose::User(account, name)
            }
            (None, Some(role)) => {
                let (account, name) = named("role", role, account)?;
                Whose::Role(account, name)
            }
        };
        let errand = Errand::Environment { whose, form: self.form.into(), region: self.region };
        Ok(Asked { endpoint: self.there.into_endpoint()?, json: false, errand })
    }
}

/// Account and name of a user or a role: an ARN says both, and a name needs the account beside it.
fn named(kind: &str, text: &str, account: Option<&str>) -> Result<(String, String), String> {
    let Some(rest) = text.strip_prefix("arn:aws:iam::") else {
        let account =
            account.ok_or_else(|| format!("--{kind} {text}: of which account? Give --account too"))?;
        return Ok((account.to_owned(), text.to_owned()));
    };
    let (of, resource) = rest.split_once(':').unwrap_or((rest, ""));
    let path = resource.strip_prefix(kind).and_then(|path| path.strip_prefix('/'));
    let name = path.and_then(|path| path.rsplit('/').next()).filter(|name| !name.is_empty());
    match name {
        Some(_) if account.is_some_and(|account| account != of) => {
            Err(format!("--{kind} {text}: it is not of the account that --account names"))
        }
        Some(name) => Ok((of.to_owned(), name.to_owned())),
        None => Err(format!("--{kind} {text}: it is not the ARN of a {kind}")),
    }
}

impl TerminalCommand {
    /// What is asked.
    pub(super) fn into_request(self) -> Result<Request, String> {
        let (told, errand) = match self {
            Self::Env(arguments) => return arguments.into_asked().map(asked),
            Self::Check { directory: Some(directory), .. } => return Ok(Request::Check(directory)),
            Self::Check { directory: None, told } => (told, Errand::Check),
            Self::Clock { to, told } => (told, Errand::Clock(to)),
            Self::Outbox { to, account, limit, clear, told } => {
                let limit = limit.map(|limit| limit.to_string());
                let query = query([("to", to), ("account", account), ("limit", limit)]);
                (told, Errand::Outbox { query, clear })
            }
            Self::Events(events) => events.into_errand(),
            Self::Faults { file, clear, told } => (told, Errand::Faults { file, clear }),
            Self::Reset { told } => (told, Errand::Reset),
            Self::Export { file, without_events, told } => {
                (told, Errand::Export { file, events: !without_events })
            }
            Self::Import { file, told } => (told, Errand::Import { file }),
            Self::Unanswered { clear, told } => (told, Errand::Unanswered { clear }),
            Self::Health { told } => (told, Errand::Health),
        };
        Ok(asked(Asked { endpoint: told.there.into_endpoint()?, json: told.json, errand }))
    }
}

impl EventsArguments {
    fn into_errand(self) -> (Told, Errand) {
        let flag = |given: bool| given.then(|| "true".to_owned());
        let query = query([
            ("account", self.account),
            ("source", self.source),
            ("name", self.name),
            ("user", self.user),
            ("key", self.key),
            ("id", self.id),
            ("region", self.region),
            ("resource", self.resource),
            ("since", self.since),
            ("until", self.until),
            ("errors", flag(self.errors)),
            ("changes", flag(self.changes)),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ]);
        (self.told, Errand::Events { query, follow: self.follow })
    }
}

/// A query of the filters that were given.
fn query<const N: usize>(filters: [(&str, Option<String>); N]) -> String {
    let filter = |(name, value): (&str, Option<String>)| {
        Some(format!("{name}={}", utf8_percent_encode(&value?, NON_ALPHANUMERIC)))
    };
    filters.into_iter().filter_map(filter).collect::<Vec<_>>().join("&")
}

fn asked(asked: Asked) -> Request {
    Request::Ask(Box::new(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-EDGE-29
    #[test]
    fn an_arn_says_account_and_name_and_a_name_needs_the_account() {
        let pair = |account: &str, name: &str| Ok((account.to_owned(), name.to_owned()));
        let arn = "arn:aws:iam::111122223333:role/a/b/Auditor";
        assert_eq!(named("role", arn, None), pair("111122223333", "Auditor"));
        assert_eq!(named("role", arn, Some("111122223333")), pair("111122223333", "Auditor"));
        assert_eq!(named("user", "ann", Some("111122223333")), pair("111122223333", "ann"));
        for (kind, text, account) in [
            ("role", arn, Some("999999999999")),
            ("user", arn, None),
            ("user", "ann", None),
            ("role", "arn:aws:iam::111122223333:role/", None),
            ("role", "arn:aws:iam::111122223333", None),
        ] {
            assert!(named(kind, text, account).is_err(), "{kind} {text}");
        }
    }
}
