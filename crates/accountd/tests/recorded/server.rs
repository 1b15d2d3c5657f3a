//! A fresh service for a case: its steps are carried out, then its call is compared.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::ControlFlow;
use std::sync::Arc;

use accountd::clock::{Clock, TimeMode};
use accountd::configuration::parse_delays;
use accountd::service::{Service, TrailBuckets};
use accountd::store::{Exported, Store};
use bytes::Bytes;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use services::bucket::BucketState;

use super::answer::Answer;
use super::case::{Case, Expect, Step, Topic};
use super::expectation::check;
use super::fill::{Captured, fill, fill_text};
use super::place::reach;
use services::state::installation::ServiceTime;
use services::state::ties;
use testing::server::Setup;
use testing::signer::{Key, Scope, escaped, sign};

/// A running case.
struct Server {
    runtime: tokio::runtime::Runtime,
    service: Arc<Service>,
    store: Arc<Store>,
    clock: Arc<Clock>,
    captured: Captured,
    credentials: std::collections::BTreeMap<String, Key>,
}

/// Replays a case.
///
/// # Errors
/// The first thing that differs.
pub fn replay(topic: &Topic, case: &Case) -> Result<(), String> {
    let mut server = Server::new(topic.delays.as_deref().unwrap_or("instant"), topic.at);
    for step in topic.setup.iter().chain(&case.setup) {
        server.prepare(step)?;
    }
    let answer = server.send(&case.call)?;
    server.fits_together()?;
    let difference = server.compare(&answer, &case.expect);
    if difference.is_ok() || case.call.retry_seconds == 0.0 {
        return difference;
    }
    server.pass(case.call.retry_seconds);
    let answer = server.send(&case.call)?;
    server.compare(&answer, &case.expect)
}

/// The buckets of the recordings: `trail-logs` lets CloudTrail put files below `owned`, and each that is called
/// `unready-…` lacks what its name says.
fn buckets() -> TrailBuckets {
    let acl = |bucket: &str, conditions: Value| {
        json!({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl",
               "Resource": format!("arn:aws:s3:::{bucket}"), "Condition": {"StringEquals": conditions}})
    };
    let put = |bucket: &str, conditions: Value| {
        let mut conditions = conditions;
        conditions["s3:x-amz-acl"] = json!("bucket-owner-full-control");
        json!({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
               "Resource": format!("arn:aws:s3:::{bucket}/owned/AWSLogs/000000000000/*"),
               "Condition": {"StringEquals": conditions}})
    };
    let right = json!({"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:000000000000:trail/main"});
    let other_arn = json!({"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:000000000000:trail/other"});
    let other_account = json!({"aws:SourceAccount": "111122223333"});
    let of = |bucket: &str, statements: Vec<Value>| {
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        (bucket.to_owned(), BucketState::Present { policy: Some(policy) })
    };
    let whole = |bucket: &str, conditions: &Value| {
        of(bucket, vec![acl(bucket, conditions.clone()), put(bucket, conditions.clone())])
    };
    TrailBuckets::These(Arc::new(BTreeMap::from([
        whole("trail-logs", &right),
        ("unready-no-policy".to_owned(), BucketState::Present { policy: None }),
        of("unready-missing-get-acl", vec![put("unready-missing-get-acl", right.clone())]),
        of("unready-missing-put", vec![acl("unready-missing-put", right.clone())]),
        whole("unready-wrong-source-arn", &other_arn),
        whole("unready-wrong-source-account", &other_account),
    ])))
}

impl Server {
    fn new(delays: &str, at: Option<Timestamp>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let setup = Setup {
            clock: clock(at),
            delays: parse_delays(delays).unwrap(),
            trail_buckets: buckets(),
            ..Setup::empty()
        };
        let testing::server::Server { service, store, clock, .. } = runtime.block_on(setup.start());
        let captured = Captured { values: Default::default(), now: clock.now() };
        let credentials = Default::default();
        Self { runtime, service, store, clock, captured, credentials }
    }

