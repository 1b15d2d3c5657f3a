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

/// The conditions of a policy's statements as its document writes them. Reading them costs one pass over the document, so
/// that whoever asks for several statements of a policy reads them once.
#[derive(Debug)]
pub struct WrittenConditions<'p> {
    policy: &'p Policy,
    /// Operator, key and values, statement by statement, in the document's order.
    statements: Vec<Vec<(String, String, Vec<String>)>>,
}

impl<'p> WrittenConditions<'p> {
    /// Reads them.
    pub fn of(policy: &'p Policy) -> Self {
        let document = serde_json::from_str::<Node>(policy.source()).ok();
        let statements = match document.as_ref().and_then(|document| document.member("Statement")) {
            Some(Node::List(list)) => list.iter().map(written).collect(),
            Some(alone) => vec![written(alone)],
            None => Vec::new(),
        };
        Self { policy, statements }
    }

    /// The conditions of the statement at `position`, in the document's order, with what they see in `context`.
    pub fn seen(&self, position: usize, context: &RequestContext<'_>) -> Vec<SeenCondition> {
        let compiled = self.policy.statements().get(position).map(|statement| &statement.conditions[..]);
        let written = self.statements.get(position).map(Vec::as_slice);
        let both = written.unwrap_or_default().iter().zip(compiled.unwrap_or_default());
        let seen = both.map(|((operator, key, wanted), condition)| {
            let values = context.values(key);
            SeenCondition {
                operator: operator.clone(),
                key: key.clone(),
                wanted: wanted.clone(),
                seen: (!values.is_empty())
                    .then(|| values.iter().map(|value| value.text().into_owned()).collect()),
                holds: match condition.holds(context) {
                    Holds::Yes => Some(true),
                    Holds::No => Some(false),
                    Holds::Undecidable => None,
                },
            }
        });
        seen.collect()
    }
}

/// The conditions of one statement, in the order in which they are compiled.
fn written(statement: &Node) -> Vec<(String, String, Vec<String>)> {
    let Some(Node::Object(operators)) = statement.member("Condition") else { return Vec::new() };
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
        let written = WrittenConditions::of(&policy);
        assert_eq!(written.seen(0, &context), []);
        assert_eq!(written.seen(2, &context), []);
        assert_eq!(
            written.seen(1, &context),
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
