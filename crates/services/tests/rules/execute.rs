//! What the rules share: the account is loaded, changed, saved, or refused as a whole.

use aws::principal::Caller;
use serde_json::{Value, json};
use services::account::{self, model::Input, model::Operation};
use services::authority::access::{Access, Permitted};
use services::authority::policies::{RequestOrigin, authorize};
use services::context::Context;
use services::failure::Failure;
use services::state::account::{Account, AccountState, EmailOwner};
use services::state::message::Message;
use services::state::region::OrganizationRegionRequests;
use services::world::{Document, World};
use testing::builders::{self, ORGANIZATION, ROOT};
use testing::documents::Documents;
use testing::world::root;

use crate::support::*;

/// These accounts, and that their addresses are taken.
fn stored<const N: usize>(accounts: [Account; N]) -> Documents {
    let mut documents = Documents::default();
    for account in accounts {
        documents.put(&account.email.to_lowercase(), &EmailOwner { account: account.id });
        documents.put(account.id.as_str(), &account);
    }
    documents
}

/// The root user of the account, who may do everything in it.
fn permitted(target: &str, world: &World<'_>) -> (Caller, Permitted) {
    let account = target.parse().unwrap();
    let caller = root(target);
    let resource = format!("arn:aws:account::{target}:account");
    let access = Access::to(account, "account:Anything", resource, Vec::new());
    let origin = RequestOrigin {
        now: at(0).now,
        region: "us-east-1",
        source_ip: [127, 0, 0, 1].into(),
        user_agent: None,
        secure_transport: true,
    };
    let decision = authorize(access, &caller, &origin, world).unwrap();
    (caller, decision.expect("the root user may"))
}

fn run(
    texts: &mut Documents,
    target: &str,
    operation: &str,
    members: &Value,
    context: &Context,
) -> Result<Value, String> {
    let mut world = World::new(texts);
    let (caller, permitted) = permitted(target, &world);
    let operation = Operation::from_name(operation).unwrap();
    let input = Input::parse(operation, members).unwrap();
    let outcome = account::execute(&permitted, &caller, input, context, &mut world);
    let changes = world.into_reads_and_writes();
    match outcome {
        Ok(output) => {
            assert!(texts.commit(changes));
            Ok(output.to_value())
        }
        Err(Failure::Refused(refusal) | Failure::RefusedAfterChange(refusal)) => {
            Err(format!("{}: {}", refusal.code, refusal.message.unwrap_or_default()))
        }
        Err(Failure::Fault(fault)) => panic!("{fault:?}"),
    }
}

#[test]
fn a_read_changes_nothing() {
    let mut texts = stored([account_with_contact()]);
    let before = texts.clone();
    for operation in ["GetAccountInformation", "GetContactInformation", "ListRegions", "GetPrimaryEmail"] {
        run(&mut texts, ACCOUNT, operation, &json!({ "AccountId": ACCOUNT }), &at(0)).unwrap();
    }
    assert_eq!(texts.texts(), before.texts());
}

/// F-STATE-1: a suspended or closed account can be read but not changed.
#[test]
fn a_suspended_account_can_be_read_only_f_state_1() {
    for (state, may_change) in [
        (AccountState::PendingActivation, true),
        (AccountState::Active, true),
        (AccountState::Suspended, false),
        (AccountState::Closed, false),
    ] {
        let mut account = account();
        account.state = state;
        let mut texts = stored([account]);
        let answer = run(&mut texts, ACCOUNT, "PutAccountName", &json!({ "AccountName": "New" }), &at(0));
        if may_change {
            answer.unwrap();
        } else {
            let text = "AccessDeniedException: User: arn:aws:iam::111122223333:root is not authorized to perform: \
                        account:PutAccountName (Access Denied)";
            assert_eq!(answer.unwrap_err(), text);
        }
        let name = if may_change { "New" } else { "Before" };
        let shown = run(&mut texts, ACCOUNT, "GetAccountInformation", &json!({}), &at(0)).unwrap();
        assert_eq!(shown["AccountName"], name);
    }
}

const OTHER: &str = "444455556666";

fn other() -> Account {
    let mut other = account();
    other.id = OTHER.parse().unwrap();
    other.email = "Other@Example.com".to_owned();
    other
}

fn newest_code(texts: &Documents) -> String {
    messages(texts).pop().expect("a message was sent").code
}

/// What was sent, in the order of the keys.
fn messages(texts: &Documents) -> Vec<Message> {
    let messages = texts.texts().into_iter().filter(|(key, _)| key.starts_with("message/"));
    messages.map(|(_, text)| Message::decode(text).unwrap()).collect()
}

