//! `cargo xtask test`: the one command that tests everything, installing what it needs.
//!
//! What computes and what waits run side by side: cargo builds and runs the tests in Rust, while the clients in other
//! languages are installed and, as soon as there is an accountd, speak to it. Everything it installs lies under
//! `target/clients/`; only Python itself may come from the system's packages, and only for root.

mod counts;
mod crates;
mod dependencies;
mod long;
mod report;
mod rust;
mod suites;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use counts::Counts;
use report::Report;
use suites::Suite;
use tools::Tools;

use crate::torture;

/// Tells tests that they may take long. Without it they are left out: a mark of pytest (`everything`), `testing::is_everything` in Rust.
const EVERYTHING: &str = "ACCOUNTD_TEST_EVERYTHING";

/// Runs the suites that are named, or the gate, and prints how long each took and how many tests there were. `everything` adds
/// what takes long, `--help` lists the suites.
///
/// # Errors
/// Each step that failed with a line and, where something is missing, what to install.
pub fn run(names: &[&str]) -> Result<(), String> {
    if let ["--help" | "-h" | "help"] = names {
        report::say(&suites::help());
        return Ok(());
    }
    let suites::Chosen { suites, is_everything } = suites::choose(names)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("INVARIANT: this crate lies in the workspace's root")
        .to_owned();
    let gate = Gate { is_everything, ..Gate::new(&root) };
    let is_chosen = |suite| suites.contains(&suite);
    std::thread::scope(|scope| {
        // Looked for, and installed if need be, while the tests are compiled.
        scope.spawn(|| is_chosen(Suite::Rust).then(|| gate.postgres.set(gate.tools.postgres())));
        // Terraform's provider waits for minutes until a Region is there, so that nobody waits behind it.
        scope.spawn(|| is_chosen(Suite::Terraform).then(|| gate.terraform()));
        scope.spawn(|| {
            is_chosen(Suite::Prowler).then(|| gate.prowler());
            is_chosen(Suite::Audits).then(|| gate.audits());
            is_chosen(Suite::Reach).then(|| gate.reach());
            is_chosen(Suite::Containers).then(|| gate.containers())
        });
        scope.spawn(|| {
            is_chosen(Suite::Python).then(|| gate.python());
            is_chosen(Suite::Node).then(|| gate.node());
            is_chosen(Suite::Console).then(|| gate.console())
        });
        gate.rust(is_chosen(Suite::Rust), suites.iter().any(|suite| suite.needs_program()));
    });
    // Alone: what it says of the health page should be of accountd, not of the compiler beside it.
    if is_chosen(Suite::Torture) {
        gate.torture();
    }
    if is_chosen(Suite::Long) {
        gate.long();
    }
    if is_chosen(Suite::Crates) {
        gate.crates();
    }
    if is_chosen(Suite::Docs) {
        gate.docs();
    }
    if is_chosen(Suite::Release) {
        gate.release();
    }
    gate.report.close()
}

/// Writes the manual and the completions, which a test makes of the command line's grammar. As the other steps build, so that nothing is
/// compiled twice.
///
/// # Errors
/// What cargo says.
pub fn write_manual(root: &Path, folder: &Path) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--quiet", "--workspace", "--test", "command_line", "manual"]).current_dir(root);
    cargo.env("RUSTC_WORKSPACE_WRAPPER", rust::clippy()).env("ACCOUNTD_WRITE_MANUAL", folder);
    let status = cargo.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let status = status.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("the manual: {status}")) }
}

/// The Python that the client suites run on, with what is listed for them.
///
/// # Errors
/// As [`Tools::python`].
pub fn python(root: &Path) -> Result<PathBuf, String> {
    Tools::new(root).python()
}

/// Runs the suites `reach` and `containers`, with what takes long, on the pieces of a release.
///
/// # Errors
/// As [`run`].
pub fn released(root: &Path, binary: &Path, pieces: &Path) -> Result<(), String> {
    let gate = Gate { is_everything: true, released: Some(pieces.to_owned()), ..Gate::new(root) };
    let _ = gate.binary.set(Ok(binary.to_owned()));
    gate.reach();
    gate.containers();
    gate.report.close()
}

/// mdBook, installed if need be.
///
/// # Errors
/// It cannot be built here.
pub fn mdbook(root: &Path) -> Result<PathBuf, String> {
    Tools::new(root).mdbook()
}

/// A run of the gate, shared by what runs side by side.
struct Gate {
    root: PathBuf,
    tools: Tools,
    report: Report,
    /// Whether tests may take long.
    is_everything: bool,
    /// The pieces of a release, where they are what is tested; otherwise tests make their own.
    released: Option<PathBuf>,
    /// The program under test, once it is built, or why there is none.
    binary: OnceLock<Result<PathBuf, String>>,
    /// Whether PostgreSQL is on this machine, once that was looked for, or why it is not.
    postgres: OnceLock<Result<(), String>>,
}

