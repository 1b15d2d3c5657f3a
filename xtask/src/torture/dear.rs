//! The dearest requests that anybody found, sent at once, while somebody asks for the health page.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Victim;
use super::sockets::health;
use crate::bench::client::Client;
use crate::bench::processes::Accountd;
use crate::bench::signature::{self, Call, Key};

/// How many are sent side by side: more than there are threads that answer.
const SENDERS: usize = 4;
/// The memory that one request may take, and those that are sent side by side together.
const MOST_MEGABYTES: f64 = 64.0 * SENDERS as f64;

/// Sends each of them again and again until the time is over.
pub fn watched(victim: &Victim, time: Duration) -> Result<String, String> {
    let server = Accountd::start(&victim.binary, &victim.data("dear"), None)?;
    let idle = server.resident_megabytes()?;
    let mut told = Vec::new();
    let requests = requests();
    let share = time / requests.len() as u32;
    for (name, call) in requests {
        let seen = watch(&server, &call, share)?;
        let grown = seen.most_megabytes - idle;
        if grown > MOST_MEGABYTES {
            return Err(format!("{name}: {grown:.0} MB more than when idle"));
        }
        told.push(format!(
            "{name} ({} answers, health {:.1} ms at the slowest, {grown:+.0} MB)",
            seen.answers,
            seen.slowest.as_secs_f64() * 1e3
        ));
    }
    Ok(told.join("; "))
}

struct Seen {
    answers: u64,
    slowest: Duration,
    most_megabytes: f64,
}

/// Sends one kind of request side by side and asks for the health page meanwhile, which must answer while they are at work.
fn watch(server: &Accountd, call: &Call, time: Duration) -> Result<Seen, String> {
    let (address, over) = (server.address, AtomicBool::new(false));
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(|| send(address, call, &over))).collect();
        let begun = Instant::now();
        let mut seen = Seen { answers: 0, slowest: Duration::ZERO, most_megabytes: 0.0 };
        let mut watched = Ok(());
        while watched.is_ok() && (seen.most_megabytes == 0.0 || begun.elapsed() < time) {
            watched = health(address).map(|took| seen.slowest = seen.slowest.max(took));
            seen.most_megabytes = seen.most_megabytes.max(server.resident_megabytes()?);
        }
        over.store(true, Ordering::SeqCst);
        for sender in senders {
            seen.answers += sender.join().map_err(|_| "a sender panicked".to_owned())??;
        }
        watched.map(|()| seen)
    })
}

/// How often it was answered, at least once, well or with a refusal; a fault of the server's own is none.
fn send(address: SocketAddr, call: &Call, over: &AtomicBool) -> Result<u64, String> {
    let mut answers = 0;
    loop {
        let mut client = Client::connect(address).map_err(|error| error.to_string())?;
        let request = call.clone().sign(&Key::of_account(42), &address.to_string()).text();
        let answer = client.send(&request)?;
        if answer.status >= 500 {
            return Err(format!("{}: {}", answer.status, answer.body));
        }
        answers += 1;
        if over.load(Ordering::SeqCst) {
            return Ok(answers);
        }
    }
}

/// What once held everybody up or took gigabytes (F-COST-1, F-COST-2, F-COST-3, F-COST-13), each as large as one
/// megabyte allows.
fn requests() -> Vec<(&'static str, Call)> {
    let form =
        |service: &'static str, body: String| Call { service, body, ..signature::get_caller_identity() };
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let simulation = |actions: usize, resources: usize| {
        let mut body =
            format!("Action=SimulateCustomPolicy&Version=2010-05-08&PolicyInputList.member.1={policy}");
        (1..=actions).for_each(|n| body.push_str(&format!("&ActionNames.member.{n}=s3:A{n}")));
        (1..=resources).for_each(|n| body.push_str(&format!("&ResourceArns.member.{n}=arn:aws:s3:::b{n}")));
        form("iam", body + "&MaxItems=1000")
    };
    let open_variables = "${".repeat(60_000);
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{open_variables}"}}}}"#
    );
    let create =
        format!("Action=CreatePolicy&Version=2010-05-08&PolicyName=p&PolicyDocument={}", encoded(&document));
    let many = (0..100_000).map(|n| format!("&a{n}=")).collect::<String>();
    vec![
        ("a simulation of 1,000 actions on 1,000 resources", simulation(1000, 1000)),
        ("a simulation of 1,000 actions on 15,000 resources", simulation(1000, 15_000)),
        ("a policy of 60,000 open variables", form("iam", create)),
        (
            "a form of 100,000 parameters",
            form("sts", format!("Action=GetCallerIdentity&Version=2011-06-15{many}")),
        ),
    ]
}

/// Percent-encodes what a form may not hold.
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
