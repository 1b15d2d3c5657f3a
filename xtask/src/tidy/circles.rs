//! The folders of `crates/services` stand on each other in one direction: none needs one that needs it.
//!
//! A folder needs another where its code, tests aside, names `crate::<other>`.

use std::collections::{BTreeMap, BTreeSet};

use super::File;

const CRATE: &str = "crates/services/src/";

/// Which folder needs which.
type Needs<'f> = BTreeMap<&'f str, BTreeSet<&'f str>>;

pub(super) fn check(files: &[File]) -> Vec<String> {
    let needs = needs(files);
    let circles = needs.keys().filter(|folder| reached(folder, &needs).contains(*folder));
    circles.map(|folder| format!("{CRATE}{folder}: needs a folder that needs it, by `crate::…`")).collect()
}

fn needs(files: &[File]) -> Needs<'_> {
    let own = |file: &File| file.is_rust() && file.path.starts_with(CRATE);
    let sources: Vec<(&str, &str)> = files
        .iter()
        .filter(|file| own(file))
        .map(|file| (folder_of(&file.path), file.text.as_str()))
        .collect();
    let folders: BTreeSet<&str> = sources.iter().map(|(folder, _)| *folder).collect();
    let mut needs = Needs::new();
    for (folder, text) in sources.into_iter().filter(|(folder, _)| *folder != "lib") {
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
        let lines = code.lines().map(|line| line.split("//").next().unwrap_or(line));
        let named = lines.flat_map(|line| line.split("crate::").skip(1)).map(first_word);
        needs
            .entry(folder)
            .or_default()
            .extend(named.filter(|named| *named != folder && folders.contains(named)));
    }
    needs
}

/// The first part of a path below the crate, without an ending.
fn folder_of(path: &str) -> &str {
    path.strip_prefix(CRATE).and_then(|rest| rest.split(['/', '.']).next()).unwrap_or(path)
}

fn first_word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    &text[..end]
}

/// Everything that a folder needs, through others too.
fn reached<'f>(folder: &str, needs: &Needs<'f>) -> BTreeSet<&'f str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = needs.get(folder).into_iter().flatten().copied().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(needs.get(next).into_iter().flatten().copied());
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found_and_a_line_of_folders_is_none() {
        let file = |path: &str, text: &str| File { path: format!("{CRATE}{path}"), text: text.to_owned() };
        let mut files = vec![
            file("state/mod.rs", "//! x\n// crate::iam\nuse crate::world::World;\n"),
            file("world.rs", "//! x\n#[cfg(test)]\nmod tests {\n use crate::state::A;\n}\n"),
            file("iam/user.rs", "//! x\nuse crate::state::User;\n"),
        ];
        assert_eq!(check(&files), Vec::<String>::new());
        files.push(file("world/key.rs", "//! x\nuse crate::iam::Name;\n"));
        assert_eq!(check(&files).len(), 3);
    }
}
