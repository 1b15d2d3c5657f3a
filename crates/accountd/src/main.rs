//! accountd: AWS Account Management, run by you.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use accountd::application::Application;
use accountd::configuration::Configuration;
use accountd::copy;
use accountd::seed;
use accountd::startup::{self, Checks, Edges};
use accountd::transfer;

fn main() -> ExitCode {
    startup::run(
        std::env::args_os(),
        open,
        &Checks { seed: check_seed, seed_of: seed::from_state, store: check_store, copy: copy::copy },
    )
}

async fn open(configuration: Arc<Configuration>, edges: Edges) -> Result<Application, String> {
    Application::open(&configuration, edges).await
}

fn check_seed(file: &Path) -> Result<String, String> {
    seed::check(file).map(|summary| format!("{}: {summary}", file.display()))
}

fn check_store(directory: &Path) -> Result<String, String> {
    let found = transfer::verify(directory)?;
    let name = directory.display();
    Ok(format!("{name}: {} documents and {} events are what was written", found.documents, found.events))
}
