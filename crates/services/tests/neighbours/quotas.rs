//! Quotas that are shown, asked for, decided by the clock, and kept to.

use jiff::SignedDuration;
use serde_json::{Value, json};
use services::context::Delays;
use services::service::Service::{Iam, Organizations, ServiceQuotas};
use testing::world::{World, operation, root};

use crate::support::{ACCOUNT, ok, refused, world};

const PER_ROLE: &str = "L-0DA4ABF3";

fn applied(world: &mut World, service: &str, code: &str) -> Value {
    let quota =
        ok(world, ServiceQuotas, "GetServiceQuota", json!({"ServiceCode": service, "QuotaCode": code}));
    quota["Quota"]["Value"].clone()
}

fn ask(world: &mut World, service: &str, code: &str, desired: f64) -> Value {
    let members = json!({"ServiceCode": service, "QuotaCode": code, "DesiredValue": desired});
    ok(world, ServiceQuotas, "RequestServiceQuotaIncrease", members)["RequestedQuota"].clone()
}

#[test]
fn a_service_shows_its_quotas_in_pages_f_svcq_1_f_svcq_2() {
    let mut world = world();
    let page =
        ok(&mut world, ServiceQuotas, "ListServiceQuotas", json!({"ServiceCode": "iam", "MaxResults": 5}));
    assert_eq!(page["Quotas"].as_array().map(Vec::len), Some(5));
    let first = &page["Quotas"][0];
    assert_eq!(first["QuotaArn"], format!("arn:aws:servicequotas::{ACCOUNT}:iam/{PER_ROLE}"));
    assert_eq!((&first["Adjustable"], &first["GlobalQuota"]), (&json!(true), &json!(true)));
    let rest = json!({"ServiceCode": "iam", "NextToken": page["NextToken"]});
    let rest = ok(&mut world, ServiceQuotas, "ListServiceQuotas", rest);
    let all = ok(&mut world, ServiceQuotas, "ListServiceQuotas", json!({"ServiceCode": "iam"}));
    let count = |list: &Value| list["Quotas"].as_array().map_or(0, Vec::len);
    assert_eq!(count(&rest) + 5, count(&all));
    let one = json!({"ServiceCode": "iam", "QuotaCode": PER_ROLE});
    assert_eq!(count(&ok(&mut world, ServiceQuotas, "ListServiceQuotas", one)), 1);
    let of_resources = json!({"ServiceCode": "iam", "QuotaAppliedAtLevel": "RESOURCE"});
    assert_eq!(count(&ok(&mut world, ServiceQuotas, "ListServiceQuotas", of_resources)), 0);
    // Only where the quotas of global services stand.
    let get = json!({"ServiceCode": "iam", "QuotaCode": PER_ROLE});
    let elsewhere =
        world.call_in("eu-west-1", &root(ACCOUNT), operation(ServiceQuotas, "GetServiceQuota"), get);
    assert_eq!(elsewhere.expect_err("none here").code, "NoSuchResourceException");
}

#[test]
fn what_was_granted_is_in_force_when_its_time_has_come_f_svcq_4_f_svcq_5() {
    let mut world = world();
    world.delays = Delays::SHORT;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    ok(&mut world, Iam, "CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": trust}));
    for number in 0..12 {
        let document = testing::builders::policy("Allow", "iam:ListUsers");
        let members = json!({"PolicyName": format!("p{number}"), "PolicyDocument": document});
        ok(&mut world, Iam, "CreatePolicy", members);
    }
    let attach = |number: u32| json!({"RoleName": "r", "PolicyArn": format!("arn:aws:iam::{ACCOUNT}:policy/p{number}")});
    for number in 0..10 {
        ok(&mut world, Iam, "AttachRolePolicy", attach(number));
    }
    let full = ("LimitExceeded".to_owned(), "Cannot exceed quota for PoliciesPerRole: 10".to_owned());
    assert_eq!(refused(&mut world, Iam, "AttachRolePolicy", attach(10)), full);
    let asked = ask(&mut world, "iam", PER_ROLE, 11.0);
    assert_eq!((&asked["Status"], asked.get("LastUpdated")), (&json!("PENDING"), None));
    assert_eq!(refused(&mut world, Iam, "AttachRolePolicy", attach(10)), full);
    assert_eq!(applied(&mut world, "iam", PER_ROLE), json!(10.0));
    world.advance(SignedDuration::from_secs(1));
    assert_eq!(applied(&mut world, "iam", PER_ROLE), json!(11.0));
    ok(&mut world, Iam, "AttachRolePolicy", attach(10));
    let full = refused(&mut world, Iam, "AttachRolePolicy", attach(11));
    assert_eq!(full.1, "Cannot exceed quota for PoliciesPerRole: 11");
    let summary = ok(&mut world, Iam, "GetAccountSummary", json!({}));
    assert_eq!(summary["SummaryMap"]["AttachedPoliciesPerRoleQuota"], 11);
    let change =
        ok(&mut world, ServiceQuotas, "GetRequestedServiceQuotaChange", json!({"RequestId": asked["Id"]}));
    assert_eq!(change["RequestedQuota"]["Status"], "APPROVED");
    assert!(change["RequestedQuota"]["LastUpdated"].is_number());
}

