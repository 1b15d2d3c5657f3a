//! Who comes with keys that nobody issued: the well-known administrator, anybody under lenient signatures, and what the log
//! tells whoever has none that works. And what a reset leaves.

use std::sync::atomic::Ordering;

use accountd::admin::Engine;
use accountd::configuration::{RootCredential, Signatures};
use accountd::state_engine::StateEngine;
use aws::secret::Secret;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testing::server::COMPANY;
use testing::signer::Key;

use crate::answer::{Answer, element};
use crate::audit::logged;
use crate::cast::*;
use crate::wire;
use crate::world::{Setup, World, rest_json};
use services::service::Service as AwsService;

const ROOT: Key = Key { id: "111122223333", secret: "test", token: None };
const ADMINISTRATOR: Key = Key { id: "admin111122223333", secret: "test", token: None };

fn ask(world: &World, key: &Key, service: AwsService, operation: &str, members: Value) -> Answer {
    world.ask(key, wire::operation(service, operation), &members)
}

fn who(world: &World, key: &Key) -> (u16, String) {
    let answer = ask(world, key, AwsService::Sts, "GetCallerIdentity", json!({}));
    let found = element(answer.text(), "Arn").or(element(answer.text(), "Code"));
    (answer.status, found.unwrap_or_default().to_owned())
}

/// F-EDGE-13.
#[test]
fn the_well_known_administrator_is_a_user_who_may_assume_roles_f_edge_13() {
    let world = World::of(Setup::empty());
    let arn = "arn:aws:iam::111122223333:user/well-known-administrator".to_owned();
    assert_eq!(who(&world, &ADMINISTRATOR), (200, arn.clone()));
    let zero = Key { id: "admin", ..ADMINISTRATOR };
    assert_eq!(
        who(&world, &zero),
        (200, "arn:aws:iam::000000000000:user/well-known-administrator".to_owned())
    );
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": "111122223333" } }
    });
    let role = json!({ "RoleName": "reader", "AssumeRolePolicyDocument": trust.to_string() });
    assert_eq!(ask(&world, &ADMINISTRATOR, AwsService::Iam, "CreateRole", role).status, 200);
    let assume = json!({ "RoleArn": "arn:aws:iam::111122223333:role/reader", "RoleSessionName": "page" });
    assert_eq!(ask(&world, &ADMINISTRATOR, AwsService::Sts, "AssumeRole", assume.clone()).status, 200);
    assert_eq!(ask(&world, &ROOT, AwsService::Sts, "AssumeRole", assume).status, 403);
    // It is one user, as any other, and comes back where somebody deleted it.
    let listed = ask(&world, &ROOT, AwsService::Iam, "ListUsers", json!({}));
    assert_eq!(listed.text().matches(&arn).count(), 1);
    let policy = "arn:aws:iam::aws:policy/AdministratorAccess";
    let of = json!({ "UserName": "well-known-administrator", "PolicyArn": policy });
    assert_eq!(ask(&world, &ROOT, AwsService::Iam, "DetachUserPolicy", of).status, 200);
    assert_eq!(ask(&world, &ADMINISTRATOR, AwsService::Iam, "ListUsers", json!({})).status, 403);
    let name = json!({ "UserName": "well-known-administrator" });
    assert_eq!(ask(&world, &ROOT, AwsService::Iam, "DeleteUser", name).status, 200);
    assert_eq!(ask(&world, &ADMINISTRATOR, AwsService::Iam, "ListUsers", json!({})).status, 200);
}

/// F-EDGE-13: no other form of the key is anybody's.
#[test]
fn only_its_own_forms_are_the_administrators_f_edge_13() {
    let world = World::of(Setup::empty());
    for id in ["admin1", "administrator", "admintest", "adminadmin", "admin1111222233334"] {
        assert_eq!(
            who(&world, &Key { id, ..ADMINISTRATOR }),
            (403, "InvalidClientTokenId".to_owned()),
            "{id}"
        );
    }
    let wrong = Key { secret: "guess", ..ADMINISTRATOR };
    assert_eq!(who(&world, &wrong), (403, "SignatureDoesNotMatch".to_owned()));
    assert_eq!(world.documents().keys().filter(|key| key.starts_with("user/")).count(), 0);
}

/// F-EDGE-15.
#[test]
fn any_key_is_somebody_under_lenient_signatures_f_edge_15() {
    let world = World::of(Setup { signatures: Signatures::Lenient, ..Setup::empty() });
    let root = "arn:aws:iam::000000000000:root".to_owned();
    for (id, secret, token) in [
        ("testing", "testing", None),
        ("FOOBARKEY", "anything", None),
        ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Some("a-token")),
    ] {
        assert_eq!(who(&world, &Key { id, secret, token }), (200, root.clone()), "{id}");
    }
    assert_eq!(who(&world, &Key { secret: "wrong", ..ROOT }).1, "arn:aws:iam::111122223333:root");
    let administrator = who(&world, &Key { secret: "wrong", ..ADMINISTRATOR }).1;
    assert_eq!(administrator, "arn:aws:iam::111122223333:user/well-known-administrator");
}

