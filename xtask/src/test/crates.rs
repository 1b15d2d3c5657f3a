//! The crates of a release, packed as a registry gets them.
//!
//! In the gate they are packed and looked through, which takes seconds; `cargo xtask test everything` builds and installs from them
//! too (`tests/clients/crates`).

use std::path::Path;
use std::process::Command;

use super::counts::Counts;
use super::{Gate, rust};

/// What is published, each after what it needs.
pub(super) const PUBLISHED: [&str; 5] =
    ["accountd-aws", "accountd-services", "accountd-listener", "accountd", "accountd-testing"];

impl Gate {
    /// Packs each crate, without building it.
    pub(super) fn packed(&self) -> Result<Counts, String> {
        let folder = self.root.join("target/crates");
        let mut cargo = self.cargo(&["package", "--no-verify", "--offline", "--quiet", "--allow-dirty"]);
        cargo.arg("--target-dir").arg(&folder).args(PUBLISHED.map(|name| format!("--package={name}")));
        let status = cargo.status().map_err(|error| format!("cargo package: {error}"))?;
        if !status.success() {
            return Err(format!("cargo package: {status}"));
        }
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

    /// Packs them and plays what somebody with Rust only does: the program is installed and an example tested, so that each crate is
    /// built from what was packed.
    pub(super) fn crates(&self) {
        const NAME: &str = "crates, for somebody with Rust only";
        if self.report.step("crates, packed", || self.packed()) {
            // Of the programs it asks only the one that it installs.
            let installed = self.root.join("target/crates");
            self.report.step(NAME, || {
                self.pytest("crates", &installed, |pytest| pytest.env("CARGO", rust::cargo_program()))
            });
        }
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
