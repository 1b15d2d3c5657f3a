//! A policy that denies what does not come over TLS, as every landing zone has it.

use accountd::configuration::SecureTransport;
use serde_json::json;
use services::service::Service;

use crate::cast::{MANAGEMENT_ADMIN, MEMBER_ADMIN};
use crate::wire;
use crate::world::{Setup, World, organizations};

#[test]
fn a_request_counts_as_one_over_tls_f_iam_82() {
    for (secure_transport, expected) in [(SecureTransport::Assumed, 200), (SecureTransport::Real, 403)] {
        let world = World::of(Setup { secure_transport, ..Setup::company() });
        let condition = json!({ "Bool": { "aws:SecureTransport": "false" } });
        let statement = json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition });
        let content = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        let policy = json!({
            "Name": "tls", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": content,
        });
        let created = organizations(&world, &MANAGEMENT_ADMIN.key, "CreatePolicy", policy);
        assert_eq!(created.status, 200, "{}", created.text());
        let id = created.json()["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned();
        let target = json!({ "PolicyId": id, "TargetId": "r-root" });
        assert_eq!(organizations(&world, &MANAGEMENT_ADMIN.key, "AttachPolicy", target).status, 200);
        let read = wire::operation(Service::Account, "GetContactInformation");
        let answer = world.ask(&MEMBER_ADMIN.key, read, &json!({}));
        assert_eq!(answer.status, expected, "{secure_transport:?}: {}", answer.text());
    }
}