/// F-STSAPI-36: a session token that was left over, `AWS_SESSION_TOKEN=test` above all, spoils a key that a person issued
/// or configured, and neither a well-known one nor, under lenient signatures, any.
#[test]
fn a_left_over_session_token_spoils_no_well_known_key_and_none_under_lenient_signatures() {
    let configured = || RootCredential {
        account_id: "444455556666".parse().unwrap(),
        access_key_id: "AKIACONFIGURED000000".to_owned(),
        secret_access_key: Secret::new("configured".to_owned()),
    };
    let own = Key { id: "AKIACONFIGURED000000", secret: "configured", token: None };
    let left_over = |key: &Key| Key { token: Some("test"), ..*key };
    let own_root = (200, "arn:aws:iam::444455556666:root".to_owned());
    for (signatures, with_token) in [
        (Signatures::Strict, (403, "InvalidClientTokenId".to_owned())),
        (Signatures::Lenient, own_root.clone()),
    ] {
        let world = World::of(Setup { signatures, root_credentials: vec![configured()], ..Setup::company() });
        assert_eq!(who(&world, &own), own_root);
        assert_eq!(who(&world, &left_over(&own)), with_token, "{signatures:?}");
        assert_eq!(who(&world, &left_over(&ROOT)).1, "arn:aws:iam::111122223333:root");
        let administrator = who(&world, &left_over(&ADMINISTRATOR)).1;
        assert_eq!(administrator, "arn:aws:iam::111122223333:user/well-known-administrator");
        let expected = if with_token.0 == 200 { MEMBER_ADMIN.arn } else { "InvalidClientTokenId" };
        assert_eq!(who(&world, &left_over(&MEMBER_ADMIN.key)).1, expected, "{signatures:?}");
    }
}

/// F-EDGE-16.
#[test]
fn the_only_partition_is_aws_f_edge_16() {
    let world = World::company();
    let identity = world.caller_identity(&MEMBER_ADMIN.key, "cn-north-1");
    let arn = element(identity.text(), "Arn").expect("an ARN");
    assert!(arn.starts_with("arn:aws:"), "{arn}");
    let elsewhere = json!({ "RoleArn": "arn:aws-cn:iam::222222222222:role/any", "RoleSessionName": "page" });
    let answer = ask(&world, &MEMBER_ADMIN.key, AwsService::Sts, "AssumeRole", elsewhere);
    assert_eq!(answer.status, 403, "{}", answer.text());
}

/// F-EDGE-42.
#[test]
fn the_log_says_once_which_keys_work_f_edge_42() {
    let nobody = Key { id: "AKIANOBODYKNOWSTHIS0", ..MEMBER_ADMIN.key };
    let requests = (0..3).map(|_| rest_json(&nobody, "ListRegions", "{}")).collect();
    let (log, answers) = logged(requests);
    assert!(answers.iter().all(|answer| answer.status == 403));
    assert_eq!(log.matches("`test` is the root user of account 000000000000").count(), 1, "{log}");
    let (log, _) = logged(vec![rest_json(&MEMBER_ADMIN.key, "ListRegions", "{}")]);
    assert!(!log.contains("access key that nobody has"), "{log}");
}

/// F-EDGE-26: a reset with a seed is one commit, so that no call in between finds an empty store, or brings an account into
/// being in it that the seed does not expect.
#[test]
fn a_reset_with_a_seed_is_one_commit_f_edge_26() {
    let world = World::company();
    let seed = services::seed::read(COMPANY, world.clock.now()).unwrap();
    let engine = StateEngine::new(world.store.clone(), world.clock.clone(), Some(seed.writes));
    who(&world, &ROOT);
    world.block_on(world.store.flush()).unwrap();
    let transactions = || world.store.statistics().transactions.load(Ordering::Relaxed);
    let before = transactions();
    world.block_on(engine.reset()).unwrap();
    // On a database a second one keeps where time stands still, for every process (F-STORE-27).
    let of_time = u64::from(testing::postgres::is_asked_for());
    assert_eq!(transactions() - before, 1 + of_time);
    assert!(world.documents().contains_key(&format!("account/{MEMBER}")), "the seed is back");
    assert!(!world.documents().contains_key("account/111122223333"), "the newcomer is gone");
}

/// F-EDGE-26.
#[test]
fn a_reset_forgets_how_time_was_moved_f_edge_26() {
    if testing::postgres::is_asked_for() {
        // There a time that stands still is kept, so that it is the same for every process (F-STORE-27).
        return;
    }
    let world = World::company();
    world.clock.advance(SignedDuration::from_hours(24)).unwrap();
    let engine = world.state();
    world.block_on(engine.keep_time()).unwrap();
    let keeps_time = || world.documents().keys().any(|key| key.starts_with("service-time"));
    assert!(keeps_time(), "{:?}", world.documents().keys().collect::<Vec<_>>());
    world.block_on(engine.reset()).unwrap();
    assert!(!keeps_time());
    let ahead = world.clock.now().duration_since(world.clock.real_now());
    assert!(ahead.abs() < SignedDuration::from_mins(1), "{ahead}");
}
