//! The command line of `accountd copy`.

use std::path::PathBuf;

use clap::Args;

use super::Storage;
use super::arguments::database;

pub(super) const EXAMPLES: &str = "\
Examples:
  accountd copy --from ./accountd-data --to postgres://accountd@db.example/accountd
  accountd copy --from postgres://accountd@db.example/accountd --to ./accountd-data

Neither may be in use by a running accountd: what is committed meanwhile may be missing.";

/// Everything that a store holds, to where there is none yet.
#[derive(Args)]
pub(super) struct CopyArguments {
    /// The data directory or the database to copy
    #[arg(long, value_name = "DIR|URL")]
    from: String,

    /// An empty data directory or database
    #[arg(long, value_name = "DIR|URL")]
    to: String,

    /// The password of the database's user, from a file that only you can read; PGPASSWORD is taken, too
    #[arg(long, value_name = "FILE", env = "ACCOUNTD_DATABASE_PASSWORD_FILE", hide_env = true)]
    database_password_file: Option<PathBuf>,
}

impl CopyArguments {
    /// From where to where.
    pub fn into_ends(self) -> Result<(Storage, Storage), String> {
        let storage = |text: String| match text.contains("://") {
            true => database(text, self.database_password_file.as_deref()).map(Storage::Database),
            false => Ok(Storage::Directory(PathBuf::from(text))),
        };
        Ok((storage(self.from)?, storage(self.to)?))
    }
}
