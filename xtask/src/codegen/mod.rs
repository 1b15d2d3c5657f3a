//! From `models/*.json` to `crates/services/src/model/<service>.rs`.
//!
//! The generator writes declarations only: calls of the macros of `aws::smithy`, in the order and under the
//! names of the model. It refuses a model that uses something it does not know, rather than leave it out.
//! An operation that `models/not-supported.txt` names gets no code, and neither do shapes that only such
//! operations use. What `models/recorded.json` knows better than a model is read into it first.

mod model;
pub(crate) mod names;
mod not_answered;
mod recorded;
mod write;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use model::Model;
use recorded::Recorded;

/// One generated file.
struct Generated {
    path: PathBuf,
    text: String,
}

/// Writes every generated file that is not as it should be.
///
/// # Errors
/// Where a model cannot be read or uses something unknown, or a file cannot be written.
pub fn run() -> Result<(), String> {
    for path in refresh(&root())? {
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// The workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Writes what is stale and says what that was.
fn refresh(root: &Path) -> Result<Vec<PathBuf>, String> {
    let not_supported = read(&root.join("models/not-supported.txt"))?;
    let mut stale = Vec::new();
    for file in generate(root, &not_supported)? {
        if std::fs::read_to_string(&file.path).ok().as_deref() != Some(&file.text) {
            let folder =
                file.path.parent().expect("INVARIANT: a generated file lies in its service's folder");
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&file.path, &file.text))
                .map_err(|error| format!("{}: {error}", file.path.display()))?;
            stale.push(file.path);
        }
    }
    Ok(stale)
}

/// What AWS was seen to answer otherwise than its models say.
const RECORDED: &str = "models/recorded.json";

fn in_recorded(problem: String) -> String {
    format!("{RECORDED}: {problem}")
}

/// Every generated file, in memory.
fn generate(root: &Path, not_supported: &str) -> Result<Vec<Generated>, String> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root.join("models"))
        .map_err(|error| format!("models: {error}"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter(|path| !path.ends_with(RECORDED))
        .collect();
    paths.sort();
    let recorded = Recorded::parse(&read(&root.join(RECORDED))?).map_err(in_recorded)?;
    let mut unknown: BTreeSet<&str> = recorded.services().collect();
    let mut known = BTreeSet::new();
    let mut files = Vec::new();
    let mut models = Vec::new();
    for path in paths {
        let mut model = Model::parse(&path, &read(&path)?)?;
        recorded.patch(&model.service, &mut model.document).map_err(in_recorded)?;
        unknown.remove(model.service.as_str());
        let left_out = left_out(not_supported, &model.service);
        known.extend(model.operation_names().map(|name| format!("{} {name}", model.service)));
        let text = write::file(&model, &left_out).map_err(|error| format!("{}: {error}", path.display()))?;
        files.push(Generated {
            path: root
                .join("crates/services/src/model")
                .join(names::module_name(&model.service))
                .with_extension("rs"),
            text,
        });
        models.push(model);
    }
    if let Some(service) = unknown.first() {
        return Err(in_recorded(format!("there is no model of {service}")));
    }
    match not_supported.lines().find(|line| !known.contains(*line)) {
        Some(line) => Err(format!("models/not-supported.txt: no model has `{line}`")),
        None => {
            files.push(not_answered::page(root, &models, not_supported)?);
            Ok(files)
        }
    }
}

/// The operations of one service that are not answered.
fn left_out<'a>(not_supported: &'a str, service: &str) -> BTreeSet<&'a str> {
    not_supported
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(of, _)| *of == service)
        .map(|(_, name)| name)
        .collect()
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_up_to_date() {
        let stale = refresh(&root()).unwrap();
        assert!(stale.is_empty(), "these were stale and have been written anew, commit them: {stale:?}");
    }

    /// With every operation of every model, each shape that a declaration names is declared once.
    #[test]
    fn every_model_can_be_generated_whole() {
        for file in generate(&root(), "").unwrap().into_iter().filter(is_rust) {
            let path = file.path.display();
            let mut declared = BTreeSet::new();
            let mut operations = 0;
            for line in file.text.lines() {
                if let Some((_, rest)) = line
                    .split_once("_shape! { ")
                    .or(line.split_once("structure! { "))
                    .or(line.split_once("exception! { ").filter(|_| !line.starts_with("//")))
                {
                    let rest =
                        rest.trim_start_matches("sensitive ").trim_start_matches("#[derive(Default)] ");
                    let name = rest.split([' ', ':', '(']).next().unwrap();
                    assert!(declared.insert(name.to_owned()), "{path}: {name} is declared twice");
                }
                operations += usize::from(line.trim_start().starts_with("errors: ["));
            }
            let plain = ["String", "bool", "i32", "i64", "f64", "Base64", "Timestamp"];
            let mut model =
                Model::parse(&model_path(&file.path), &read(&model_path(&file.path)).unwrap()).unwrap();
            let recorded = Recorded::parse(&read(&root().join(RECORDED)).unwrap()).unwrap();
            recorded.patch(&model.service, &mut model.document).unwrap();
            assert_eq!(operations, model.operation_names().count(), "{path}");
            for name in write::references(&model).unwrap() {
                assert!(plain.contains(&name.as_str()) || declared.contains(&name), "{path}: {name}");
            }
        }
    }

    fn is_rust(file: &Generated) -> bool {
        file.path.extension().is_some_and(|extension| extension == "rs")
    }

    fn model_path(generated: &Path) -> PathBuf {
        let module = generated.file_stem().unwrap().to_str().unwrap();
        std::fs::read_dir(root().join("models"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                let service = names::service_name(path.file_name().unwrap().to_str().unwrap());
                service.is_some_and(|service| names::module_name(service) == module)
            })
            .unwrap()
    }

    #[test]
    fn an_unknown_operation_in_the_list_is_refused() {
        let message = generate(&root(), "account GetAlternateContacts\n").err().unwrap();
        assert_eq!(message, "models/not-supported.txt: no model has `account GetAlternateContacts`");
    }
}
