//! Several accountd over one database: what one of them is told, all of them know.

use std::net::IpAddr;
use std::sync::Arc;

use accountd::admin::faults::Rule;
use accountd::configuration::Throttle;
use accountd::installation;
use accountd::state_engine::Outbox;
use accountd::store::{Database, Store, StoreOptions};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use services::seed;
use services::service::Service as AwsService;
use testing::company::{MANAGEMENT_ADMIN, MEMBER_ROOT};
use testing::postgres::{TestDatabase, database};
use testing::server::{Server, Setup};
use testing::signer::Key;
use testing::wire;

use crate::support::block_on;

/// Another accountd on this database; the first of them applies the seed.
pub async fn process(database: &TestDatabase, setup: Setup) -> Server {
    process_over(database.database(), setup).await
}

/// The same on any database.
pub async fn process_over(database: Database, setup: Setup) -> Server {
    server_over(Arc::new(Store::connect(&database, &StoreOptions::default()).unwrap()), setup).await
}

/// The same on any store.
pub async fn server_over(store: Arc<Store>, setup: Setup) -> Server {
    let token_key = installation::restore(&store, &setup.clock).await.unwrap();
    let seed = seed::read(&setup.seed, setup.clock.now()).unwrap_or_else(|_| panic!("the seed"));
    let _ = store.seed(seed.writes).await;
    setup.over(store, token_key)
}

/// Status and text of the answer to a call.
pub async fn call(
    server: &Server,
    key: &Key,
    service: AwsService,
    operation: &str,
    members: Value,
) -> (u16, String) {
    let operation = wire::operation(service, operation);
    let request = wire::request(operation, &members);
    let request = wire::signed(request, key, service.signing_name(), "us-east-1");
    let answer = server.service.handle(request, IpAddr::from([203, 0, 113, 7])).await;
    (answer.status().as_u16(), String::from_utf8(answer.into_body().to_vec()).unwrap())
}

async fn regions(server: &Server, members: Value) -> (u16, String) {
    call(server, &MEMBER_ROOT.key, AwsService::Account, "ListRegions", members).await
}

/// The text of an XML element.
fn element<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("<{name}>")).expect(name);
    rest.split_once('<').expect("its end").0
}

/// F-STORE-27
#[test]
fn a_clock_moved_in_one_process_is_moved_in_all() {
    let Some(database) = database() else { return };
    block_on(async {
        let (first, second) =
            (process(&database, Setup::company()).await, process(&database, Setup::company()).await);
        assert_eq!(first.clock.now(), second.clock.now());
        for mover in [&first, &second, &first] {
            mover.service.follow().await.unwrap();
            let now = mover.clock.advance(SignedDuration::from_hours(24)).unwrap();
            installation::keep_time(&mover.store, &mover.clock).await.unwrap();
            for server in [&first, &second] {
                assert_eq!(regions(server, json!({})).await.0, 200);
                assert_eq!(server.clock.now(), now);
            }
        }
        // What was decided before it was known is decided again at the new time: its record says so.
        let event = json!({ "MaxResults": 1 });
        let newest = call(&second, &MEMBER_ROOT.key, AwsService::CloudTrail, "LookupEvents", event).await.1;
        let day = first.clock.now().to_string();
        assert!(newest.contains(&day[..19]), "{day}: {newest}");
    });
}

/// F-STORE-27: tokens of pages and of sessions that one process gave are taken by the others.
#[test]
fn what_one_process_issues_another_accepts() {
    let Some(database) = database() else { return };
    block_on(async {
        let (first, second) =
            (process(&database, Setup::company()).await, process(&database, Setup::company()).await);
        let page = regions(&first, json!({ "MaxResults": 1 })).await.1;
        let token = serde_json::from_str::<Value>(&page).unwrap()["NextToken"].clone();
        let next = regions(&second, json!({ "MaxResults": 1, "NextToken": token })).await;
        assert_eq!(next.0, 200, "{}", next.1);
        let issued =
            call(&first, &MANAGEMENT_ADMIN.key, AwsService::Sts, "GetSessionToken", json!({})).await.1;
        let leak = |name| Box::leak(element(&issued, name).to_owned().into_boxed_str());
        let key = Key {
            id: leak("AccessKeyId"),
            secret: leak("SecretAccessKey"),
            token: Some(leak("SessionToken")),
        };
        let caller = call(&second, &key, AwsService::Sts, "GetCallerIdentity", json!({})).await;
        assert_eq!(caller.0, 200, "{}", caller.1);
        assert!(caller.1.contains(MANAGEMENT_ADMIN.arn), "{}", caller.1);
    });
}

