//! Accounts: created, seen when their time has come, moved, closed, gone.

use jiff::SignedDuration;
use serde_json::{Value, json};
use services::service::Service;
use services::state::account::{Account, AccountState};
use services::state::identity::Role;
use services::state::organization::{AccountCreation, Membership};

use services::quotas::Quotas;

use crate::support::{GUEST, MANAGEMENT, Play};

/// F-ORGS-CREATE-2, F-ORGS-CREATE-5, F-ORGS-SLR-1: all is written with the request and nothing is seen of it.
#[test]
fn a_new_account_is_written_at_once_and_seen_in_time() {
    let mut play = Play::organization();
    let root = play.root_id();
    play.ok(MANAGEMENT, "EnableAWSServiceAccess", json!({"ServicePrincipal": "account.amazonaws.com"}));
    let status = play.ok(
        MANAGEMENT,
        "CreateAccount",
        json!({"Email": "Dev@example.invalid", "AccountName": "Dev", "RoleName": "Vended"}),
    );
    assert_eq!(status["CreateAccountStatus"]["State"], "IN_PROGRESS");
    let creation = play.keys().into_iter().find_map(|key| key.strip_prefix("account-creation/")).unwrap();
    let creation: AccountCreation = play.get(creation).unwrap();
    let text = serde_json::to_value(&creation.outcome).unwrap();
    let id = text["created"]["account"].as_str().unwrap().to_owned();
    let account: Account = play.get(&id).unwrap();
    let membership: Membership = play.get(&id).unwrap();
    assert_eq!(membership.joined_at, creation.completes_at);
    assert_eq!(membership.joined_at.duration_since(account.created_at), SignedDuration::from_millis(889));
    let contact = account.contact.unwrap();
    assert_eq!((contact.full_name.as_str(), contact.city.as_str()), ("Dev", "City"));
    let role: Role = play.get(&format!("{id}/vended")).unwrap();
    assert!(role.trust_policy.source().contains("arn:aws:iam::111111111111:root"));
    assert_eq!((role.max_session_duration_seconds, role.path.as_str()), (3600, "/"));
    assert!(role.attached_policies.contains("arn:aws:iam::aws:policy/AdministratorAccess"));
    for account in [MANAGEMENT, &id] {
        assert!(play.get::<Role>(&format!("{account}/awsservicerolefororganizations")).is_some());
    }

    let unseen = [
        ("DescribeAccount", json!({"AccountId": id}), "AccountNotFoundException"),
        ("ListParents", json!({"ChildId": id}), "ChildNotFoundException"),
        ("ListTagsForResource", json!({"ResourceId": id}), "TargetNotFoundException"),
    ];
    for (operation, members, code) in unseen {
        assert_eq!(play.refused(MANAGEMENT, operation, members).0, code);
    }
    assert_eq!(play.refused(&id, "DescribeOrganization", json!({})).0, "AWSOrganizationsNotInUseException");
    let children = play.ok(MANAGEMENT, "ListChildren", json!({"ParentId": root, "ChildType": "ACCOUNT"}));
    assert_eq!(children["Children"].as_array().unwrap().len(), 1);
    let managed = |play: &mut Play| {
        let members = json!({"AccountId": id});
        play.prepare_in(Service::Account, MANAGEMENT, "GetAccountInformation", members).0
    };
    assert_eq!(managed(&mut play).unwrap_err().code, "AccessDeniedException");
    play.advance(SignedDuration::from_secs(1));
    assert_eq!(managed(&mut play).unwrap()["AccountName"], "Dev");
    assert_eq!(
        play.ok(&id, "DescribeOrganization", json!({}))["Organization"]["MasterAccountId"],
        MANAGEMENT
    );
}

/// F-ORGS-CREATE-1, F-ORGS-CREATE-3: two creations never commit side by side, so that none is counted wrongly.
#[test]
fn two_creations_do_not_commit_side_by_side() {
    let mut play = Play::organization();
    let wanted = |email: &str| json!({"Email": email, "AccountName": "A"});
    let (one, first) = play.prepare(MANAGEMENT, "CreateAccount", wanted("a@example.invalid"));
    let (two, second) = play.prepare(MANAGEMENT, "CreateAccount", wanted("A@example.invalid"));
    assert!(one.is_ok() && two.is_ok());
    assert!(play.commit(first));
    assert!(!play.commit(second));
    let again = play.refused(MANAGEMENT, "CreateAccount", wanted("A@example.invalid"));
    assert_eq!(again.0, "ConcurrentModificationException");
}

