//! What topics and log groups are told of a trail while they are away: later, in order, and without holding up its bucket
//! (F-NOTICE-3, F-NOTICE-4).

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use accountd::delivery::client::{Client, Endpoint};
use accountd::delivery::{Courier, Notices};
use aws::secret::Secret;
use aws::sigv4::outgoing::Credentials;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::cast::*;
use crate::delivery::{Folder, WINDOW, courier_with, deliver, files, names, records, trail_call};
use crate::world::World;

/// A server that takes what it is sent, or refuses it.
struct Elsewhere {
    url: String,
    status: Arc<AtomicU16>,
    /// The bodies that it took, in their order.
    taken: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (status, taken) = (Arc::new(AtomicU16::new(200)), Arc::new(Mutex::new(Vec::new())));
        let server = Self { url, status: Arc::clone(&status), taken: Arc::clone(&taken) };
        // It ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, status.load(Ordering::SeqCst), &taken);
            }
        });
        server
    }

    fn answers_with(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }

    fn endpoint(&self) -> (Endpoint, Arc<Client>) {
        let credentials =
            Credentials { id: "test".to_owned(), secret: Secret::new("test".to_owned()), token: None };
        let client = Client::new(credentials, "us-east-1".to_owned(), false).unwrap();
        (Endpoint::parse(&self.url).unwrap(), Arc::new(client))
    }
}

fn answer(mut stream: std::net::TcpStream, status: u16, taken: &Mutex<Vec<String>>) {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    let body = loop {
        let count = stream.read(&mut part).unwrap();
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length:")
                .map(|length| length.trim().parse::<usize>().unwrap())
        });
        if body.len() >= length.unwrap_or(0) {
            break body.to_owned();
        }
    };
    if status == 200 {
        taken.lock().unwrap().push(body);
    }
    let text = if status == 404 { "<Error><Code>NotFound</Code></Error>" } else { "" };
    let answer =
        format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len());
    stream.write_all(answer.as_bytes()).unwrap();
}

/// A trail that is logging, with a topic and a log group, and a courier that reaches them here.
fn trail(world: &World) {
    let members = json!({
        "Name": "main", "S3BucketName": "logs", "SnsTopicName": "files",
        "CloudWatchLogsLogGroupArn": format!("arn:aws:logs:us-east-1:{MEMBER}:log-group:trail:*"),
        "CloudWatchLogsRoleArn": format!("arn:aws:iam::{MEMBER}:role/logs"),
    });
    trail_call(world, &MEMBER_ADMIN, "CreateTrail", members);
    trail_call(world, &MEMBER_ADMIN, "StartLogging", json!({ "Name": "main" }));
}

fn courier(world: &World, folder: &Folder, sns: &Elsewhere, logs: &Elsewhere) -> Courier {
    courier_with(world, folder, Notices { sns: Some(sns.endpoint()), logs: Some(logs.endpoint()) })
}

fn status(world: &World) -> Value {
    trail_call(world, &MEMBER_ADMIN, "GetTrailStatus", json!({ "Name": "main" }))
}

/// The keys that a topic was told of.
fn keys(sns: &Elsewhere) -> Vec<String> {
    let message = |body: &String| {
        let message = body.split('&').find_map(|pair| pair.strip_prefix("Message=")).unwrap();
        let message = percent_decode_str(message).decode_utf8().unwrap().into_owned();
        let message: Value = serde_json::from_str(&message).unwrap();
        message["s3ObjectKey"][0].as_str().unwrap().to_owned()
    };
    sns.taken().iter().map(message).collect()
}

/// The names of the calls that a log group got.
fn logged(logs: &Elsewhere) -> Vec<String> {
    let mut names = Vec::new();
    for body in logs.taken() {
        let body: Value = serde_json::from_str(&body).unwrap();
        for event in body["logEvents"].as_array().into_iter().flatten() {
            let record: Value = serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
            names.push(record["eventName"].as_str().unwrap().to_owned());
        }
    }
    names
}

fn call(world: &World, operation: &str) {
    let members = if operation == "PutAccountName" { json!({ "AccountName": "A" }) } else { json!({}) };
    world.call(&MEMBER_ADMIN, operation, members);
    world.pass(WINDOW);
}

