//! A world with two accounts, and calls of several services by their root users.

use serde_json::{Value, json};
use services::service::Service;
use testing::world::{World, operation, root};

/// The account that calls.
pub const ACCOUNT: &str = "111122223333";

/// A world with [`ACCOUNT`].
pub fn world() -> World {
    let mut world = World::at("2026-11-27T10:00:00Z");
    world.add_account(ACCOUNT);
    world
}

/// A call by the root user that must succeed.
pub fn ok(world: &mut World, service: Service, name: &str, members: Value) -> Value {
    world.ok(&root(ACCOUNT), operation(service, name), members)
}

/// A call by the root user that must be refused: its code and its text.
pub fn refused(world: &mut World, service: Service, name: &str, members: Value) -> (String, String) {
    let refusal = world.refused(&root(ACCOUNT), operation(service, name), members);
    (refusal.code.into_owned(), refusal.message.unwrap_or_default())
}

/// The ARN of something of [`ACCOUNT`] in IAM.
pub fn iam_arn(rest: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{rest}")
}

/// A policy with one tag.
pub fn tagged_policy(world: &mut World, name: &str, key: &str, value: &str) -> String {
    let document = testing::builders::policy("Allow", "iam:ListUsers");
    let tags = json!([{"Key": key, "Value": value}]);
    ok(
        world,
        Service::Iam,
        "CreatePolicy",
        json!({"PolicyName": name, "PolicyDocument": document, "Tags": tags}),
    );
    iam_arn(&format!("policy/{name}"))
}
