//! What the conditions of a statement saw of a request, for whoever asks why a statement spoke or did not.
//!
//! A compiled condition keeps no text. What the document wants is read from its source again, which only an explanation
//! pays for.

use super::Policy;
use super::condition::Holds;
use super::context::RequestContext;
use super::json::Node;

/// One condition of a statement: what it wants, and what the request has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCondition {
    /// The operator, as the document writes it.
    pub operator: String,
    /// The condition key, as the document writes it.
    pub key: String,
    /// The values in the document; variables are not filled in.
    pub wanted: Vec<String>,
    /// The request's values; `None` where the key is absent.
    pub seen: Option<Vec<String>>,
    /// Whether it holds; `None` where it cannot be evaluated, since an ARN is compared with what is none (F-IAM-33).
    pub holds: Option<bool>,
}

impl Policy {
    /// The conditions of the statement at `position`, in the document's order, with what they see in `context`.
    pub fn conditions_seen(&self, position: usize, context: &RequestContext<'_>) -> Vec<SeenCondition> {
        let Some(statement) = self.statements().get(position) else { return Vec::new() };
        if statement.conditions.is_empty() {
            return Vec::new();
        }
        let written = written(self.source(), position);
        let seen =
            written.into_iter().zip(&statement.conditions).map(|((operator, key, wanted), condition)| {
                let values = context.values(&key);
                SeenCondition {
                    seen: (!values.is_empty())
                        .then(|| values.iter().map(|value| value.text().into_owned()).collect()),
                    holds: match condition.holds(context) {
                        Holds::Yes => Some(true),
                        Holds::No => Some(false),
                        Holds::Undecidable => None,
                    },
                    operator,
                    key,
                    wanted,
                }
            });
        seen.collect()
    }
}

/// Operator, key and values of each condition. The source is that of a policy that was read, and so is the order.
fn written(source: &str, position: usize) -> Vec<(String, String, Vec<String>)> {
    let Ok(document) = serde_json::from_str::<Node>(source) else { return Vec::new() };
    let statement = match document.member("Statement") {
        Some(Node::List(list)) => list.get(position),
        alone => alone,
    };
    let Some(Node::Object(operators)) = statement.and_then(|statement| statement.member("Condition")) else {
        return Vec::new();
    };
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let Node::Object(keys) = keys else { continue };
        for (key, values) in keys {
            let values = match values {
                Node::List(list) => list.iter().filter_map(Node::scalar).collect(),
                one => one.scalar().into_iter().collect(),
            };
            conditions.push((operator.clone(), key.clone(), values));
        }
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-WHY-3
    #[test]
    fn conditions_are_told_as_written_with_what_they_saw() {
        let source = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"},
            {"Effect":"Deny","Action":"*","Resource":"*","Condition":{
                "StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"],"aws:absent":"x"},
                "Bool":{"AWS:SecureTransport":false},
                "ArnLike":{"aws:PrincipalArn":"none"}}}]}"#;
        let policy = Policy::parse(source).expect("a policy");
        let mut context = RequestContext::new();
        context.insert("aws:RequestedRegion", "us-east-1");
        context.insert("aws:SecureTransport", true);
        context.insert("aws:PrincipalArn", "arn:aws:iam::111122223333:user/ann");
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let condition =
            |operator: &str, key: &str, wanted: &[&str], seen: Option<&[&str]>, holds| SeenCondition {
                operator: operator.to_owned(),
                key: key.to_owned(),
                wanted: texts(wanted),
                seen: seen.map(texts),
                holds,
            };
        let regions = ["eu-west-1", "eu-central-1"];
        assert_eq!(policy.conditions_seen(0, &context), []);
        assert_eq!(policy.conditions_seen(2, &context), []);
        assert_eq!(
            policy.conditions_seen(1, &context),
            [
                condition(
                    "StringNotEquals",
                    "aws:RequestedRegion",
                    &regions,
                    Some(&["us-east-1"]),
                    Some(true)
                ),
                condition("StringNotEquals", "aws:absent", &["x"], None, Some(true)),
                condition("Bool", "AWS:SecureTransport", &["false"], Some(&["true"]), Some(false)),
                condition(
                    "ArnLike",
                    "aws:PrincipalArn",
                    &["none"],
                    Some(&["arn:aws:iam::111122223333:user/ann"]),
                    None
                ),
            ]
        );
    }
}
