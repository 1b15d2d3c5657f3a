//! Tags of users, roles and customer-managed policies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>

use std::collections::{BTreeMap, BTreeSet};

use aws::refusal::Refusal;

use super::directory::entity::PrincipalEntity;
use super::directory::page::{Page, Pages};
use super::model::{MarkerType, Tag, TagKeyType};
use super::{On, directory, refusal};
use crate::failure::Failure;
use crate::world::World;

/// F-IAMAPI-TAG-1: the most tags of one resource.
const MOST: usize = 50;

/// How keys of tags are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// `Team` and `team` are one key: tags of users and roles.
    CaseInsensitive,
    /// They are two: tags of everything else.
    CaseSensitive,
}

impl Keys {
    /// The text that is equal for equal keys.
    pub(crate) fn canonical(self, key: &str) -> String {
        match self {
            Self::CaseInsensitive => key.to_lowercase(),
            Self::CaseSensitive => key.to_owned(),
        }
    }
}

/// Adds tags or changes their values.
///
/// # Errors
/// F-IAMAPI-TAG-2: a key must not be given twice, and `aws:` is AWS's own: `InvalidInput`.
/// F-IAMAPI-TAG-1: `LimitExceeded`. F-IAMAPI-TAG-3: an empty list (text *assumed*).
pub fn add(tags: &mut BTreeMap<String, String>, new: Vec<Tag>, keys: Keys) -> Result<(), Refusal> {
    if new.is_empty() {
        return Err(refusal::invalid_input("Tags must not be empty."));
    }
    merge(tags, new, keys)
}

fn merge(tags: &mut BTreeMap<String, String>, new: Vec<Tag>, keys: Keys) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for key in new.iter().map(|tag| tag.key.as_str()) {
        if key.to_lowercase().starts_with("aws:") {
            return Err(refusal::invalid_input("Tag keys beginning with aws: are reserved for system use."));
        }
        if !seen.insert(keys.canonical(key)) {
            return Err(refusal::invalid_input(match keys {
                Keys::CaseInsensitive => {
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive."
                }
                Keys::CaseSensitive => "Duplicate tag keys found.",
            }));
        }
    }
    tags.retain(|known, _| !seen.contains(&keys.canonical(known)));
    tags.extend(new.into_iter().map(|tag| (tag.key.into_string(), tag.value.into_string())));
    if tags.len() > MOST {
        return Err(refusal::limit_exceeded("The number of tags has reached the maximum limit."));
    }
    Ok(())
}

/// The tags of a new resource, which may have none.
///
/// # Errors
/// As [`add`].
pub fn of_new(new: Option<Vec<Tag>>, keys: Keys) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tags = BTreeMap::new();
    merge(&mut tags, new.unwrap_or_default(), keys)?;
    Ok(tags)
}

/// Removes tags; keys that are not there are passed over.
pub fn remove(tags: &mut BTreeMap<String, String>, unwanted: &[TagKeyType], keys: Keys) {
    let unwanted: BTreeSet<String> = unwanted.iter().map(|key| keys.canonical(key.as_str())).collect();
    tags.retain(|key, _| !unwanted.contains(&keys.canonical(key)));
}

/// TagUser and TagRole.
///
/// # Errors
/// `NoSuchEntity`, and as [`add`].
pub fn add_to<E: PrincipalEntity>(
    on: &On<'_>,
    name: &str,
    new: Vec<Tag>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut entity = directory::open::<E>(on.account, name, world)?;
    add(entity.tags_mut(), new, Keys::CaseInsensitive)?;
    Ok(directory::save(entity, world)?)
}

/// UntagUser and UntagRole.
///
/// # Errors
/// `NoSuchEntity`.
pub fn remove_from<E: PrincipalEntity>(
    on: &On<'_>,
    name: &str,
    unwanted: &[TagKeyType],
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut entity = directory::open::<E>(on.account, name, world)?;
    remove(entity.tags_mut(), unwanted, Keys::CaseInsensitive);
    Ok(directory::save(entity, world)?)
}

/// A page of ListUserTags or ListRoleTags.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError` for a foreign marker.
pub fn list<E: PrincipalEntity>(
    on: &On<'_>,
    operation: &'static str,
    name: &str,
    (marker, max_items): (Option<MarkerType>, Option<i32>),
    world: &World<'_>,
) -> Result<Page<Tag>, Failure> {
    let entity = directory::find::<E>(on.account, name, world)?;
    Ok(Pages::new(operation, on, [name], marker, max_items)?.of_list(listed(entity.tags())))
}

/// The tags as a list.
pub fn listed(tags: &BTreeMap<String, String>) -> impl Iterator<Item = (String, Tag)> {
    tags.iter()
        .map(|(key, value)| (key.clone(), Tag { key: key.as_str().into(), value: value.as_str().into() }))
}

/// All tags, also where there are none.
pub fn all(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    listed(tags).map(|(_, tag)| tag).collect()
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
        let keys = Keys::CaseInsensitive;
        let mut tags = of_new(Some(vec![tag("Team", "red")]), keys).expect("one tag");
        add(&mut tags, vec![tag("team", "blue")], keys).expect("the same tag");
        assert_eq!(tags, BTreeMap::from([("team".to_owned(), "blue".to_owned())]));
        let doubled = add(&mut tags, vec![tag("a", "1"), tag("A", "2")], keys).expect_err("doubled");
        assert_eq!(doubled.code, "InvalidInput");
        remove(&mut tags, &["TEAM".into()], keys);
        assert!(tags.is_empty());
        let many = (0..51).map(|number| tag(&format!("k{number}"), "")).collect();
        assert_eq!(add(&mut tags, many, keys).expect_err("too many").code, "LimitExceeded");
        let reserved = add(&mut tags, vec![tag("AWS:x", "")], keys).expect_err("reserved");
        assert_eq!(reserved.code, "InvalidInput");
        let text = "Tag keys beginning with aws: are reserved for system use.";
        assert_eq!(reserved.message.as_deref(), Some(text));
    }

    /// F-IAMAPI-TAG-2, F-IAMAPI-TAG-3
    #[test]
    fn tag_keys_of_policies_differ_in_case_and_some_must_be_given() {
        let keys = Keys::CaseSensitive;
        let mut tags = of_new(Some(vec![tag("Team", "red"), tag("team", "blue")]), keys).expect("two tags");
        remove(&mut tags, &["Team".into()], keys);
        assert_eq!(tags, BTreeMap::from([("team".to_owned(), "blue".to_owned())]));
        assert_eq!(add(&mut tags, Vec::new(), keys).expect_err("nothing").code, "InvalidInput");
        assert!(of_new(None, keys).expect("none").is_empty());
    }
}
