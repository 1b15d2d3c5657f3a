//! Writes `docs/not-answered.md`: the operations of the models that are known by name and refused, and why.

use std::collections::BTreeMap;
use std::path::Path;

use super::model::Model;
use super::{Generated, left_out, read};

/// The page.
const PAGE: &str = "docs/not-answered.md";
/// Why operations are not answered.
const REASONS: &str = "models/not-supported-reasons.txt";

const INTRODUCTION: &str = "\
# What is not answered, and why

Written by `cargo xtask codegen` from [`models/not-supported.txt`](../models/not-supported.txt) and
[`models/not-supported-reasons.txt`](../models/not-supported-reasons.txt); change those, not this page.

accountd knows every operation of the models it is made from. One that it does not answer is refused by its name, in the words
and the protocol of its service: `accountd does not answer iam:CreateDelegationRequest.` So is a call of any other service of AWS, by
the name that its client gives it. `GET /_accountd/unanswered` lists what was asked for
([own endpoints](own-endpoints.md)).
";

/// A reason, and which operations it is for.
struct Reason<'t> {
    service: &'t str,
    patterns: Vec<&'t str>,
    text: &'t str,
}

fn reasons(text: &str) -> Result<Vec<Reason<'_>>, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (operations, text) = line.split_once(" | ").ok_or_else(|| format!("{REASONS}: `{line}`"))?;
            let (service, patterns) =
                operations.split_once(' ').ok_or_else(|| format!("{REASONS}: `{line}`"))?;
            Ok(Reason { service, patterns: patterns.split(',').collect(), text })
        })
        .collect()
}

/// Whether a name fits a pattern in which `*` stands for any letters.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && fits(after, &rest[at..]))
        }),
    }
}

/// The page, by the models and what of them is not answered.
///
/// # Errors
/// An operation without a reason.
pub(super) fn page(root: &Path, models: &[Model], not_supported: &str) -> Result<Generated, String> {
    let text = read(&root.join(REASONS))?;
    let reasons = reasons(&text)?;
    let mut page = INTRODUCTION.to_owned();
    for model in models {
        let mut rows: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for name in left_out(not_supported, &model.service) {
            let place = reasons.iter().position(|reason| {
                reason.service == model.service && reason.patterns.iter().any(|pattern| fits(pattern, name))
            });
            let place = place.ok_or_else(|| format!("{REASONS}: nothing for {} {name}", model.service))?;
            rows.entry(place).or_default().push(name);
        }
        if rows.is_empty() {
            continue;
        }
        let title = model.metadata("serviceFullName").unwrap_or(&model.service);
        page.push_str(&format!("\n## {title}\n\n| operations | why |\n| --- | --- |\n"));
        for (place, names) in rows {
            page.push_str(&format!("| {} | {} |\n", names.join(", "), reasons[place].text));
        }
    }
    Ok(Generated { path: root.join(PAGE), text: page })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name, expected) in [
            ("*", "GetTrail", true),
            ("*Trail", "GetTrail", true),
            ("*Trail*", "GetTrailStatus", true),
            ("Get*", "ListTrails", false),
            ("GetTrail", "GetTrails", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_reason_is_for_operations_of_a_service() {
        let read = reasons("# x\niam Get*,List* | Not yet.\n").unwrap();
        assert_eq!((read[0].service, read[0].patterns.as_slice()), ("iam", ["Get*", "List*"].as_slice()));
        assert!(reasons("iam Get*").is_err());
    }
}
