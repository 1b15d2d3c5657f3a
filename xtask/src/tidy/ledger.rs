//! The ledger of behaviour, `docs/fidelity.md`, is complete in both directions.
//!
//! Every `F-…` id that code or tests cite has a row; every row is cited, and names tests that exist. Every row of what
//! was observed (`O-…`) has a test that carries its number, and every such test a row.
//!
//! That a row names a test does not show that the test is about it: the id stands in the test, in its name or its text.
//! Rows older than this rule are listed in `rows_without_a_test.txt`, a list that only becomes shorter.

use std::collections::{BTreeMap, BTreeSet};

use super::File;
use super::links::headings;

pub(super) const LEDGER: &str = "docs/fidelity.md";

/// Rows whose ids stand in no test, one a line.
const WITHOUT_A_TEST: &str = "xtask/src/tidy/rows_without_a_test.txt";

/// What stands in the test column of an observed row whose operation is not answered yet.
const NOT_BUILT: &str = "*not built yet*";

/// A row: its id and its last column.
struct Row<'f> {
    id: &'f str,
    tests: &'f str,
}

pub(super) fn check(files: &[File]) -> Vec<String> {
    let Some(ledger) = files.iter().find(|file| file.path == LEDGER) else {
        return vec![format!("{LEDGER}: is missing")];
    };
    let rows = rows(&ledger.text);
    let mut problems = repeated(&rows);
    let known: BTreeSet<&str> = rows.iter().map(|row| row.id).collect();
    let mut cited = BTreeSet::new();
    let mut observed = BTreeMap::new();
    // The ledger cannot cite itself, and a recording is no test.
    for file in files.iter().filter(|file| is_source(file)) {
        for id in cited_ids(&file.text) {
            if !known.contains(id.as_str()) {
                problems.push(format!("{}: cites {id}, which has no row in {LEDGER}", file.path));
            }
            cited.insert(id);
        }
        for name in tests_in(file) {
            if let Some(id) = observed_id(name) {
                observed.entry(id).or_insert_with(|| format!("{}: {name}", file.path));
            }
        }
    }
    let tests = Tests::of(files);
    for row in &rows {
        let is_observed = row.id.starts_with("O-");
        if is_observed && row.tests.contains(NOT_BUILT) {
            continue;
        }
        if is_observed && !observed.contains_key(row.id) {
            problems.push(format!("{LEDGER}: {} has no test that carries its number", row.id));
        }
        if !is_observed && !cited.contains(row.id) {
            problems.push(format!("{LEDGER}: {} is cited by no code and no test", row.id));
        }
        problems.extend(tests.missing(row));
    }
    for (id, place) in observed.iter().filter(|(id, _)| !known.contains(id.as_str())) {
        problems.push(format!("{place}: {id} has no row in {LEDGER}"));
    }
    problems.extend(ratchet(files, &rows));
    problems
}

/// Every row's id stands in a test, or the row is on the list of those that are older than this rule.
fn ratchet(files: &[File], rows: &[Row<'_>]) -> Vec<String> {
    let mut tested = BTreeSet::new();
    for file in files.iter().filter(|file| is_source(file)) {
        let Some(text) = test_text(file) else { continue };
        tested.extend(cited_ids(text));
        // `a_rate_belongs_to_the_callers_account_f_quota_3_f_quota_4`
        let as_text = |name: &str| name.to_uppercase().replace("_F_", " F-").replace('_', "-");
        tested.extend(tests_in(file).into_iter().flat_map(|name| cited_ids(&as_text(name))));
    }
    let listed = files.iter().filter(|file| file.path == WITHOUT_A_TEST).flat_map(|file| file.text.lines());
    let mut listed: BTreeSet<&str> = listed.collect();
    let mut problems = Vec::new();
    for row in rows.iter().filter(|row| row.id.starts_with("F-")) {
        match (tested.contains(row.id), listed.remove(row.id)) {
            (false, false) => problems.push(format!("{LEDGER}: {} stands in no test", row.id)),
            (true, true) => {
                problems.push(format!("{WITHOUT_A_TEST}: {} stands in a test, take it off", row.id))
            }
            (true, false) | (false, true) => {}
        }
    }
    problems.extend(
        listed.iter().map(|id| format!("{WITHOUT_A_TEST}: {id} has no row in {LEDGER}, take it off")),
    );
    problems
}

/// What of a file is tests: all of it, or what follows `#[cfg(test)]`.
fn test_text(file: &File) -> Option<&str> {
    if file.is_test() || file.path.contains("/tests.") {
        return Some(&file.text);
    }
    let begin = file.text.find("#[cfg(test)]")?;
    Some(&file.text[begin..])
}

fn is_source(file: &File) -> bool {
    // These chores write ids of their own to try themselves; recordings come with the numbers of another collection.
    !["xtask/src/tidy", "xtask/src/codegen"].iter().any(|folder| file.path.starts_with(folder))
        && !file.path.contains("/recorded/cases/")
        && ["crates/", "xtask/", "tests/"].iter().any(|folder| file.path.starts_with(folder))
        && [".rs", ".py", ".js", ".json", ".txt"].iter().any(|end| file.path.ends_with(end))
}

fn rows(ledger: &str) -> Vec<Row<'_>> {
    ledger.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row<'_>> {
    let cells: Vec<&str> = line.split(" | ").collect();
    let id = cells.first()?.strip_prefix("| ")?.trim();
    let tests = cells.last()?.strip_suffix(" |")?;
    let is_id = id.starts_with("F-") || id.starts_with("O-");
    is_id.then_some(Row { id, tests })
}

