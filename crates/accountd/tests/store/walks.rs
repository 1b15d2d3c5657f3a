//! How often the database is waited for: a walk over documents is one question, however long it is.

use std::sync::atomic::Ordering;

use accountd::store::Store;
use serde_json::json;
use services::service::Service;
use services::world::key::Prefix;
use services::world::{Snapshot, World};
use testing::postgres::database;
use testing::server::Setup;
use testing::signer::Key;

use crate::in_step::{call, process};
use crate::support::*;

/// A user in a group, in an account five units deep, with policies everywhere.
const DEEP: &str = r#"
organization:
  management_account: "111122223333"
  trusted_services: [account.amazonaws.com]
  root: { policies: [p0] }
  policies:
    - { name: p0, document: &document { Version: "2012-10-17", Statement: [{ Effect: Deny, Action: "s3:*", Resource: "*" }] } }
    - { name: p1, document: *document }
    - { name: p2, document: *document }
    - { name: p3, document: *document }
    - { name: p4, document: *document }
    - { name: p5, document: *document }
organizational_units:
  - name: one
    policies: [p1]
    organizational_units:
      - name: two
        policies: [p2]
        organizational_units:
          - name: three
            policies: [p3]
            organizational_units:
              - name: four
                policies: [p4]
                organizational_units: [{ name: five, policies: [p5] }]
accounts:
  - { id: "111122223333", name: Management, email: management@example.com }
  - id: "222233334444"
    name: Member
    email: member@example.com
    organizational_unit: one/two/three/four/five
    iam:
      policies:
        - { name: Reading, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "account:*", Resource: "*" }] } }
      groups: [{ name: Readers, attached_policies: [Reading] }]
      users:
        - name: Ann
          groups: [Readers]
          access_keys: [{ id: AKIADEEPREADER000000, secret: deep-secret }]
"#;

const ANN: Key = Key { id: "AKIADEEPREADER000000", secret: "deep-secret", token: None };

fn round_trips(store: &Store) -> u64 {
    store.statistics().round_trips.load(Ordering::Relaxed)
}

/// F-STORE-36: twenty documents, of which nothing is in memory: the walk from the access key to the policies, and what was
/// committed meanwhile. The first call of a process learns of service time before.
#[test]
fn a_cold_signed_read_waits_twice_and_a_warm_one_once() {
    let Some(database) = database() else { return };
    block_on(async {
        // The first applies the seed; the second has read nothing of it.
        drop(process(&database, Setup::seeded(DEEP)).await);
        let server = process(&database, Setup::seeded(DEEP)).await;
        let read = async |key: &Key| {
            let before = round_trips(&server.store);
            let (status, body) = call(&server, key, Service::Account, "ListRegions", json!({})).await;
            assert_eq!(status, 200, "{body}");
            round_trips(&server.store) - before
        };
        let standalone = Key { id: "555566667777", secret: "test", token: None };
        // It comes into being on its first call, which changes something.
        assert!(read(&standalone).await > 0);
        let misses = || server.store.statistics().cache_misses.load(Ordering::Relaxed);
        let before = misses();
        assert_eq!(read(&ANN).await, 2);
        assert!(misses() > before);
        for _ in 0..3 {
            assert_eq!(read(&ANN).await, 1);
        }
    });
}

/// F-STORE-36
#[test]
fn documents_of_a_list_are_fetched_a_hundred_at_a_time() {
    const DOCUMENTS: u64 = 250;
    let Some(database) = database() else { return };
    let connect = || Store::connect(&database.database(), &accountd::store::StoreOptions::default()).unwrap();
    block_on(async {
        let writer = connect();
        let fill = |snapshot: &dyn Snapshot| {
            let put_all = |world: &mut World<'_>| {
                for number in 0..DOCUMENTS {
                    world.put(format!("{number:03}").as_str(), Counter(number));
                }
                Ok(())
            };
            run(snapshot, put_all, Vec::new())
        };
        writer.transact(fill).await.unwrap();
        let reader = connect();
        let sum = |snapshot: &dyn Snapshot| {
            let add_all = |world: &mut World<'_>| {
                let mut sum = 0;
                for key in world.keys::<Counter>(&Prefix::empty(), None, 1000)? {
                    sum += count(world, key.id()?)?;
                }
                Ok(sum)
            };
            run(snapshot, add_all, Vec::new())
        };
        for (what, most) in [("cold", 1 + 1 + 3), ("warm", 1 + 1)] {
            let before = round_trips(&reader);
            assert_eq!(reader.transact(sum).await, Ok(DOCUMENTS * (DOCUMENTS - 1) / 2));
            let waited = round_trips(&reader) - before;
            assert!(waited <= most, "{what}: {waited} round trips");
        }
    });
}
