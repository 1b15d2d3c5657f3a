//! accountd: AWS Account Management, run by you.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use accountd::configuration::Configuration;
use accountd::startup::{self, Edges};

mod front;

fn main() -> ExitCode {
    startup::run(std::env::args_os(), open, check_seed)
}

/// The one call site of the application: the request path, its store and the own endpoints.
async fn open(configuration: Arc<Configuration>, edges: Edges) -> Result<front::Front, String> {
    front::Front::open(&configuration, edges)
}

/// The one call site of the seed's checker.
fn check_seed(file: &Path) -> Result<String, String> {
    Err(format!("{}: seed files cannot be checked yet", file.display()))
}