/// The areas of the rows, `F-ORGS-SHAKE` of `F-ORGS-SHAKE-1`, each with the anchor of a section that it has rows in.
pub(super) fn sections(ledger: &str) -> BTreeSet<(String, &str)> {
    let headings = headings(ledger);
    let mut sections = BTreeSet::new();
    for (number, line) in ledger.lines().enumerate() {
        let Some(area) = row(line).and_then(|row| Some(row.id.rsplit_once('-')?.0)) else { continue };
        let section = headings.iter().rev().find(|heading| heading.line < number);
        sections.extend(section.map(|heading| (heading.anchor.clone(), area)));
    }
    sections
}

fn repeated(rows: &[Row<'_>]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let twice = rows.iter().filter(|row| !seen.insert(row.id));
    twice.map(|row| format!("{LEDGER}: {} has two rows", row.id)).collect()
}

/// The ids in a text. `F-A-1 to F-A-3` and `F-A-1 … F-A-3` cite what lies between as well.
fn cited_ids(text: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut before: Option<(&str, u32, usize)> = None;
    for (at, _) in text.match_indices("F-") {
        let is_inside = text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '-');
        let Some((area, digits)) = id_at(&text[at + 2..]).filter(|_| !is_inside) else { continue };
        ids.insert(format!("F-{area}-{digits}"));
        let Ok(number) = digits.parse::<u32>() else { continue };
        if let Some((first_area, first, end)) = before
            && first_area == area
            && matches!(text[end..at].trim(), "to" | "…")
        {
            ids.extend((first..number).map(|between| format!("F-{area}-{between}")));
        }
        before = Some((area, number, at + 3 + area.len() + digits.len()));
    }
    ids
}

/// `AREA-digits` at the beginning of a text. An area is one word of capitals and digits, or several with hyphens.
fn id_at(text: &str) -> Option<(&str, &str)> {
    let mut begin = 0;
    loop {
        let rest = &text[begin..];
        let is_digit = |character: char| character.is_ascii_digit();
        if begin > 0 && rest.starts_with(is_digit) {
            let end = rest.find(|character| !is_digit(character)).unwrap_or(rest.len());
            return Some((&text[..begin - 1], &rest[..end]));
        }
        let (word, _) = rest.split_once('-')?;
        let is_part = |character: char| character.is_ascii_uppercase() || is_digit(character);
        if !word.starts_with(|first: char| first.is_ascii_uppercase()) || !word.chars().all(is_part) {
            return None;
        }
        begin += word.len() + 1;
    }
}

/// The names of the tests in a file, in the languages that tests are written in.
fn tests_in(file: &File) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_next = false;
    for line in file.text.lines().map(str::trim_start) {
        is_next |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let function = line.strip_prefix("async fn ").or(line.strip_prefix("fn "));
        let rust = function.filter(|_| is_next).inspect(|_| is_next = false);
        let python = line.strip_prefix("def ").filter(|name| name.starts_with("test_"));
        if let Some(name) = rust.or(python) {
            names.push(name.split(['(', '<']).next().unwrap_or(name));
        }
    }
    names
}

/// The row that a test replays: `observed_region_3_…` in Rust, `test_…__O_region_3` in Python.
fn observed_id(test: &str) -> Option<String> {
    let rest = match test.strip_prefix("observed_") {
        Some(rest) => rest,
        None => test.split_once("__O_")?.1,
    };
    let mut parts = rest.split('_');
    let (section, number) = (parts.next()?, parts.next()?);
    number.parse::<u32>().ok().map(|number| format!("O-{section}-{number}"))
}

/// Everything that a row may name as its test.
struct Tests<'f> {
    names: BTreeSet<&'f str>,
    /// Files and folders with tests in them, without endings.
    places: BTreeSet<&'f str>,
    files: BTreeSet<&'f str>,
}

impl<'f> Tests<'f> {
    fn of(files: &'f [File]) -> Self {
        let mut all = Self { names: BTreeSet::new(), places: BTreeSet::new(), files: BTreeSet::new() };
        for file in files {
            let in_file = tests_in(file);
            let is_javascript = file.path.ends_with(".test.js");
            if in_file.is_empty() && !is_javascript {
                continue;
            }
            all.names.extend(in_file);
            all.places.extend(file.path.split('/').map(|part| part.split('.').next().unwrap_or(part)));
            all.files.extend(file.path.rsplit('/').next());
        }
        all
    }