/// F-STORE-28
#[test]
fn a_fault_that_is_ordered_once_happens_once_in_whichever_process() {
    let Some(database) = database() else { return };
    block_on(async {
        let (first, second) =
            (process(&database, Setup::company()).await, process(&database, Setup::company()).await);
        let rules: Vec<Rule> = serde_json::from_value(json!([
            { "operation": "ListRegions", "fail": { "status": 503, "code": "ServiceUnavailable" }, "times": 3 }
        ]))
        .unwrap();
        first.service.keep_faults(rules).await.unwrap();
        let mut failed = 0;
        for turn in 0..10 {
            let server = if turn % 2 == 0 { &second } else { &first };
            failed += u32::from(regions(server, json!({})).await.0 == 503);
        }
        assert_eq!(failed, 3);
        second.service.keep_faults(Vec::new()).await.unwrap();
        assert_eq!(regions(&first, json!({})).await.0, 200);
    });
}

/// F-STORE-29: ListRegions has a burst of ten for each account (F-QUOTA-1), however many processes there are.
#[test]
fn rates_are_those_of_all_processes_together() {
    let Some(database) = database() else { return };
    block_on(async {
        let setup = || Setup { throttle: Throttle::Aws, ..Setup::company() };
        let (first, second) = (process(&database, setup()).await, process(&database, setup()).await);
        let another = testing::postgres::database().unwrap();
        let alone = process(&another, setup()).await;
        let mut answered = [0, 0];
        for turn in 0..60 {
            let server = if turn % 2 == 0 { &first } else { &second };
            answered[0] += u32::from(regions(server, json!({})).await.0 == 200);
            answered[1] += u32::from(regions(&alone, json!({})).await.0 == 200);
        }
        assert!(answered[0] < 60, "some were refused");
        assert_eq!(answered[0], answered[1], "as many as one process alone answers");
    });
}

/// F-STORE-34: a bucket that nobody has taken from for an hour is full, which is the same as none.
#[test]
fn buckets_that_are_full_again_are_forgotten() {
    let Some(database) = database() else { return };
    let buckets = || {
        database.number(
            "SELECT count(*) FROM accountd.document WHERE key >= 'rate-tokens/' AND key < 'rate-tokens0'",
        )
    };
    block_on(async {
        let setup = Setup { throttle: Throttle::Aws, ..Setup::company() };
        let server = process(&database, setup).await;
        let forget = async || installation::forget_full_buckets(&server.store, server.clock.now()).await;
        assert_eq!(regions(&server, json!({})).await.0, 200);
        assert_eq!(buckets(), 1);
        assert_eq!(forget().await, Ok(0), "it is not full yet");
        server.clock.advance(SignedDuration::from_mins(59)).unwrap();
        let other = call(&server, &MEMBER_ROOT.key, AwsService::Account, "GetContactInformation", json!({}));
        assert_eq!(other.await.0, 200);
        server.clock.advance(SignedDuration::from_mins(2)).unwrap();
        assert_eq!(forget().await, Ok(1), "the first is, the second is not");
        assert_eq!(buckets(), 1);
    });
}

/// F-STORE-30
#[test]
fn a_message_is_delivered_by_the_process_that_took_it() {
    use accountd::mail::Outbox as _;
    let Some(database) = database() else { return };
    block_on(async {
        let (first, second) =
            (process(&database, Setup::company()).await, process(&database, Setup::company()).await);
        let update = json!({ "AccountId": "222222222222", "PrimaryEmail": "new@example.com" });
        let sent =
            call(&first, &MANAGEMENT_ADMIN.key, AwsService::Account, "StartPrimaryEmailUpdate", update).await;
        assert_eq!(sent.0, 200, "{}", sent.1);
        let outboxes = [&first, &second]
            .map(|server| Outbox::new(Arc::clone(&server.store), Arc::new(tokio::sync::Notify::new())));
        let now = Timestamp::now();
        let waiting = outboxes[1].undelivered(None, 10).await.unwrap();
        let (key, _) = waiting.first().expect("one waits");
        assert!(outboxes[0].claim(key, now).await.unwrap());
        assert!(outboxes[0].claim(key, now).await.unwrap(), "it has it already");
        assert!(!outboxes[1].claim(key, now).await.unwrap(), "another has it");
        let later = now + SignedDuration::from_secs(61);
        assert!(outboxes[1].claim(key, later).await.unwrap(), "the other did not deliver it in time");
        outboxes[1].mark_delivered(key, later).await.unwrap();
        assert!(!outboxes[0].claim(key, later + SignedDuration::from_hours(1)).await.unwrap());
        assert!(outboxes[0].undelivered(None, 10).await.unwrap().is_empty());
    });
}
