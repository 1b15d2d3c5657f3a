//! How the program is linked where the linker is known: identical functions once, and addresses to mend at the start in a
//! few kilobytes instead of one and a half megabytes (decision 21).
//!
//! Known is the linker that Rust brings along for Linux on x86-64 and uses there unless it is told otherwise. Whoever
//! names another one, by flags or by configuration, or sets `ACCOUNTD_PLAIN_LINK`, gets a plain link.

use std::env;
use std::process::Command;

/// The first version of the C library that reads the short form of addresses to mend.
const GLIBC_OF_SHORT_RELOCATIONS: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=ACCOUNTD_PLAIN_LINK");
    if !is_release() || !is_known_linker() || env::var_os("ACCOUNTD_PLAIN_LINK").is_some() {
        return;
    }
    println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    if is_static() || glibc().is_some_and(|version| version >= GLIBC_OF_SHORT_RELOCATIONS) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

fn is_release() -> bool {
    env::var("PROFILE").is_ok_and(|profile| profile == "release")
}

fn is_known_linker() -> bool {
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    let is_target = env::var("HOST").ok() == env::var("TARGET").ok()
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("CARGO_CFG_TARGET_ENV", "gnu");
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let is_told = env::var_os("RUSTC_LINKER").is_some()
        || ["linker", "link-self-contained", "fuse-ld"].iter().any(|named| flags.contains(named));
    is_target && !is_told
}

/// Whether the C library is linked into the program, which then mends its addresses itself.
fn is_static() -> bool {
    env::var("CARGO_CFG_TARGET_FEATURE")
        .is_ok_and(|features| features.split(',').any(|feature| feature == "crt-static"))
}

/// The version of this machine's C library, where it is one of GNU's.
fn glibc() -> Option<(u32, u32)> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?.stdout;
    let (major, minor) = str::from_utf8(&said).ok()?.trim().strip_prefix("glibc ")?.split_once('.')?;
    let minor = minor.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
