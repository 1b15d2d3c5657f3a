//! STS's rules without a store: who may assume a role, and what becomes of the credentials (F-STSAPI-…).

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use services::authority::caller::{NotIdentified, identify};
use services::service::Service;
use services::state::account::{Account, AccountState};
use services::state::identity::{Credential, CredentialOwner, Role, SealingKey, User};
use services::state::organization::{AttachedPolicies, Membership, OrganizationPolicy, PolicyDocument};
use services::state::region::RegionOpt;
use services::sts::session_token;
use testing::builders::{self, ORGANIZATION, ROOT};
use testing::world::{World, operation};

const CALLER: &str = "111111111111";
const OWNER: &str = "222222222222";
const ROLE: &str = "arn:aws:iam::222222222222:role/target";
const ROLE_ID: &str = "222222222222/target";
const USER_ID: &str = "111111111111/ann";
const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const NOTHING_MUCH: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"x:Y","Resource":"*"}]}"#;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn policy(text: &str) -> Policy {
    Policy::parse(text).expect("a policy")
}

fn account(id: &str) -> AccountId {
    id.parse().expect("an account id")
}

/// Real time, by which credentials live.
const REAL_NOW: &str = "2026-11-21T12:00:00.5Z";

/// A world without anything. Service time is far ahead of real time, so that a rule that takes the wrong one is found out.
fn world() -> World {
    let mut world = World::at("2030-01-01T00:00:00Z");
    world.real_now = Some(at(REAL_NOW));
    world
}

fn owner_account(state: AccountState, regions: BTreeMap<String, RegionOpt>) -> Account {
    Account { state, regions, ..builders::account(OWNER, Timestamp::UNIX_EPOCH) }
}

fn role(trust: &str) -> Role {
    let (name, id) = ("target".to_owned(), "AROATARGET".to_owned());
    Role {
        inline_policies: BTreeMap::from([("all".to_owned(), policy(ALLOW))]),
        ..Role::new(account(OWNER), name, id, Timestamp::UNIX_EPOCH, policy(trust))
    }
}

/// A user of the calling account with this inline policy.
fn put_user(world: &mut World, inline: &str) -> Caller {
    let (path, name, id) = ("/".to_owned(), "ann".to_owned(), "AIDAANN".to_owned());
    let user = User {
        inline_policies: BTreeMap::from([("inline".to_owned(), policy(inline))]),
        ..User::new(account(CALLER), name.clone(), id.clone(), Timestamp::UNIX_EPOCH)
    };
    world.put(USER_ID, &user);
    let principal = Principal::User { account: account(CALLER), path, name, id };
    Caller { principal, access_key_id: "AKIAANN".to_owned(), session: None }
}

/// An account with a role that trusts `principal`, and a user of another account that may do everything.
fn put_both(world: &mut World, principal: &str) -> Caller {
    world.put(OWNER, &owner_account(AccountState::Active, BTreeMap::new()));
    world.put(ROLE_ID, &role(&trust(principal)));
    put_user(world, ALLOW)
}

fn trust(principal: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole" }],
    })
    .to_string()
}

/// Makes both accounts members of one organization that has one policy, attached to one of them.
fn put_organization(world: &mut World, attached_to: &str, kind: &str, document: &str) {
    let mut full = AttachedPolicies::default();
    full.attach("p-FullAWSAccess");
    let (mut organization, mut root) =
        builders::organization(AccountId::from_number(1), Timestamp::UNIX_EPOCH);
    organization.enabled_policy_types.insert(kind.parse().expect("a policy type"));
    root.policies = full.clone();
    world.put(ORGANIZATION, &organization);
    world.put(ROOT, &root);
    for member in [CALLER, OWNER] {
        let mut policies = full.clone();
        if member == attached_to {
            policies.attach("p-test");
        }
        let membership = Membership { policies, ..builders::membership(Timestamp::UNIX_EPOCH) };
        world.put(member, &membership);
    }
    let stored = OrganizationPolicy {
        id: "p-test".to_owned(),
        organization_id: ORGANIZATION.to_owned(),
        kind: kind.parse().expect("a policy type"),
        name: "test".to_owned(),
        description: String::new(),
        document: PolicyDocument::Authorization(policy(document)),
        tags: BTreeMap::new(),
        updated_at: None,
    };
    world.put("p-test", &stored);
}

