//! The lists that a run read. A list has no version, so what was found is compared with what is found later.

use std::hash::{BuildHasher, RandomState};

use super::engine::Engine;

/// A run with more lists than this is not compared.
const MOST: usize = 1_000;

/// Lists, and what was found in them.
#[derive(Default)]
pub(super) struct Lists {
    lists: Vec<List>,
    hasher: Option<RandomState>,
    are_too_many: bool,
}

struct List {
    prefix: String,
    after: Option<String>,
    limit: usize,
    found: u64,
}

impl Lists {
    /// Whether nothing was listed.
    pub fn are_none(&self) -> bool {
        self.lists.is_empty()
    }

    /// Takes note of a list and what was found.
    pub fn note(&mut self, prefix: &str, after: Option<&str>, limit: usize, keys: &[String]) {
        if self.lists.len() == MOST {
            self.are_too_many = true;
            return;
        }
        let found = self.hasher.get_or_insert_with(RandomState::new).hash_one(keys);
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.lists.push(List { prefix, after, limit, found });
    }

    /// Whether the same is found now.
    pub fn are_current(&self, engine: &dyn Engine) -> bool {
        let is_current = |list: &List| {
            let keys = engine.keys(&list.prefix, list.after.as_deref(), list.limit);
            let hasher = self.hasher.as_ref();
            keys.is_ok_and(|keys| hasher.is_some_and(|hasher| hasher.hash_one(&keys) == list.found))
        };
        !self.are_too_many && self.lists.iter().all(is_current)
    }
}
