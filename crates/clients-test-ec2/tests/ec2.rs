//! DescribeRegions through the official Rust SDK of EC2 (F-CLIENT-19).

use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::types::{Filter, Region};
use clients_test::{InProcess, MEMBER, NOBODY_ARN, Outcome, refusal, refused};

const OPT_IN: &str = "af-south-1";

async fn company() -> (InProcess, Client) {
    let world = InProcess::company().await;
    let member = Client::new(&world.root(MEMBER));
    (world, member)
}

fn names(regions: &[Region]) -> Vec<&str> {
    regions.iter().filter_map(|region| region.region_name()).collect()
}

fn filter(name: &str, values: &[&str]) -> Filter {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

#[tokio::test]
async fn an_account_sees_what_it_has_enabled_or_all() -> Outcome {
    let (_, client) = company().await;
    let enabled = client.describe_regions().send().await?;
    assert_eq!(enabled.regions().len(), 17);
    assert!(enabled.regions().iter().all(|region| region.opt_in_status() == Some("opt-in-not-required")));
    let ireland = enabled.regions().iter().find(|region| region.region_name() == Some("eu-west-1"));
    let endpoint = ireland.and_then(|region| region.endpoint());
    assert_eq!(endpoint, Some("ec2.eu-west-1.amazonaws.com"));
    let all = client.describe_regions().all_regions(true).send().await?;
    assert_eq!(all.regions().len(), 34);
    let absent = all.regions().iter().find(|region| region.region_name() == Some(OPT_IN));
    assert_eq!(absent.and_then(|region| region.opt_in_status()), Some("not-opted-in"));
    Ok(())
}

#[tokio::test]
async fn regions_are_named_and_filtered() -> Outcome {
    let (_, client) = company().await;
    let named = client.describe_regions().region_names("us-east-1").region_names(OPT_IN).send().await?;
    assert_eq!(names(named.regions()), [OPT_IN, "us-east-1"]);
    let by_name = filter("region-name", &["us-east-?", "eu-west-1"]);
    let filtered = client.describe_regions().filters(by_name).send().await?;
    assert_eq!(names(filtered.regions()), ["eu-west-1", "us-east-1", "us-east-2"]);
    let both = client
        .describe_regions()
        .all_regions(true)
        .filters(filter("opt-in-status", &["not-opted-in"]))
        .filters(filter("endpoint", &["ec2.me-*"]))
        .send()
        .await?;
    assert_eq!(names(both.regions()), ["me-central-1", "me-south-1"]);
    let unknown = refused(client.describe_regions().filters(filter("colour", &["red"])).send().await);
    assert_eq!(unknown.code(), Some("InvalidParameterValue"));
    assert_eq!(unknown.message(), Some("The filter 'colour' is invalid"));
    Ok(())
}

#[tokio::test]
async fn a_region_that_account_management_switches_comes_and_goes() -> Outcome {
    let (world, client) = company().await;
    let account = aws_sdk_account::Client::new(&world.root(MEMBER));
    let status = async || {
        let shown = client.describe_regions().region_names(OPT_IN).send().await?;
        let status = shown.regions().first().and_then(|region| region.opt_in_status().map(str::to_owned));
        status.ok_or_else(|| Box::<dyn std::error::Error>::from("a status"))
    };
    assert_eq!(status().await?, "not-opted-in");
    account.enable_region().region_name(OPT_IN).send().await?;
    assert_eq!(status().await?, "not-opted-in");
    world.advance(2);
    assert_eq!(status().await?, "opted-in");
    assert_eq!(client.describe_regions().send().await?.regions().len(), 18);
    account.disable_region().region_name(OPT_IN).send().await?;
    world.advance(1);
    assert_eq!(status().await?, "not-opted-in");
    Ok(())
}

#[tokio::test]
async fn refusals_have_ec2s_codes_and_its_request_id() -> Outcome {
    use aws_sdk_ec2::operation::RequestId;

    let (world, client) = company().await;
    let unknown = refusal(client.describe_regions().region_names("us--east-1").send().await);
    assert_eq!(unknown.raw().status().as_u16(), 400);
    assert_eq!(unknown.err().code(), Some("InvalidParameterValue"));
    assert_eq!(unknown.err().message(), Some("Invalid region: [us--east-1]"));
    assert_eq!(unknown.err().meta().request_id().map(str::len), Some(36));
    let dry = refusal(client.describe_regions().dry_run(true).send().await);
    assert_eq!(dry.raw().status().as_u16(), 412);
    assert_eq!(dry.err().code(), Some("DryRunOperation"));
    let wrong = refusal(Client::new(&world.key(MEMBER, "wrong")).describe_regions().send().await);
    assert_eq!(wrong.raw().status().as_u16(), 401);
    assert_eq!(wrong.err().code(), Some("AuthFailure"));
    Ok(())
}

/// F-EVENT-10
#[tokio::test]
async fn refusals_are_recorded_with_their_codes_f_event_10() -> Outcome {
    let (world, client) = company().await;
    refused(client.describe_regions().dry_run(true).send().await);
    let events = aws_sdk_cloudtrail::Client::new(&world.root(MEMBER)).lookup_events().send().await?;
    let [event] = events.events() else { return Err("one event".into()) };
    let record: serde_json::Value = serde_json::from_str(event.cloud_trail_event().ok_or("a record")?)?;
    assert_eq!(record["errorCode"], "Client.DryRunOperation");
    Ok(())
}

/// F-NOSUP-2
#[tokio::test]
async fn another_operation_says_that_it_is_not_supported() -> Outcome {
    let (_, client) = company().await;
    let other = refused(client.describe_vpcs().send().await);
    assert_eq!(other.code(), Some("UnsupportedOperation"));
    assert_eq!(other.message(), Some("The operation ec2:DescribeVpcs is not supported by accountd."));
    Ok(())
}

/// DecodeAuthorizationMessage: what EC2 puts into a refusal, STS decodes (F-CLIENT-15).
#[tokio::test]
async fn an_encoded_refusal_is_decoded() -> Outcome {
    use aws_sdk_sts::operation::decode_authorization_message::DecodeAuthorizationMessageError;

    let (world, _) = company().await;
    let admin = aws_sdk_sts::Client::new(&world.admin());
    let denied = refused(Client::new(&world.nobody()).describe_regions().send().await);
    assert_eq!(denied.code(), Some("UnauthorizedOperation"));
    let text = denied.message().ok_or("a message")?;
    let (_, encoded) =
        text.split_once("Encoded authorization failure message: ").ok_or("an encoded message")?;
    let answer = admin.decode_authorization_message().encoded_message(encoded).send().await?;
    let decoded: serde_json::Value =
        serde_json::from_str(answer.decoded_message().ok_or("a decoded message")?)?;
    assert_eq!((&decoded["allowed"], &decoded["explicitDeny"]), (&false.into(), &false.into()));
    assert_eq!(decoded["context"]["action"], "ec2:DescribeRegions");
    assert_eq!(decoded["context"]["principal"]["arn"], NOBODY_ARN);
    let bent = refused(admin.decode_authorization_message().encoded_message(&encoded[1..]).send().await);
    let DecodeAuthorizationMessageError::InvalidAuthorizationMessageException(bent) = bent else {
        return Err("another error".into());
    };
    assert_eq!(bent.message(), Some("Message is not valid"));
    Ok(())
}
