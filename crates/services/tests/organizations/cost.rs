//! What a list costs does not depend on where its page lies, nor on what else is stored.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use services::organizations::index;
use services::organizations::model::AccountJoinedMethod;
use services::state::organization::{AttachedPolicies, Membership};
use services::world::World;

use crate::support::{MANAGEMENT, Play};

const ACCOUNTS: u64 = 10_000;

/// An organization of ten thousand accounts, as a seed file may have it.
fn large() -> Play {
    let mut play = Play::organization();
    let own: Membership = play.get(MANAGEMENT).unwrap();
    for number in 0..ACCOUNTS {
        let id = aws::arn::AccountId::from_number(300_000_000_000 + number);
        play.put_account(id.as_str());
        let membership = Membership {
            joined_method: AccountJoinedMethod::Created,
            policies: AttachedPolicies::default(),
            tags: BTreeMap::new(),
            ..own.clone()
        };
        let changes = {
            let mut world = World::new(&play.documents);
            index::put_member(id, membership, &mut world);
            world.into_reads_and_writes()
        };
        assert!(play.commit(changes));
    }
    play
}

/// F-ORGS-LIST-1, and the cost that the issue asks for: ListAccounts and ListAccountsForParent of 10,000 accounts.
#[test]
fn a_page_of_ten_thousand_accounts_costs_the_same_wherever_it_lies() {
    let mut play = large();
    let root = play.root_id();
    for (operation, members) in
        [("ListAccounts", json!({})), ("ListAccountsForParent", json!({"ParentId": root}))]
    {
        let mut members = members;
        let (mut costs, mut seen) = (Vec::new(), BTreeSet::new());
        loop {
            let mut answer = json!(null);
            let cost = play.cost(|play| answer = play.ok(MANAGEMENT, operation, members.clone()));
            let accounts = answer["Accounts"].as_array().unwrap();
            costs.push(cost);
            seen.extend(accounts.iter().map(|account| account["Id"].as_str().unwrap().to_owned()));
            match answer.get("NextToken") {
                Some(token) => members["NextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(seen.len() as u64, ACCOUNTS + 1, "{operation}");
        assert_eq!(costs.len() as u64, ACCOUNTS / 20 + 1, "{operation}");
        let (first, highest) = (costs[0], costs.iter().max().unwrap());
        assert!(*highest <= first + 2 && first < 150, "{operation}: {first} … {highest}");
    }
    let mut small = Play::organization();
    small.vend("a@example.invalid");
    for (operation, members) in
        [("DescribeAccount", json!({"AccountId": MANAGEMENT})), ("ListRoots", json!({}))]
    {
        let in_small = small.cost(|play| drop(play.ok(MANAGEMENT, operation, members.clone())));
        let in_large = play.cost(|play| drop(play.ok(MANAGEMENT, operation, members.clone())));
        assert_eq!(in_small, in_large, "{operation}");
    }
}

/// F-ORGS-EFF-7: whoever is reached by a backup policy is looked at twice, and what all of them keep is stored once.
#[test]
fn what_ten_thousand_accounts_keep_is_stored_once() {
    let mut play = large();
    let root = play.root_id();
    play.ok(MANAGEMENT, "EnablePolicyType", json!({"RootId": root, "PolicyType": "BACKUP_POLICY"}));
    let plan = |regions: serde_json::Value| {
        let vault = json!({"@@assign": "Default"});
        let selection = json!({
            "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/Backup"}, "tag_key": {"@@assign": "cost"},
            "tag_value": {"@@assign": ["x".repeat(5_000)]}});
        let plan = json!({
            "regions": {"@@assign": regions}, "rules": {"daily": {"target_backup_vault_name": vault}},
            "selections": {"tags": {"cost": selection}}});
        json!({"plans": {"daily": plan}}).to_string()
    };
    let members = json!({
        "Content": plan(json!(["us-east-1"])), "Description": "", "Name": "backup", "Type": "BACKUP_POLICY"});
    let policy = play.ok(MANAGEMENT, "CreatePolicy", members)["Policy"]["PolicySummary"]["Id"].clone();
    let attach = json!({"PolicyId": policy, "TargetId": root});
    let cost = play.cost(|play| drop(play.ok(MANAGEMENT, "AttachPolicy", attach)));
    assert!(cost as u64 <= 3 * ACCOUNTS + 200, "once in the list, and twice by itself: {cost}");
    let size = |play: &Play| play.documents.texts().into_values().map(str::len).sum::<usize>();
    let before = size(&play);
    let members = json!({"PolicyId": policy, "Content": plan(json!([]))});
    play.ok(MANAGEMENT, "UpdatePolicy", members);
    let kept = size(&play) - before;
    assert!(kept < 300 * ACCOUNTS as usize, "{kept} bytes");
    let members = json!({"PolicyId": policy, "Content": plan(json!(["us-east-1"]))});
    play.ok(MANAGEMENT, "UpdatePolicy", members);
    assert!(!play.keys().iter().any(|key| key.starts_with("kept") || key.starts_with("effective")));
}