/// F-ORGS-OU-4, F-ORGS-POL-6: nothing is put into what is deleted at the same time.
#[test]
fn a_unit_is_not_deleted_while_an_account_moves_into_it() {
    let mut play = Play::organization();
    let root = play.root_id();
    let account = play.vend("dev@example.invalid");
    let unit = play.ok(MANAGEMENT, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "U"}));
    let unit = unit["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned();
    let delete = json!({"OrganizationalUnitId": unit});
    let (deleted, deletion) = play.prepare(MANAGEMENT, "DeleteOrganizationalUnit", delete.clone());
    assert!(deleted.is_ok());
    let members = json!({"AccountId": account, "SourceParentId": root, "DestinationParentId": unit});
    play.ok(MANAGEMENT, "MoveAccount", members);
    assert!(!play.commit(deletion));
    let refused = play.refused(MANAGEMENT, "DeleteOrganizationalUnit", delete);
    assert_eq!(refused.0, "OrganizationalUnitNotEmptyException");
}

/// F-ORGS-CLOSE-1, F-ORGS-CLOSE-3, F-ORGS-CLOSE-6: it is in use until it is closed, an address stays taken, the account leaves the organization after 90 days.
#[test]
fn a_closed_account_keeps_its_address_and_goes_in_time() {
    let mut play = Play::organization();
    let account = play.vend("dev@example.invalid");
    play.ok(MANAGEMENT, "CloseAccount", json!({"AccountId": account}));
    assert_eq!(play.get::<Account>(&account).unwrap().state.at(play.now), AccountState::Active);
    play.ok(&account, "DescribeOrganization", json!({}));
    let leave = play.refused(MANAGEMENT, "RemoveAccountFromOrganization", json!({"AccountId": account}));
    assert_eq!(leave.1.as_deref(), Some("ACCOUNT_CANNOT_LEAVE_ORGANIZATION"));
    let state = |play: &mut Play| {
        play.ok(MANAGEMENT, "DescribeAccount", json!({"AccountId": account}))["Account"]["State"].clone()
    };
    assert_eq!(state(&mut play), "PENDING_CLOSURE");
    play.advance(SignedDuration::from_secs(1));
    assert_eq!(state(&mut play), "CLOSED");
    assert_eq!(play.get::<Account>(&account).unwrap().state.at(play.now), AccountState::Closed);
    let taken = json!({"Email": "DEV@example.invalid", "AccountName": "Again"});
    let request = play.ok(MANAGEMENT, "CreateAccount", taken)["CreateAccountStatus"]["Id"].clone();
    play.advance(SignedDuration::from_hours(24 * 90));
    let status =
        play.ok(MANAGEMENT, "DescribeCreateAccountStatus", json!({"CreateAccountRequestId": request}));
    assert_eq!(status["CreateAccountStatus"]["FailureReason"], "EMAIL_ALREADY_EXISTS");
    let gone = play.refused(MANAGEMENT, "DescribeAccount", json!({"AccountId": account}));
    assert_eq!(gone.0, "AccountNotFoundException");
    play.ok(MANAGEMENT, "DeleteOrganization", json!({}));
}