/// A call; a refusal is its code and text.
fn call(
    (name, members): (&str, Value),
    caller: &Caller,
    region: &str,
    world: &mut World,
) -> Result<Value, (String, String)> {
    let told = |refusal: Refusal| {
        (refusal.code.to_string(), refusal.message.expect("every refusal here has a text"))
    };
    world.call_in(region, caller, operation(Service::Sts, name), members).map_err(told)
}

fn assume_in(region: &str, caller: &Caller, world: &mut World) -> Result<Value, (String, String)> {
    let members = json!({ "RoleArn": ROLE, "RoleSessionName": "ann" });
    call(("AssumeRole", members), caller, region, world)
}

fn assume(caller: &Caller, world: &mut World) -> Result<Value, (String, String)> {
    assume_in("us-east-1", caller, world)
}

/// Whom the credentials of an answer stand for at an instant.
fn identified(answer: &Value, now: Timestamp, world: &World) -> Result<Caller, NotIdentified> {
    let token = credentials_text(answer, "SessionToken");
    identify(&opened(answer, world), Some(token), now, &world.view()).expect("no fault")
}

fn credentials_text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer["Credentials"][name].as_str().expect("a text")
}

/// The credentials that the session token of an answer holds.
fn opened(answer: &Value, world: &World) -> Credential {
    let key = session_token::key(&world.view()).expect("no fault").expect("a key");
    let text = |name| credentials_text(answer, name);
    session_token::open(&key, text("AccessKeyId"), text("SessionToken")).expect("sealed here")
}

/// F-STSAPI-20: credentials live by real time, to the second that the answer shows.
#[test]
fn credentials_live_by_real_time_to_the_second() {
    let mut world = world();
    let ann = put_both(&mut world, CALLER);
    let answer = assume(&ann, &mut world).expect("a session");
    let end = at("2026-11-21T13:00:00Z");
    assert_eq!(answer["Credentials"]["Expiration"].as_f64(), Some(end.as_second() as f64));
    let caller = identified(&answer, end - SignedDuration::from_micros(1), &world).expect("alive");
    assert_eq!(caller.principal.arn(), "arn:aws:sts::222222222222:assumed-role/target/ann");
    assert_eq!(caller.session.expect("a session").issued_at, at("2026-11-21T12:00:00Z"));
    assert_eq!(identified(&answer, end, &world), Err(NotIdentified::Expired));
}

/// F-STSAPI-20: a token holds its credentials, so that none are stored; it opens for its access key and in this
/// state only.
#[test]
fn a_session_token_holds_its_credentials() {
    let mut world = world();
    let ann = put_both(&mut world, CALLER);
    world.put(ROLE_ID, &role(&trust(CALLER).replace("sts:AssumeRole", "sts:*")));
    let answers: Vec<_> = [
        (
            "AssumeRole",
            json!({ "RoleArn": ROLE, "RoleSessionName": "ann", "Policy": ALLOW,
                               "Tags": [{ "Key": "team", "Value": "blue" }], "TransitiveTagKeys": ["team"] }),
        ),
        ("GetSessionToken", json!({})),
        ("GetFederationToken", json!({ "Name": "guest", "Policy": ALLOW })),
    ]
    .into_iter()
    .map(|asked| call(asked, &ann, "us-east-1", &mut world).expect("credentials"))
    .collect();
    assert_eq!(world.documents.count::<Credential>(), 0);
    let key = session_token::key(&world.view()).expect("no fault").expect("a key");
    let other_key = SealingKey::new([1; 32]);
    for answer in &answers {
        let text = |name| credentials_text(answer, name);
        assert_eq!(opened(answer, &world).secret_access_key, text("SecretAccessKey"));
        let (id, token) = (text("AccessKeyId"), text("SessionToken"));
        assert!(token.len() > 344 && !token.contains(text("SecretAccessKey")), "{token}");
        assert_eq!(answer["SessionTokenSize"], token.len());
        assert!(session_token::open(&other_key, id, token).is_none());
        assert!(session_token::open(&key, "ASIAANOTHERONEANOTHE", token).is_none());
        assert!(session_token::open(&key, id, &token[4..]).is_none());
    }
    let session = identified(&answers[0], at(REAL_NOW), &world).expect("alive").session.expect("one");
    assert_eq!(session.terms.transitive_tag_keys, BTreeSet::from(["team".to_owned()]));
    assert_eq!(session.terms.policy.expect("a policy").source(), ALLOW);
    let wide = json!({ "RoleArn": ROLE, "RoleSessionName": "ann", "MinimumSessionTokenSize": 4096 });
    let wide = call(("AssumeRole", wide), &ann, "us-east-1", &mut world).expect("credentials");
    assert_eq!(credentials_text(&wide, "SessionToken").len(), 4096);
    assert_eq!(wide["SessionTokenUtilization"], 100);
    identified(&wide, at(REAL_NOW), &world).expect("alive");
}

