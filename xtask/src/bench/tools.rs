//! What a benchmark needs besides the repository: the release binary, nginx and wrk.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// nginx's program. Debian keeps it where only administrators look.
pub const NGINX: &str = "/usr/sbin/nginx";
/// wrk's program.
pub const WRK: &str = "/usr/bin/wrk";

/// Where to find another accountd to measure than one built from this tree.
const OTHER_BINARY: &str = "ACCOUNTD_BENCH_BINARY";

/// The accountd to measure: built here for release, or the one that [`OTHER_BINARY`] names.
///
/// # Errors
/// If it does not build.
pub fn binary() -> Result<PathBuf, String> {
    if let Some(binary) = std::env::var_os(OTHER_BINARY) {
        return Ok(binary.into());
    }
    eprintln!("building for release …");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "accountd"])
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err("accountd does not build".to_owned());
    }
    Ok(target().join("release/accountd"))
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Installs nginx and wrk from Debian where they are missing and this user may.
///
/// # Errors
/// Says what to install.
pub fn install() -> Result<(), String> {
    let missing: Vec<&str> = [(NGINX, "nginx-light"), (WRK, "wrk")]
        .iter()
        .filter(|(program, _)| !Path::new(program).exists())
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let wanted = format!("these Debian packages are needed: {}", missing.join(" "));
    // Debian starts what it installs; this machine's port 80 is not ours to take.
    let install = format!(
        "test \"$(id -u)\" = 0 && apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get \
         install -qq -y --no-install-recommends {}",
        missing.join(" ")
    );
    let status = Command::new("sh").args(["-c", &install]).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(wanted),
    }
}