/// F-ORGS-ORG-4: nothing is left of an organization but its accounts, their roles and answered handshakes.
#[test]
fn a_deleted_organization_leaves_nothing() {
    let mut play = Play::organization();
    let root = play.root_id();
    let unit = play.ok(MANAGEMENT, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "U"}));
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": "TAG_POLICY"}));
    let tags = json!({"Content": "{\"tags\":{}}", "Description": "", "Name": "t", "Type": "TAG_POLICY"});
    let policy = play.ok(MANAGEMENT, "CreatePolicy", tags);
    let policy = &policy["Policy"]["PolicySummary"]["Id"];
    let target = &unit["OrganizationalUnit"]["Id"];
    play.ok(MANAGEMENT, "AttachPolicy", json!({"PolicyId": policy, "TargetId": target}));
    let invite = json!({"Target": {"Id": GUEST, "Type": "ACCOUNT"}});
    let handshake = play.ok(MANAGEMENT, "InviteAccountToOrganization", invite);
    let handshake = json!({"HandshakeId": handshake["Handshake"]["Id"]});
    play.ok(MANAGEMENT, "DeleteOrganization", json!({}));
    let late = play.refused(GUEST, "AcceptHandshake", handshake);
    assert_eq!(late.0, "InvalidHandshakeTransitionException");
    let kinds: std::collections::BTreeSet<&str> =
        play.keys().into_iter().filter_map(|key| key.split('/').next()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            "account",
            "email",
            "handshake",
            "handshake-of",
            "iam-account",
            "message",
            "policy-entity",
            "policy-use",
            "role"
        ]
    );
}

/// F-ORGS-GOV-1, F-ORGS-CLOSE-8: it comes with a link, and goes with its account.
#[test]
fn a_gov_cloud_account_comes_with_a_link() {
    let mut play = Play::organization();
    let wanted = json!({"Email": "gov@example.invalid", "AccountName": "Gov"});
    let refused = play.refused(MANAGEMENT, "CreateGovCloudAccount", wanted.clone());
    assert_eq!(refused.1.as_deref(), Some("MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED"));
    let link = services::state::account::GovCloudLink {
        account: "999999999999".parse().unwrap(),
        state: AccountState::Active,
    };
    let management: Account = play.get(MANAGEMENT).unwrap();
    play.put(MANAGEMENT, &Account { gov_cloud: Some(link), ..management });
    let request = play.ok(MANAGEMENT, "CreateGovCloudAccount", wanted)["CreateAccountStatus"]["Id"].clone();
    play.advance(SignedDuration::from_secs(1));
    let status =
        play.ok(MANAGEMENT, "DescribeCreateAccountStatus", json!({"CreateAccountRequestId": request}));
    let status = &status["CreateAccountStatus"];
    let account: Account = play.get(status["AccountId"].as_str().unwrap()).unwrap();
    assert_eq!(Value::from(account.gov_cloud.unwrap().account.as_str()), status["GovCloudAccountId"]);
    let linked = |play: &Play, at| {
        let account: Account = play.get(status["AccountId"].as_str().unwrap()).unwrap();
        account.gov_cloud.unwrap().state.at(at)
    };
    play.ok(MANAGEMENT, "CloseAccount", json!({"AccountId": status["AccountId"]}));
    assert_eq!(linked(&play, play.now), AccountState::Active);
    assert_eq!(linked(&play, play.now + SignedDuration::from_secs(1)), AccountState::Closed);
}

/// F-ORGS-CLOSE-4: the quota counts the closures of 30 days.
#[test]
fn closures_have_a_quota_of_thirty_days() {
    use services::state::organization::{Closure, MembershipChanges};
    let mut play = Play::organization();
    let account = play.vend("dev@example.invalid");
    let organization = play.get::<Membership>(MANAGEMENT).unwrap().organization_id;
    let now = play.now;
    let closures = vec![Closure { requested_at: now, completes_at: now, final_at: now }; 250];
    play.put(&organization, &MembershipChanges { closures, ..MembershipChanges::default() });
    let close = json!({"AccountId": account});
    let refused = play.refused(MANAGEMENT, "CloseAccount", close.clone());
    assert_eq!(refused.1.as_deref(), Some("CLOSE_ACCOUNT_QUOTA_EXCEEDED"));
    play.advance(SignedDuration::from_hours(24 * 30));
    play.ok(MANAGEMENT, "CloseAccount", close);
}