/// F-STSAPI-12, F-STSAPI-24
#[test]
fn a_users_session_chains_too() {
    let mut world = world();
    let ann = put_both(&mut world, CALLER);
    let long = Role { max_session_duration_seconds: 43_200, ..role(&trust(CALLER)) };
    world.put(ROLE_ID, &long);
    let two_hours = |caller: &Caller, world: &mut World| {
        let members = json!({ "RoleArn": ROLE, "RoleSessionName": "ann", "DurationSeconds": 7200 });
        call(("AssumeRole", members), caller, "us-east-1", world)
    };
    let answer = two_hours(&ann, &mut world).expect("a role for two hours");
    assert_eq!(answer["PackedPolicySize"], answer["SessionTokenUtilization"]);
    let session = call(("GetSessionToken", json!({})), &ann, "us-east-1", &mut world).expect("a session");
    let ann = identified(&session, at(REAL_NOW), &world).expect("ann");
    let text =
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    assert_eq!(two_hours(&ann, &mut world), Err(("ValidationError".to_owned(), text.to_owned())));
}

/// F-STSAPI-36: long-term credentials come without a session token.
#[test]
fn a_long_term_key_with_a_session_token_is_nobodys() {
    let mut world = world();
    put_both(&mut world, CALLER);
    let key = Credential {
        access_key_id: "AKIAANN".to_owned(),
        secret_access_key: "secret".to_owned(),
        account: account(CALLER),
        owner: CredentialOwner::User("ann".to_owned()),
        active: true,
        created_at: Timestamp::UNIX_EPOCH,
    };
    let now = at(REAL_NOW);
    let as_given = |token| identify(&key, token, now, &world.view()).expect("no fault");
    as_given(None).expect("ann");
    assert_eq!(as_given(Some("left over")), Err(NotIdentified::Invalid));
}

/// F-STSAPI-27: a role that was made anew under the same name is another role, and so is a user.
#[test]
fn a_session_ends_with_its_role_or_its_user() {
    let mut world = world();
    let ann = put_both(&mut world, CALLER);
    let session = assume(&ann, &mut world).expect("a session");
    let own = call(("GetSessionToken", json!({})), &ann, "us-east-1", &mut world).expect("own");
    let guest = ("GetFederationToken", json!({ "Name": "guest" }));
    let guest = call(guest, &ann, "us-east-1", &mut world).expect("a guest");
    let now = at(REAL_NOW);
    for answer in [&session, &own, &guest] {
        identified(answer, now, &world).expect("alive");
    }
    world.put(ROLE_ID, &Role { id: "AROANEW".to_owned(), ..role(&trust(CALLER)) });
    assert_eq!(identified(&session, now, &world), Err(NotIdentified::Invalid));
    let user = world.get::<User>(USER_ID).expect("there");
    world.put(USER_ID, &User { id: "AIDANEW".to_owned(), ..user });
    assert_eq!(identified(&own, now, &world), Err(NotIdentified::Invalid));
    assert_eq!(identified(&guest, now, &world), Err(NotIdentified::Invalid));
}

/// F-STSAPI-9: SCPs of the caller's account bind, and RCPs of the role's.
#[test]
fn organization_policies_of_both_sides_bind() {
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:*","Resource":"*"}]}"#;
    let deny_resource = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Deny","Principal":"*","Action":"sts:*","Resource":"*"}]}"#;
    let elsewhere = deny_resource.replace("sts:*", "s3:*");
    for (attached_to, kind, document, denied_by) in [
        (CALLER, "SERVICE_CONTROL_POLICY", deny, Some("service control policy")),
        (OWNER, "SERVICE_CONTROL_POLICY", deny, None),
        (OWNER, "RESOURCE_CONTROL_POLICY", deny_resource, Some("resource control policy")),
        (OWNER, "RESOURCE_CONTROL_POLICY", elsewhere.as_str(), None),
        (CALLER, "RESOURCE_CONTROL_POLICY", deny_resource, None),
    ] {
        let mut world = world();
        let ann = put_both(&mut world, CALLER);
        put_organization(&mut world, attached_to, kind, document);
        match (assume(&ann, &mut world), denied_by) {
            (Ok(_), None) => {}
            (Err((code, text)), Some(name)) => {
                assert_eq!(code, "AccessDenied");
                assert!(text.contains(&format!("with an explicit deny in a {name}: arn:aws:")), "{text}");
            }
            (outcome, _) => panic!("{attached_to} {kind}: {outcome:?}"),
        }
    }
}