/// F-EMAIL-4, F-EMAIL-10: an address is unique over all accounts, without regard to case.
#[test]
fn an_address_of_any_account_is_in_use_f_email_4_f_email_10() {
    let mut texts = stored([account(), other()]);
    let start = |texts: &mut Documents, target: &str, address: &str, second: u64| {
        let members = json!({ "AccountId": target, "PrimaryEmail": address });
        run(texts, target, "StartPrimaryEmailUpdate", &members, &at(second))
    };
    let accept = |texts: &mut Documents, target: &str, address: &str, second: u64| {
        let members = json!({ "AccountId": target, "PrimaryEmail": address, "Otp": newest_code(texts) });
        run(texts, target, "AcceptPrimaryEmailUpdate", &members, &at(second))
    };
    let in_use = "ConflictException: The email address is already in use by another AWS account.";
    for address in ["other@example.com", "OTHER@EXAMPLE.COM", " Other@Example.com", "root@example.com"] {
        assert_eq!(start(&mut texts, ACCOUNT, address, 0).unwrap_err(), in_use, "{address}");
    }
    start(&mut texts, ACCOUNT, "New@Example.com", 1).unwrap();
    // A pending update claims nothing yet; an accepted one does, before it is complete.
    start(&mut texts, OTHER, "new@example.com", 2).unwrap();
    accept(&mut texts, OTHER, "NEW@example.com", 3).unwrap();
    assert_eq!(start(&mut texts, ACCOUNT, "nEw@example.com", 4).unwrap_err(), in_use);
    // The old address is free once the new one is in force.
    assert_eq!(start(&mut texts, ACCOUNT, "other@example.com", 4).unwrap_err(), in_use);
    start(&mut texts, ACCOUNT, "other@example.com", 3 + 60).unwrap();
    accept(&mut texts, ACCOUNT, "other@example.com", 64).unwrap();
    let shown =
        run(&mut texts, ACCOUNT, "GetPrimaryEmail", &json!({ "AccountId": ACCOUNT }), &at(124)).unwrap();
    assert_eq!(shown["PrimaryEmail"], "other@example.com");
}

/// Two accounts were sent codes for one address: the first to give its code back has it.
#[test]
fn of_two_pending_updates_to_one_address_the_first_accepted_wins_f_email_4() {
    let mut texts = stored([account(), other()]);
    let mut codes = Vec::new();
    for (second, target) in [(0, ACCOUNT), (1, OTHER)] {
        let members = json!({ "AccountId": target, "PrimaryEmail": "new@example.com" });
        run(&mut texts, target, "StartPrimaryEmailUpdate", &members, &at(second)).unwrap();
        codes.push(newest_code(&texts));
    }
    let mut accept = |target: &str, code: &str| {
        let members = json!({ "AccountId": target, "PrimaryEmail": "new@example.com", "Otp": code });
        run(&mut texts, target, "AcceptPrimaryEmailUpdate", &members, &at(5))
    };
    accept(OTHER, &codes[1]).unwrap();
    let in_use = "ConflictException: The email address is already in use by another AWS account.";
    assert_eq!(accept(ACCOUNT, &codes[0]).unwrap_err(), in_use);
}

/// A message commits with the change that caused it, and keys of messages are in the order of time.
#[test]
fn a_message_is_written_with_its_change() {
    let mut texts = stored([account_with_contact()]);
    for second in [1, 9, 10, 100] {
        run(&mut texts, ACCOUNT, "SendPhoneNumberVerification", &json!({}), &at(second)).unwrap();
    }
    let times: Vec<_> = messages(&texts).iter().map(|message| message.sent_at).collect();
    assert_eq!(times, [1, 9, 10, 100].map(|second| at(second).now));
    let verification = texts.get::<Account>(ACCOUNT).unwrap().phone_verification.unwrap();
    assert_eq!(verification.otp, newest_code(&texts));
}

/// The organization's count is kept with the account's own in one change, and only for its members.
#[test]
fn a_switch_of_a_member_is_counted_for_its_organization_f_reg_2() {
    let mut texts = stored([account(), other()]);
    let (organization, root) = builders::organization(ACCOUNT.parse().unwrap(), at(0).now);
    texts.put(ORGANIZATION, &organization);
    texts.put(ROOT, &root);
    texts.put(ACCOUNT, &builders::membership(at(0).now));
    let region = json!({ "RegionName": "af-south-1" });
    run(&mut texts, ACCOUNT, "EnableRegion", &region, &at(0)).unwrap();
    run(&mut texts, OTHER, "EnableRegion", &region, &at(0)).unwrap();
    let open = texts.get::<OrganizationRegionRequests>(ORGANIZATION).unwrap();
    assert_eq!(open.open_until, [at(120).now]);
    assert_eq!(texts.get::<Account>(OTHER).unwrap().regions.len(), 1);
}
