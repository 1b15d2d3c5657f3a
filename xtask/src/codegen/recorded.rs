//! `models/recorded.json`: what AWS was seen to answer otherwise than its models say, read into a model before anything
//! is written from it. The file itself says what it may hold.

use serde_json::{Map, Value};

/// The file, read.
pub struct Recorded(Map<String, Value>);

impl Recorded {
    /// Reads the file.
    ///
    /// # Errors
    /// Where it is no JSON object.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|error| error.to_string())
    }

    /// The services that it knows something of.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|name| *name != "about")
    }

    /// Reads what is known of a service into its model.
    ///
    /// # Errors
    /// Where the model has no such shape, or says the same by itself.
    pub fn patch(&self, service: &str, model: &mut Value) -> Result<(), String> {
        for entry in self.0.get(service).and_then(Value::as_array).into_iter().flatten() {
            let name = entry["shape"].as_str().unwrap_or_default();
            correct(entry, &mut model["shapes"][name]).map_err(|problem| format!("{name}: {problem}"))?;
        }
        Ok(())
    }
}

fn correct(entry: &Value, shape: &mut Value) -> Result<(), String> {
    if shape.is_null() {
        return Err("the model has no such shape".to_owned());
    }
    for (key, value) in entry.as_object().into_iter().flatten() {
        let texts = value.as_array().into_iter().flatten();
        match key.as_str() {
            "shape" => {}
            "ledger" if value.as_str().is_some_and(|id| id.starts_with("F-")) => {}
            "not_required" => {
                for member in texts {
                    let required = list(shape, "required")?;
                    let place = required.iter().position(|name| name == member);
                    required.remove(place.ok_or_else(|| format!("{member} is not required by the model"))?);
                }
            }
            "further_values" => {
                for text in texts {
                    let values = list(shape, "enum")?;
                    if values.contains(text) {
                        return Err(format!("the model has {text} by itself"));
                    }
                    values.push(text.clone());
                }
            }
            "values" => {
                let values = list(shape, "enum")?;
                if Some(&*values) == value.as_array() {
                    return Err("the model has these values by itself".to_owned());
                }
                *values = texts.cloned().collect();
            }
            "pattern" if shape["pattern"].is_string() && value.is_string() => {
                if shape["pattern"] == *value {
                    return Err("the model has this pattern by itself".to_owned());
                }
                shape["pattern"] = value.clone();
            }
            "any_text" if *value == true => {
                let removed = shape.as_object_mut().and_then(|shape| shape.shift_remove("enum"));
                removed.ok_or("the shape has no `enum`")?;
            }
            "first_members" => first(texts, &mut shape["members"])?,
            "members_not_null" if *value == true && shape["type"] == "list" => {
                shape["membersNotNull"] = true.into();
            }
            _ => return Err(format!("`{key}: {value}` is not understood")),
        }
    }
    match entry["ledger"].is_string() {
        true => Ok(()),
        false => Err("no row of the ledger is named".to_owned()),
    }
}

/// Puts the members that are named before the others.
fn first<'v>(names: impl Iterator<Item = &'v Value>, members: &mut Value) -> Result<(), String> {
    let before = members.as_object_mut().ok_or("the shape has no members")?;
    let names: Vec<&str> = names.filter_map(Value::as_str).collect();
    if before.keys().map(String::as_str).take(names.len()).eq(names.iter().copied()) {
        return Err(format!("{names:?} are the first members by themselves"));
    }
    let mut ordered = Map::new();
    for name in names {
        let member = before.remove(name).ok_or_else(|| format!("{name} is no member"))?;
        ordered.insert(name.to_owned(), member);
    }
    ordered.append(before);
    *before = ordered;
    Ok(())
}