/// F-STSAPI-7: across accounts both sides must allow, and the refusal does not tell which did not.
#[test]
fn both_accounts_must_allow() {
    for (principal, inline, allowed) in [
        ("111111111111", ALLOW, true),
        ("arn:aws:iam::111111111111:root", ALLOW, true),
        ("arn:aws:iam::111111111111:user/ann", ALLOW, true),
        ("*", ALLOW, true),
        ("arn:aws:iam::111111111111:user/ann", NOTHING_MUCH, false),
        ("111111111111", NOTHING_MUCH, false),
        ("arn:aws:iam::111111111111:user/bob", ALLOW, false),
        ("arn:aws:sts::111111111111:assumed-role/other/ann", ALLOW, false),
        ("333333333333", ALLOW, false),
    ] {
        let mut world = world();
        put_both(&mut world, principal);
        let ann = put_user(&mut world, inline);
        let outcome = assume(&ann, &mut world);
        assert_eq!(outcome.is_ok(), allowed, "{principal}");
        if let Err((_, text)) = outcome {
            let user = "arn:aws:iam::111111111111:user/ann";
            let expected =
                format!("User: {user} is not authorized to perform: sts:AssumeRole on resource: {ROLE}");
            assert_eq!(text, expected);
        }
    }
}

/// F-STSAPI-4, F-STSAPI-5: the role's account must be open and have the Region that is asked.
#[test]
fn an_account_must_be_open_and_have_the_region() {
    let now = world().now;
    let hour = SignedDuration::from_hours(1);
    let switched = |enabled, until| Some(RegionOpt { enabled, since: now - hour * 2, until });
    for (region, opt, state, allowed) in [
        ("af-south-1", None, AccountState::Active, false),
        ("af-south-1", switched(true, now + hour), AccountState::Active, false),
        ("af-south-1", switched(true, now), AccountState::Active, true),
        ("af-south-1", switched(false, now + hour), AccountState::Active, true),
        ("af-south-1", switched(false, now), AccountState::Active, false),
        ("us-east-1", None, AccountState::Active, true),
        ("us-east-1", None, AccountState::Suspended, false),
    ] {
        let mut world = world();
        let ann = put_both(&mut world, CALLER);
        let regions = opt.map(|opt| (region.to_owned(), opt)).into_iter().collect();
        world.put(OWNER, &owner_account(state, regions));
        let outcome = assume_in(region, &ann, &mut world);
        assert_eq!(outcome.is_ok(), allowed, "{region} {opt:?} {state:?}");
    }
}

/// F-STSAPI-28: the way AWS revokes sessions is an inline policy that denies what was issued before an instant.
#[test]
fn a_policy_on_the_time_of_issue_revokes_a_session() {
    let mut world = world();
    let ann = put_both(&mut world, CALLER);
    let answer = assume(&ann, &mut world).expect("a session");
    let caller = identified(&answer, at(REAL_NOW), &world).expect("alive");
    for (revoked_before, allowed) in [("2026-11-21T12:00:00Z", true), ("2026-11-21T12:00:01Z", false)] {
        let revoke = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": { "DateLessThan": { "aws:TokenIssueTime": revoked_before } },
        }] });
        let mut revoked = role(&trust(CALLER));
        revoked.inline_policies.insert("AWSRevokeOlderSessions".to_owned(), policy(&revoke.to_string()));
        world.put(ROLE_ID, &revoked);
        let members = json!({ "AccessKeyId": "AKIAQAAAAAAAAAAAAAAA" });
        let outcome = call(("GetAccessKeyInfo", members), &caller, "us-east-1", &mut world);
        assert_eq!(outcome.is_ok(), allowed, "{revoked_before}: {outcome:?}");
    }
}