/// F-ORGS-INVITE-6: who accepts the invitation of another organization leaves its own, unless something keeps it there.
#[test]
fn a_member_moves_to_the_organization_that_invites_it() {
    let mut play = Play::organization();
    let account = play.vend("dev@example.invalid");
    play.ok(GUEST, "CreateOrganization", json!({}));
    let invite = |play: &mut Play, account: &str| {
        let target = json!({"Target": {"Id": account, "Type": "ACCOUNT"}});
        json!({"HandshakeId": play.ok(GUEST, "InviteAccountToOrganization", target)["Handshake"]["Id"]})
    };
    let own = invite(&mut play, MANAGEMENT);
    let refused = play.refused(MANAGEMENT, "AcceptHandshake", own);
    assert_eq!(refused.1.as_deref(), Some("ALREADY_IN_AN_ORGANIZATION"));
    let accept = invite(&mut play, &account);
    let refused = play.refused(&account, "AcceptHandshake", accept.clone());
    assert_eq!(refused.1.as_deref(), Some("WAIT_PERIOD_ACTIVE"));
    play.advance(SignedDuration::from_hours(24 * 4));
    play.ok(&account, "AcceptHandshake", accept);
    let gone = play.refused(MANAGEMENT, "DescribeAccount", json!({"AccountId": account}));
    assert_eq!(gone.0, "AccountNotFoundException");
    let there = play.ok(GUEST, "DescribeAccount", json!({"AccountId": account}));
    assert_eq!(there["Account"]["JoinedMethod"], "INVITED");
}

/// F-ORGS-INVITE-3: a member is invited by its address, and its refused answer leaves the invitation accepted.
#[test]
fn a_member_that_is_invited_by_its_address_accepts_and_is_refused() {
    let mut play = Play::organization();
    let account = play.vend("dev@example.invalid");
    let target = |kind: &str, id: &str| json!({"Target": {"Id": id, "Type": kind}});
    let refused = play.refused(MANAGEMENT, "InviteAccountToOrganization", target("ACCOUNT", &account));
    assert_eq!(refused.1.as_deref(), Some("ALREADY_IN_AN_ORGANIZATION"));
    let by_address = target("EMAIL", "dev@example.invalid");
    let invited = play.ok(MANAGEMENT, "InviteAccountToOrganization", by_address.clone())["Handshake"].clone();
    assert_eq!(invited["Parties"][1], json!({"Id": "dev@example.invalid", "Type": "EMAIL"}));
    assert_eq!(
        invited["Resources"][0]["Value"],
        format!("o-{}", invited["Parties"][0]["Id"].as_str().unwrap())
    );
    let answer = json!({"HandshakeId": invited["Id"]});
    // The one refused call that changes something.
    let refused = play.call(&account, "AcceptHandshake", answer.clone()).unwrap_err();
    assert_eq!(refused.members["Reason"], "ALREADY_IN_AN_ORGANIZATION");
    for caller in [MANAGEMENT, &account] {
        let shown = play.ok(caller, "DescribeHandshake", answer.clone())["Handshake"].clone();
        assert_eq!((&shown["State"], &shown["Parties"][1]["Id"]), (&json!("ACCEPTED"), &json!(account)));
    }
    let refused = play.refused(&account, "AcceptHandshake", answer.clone());
    assert_eq!(refused.0, "HandshakeAlreadyInStateException");
    let refused = play.refused(MANAGEMENT, "CancelHandshake", answer);
    assert_eq!(refused.0, "InvalidHandshakeTransitionException");
    let again = play.ok(MANAGEMENT, "InviteAccountToOrganization", by_address);
    assert_eq!(again["Handshake"]["State"], "OPEN");
}

/// F-ORGS-INVITE-5: twenty attempts a day; what was accepted does not count.
#[test]
fn a_day_has_so_many_invitations() {
    let mut play = Play::organization();
    let invite = |play: &mut Play, account: &str| {
        let target = json!({"Target": {"Id": account, "Type": "ACCOUNT"}});
        json!({"HandshakeId": play.ok(MANAGEMENT, "InviteAccountToOrganization", target)["Handshake"]["Id"]})
    };
    let accepted = invite(&mut play, GUEST);
    play.ok(GUEST, "AcceptHandshake", accepted);
    for number in 0..20 {
        let sent = invite(&mut play, &format!("3000000000{number:02}"));
        play.ok(MANAGEMENT, "CancelHandshake", sent);
    }
    let more = json!({"Target": {"Id": "333333333333", "Type": "ACCOUNT"}});
    let refused = play.refused(MANAGEMENT, "InviteAccountToOrganization", more);
    assert_eq!(refused.1.as_deref(), Some("HANDSHAKE_RATE_LIMIT_EXCEEDED"));
    play.advance(SignedDuration::from_hours(24));
    invite(&mut play, "333333333333");
}

