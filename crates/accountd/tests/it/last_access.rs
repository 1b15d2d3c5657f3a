//! What services were used when, told by the event log of a running service.

use serde_json::{Value, json};
use services::service::Service;

use crate::answer::{Answer, element};
use crate::cast::*;
use crate::wire::operation;
use crate::world::World;

/// The row of a service.
fn row<'a>(told: &'a Answer, namespace: &str) -> &'a str {
    let named = format!("<ServiceNamespace>{namespace}</ServiceNamespace>");
    let mut rows = told.text().split("<member>");
    rows.find(|row| row.contains(&named))
        .unwrap_or_else(|| panic!("{namespace} is not told: {}", told.text()))
}

#[test]
fn what_was_used_is_told_by_the_event_log_f_iamapi_lastacc_6() {
    let world = World::company();
    let ask = |service: Service, name: &str, members: Value| {
        let answer = world.ask(&MEMBER_ADMIN.key, operation(service, name), &members);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        answer
    };
    ask(Service::Sts, "GetCallerIdentity", json!({}));
    ask(Service::Organizations, "DescribeOrganization", json!({}));
    // The log is written up to here when CloudTrail is asked.
    ask(Service::CloudTrail, "LookupEvents", json!({}));
    let job = ask(Service::Iam, "GenerateServiceLastAccessedDetails", json!({ "Arn": MEMBER_ADMIN.arn }));
    let job = element(job.text(), "JobId").unwrap().to_owned();
    let members = json!({ "JobId": job, "MaxItems": 1000 });
    let told = ask(Service::Iam, "GetServiceLastAccessedDetails", members);
    let used = format!("<LastAuthenticatedEntity>{}</LastAuthenticatedEntity>", MEMBER_ADMIN.arn);
    for namespace in ["sts", "organizations"] {
        let row = row(&told, namespace);
        assert!(row.contains(&used) && row.contains("<TotalAuthenticatedEntities>1<"), "{row}");
    }
    let unused = row(&told, "ec2");
    assert!(
        !unused.contains("LastAuthenticated>") && unused.contains("<TotalAuthenticatedEntities>0<"),
        "{unused}"
    );
}
