//! An operation that a form asks for: read, carried out, and told with the call that it made.

use aws::protocol::Protocol;
use aws::protocol::query::{self, Parameters};
use aws::refusal::Refusal;
use aws::smithy::{self, Patterns};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{Markup, html};
use serde_json::Value;
use services::front::acting::Actor;
use services::service::{Operation, Service};

use super::commands::{as_boto3, as_cli};
use super::fields::{Fields, escaped};
use super::marks::{self, Sign, sign, snippet};
use super::visit::Visit;
use super::{Console, Note, somebody};
use crate::service::{Act, Summary};

/// What begins the name of a field whose value is a member of the input, whatever is in it.
pub const MEMBER: &str = "m.";
/// What begins the name of a field whose value is a member of the input, unless it is empty.
pub const OPTIONAL: &str = "o.";

/// What came of an operation, as the page that asked for it tells.
pub struct Outcome {
    /// What was done.
    pub operation: Operation,
    /// Who did it.
    pub actor: Actor,
    /// The input.
    pub members: Value,
    /// What stood in the form.
    pub given: Fields,
    /// The output's members, or the refusal.
    pub result: Result<Value, Refusal>,
    /// The id of its record.
    pub event_id: Option<String>,
}

/// Carries out what a form asks for. What came of it, or why nothing was done, stands in the visit afterwards.
pub async fn act(console: &Console, visit: &mut Visit) -> Option<(Summary, u16)> {
    let form = std::mem::take(&mut visit.form);
    let back = form.filled("back").unwrap_or("/").to_owned();
    let then = form.filled("then").map(str::to_owned);
    visit.go_to(&back);
    let Some(operation) = form.get("operation").and_then(operation) else {
        visit.note = Some(Note::bad("There is no such operation, so nothing was done."));
        return None;
    };
    let chosen = form.filled("as").and_then(somebody::read).or_else(|| visit.actor.clone());
    let Some(actor) = chosen else {
        let back = escaped(&visit.address);
        visit.note = Some(
            Note::bad("Nothing was done: choose whom to act as first.")
                .with_link(format!("/acting?back={back}"), "Act as somebody"),
        );
        return None;
    };
    let members = match members(operation, &form) {
        Ok(members) => members,
        Err(text) => {
            visit.note = Some(Note::bad(&text));
            return None;
        }
    };
    let act = Act { actor: actor.clone(), operation, members: members.clone(), peer: visit.peer };
    let done = console.service.act(act).await;
    let status = done.outcome.as_ref().map_or_else(|refusal| refusal.status, |_| 200);
    if let Some(then) = then.filter(|_| done.outcome.is_ok()) {
        visit.go_to(&then);
    }
    visit.outcome = Some(Outcome {
        operation,
        actor,
        members,
        given: form,
        result: done.outcome,
        event_id: done.event_id,
    });
    Some((done.summary, status))
}

/// `organizations:CreateAccount`, by the service's signing name.
pub fn operation(text: &str) -> Option<Operation> {
    let (service, name) = text.split_once(':')?;
    let operation = Operation::from_name(Service::from_signing_name(service)?, name)?;
    operation.shape().map(|_| operation)
}

/// The same text again.
pub fn name_of(operation: Operation) -> String {
    format!("{}:{}", operation.service().signing_name(), operation.name())
}

/// The input: in one piece as JSON, or from the fields of the form under the names that the Query protocol gives members.
fn members(operation: Operation, form: &Fields) -> Result<Value, String> {
    if let Some(text) = form.get("members") {
        return serde_json::from_str(text)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| "Nothing was done: the input is not a JSON object.".to_owned());
    }
    let fields = form.iter().filter_map(|(name, value)| match name.strip_prefix(MEMBER) {
        Some(name) => Some((name, value)),
        None => name.strip_prefix(OPTIONAL).map(|name| (name, value)).filter(|_| !value.is_empty()),
    });
    let pairs: Vec<_> = fields.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    let said = |refusal: Refusal| {
        format!(
            "Nothing was done: {}.",
            refusal.message.unwrap_or_else(|| "a field cannot be read".to_owned())
        )
    };
    let parameters = Parameters::parse(pairs.join("&").as_bytes()).map_err(said)?;
    let shape = operation.shape().ok_or("There is no such operation.")?;
    query::decode(&parameters, shape.input_schema(), Protocol::Query).map_err(said)
}

impl Outcome {
    /// Whether the form of this name asked for it.
    pub fn is_of(&self, form: &str) -> bool {
        self.given.get("form") == Some(form)
    }

    /// What the API says about one member, to stand beside its field.
    pub fn said_of(&self, member: &str) -> Vec<String> {
        let Err(refusal) = &self.result else { return Vec::new() };
        let message = refusal.message.as_deref().unwrap_or_default();
        let last = member.rsplit('.').next().unwrap_or(member);
        let mut said = Vec::new();
        for field in refusal.members.get("fieldList").and_then(Value::as_array).into_iter().flatten() {
            if field["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(last)) {
                said.extend(field["message"].as_str().map(str::to_owned));
            }
        }
        let shape = self.operation.shape().map(|shape| shape.input_schema());
        let violations = shape.map(|schema| smithy::check(schema, &self.members, Patterns::Applied));
        for violation in violations.into_iter().flatten() {
            let text = violation.text();
            // Other services have other words; whatever is shown here is what was answered.
            if violation.path.join(".") == member && message.contains(&text) {
                said.push(text);
            }
        }
        said.dedup();
        said
    }

