//! The form of a recording: the steps before it, the call, and what came back.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A file: one family of cases.
#[derive(Deserialize)]
pub struct Topic {
    /// The `--delays` that the family needs; without, everything is instant.
    pub delays: Option<String>,
    /// When the family was recorded, where its answers depend on the time of day or year; service time stands still there.
    pub at: Option<Timestamp>,
    /// What happens before each case.
    #[serde(default)]
    pub setup: Vec<Step>,
    pub cases: Vec<Case>,
}

/// One recorded answer.
#[derive(Deserialize)]
pub struct Case {
    pub id: String,
    /// What happens before, after the family's own steps.
    #[serde(default)]
    pub setup: Vec<Step>,
    pub call: Step,
    pub expect: Expect,
}

/// A call, or time that passes.
#[derive(Deserialize)]
pub struct Step {
    /// Seconds that pass before the call, if there is one.
    pub wait: Option<f64>,
    pub service: Option<String>,
    pub operation: Option<String>,
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// `root`, `root:<account>`, `nobody`, or the name of credentials that an earlier step kept.
    #[serde(default = "root")]
    pub caller: String,
    /// Parts of the answer that later steps name as `{{…}}`.
    #[serde(default)]
    pub capture: Vec<Capture>,
    /// The name under which later steps call with the credentials in the answer.
    pub credentials: Option<String>,
    pub region: Option<String>,
    /// How long AWS may take before it answers so; service time is moved by as much.
    #[serde(default)]
    pub retry_seconds: f64,
    /// Whether the recording goes on after a refusal.
    #[serde(default)]
    pub may_fail: bool,
}

fn root() -> String {
    "root".to_owned()
}

/// A part of an answer that is kept.
#[derive(Deserialize)]
pub struct Capture {
    /// The name it is kept under.
    #[serde(rename = "as")]
    pub name: String,
    /// Where it stands, and after `~` what is cut from its beginning.
    pub from: String,
}

/// What is known of the answer. What is not said here is not compared.
#[derive(Deserialize)]
pub struct Expect {
    pub status: Option<u16>,
    /// `null` says that the answer has no code.
    #[serde(default, deserialize_with = "present")]
    pub code: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub message: Option<Value>,
    /// By place.
    #[serde(default)]
    pub members: Map<String, Value>,
    /// Places that the answer does not have.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// `null` as a value, unlike a member that is not there.
fn present<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(input).map(Some)
}
