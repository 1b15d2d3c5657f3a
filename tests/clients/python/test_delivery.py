"""Trails, digests, notices and events delivered to S3, SNS, CloudWatch Logs and EventBridge as moto plays them."""

import gzip
import json
import pathlib
import subprocess
import sys

from accountd import clean_environment, refusal
from aws_elsewhere import CREDENTIALS, bucket, delivered, keys, objects, within
from company import MANAGEMENT, MEMBER

AWS = pathlib.Path(sys.executable).parent / "aws"


def start_with(start, moto, *flags, s3=True):
    to_s3 = ("--s3", moto.url) if s3 else ()
    return start("--time", "manual", "--trail-interval", "60s", *to_s3, *flags, environment=CREDENTIALS)


def test_a_trail_is_delivered_to_a_bucket(start, moto):
    """F-S3-1, F-S3-2: the bucket is asked for its policy, and gets the files; the status says when. F-S3-4: it is marked."""
    server = start_with(start, moto)
    trail = server.client("cloudtrail", server.root(MEMBER))
    told = refusal(trail.create_trail, Name="main", S3BucketName="absent-bucket")
    assert told.code == "S3BucketDoesNotExistException"
    s3 = bucket(moto, "delivered", MEMBER, policy=False)
    told = refusal(trail.create_trail, Name="main", S3BucketName="delivered")
    assert told.code == "InsufficientS3BucketPolicyException"
    bucket(moto, "delivered", MEMBER)
    trail.create_trail(Name="main", S3BucketName="delivered")
    assert objects(s3, "delivered") == [f"AWSLogs/{MEMBER}/CloudTrail/"]
    trail.update_trail(Name="main", EnableLogFileValidation=True)
    assert objects(s3, "delivered") == [f"AWSLogs/{MEMBER}/CloudTrail{end}/" for end in ("-Digest", "")]
    trail.start_logging(Name="main")
    server.client("account", server.root(MEMBER)).list_regions()
    server.advance("60s")
    within(10, lambda: keys(s3, "delivered"))
    names = [record["eventName"] for record in delivered(s3, "delivered")]
    assert names[-2:] == ["StartLogging", "ListRegions"]
    status = trail.get_trail_status(Name="main")
    assert status["IsLogging"] and "LatestDeliveryTime" in status and "LatestDeliveryError" not in status
    s3.delete_bucket_policy(Bucket="delivered")
    for key in objects(s3, "delivered"):
        s3.delete_object(Bucket="delivered", Key=key)
    s3.delete_bucket(Bucket="delivered")
    server.client("account", server.root(MEMBER)).list_regions()
    server.advance("1h")
    within(10, lambda: trail.get_trail_status(Name="main").get("LatestDeliveryError") == "NoSuchBucket")
    bucket(moto, "delivered", MEMBER)
    within(20, lambda: "ListRegions" in [record["eventName"] for record in delivered(s3, "delivered")])


