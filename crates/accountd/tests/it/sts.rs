//! GetCallerIdentity for every kind of caller.

use crate::answer::element;
use crate::cast::*;
use crate::signer::Key;
use crate::world::World;

#[test]
fn every_kind_of_caller_learns_who_it_is() {
    let world = World::company();
    for caller in
        [MANAGEMENT_ROOT, MEMBER_ROOT, MANAGEMENT_ADMIN, MEMBER_ADMIN, MEMBER_PROBE, MEMBER_OPERATIONS]
    {
        let answer = world.caller_identity(&caller.key, "us-east-1");
        let id = answer.header("x-amzn-requestid").unwrap();
        let expected = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <UserId>{}</UserId><Account>{}</Account><Arn>{}</Arn></GetCallerIdentityResult><ResponseMetadata>\
             <RequestId>{id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
            caller.unique_id, caller.account, caller.arn
        );
        assert_eq!((answer.status, answer.text()), (200, expected.as_str()));
        assert_eq!(answer.header("content-type"), Some("text/xml"));
    }
}

/// It needs no permission, and no policy takes it away: not even a service control policy.
#[test]
fn whoever_may_do_nothing_else_may_ask_who_it_is() {
    let world = World::company();
    for caller in [MEMBER_NOBODY, LOCKED_ADMIN, SUSPENDED_ADMIN, ELSEWHERE_ADMIN] {
        let answer = world.caller_identity(&caller.key, "eu-west-1");
        assert_eq!(element(answer.text(), "Arn"), Some(caller.arn));
    }
}

/// The well-known credentials: `test` is the root user of account 000000000000, 12 digits that of their account.
#[test]
fn the_well_known_credentials_are_root_users() {
    let world = World::company();
    for (id, account) in [("test", "000000000000"), ("123456789012", "123456789012")] {
        let answer = world.caller_identity(&Key { id, secret: "test", token: None }, "us-east-1");
        assert_eq!(element(answer.text(), "Account"), Some(account));
        assert_eq!(element(answer.text(), "Arn"), Some(format!("arn:aws:iam::{account}:root").as_str()));
    }
}

/// Refusals in the words of the Query services.
#[test]
fn credentials_that_are_wrong_are_refused_in_the_words_of_sts() {
    let world = World::company();
    let unknown = Key { id: "AKIANOBODYKNOWSTHIS0", ..MEMBER_ADMIN.key };
    let wrong = Key { secret: "another-secret", ..MEMBER_ADMIN.key };
    let without_token = Key { token: None, ..MEMBER_PROBE.key };
    for (key, code) in [
        (unknown, "InvalidClientTokenId"),
        (wrong, "SignatureDoesNotMatch"),
        (without_token, "InvalidClientTokenId"),
        (MANAGEMENT_ENDED.key, "ExpiredToken"),
    ] {
        let answer = world.caller_identity(&key, "us-east-1");
        assert_eq!((answer.status, element(answer.text(), "Code")), (403, Some(code)));
        assert_eq!(element(answer.text(), "Type"), Some("Sender"));
    }
}