/// F-ORGS-FEAT-5: a member that leaves is not waited for.
#[test]
fn a_member_that_leaves_does_not_hold_up_all_features() {
    let mut play = Play::new();
    play.ok(MANAGEMENT, "CreateOrganization", json!({"FeatureSet": "CONSOLIDATED_BILLING"}));
    let target = json!({"Target": {"Id": GUEST, "Type": "ACCOUNT"}});
    let invited = play.ok(MANAGEMENT, "InviteAccountToOrganization", target)["Handshake"]["Id"].clone();
    play.ok(GUEST, "AcceptHandshake", json!({"HandshakeId": invited}));
    let whole = play.ok(MANAGEMENT, "EnableAllFeatures", json!({}))["Handshake"]["Id"].clone();
    let whole = json!({"HandshakeId": whole});
    let early = play.refused(MANAGEMENT, "AcceptHandshake", whole.clone());
    assert_eq!(early.0, "InvalidHandshakeTransitionException");
    play.ok(GUEST, "LeaveOrganization", json!({}));
    let asked =
        play.ok(GUEST, "ListHandshakesForAccount", json!({"Filter": {"ActionType": "APPROVE_ALL_FEATURES"}}));
    assert_eq!(asked["Handshakes"][0]["State"], "CANCELED");
    play.ok(MANAGEMENT, "AcceptHandshake", whole);
    let organization = play.ok(MANAGEMENT, "DescribeOrganization", json!({}));
    assert_eq!(organization["Organization"]["FeatureSet"], "ALL");
}

/// F-ORGS-QUOTA-1: what a person set counts, for organizations that are there already, too.
#[test]
fn what_was_set_is_in_force_f_orgs_quota_1() {
    let mut play = Play::organization();
    let root = play.root_id();
    play.quotas = Quotas::parse(
        "accounts=2,tags=1,organizational-units=1,organizational-unit-depth=1,policies=1,policy-size=12",
    )
    .expect("quotas");
    play.vend("one@example.invalid");
    let create = json!({"Email": "two@example.invalid", "AccountName": "Two"});
    let refused = play.refused(MANAGEMENT, "CreateAccount", create);
    assert_eq!(refused.1.as_deref(), Some("ACCOUNT_NUMBER_LIMIT_EXCEEDED"));
    let tags = json!([{"Key": "a", "Value": ""}, {"Key": "b", "Value": ""}]);
    let refused = play.refused(MANAGEMENT, "TagResource", json!({"ResourceId": root, "Tags": tags}));
    assert_eq!(refused.1.as_deref(), Some("MAX_TAG_LIMIT_EXCEEDED"));
    let unit = play.ok(MANAGEMENT, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "one"}));
    let below = json!({"ParentId": unit["OrganizationalUnit"]["Id"], "Name": "below"});
    let refused = play.refused(MANAGEMENT, "CreateOrganizationalUnit", below);
    assert_eq!(refused.1.as_deref(), Some("OU_DEPTH_LIMIT_EXCEEDED"));
    let refused =
        play.refused(MANAGEMENT, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "two"}));
    assert_eq!(refused.1.as_deref(), Some("OU_NUMBER_LIMIT_EXCEEDED"));
    let policy = |name: &str, content: &str| json!({"Name": name, "Description": "", "Type": "TAG_POLICY", "Content": content});
    let refused = play.refused(MANAGEMENT, "CreatePolicy", policy("long", r#"{ "tags": {} }"#));
    assert_eq!(refused.1.as_deref(), Some("POLICY_CONTENT_LIMIT_EXCEEDED"));
    play.ok(MANAGEMENT, "CreatePolicy", policy("one", r#"{"tags":{}}"#));
    let refused = play.refused(MANAGEMENT, "CreatePolicy", policy("two", r#"{"tags":{}}"#));
    assert_eq!(refused.1.as_deref(), Some("POLICY_NUMBER_LIMIT_EXCEEDED"));
}
