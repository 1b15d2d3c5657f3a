//! `cargo xtask release`: a release, built here as far as it can be, each piece installed where there is nothing else.
//!
//! `--dry-run` builds the static program, puts it into every package under `target/dist/`, and runs the suites `reach` and `containers` on what lies
//! there.
//! With a version it writes that version into the workspace and the changelog, for a person to commit and tag; the workflow
//! `release.yml` does the rest on a tag.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Zoned;

use crate::test;

/// What the program is built for. Named, so that build scripts and macros, which run here, are not static too.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Linked with nothing, so that it runs on any Linux; and `getrandom` calls the system itself, since a static program has no
/// `dlsym` by which it would look for the call, and a bare root no `/dev/urandom` (decision 19).
const FLAGS: &str = "target.x86_64-unknown-linux-gnu.rustflags=[\"-C\", \"target-feature=+crt-static\", \
    \"--cfg\", \"getrandom_backend=\\\"linux_getrandom\\\"\"]";

/// Builds and checks everything (`--dry-run`), or writes a version.
///
/// # Errors
/// What failed, or what the command knows.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    let root = root();
    match arguments {
        ["--dry-run"] => build(&root),
        [version] if is_version(version) => cut(&root, version),
        _ => Err("usage: cargo xtask release --dry-run | release 1.2.3".to_owned()),
    }
}

fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().expect("INVARIANT: this crate lies in the workspace's root").to_owned()
}

fn build(root: &Path) -> Result<(), String> {
    let (dist, manual) = (root.join("target/dist"), root.join("target/manual"));
    let program = |profile: &str| {
        let arguments = ["--package", "accountd", "--target", TARGET, "--config", FLAGS];
        cargo(root, &[&["build", "--profile", profile], &arguments[..]].concat())?;
        Ok::<_, String>(root.join("target").join(TARGET).join(profile).join("accountd"))
    };
    let (binary, small) = (program("release")?, program("small")?);
    test::write_manual(root, &manual)?;
    let metadata =
        Command::new("cargo").args(["metadata", "--format-version", "1"]).current_dir(root).output();
    let metadata = metadata.map_err(|error| error.to_string())?.stdout;
    let list = root.join("target/metadata.json");
    std::fs::write(&list, metadata).map_err(|error| format!("{}: {error}", list.display()))?;
    let script = root.join("packaging/release.py");
    let arguments = [&script, &binary, &small, &manual, &list, &dist];
    succeed(Command::new(test::python(root)?).args(arguments).current_dir(root))?;
    test::released(root, &binary, &dist)
}

/// Pages that name the image with its version.
const PAGES: [&str; 2] = ["README.md", "docs/containers.md"];

/// Writes the version into the workspace, the changelog and the pages.
fn cut(root: &Path, version: &str) -> Result<(), String> {
    let manifest = root.join("Cargo.toml");
    let changelog = root.join("CHANGELOG.md");
    let today = Zoned::now().date();
    let old = std::fs::read_to_string(&manifest).map_err(|error| error.to_string())?;
    let old = version_of(&old).ok_or("Cargo.toml has no version")?;
    for page in PAGES {
        change(&root.join(page), |text| with_image(text, old, version))?;
    }
    change(&manifest, |text| with_version(text, version))?;
    change(&changelog, |text| {
        let heading = format!("## Unreleased\n\n## {version}, {today}\n");
        let changed = text.replacen("## Unreleased\n", &heading, 1);
        (changed != text).then_some(changed)
    })?;
    cargo(root, &["check", "--quiet"])?;
    eprintln!("{version}: read the changelog, commit, and push the tag v{version}");
    Ok(())
}

/// The workspace's version.
fn version_of(manifest: &str) -> Option<&str> {
    manifest.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
}

/// A page with another version of the image, of its archive, and in the example that writes the two apart.
fn with_image(page: &str, old: &str, version: &str) -> Option<String> {
    let forms = ["accountd:", "accountd-", "\"accountd\", \""];
    let changed = forms.iter().fold(page.to_owned(), |text, form| {
        text.replace(&format!("{form}{old}"), &format!("{form}{version}"))
    });
    (changed != page).then_some(changed)
}

/// The manifest with another version of the workspace and of its own crates among the dependencies.
fn with_version(manifest: &str, version: &str) -> Option<String> {
    let old = version_of(manifest)?;
    let (before, after) = (format!("version = \"{old}\""), format!("version = \"{version}\""));
    let lines = manifest.lines().map(|line| match line.contains("path = \"crates/") || line == before {
        true => line.replace(&before, &after),
        false => line.to_owned(),
    });
    Some(lines.collect::<Vec<_>>().join("\n") + "\n")
}

fn change(path: &Path, changed: impl FnOnce(&str) -> Option<String>) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let changed = changed(&text).ok_or_else(|| format!("{}: there is nothing to change", path.display()))?;
    std::fs::write(path, changed).map_err(|error| format!("{}: {error}", path.display()))
}

fn is_version(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok())
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    succeed(Command::new(program).args(arguments).current_dir(root))
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("{shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown}: {status}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_written_where_it_is_ours() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\n\n[workspace.dependencies]\n\
            a = { path = \"crates/a\", version = \"0.1.0\" }\nb = { version = \"0.1.0\" }\n";
        let written = with_version(manifest, "0.2.0");
        let expected = manifest.replacen("0.1.0", "0.2.0", 2);
        assert_eq!(written, Some(expected));
        let page = "accountd:0.1.0 127.0.1.0 accountd-0.1.0-image.tar new(\"accountd\", \"0.1.0\")";
        let wanted = "accountd:0.2.0 127.0.1.0 accountd-0.2.0-image.tar new(\"accountd\", \"0.2.0\")";
        assert_eq!(with_image(page, "0.1.0", "0.2.0").as_deref(), Some(wanted));
        assert!(is_version("0.2.0") && !is_version("0.2") && !is_version("v0.2.0") && !is_version("0.2.x"));
    }
}