    /// What the row names and is not there. Names are parted by commas or semicolons; what stands in brackets is for
    /// people; `*` at the end stands for any rest.
    fn missing(&self, row: &Row<'_>) -> Vec<String> {
        let named: Vec<&str> =
            row.tests.split([',', ';']).map(str::trim).filter(|name| !name.is_empty()).collect();
        if named.is_empty() {
            return vec![format!("{LEDGER}: {} names no test", row.id)];
        }
        let missing = named.into_iter().filter(|name| !self.is_there(name));
        missing.map(|name| format!("{LEDGER}: {} names `{name}`, which is no test", row.id)).collect()
    }

    fn is_there(&self, name: &str) -> bool {
        let name = name.split(" (").next().unwrap_or(name).trim_matches('`').trim();
        let mut parts: Vec<&str> = name.split("::").collect();
        if parts.last() == Some(&"tests") {
            parts.pop();
        }
        let Some(last) = parts.last() else { return false };
        match last.strip_suffix('*') {
            Some(start) => self.names.iter().any(|name| name.starts_with(start)),
            None => self.names.contains(last) || self.places.contains(last) || self.files.contains(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn ids_and_ranges_are_found() {
        let ids = cited_ids(
            "F-REG-2 to F-REG-4, F-ORG-1 … F-ORG-2. F-IAM-01; XF-NO-1 F-none F-EDGE-x (F-SIG-13) F-EC2-7 F-ORGS-ERR-1",
        );
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(
            ids,
            [
                "F-EC2-7",
                "F-IAM-01",
                "F-ORG-1",
                "F-ORG-2",
                "F-ORGS-ERR-1",
                "F-REG-2",
                "F-REG-3",
                "F-REG-4",
                "F-SIG-13"
            ]
        );
    }

    #[test]
    fn each_gap_is_told() {
        let ledger = "| F-A-1 | rule | assumed | there |\n| F-A-2 | rule | assumed | gone |\n\
                      | O-x-1 | said | observed_x_1_it |\n| O-x-2 | said | *not built yet* |\n";
        let code = "// F-A-1, F-A-3\n#[test]\nfn there() {}\n#[test]\nfn observed_x_9_it() {}\n";
        let problems = check(&[file(LEDGER, ledger), file("crates/a/tests/a.rs", code)]);
        let wanted = [
            "crates/a/tests/a.rs: cites F-A-3, which has no row in docs/fidelity.md",
            "docs/fidelity.md: F-A-2 is cited by no code and no test",
            "docs/fidelity.md: F-A-2 names `gone`, which is no test",
            "docs/fidelity.md: O-x-1 has no test that carries its number",
            "docs/fidelity.md: O-x-1 names `observed_x_1_it`, which is no test",
            "crates/a/tests/a.rs: observed_x_9_it: O-x-9 has no row in docs/fidelity.md",
            "docs/fidelity.md: F-A-2 stands in no test",
        ];
        assert_eq!(problems, wanted);
    }

    #[test]
    fn the_list_of_rows_without_a_test_only_becomes_shorter() {
        let ledger = (1..=5).map(|row| format!("| F-A-{row} | rule | own | t |\n")).collect::<String>();
        let files = [
            file(LEDGER, &ledger),
            file("crates/a/src/a.rs", "// F-A-1, F-A-2\n#[cfg(test)]\nmod tests { // F-A-3\n"),
            file("crates/a/tests/b.rs", "#[test]\nfn it_holds_f_a_4() {}\n"),
            file("tests/clients/test_c.py", "\"\"\"F-A-5\"\"\"\n"),
            file(WITHOUT_A_TEST, "F-A-2\nF-A-3\nF-A-9\n"),
        ];
        let wanted = [
            "docs/fidelity.md: F-A-1 stands in no test",
            "xtask/src/tidy/rows_without_a_test.txt: F-A-3 stands in a test, take it off",
            "xtask/src/tidy/rows_without_a_test.txt: F-A-9 has no row in docs/fidelity.md, take it off",
        ];
        assert_eq!(ratchet(&files, &rows(&ledger)), wanted);
    }

    #[test]
    fn a_row_may_name_tests_in_many_ways() {
        let files = [
            file("crates/a/src/clock.rs", "#[cfg(test)]\nmod tests {\n #[test]\n fn it_ticks() {}\n}"),
            file("tests/clients/test_wire.py", "def test_query_get():\n"),
        ];
        let tests = Tests::of(&files);
        for name in [
            "clock::tests::it_ticks",
            "clock::tests",
            "…::it_ticks",
            "test_wire.py::test_query_*",
            "test_wire.py (all)",
        ] {
            assert!(tests.is_there(name), "{name}");
        }
        for name in ["it_tocks", "test_wire.py::test_none", "clocks"] {
            assert!(!tests.is_there(name), "{name}");
        }
    }
}
