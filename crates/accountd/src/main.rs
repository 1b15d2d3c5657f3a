//! accountd: AWS Account Management, run by you.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use accountd::application::Application;
use accountd::configuration::Configuration;
use accountd::seed;
use accountd::startup::{self, Edges};

fn main() -> ExitCode {
    startup::run(std::env::args_os(), open, check_seed)
}

async fn open(configuration: Arc<Configuration>, edges: Edges) -> Result<Application, String> {
    Application::open(&configuration, edges).await
}

fn check_seed(file: &Path) -> Result<String, String> {
    seed::check(file).map(|summary| format!("{}: {summary}", file.display()))
}
