//! A page on its way into the site: its links lead to pages and files of the site, and what is not there is told without a link.

use std::collections::BTreeSet;

use crate::tidy::links::resolve;

/// Where a page lies in the site's source. A folder shows its `README.md`, which a site calls `index`.
pub(super) fn place(page: &str) -> String {
    match page.strip_suffix("README.md") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("{folder}index.md"),
        _ => page.to_owned(),
    }
}

/// Where a link of a page leads in the site, or nothing where there is nothing to lead to. A file that can be shown is `carried`
/// into the site.
pub(super) fn leads_to(
    from: &str,
    target: &str,
    pages: &BTreeSet<String>,
    is_shown: impl Fn(&str) -> bool,
    carried: &mut BTreeSet<String>,
) -> Option<String> {
    let (path, anchor) = target.find('#').map_or((target, ""), |at| target.split_at(at));
    if path.is_empty() {
        return Some(target.to_owned());
    }
    let wanted = resolve(from, path);
    let up = "../".repeat(from.matches('/').count());
    let in_folder = format!("{wanted}/README.md");
    if let Some(page) = [&wanted, &in_folder].into_iter().find(|page| pages.contains(*page)) {
        return Some(format!("{up}{}{anchor}", place(page)));
    }
    is_shown(&wanted).then(|| {
        let link = format!("{up}{wanted}");
        carried.insert(wanted);
        link
    })
}

/// The text with each link into the repository replaced by what `decide` makes of it, or by its words alone. Code stays as it is.
pub(super) fn relinked(text: &str, mut decide: impl FnMut(&str) -> Option<String>) -> String {
    let mut written = String::with_capacity(text.len());
    let mut is_code = false;
    for line in text.split_inclusive('\n') {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if is_code || is_fence {
            written.push_str(line);
            continue;
        }
        let mut done = 0;
        for (at, _) in line.match_indices("](") {
            // Between backticks it is code.
            let is_span = line[..at].matches('`').count() % 2 == 1;
            let Some(end) = line[at..].find(')').map(|length| at + length) else { continue };
            let target = &line[at + 2..end];
            if is_span || at < done || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            written.push_str(&line[done..at]);
            match decide(target) {
                Some(target) => written.push_str(&format!("]({target})")),
                None => {
                    let begin = written.rfind('[').expect("INVARIANT: a link has a beginning");
                    written.remove(begin);
                }
            }
            done = end + 1;
        }
        written.push_str(&line[done..]);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_what_is_in_the_site() {
        let pages = BTreeSet::from(["README.md", "docs/a.md", "docs/decisions/README.md"].map(str::to_owned));
        let mut carried = BTreeSet::new();
        let mut to =
            |target| leads_to("docs/a.md", target, &pages, |path| path == "seeds/x.yaml", &mut carried);
        assert_eq!(to("#here").as_deref(), Some("#here"));
        assert_eq!(to("../README.md#more").as_deref(), Some("../index.md#more"));
        assert_eq!(to("decisions/").as_deref(), Some("../docs/decisions/index.md"));
        assert_eq!(to("../seeds/x.yaml").as_deref(), Some("../seeds/x.yaml"));
        assert_eq!(to("../crates/a/src/lib.rs"), None);
        assert_eq!(carried, BTreeSet::from(["seeds/x.yaml".to_owned()]));
    }

    #[test]
    fn what_is_not_there_is_told_without_a_link() {
        let text = "See [`a`](a.md) and [code](b.rs), [web](https://example.com) `[x](b.rs)`.\n```\n[y](b.rs)\n```\n[z](b.rs)";
        let written = relinked(text, |target| (target == "a.md").then(|| "c.md".to_owned()));
        let wanted =
            "See [`a`](c.md) and code, [web](https://example.com) `[x](b.rs)`.\n```\n[y](b.rs)\n```\nz";
        assert_eq!(written, wanted);
    }

    #[test]
    fn a_folder_shows_its_readme() {
        assert_eq!(place("README.md"), "index.md");
        assert_eq!(place("docs/decisions/README.md"), "docs/decisions/index.md");
        assert_eq!(place("docs/a.md"), "docs/a.md");
    }
}
