//! Trails as resources: who may make them, what is refused, what the organization's accounts see (F-TRAILS).

use accountd::service::TrailBuckets;
use aws::protocol::Protocol;
use serde_json::{Value, json};
use services::bucket::BucketState;
use services::service::Service;

use crate::answer::Answer;
use crate::cast::*;
use crate::wire;
use crate::world::{Setup, World, signed};

fn ask_in(world: &World, region: &'static str, caller: &Caller, operation: &str, members: &Value) -> Answer {
    let request = wire::request(wire::operation(Service::CloudTrail, operation), members);
    world.send(signed(request, &caller.key, "cloudtrail", region))
}

fn ask(world: &World, caller: &Caller, operation: &str, members: Value) -> Answer {
    ask_in(world, "us-east-1", caller, operation, &members)
}

#[track_caller]
fn done(world: &World, caller: &Caller, operation: &str, members: Value) -> Value {
    let answer = ask(world, caller, operation, members);
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
    answer.json()
}

#[track_caller]
fn refused(answer: &Answer, code: &str) -> String {
    assert_eq!(answer.code(Protocol::AwsJson11).as_deref(), Some(code), "{}", answer.text());
    assert_eq!(answer.status, 400);
    answer.message()
}

/// The company, whose management account trusts CloudTrail.
fn trusting() -> World {
    let from = "trusted_services: [account.amazonaws.com]";
    World::of(
        Setup::company().with(from, "trusted_services: [account.amazonaws.com, cloudtrail.amazonaws.com]"),
    )
}

fn create(name: &str) -> Value {
    json!({ "Name": name, "S3BucketName": "trail-logs" })
}

fn of_organization(name: &str) -> Value {
    json!({ "Name": name, "S3BucketName": "trail-logs", "IsOrganizationTrail": true, "IsMultiRegionTrail": true })
}

fn names(answer: &Value) -> Vec<String> {
    let trails = answer["trailList"].as_array().or(answer["Trails"].as_array()).expect("trails");
    trails.iter().map(|trail| trail["Name"].as_str().expect("a name").to_owned()).collect()
}

/// F-TRAILS-CREATE-1, F-TRAILS-UPDATE-1, F-TRAILS-BUCKET-2, F-TRAILS-SNS-1, F-TRAILS-KMS-1, F-TRAILS-EVENT-1.
#[test]
fn a_trail_has_what_it_was_told_and_the_defaults_f_trails_create_1() {
    let world = World::company();
    let members = json!({
        "Name": "main", "S3BucketName": "trail-logs", "S3KeyPrefix": "p", "SnsTopicName": "topic",
        "KmsKeyId": "alias/trail", "TagsList": [{ "Key": "team", "Value": "blue" }],
    });
    let created = done(&world, &MEMBER_ADMIN, "CreateTrail", members);
    let expected = json!({
        "Name": "main", "S3BucketName": "trail-logs", "S3KeyPrefix": "p",
        "SnsTopicName": "arn:aws:sns:us-east-1:222222222222:topic",
        "SnsTopicARN": "arn:aws:sns:us-east-1:222222222222:topic",
        "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": false,
        "TrailARN": "arn:aws:cloudtrail:us-east-1:222222222222:trail/main", "LogFileValidationEnabled": false,
        "KmsKeyId": "arn:aws:kms:us-east-1:222222222222:alias/trail", "IsOrganizationTrail": false,
    });
    assert_eq!(created, expected);
    let update =
        json!({ "Name": "main", "S3KeyPrefix": "", "SnsTopicName": "", "EnableLogFileValidation": true });
    let updated = done(&world, &MEMBER_ADMIN, "UpdateTrail", update);
    assert!(updated.get("S3KeyPrefix").is_none() && updated.get("SnsTopicARN").is_none(), "{updated}");
    assert_eq!(updated["LogFileValidationEnabled"], true);
    let records = world.records();
    let (_, shown) =
        records.iter().find(|(_, record)| record["eventName"] == "CreateTrail").expect("a record");
    assert_eq!(shown["responseElements"]["trailARN"], created["TrailARN"]);
    assert_eq!(
        (&shown["requestParameters"]["s3BucketName"], &shown["readOnly"]),
        (&json!("trail-logs"), &json!(false))
    );
}

