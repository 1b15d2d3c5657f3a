//! Every link in the documents leads somewhere: to a file of the repository, and to a heading that is in it.
//!
//! Links to the web are left alone, and so is what stands between backticks or in a block of code.

use std::collections::{BTreeMap, BTreeSet};

use super::File;
use super::ledger::LEDGER;

/// A heading of a document: its text, and the anchor that a link leads to.
pub(super) struct Heading<'f> {
    pub(super) level: usize,
    pub(super) text: &'f str,
    pub(super) anchor: String,
    /// The line it stands on, counted from zero.
    pub(super) line: usize,
}

pub(super) fn check(files: &[File]) -> Vec<String> {
    let documents: Vec<&File> = files.iter().filter(|file| file.path.ends_with(".md")).collect();
    let anchors: BTreeMap<&str, BTreeSet<String>> = documents
        .iter()
        .map(|file| {
            (file.path.as_str(), headings(&file.text).into_iter().map(|heading| heading.anchor).collect())
        })
        .collect();
    let is_there = |path: &str| {
        let folder = format!("{}/", path.trim_end_matches('/'));
        files.iter().any(|file| file.path == path || file.path.starts_with(&folder))
    };
    let mut problems = Vec::new();
    for document in &documents {
        for (line, target) in links(&document.text) {
            let (path, anchor) =
                target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
            let path = if path.is_empty() { document.path.clone() } else { resolve(&document.path, path) };
            let has_heading = |anchor| anchors.get(path.as_str()).is_some_and(|known| known.contains(anchor));
            if !is_there(&path) || anchor.is_some_and(|anchor| !has_heading(anchor)) {
                problems.push(format!("{}:{}: `{target}` leads nowhere", document.path, line + 1));
            }
        }
    }
    problems.extend(documents.iter().filter(|file| file.path == LEDGER).flat_map(|file| unlisted(file)));
    problems
}

/// The headings of the ledger that its table of contents leaves out.
fn unlisted(ledger: &File) -> Vec<String> {
    let linked: BTreeSet<&str> = links(&ledger.text).into_iter().map(|(_, target)| target).collect();
    let headings = headings(&ledger.text);
    let is_listed = |heading: &&Heading<'_>| {
        heading.level == 1
            || heading.text == "Contents"
            || linked.contains(format!("#{}", heading.anchor).as_str())
    };
    let left_out = headings.iter().filter(|heading| !is_listed(heading));
    left_out.map(|heading| format!("{LEDGER}: the contents leave out `{}`", heading.text)).collect()
}

/// The lines of a document that are not in a block of code, with their numbers from zero.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The headings, with the anchors that they get where Markdown is shown: of equal ones the second ends in `-1`.
pub(super) fn headings(text: &str) -> Vec<Heading<'_>> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut headings = Vec::new();
    for (line, content) in prose(text) {
        let level = content.bytes().take_while(|byte| *byte == b'#').count();
        let Some(title) = content[level..].strip_prefix(' ').filter(|_| level > 0) else { continue };
        let is_kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
        let slug: String = title.trim().to_lowercase().chars().filter(is_kept).collect();
        let slug = slug.replace(' ', "-");
        let count = seen.entry(slug.clone()).or_default();
        let anchor = if *count == 0 { slug } else { format!("{slug}-{count}") };
        *count += 1;
        headings.push(Heading { level, text: title.trim(), anchor, line });
    }
    headings
}

/// The targets of links that lead into the repository, with their lines.
pub(super) fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        // What stands between backticks is every second part.
        for part in line.split('`').step_by(2) {
            links.extend(part.split("](").skip(1).filter_map(|rest| {
                let (target, _) = rest.split_once(')')?;
                (!target.contains("://") && !target.starts_with("mailto:")).then_some((number, target))
            }));
        }
        // A link whose text is code: the brackets stand on both sides of the backticks.
        links.extend(line.split("`](").skip(1).filter_map(|rest| {
            let (target, _) = rest.split_once(')')?;
            (!target.contains("://")).then_some((number, target))
        }));
    }
    links.sort_unstable();
    links.dedup();
    links
}

/// `path` as it is meant in the document `from`.
pub(crate) fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named() {
        let page = "# Page\n[a](other.md#there) [b](other.md#gone) [`c`](../src/) [d](gone.md)\n\
                    [e](https://example.com/x) `[f](gone.md)`\n```\n[g](gone.md)\n```\n[h](#page)\n";
        let files =
            [file("docs/page.md", page), file("docs/other.md", "## There\n"), file("src/lib.rs", "//! x\n")];
        let wanted =
            ["docs/page.md:2: `gone.md` leads nowhere", "docs/page.md:2: `other.md#gone` leads nowhere"];
        assert_eq!(check(&files), wanted);
    }

    #[test]
    fn the_contents_of_the_ledger_name_every_heading() {
        let ledger = "# Fidelity\n## Contents\n- [A](#a)\n## A\n## B: c\n";
        assert_eq!(check(&[file(LEDGER, ledger)]), ["docs/fidelity.md: the contents leave out `B: c`"]);
    }

    #[test]
    fn equal_headings_have_anchors_of_their_own() {
        let anchors: Vec<String> =
            headings("# A b\n## A, b!\n```\n# no\n```\n").into_iter().map(|heading| heading.anchor).collect();
        assert_eq!(anchors, ["a-b", "a-b-1"]);
    }
}
