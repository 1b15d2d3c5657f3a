//! What an import holds against each other, so that no state comes in on which every call of an account fails.

use accountd::admin::NotImported;
use bytes::Bytes;
use serde_json::{Value, json};
use services::service::Service;

use crate::cast::*;
use crate::wire;
use crate::world::World;

fn refused(world: &World, export: &Value) -> String {
    match world.import(Bytes::from(export.to_string())) {
        Err(NotImported::Wrong(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// F-STORE-39
#[test]
fn an_import_whose_documents_do_not_fit_together_is_refused_f_store_39() {
    let world = World::company();
    let before = world.exported();
    let export: Value = serde_json::from_slice(&before).unwrap();
    let unit = export["documents"][format!("member/{MEMBER}")]["parent_id"].as_str().unwrap().to_owned();
    let user = json!({
        "v": 1, "account": "999999999999", "name": "ann", "id": "AIDAANN", "path": "/",
        "created_at": "2026-01-01T00:00:00Z"
    });
    let mut cases: Vec<(String, Value, String)> = Vec::new();
    let mut put = |key: String, document: Value, reason: String| cases.push((key, document, reason));
    let with = |key: &str, member: &str, value: Value| {
        let mut document = export["documents"][key].clone();
        assert!(document.is_object(), "{key} is there");
        document[member] = value;
        document
    };
    let member = format!("member/{MEMBER}");
    put(
        member.clone(),
        with(&member, "organization_id", json!("o-elsewhere00")),
        format!("`{member}` and `ou/{unit}` are of different organizations"),
    );
    put(
        member.clone(),
        with(&member, "parent_id", json!("ou-ab12-gone0000")),
        format!("`{member}` needs `ou/ou-ab12-gone0000`, which is not there"),
    );
    put(
        member.clone(),
        with(&member, "policies", json!(["p-FullAWSAccess", "p-gone000000"])),
        format!("`{member}` needs `policy/p-gone000000`, which is not there"),
    );
    put(
        "user/999999999999/ann".to_owned(),
        user,
        "`user/999999999999/ann` needs `account/999999999999`, which is not there".to_owned(),
    );
    put(
        format!("attachment/o-exampleorg/p-gone000000/{MEMBER}"),
        json!({ "v": 1 }),
        format!(
            "`attachment/o-exampleorg/p-gone000000/{MEMBER}` needs `policy/p-gone000000`, which is not there"
        ),
    );
    let credential = format!("credential/{}", MEMBER_ADMIN.key.id);
    put(
        credential.clone(),
        with(&credential, "owner", json!({ "user": "gone" })),
        format!("`{credential}` needs `user/{MEMBER}/gone`, which is not there"),
    );
    put(
        format!("ou/{unit}"),
        with(&format!("ou/{unit}"), "id", json!("ou-ab12-other000")),
        format!("`ou/{unit}` is the document of `ou/ou-ab12-other000`"),
    );
    for (key, document, reason) in cases {
        let mut damaged = export.clone();
        damaged["documents"][&key] = document;
        assert_eq!(refused(&world, &damaged), reason);
        assert_eq!(world.exported(), before);
    }
    world.import(before).unwrap();
}

/// F-STORE-39: what the rules leave behind, names that come and go included, is always taken back.
#[test]
fn every_state_is_taken_back_f_store_39() {
    let world = World::company();
    let ask = |caller: &Caller, service: Service, name: &str, members: Value| {
        let answer = world.ask(&caller.key, wire::operation(service, name), &members);
        assert!(answer.status < 300, "{name}: {}", answer.text());
    };
    let iam = |name: &str, members: Value| ask(&MEMBER_ADMIN, Service::Iam, name, members);
    let document =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}}"#;
    let arn = format!("arn:aws:iam::{MEMBER}:policy/Mixed.Case-Policy");
    iam("CreatePolicy", json!({ "PolicyName": "Mixed.Case-Policy", "PolicyDocument": document }));
    iam("CreateGroup", json!({ "GroupName": "Developers+1" }));
    iam("CreateUser", json!({ "UserName": "Ann@Example", "PermissionsBoundary": arn }));
    iam("AddUserToGroup", json!({ "UserName": "Ann@Example", "GroupName": "Developers+1" }));
    iam("AttachUserPolicy", json!({ "UserName": "Ann@Example", "PolicyArn": arn }));
    iam("AttachGroupPolicy", json!({ "GroupName": "Developers+1", "PolicyArn": arn }));
    iam(
        "AttachGroupPolicy",
        json!({ "GroupName": "Developers+1", "PolicyArn": "arn:aws:iam::aws:policy/job-function/Billing" }),
    );
    iam("CreateAccessKey", json!({ "UserName": "Ann@Example" }));
    world.import(world.exported()).unwrap();
    iam("UpdateGroup", json!({ "GroupName": "Developers+1", "NewGroupName": "Makers" }));
    iam("UpdateUser", json!({ "UserName": "Ann@Example", "NewUserName": "Beth" }));
    world.import(world.exported()).unwrap();
    let organizations =
        |name: &str, members: Value| ask(&MANAGEMENT_ADMIN, Service::Organizations, name, members);
    let documents = world.documents();
    let parent = &documents[&format!("member/{MEMBER}")]["parent_id"];
    let root = &documents["organization/o-exampleorg"]["root_id"];
    let moved = json!({ "AccountId": MEMBER, "SourceParentId": parent, "DestinationParentId": root });
    organizations("MoveAccount", moved);
    organizations("CreateAccount", json!({ "AccountName": "New", "Email": "new@example.com" }));
    world.import(world.exported()).unwrap();
}
