//! Every operation that is answered stands once in the ledger's list of operations, beside the areas of its
//! rules, each of which links to the section that holds them.
//!
//! The operations are those of `models/`, without the lines of `models/not-supported.txt`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::File;
use super::ledger::{LEDGER, sections};
use crate::codegen::names::service_name;

const NOT_SUPPORTED: &str = "models/not-supported.txt";

/// A line of the list: a service, some of its operations, and where their rules stand.
struct Line<'f> {
    service: &'f str,
    operations: Vec<&'f str>,
    /// Each with the link beside it, `[F-ALT](#alternate-contacts-1)`.
    areas: Vec<&'f str>,
}

pub(super) fn check(files: &[File]) -> Vec<String> {
    let Some(ledger) = files.iter().find(|file| file.path == LEDGER) else { return Vec::new() };
    let supported = supported(files);
    let sections = sections(&ledger.text);
    let mut problems = Vec::new();
    let mut listed: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in lines(&ledger.text, &supported) {
        for operation in line.operations {
            *listed.entry((line.service, operation)).or_default() += 1;
        }
        let wrong = line.areas.iter().filter(|link| !leads_to_rows(link, &sections));
        problems.extend(
            wrong.map(|link| format!("{LEDGER}: the operations name {link}, which is no link to its rows")),
        );
    }
    for (service, operations) in &supported {
        for operation in operations {
            match listed.remove(&(service.as_str(), operation.as_str())) {
                Some(1) => {}
                Some(_) => problems.push(format!("{LEDGER}: lists {service}:{operation} twice")),
                None => problems.push(format!(
                    "{LEDGER}: {service}:{operation} is not in \"Operations and their rules\""
                )),
            }
        }
    }
    let absent = listed.keys();
    problems.extend(
        absent.map(|(service, name)| format!("{LEDGER}: lists {service}:{name}, which is not answered")),
    );
    problems
}

/// The operations that are answered, by service.
fn supported(files: &[File]) -> BTreeMap<String, BTreeSet<String>> {
    let refused: BTreeSet<&str> =
        files.iter().filter(|file| file.path == NOT_SUPPORTED).flat_map(|file| file.text.lines()).collect();
    let mut supported = BTreeMap::new();
    for file in files {
        let Some(service) = file.path.strip_prefix("models/").and_then(service_name) else { continue };
        let Ok(model) = serde_json::from_str::<Value>(&file.text) else { continue };
        let operations = model["operations"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
        let answered = operations.filter(|name| !refused.contains(format!("{service} {name}").as_str()));
        supported.insert(service.to_owned(), answered.collect());
    }
    supported
}

/// Whether `[F-ALT](#alternate-contacts-1)` leads to a section with rows of that area.
fn leads_to_rows(link: &str, sections: &BTreeSet<(String, &str)>) -> bool {
    let parts = link
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|rest| rest.split_once("](#"));
    parts.is_some_and(|(area, anchor)| sections.contains(&(anchor.to_owned(), area)))
}

/// `| iam | CreateUser, GetUser | [F-IAMAPI-USR](#iam) |`
fn lines<'f>(ledger: &'f str, services: &BTreeMap<String, BTreeSet<String>>) -> Vec<Line<'f>> {
    let line = |line: &'f str| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [service, operations, areas] = cells.as_slice() else { return None };
        let parts = |cell: &'f str| cell.split(", ").collect();
        let is_service = services.contains_key(*service);
        is_service.then(|| Line { service, operations: parts(operations), areas: parts(areas) })
    };
    ledger.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn every_answered_operation_is_listed_once() {
        let ledger = "## Rows\n| F-A-1 | rule | assumed | there |\n## All\n| x | Get, Put, Put | [F-A](#rows) |\n\
                      | x | Gone | [F-A](#all) |\n";
        let model = r#"{ "operations": { "Get": {}, "Put": {}, "List": {}, "Refused": {} } }"#;
        let files = [
            file(LEDGER, ledger),
            file("models/x-2020-01-01.json", model),
            file("models/x-y-2020-01-01.json", r#"{ "operations": { "Own": {} } }"#),
            file(NOT_SUPPORTED, "x Refused\n"),
        ];
        let wanted = [
            "docs/fidelity.md: the operations name [F-A](#all), which is no link to its rows",
            "docs/fidelity.md: x:List is not in \"Operations and their rules\"",
            "docs/fidelity.md: lists x:Put twice",
            "docs/fidelity.md: x-y:Own is not in \"Operations and their rules\"",
            "docs/fidelity.md: lists x:Gone, which is not answered",
        ];
        assert_eq!(check(&files), wanted);
    }
}