fn list<'s>(shape: &'s mut Value, key: &str) -> Result<&'s mut Vec<Value>, String> {
    shape.get_mut(key).and_then(Value::as_array_mut).ok_or_else(|| format!("the shape has no `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(entry: Value) -> Result<Value, String> {
        let mut model = json!({"shapes": {
            "User": {"type": "structure", "required": ["Path", "Name"]},
            "Kind": {"type": "string", "enum": ["user", "none"]},
            "Page": {"type": "structure", "members": {"A": {}, "B": {}, "C": {}}},
            "Keys": {"type": "list"},
            "Text": {"type": "string", "pattern": ".+"},
        }});
        let recorded = Recorded::parse(&json!({"about": "x", "iam": [entry]}).to_string()).unwrap();
        assert_eq!(recorded.services().collect::<Vec<_>>(), ["iam"]);
        recorded.patch("sts", &mut Value::Null).unwrap();
        recorded.patch("iam", &mut model).map(|()| model["shapes"].take())
    }

    #[test]
    fn what_was_recorded_is_read_into_the_model() {
        let user =
            patched(json!({"shape": "User", "ledger": "F-IAMAPI-USR-2", "not_required": ["Path"]})).unwrap();
        assert_eq!(user["User"]["required"], json!(["Name"]));
        let kind =
            patched(json!({"shape": "Kind", "ledger": "F-IAMAPI-USR-2", "further_values": ["IAM"]})).unwrap();
        assert_eq!(kind["Kind"]["enum"], json!(["user", "none", "IAM"]));
        let kind =
            patched(json!({"shape": "Kind", "ledger": "F-WIRE-6", "values": ["none", "user"]})).unwrap();
        assert_eq!(kind["Kind"]["enum"], json!(["none", "user"]));
        let kind = patched(json!({"shape": "Kind", "ledger": "F-TAG-3", "any_text": true})).unwrap();
        assert!(kind["Kind"].get("enum").is_none());
        let text = patched(json!({"shape": "Text", "ledger": "F-WIRE-6", "pattern": "[ -~]+"})).unwrap();
        assert_eq!(text["Text"]["pattern"], "[ -~]+");
        let page =
            patched(json!({"shape": "Page", "ledger": "F-WIRE-6", "first_members": ["B", "C"]})).unwrap();
        assert_eq!(page["Page"]["members"].to_string(), r#"{"B":{},"C":{},"A":{}}"#);
        let keys = patched(json!({"shape": "Keys", "ledger": "F-WIRE-6", "members_not_null": true})).unwrap();
        assert_eq!(keys["Keys"]["membersNotNull"], true);
    }

    #[test]
    fn what_the_model_says_by_itself_or_cannot_take_is_refused() {
        for (entry, problem) in [
            (json!({"shape": "Users", "ledger": "F-IAMAPI-USR-2"}), "Users: the model has no such shape"),
            (json!({"shape": "User"}), "User: no row of the ledger is named"),
            (
                json!({"shape": "User", "ledger": "F-IAMAPI-USR-2", "not_required": ["Id"]}),
                "User: \"Id\" is not required by the model",
            ),
            (
                json!({"shape": "Kind", "ledger": "F-IAMAPI-USR-2", "further_values": ["none"]}),
                "Kind: the model has \"none\" by itself",
            ),
            (
                json!({"shape": "User", "ledger": "F-IAMAPI-USR-2", "further_values": ["x"]}),
                "User: the shape has no `enum`",
            ),
            (
                json!({"shape": "Kind", "ledger": "F-IAMAPI-USR-2", "values": ["user", "none"]}),
                "Kind: the model has these values by itself",
            ),
            (
                json!({"shape": "Text", "ledger": "F-IAMAPI-USR-2", "pattern": ".+"}),
                "Text: the model has this pattern by itself",
            ),
            (
                json!({"shape": "Page", "ledger": "F-IAMAPI-USR-2", "first_members": ["A"]}),
                "Page: [\"A\"] are the first members by themselves",
            ),
            (
                json!({"shape": "Page", "ledger": "F-IAMAPI-USR-2", "first_members": ["D"]}),
                "Page: D is no member",
            ),
            (
                json!({"shape": "User", "ledger": "F-IAMAPI-USR-2", "gone": []}),
                "User: `gone: []` is not understood",
            ),
        ] {
            assert_eq!(patched(entry).err().unwrap_or_default(), problem);
        }
    }
}
