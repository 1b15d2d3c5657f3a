//! `cargo xtask test`: the one command that tests everything, installing what it needs.
//!
//! It runs suites in order and stops at the first that fails. Everything it installs lies under
//! `target/clients/`; only Python itself may come from the system's packages, and only for root.

mod counts;
mod tools;

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use counts::Counts;
use tools::Tools;

/// A part of the gate that can be chosen by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suite {
    /// Formatting, lints, and every test that is written in Rust, the Rust SDKs in process among them.
    Rust,
    /// boto3, the AWS CLI and awslocal against the running program.
    Python,
    /// The JavaScript SDK against the running program.
    Node,
    /// Terraform's resources against the running program.
    Terraform,
    /// prowler's audit of the running program.
    Prowler,
}

const SUITES: [Suite; 5] = [Suite::Rust, Suite::Python, Suite::Node, Suite::Terraform, Suite::Prowler];

impl fmt::Display for Suite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::Node => "node",
            Self::Terraform => "terraform",
            Self::Prowler => "prowler",
        })
    }
}

/// Runs the suites that are named, or all of them, and prints how many tests there were in all.
///
/// # Errors
/// One line that says which step failed and, where something is missing, what to install.
pub fn run(names: &[&str]) -> Result<(), String> {
    let suites = choose(names)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("INVARIANT: this crate lies in the workspace's root")
        .to_owned();
    let mut gate = Gate { tools: Tools::new(&root), root, counts: Counts::default(), binary: None };
    let started = Instant::now();
    let outcome = suites.into_iter().try_for_each(|suite| gate.run(suite));
    if outcome.is_err() && gate.counts.failed == 0 {
        // A step without tests of its own failed, for example formatting. The closing line must not
        // read as if all were well.
        gate.counts.failed = 1;
    }
    eprintln!("\n==> all in {}", seconds(started));
    say(&gate.counts.to_string());
    outcome
}

fn choose(names: &[&str]) -> Result<Vec<Suite>, String> {
    if names.is_empty() {
        return Ok(SUITES.to_vec());
    }
    let named = |name: &str| SUITES.into_iter().find(|suite| suite.to_string() == name);
    names
        .iter()
        .map(|name| {
            named(name).ok_or(format!("`{name}` is not one of rust, python, node, terraform, prowler"))
        })
        .collect()
}

/// Prints on standard output, where continuous integration looks for the closing line.
fn say(line: &str) {
    // A reader that has gone away is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn seconds(started: Instant) -> String {
    format!("{:.1} s", started.elapsed().as_secs_f64())
}

/// A run of the gate.
struct Gate {
    root: PathBuf,
    tools: Tools,
    counts: Counts,
    /// The program under test, once it is built.
    binary: Option<PathBuf>,
}

impl Gate {
    fn run(&mut self, suite: Suite) -> Result<(), String> {
        match suite {
            Suite::Rust => self.rust(),
            Suite::Python => self.python(),
            Suite::Node => self.node(),
            Suite::Terraform => self.terraform(),
            Suite::Prowler => self.prowler(),
        }
    }

    fn rust(&mut self) -> Result<(), String> {
        self.step("formatting", |gate| gate.plain(&mut gate.cargo(&["fmt", "--check"])))?;
        self.step("lints", |gate| {
            let scope = ["--workspace", "--all-targets"];
            gate.plain(gate.cargo(&["clippy"]).args(scope).args(["--", "-D", "warnings"]))
        })?;
        self.step("rust tests", |gate| {
            let mut cargo = gate.cargo(&["test", "--workspace", "--no-fail-fast"]);
            gate.counted(&mut cargo, Counts::read_cargo)
        })
    }

    fn python(&mut self) -> Result<(), String> {
        let binary = self.binary()?;
        self.step("boto3, AWS CLI and awslocal", |gate| {
            let python = gate.tools.python()?;
            let mut pytest = gate.pytest(&python, "python", &binary);
            gate.plain_then_report(&mut pytest, "python")
        })
    }

    fn node(&mut self) -> Result<(), String> {
        let binary = self.binary()?;
        self.step("JavaScript SDK", |gate| {
            let node = gate.tools.node()?;
            let mut tests = Command::new(&node.program);
            tests.args(["--test", "--test-reporter=tap"]);
            tests.arg(gate.root.join("tests/clients/node/account.test.js"));
            tests.env("NODE_PATH", &node.modules).env("ACCOUNTD_BINARY", &binary);
            gate.counted(&mut tests, Counts::read_tap)
        })
    }