#[test]
fn more_than_there_can_be_is_not_approved_f_svcq_5() {
    let mut world = world();
    ask(&mut world, "iam", PER_ROLE, 21.0);
    ask(&mut world, "iam", PER_ROLE, 20.0);
    assert_eq!(applied(&mut world, "iam", PER_ROLE), json!(20.0));
    let history = json!({"ServiceCode": "iam", "MaxResults": 1});
    let page = ok(&mut world, ServiceQuotas, "ListRequestedServiceQuotaChangeHistory", history);
    assert_eq!(page["RequestedQuotas"][0]["Status"], "APPROVED");
    let history = json!({"ServiceCode": "iam", "NextToken": page["NextToken"]});
    let page = ok(&mut world, ServiceQuotas, "ListRequestedServiceQuotaChangeHistory", history);
    assert_eq!(page["RequestedQuotas"][0]["Status"], "NOT_APPROVED");
    let of_quota = json!({"ServiceCode": "iam", "QuotaCode": PER_ROLE, "Status": "APPROVED"});
    let page =
        ok(&mut world, ServiceQuotas, "ListRequestedServiceQuotaChangeHistoryByQuota", of_quota.clone());
    assert_eq!(page["RequestedQuotas"].as_array().map(Vec::len), Some(1));
    world.advance(SignedDuration::from_hours(91 * 24));
    let page = ok(&mut world, ServiceQuotas, "ListRequestedServiceQuotaChangeHistoryByQuota", of_quota);
    assert_eq!(page["RequestedQuotas"], json!([]));
    assert_eq!(applied(&mut world, "iam", PER_ROLE), json!(20.0));
}

#[test]
fn a_request_is_refused_in_the_words_of_aws_f_svcq_6() {
    let mut world = world();
    world.delays = Delays::SHORT;
    let wanted =
        |code: &str, desired: f64| json!({"ServiceCode": "iam", "QuotaCode": code, "DesiredValue": desired});
    let mut told = |members| refused(&mut world, ServiceQuotas, "RequestServiceQuotaIncrease", members);
    let (code, text) = told(wanted(PER_ROLE, 10.0));
    assert_eq!(code, "IllegalArgumentException");
    assert_eq!(text, "You must provide a quota value greater than the current quota value");
    assert_eq!(told(wanted("L-F55AF5E4", 6000.0)).0, "IllegalArgumentException");
    assert_eq!(told(wanted(PER_ROLE, 11.5)).0, "IllegalArgumentException");
    assert_eq!(told(wanted("L-00000000", 11.0)).0, "NoSuchResourceException");
    let other = json!({"ServiceCode": "EC2", "QuotaCode": PER_ROLE, "DesiredValue": 11.0});
    assert_eq!(told(other).1, "The request failed because the specified service does not exist.");
    ask(&mut world, "iam", PER_ROLE, 11.0);
    let (code, text) =
        refused(&mut world, ServiceQuotas, "RequestServiceQuotaIncrease", wanted(PER_ROLE, 12.0));
    assert_eq!(code, "ResourceAlreadyExistsException");
    assert_eq!(text, "Only one open service quota increase request is allowed per quota.");
}

#[test]
fn an_organization_may_be_granted_more_accounts_f_svcq_4() {
    let mut world = world();
    ok(&mut world, Organizations, "CreateOrganization", json!({}));
    let create = |number: u32| json!({"AccountName": "a", "Email": format!("a{number}@example.com")});
    for number in 0..9 {
        ok(&mut world, Organizations, "CreateAccount", create(number));
    }
    let (code, _) = refused(&mut world, Organizations, "CreateAccount", create(9));
    assert_eq!(code, "ConstraintViolationException");
    assert_eq!(applied(&mut world, "organizations", "L-E619E033"), json!(10.0));
    ask(&mut world, "organizations", "L-E619E033", 11.0);
    ok(&mut world, Organizations, "CreateAccount", create(9));
    let (code, _) = refused(&mut world, Organizations, "CreateAccount", create(10));
    assert_eq!(code, "ConstraintViolationException");
}
