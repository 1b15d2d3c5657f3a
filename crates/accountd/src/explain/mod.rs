//! `accountd explain`: asks a running accountd why a call is allowed or refused, and tells it as text.

pub mod text;

use http::Method;
use serde_json::{Map, Value, json};
use services::explain::Answer;

use crate::terminal::client::Endpoint;

/// What the command line asks.
#[derive(Debug)]
pub struct Asked {
    /// Where accountd answers.
    pub endpoint: Endpoint,
    /// Whether the answer is shown as it came.
    pub json: bool,
    /// The question, as the own endpoint reads it.
    pub question: Value,
}

/// What a question is made of on the command line.
#[derive(Debug, Default)]
pub struct Parts {
    /// The id of a recorded call.
    pub event: Option<String>,
    /// Who would call.
    pub principal: Option<String>,
    /// What.
    pub action: Option<String>,
    /// On what.
    pub resource: Option<String>,
    /// Condition keys, each with its values.
    pub context: Vec<(String, String)>,
    /// The operation's input.
    pub members: Option<Value>,
    /// Policies and the documents in their place.
    pub drafts: Vec<(String, String)>,
    /// Policies and where each is to be taken as attached, or as not.
    pub attachments: Vec<(String, String, bool)>,
    /// An account's id, or `organization`.
    pub who: Option<String>,
    /// Continues a list.
    pub next_token: Option<String>,
}

impl Parts {
    /// The question, as the own endpoint reads it. A condition key that is given twice has several values.
    pub fn into_question(self) -> Value {
        let mut question = Map::new();
        let texts = [
            ("event", self.event),
            ("principal", self.principal),
            ("action", self.action),
            ("resource", self.resource),
            ("next_token", self.next_token),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                question.insert(name.to_owned(), text.into());
            }
        }
        let mut context = Map::new();
        for (key, value) in self.context {
            let value = match context.remove(&key) {
                None => Value::String(value),
                Some(Value::Array(mut values)) => {
                    values.push(value.into());
                    Value::Array(values)
                }
                Some(one) => json!([one, value]),
            };
            context.insert(key, value);
        }
        if !context.is_empty() {
            question.insert("context".to_owned(), context.into());
        }
        if let Some(members) = self.members {
            question.insert("members".to_owned(), members);
        }
        if !self.drafts.is_empty() {
            let draft = |(policy, document)| json!({ "policy": policy, "document": document });
            question.insert("drafts".to_owned(), self.drafts.into_iter().map(draft).collect());
        }
        if !self.attachments.is_empty() {
            let draft = |(policy, target, attached)| json!({ "policy": policy, "target": target, "attached": attached });
            question.insert("attachments".to_owned(), self.attachments.into_iter().map(draft).collect());
        }
        if let Some(who) = self.who {
            let who = match who.as_str() {
                "organization" => json!({ "organization": true }),
                id if id.starts_with("o-") => json!({ "organization": id }),
                account => json!({ "account": account }),
            };
            question.insert("who".to_owned(), who);
        }
        question.into()
    }
}

/// Asks, and gives the text to print.
///
/// # Errors
/// One line that says why there is no answer.
pub fn run(asked: &Asked) -> Result<String, String> {
    let body = asked.question.to_string();
    let (status, text) = asked.endpoint.ask(Method::POST, "/_accountd/explain", body.into())?;
    let page: Value = match serde_json::from_str(&text) {
        Ok(page) if status == 200 => page,
        _ => return Err(asked.endpoint.refused(status, &text)),
    };
    if asked.json {
        return serde_json::to_string_pretty(&page).map_err(|error| error.to_string());
    }
    let answer: Answer = serde_json::from_value(page)
        .map_err(|_| "the answer is of another version of accountd; --json shows it".to_owned())?;
    Ok(text::told(&answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_put_together_from_what_is_given() {
        let text = |text: &str| Some(text.to_owned());
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let parts = Parts {
            principal: text("111122223333"),
            action: text("a:B"),
            context: vec![pair("k", "1"), pair("tags", "a"), pair("tags", "b"), pair("tags", "c")],
            drafts: vec![pair("p-1", "{}")],
            ..Parts::default()
        };
        let expected = json!({
            "principal": "111122223333", "action": "a:B", "context": {"k": "1", "tags": ["a", "b", "c"]},
            "drafts": [{"policy": "p-1", "document": "{}"}],
        });
        assert_eq!(parts.into_question(), expected);
        for (who, expected) in [
            ("organization", json!({"who": {"organization": true}})),
            ("o-a", json!({"who": {"organization": "o-a"}})),
            ("1", json!({"who": {"account": "1"}})),
        ] {
            assert_eq!(Parts { who: text(who), ..Parts::default() }.into_question(), expected);
        }
    }
}
