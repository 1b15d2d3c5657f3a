//! What documents must find where they lead to, so that state that comes from elsewhere is held together before it is
//! taken: each is good by itself, and all calls of an account would fail on a unit that is not there. F-STORE-39
//!
//! Only what the rules keep true of their own state stands here: what they wrote must always be taken back.

use serde_json::Value;

/// That documents of one kind need another document.
#[derive(Debug, Clone, Copy)]
pub struct Tie {
    /// The kind that needs it.
    pub kind: &'static str,
    /// The member that says which: a text or a list of texts, its name with dots where it lies within others; or `#` and
    /// the number of a part of the key.
    pub member: &'static str,
    /// The key that is needed. `=` stands for the text, `$` for what is behind its last slash in lower case, `@` for the
    /// document's account. `place/=` is a unit, or the membership of an account.
    pub needs: &'static str,
}

const fn tie(kind: &'static str, member: &'static str, needs: &'static str) -> Tie {
    Tie { kind, member, needs }
}

/// All of them.
pub const TIES: &[Tie] = &[
    tie("attachment", "#1", "policy/="),
    tie("attachment", "#2", "place/="),
    tie("child", "#0", "ou/="),
    tie("child", "#2", "place/="),
    tie("credential", "account", "account/="),
    tie("credential", "owner.user", "user/@/$"),
    tie("group", "account", "account/="),
    tie("group", "attached_policies", "managed-policy/@/$"),
    tie("group-member", "#1", "group/@/="),
    tie("group-member", "#2", "user/@/="),
    tie("managed-policy", "account", "account/="),
    tie("member", "#0", "account/="),
    tie("member", "organization_id", "organization/="),
    tie("member", "parent_id", "ou/="),
    tie("member", "policies", "policy/="),
    tie("org-entity", "#0", "organization/="),
    tie("org-entity", "#1", "place/="),
    tie("organization", "management_account", "member/="),
    tie("organization", "root_id", "ou/="),
    tie("ou", "organization_id", "organization/="),
    tie("ou", "parent_id", "ou/="),
    tie("ou", "policies", "policy/="),
    tie("ou-name", "unit_id", "ou/="),
    tie("policy", "organization_id", "organization/="),
    tie("policy-name", "policy_id", "policy/="),
    tie("role", "account", "account/="),
    tie("role", "attached_policies", "managed-policy/@/$"),
    tie("user", "account", "account/="),
    tie("user", "access_keys", "credential/="),
    tie("user", "attached_policies", "managed-policy/@/$"),
    tie("user", "groups", "group/@/$"),
];

/// Kinds whose documents have the id of their key.
const BY_ID: [&str; 4] = ["account", "organization", "ou", "policy"];

/// Policies that AWS manages are the same everywhere, and not stored.
const NOT_STORED: [&str; 2] = ["p-FullAWSAccess", "p-RCPFullAWSAccess"];
const AWS_MANAGED: &str = ":iam::aws:policy/";

/// The parts of a key behind its kind.
fn parts(key: &str) -> Vec<&str> {
    key.split('/').skip(1).collect()
}

/// The organization that a document belongs to, where it belongs to one and not to another at the same time.
pub fn organization_of<'d>(key: &'d str, document: &'d Value) -> Option<&'d str> {
    match key.split('/').next()? {
        "member" | "ou" | "policy" => document["organization_id"].as_str(),
        "organization" | "org-entity" | "attachment" => parts(key).first().copied(),
        _ => None,
    }
}

/// The keys of the documents that a document needs.
///
/// # Errors
/// Says of a document that it is another than its key says.
pub fn needs(key: &str, document: &Value) -> Result<Vec<String>, String> {
    let kind = key.split('/').next().unwrap_or_default();
    let parts = parts(key);
    if BY_ID.contains(&kind)
        && let Some(id) = document["id"].as_str()
        && parts != [id]
    {
        return Err(format!("`{key}` is the document of `{kind}/{id}`"));
    }
    let account = document["account"].as_str().or(parts.first().copied()).unwrap_or_default();
    let ties = TIES.iter().filter(|tie| tie.kind == kind);
    Ok(ties
        .flat_map(|tie| texts(tie.member, &parts, document).into_iter().map(|text| tie.key(text, account)))
        .flatten()
        .collect())
}

/// The texts that a member has.
fn texts<'d>(member: &str, parts: &[&'d str], document: &'d Value) -> Vec<&'d str> {
    if let Some(number) = member.strip_prefix('#').and_then(|number| number.parse::<usize>().ok()) {
        return parts.get(number).copied().into_iter().collect();
    }
    let value = member.split('.').try_fold(document, |value, name| value.get(name));
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

impl Tie {
    /// The key that a text leads to; `None` where nothing is stored under it.
    fn key(&self, text: &str, account: &str) -> Option<String> {
        if NOT_STORED.contains(&text) || text.contains(AWS_MANAGED) {
            return None;
        }
        if self.needs == "place/=" {
            let kind = if text.starts_with(|first: char| first.is_ascii_digit()) { "member" } else { "ou" };
            return Some(format!("{kind}/{text}"));
        }
        let name = text.rsplit('/').next().unwrap_or(text).to_lowercase();
        Some(self.needs.replace('@', account).replace('$', &name).replace('=', text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Kind;
    use super::*;

    #[test]
    fn both_ends_are_kinds() {
        for tie in TIES {
            assert!(Kind::of(&format!("{}/x", tie.kind)).is_some(), "{tie:?}");
            assert!(tie.needs == "place/=" || Kind::of(tie.needs).is_some(), "{tie:?}");
        }
        assert!(BY_ID.iter().all(|kind| Kind::of(&format!("{kind}/x")).is_some()));
    }

    /// F-STORE-39
    #[test]
    fn a_document_says_what_it_needs_f_store_39() {
        let ann = json!({
            "account": "111122223333", "access_keys": ["AKIA"], "groups": ["devs"],
            "attached_policies": ["arn:aws:iam::aws:policy/Some", "arn:aws:iam::111122223333:policy/team/Own"]
        });
        assert_eq!(
            needs("user/111122223333/ann", &ann).unwrap(),
            [
                "account/111122223333",
                "credential/AKIA",
                "managed-policy/111122223333/own",
                "group/111122223333/devs"
            ]
        );
        let attachment = "attachment/o-1/p-1/111122223333";
        assert_eq!(needs(attachment, &json!({})).unwrap(), ["policy/p-1", "member/111122223333"]);
        assert_eq!(needs("org-entity/o-1/r-1", &json!({})).unwrap(), ["organization/o-1", "ou/r-1"]);
        let unit = json!({ "id": "r-2", "organization_id": "o-1", "policies": ["p-FullAWSAccess"] });
        assert_eq!(needs("ou/r-2", &unit).unwrap(), ["organization/o-1"]);
        assert_eq!(needs("ou/r-1", &unit).unwrap_err(), "`ou/r-1` is the document of `ou/r-2`");
        assert_eq!(organization_of("ou/r-2", &unit), Some("o-1"));
        assert_eq!(organization_of(attachment, &json!({})), Some("o-1"));
        assert_eq!(organization_of("user/111122223333/ann", &ann), None);
    }
}