impl Gate {
    fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            tools: Tools::new(root),
            report: Report::new(),
            is_everything: false,
            released: None,
            binary: OnceLock::new(),
            postgres: OnceLock::new(),
        }
    }

    fn python(&self) {
        const NAME: &str = "boto3, AWS CLI and awslocal";
        let Some(binary) = self.ready(NAME, || self.tools.python().map(drop)) else { return };
        let tools = if self.is_everything { self.tools_of_long_tests() } else { Vec::new() };
        self.report.step(NAME, || self.pytest("python", &binary, |pytest| pytest.envs(tools)));
    }

    /// What only long tests in Python want, each by the variable that tells them where it is.
    fn tools_of_long_tests(&self) -> Vec<(&'static str, PathBuf)> {
        let tools = [
            ("S3S_FS", "S3 that checks signatures", self.tools.s3s_fs()),
            ("ORG_FORMATION", "org-formation", self.tools.org_formation()),
        ];
        let here = |(variable, name, tool): (_, &str, Result<PathBuf, String>)| {
            let missing = |reason: &String| self.report.say(&format!("there is no {name}: {reason}"));
            Some((variable, tool.inspect_err(missing).ok()?))
        };
        tools.into_iter().filter_map(here).collect()
    }

    fn node(&self) {
        const NAME: &str = "JavaScript SDK";
        let Some(binary) = self.ready(NAME, || self.tools.node().map(drop)) else { return };
        self.report.step(NAME, || self.node_tests("node", &binary, |tests| tests));
    }

    fn console(&self) {
        const NAME: &str = "the console in Chromium";
        let started = Instant::now();
        let chromium = match self.tools.chromium().and_then(|it| self.tools.node().map(|_| it)) {
            Ok(chromium) => chromium,
            Err(reason) => {
                let reason = format!("there is no browser: {reason}");
                return self.report.skip(NAME, &reason, self.tests_of("console"));
            }
        };
        self.report.installed(NAME, started);
        let Some(binary) = self.binary() else { return };
        self.report
            .step(NAME, || self.node_tests("console", &binary, |tests| tests.env("CHROMIUM", &chromium)));
    }

    /// Runs the tests in JavaScript of a suite and counts them by what they print.
    fn node_tests(
        &self,
        suite: &str,
        binary: &Path,
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Counts, String> {
        let node = self.tools.node()?;
        let mut tests = Command::new(&node.program);
        tests.args(["--test", "--test-reporter=tap"]).args(self.files_of(suite, ".test.js"));
        tests.env("NODE_PATH", &node.modules).env("ACCOUNTD_BINARY", binary);
        let (text, success) = self.captured(more(&mut tests), suite)?;
        let mut counts = Counts::default();
        text.lines().filter_map(Counts::read_tap).for_each(|line| counts += line);
        counts.that_is_all(success)
    }

    fn terraform(&self) {
        const NAME: &str = "Terraform";
        let Some(terraform) = self.tools.terraform() else {
            let reason = "no terraform with a terraform-provider-aws was found";
            return self.report.skip(NAME, reason, self.tests_of("terraform"));
        };
        let Some(binary) = self.binary() else { return };
        self.report.step(NAME, || {
            self.pytest("terraform", &binary, |pytest| {
                pytest.env("TERRAFORM", &terraform.program).env("TERRAFORM_MIRROR", &terraform.mirror);
                // The provider mostly waits for Regions to settle, so that the tests wait side by side.
                pytest.args(["--numprocesses", "4"])
            })
        });
    }

    fn prowler(&self) {
        self.of_a_tool("prowler", "prowler", "PROWLER", || self.tools.prowler());
    }

    fn audits(&self) {
        self.of_a_tool("Cloud Custodian and principalmapper", "audits", "AUDITS", || self.tools.audits());
    }

    /// The suite of a tool that is tested where it can be installed; `variable` tells the tests where it lies.
    fn of_a_tool(
        &self,
        name: &str,
        suite: &str,
        variable: &str,
        install: impl FnOnce() -> Result<PathBuf, String>,
    ) {
        let started = Instant::now();
        let tool = match install() {
            Ok(tool) => tool,
            Err(reason) => {
                let reason = format!("it cannot be installed: {reason}");
                return self.report.skip(name, &reason, self.tests_of(suite));
            }
        };
        self.report.installed(name, started);
        let Some(binary) = self.binary() else { return };
        self.report.step(name, || self.pytest(suite, &binary, |pytest| pytest.env(variable, &tool)));
    }

    /// The packages of a release around the program under test, which is not the one that is released.
    fn reach(&self) {
        const NAME: &str = "packages, each installed alone";
        let installed = || self.tools.python().and_then(|_| self.tools.node()).map(drop);
        let Some(binary) = self.ready(NAME, installed) else { return };
        let prometheus = self.is_everything.then(|| self.tools.prometheus());
        if let Some(Err(reason)) = &prometheus {
            self.report.say(&format!("there is no Prometheus: {reason}"));
        }
        self.report.step(NAME, || {
            let node = self.tools.node()?;
            let manual = self.root.join("target/manual");
            write_manual(&self.root, &manual)?;
            self.pytest("reach", &binary, |pytest| {
                pytest.env("ACCOUNTD_MANUAL", &manual);
                if let Some(Ok(folder)) = &prometheus {
                    pytest.env("PROMETHEUS", folder);
                }
                pytest.env("NODE_FOLDER", node.program.parent().unwrap_or(&node.program))
            })
        });
    }

    /// The image in a container runtime, where one can be had.
    fn containers(&self) {
        const NAME: &str = "the image in Docker, and Testcontainers";
        let started = Instant::now();
        let installed = self.tools.python().and_then(|_| self.tools.docker());
        let installed = installed.and_then(|docker| Ok((docker, self.tools.testcontainers()?)));
        let (docker, (python, modules)) = match installed {
            Ok(installed) => installed,
            Err(reason) => return self.report.skip(NAME, &reason, self.tests_of("containers")),
        };
        self.report.installed(NAME, started);
        let Some(binary) = self.binary() else { return };
        self.report.step(NAME, || {
            self.pytest("containers", &binary, |pytest| {
                pytest.env("DOCKER", &docker).env("CARGO", rust::cargo_program());
                pytest.env("CONTAINERS_PYTHON", &python).env("CONTAINERS_NODE", &modules)
            })
        });
    }

    /// The attack on a running accountd, for a minute.
    fn torture(&self) {
        let Some(binary) = self.binary() else { return };
        self.report.step("torture, a minute of it", || {
            let held = {
                let tell = |line: &str| self.report.say(line);
                torture::attack(&binary, Duration::from_secs(60), &torture::IN_GATE, tell)?
            };
            Ok(Counts { passed: held, ..Counts::default() })
        });
    }

    /// Installs what a suite needs, and waits for the program under test.
    fn ready(&self, name: &str, install: impl FnOnce() -> Result<(), String>) -> Option<PathBuf> {
        let started = Instant::now();
        match install() {
            Ok(()) => self.report.installed(name, started),
            Err(reason) => {
                self.report.step(name, || Err(reason));
                return None;
            }
        }
        self.binary()
    }

    /// The program under test, as soon as it is built; nothing where it could not be, which the report says already.
    fn binary(&self) -> Option<PathBuf> {
        self.binary.wait().clone().ok()
    }

    /// How many tests a suite has, for a suite that cannot run.
    fn tests_of(&self, suite: &str) -> u64 {
        let files = self.files_of(suite, ".py").into_iter().chain(self.files_of(suite, ".test.js"));
        let texts = files.filter_map(|file| std::fs::read_to_string(file).ok());
        let is_test = |line: &&str| line.starts_with("def test_") || line.starts_with("test(");
        texts.map(|text| text.lines().filter(is_test).count() as u64).sum()
    }

    /// The files of a suite whose names end so, in the order of their names.
    fn files_of(&self, suite: &str, end: &str) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.root.join("tests/clients").join(suite)).into_iter().flatten();
        let paths = files.filter_map(|file| Some(file.ok()?.path()));
        let mut named: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(end)).collect();
        named.sort();
        named
    }

    /// Runs a suite of pytest and counts its tests by its report.
    fn pytest(
        &self,
        suite: &str,
        binary: &Path,
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Counts, String> {
        let report = self.root.join(format!("target/clients/{suite}.xml"));
        // A report of an earlier run must not be counted.
        let _ = std::fs::remove_file(&report);
        let mut pytest = Command::new(self.tools.python()?);
        pytest.args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"]);
        pytest.args(["-o", "markers=everything: takes long, and is left out of the gate"]);
        if !self.is_everything {
            pytest.args(["-m", "not everything"]);
        }
        pytest.arg(format!("--junitxml={}", report.display()));
        pytest.arg(self.root.join("tests/clients").join(suite));
        pytest.env("ACCOUNTD_BINARY", binary).env("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(pieces) = &self.released {
            pytest.env("ACCOUNTD_DIST", pieces);
        }
        let (_, success) = self.captured(more(&mut pytest), suite)?;
        let text = std::fs::read_to_string(&report).map_err(|_| "it wrote no report".to_owned())?;
        Counts::read_junit(&text).ok_or("its report cannot be read".to_owned())?.that_is_all(success)
    }

    /// Tells a command of tests whether they may take long.
    fn tell(&self, command: &mut Command) {
        if self.is_everything {
            command.env(EVERYTHING, "1");
        }
    }

    /// Runs a command beside others: what it prints is kept, and shown in one piece when it ends.
    fn captured(&self, command: &mut Command, name: &str) -> Result<(String, bool), String> {
        let path = self.root.join(format!("target/clients/{name}.log"));
        let log = std::fs::File::create(&path).map_err(|error| error.to_string())?;
        self.tell(command);
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        command.current_dir(&self.root).stdin(Stdio::null()).stdout(log).stderr(errors);
        let status = command.status().map_err(|error| error.to_string())?;
        let text = std::fs::read(&path).map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&text).into_owned();
        self.report.show(name, &text);
        Ok((text, status.success()))
    }
}
