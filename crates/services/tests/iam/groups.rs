//! Groups and their members.

use serde_json::json;
use services::state::identity::{Group, GroupMember};

use crate::support::{Store, texts};

fn with_member() -> Store {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    store.ok("CreateGroup", json!({"GroupName": "Devs", "Path": "/x/"}));
    store.ok("AddUserToGroup", json!({"GroupName": "devs", "UserName": "ann"}));
    store
}

#[test]
fn a_group_shows_its_users_and_a_user_its_groups() {
    let mut store = with_member();
    store.ok("AddUserToGroup", json!({"GroupName": "Devs", "UserName": "Ann"}));
    let group = store.ok("GetGroup", json!({"GroupName": "Devs"}));
    assert_eq!(group["Group"]["Arn"], "arn:aws:iam::111122223333:group/x/Devs");
    assert_eq!(texts(&group["Users"], "UserName"), ["Ann"]);
    let groups = store.ok("ListGroupsForUser", json!({"UserName": "Ann"}));
    assert_eq!(texts(&groups["Groups"], "GroupName"), ["Devs"]);
    let refusal = store.refused("AddUserToGroup", json!({"GroupName": "Ops", "UserName": "Ann"}));
    assert_eq!(refusal.2, "The group with name Ops cannot be found.");
}

#[test]
fn a_group_goes_only_when_it_is_empty() {
    let mut store = with_member();
    let admin = json!({"GroupName": "Devs", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    store.ok("AttachGroupPolicy", admin.clone());
    let refusal = store.refused("DeleteGroup", json!({"GroupName": "Devs"}));
    assert_eq!(refusal.2, "Cannot delete entity, must remove users from group first.");
    store.ok("RemoveUserFromGroup", json!({"GroupName": "Devs", "UserName": "Ann"}));
    let refusal = store.refused("DeleteGroup", json!({"GroupName": "Devs"}));
    assert_eq!(refusal.2, "Cannot delete entity, must detach all policies first.");
    store.ok("DetachGroupPolicy", admin);
    store.ok("DeleteGroup", json!({"GroupName": "Devs"}));
    assert_eq!((store.documents.count::<Group>(), store.documents.count::<GroupMember>()), (0, 0));
}

#[test]
fn renaming_a_group_keeps_its_users() {
    let mut store = with_member();
    store.ok("UpdateGroup", json!({"GroupName": "Devs", "NewGroupName": "Engineers", "NewPath": "/y/"}));
    let group = store.ok("GetGroup", json!({"GroupName": "Engineers"}));
    assert_eq!(texts(&group["Users"], "UserName"), ["Ann"]);
    let groups = store.ok("ListGroupsForUser", json!({"UserName": "Ann"}));
    assert_eq!(texts(&groups["Groups"], "Arn"), ["arn:aws:iam::111122223333:group/y/Engineers"]);
    assert_eq!(store.ok("GetAccountSummary", json!({}))["SummaryMap"]["Groups"], 1);
    assert_eq!(store.documents.count::<GroupMember>(), 1);
}

#[test]
fn a_user_is_in_ten_groups_at_most() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    for number in 0..11 {
        store.ok("CreateGroup", json!({"GroupName": format!("g{number}")}));
    }
    for number in 0..10 {
        store.ok("AddUserToGroup", json!({"GroupName": format!("g{number}"), "UserName": "Ann"}));
    }
    let refusal = store.refused("AddUserToGroup", json!({"GroupName": "g10", "UserName": "Ann"}));
    assert_eq!(refusal, ("LimitExceeded".into(), 409, "Cannot exceed quota for GroupsPerUser: 10".into()));
}

#[test]
fn who_is_not_in_a_group_is_out_of_it_already_f_iamapi_grp_3() {
    let mut store = with_member();
    store.ok("CreateUser", json!({"UserName": "Bob"}));
    store.ok("RemoveUserFromGroup", json!({"GroupName": "Devs", "UserName": "Bob"}));
    let group = store.ok("GetGroup", json!({"GroupName": "Devs"}));
    assert_eq!(group["Users"].as_array().map(Vec::len), Some(1));
    let refusal = store.refused("RemoveUserFromGroup", json!({"GroupName": "None", "UserName": "Nobody"}));
    assert_eq!(refusal.2, "The user with name Nobody cannot be found.");
}