    /// The call that was made: operation, caller, status, message, and where to go on.
    pub fn notice(&self, visit: &Visit) -> Markup {
        let endpoint = visit.endpoint();
        let name = name_of(self.operation);
        html! {
            section class={ "outcome " (if self.result.is_ok() { "done" } else { "refused" }) } id="outcome"
                role="status" aria-label="What came of it" tabindex="-1" {
                @match &self.result {
                    Ok(output) => {
                        p { (sign(Sign::Good, "OK")) " " code { (name) } " as " (somebody::said(&self.actor)) }
                        @if output.as_object().is_some_and(|members| !members.is_empty()) {
                            details open[is_shown_once(output)] {
                                summary { "Answer" }
                                pre tabindex="0" { code { (marks::pretty(&readable(output).to_string())) } }
                            }
                        }
                    }
                    Err(refusal) => {
                        p {
                            (sign(Sign::Bad, "refused")) " " code { (name) } " as " (somebody::said(&self.actor)) ": "
                            b { (refusal.code) } " " span class="quiet" { "(" (refusal.status) ")" }
                        }
                        @if let Some(message) = &refusal.message { blockquote { (message) } }
                    }
                }
                p class="links" {
                    @match &self.event_id {
                        Some(event) => {
                            @if self.result.is_err() { a href={ "/why?event=" (event) } { "why" } " " }
                            a href={ "/calls/" (event) } { "record" }
                        }
                        None => { "A fault that was ordered answered, so there is no record." }
                    }
                }
                (as_commands(self.operation, &without_passwords(&self.members), &endpoint))
            }
        }
    }
}

/// An answer for people: the seed of an MFA device as its owner types it, and not the picture of it.
fn readable(output: &Value) -> Value {
    let mut output = output.clone();
    if let Some(device) = output.get_mut("VirtualMFADevice").and_then(Value::as_object_mut) {
        device.remove("QRCodePNG");
        let seed = device.get_mut("Base32StringSeed");
        let read = |seed: &Value| String::from_utf8(BASE64.decode(seed.as_str()?).ok()?).ok();
        if let Some(seed) = seed
            && let Some(text) = read(seed)
        {
            *seed = text.into();
        }
    }
    output
}

/// Members as they may stand on a screen.
fn without_passwords(members: &Value) -> Value {
    let mut members = members.clone();
    for (_, value) in
        members.as_object_mut().into_iter().flatten().filter(|(name, _)| name.ends_with("Password"))
    {
        *value = "PASSWORD".into();
    }
    members
}

/// Whether an answer holds what is never shown again.
fn is_shown_once(output: &Value) -> bool {
    let output = output.to_string();
    ["\"SecretAccessKey\"", "\"Base32StringSeed\""].iter().any(|secret| output.contains(secret))
}

/// An operation as somebody would type it.
pub fn as_commands(operation: Operation, members: &Value, endpoint: &str) -> Markup {
    html! {
        details { summary { "as AWS CLI" } (snippet("AWS CLI", &as_cli(operation, members, endpoint))) }
        details { summary { "as boto3" } (snippet("boto3", &as_boto3(operation, members, endpoint))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str, form: &str) -> Result<Value, String> {
        members(operation(text).unwrap(), &Fields::read(form))
    }

    #[test]
    fn fields_become_the_members_of_the_model() {
        let form = "m.AlternateContactType=BILLING&m.Name=&o.AccountId=&o.Title=Head+of+it&other=1";
        let expected = json!({"AlternateContactType": "BILLING", "Name": "", "Title": "Head of it"});
        assert_eq!(read("account:PutAlternateContact", form), Ok(expected));
        let form = "m.AccountName=a&m.Email=e&m.Tags.member.1.Key=k&m.Tags.member.1.Value=v";
        let expected = json!({"AccountName": "a", "Email": "e", "Tags": [{"Key": "k", "Value": "v"}]});
        assert_eq!(read("organizations:CreateAccount", form), Ok(expected));
        let form = "members=%7B%22RegionName%22%3A1%7D&m.RegionName=x";
        assert_eq!(read("account:EnableRegion", form), Ok(json!({"RegionName": 1})));
        assert!(read("account:EnableRegion", "members=%5B%5D").is_err());
    }

    #[test]
    fn only_what_accountd_answers_is_an_operation() {
        assert_eq!(name_of(operation("iam:CreateUser").unwrap()), "iam:CreateUser");
        for text in ["iam:createuser", "s3:ListBuckets", "CreateUser", "iam:", "", ":CreateUser"] {
            assert!(operation(text).is_none(), "{text}");
        }
    }
}
