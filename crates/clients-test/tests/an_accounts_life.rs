//! An account from its creation to its closing, through the SDKs of its services (F-CLIENT-20); EC2 is
//! called without one..

use aws_sdk_account::types::{AlternateContactType, RegionOptStatus};
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_organizations::types::{AccountStatus, CreateAccountState, PolicyType};
use aws_sdk_sts::error::ProvideErrorMetadata;
use clients_test::{InProcess, Outcome, access_role_arn, policy, refused};

const REGION: &str = "af-south-1";

/// Creates an account as the management account's administrator, waits until it is there, and gives its id.
async fn vend(
    world: &InProcess,
    organizations: &aws_sdk_organizations::Client,
) -> Result<String, Box<dyn std::error::Error>> {
    let request =
        organizations.create_account().email("greenhouse@example.invalid").account_name("Greenhouse");
    let request = request.send().await?.create_account_status.and_then(|status| status.id).ok_or("an id")?;
    let status = async || {
        let answer =
            organizations.describe_create_account_status().create_account_request_id(&request).send();
        answer.await?.create_account_status.ok_or_else(|| Box::<dyn std::error::Error>::from("a status"))
    };
    assert_eq!(status().await?.state(), Some(&CreateAccountState::InProgress));
    world.advance(1);
    let status = status().await?;
    assert_eq!(status.state(), Some(&CreateAccountState::Succeeded));
    Ok(status.account_id.ok_or("an account id")?)
}

/// Attaches a service control policy to the account and gives its ARN.
async fn forbid(
    organizations: &aws_sdk_organizations::Client,
    account: &str,
    action: &str,
) -> Result<String, Box<dyn std::error::Error>> {
    let kind = PolicyType::ServiceControlPolicy;
    let made = organizations.create_policy().r#type(kind).name("forbidden").description("");
    let made = made.content(policy("Deny", action)).send().await?.policy.ok_or("a policy")?;
    let summary = made.policy_summary.ok_or("a summary")?;
    let id = summary.id.ok_or("an id")?;
    organizations.attach_policy().policy_id(id).target_id(account).send().await?;
    Ok(summary.arn.ok_or("an ARN")?)
}

#[tokio::test]
async fn an_account_is_created_kept_and_closed() -> Outcome {
    let world = InProcess::company().await;
    let organizations = aws_sdk_organizations::Client::new(&world.admin());
    let management = aws_sdk_account::Client::new(&world.admin());
    let member_id = vend(&world, &organizations).await?;
    let session = world.access_role(&member_id).await;
    let caller = aws_sdk_sts::Client::new(&session).get_caller_identity().send().await?;
    let arn = format!("arn:aws:sts::{member_id}:assumed-role/OrganizationAccountAccessRole/admin");
    assert_eq!(caller.arn(), Some(arn.as_str()));
    let administrators = aws_sdk_iam::Client::new(&session);
    let attached = administrators.list_attached_role_policies().role_name("OrganizationAccountAccessRole");
    let attached = attached.send().await?;
    let attached: Vec<_> =
        attached.attached_policies().iter().filter_map(|found| found.policy_name()).collect();
    assert_eq!(attached, ["AdministratorAccess"]);

    let member = aws_sdk_account::Client::new(&session);
    let security = AlternateContactType::Security;
    let put =
        member.put_alternate_contact().alternate_contact_type(security.clone()).name("Desk").title("On call");
    put.email_address("security@example.invalid").phone_number("+12065550199").send().await?;
    let get = management.get_alternate_contact().account_id(&member_id).alternate_contact_type(security);
    let contact = get.send().await?.alternate_contact.ok_or("a contact")?;
    assert_eq!(contact.email_address(), Some("security@example.invalid"));

    member.enable_region().region_name(REGION).send().await?;
    world.advance(2);
    let status = management.get_region_opt_status().account_id(&member_id).region_name(REGION).send().await?;
    assert_eq!(status.region_opt_status(), Some(&RegionOptStatus::Enabled));
    let regions = world.describe_regions(&session, &[("RegionName.1", REGION)]).await?;
    assert_eq!(regions.texts("regionName"), [REGION]);
    assert_eq!(regions.texts("optInStatus"), ["opted-in"]);

    let root = organizations.list_roots().send().await?;
    assert_eq!(root.roots().len(), 1);
    let scp = forbid(&organizations, &member_id, "account:DisableRegion").await?;
    let denied = refused(member.disable_region().region_name(REGION).send().await);
    assert!(denied.is_access_denied_exception());
    let message = denied.message().ok_or("a message")?;
    assert!(
        message.ends_with(&format!("with an explicit deny in a service control policy: {scp}")),
        "{message}"
    );
    read_the_trail(&session).await?;

    organizations.close_account().account_id(&member_id).send().await?;
    world.advance(1);
    let closed =
        organizations.describe_account().account_id(&member_id).send().await?.account.ok_or("an account")?;
    assert_eq!(closed.status(), Some(&AccountStatus::Suspended));
    let role = access_role_arn(&member_id);
    let again =
        aws_sdk_sts::Client::new(&world.admin()).assume_role().role_arn(role).role_session_name("again");
    assert_eq!(refused(again.send().await).code(), Some("AccessDenied"));
    Ok(())
}

/// The member's own trail: what was done there, by whom, and what was refused.
async fn read_the_trail(session: &aws_types::SdkConfig) -> Outcome {
    let trail = aws_sdk_cloudtrail::Client::new(session);
    let everything =
        trail.lookup_events().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
    let names: Vec<_> = everything.iter().filter_map(|event| event.event_name()).collect();
    for name in ["AssumeRole", "PutAlternateContact", "EnableRegion", "DescribeRegions", "DisableRegion"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let switched = LookupAttribute::builder().attribute_key(LookupAttributeKey::EventName);
    let switched = switched.attribute_value("DisableRegion").build()?;
    let found = trail.lookup_events().lookup_attributes(switched).send().await?;
    let [refused] = found.events() else { return Err("one event".into()) };
    assert_eq!(refused.username(), Some("admin"));
    let record: serde_json::Value = serde_json::from_str(refused.cloud_trail_event().ok_or("a record")?)?;
    assert_eq!(record["errorCode"], "AccessDenied");
    assert_eq!(
        record["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"],
        "OrganizationAccountAccessRole"
    );
    Ok(())
}
