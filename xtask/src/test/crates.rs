//! The crates of a release: packed as a registry gets them, built from what was packed, and the program installed from there.
//!
//! In the gate they are packed and looked through, which takes a second; `cargo xtask test everything` builds them too.

use std::path::Path;
use std::process::Command;

use super::Gate;
use super::counts::Counts;
use crate::bench::processes::{Accountd, Scratch};

/// What is published, each after what it needs.
pub(super) const PUBLISHED: [&str; 5] =
    ["accountd-aws", "accountd-services", "accountd-listener", "accountd", "accountd-testing"];

impl Gate {
    /// Packs each crate, without building it.
    pub(super) fn packed(&self) -> Result<Counts, String> {
        let folder = self.root.join("target/crates");
        self.succeed(&mut self.package(&folder, &["--no-verify"]))?;
        for name in PUBLISHED {
            let texts = files_of(&folder, name)?;
            let own = |file: &str| texts.contains(&file.to_owned());
            if let Some(missing) =
                ["Cargo.toml", "LICENSE", "README.md", "src/lib.rs"].iter().find(|file| !own(file))
            {
                return Err(format!("{name}: it is packed without {missing}"));
            }
        }
        Ok(Counts { passed: PUBLISHED.len() as u64, ..Counts::default() })
    }

    /// Builds each crate from what was packed, installs the program from there, and asks it who calls.
    pub(super) fn crates(&self) {
        self.report.step("crates, built from what is packed", || {
            let folder = self.root.join("target/crates");
            self.succeed(&mut self.package(&folder, &[]))?;
            Ok(Counts { passed: PUBLISHED.len() as u64, ..Counts::default() })
        });
        self.report.step("accountd, installed from its crate", || self.installed_from_crate());
    }

    fn installed_from_crate(&self) -> Result<Counts, String> {
        let folder = self.root.join("target/crates");
        // Elsewhere: below the workspace cargo would take the crates for members of it.
        let scratch = Scratch::new(&std::env::temp_dir())?;
        for name in PUBLISHED {
            let mut unpack = Command::new("tar");
            unpack.arg("-xzf").arg(archive(&folder, name)?).arg("-C").arg(&scratch.path);
            self.succeed(&mut unpack)?;
        }
        let version = env!("CARGO_PKG_VERSION");
        let of = |name: &str| scratch.path.join(format!("{name}-{version}"));
        // From the crates that were packed, since no registry has them yet; everything else is at hand.
        let mut install = self.cargo(&["install", "--offline", "--debug", "--path"]);
        install.arg(of("accountd")).arg("--root").arg(scratch.path.join("installed"));
        install.arg("--target-dir").arg(&folder);
        for name in PUBLISHED.into_iter().filter(|name| name.starts_with("accountd-")) {
            install.arg("--config").arg(format!("patch.crates-io.{name}.path={:?}", of(name)));
        }
        self.succeed(&mut install)?;
        let data = scratch.path.join("data");
        Accountd::start(&scratch.path.join("installed/bin/accountd"), &data, None)?;
        Ok(Counts { passed: 1, ..Counts::default() })
    }

    fn package(&self, folder: &Path, more: &[&str]) -> Command {
        let mut cargo = self.cargo(&["package", "--offline", "--quiet", "--allow-dirty", "--target-dir"]);
        cargo.arg(folder).args(PUBLISHED.map(|name| format!("--package={name}"))).args(more);
        cargo
    }

    fn succeed(&self, command: &mut Command) -> Result<(), String> {
        let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
    }
}

/// Where cargo leaves what it packed.
fn archive(folder: &Path, name: &str) -> Result<std::path::PathBuf, String> {
    let path = folder.join(format!("package/{name}-{}.crate", env!("CARGO_PKG_VERSION")));
    if path.is_file() { Ok(path) } else { Err(format!("{}: it was not made", path.display())) }
}

/// The files of a packed crate, from its root.
fn files_of(folder: &Path, name: &str) -> Result<Vec<String>, String> {
    let output = Command::new("tar").arg("-tzf").arg(archive(folder, name)?).output();
    let output = output.map_err(|error| format!("tar: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| Some(line.split_once('/')?.1.to_owned())).collect())
}
