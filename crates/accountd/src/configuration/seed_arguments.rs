//! The command line of `accountd seed …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::arguments::Request;
use super::terminal_arguments::There;
use crate::seed::StateSource;

const EXAMPLES: &str = "\
Examples:
  accountd seed from-state > company.yaml                  of a running accountd
  accountd seed from-state ./accountd-data > company.yaml  of a data directory that nobody serves
  accountd seed from-state state.json > company.yaml       of what accountd export wrote

What a seed file cannot say is listed in a comment at its head. Secrets of access keys and MFA devices are in it.";

#[derive(Subcommand)]
pub(super) enum SeedCommand {
    /// Check a seed file and say what it holds; nothing is applied
    Check {
        /// The seed file; - reads it from standard input
        file: PathBuf,
    },
    /// Print the seed file that gives a state again
    #[command(after_help = EXAMPLES)]
    FromState {
        /// A data directory, or an export, which - reads from standard input; without it a running accountd is asked
        source: Option<PathBuf>,

        #[command(flatten)]
        there: There,
    },
}

impl SeedCommand {
    pub(super) fn into_request(self) -> Result<Request, String> {
        match self {
            Self::Check { file } => Ok(Request::SeedCheck(file)),
            Self::FromState { source: Some(path), .. } => {
                Ok(Request::SeedOf(Box::new(StateSource::Path(path))))
            }
            Self::FromState { source: None, there } => {
                there.into_endpoint().map(|there| Request::SeedOf(Box::new(StateSource::Endpoint(there))))
            }
        }
    }
}
