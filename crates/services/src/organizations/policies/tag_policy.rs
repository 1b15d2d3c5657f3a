//! How an effective tag policy is completed: every tag has a key and values, also where no policy gives it any.

use serde_json::{Map, Value, json};

use super::inheritance::Inherited;

/// F-ORGS-EFF-8: the tags that policies name, each with a key, which is its name where none was assigned, and with values,
/// which are any where none was ever given. A list of resource types that lost all of them is not shown (guide,
/// example 3); a list of values is.
pub(super) fn effective(inherited: &Inherited) -> Option<Value> {
    let content = inherited.effective();
    let tags: Map<String, Value> = inherited
        .blocks_of("tags")
        .map(|name| {
            let tag = content.as_ref().and_then(|content| content.get("tags")?.get(name)?.as_object());
            (name.to_owned(), Value::Object(complete(name, tag.cloned().unwrap_or_default())))
        })
        .collect();
    (!tags.is_empty()).then(|| json!({"tags": tags}))
}

fn complete(name: &str, mut tag: Map<String, Value>) -> Map<String, Value> {
    tag.retain(|member, value| {
        member == "tag_value" || value.as_array().is_none_or(|values| !values.is_empty())
    });
    tag.entry("tag_key").or_insert_with(|| name.into());
    tag.entry("tag_value").or_insert_with(|| json!(["*"]));
    tag
}
