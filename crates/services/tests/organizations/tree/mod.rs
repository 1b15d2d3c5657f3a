//! Random steps on the tree of an organization, held to a small model: units, accounts, policies, invitations, quotas.
//!
//! A failing run is made shorter step by step, so that what is printed is close to the least that fails. The runs are the
//! same each time; `ACCOUNTD_RANDOM_SEED=n` begins elsewhere, `ACCOUNTD_RANDOM_RUNS=n` makes more of them.

mod model;
mod step;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};

use crate::support::{GUEST, MANAGEMENT, Play};
use model::{KINDS, Model};
use step::{Random, Step};

const RUNS: u64 = 40;
const STEPS: usize = 60;
/// Everything is compared after so many steps, and at the end.
const LOOK_EVERY: usize = 12;

#[expect(clippy::disallowed_methods, reason = "whoever runs a test may choose its seed")]
fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// F-ORGS-OU-1, F-ORGS-OU-3, F-ORGS-OU-4, F-ORGS-MOVE-1, F-ORGS-CREATE-3, F-ORGS-POL-7, F-ORGS-POL-8, F-ORGS-POL-9,
/// F-ORGS-INVITE-2, F-ORGS-INVITE-3, F-ORGS-SHAKE-1, F-ORGS-SHAKE-5, F-ORGS-LEAVE-1.
#[test]
fn a_tree_is_what_a_small_model_says() {
    let first = number("ACCOUNTD_RANDOM_SEED", 1);
    for seed in first..first + number("ACCOUNTD_RANDOM_RUNS", RUNS) {
        let mut random = Random::new(seed);
        let steps: Vec<Step> = (0..STEPS).map(|_| Step::any(&mut random)).collect();
        let Err(reason) = outcome(&steps) else { continue };
        let (steps, reason) = shorter(steps, reason);
        panic!("seed {seed}: {reason}\nafter {} steps: {steps:#?}", steps.len());
    }
}

/// Leaves out what the failure does not need.
fn shorter(mut steps: Vec<Step>, mut reason: String) -> (Vec<Step>, String) {
    let mut length = steps.len().div_ceil(2);
    while length > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + length).min(steps.len()));
            match outcome(&fewer) {
                Err(again) => (steps, reason) = (fewer, again),
                Ok(()) => at += length,
            }
        }
        length /= 2;
    }
    (steps, reason)
}

/// Plays the steps; a panic of the rules is a failure like another.
fn outcome(steps: &[Step]) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| play(steps))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    })
}

fn play(steps: &[Step]) -> Result<(), String> {
    let mut play = Play::organization();
    let root = play.root_id();
    for kind in KINDS {
        play.ok(MANAGEMENT, "EnablePolicyType", json!({ "RootId": root, "PolicyType": kind }));
    }
    let mut model = Model::new(root);
    for (number, step) in steps.iter().enumerate() {
        model.take(*step, &mut play).map_err(|reason| format!("{step:?}: {reason}"))?;
        if (number + 1) % LOOK_EVERY == 0 {
            look(&model, &mut play)?;
        }
    }
    look(&model, &mut play)
}

/// Everything that lists tell, against the model.
fn look(model: &Model, play: &mut Play) -> Result<(), String> {
    let expect = |what: String, shown: Vec<String>, wanted: Vec<String>| {
        if shown == wanted { Ok(()) } else { Err(format!("{what}: shown {shown:?}, wanted {wanted:?}")) }
    };
    expect("ListAccounts".into(), all(play, "ListAccounts", json!({}), "Accounts", "Id"), model.accounts())?;
    for (parent, units, accounts) in model.parents() {
        for (kind, wanted) in [("ORGANIZATIONAL_UNIT", units), ("ACCOUNT", accounts)] {
            let members = json!({ "ParentId": parent, "ChildType": kind });
            let shown = all(play, "ListChildren", members, "Children", "Id");
            for child in &wanted {
                let members = json!({ "ChildId": child });
                let parents = all(play, "ListParents", members, "Parents", "Id");
                expect(format!("the parent of {child}"), parents, vec![parent.clone()])?;
            }
            expect(format!("{kind} in {parent}"), shown, wanted)?;
        }
        let members = json!({ "ParentId": parent });
        let names = all(play, "ListOrganizationalUnitsForParent", members, "OrganizationalUnits", "Name");
        expect(format!("names in {parent}"), names, model.names_in(&parent))?;
    }
    for (target, kind, wanted) in model.attachments() {
        let members = json!({ "TargetId": target, "Filter": kind });
        let shown = all(play, "ListPoliciesForTarget", members, "Policies", "Id");
        expect(format!("{kind} at {target}"), shown, wanted)?;
    }
    for (policy, wanted) in model.targets() {
        let members = json!({ "PolicyId": policy });
        let shown = all(play, "ListTargetsForPolicy", members, "Targets", "TargetId");
        expect(format!("targets of {policy}"), shown, wanted)?;
    }
    for (account, operation) in
        [(MANAGEMENT, "ListHandshakesForOrganization"), (GUEST, "ListHandshakesForAccount")]
    {
        let shown = pages(play, account, operation, json!({}), "Handshakes");
        let text = |shake: &Value, name: &str| shake[name].as_str().unwrap().to_owned();
        let mut shown: Vec<String> =
            shown.iter().map(|shake| format!("{} {}", text(shake, "Id"), text(shake, "State"))).collect();
        shown.sort();
        expect(operation.to_owned(), shown, model.handshakes())?;
    }
    Ok(())
}

/// One member of everything in a list, sorted, read in pages of three.
fn all(play: &mut Play, operation: &str, members: Value, list: &str, member: &str) -> Vec<String> {
    let found = pages(play, MANAGEMENT, operation, members, list);
    let mut found: Vec<String> = found.iter().map(|one| one[member].as_str().unwrap().to_owned()).collect();
    found.sort();
    found
}

fn pages(play: &mut Play, account: &str, operation: &str, mut members: Value, list: &str) -> Vec<Value> {
    let mut found = Vec::new();
    members["MaxResults"] = json!(3);
    loop {
        let mut page = play.ok(account, operation, members.clone());
        found.append(page[list].as_array_mut().unwrap());
        match page["NextToken"].take() {
            Value::Null => return found,
            token => members["NextToken"] = token,
        }
    }
}
