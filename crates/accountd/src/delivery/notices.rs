//! What hears of a trail besides its bucket: a topic of SNS, which is told of each file, and a log group of CloudWatch Logs,
//! which gets the records. What could not be told is told later, in its order (`telling.rs`).

use std::collections::BTreeSet;
use std::sync::Arc;

use aws::arn::{AccountId, Arn};
use bytes::Bytes;
use http::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use services::state::trail::Trail;

use super::client::{Client, Endpoint, Signing};
use super::s3;

/// Where notices go.
#[derive(Clone, Default)]
pub struct Notices {
    /// SNS.
    pub sns: Option<(Endpoint, Arc<Client>)>,
    /// CloudWatch Logs.
    pub logs: Option<(Endpoint, Arc<Client>)>,
}

/// Why a topic was not told.
pub struct NotTold {
    /// The error's code.
    pub code: String,
    /// Whether telling it again is of no use: there is no such topic, or it lets nobody in.
    pub is_final: bool,
}

/// F-NOTICE-2: the most events, and about the most bytes, of one PutLogEvents; each event counts 26 bytes more than its text.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1_000_000;
const BYTES_BESIDE: usize = 26;

impl Notices {
    /// Publishes that a file is there, where the trail has a topic; `None` where nobody is told. F-NOTICE-1
    pub async fn publish(&self, trail: &Trail, key: &str) -> Option<Result<(), NotTold>> {
        let (topic, (endpoint, client)) = (trail.sns_topic_arn.as_ref()?, self.sns.as_ref()?);
        let message = json!({ "s3Bucket": trail.bucket, "s3ObjectKey": [key] }).to_string();
        let encoded = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let body = format!(
            "Action=Publish&Version=2010-03-31&TopicArn={}&Message={}",
            encoded(topic),
            encoded(&message)
        );
        let request =
            Request::post("/").header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        let request = request.body(Bytes::from(body)).ok()?;
        let answer = client.send(endpoint, request, Signing::Other("sns"), Timestamp::now()).await;
        let Ok(answer) = answer else {
            return Some(Err(NotTold { code: "Unreachable".to_owned(), is_final: false }));
        };
        if answer.status.is_success() {
            return Some(Ok(()));
        }
        let code = s3::code(&answer);
        let is_final = answer.status.is_client_error()
            && answer.status != StatusCode::TOO_MANY_REQUESTS
            && !code.starts_with("Throttl");
        Some(Err(NotTold { code, is_final }))
    }

    /// Writes the records of a file to the trail's log group, where it has one; `None` where nobody is told. `streams` are
    /// those that are there.
    pub async fn log(
        &self,
        trail: &Trail,
        streams: &mut BTreeSet<String>,
        account: AccountId,
        lines: &[Line],
    ) -> Option<Result<(), String>> {
        let (group, (endpoint, client)) = (trail.logs.as_ref()?, self.logs.as_ref()?);
        let name =
            Arn::parse(&group.group_arn).and_then(|arn| arn.resource.split(':').nth(1)).unwrap_or_default();
        let stream = format!("{account}_CloudTrail_{}", trail.region);
        let to = Stream { endpoint, client, group: name, stream: &stream };
        // F-NOTICE-2: they must be in the order of time.
        let mut ordered: Vec<&Line> = lines.iter().collect();
        ordered.sort_by_key(|line| line.milliseconds);
        let mut rest = ordered.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take(MOST_EVENTS).take_while(|line| {
                bytes += line.json.len() + BYTES_BESIDE;
                bytes <= MOST_BYTES
            });
            let (now, later) = rest.split_at(fits.count().max(1));
            if let Err(code) = to.put(streams, now).await {
                return Some(Err(code));
            }
            rest = later;
        }
        Some(Ok(()))
    }
}

/// A record for CloudWatch Logs.
pub struct Line {
    /// Its time, since 1970.
    pub milliseconds: i64,
    /// The record.
    pub json: String,
}

/// A stream of a log group.
struct Stream<'s> {
    endpoint: &'s Endpoint,
    client: &'s Client,
    group: &'s str,
    stream: &'s str,
}

impl Stream<'_> {
    async fn put(&self, streams: &mut BTreeSet<String>, lines: &[&Line]) -> Result<(), String> {
        let named = json!({ "logGroupName": self.group, "logStreamName": self.stream });
        let known = format!("{} {}", self.group, self.stream);
        if !streams.contains(&known) {
            match self.call("CreateLogStream", &named).await {
                Err(code) if code != "ResourceAlreadyExistsException" => return Err(code),
                _ => streams.insert(known.clone()),
            };
        }
        let mut members = named;
        let event = |line: &&Line| json!({ "timestamp": line.milliseconds, "message": line.json });
        members["logEvents"] = lines.iter().map(event).collect();
        let put = self.call("PutLogEvents", &members).await;
        if put.is_err() {
            // The stream may be gone.
            streams.remove(&known);
        }
        put
    }

    async fn call(&self, operation: &str, members: &Value) -> Result<(), String> {
        let request = Request::post("/")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("Logs_20140328.{operation}"))
            .body(Bytes::from(members.to_string()))
            .map_err(|_| "InvalidParameterException".to_owned())?;
        let answer = self.client.send(self.endpoint, request, Signing::Other("logs"), Timestamp::now()).await;
        let answer = answer.map_err(|_| "Unreachable".to_owned())?;
        if answer.status.is_success() {
            return Ok(());
        }
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = told["__type"].as_str().and_then(|code| code.rsplit('#').next());
        Err(code.map_or_else(|| format!("Http{}", answer.status.as_u16()), str::to_owned))
    }
}
