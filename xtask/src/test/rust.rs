//! The gate's steps that are cargo's: one build for the program, the lints and the tests.
//!
//! `cargo clippy` would check every dependency that `cargo test` builds, a second time. So clippy's driver takes the
//! place of the compiler for the workspace's own crates: it is the compiler, with the lints.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::counts::Counts;
use super::crates::PUBLISHED;
use super::{Gate, dependencies};

/// Tests of Account Management and Organizations over the wire. They make a database each, so not all are chosen.
const ON_POSTGRESQL: &[&str] = &["observed::", "edges::", "resources::", "newcomers::"];

/// The step that runs them.
const ON_A_DATABASE: &str = "the wire of two services on PostgreSQL";

/// Everything in the workspace, so that each build has the same features of what it depends on.
pub(super) const WORKSPACE: &str = "--workspace";

impl Gate {
    /// Builds the program for the other suites, where there are any, and does everything that is Rust, if that is chosen.
    pub(super) fn rust(&self, is_chosen: bool, is_program_needed: bool) {
        if is_chosen {
            self.report.step("formatting", || self.plain(&mut self.cargo(&["fmt", "--check"])));
            self.report.step("licences and sources", || {
                dependencies::check(&self.root, |arguments| self.cargo(arguments)).map(|()| Counts::default())
            });
        }
        let mut binary = Err("it is not needed".to_owned());
        if is_program_needed {
            self.report.step("building accountd", || {
                binary = self.built(&["build", WORKSPACE, "--bins"]).and_then(|messages| {
                    messages.iter().find_map(executable).ok_or("cargo built no accountd".to_owned())
                });
                binary.clone().map(|_| Counts::default())
            });
        }
        // Nobody else sets it, and whoever waits for it must go on whatever happened.
        let _ = self.binary.set(binary);
        if is_chosen {
            self.report.step("building the tests, with lints", || {
                let messages = self.built(&["test", WORKSPACE, "--no-run"])?;
                lints(&messages)
            });
            // Tests that need it are skipped where it is missing, and say so one by one; this line says it of all.
            let missing = self.postgres.wait().as_ref().err();
            self.report.step("rust tests", || self.tests(&[], |cargo| cargo));
            match missing {
                Some(reason) => {
                    let reason =
                        format!("{reason}; of the Rust tests, those of many processes were passed over");
                    self.report.skip(ON_A_DATABASE, &reason, 0);
                }
                None => {
                    self.report.step(ON_A_DATABASE, || {
                        // Of the whole workspace, as above: one package alone has other features, and all would be built anew.
                        let only = [WORKSPACE, "--test", "it", "--"];
                        self.tests(&[&only[..], ON_POSTGRESQL].concat(), |cargo| {
                            // In-process suites keep their state there rather than in memory.
                            cargo.env("ACCOUNTD_TEST_DATABASE", "postgres")
                        })
                    });
                }
            }
            // By now everything is at hand that packing looks up.
            self.report.step("crates, packed", || self.packed());
            self.report.step("documentation", || {
                let mut cargo = self.cargo(&["doc", "--no-deps", "--document-private-items"]);
                // The last one is checked with the SDK's crates, which nothing else of the gate needs checked.
                let documented =
                    PUBLISHED.iter().filter(|name| self.is_everything || **name != "accountd-testing");
                cargo.args(documented.map(|name| format!("--package={name}")));
                // Private items are documented too, so that a link to one leads somewhere.
                let flags = "-D warnings -A rustdoc::private_intra_doc_links";
                self.plain(cargo.env("RUSTDOCFLAGS", flags))
            });
        }
    }

    /// Runs a build, and gives cargo's messages.
    fn built(&self, arguments: &[&str]) -> Result<Vec<Value>, String> {
        let mut cargo = self.cargo(arguments);
        cargo.arg("--message-format=json-diagnostic-rendered-ansi").env("RUSTC_WORKSPACE_WRAPPER", clippy());
        let output = cargo.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let messages: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if output.status.success() {
            return Ok(messages);
        }
        messages.iter().filter_map(rendered).for_each(|text| self.report.say(text));
        Err(output.status.to_string())
    }

    /// Runs the tests that were built, and counts them by what they print.
    pub(super) fn tests(
        &self,
        only: &[&str],
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Counts, String> {
        let arguments = if only.is_empty() { &[WORKSPACE] } else { only };
        let mut cargo = self.cargo(&[&["test", "--no-fail-fast"], arguments].concat());
        more(&mut cargo);
        self.tell(&mut cargo);
        cargo.env("RUSTC_WORKSPACE_WRAPPER", clippy()).stdout(Stdio::piped());
        let mut child = cargo.spawn().map_err(|error| error.to_string())?;
        let output = child.stdout.take().expect("INVARIANT: standard output is piped");
        let mut counts = Counts::default();
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(|error| error.to_string())?;
            let line = String::from_utf8_lossy(&line);
            self.report.say(&line);
            counts += Counts::read_cargo(&line).unwrap_or_default();
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        counts.that_is_all(status.success())
    }

    /// Runs a command of which only success matters.
    fn plain(&self, command: &mut Command) -> Result<Counts, String> {
        let status = command.status().map_err(|error| error.to_string())?;
        if status.success() { Ok(Counts::default()) } else { Err(status.to_string()) }
    }

    pub(super) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_program());
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null());
        command
    }
}

pub(super) fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Clippy's driver, which lies beside cargo.
pub(super) fn clippy() -> PathBuf {
    let beside = Path::new(&cargo_program()).with_file_name("clippy-driver");
    if beside.is_file() { beside } else { "clippy-driver".into() }
}

/// Every warning of the workspace's own crates is a failure.
fn lints(messages: &[Value]) -> Result<Counts, String> {
    let told: Vec<&str> = messages.iter().filter_map(rendered).collect();
    for text in &told {
        eprint!("{text}");
    }
    if told.is_empty() { Ok(Counts::default()) } else { Err(format!("{} warnings", told.len())) }
}

/// What the compiler has to say, as it would show it.
fn rendered(message: &Value) -> Option<&str> {
    message["message"]["rendered"].as_str().filter(|_| message["reason"] == "compiler-message")
}

/// The path of accountd, if this message of cargo says that it was built.
fn executable(message: &Value) -> Option<PathBuf> {
    let is_accountd = message["target"]["name"] == "accountd" && message["target"]["kind"][0] == "bin";
    message["executable"].as_str().filter(|_| is_accountd).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_warning_fails_and_the_program_is_found() {
        let artifact = json!({
            "reason": "compiler-artifact", "target": { "name": "accountd", "kind": ["bin"] }, "executable": "a/b"
        });
        assert_eq!(executable(&artifact), Some(PathBuf::from("a/b")));
        assert_eq!(lints(std::slice::from_ref(&artifact)), Ok(Counts::default()));
        let warning = json!({ "reason": "compiler-message", "message": { "rendered": "warning: unused\n" } });
        assert_eq!(lints(&[artifact, warning]), Err("1 warnings".to_owned()));
    }
}
