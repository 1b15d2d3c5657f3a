//! `cargo xtask docs`: the pages as a site, made by mdBook of the same Markdown that the repository shows.
//!
//! `docs/SUMMARY.md` says which pages there are. They are laid out under `target/site-source/` with what they lead to, built into
//! `target/site/`, and every link of what was built is followed.

mod html;
mod page;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::test;
use crate::tidy::contents::{self, CONTENTS};
use crate::tidy::links::resolve;

/// Printing and trying Rust out are not what these pages are for, and quotation marks are as they were written.
const BOOK: &str = r#"[book]
title = "accountd"
description = "AWS Account Management, run by you"
language = "en"
src = "src"

[build]
build-dir = "../site"
create-missing = false
use-default-preprocessors = false

[output.html]
no-section-label = true
smart-punctuation = false
definition-lists = false

[output.html.fold]
enable = true
level = 1

[output.html.playground]
runnable = false

[output.html.print]
enable = false
"#;

/// Builds the site and says where it is.
///
/// # Errors
/// As [`build`], or mdBook cannot be had.
pub fn run() -> Result<(), String> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = crate_folder.parent().expect("INVARIANT: this crate lies in the workspace's root");
    let built = build(root, &test::mdbook(root)?)?;
    eprintln!("target/site: {} pages, {} links", built.pages, built.links);
    Ok(())
}

/// What was built.
pub struct Built {
    /// Pages that the contents name.
    pub pages: usize,
    /// Links that lead somewhere in the site.
    pub links: usize,
}

/// Builds the site with this mdBook and follows its links.
///
/// # Errors
/// What mdBook says, or each link that leads nowhere, one line each.
pub fn build(root: &Path, mdbook: &Path) -> Result<Built, String> {
    let (source, site) = (root.join("target/site-source"), root.join("target/site"));
    for folder in [&source, &site] {
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
    }
    let pages = lay_out(root, &source)?;
    let output = Command::new(mdbook).arg("build").arg(&source).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{}: {error}", mdbook.display()))?;
    let told = String::from_utf8_lossy(&output.stderr);
    // What it warns of, a page would show wrongly.
    if !output.status.success() || told.contains("WARN") {
        return Err(format!("mdbook: {}\n{told}", output.status));
    }
    let missing = pages.iter().map(|page| page::place(page).replace(".md", ".html"));
    let missing =
        missing.filter(|page| !site.join(page).is_file()).map(|page| format!("{page}: was not built"));
    let followed = html::follow(&site)?;
    let problems: Vec<String> = missing.chain(followed.dead).collect();
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    Ok(Built { pages: pages.len(), links: followed.alive })
}

/// Writes the pages as mdBook reads them, each where it is in the repository, and what they lead to.
fn lay_out(root: &Path, source: &Path) -> Result<BTreeSet<String>, String> {
    let text = read(&root.join(CONTENTS))?;
    let pages = contents::pages(&text);
    let mut carried = BTreeSet::new();
    for page in &pages {
        let page_text = page::relinked(&read(&root.join(page))?, |target| {
            page::leads_to(page, target, &pages, |path| is_shown(&root.join(path)), &mut carried)
        });
        write(&source.join("src").join(page::place(page)), page_text.as_bytes())?;
    }
    let summary = page::relinked(&text, |target| Some(page::place(&resolve(CONTENTS, target))));
    write(&source.join("src/SUMMARY.md"), summary.as_bytes())?;
    for file in carried {
        let bytes = std::fs::read(root.join(&file)).map_err(|error| format!("{file}: {error}"))?;
        write(&source.join("src").join(&file), &bytes)?;
    }
    write(&source.join("book.toml"), BOOK.as_bytes())?;
    Ok(pages)
}

/// Whether a file that is no page is one that a reader of the site can look at. Code is looked at in the repository.
fn is_shown(path: &Path) -> bool {
    path.is_file() && !path.extension().is_some_and(|end| end == "rs" || end == "md")
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, bytes));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
