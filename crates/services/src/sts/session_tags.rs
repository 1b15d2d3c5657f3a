//! Session tags: attributes that the one who opens a session gives it, and those that go on from session to
//! session.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>

use std::collections::{BTreeMap, BTreeSet};

use aws::principal::Caller;
use aws::refusal::Refusal;

use super::model::{Tag, TagKeyType};
use super::validation_error;

const DUPLICATE: &str = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
const RESERVED: &str = "Tag keys cannot begin with aws:, which is reserved.";
const NOT_INCLUDED: &str = "The specified transitive tag key must be included in the requested tags.";
const CONFLICT: &str = "One of the specified transitive tag keys can't be set because it conflicts with a \
     transitive tag key from the calling session.";

/// The tags of a new session.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SessionTags {
    /// All of them, those of the calling session included.
    pub tags: BTreeMap<String, String>,
    /// The keys of those that go on.
    pub transitive_keys: BTreeSet<String>,
}

/// The action that who gives tags to a session must be allowed.
pub const ACTION: &str = "sts:TagSession";

/// The tags that come with a call.
pub fn pairs(tags: Option<&[Tag]>) -> impl Iterator<Item = (&str, &str)> {
    tags.unwrap_or_default().iter().map(|tag| (tag.key.as_str(), tag.value.as_str()))
}

/// The transitive tags of the caller's own session.
pub fn inherited(caller: &Caller) -> BTreeMap<String, String> {
    let Some(session) = &caller.session else { return BTreeMap::new() };
    let is_transitive = |key: &String| session.terms.transitive_tag_keys.contains(key);
    session.tags.iter().filter(|(key, _)| is_transitive(key)).cloned().collect()
}

/// The tags of a new session: those of the call, and those that go on from the calling one.
///
/// # Errors
/// F-STSAPI-26: a key given twice, a reserved key, a transitive key without its tag, or one that would
/// replace a tag that goes on. The last two texts are recorded.
pub fn read(
    tags: Option<&[Tag]>,
    transitive_keys: Option<&[TagKeyType]>,
    inherited: BTreeMap<String, String>,
) -> Result<SessionTags, Refusal> {
    let invalid = |text: &str| Refusal::new("InvalidParameterValue", 400, text);
    let mut read =
        SessionTags { transitive_keys: inherited.keys().cloned().collect(), tags: BTreeMap::new() };
    let has =
        |tags: &BTreeMap<String, String>, key: &str| tags.keys().any(|known| known.eq_ignore_ascii_case(key));
    for tag in tags.unwrap_or_default() {
        let key = tag.key.as_str();
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(validation_error(RESERVED));
        }
        if has(&read.tags, key) {
            return Err(invalid(DUPLICATE));
        }
        if has(&inherited, key) {
            return Err(invalid(CONFLICT));
        }
        read.tags.insert(key.to_owned(), tag.value.as_str().to_owned());
    }
    for key in transitive_keys.unwrap_or_default() {
        let found = read.tags.keys().find(|known| known.eq_ignore_ascii_case(key.as_str())).cloned();
        read.transitive_keys.insert(found.ok_or_else(|| invalid(NOT_INCLUDED))?);
    }
    read.tags.extend(inherited);
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.into(), value: value.into() }
    }

    /// F-STSAPI-26
    #[test]
    fn tags_are_read_joined_and_refused() {
        let inherited = BTreeMap::from([("team".to_owned(), "blue".to_owned())]);
        let given = [tag("Floor", "3"), tag("desk", "")];
        let joined = read(Some(&given), Some(&["floor".into()]), inherited.clone()).expect("fine");
        assert_eq!(joined.tags.len(), 3);
        assert_eq!(joined.transitive_keys, BTreeSet::from(["Floor".to_owned(), "team".to_owned()]));
        for (tags, transitive, text) in [
            (vec![tag("a", "1"), tag("A", "2")], vec![], DUPLICATE),
            (vec![tag("AWS:x", "1")], vec![], RESERVED),
            (vec![tag("a", "1")], vec!["b".into()], NOT_INCLUDED),
            (vec![tag("Team", "red")], vec![], CONFLICT),
        ] {
            let refusal = read(Some(&tags), Some(&transitive), inherited.clone()).expect_err(text);
            assert_eq!(refusal.message.as_deref(), Some(text));
        }
    }
}