def test_the_cli_says_that_logs_are_valid_until_a_byte_changes(start, moto):
    """F-DIGEST-1: `aws cloudtrail validate-logs` follows the digests, their hashes and signatures."""
    server = start_with(start, moto)
    s3 = bucket(moto, "validated", MEMBER)
    trail = server.client("cloudtrail", server.root(MEMBER))
    arn = trail.create_trail(Name="main", S3BucketName="validated", EnableLogFileValidation=True)["TrailARN"]
    trail.start_logging(Name="main")
    for _ in range(4):
        server.client("account", server.root(MEMBER)).list_regions()
        server.advance("31m")
    within(20, lambda: len(keys(s3, "validated", "CloudTrail-Digest/")) >= 2)

    def validated():
        environment = clean_environment(
            AWS_ACCESS_KEY_ID=MEMBER,
            AWS_SECRET_ACCESS_KEY="test",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_ENDPOINT_URL=server.url,
            AWS_ENDPOINT_URL_S3=moto.url,
        )
        since = "2020-01-01T00:00:00Z"
        command = [AWS, "cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", since]
        end = server.own("GET", "/_accountd/clock")["now"]
        command += ["--end-time", end, "--verbose"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    code, said = validated()
    assert code == 0 and "INVALID" not in said, said
    assert "digest files valid" in said and "log files valid" in said, said
    key = keys(s3, "validated")[0]
    text = gzip.decompress(s3.get_object(Bucket="validated", Key=key)["Body"].read())
    s3.put_object(Bucket="validated", Key=key, Body=gzip.compress(text.replace(b"us-east-1", b"us-east-2")))
    code, said = validated()
    assert code != 0 and "INVALID" in said, said


def test_a_topic_and_a_log_group_hear_of_it(start, moto):
    """F-NOTICE-1, F-NOTICE-2."""
    server = start_with(start, moto, "--sns", moto.url, "--logs", moto.url)
    s3 = bucket(moto, "noticed", MEMBER)
    sns, sqs, logs = (moto.client(service) for service in ("sns", "sqs", "logs"))
    topic = sns.create_topic(Name="trail")["TopicArn"]
    queue = sqs.create_queue(QueueName="trail")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    logs.create_log_group(logGroupName="trail")
    trail = server.client("cloudtrail", server.root(MEMBER))
    trail.create_trail(
        Name="main",
        S3BucketName="noticed",
        SnsTopicName=topic,
        CloudWatchLogsLogGroupArn="arn:aws:logs:us-east-1:123456789012:log-group:trail:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{MEMBER}:role/logs",
    )
    trail.start_logging(Name="main")
    server.client("account", server.root(MEMBER)).list_regions()
    server.advance("60s")
    (message,) = within(10, lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    told = json.loads(json.loads(message["Body"])["Message"])
    assert told == {"s3Bucket": "noticed", "s3ObjectKey": keys(s3, "noticed")}
    stream = f"{MEMBER}_CloudTrail_us-east-1"
    events = within(10, lambda: logs.get_log_events(logGroupName="trail", logStreamName=stream)["events"])
    assert [json.loads(event["message"])["eventName"] for event in events][-1] == "ListRegions"
    status = within(10, lambda: trail.get_trail_status(Name="main"))
    assert {"LatestNotificationTime", "LatestCloudWatchLogsDeliveryTime"} <= set(status)


def test_events_arrive_at_an_endpoint(start, moto):
    """F-EVENTS-3: a rule on the Regions of accounts sends them to a queue; a pattern of AWS's guide matches them."""
    events, sqs = moto.client("events"), moto.client("sqs")
    queue = sqs.create_queue(QueueName="regions")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.account"],
        "detail-type": ["Region Opt-In Status Change"],
        "detail": {"status": ["ENABLED"], "regionName": ["af-south-1"]},
    }
    events.put_rule(Name="regions", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="regions", Targets=[{"Id": "queue", "Arn": queue_arn}])
    server = start_with(start, moto, "--events", moto.url, "--delays", "enable=90s", s3=False)
    account = server.client("account", server.root(MANAGEMENT))
    account.enable_region(RegionName="af-south-1")
    account.list_regions()
    server.advance("91s")
    (message,) = within(15, lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    event = json.loads(message["Body"])
    assert event["detail"] == {"accountId": MANAGEMENT, "regionName": "af-south-1", "status": "ENABLED"}


def test_a_killed_process_repeats_and_never_skips(start, moto, tmp_path):
    """F-DELIVER-3: SIGKILL again and again while files are put; each call is there once by the id of its record."""
    data = str(tmp_path / "data")
    flags = ("--data", data, "--trail", str(tmp_path / "records"), "--trail-interval", "1s")
    server = start(*flags)
    ids = set()
    for _ in range(4):
        account = server.client("account", server.root(MEMBER))
        for number in range(25):
            account.put_account_name(AccountName=f"Name {number}")
        ids |= {event["eventID"] for event in server.events(server.root(MEMBER), ["PutAccountName"])}
        server.kill()
        server.start()

    def found():
        records = []
        for path in (tmp_path / "records").rglob("*.json.gz"):
            records += json.loads(gzip.decompress(path.read_bytes()))["Records"]
        names = [record["eventID"] for record in records if record["eventName"] == "PutAccountName"]
        return set(names) if ids <= set(names) else None

    assert within(20, found) >= ids and len(ids) == 100


def test_what_happened_is_delivered_when_the_process_ends_f_deliver_6(start, tmp_path):
    """F-DELIVER-6: an accountd that keeps nothing leaves the records of all calls behind."""
    server = start("--trail", str(tmp_path / "records"), "--events", str(tmp_path / "events.jsonl"))
    server.client("account", server.root(MEMBER)).put_account_name(AccountName="Last")
    server.stop()
    (path,) = (tmp_path / "records").rglob("*.json.gz")
    assert path.relative_to(tmp_path / "records").parts[:2] == ("AWSLogs", MEMBER)
    (record,) = json.loads(gzip.decompress(path.read_bytes()))["Records"]
    assert record["eventName"] == "PutAccountName"
    (event,) = map(json.loads, (tmp_path / "events.jsonl").read_text().splitlines())
    assert event["detail"] == record