    /// F-STORE-39: whether what the rules left behind would be taken back by an import.
    fn fits_together(&self) -> Result<(), String> {
        let add = |all: &mut BTreeMap<String, Value>, item| {
            if let Exported::Document { key, text } = item {
                all.insert(key, serde_json::from_str(&text).unwrap());
            }
            ControlFlow::Continue(())
        };
        let all = self.runtime.block_on(self.store.export(BTreeMap::new(), add, |all| all)).unwrap();
        for (key, document) in &all {
            let own = ties::organization_of(key, document);
            for needed in ties::needs(key, document)? {
                let found = all.get(&needed).ok_or_else(|| format!("`{key}` lacks `{needed}`"))?;
                let others = ties::organization_of(&needed, found);
                if own.is_some() && others.is_some() && own != others {
                    return Err(format!("`{key}` and `{needed}` are of different organizations"));
                }
            }
        }
        Ok(())
    }

    fn pass(&mut self, seconds: f64) {
        self.clock.advance(SignedDuration::from_secs_f64(seconds)).unwrap();
        self.captured.now = self.clock.now();
    }

    /// Carries out a step before the call.
    fn prepare(&mut self, step: &Step) -> Result<(), String> {
        self.pass(step.wait.unwrap_or_default());
        if step.operation.is_none() {
            return Ok(());
        }
        let mut answer = self.send(step)?;
        if !self.is_complete(step, &answer)? && step.retry_seconds > 0.0 {
            self.pass(step.retry_seconds);
            answer = self.send(step)?;
        }
        if !step.may_fail && !self.is_complete(step, &answer)? {
            let operation = step.operation.as_deref().unwrap_or_default();
            return Err(format!("setup: {operation} answered {} {}", answer.status, answer.text));
        }
        for capture in &step.capture {
            let (place, prefix) = capture.from.split_once('~').unwrap_or((&capture.from, ""));
            let place = fill_text(place, &self.captured, str::to_owned)?;
            let Some(value) = reach(&answer.body, &place) else { continue };
            let cut = value.as_str().and_then(|text| text.strip_prefix(prefix)).map(Value::from);
            self.captured.values.insert(capture.name.clone(), cut.unwrap_or(value));
        }
        if let Some(name) = &step.credentials {
            let held = ["Credentials", "AccessKey"].iter().find_map(|place| reach(&answer.body, place));
            let held = held.ok_or_else(|| format!("setup: no credentials in {}", answer.text))?;
            let part = |name: &str| held[name].as_str().map(|text| &*text.to_owned().leak());
            let (id, secret) = (part("AccessKeyId"), part("SecretAccessKey"));
            let key = Key { id: id.unwrap(), secret: secret.unwrap(), token: part("SessionToken") };
            self.credentials.insert(name.clone(), key);
        }
        Ok(())
    }

    /// Whether a step has succeeded and brought what later steps name.
    fn is_complete(&self, step: &Step, answer: &Answer) -> Result<bool, String> {
        for capture in &step.capture {
            let place = capture.from.split('~').next().unwrap_or_default();
            if reach(&answer.body, &fill_text(place, &self.captured, str::to_owned)?).is_none() {
                return Ok(false);
            }
        }
        Ok(answer.status < 300)
    }

    fn send(&self, step: &Step) -> Result<Answer, String> {
        let operation = step.operation.as_deref().unwrap_or_default();
        let service = step.service.as_deref().unwrap_or_default();
        let parameters = fill(&Value::Object(step.parameters.clone()), &self.captured)?;
        let mut request = request(service, operation, &parameters);
        if let Some(key) = self.key(&step.caller)? {
            let region = step.region.clone().unwrap_or_else(|| "us-east-1".to_owned()).leak();
            let service = service.to_owned().leak();
            sign(&mut request, &key, &Scope { region, service, at: Timestamp::now() });
        }
        let peer = IpAddr::from(Ipv4Addr::LOCALHOST);
        let response = self.runtime.block_on(self.service.handle(request, peer));
        Ok(Answer::read(operation, &response))
    }

    fn key(&self, caller: &str) -> Result<Option<Key>, String> {
        let root = |id: String| Some(Key { id: id.leak(), secret: "test", token: None });
        Ok(match caller {
            "root" => root("test".to_owned()),
            "nobody" => None,
            name => match name.strip_prefix("root:") {
                Some(account) => root(fill_text(account, &self.captured, str::to_owned)?),
                None => Some(*self.credentials.get(name).ok_or_else(|| format!("no credentials of {name}"))?),
            },
        })
    }