    fn terraform(&mut self) -> Result<(), String> {
        let Some(terraform) = self.tools.terraform() else {
            self.counts.skipped += 1;
            eprintln!("\n==> Terraform\nskipped: no terraform with a terraform-provider-aws was found");
            return Ok(());
        };
        let binary = self.binary()?;
        self.step("Terraform", |gate| {
            let python = gate.tools.python()?;
            let mut pytest = gate.pytest(&python, "terraform", &binary);
            pytest.env("TERRAFORM", &terraform.program).env("TERRAFORM_MIRROR", &terraform.mirror);
            // The provider mostly waits for Regions to settle, so that the tests wait side by side.
            pytest.args(["--numprocesses", "4"]);
            gate.plain_then_report(&mut pytest, "terraform")
        })
    }

    fn prowler(&mut self) -> Result<(), String> {
        let prowler = match self.tools.prowler() {
            Ok(prowler) => prowler,
            Err(reason) => {
                self.counts.skipped += 1;
                eprintln!("\n==> prowler\nskipped: it cannot be installed: {reason}");
                return Ok(());
            }
        };
        let binary = self.binary()?;
        self.step("prowler", |gate| {
            let python = gate.tools.python()?;
            let mut pytest = gate.pytest(&python, "prowler", &binary);
            gate.plain_then_report(pytest.env("PROWLER", &prowler), "prowler")
        })
    }

    /// Announces a step, runs it, and says how long it took.
    fn step(&mut self, name: &str, run: impl FnOnce(&mut Self) -> Result<(), String>) -> Result<(), String> {
        eprintln!("\n==> {name}");
        let started = Instant::now();
        let outcome = run(self).map_err(|reason| format!("{name}: {reason}"));
        let verdict = if outcome.is_ok() { "passed" } else { "failed" };
        eprintln!("==> {name}: {verdict} in {}", seconds(started));
        outcome
    }

    /// The program under test, as cargo built it.
    fn binary(&mut self) -> Result<PathBuf, String> {
        if let Some(binary) = &self.binary {
            return Ok(binary.clone());
        }
        self.step("building accountd", |gate| {
            // With --workspace the dependencies have the features they had in the tests, so that
            // nothing is built twice.
            let format = "--message-format=json-render-diagnostics";
            let mut cargo = gate.cargo(&["build", "--workspace", "--bins", format]);
            let output = cargo.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
            if !output.status.success() {
                return Err("cargo build failed".to_owned());
            }
            let text = String::from_utf8_lossy(&output.stdout);
            gate.binary = text.lines().find_map(executable);
            gate.binary.is_some().then_some(()).ok_or("cargo built no accountd".to_owned())
        })?;
        Ok(self.binary.clone().expect("INVARIANT: the step that just passed has set it"))
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null());
        command
    }

    fn pytest(&self, python: &Path, suite: &str, binary: &Path) -> Command {
        let mut command = Command::new(python);
        command.args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"]);
        command.arg(format!("--junitxml={}", self.report(suite).display()));
        command.arg(self.root.join("tests/clients").join(suite));
        command.env("ACCOUNTD_BINARY", binary).env("PYTHONDONTWRITEBYTECODE", "1");
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    fn report(&self, suite: &str) -> PathBuf {
        self.root.join(format!("target/clients/{suite}.xml"))
    }

    /// Runs a command of which only success matters.
    fn plain(&self, command: &mut Command) -> Result<(), String> {
        let status = command.stdin(Stdio::null()).status().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(status.to_string()) }
    }

    /// Runs a command, shows what it prints, and counts its tests by what it prints.
    fn counted(&mut self, command: &mut Command, read: fn(&str) -> Option<Counts>) -> Result<(), String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let output = child.stdout.take().expect("INVARIANT: standard output is piped");
        let mut counts = Counts::default();
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(|error| error.to_string())?;
            let line = String::from_utf8_lossy(&line);
            say(&line);
            counts += read(&line).unwrap_or_default();
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        self.add(counts, status.success())
    }

    /// Runs pytest and counts its tests by its report.
    fn plain_then_report(&mut self, pytest: &mut Command, suite: &str) -> Result<(), String> {
        let report = self.report(suite);
        // A report of an earlier run must not be counted.
        let _ = std::fs::remove_file(&report);
        let status = pytest.status().map_err(|error| error.to_string())?;
        let text = std::fs::read_to_string(&report).map_err(|_| format!("no report ({status})"))?;
        let counts = Counts::read_junit(&text).ok_or("its report cannot be read")?;
        self.add(counts, status.success())
    }

    fn add(&mut self, counts: Counts, success: bool) -> Result<(), String> {
        self.counts += counts;
        if !success {
            return Err(format!("{} failed", counts.failed));
        }
        // A runner that found no test has tested nothing.
        if counts.passed == 0 { Err("no test was run".to_owned()) } else { Ok(()) }
    }
}

/// The path of accountd, if this line of cargo's messages says that it was built.
fn executable(line: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_accountd = message["target"]["name"] == "accountd" && message["target"]["kind"][0] == "bin";
    message["executable"].as_str().filter(|_| is_accountd).map(PathBuf::from)
}