/// F-NOTICE-3, F-NOTICE-4.
#[test]
fn what_a_topic_and_a_log_group_missed_comes_later_in_order_f_notice_3() {
    let (world, folder) = (World::company(), Folder::new());
    let (sns, logs) = (Elsewhere::start(), Elsewhere::start());
    let mut first = courier(&world, &folder, &sns, &logs);
    trail(&world);
    call(&world, "ListRegions");
    deliver(&world, &mut first);
    let in_bucket = || {
        let keys = files(&folder.path().join("logs")).into_keys();
        keys.filter(|key| key.ends_with(".json.gz")).collect::<Vec<_>>()
    };
    assert_eq!(keys(&sns), in_bucket());
    assert_eq!(logged(&logs), ["CreateTrail", "StartLogging", "ListRegions"]);
    sns.answers_with(503);
    logs.answers_with(503);
    for operation in ["PutAccountName", "GetAccountInformation"] {
        call(&world, operation);
        deliver(&world, &mut first);
    }
    // The bucket has everything, and the status says who does not.
    let all = names(&records(&folder, "logs/"));
    assert!(all.contains(&"PutAccountName".to_owned()) && all.contains(&"GetAccountInformation".to_owned()));
    let away = status(&world);
    assert_eq!(away["LatestNotificationError"], "Http503");
    assert_eq!(away["LatestCloudWatchLogsDeliveryError"], "Http503");
    assert_eq!(away.get("LatestDeliveryError"), None);
    sns.answers_with(200);
    logs.answers_with(200);
    // Another process goes on where the first one was, and does not wait for its patience.
    let mut second = courier(&world, &folder, &sns, &logs);
    call(&world, "ListRegions");
    deliver(&world, &mut second);
    let told = keys(&sns);
    assert_eq!(told, in_bucket(), "each once, in their order");
    let got = logged(&logs);
    let own: Vec<&str> = got.iter().map(String::as_str).filter(|name| *name != "GetTrailStatus").collect();
    assert_eq!(
        own,
        [
            "CreateTrail",
            "StartLogging",
            "ListRegions",
            "PutAccountName",
            "GetAccountInformation",
            "ListRegions"
        ]
    );
    let back = status(&world);
    assert_eq!(back.get("LatestNotificationError"), None);
    assert_eq!(back.get("LatestCloudWatchLogsDeliveryError"), None);
    assert_eq!(back["LatestNotificationTime"], world.clock.now().as_second());
    assert_eq!(back["LatestCloudWatchLogsDeliveryTime"], world.clock.now().as_second());
}

/// F-NOTICE-3: a topic that is not there is not told again, and holds up nothing.
#[test]
fn a_topic_that_is_not_there_is_noted_and_not_told_again_f_notice_3() {
    let (world, folder) = (World::company(), Folder::new());
    let (sns, logs) = (Elsewhere::start(), Elsewhere::start());
    let mut courier = courier(&world, &folder, &sns, &logs);
    trail(&world);
    sns.answers_with(404);
    call(&world, "ListRegions");
    deliver(&world, &mut courier);
    assert_eq!(status(&world)["LatestNotificationError"], "NotFound");
    sns.answers_with(200);
    world.pass(Duration::from_secs(1));
    call(&world, "PutAccountName");
    deliver(&world, &mut courier);
    assert_eq!(keys(&sns).len(), 1);
    assert_eq!(status(&world).get("LatestNotificationError"), None);
}

/// F-NOTICE-4: a log group that is set later gets what is recorded from then on.
#[test]
fn another_log_group_gets_what_comes_after_it_f_notice_4() {
    let (world, folder) = (World::company(), Folder::new());
    let (sns, logs) = (Elsewhere::start(), Elsewhere::start());
    let mut courier = courier(&world, &folder, &sns, &logs);
    trail(&world);
    let group = |name: &str| {
        let arn = if name.is_empty() {
            String::new()
        } else {
            format!("arn:aws:logs:us-east-1:{MEMBER}:log-group:{name}:*")
        };
        let role = if name.is_empty() { String::new() } else { format!("arn:aws:iam::{MEMBER}:role/logs") };
        json!({ "Name": "main", "CloudWatchLogsLogGroupArn": arn, "CloudWatchLogsRoleArn": role })
    };
    call(&world, "ListRegions");
    deliver(&world, &mut courier);
    trail_call(&world, &MEMBER_ADMIN, "UpdateTrail", group(""));
    call(&world, "PutAccountName");
    deliver(&world, &mut courier);
    trail_call(&world, &MEMBER_ADMIN, "UpdateTrail", group("other"));
    call(&world, "GetAccountInformation");
    deliver(&world, &mut courier);
    let expected = ["CreateTrail", "StartLogging", "ListRegions", "UpdateTrail", "GetAccountInformation"];
    assert_eq!(logged(&logs), expected);
}
