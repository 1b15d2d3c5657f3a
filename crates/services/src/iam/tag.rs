//! Tags of users, roles and customer-managed policies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>

use std::collections::{BTreeMap, BTreeSet};

use aws::refusal::Refusal;

use super::model::{Tag, TagKeyType};
use super::refuse;

/// F-IAMAPI-TAG-1: the most tags of one resource.
const MOST: usize = 50;

/// Adds tags or changes their values.
///
/// # Errors
/// F-IAMAPI-TAG-2: keys are unique without regard to case, and `aws:` is AWS's own: `InvalidInput`.
/// F-IAMAPI-TAG-1: `LimitExceeded` (text *assumed*).
pub fn add(tags: &mut BTreeMap<String, String>, new: Vec<Tag>) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for key in new.iter().map(|tag| tag.key.as_str().to_lowercase()) {
        if key.starts_with("aws:") {
            return Err(refuse::invalid_input(
                "The following tag keys are reserved for AWS use and cannot be added: aws:",
            ));
        }
        if !seen.insert(key) {
            return Err(refuse::invalid_input(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
    }
    tags.retain(|known, _| !seen.contains(&known.to_lowercase()));
    tags.extend(new.into_iter().map(|tag| (tag.key.into_string(), tag.value.into_string())));
    if tags.len() > MOST {
        return Err(refuse::limit_exceeded(format!(
            "The number of tags has reached the maximum limit of {MOST}."
        )));
    }
    Ok(())
}

/// The tags of a new resource.
///
/// # Errors
/// As [`add`].
pub fn of_new(new: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tags = BTreeMap::new();
    add(&mut tags, new.unwrap_or_default())?;
    Ok(tags)
}

/// Removes tags; keys that are not there are passed over.
pub fn remove(tags: &mut BTreeMap<String, String>, keys: &[TagKeyType]) {
    let keys: BTreeSet<String> = keys.iter().map(|key| key.as_str().to_lowercase()).collect();
    tags.retain(|key, _| !keys.contains(&key.to_lowercase()));
}

/// The tags as a list.
pub fn listed(tags: &BTreeMap<String, String>) -> impl Iterator<Item = (String, Tag)> {
    tags.iter()
        .map(|(key, value)| (key.clone(), Tag { key: key.as_str().into(), value: value.as_str().into() }))
}

/// The tags as a member of an answer, which is absent where there are none.
pub fn shown(tags: &BTreeMap<String, String>) -> Option<Vec<Tag>> {
    let tags: Vec<Tag> = listed(tags).map(|(_, tag)| tag).collect();
    (!tags.is_empty()).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.into(), value: value.into() }
    }

    #[test]
    fn tag_keys_are_unique_without_regard_to_case() {
        let mut tags = of_new(Some(vec![tag("Team", "red")])).expect("one tag");
        add(&mut tags, vec![tag("team", "blue")]).expect("the same tag");
        assert_eq!(tags, BTreeMap::from([("team".to_owned(), "blue".to_owned())]));
        let doubled = add(&mut tags, vec![tag("a", "1"), tag("A", "2")]).expect_err("doubled");
        assert_eq!(doubled.code, "InvalidInput");
        remove(&mut tags, &["TEAM".into()]);
        assert!(tags.is_empty());
        let many = (0..51).map(|number| tag(&format!("k{number}"), "")).collect();
        assert_eq!(add(&mut tags, many).expect_err("too many").code, "LimitExceeded");
        assert_eq!(add(&mut tags, vec![tag("aws:x", "")]).expect_err("reserved").code, "InvalidInput");
    }
}
