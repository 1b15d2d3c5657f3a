//! Follows the links of a site that was built: each leads to a file of it, and to something in that file that has the name.
//!
//! Links to the web are left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::tidy::links::resolve;

/// What became of the links.
pub(super) struct Followed {
    /// How many lead somewhere.
    pub(super) alive: usize,
    /// Those that do not, one line each.
    pub(super) dead: Vec<String>,
}

/// What of a page matters to links.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    /// What a link may name behind `#`.
    names: BTreeSet<String>,
    /// Where its own links lead.
    targets: Vec<String>,
}

/// Follows all links of a folder.
pub(super) fn follow(site: &Path) -> Result<Followed, String> {
    let mut files = BTreeMap::new();
    for path in files_below(site)? {
        let name = path.strip_prefix(site).unwrap_or(&path).to_string_lossy().into_owned();
        let is_page = name.ends_with(".html");
        let text = if is_page { std::fs::read_to_string(&path) } else { Ok(String::new()) };
        files.insert(name, page(&text.map_err(|error| format!("{}: {error}", path.display()))?));
    }
    Ok(followed(&files))
}

fn followed(files: &BTreeMap<String, Page>) -> Followed {
    let mut all = Followed { alive: 0, dead: Vec::new() };
    for (name, page) in files {
        let own = page.targets.iter().filter(|target| !is_elsewhere(target));
        for target in own {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match (path, path.strip_prefix('/')) {
                ("", _) => name.clone(),
                (_, Some(from_root)) => from_root.to_owned(),
                (_, None) => resolve(name, path),
            };
            // A folder shows its index.
            let found = [&path, &format!("{path}/index.html")].into_iter().find_map(|path| files.get(path));
            let is_alive = found.is_some_and(|page| anchor.is_empty() || page.names.contains(anchor));
            match is_alive || (path.is_empty() && files.contains_key("index.html")) {
                true => all.alive += 1,
                false => all.dead.push(format!("{name}: `{target}` leads nowhere")),
            }
        }
    }
    all
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://")
        || ["mailto:", "data:", "javascript:"].iter().any(|scheme| target.starts_with(scheme))
}

/// Reads the tags of a page; what stands in scripts and styles is none.
fn page(text: &str) -> Page {
    let mut page = Page::default();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let (tag, behind) = after.split_at(end_of_tag(after));
        rest = behind;
        // Every second part stands between quotation marks, behind the name of an attribute.
        let parts: Vec<&str> = tag.split('"').collect();
        for pair in parts.chunks_exact(2) {
            let attribute = pair[0].trim_end_matches('=').rsplit(char::is_whitespace).next();
            match attribute {
                Some("id") => page.names.extend([pair[1].to_owned()]),
                Some("href" | "src") => page.targets.push(pair[1].replace("&amp;", "&")),
                _ => {}
            }
        }
        for raw in ["script", "style"].into_iter().filter(|raw| tag.starts_with(raw)) {
            rest = rest.split_once(&format!("</{raw}")).map_or("", |(_, after)| after);
        }
    }
    page
}

/// Where a tag ends: at the first `>` that is not between quotation marks.
fn end_of_tag(text: &str) -> usize {
    let mut is_quoted = false;
    let end = text.char_indices().find(|(_, letter)| {
        is_quoted ^= *letter == '"';
        *letter == '>' && !is_quoted
    });
    end.map_or(text.len(), |(at, _)| at)
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_and_scripts_are_not() {
        let text = "<h1 id=\"a\">A &lt;b href=\"no\"></h1><!-- <a href=\"no\"> --><a class=\"x\" href=\"b.html#c\">b</a>\
                    <script src=\"s.js\">if (1 < 2) { x = '<a href=\"no\">'; }</script><img alt=\"1 > 0\" src=\"i.png\">";
        let read = page(text);
        assert_eq!(read.names, BTreeSet::from(["a".to_owned()]));
        assert_eq!(read.targets, ["b.html#c", "s.js", "i.png"]);
    }

    /// F-REACH-8
    #[test]
    fn a_dead_link_is_named() {
        let targets = "<a href=\"../b.html#there\"><a href=\"#here\"><a href=\"../b.html#gone\"><a href=\"gone.html\">\
                       <a href=\"https://example.com/x\"><a href=\"../c/\"><a href=\"/b.html\">";
        let files = BTreeMap::from([
            ("a/a.html".to_owned(), page(&format!("<p id=\"here\">{targets}"))),
            ("b.html".to_owned(), page("<p id=\"there\">")),
            ("c/index.html".to_owned(), page("")),
        ]);
        let followed = followed(&files);
        assert_eq!(followed.alive, 4);
        assert_eq!(
            followed.dead,
            ["a/a.html: `../b.html#gone` leads nowhere", "a/a.html: `gone.html` leads nowhere"]
        );
    }
}
