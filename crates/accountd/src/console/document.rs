//! A policy document that is being typed: what is wrong with it and where, told before it is sent.

use aws::policy::{MalformedPolicy, Policy, PolicyKind};
use bytes::Bytes;
use http::Response;

use super::shell;
use super::visit::Visit;

/// The longest document that is looked at: no kind of policy may be as long.
const LONGEST: usize = 100_000;

/// What there is to say about the document in a form.
pub fn answer(visit: &Visit) -> Response<Bytes> {
    let document = visit.form.get("document").unwrap_or_default();
    let text = said(document, visit.form.get("kind").unwrap_or_default());
    shell::answer(text.into(), "text/plain; charset=utf-8")
}

/// One line: that it is good, or the fault with its line and place, and AWS's message.
pub fn said(document: &str, kind: &str) -> String {
    if document.len() > LONGEST {
        return "Too long for a policy.".to_owned();
    }
    let checked = match kind {
        "trust" => Policy::parse_as(document, PolicyKind::RoleTrust),
        "managed" => Policy::parse_as(document, PolicyKind::Managed),
        "inline" => Policy::parse_as(document, PolicyKind::Inline),
        "organizations" => Policy::parse_as(document, PolicyKind::ServiceControl),
        "resource-control" => Policy::parse_as(document, PolicyKind::ResourceControl),
        _ => return said_of_json(document),
    };
    match checked {
        Ok(policy) => format!("A good document of {} statements.", policy.statements().len()),
        Err(malformed) => place_and_message(&malformed),
    }
}

fn place_and_message(malformed: &MalformedPolicy) -> String {
    let place = match (malformed.line_and_column(), malformed.place()) {
        (Some((line, column)), _) => format!("Line {line}, column {column}: "),
        (None, Some(place)) => format!("{place}: "),
        (None, None) => String::new(),
    };
    format!("{place}{}", malformed.message())
}

fn said_of_json(document: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(document) {
        Ok(_) => "Good JSON.".to_owned(),
        Err(error) => format!("Line {}, column {}: no JSON.", error.line(), error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_with_its_place() {
        let good = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        assert_eq!(said(good, "managed"), "A good document of 1 statements.");
        let broken = said("{\n\"Version\":\n", "managed");
        assert!(broken.starts_with("Line 3, column "), "{broken}");
        let vague = said(&good.replace("\"Action\":\"*\",", ""), "managed");
        assert!(vague.contains("Statement[") || vague.contains("Action"), "{vague}");
        assert_eq!(said("{}", "json"), "Good JSON.");
        assert_eq!(said(&"x".repeat(LONGEST + 1), "inline"), "Too long for a policy.");
    }
}