/// F-TRAILS-ERR-1, F-TRAILS-ERR-2, F-TRAILS-COMB-1, F-TRAILS-HOME-1, F-TRAILS-QUOTA-1, F-TRAILS-NAME-3, F-TRAILS-LOGS-1.
#[test]
fn what_is_wrong_with_a_trail_is_told_f_trails_err_1() {
    let world = World::company();
    let wrong = |operation, members, code| refused(&ask(&world, &MEMBER_ADMIN, operation, members), code);
    done(&world, &MEMBER_ADMIN, "CreateTrail", create("one"));
    assert_eq!(
        wrong("CreateTrail", create("one"), "TrailAlreadyExistsException"),
        "Trail one already exists for customer: 222222222222"
    );
    let prefixed = json!({ "Name": "two", "S3BucketName": "trail-logs", "S3KeyPrefix": "p".repeat(201) });
    wrong("CreateTrail", prefixed, "InvalidS3PrefixException");
    let combined = json!({ "Name": "two", "S3BucketName": "trail-logs", "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false });
    wrong("CreateTrail", combined, "InvalidParameterCombinationException");
    wrong(
        "CreateTrail",
        json!({ "Name": "two", "S3BucketName": "No_Bucket" }),
        "InvalidS3BucketNameException",
    );
    let group = json!({ "Name": "one", "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:222222222222:log-group:g:*" });
    wrong("UpdateTrail", group, "InvalidCloudWatchLogsRoleArnException");
    wrong("UpdateTrail", json!({ "Name": "one", "SnsTopicName": "a b" }), "InvalidSnsTopicNameException");
    wrong("GetTrail", json!({ "Name": "arn:aws:iam::222222222222:user/x" }), "CloudTrailARNInvalidException");
    wrong("GetTrail", json!({ "Name": "x" }), "InvalidTrailNameException");
    let unknown = "arn:aws:cloudtrail:us-east-1:222222222222:trail/none";
    let text = wrong("GetTrailStatus", json!({ "Name": unknown }), "TrailNotFoundException");
    assert_eq!(text, "Unknown trail: none for the user: 222222222222");
    let text = wrong("StopLogging", json!({ "Name": unknown }), "TrailNotFoundException");
    assert_eq!(text, format!("Unknown trail: {unknown} for the user: 222222222222"));
    let elsewhere = |members| ask_in(&world, "eu-west-1", &MEMBER_ADMIN, "StartLogging", &members);
    let arn = "arn:aws:cloudtrail:us-east-1:222222222222:trail/one";
    refused(&elsewhere(json!({ "Name": arn })), "InvalidHomeRegionException");
    refused(&elsewhere(json!({ "Name": "one" })), "TrailNotFoundException");
    for name in ["two", "three", "four", "five"] {
        done(&world, &MEMBER_ADMIN, "CreateTrail", create(name));
    }
    assert_eq!(
        wrong("CreateTrail", create("six"), "MaximumNumberOfTrailsExceededException"),
        "User: 222222222222 already has 5 trails in us-east-1."
    );
    done(&world, &MEMBER_ADMIN, "DeleteTrail", json!({ "Name": "two" }));
    done(&world, &MEMBER_ADMIN, "CreateTrail", create("six"));
}

/// F-TRAILS-BUCKET-1, F-TRAILS-BUCKET-3.
#[test]
fn a_bucket_that_is_not_there_or_keeps_cloudtrail_out_is_refused_f_trails_bucket_1() {
    let open = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::guarded/*",
         "Condition": {"StringNotEquals": {"aws:SourceAccount": "222222222222"}}}]});
    let guarded = BucketState::Present { policy: Some(open.to_string()) };
    let unknown = BucketState::WithoutPolicies;
    let buckets = [("guarded".to_owned(), guarded), ("plain".to_owned(), unknown)];
    let buckets = TrailBuckets::These(std::sync::Arc::new(buckets.into()));
    let world = World::of(Setup { trail_buckets: buckets, ..Setup::company() });
    let to = |bucket: &str| json!({ "Name": "main", "S3BucketName": bucket });
    let text =
        refused(&ask(&world, &MEMBER_ADMIN, "CreateTrail", to("absent")), "S3BucketDoesNotExistException");
    assert_eq!(text, "S3 bucket absent does not exist!");
    refused(
        &ask(&world, &MANAGEMENT_ADMIN, "CreateTrail", to("guarded")),
        "InsufficientS3BucketPolicyException",
    );
    done(&world, &MEMBER_ADMIN, "CreateTrail", to("guarded"));
    done(&world, &MANAGEMENT_ADMIN, "CreateTrail", to("plain"));
    let moved = ask(&world, &MANAGEMENT_ADMIN, "UpdateTrail", to("guarded"));
    refused(&moved, "InsufficientS3BucketPolicyException");
    let trail = done(&world, &MANAGEMENT_ADMIN, "GetTrail", json!({ "Name": "main" }));
    assert_eq!(trail["Trail"]["S3BucketName"], "plain");
}

/// F-TRAILS-ORG-1, F-TRAILS-ORG-3.
#[test]
fn an_organization_has_trails_where_it_trusts_cloudtrail_f_trails_org_1() {
    let world = World::company();
    let try_as = |world: &World, caller: &Caller| ask(world, caller, "CreateTrail", of_organization("all"));
    refused(&try_as(&world, &STANDALONE_ADMIN), "OrganizationsNotInUseException");
    refused(&try_as(&world, &MEMBER_ADMIN), "NotOrganizationMasterAccountException");
    refused(&try_as(&world, &MANAGEMENT_ADMIN), "CloudTrailAccessNotEnabledException");
    let world = trusting();
    let created = done(&world, &MANAGEMENT_ADMIN, "CreateTrail", of_organization("all"));
    assert_eq!(created["IsOrganizationTrail"], true);
    let role = wire::operation(Service::Iam, "GetRole");
    let role = world.ask(&MANAGEMENT_ADMIN.key, role, &json!({ "RoleName": "AWSServiceRoleForCloudTrail" }));
    assert_eq!(role.status, 200, "{}", role.text());
}

/// F-TRAILS-ORG-2, F-TRAILS-ORG-5, F-TRAILS-DESC-1.
#[test]
fn members_see_the_trail_of_the_organization_and_do_not_change_it_f_trails_org_2() {
    let world = trusting();
    done(&world, &MANAGEMENT_ADMIN, "CreateTrail", of_organization("all"));
    done(&world, &MEMBER_ADMIN, "CreateTrail", create("own"));
    let listed = |members: Value| names(&done(&world, &MEMBER_ADMIN, "DescribeTrails", members));
    assert_eq!(listed(json!({})), ["own", "all"]);
    assert_eq!(listed(json!({ "includeShadowTrails": false })), ["own"]);
    assert_eq!(names(&done(&world, &MEMBER_ADMIN, "ListTrails", json!({}))), ["own", "all"]);
    let arn = "arn:aws:cloudtrail:us-east-1:111111111111:trail/all";
    let status = done(&world, &MEMBER_ADMIN, "GetTrailStatus", json!({ "Name": arn }));
    assert_eq!(status["IsLogging"], false);
    for operation in ["StopLogging", "DeleteTrail", "StartLogging", "UpdateTrail"] {
        let answer = ask(&world, &MEMBER_ADMIN, operation, json!({ "Name": arn }));
        refused(&answer, "NotOrganizationMasterAccountException");
    }
    refused(&ask(&world, &STANDALONE_ADMIN, "GetTrail", json!({ "Name": arn })), "TrailNotFoundException");
    let own =
        ask(&world, &MEMBER_ADMIN, "UpdateTrail", json!({ "Name": "own", "IsOrganizationTrail": true }));
    refused(&own, "NotOrganizationMasterAccountException");
    let elsewhere = ask_in(&world, "eu-west-1", &MANAGEMENT_ADMIN, "DescribeTrails", &json!({})).json();
    assert_eq!(elsewhere["trailList"][0]["HomeRegion"], "us-east-1");
}

/// F-TRAILS-ORG-4: a delegated administrator makes trails that belong to the management account.
#[test]
fn a_delegated_administrator_works_for_the_management_account_f_trails_org_4() {
    let world = trusting();
    let register = |id: &str| {
        ask(&world, &MANAGEMENT_ADMIN, "RegisterOrganizationDelegatedAdmin", json!({ "MemberAccountId": id }))
    };
    refused(&register(MANAGEMENT), "CannotDelegateManagementAccountException");
    refused(&register(STANDALONE), "AccountNotFoundException");
    let by_member = ask(
        &world,
        &MEMBER_ADMIN,
        "RegisterOrganizationDelegatedAdmin",
        json!({ "MemberAccountId": DELEGATE }),
    );
    refused(&by_member, "NotOrganizationManagementAccountException");
    assert_eq!(register(DELEGATE).status, 200);
    refused(&register(DELEGATE), "AccountRegisteredException");
    let created = done(&world, &DELEGATE_ADMIN, "CreateTrail", of_organization("all"));
    let arn = "arn:aws:cloudtrail:us-east-1:111111111111:trail/all";
    assert_eq!(created["TrailARN"], arn);
    done(&world, &DELEGATE_ADMIN, "StartLogging", json!({ "Name": arn }));
    assert_eq!(
        done(&world, &MANAGEMENT_ADMIN, "GetTrailStatus", json!({ "Name": "all" }))["IsLogging"],
        true
    );
    let end = json!({ "DelegatedAdminAccountId": DELEGATE });
    done(&world, &MANAGEMENT_ADMIN, "DeregisterOrganizationDelegatedAdmin", end.clone());
    refused(
        &ask(&world, &MANAGEMENT_ADMIN, "DeregisterOrganizationDelegatedAdmin", end),
        "AccountNotRegisteredException",
    );
    let stop = ask(&world, &DELEGATE_ADMIN, "StopLogging", json!({ "Name": arn }));
    refused(&stop, "NotOrganizationMasterAccountException");
}

/// F-TRAILS-TAG-1, F-TRAILS-TAG-2, F-TRAILS-TAG-3.
#[test]
fn a_trail_has_tags_f_trails_tag_1() {
    let world = World::company();
    let arn = done(&world, &MEMBER_ADMIN, "CreateTrail", create("main"))["TrailARN"].clone();
    let tags = |pairs: &[(&str, &str)]| -> Value {
        pairs.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    };
    let listed = || {
        done(&world, &MEMBER_ADMIN, "ListTags", json!({ "ResourceIdList": [arn] }))["ResourceTagList"][0]
            .clone()
    };
    done(
        &world,
        &MEMBER_ADMIN,
        "AddTags",
        json!({ "ResourceId": arn, "TagsList": tags(&[("b", "1"), ("a", "2")]) }),
    );
    assert_eq!(listed(), json!({ "ResourceId": arn, "TagsList": tags(&[("a", "2"), ("b", "1")]) }));
    done(
        &world,
        &MEMBER_ADMIN,
        "RemoveTags",
        json!({ "ResourceId": arn, "TagsList": tags(&[("a", "other"), ("b", "1")]) }),
    );
    assert_eq!(listed()["TagsList"], tags(&[("a", "2")]));
    let wrong = |id: Value, code| {
        refused(
            &ask(
                &world,
                &MEMBER_ADMIN,
                "AddTags",
                json!({ "ResourceId": id, "TagsList": tags(&[("a", "1")]) }),
            ),
            code,
        )
    };
    wrong(json!("main"), "CloudTrailARNInvalidException");
    wrong(json!("arn:aws:cloudtrail:us-east-1:222222222222:channel/x"), "ResourceTypeNotSupportedException");
    wrong(json!("arn:aws:cloudtrail:us-east-1:222222222222:trail/none"), "ResourceNotFoundException");
    let many: Vec<_> = (0..51).map(|number| json!({ "Key": format!("k{number}"), "Value": "v" })).collect();
    let answer = ask(&world, &MEMBER_ADMIN, "AddTags", json!({ "ResourceId": arn, "TagsList": many }));
    refused(&answer, "TagsLimitExceededException");
    assert_eq!(listed()["TagsList"], tags(&[("a", "2")]));
}

/// F-TRAILS-SEL-1, F-TRAILS-SEL-2, F-TRAILS-SEL-3, F-TRAILS-SEL-4, F-TRAILS-SEL-5, F-TRAILS-INS-1, F-TRAILS-LOG-1,
/// F-TRAILS-KEYS-1, F-TRAILS-STATUS-1.
#[test]
fn selectors_are_held_to_their_rules_f_trails_sel_1() {
    let world = World::company();
    done(&world, &MEMBER_ADMIN, "CreateTrail", create("main"));
    let put = |members: Value| {
        let mut members = members;
        members["TrailName"] = json!("main");
        ask(&world, &MEMBER_ADMIN, "PutEventSelectors", members)
    };
    let get = || done(&world, &MEMBER_ADMIN, "GetEventSelectors", json!({ "TrailName": "main" }));
    let default = json!([{ "ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
                           "ExcludeManagementEventSources": [] }]);
    assert_eq!(get()["EventSelectors"], default);
    for wrong in [
        json!({ "EventSelectors": [{}, {}, {}, {}, {}, {}] }),
        json!({ "EventSelectors": [{ "ExcludeManagementEventSources": ["iam.amazonaws.com"] }] }),
        json!({ "EventSelectors": [{ "DataResources": [{ "Type": "AWS::SNS::Topic", "Values": [] }] }] }),
        json!({ "EventSelectors": [{ "DataResources": [{ "Type": "AWS::S3::Object", "Values": vec!["a"; 251] }] }] }),
        json!({ "AdvancedEventSelectors": [{ "FieldSelectors": [{ "Field": "eventCategory", "Equals": ["Insight"] }] }] }),
        json!({ "AdvancedEventSelectors": [{ "FieldSelectors": [{ "Field": "eventCategory", "Equals": ["Management"] },
            { "Field": "resources.ARN", "Equals": ["a"] }] }] }),
        json!({ "AdvancedEventSelectors": [{ "FieldSelectors": [{ "Field": "eventCategory", "Equals": ["Management"] },
            { "Field": "readOnly", "NotEquals": ["true"] }] }] }),
        json!({ "AdvancedEventSelectors": [{ "FieldSelectors": [{ "Field": "eventCategory", "Equals": ["Data"] }] }] }),
    ] {
        refused(&put(wrong), "InvalidEventSelectorsException");
    }
    assert_eq!(get()["EventSelectors"], default);
    let described = || done(&world, &MEMBER_ADMIN, "DescribeTrails", json!({}))["trailList"][0].clone();
    assert_eq!(described()["HasCustomEventSelectors"], false);
    assert_eq!(put(json!({ "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] })).status, 200);
    assert_eq!(described()["HasCustomEventSelectors"], true);
    let insights = json!({ "TrailName": "main" });
    let none = ask(&world, &MEMBER_ADMIN, "GetInsightSelectors", insights.clone());
    refused(&none, "InsightNotEnabledException");
    let put = json!({ "TrailName": "main", "InsightSelectors": [{ "InsightType": "ApiCallRateInsight" }] });
    done(&world, &MEMBER_ADMIN, "PutInsightSelectors", put.clone());
    assert_eq!(
        done(&world, &MEMBER_ADMIN, "GetInsightSelectors", insights)["InsightSelectors"],
        put["InsightSelectors"]
    );
    assert_eq!(described()["HasInsightSelectors"], true);
    let nameless = ask(&world, &MEMBER_ADMIN, "PutInsightSelectors", json!({ "InsightSelectors": [] }));
    refused(&nameless, "InvalidParameterException");
    let keys = done(&world, &MEMBER_ADMIN, "ListPublicKeys", json!({ "NextToken": "none" }));
    assert_eq!(keys["PublicKeyList"], json!([]));
    let range = json!({ "StartTime": 2_000_000_000, "EndTime": 1_000_000_000 });
    refused(&ask(&world, &MEMBER_ADMIN, "ListPublicKeys", range), "InvalidTimeRangeException");
}

/// F-TRAILS-AUTH-1: policies see the trail by its ARN and its tags.
#[test]
fn policies_are_asked_about_the_trail_f_trails_auth_1() {
    let world = World::company();
    done(&world, &MEMBER_ADMIN, "CreateTrail", create("main"));
    let answer = ask(&world, &MEMBER_NOBODY, "StopLogging", json!({ "Name": "main" }));
    let text = refused(&answer, "AccessDeniedException");
    let named = "cloudtrail:StopLogging on resource: arn:aws:cloudtrail:us-east-1:222222222222:trail/main";
    assert!(text.contains(named), "{text}");
}

/// F-TRAILS-RATE-1.
#[test]
fn changes_have_a_rate_of_their_own_f_trails_rate_1() {
    let throttle = accountd::configuration::Throttle::Aws;
    let world = World::of(Setup { throttle, ..Setup::company() });
    done(&world, &MEMBER_ADMIN, "CreateTrail", create("main"));
    refused(&ask(&world, &MEMBER_ADMIN, "CreateTrail", create("more")), "ThrottlingException");
    for _ in 0..10 {
        done(&world, &MEMBER_ADMIN, "GetTrail", json!({ "Name": "main" }));
    }
    refused(&ask(&world, &MEMBER_ADMIN, "GetTrail", json!({ "Name": "main" })), "ThrottlingException");
}