    fn compare(&self, answer: &Answer, expect: &Expect) -> Result<(), String> {
        let said = || format!("{} {} {}", answer.status, answer.code.as_deref().unwrap_or("-"), answer.text);
        let same = |what: &str, got: &Value, want: &Value| {
            let checked = check(got, want, &self.captured, &answer.body);
            checked.map_err(|why| format!("{what}: {why} (answered {})", said()))
        };
        if let Some(status) = expect.status {
            same("status", &answer.status.into(), &status.into())?;
        }
        if let Some(code) = &expect.code {
            same("code", &answer.code.clone().into(), code)?;
        }
        if let Some(message) = &expect.message {
            same("message", &answer.message.clone().into(), message)?;
        }
        for (place, want) in &expect.members {
            let got = match place.as_str() {
                "#length" => Some(answer.text.chars().count().into()),
                "#text" => Some(answer.text.clone().into()),
                place => reach(&answer.body, &fill_text(place, &self.captured, str::to_owned)?),
            };
            let got = got.ok_or_else(|| format!("{place} is absent in {}", said()))?;
            same(place, &got, want)?;
        }
        for place in &expect.absent {
            let place = fill_text(place, &self.captured, str::to_owned)?;
            if let Some(got) = reach(&answer.body, &place) {
                return Err(format!("{place} is there: {got}"));
            }
        }
        Ok(())
    }
}

/// A clock that follows real time, or stands still at an instant.
fn clock(at: Option<Timestamp>) -> Clock {
    let Some(at) = at else { return Clock::new(TimeMode::Real) };
    let clock = Clock::new(TimeMode::Manual);
    clock.restore(ServiceTime { stands_still: true, microseconds: at.as_microsecond() });
    clock
}

/// The request as the SDKs of the service send it, without a signature.
fn request(service: &str, operation: &str, parameters: &Value) -> Request<Bytes> {
    let versions = [("iam", "2010-05-08"), ("sts", "2011-06-15"), ("ec2", "2016-11-15")];
    let version = versions.iter().find(|(name, _)| *name == service).map(|(_, version)| version);
    let builder = Request::builder().method("POST");
    let (builder, body) = match (service, version) {
        (_, Some(version)) => {
            let mut fields = format!("Action={operation}&Version={version}");
            flatten("", parameters.as_object().unwrap_or(&Map::new()), &mut fields);
            let kind = "application/x-www-form-urlencoded; charset=utf-8";
            (builder.uri("/").header("content-type", kind), fields)
        }
        ("account", _) => {
            let path = format!("/{}{}", operation[..1].to_lowercase(), &operation[1..]);
            (builder.uri(path).header("content-type", "application/json"), parameters.to_string())
        }
        _ => {
            let prefix = match service {
                "organizations" => "AWSOrganizationsV20161128",
                "cloudtrail" => "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
                "tagging" => "ResourceGroupsTaggingAPI_20170126",
                "servicequotas" => "ServiceQuotasV20190624",
                other => panic!("{other} has no target"),
            };
            let builder = builder.uri("/").header("content-type", "application/x-amz-json-1.1");
            (builder.header("x-amz-target", format!("{prefix}.{operation}")), parameters.to_string())
        }
    };
    builder.body(Bytes::from(body)).unwrap()
}

/// Parameters of the Query API: `Tags.member.1.Key=…`. An empty list is an empty parameter.
fn flatten(prefix: &str, members: &Map<String, Value>, fields: &mut String) {
    for (name, value) in members {
        let name = format!("{prefix}{name}");
        match value {
            Value::Null => {}
            Value::Object(members) => flatten(&format!("{name}."), members, fields),
            Value::Array(items) if items.is_empty() => append(&name, "", fields),
            Value::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    let name = format!("{name}.member.{}", place + 1);
                    match item {
                        Value::Object(members) => flatten(&format!("{name}."), members, fields),
                        item => append(&name, &scalar(item), fields),
                    }
                }
            }
            value => append(&name, &scalar(value), fields),
        }
    }
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn append(name: &str, value: &str, fields: &mut String) {
    for part in ["&", &escaped(name), "=", &escaped(value)] {
        fields.push_str(part);
    }
}
