//! A model as it is stored: AWS's JSON, read just far enough to ask it questions.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::names::service_name;

/// One service's model.
pub struct Model {
    /// The service, as the file is called after it: `sso-admin`.
    pub service: String,
    /// The file's name.
    pub file: String,
    /// The model's JSON.
    pub document: Value,
}

/// What the generator knows to say of a shape, beside its members.
const KNOWN: &[&str] = &[
    "type",
    "members",
    "required",
    "member",
    "key",
    "value",
    "enum",
    "min",
    "max",
    "pattern",
    "sensitive",
    "box",
    "flattened",
    "timestampFormat",
    "exception",
    "error",
    "fault",
    "retryable",
    "union",
    "deprecated",
    "deprecatedMessage",
];

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// Where it is not JSON, or says something of a shape that the generator does not know.
    pub fn parse(path: &Path, text: &str) -> Result<Self, String> {
        let document: Value =
            serde_json::from_str(text).map_err(|error| format!("{}: {error}", path.display()))?;
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let service = service_name(&file).ok_or_else(|| {
            format!(
                "{}: a model is called after its service and version: sso-admin-2020-07-20.json",
                path.display()
            )
        })?;
        let service = service.to_owned();
        let model = Self { service, file, document };
        for (name, shape) in model.shapes() {
            let unknown =
                shape.as_object().and_then(|shape| shape.keys().find(|key| !KNOWN.contains(&key.as_str())));
            if let Some(key) = unknown {
                return Err(format!("{}: shape {name} has an unknown `{key}`", path.display()));
            }
        }
        Ok(model)
    }

    /// An entry of the model's metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.document["metadata"][key].as_str()
    }

    /// Every shape, in the order of the model.
    pub fn shapes(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.document["shapes"].as_object().into_iter().flatten()
    }

    /// One shape.
    ///
    /// # Errors
    /// Where there is none of that name.
    pub fn shape(&self, name: &str) -> Result<&Value, String> {
        self.document["shapes"].get(name).ok_or_else(|| format!("no shape {name}"))
    }

    /// Every operation, in the order of the model.
    pub fn operations(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.document["operations"].as_object().into_iter().flatten()
    }

    /// The names of all operations.
    pub fn operation_names(&self) -> impl Iterator<Item = &String> {
        self.operations().map(|(name, _)| name)
    }

    /// The names of the shapes that these sides of operations use, directly or not.
    pub fn reachable(&self, left_out: &BTreeSet<&str>, sides: &[&str]) -> Result<BTreeSet<String>, String> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = Vec::new();
        for (_, operation) in self.operations().filter(|(name, _)| !left_out.contains(name.as_str())) {
            open.extend(sides.iter().filter_map(|side| operation[side]["shape"].as_str()));
            if sides.contains(&"errors") {
                open.extend(errors(operation));
            }
        }
        while let Some(name) = open.pop() {
            if found.insert(name.to_owned()) {
                let shape = self.shape(name)?;
                open.extend(targets(shape));
            }
        }
        Ok(found)
    }

    /// Whether values of the structure `name` hold further ones of it without a list or a map between.
    pub fn contains_itself(&self, name: &str, from: &str) -> Result<bool, String> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(current) = open.pop() {
            if current == name {
                return Ok(true);
            }
            let shape = self.shape(current)?;
            if seen.insert(current) && shape["type"] == "structure" {
                open.extend(targets(shape));
            }
        }
        Ok(false)
    }
}

/// The names of the errors that an operation declares.
pub fn errors(operation: &Value) -> impl Iterator<Item = &str> {
    operation["errors"].as_array().into_iter().flatten().filter_map(|error| error["shape"].as_str())
}

/// The members of a structure that travel in a body. A header member of an error is the protocol's business.
pub fn body_members(shape: &Value) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
    shape["members"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, member)| member["location"] != "header")
        .filter_map(|(name, member)| Some((name, member.as_object()?)))
}

/// The names of the shapes that a shape is made of.
fn targets(shape: &Value) -> Vec<&str> {
    let members = body_members(shape).filter_map(|(_, member)| member.get("shape")?.as_str());
    let parts = ["member", "key", "value"].iter().filter_map(|part| shape[part]["shape"].as_str());
    members.chain(parts).collect()
}
