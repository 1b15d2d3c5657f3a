//! How AWS writes an authorization policy anew before it keeps it: resource control policies, and the delegation policy.

use aws::arn::{AccountId, PARTITION};
use serde_json::{Map, Value};

/// The members of a document, in the order in which they are written.
const DOCUMENT: [&str; 3] = ["Version", "Id", "Statement"];
/// The members of a statement, in the order in which they are written (*assumed* as far as no recording had them in another).
const STATEMENT: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
/// What a document without a version is read as.
const OLD_VERSION: &str = "2008-10-17";

/// F-ORGS-RCP-3: the document without white space, with a version, its statements in a list, and accounts as the ARNs of their
/// root users. What is no JSON object stays as it is.
pub(crate) fn rewritten(content: &str) -> String {
    let Ok(Value::Object(mut document)) = serde_json::from_str(content) else { return content.to_owned() };
    document.entry("Version").or_insert_with(|| OLD_VERSION.into());
    if let Some(statements) = document.get_mut("Statement") {
        let list = one_or_many(statements).map(statement).collect();
        *statements = Value::Array(list);
    }
    Value::Object(in_order(&document, &DOCUMENT)).to_string()
}

/// The value, or those of a list.
pub(crate) fn one_or_many(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

fn statement(given: &Value) -> Value {
    let Value::Object(given) = given else { return given.clone() };
    let mut statement = in_order(given, &STATEMENT);
    for element in ["Principal", "NotPrincipal"] {
        let named = statement.get_mut(element).and_then(|principal| principal.get_mut("AWS"));
        match named {
            Some(Value::Array(list)) => list.iter_mut().for_each(spell_out),
            Some(one) => spell_out(one),
            None => {}
        }
    }
    Value::Object(statement)
}

/// An account's id becomes the ARN of its root user.
fn spell_out(principal: &mut Value) {
    if let Some(Ok(account)) = principal.as_str().map(str::parse::<AccountId>) {
        *principal = format!("arn:{PARTITION}:iam::{account}:root").into();
    }
}

/// The members in this order; others, of which there are none in a document that was checked, come last.
fn in_order(members: &Map<String, Value>, order: &[&str]) -> Map<String, Value> {
    let place = |name: &str| order.iter().position(|known| *known == name).unwrap_or(order.len());
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by_key(|(name, _)| place(name));
    sorted.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-ORGS-RCP-3.
    #[test]
    fn a_document_is_written_anew() {
        let cases = [
            (
                r#"{ "Statement": {"Action": "sqs:*", "Principal": "*", "Effect": "Deny", "Resource": ["*"]} }"#,
                r#"{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":["*"]}]}"#,
            ),
            (
                r#"{"Version": "2012-10-17", "Statement": [{"Principal": {"AWS": ["111122223333", "*"], "Service": "a.b"}}]}"#,
                r#"{"Version":"2012-10-17","Statement":[{"Principal":{"AWS":["arn:aws:iam::111122223333:root","*"],"Service":"a.b"}}]}"#,
            ),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Principal":{"AWS":"111122223333"},"Sid":"a"}]}"#,
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Principal":{"AWS":"arn:aws:iam::111122223333:root"}}]}"#,
            ),
            ("[]", "[]"),
        ];
        for (given, kept) in cases {
            assert_eq!(rewritten(given), kept);
            assert_eq!(rewritten(kept), kept, "it is written so already");
        }
    }
}
