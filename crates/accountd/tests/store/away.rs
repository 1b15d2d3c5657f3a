//! A store that is away: every caller is told so in the words of its protocol, in time, and nothing is half done.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use accountd::store::{Database, Store, StoreError, StoreOptions};
use serde_json::{Value, json};
use services::service::Service;
use testing::company::{MANAGEMENT_ADMIN, MEMBER_ROOT};
use testing::postgres::Cluster;
use testing::server::{Server, Setup};

use crate::in_step::{call, process_over};
use crate::support::{Directory, block_on, increment, put, read};

/// How long a database that is away is waited for here.
const PATIENCE: Duration = Duration::from_millis(300);

/// A call of each protocol that reads, and one that changes something, with the code that its clients know.
const CALLS: [(Service, &str, &str); 6] = [
    (Service::Account, "ListRegions", "ServiceUnavailableException"),
    (Service::Account, "PutAlternateContact", "ServiceUnavailableException"),
    (Service::Organizations, "ListRoots", "ServiceUnavailable"),
    (Service::Sts, "GetCallerIdentity", "ServiceUnavailable"),
    (Service::Iam, "ListUsers", "ServiceUnavailable"),
    (Service::Ec2, "DescribeRegions", "ServiceUnavailable"),
];

fn members(operation: &str) -> Value {
    match operation {
        "PutAlternateContact" => json!({ "AlternateContactType": "BILLING", "Name": "Ann", "Title": "Owner",
            "EmailAddress": "ann@example.com", "PhoneNumber": "+12065550100" }),
        _ => json!({}),
    }
}

async fn answers(server: &Server) -> Vec<(u16, String)> {
    let mut answers = Vec::new();
    for (service, operation, _) in CALLS {
        answers.push(call(server, &MANAGEMENT_ADMIN.key, service, operation, members(operation)).await);
    }
    answers
}

/// F-STORE-33
#[test]
fn a_database_that_is_away_is_told_as_such_in_every_protocol() {
    let Some(mut cluster) = Cluster::start(&[]) else { return };
    let database = cluster.database();
    block_on(async {
        let one = database.database().waited_for(PATIENCE);
        let server = process_over(one, Setup::company()).await;
        for (status, body) in answers(&server).await {
            assert_eq!(status, 200, "{body}");
        }
        server.store.flush().await.unwrap();
        cluster.stop("fast");
        let begun = Instant::now();
        for ((status, body), (_, operation, code)) in answers(&server).await.into_iter().zip(CALLS) {
            assert_eq!(status, 503, "{operation}: {body}");
            assert!(body.contains("Nothing was changed; try again later"), "{operation}: {body}");
            // restJson1 names its code in a header.
            assert!(body.contains(code) || operation.starts_with(['L', 'P']), "{operation}: {body}");
        }
        assert!(server.store.check().await.is_err(), "and it is not ready");
        // Six calls wait for it together, not one after the other.
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        cluster.run(&[]);
        // A while after the last attempt another is made.
        let back = async {
            while server.store.check().await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), back).await.unwrap();
        for (status, body) in answers(&server).await {
            assert_eq!(status, 200, "{body}");
        }
    });
}

/// F-STORE-33: files that are gone are the embedded store's way of being away.
#[test]
fn a_data_directory_that_is_gone_is_told_as_such() {
    let directory = Directory::new();
    block_on(async {
        let server = crate::in_step::server_over(Arc::new(directory.open()), Setup::company()).await;
        let put = async || {
            let members = members("PutAlternateContact");
            call(&server, &MEMBER_ROOT.key, Service::Account, "PutAlternateContact", members).await
        };
        assert_eq!(put().await.0, 200);
        std::fs::remove_dir_all(directory.path()).unwrap();
        let (status, body) = put().await;
        assert_eq!(status, 503, "{body}");
        assert!(server.store.check().await.is_err());
    });
}

/// Carries bytes between a process and its database, until it is told to carry none.
struct Line {
    address: SocketAddr,
    is_dead: Arc<AtomicBool>,
    carried: Arc<Mutex<Vec<TcpStream>>>,
}

impl Line {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (is_dead, carried) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let line = Self { address, is_dead: Arc::clone(&is_dead), carried: Arc::clone(&carried) };
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
                carried.lock().unwrap().extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                for (from, to) in [(near.try_clone(), far.try_clone()), (Ok(far), Ok(near))] {
                    let (is_dead, from, to) = (Arc::clone(&is_dead), from.unwrap(), to.unwrap());
                    std::thread::spawn(move || carry(from, to, &is_dead));
                }
            }
        });
        line
    }

    /// From here on nothing arrives, and nobody is told.
    fn die(&self) {
        self.is_dead.store(true, Ordering::SeqCst);
    }

    /// What is new arrives again; what was under way never does.
    fn mend(&self) {
        for stream in self.carried.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.is_dead.store(false, Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_dead: &AtomicBool) {
    use std::io::{Read, Write};
    let mut bytes = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if !is_dead.load(Ordering::SeqCst) && to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// F-STORE-33: a database of which nothing is heard is no reason to wait for ever, and a change that was under way is not
/// called undone.
#[test]
fn a_database_that_says_nothing_is_given_up_in_time() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let database = cluster.database();
    let name = database.url().rsplit_once('/').unwrap().1.to_owned();
    let line = Line::to(cluster.port());
    let url = format!("postgres://accountd@{}/{name}", line.address);
    let through_the_line = Database::parse(&url).unwrap().waited_for(PATIENCE);
    let store = Store::connect(&through_the_line, &StoreOptions::default()).unwrap();
    block_on(async {
        put(&store, "a".to_owned(), 1).await.unwrap();
        assert_eq!(read(&store, "a").await, Some(1));
        line.die();
        let begun = Instant::now();
        let changed = increment(&store, "a").await;
        assert!(matches!(&changed, Err(StoreError::NotKnown(_))), "{changed:?}");
        assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
        line.mend();
        let back = async {
            while let Err(error) = store.check().await {
                eprintln!("{error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), back).await.unwrap();
        let now = read(&store, "a").await.unwrap();
        assert!(now == 1 || now == 2, "{now}");
        assert_eq!(increment(&store, "a").await, Ok(now + 1));
    });
}
