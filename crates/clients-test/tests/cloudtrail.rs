//! LookupEvents through the official Rust SDK: the calls that were just made, newest first (F-CLIENT-18).

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::lookup_events::LookupEventsError;
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use clients_test::{InProcess, MEMBER, Outcome, refused};

const NAME: LookupAttributeKey = LookupAttributeKey::EventName;

/// A member in which four calls were made, one of them in vain, a second apart, and its trail.
async fn with_history() -> Result<(InProcess, Client), Box<dyn std::error::Error>> {
    let world = InProcess::company().await;
    let account = aws_sdk_account::Client::new(&world.root(MEMBER));
    let iam = aws_sdk_iam::Client::new(&world.root(MEMBER));
    account.put_account_name().account_name("Renamed").send().await?;
    world.advance(1);
    account.enable_region().region_name("af-south-1").send().await?;
    world.advance(1);
    iam.create_user().user_name("ann").send().await?;
    world.advance(1);
    assert!(refused(iam.get_role().role_name("none").send().await).is_no_such_entity_exception());
    let trail = Client::new(&world.root(MEMBER));
    Ok((world, trail))
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(|event| event.event_name()).collect()
}

fn attribute(key: LookupAttributeKey, value: &str) -> Result<LookupAttribute, Box<dyn std::error::Error>> {
    Ok(LookupAttribute::builder().attribute_key(key).attribute_value(value).build()?)
}

#[tokio::test]
async fn the_calls_just_made_are_found_newest_first() -> Outcome {
    let (_, trail) = with_history().await?;
    let answer = trail.lookup_events().send().await?;
    let events = answer.events();
    assert_eq!(names(events), ["GetRole", "CreateUser", "EnableRegion", "PutAccountName"]);
    let sources: Vec<_> = events.iter().filter_map(|event| event.event_source()).collect();
    let (iam, account) = ("iam.amazonaws.com", "account.amazonaws.com");
    assert_eq!(sources, [iam, iam, account, account]);
    let times: Vec<_> = events.iter().filter_map(|event| event.event_time().map(DateTime::secs)).collect();
    assert_eq!(times, [times[3] + 3, times[3] + 2, times[3] + 1, times[3]]);
    let read_only: Vec<_> = events.iter().filter_map(|event| event.read_only()).collect();
    assert_eq!(read_only, ["true", "false", "false", "false"]);
    assert!(events.iter().all(|event| event.username() == Some("root") && event.event_id().is_some()));
    let record: serde_json::Value = serde_json::from_str(events[0].cloud_trail_event().ok_or("a record")?)?;
    // F-EVENT-11
    assert_eq!(record["errorCode"], "NoSuchEntityException");
    assert_eq!(record["eventID"], events[0].event_id().unwrap_or(""));
    Ok(())
}

#[tokio::test]
async fn attributes_and_times_choose() -> Outcome {
    let (_, trail) = with_history().await?;
    let all = trail.lookup_events().send().await?;
    let id = all.events()[1].event_id().ok_or("an id")?;
    for (key, value, expected) in [
        (NAME, "EnableRegion", vec!["EnableRegion"]),
        (LookupAttributeKey::EventSource, "iam.amazonaws.com", vec!["GetRole", "CreateUser"]),
        (LookupAttributeKey::ReadOnly, "false", vec!["CreateUser", "EnableRegion", "PutAccountName"]),
        (LookupAttributeKey::EventId, id, vec!["CreateUser"]),
        (LookupAttributeKey::Username, "ann", vec![]),
    ] {
        // What was looked up before is in the trail as well, and only reads.
        let found = trail.lookup_events().lookup_attributes(attribute(key.clone(), value)?).send().await?;
        assert_eq!(names(found.events()), expected, "{key:?} {value}");
    }
    let time = *all.events()[2].event_time().ok_or("a time")?;
    let then = trail.lookup_events().start_time(time).end_time(time).send().await?;
    assert_eq!(names(then.events()), ["EnableRegion"]);
    Ok(())
}

#[tokio::test]
async fn the_paginator_of_events_sees_each_once() -> Outcome {
    let (_, trail) = with_history().await?;
    let changes = attribute(LookupAttributeKey::ReadOnly, "false")?;
    let mut pages = trail.lookup_events().lookup_attributes(changes).into_paginator().page_size(2).send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.push(names(page?.events()).into_iter().map(str::to_owned).collect::<Vec<_>>());
    }
    assert_eq!(found, [vec!["CreateUser", "EnableRegion"], vec!["PutAccountName"]]);
    Ok(())
}

#[tokio::test]
async fn refusals_have_their_types() -> Outcome {
    let (world, trail) = with_history().await?;
    let two = vec![attribute(NAME, "a")?, attribute(LookupAttributeKey::Username, "b")?];
    let two = refused(trail.lookup_events().set_lookup_attributes(Some(two)).send().await);
    assert!(two.is_invalid_lookup_attributes_exception());
    let many = refused(trail.lookup_events().max_results(51).send().await);
    assert!(many.is_invalid_max_results_exception());
    let token = refused(trail.lookup_events().next_token("nonsense").send().await);
    let LookupEventsError::InvalidNextTokenException(_) = token else { return Err("another error".into()) };
    let (early, late) = (DateTime::from_secs(1_700_000_000), DateTime::from_secs(1_600_000_000));
    let times = refused(trail.lookup_events().start_time(early).end_time(late).send().await);
    assert!(times.is_invalid_time_range_exception());
    let nobody = refused(Client::new(&world.nobody()).lookup_events().send().await);
    assert_eq!(aws_sdk_cloudtrail::error::ProvideErrorMetadata::code(&nobody), Some("AccessDeniedException"));
    Ok(())
}
