//! The table of contents of the pages, `docs/SUMMARY.md`, leaves none out: the site has the pages that it names, and no others.

use std::collections::BTreeSet;

use super::File;
use super::links::{links, resolve};

/// Where it is, in the form that mdBook reads.
pub(crate) const CONTENTS: &str = "docs/SUMMARY.md";

/// The pages that a table of contents names, from the root, each once.
pub(crate) fn pages(contents: &str) -> BTreeSet<String> {
    links(contents).into_iter().map(|(_, target)| resolve(CONTENTS, target)).collect()
}

pub(super) fn check(files: &[File]) -> Vec<String> {
    let Some(contents) = files.iter().find(|file| file.path == CONTENTS) else {
        return vec![format!("{CONTENTS}: is missing")];
    };
    let named = pages(&contents.text);
    let is_page = |path: &str| {
        path == "README.md" || (path.starts_with("docs/") && path.ends_with(".md") && path != CONTENTS)
    };
    let left_out = files.iter().filter(|file| is_page(&file.path) && !named.contains(&file.path));
    left_out.map(|file| format!("{CONTENTS}: leaves out {}", file.path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_left_out_is_named() {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let contents = file(CONTENTS, "# Contents\n- [A](a.md)\n  - [B](b/c.md)\n");
        let files = [
            contents,
            file("docs/a.md", ""),
            file("docs/b/c.md", ""),
            file("docs/d.md", ""),
            file("x.md", ""),
        ];
        assert_eq!(check(&files), ["docs/SUMMARY.md: leaves out docs/d.md"]);
        assert_eq!(check(&files[1..]), ["docs/SUMMARY.md: is missing"]);
    }
}
