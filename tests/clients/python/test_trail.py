"""The event log: every call is in it, refused ones too, and no value that the model calls sensitive (F-CLIENT-8)."""

import json
import re
import sqlite3

import pytest
from accountd import refusal
from botocore.credentials import Credentials
from company import ADMINISTRATOR, ADMINISTRATOR_ARN, MANAGEMENT, MEMBER, NOBODY, NOBODY_ARN, session

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

# Every value a caller can give that the model calls sensitive, each one nowhere else.
PLANTED = {
    "FullName": "Planted-FullName",
    "AddressLine1": "Planted-AddressLine1",
    "AddressLine2": "Planted-AddressLine2",
    "AddressLine3": "Planted-AddressLine3",
    "City": "Planted-City",
    "StateOrRegion": "Planted-State",
    "DistrictOrCounty": "Planted-District",
    "PostalCode": "Planted-PostalCode",
    "CountryCode": "US",
    "PhoneNumber": "+1206555010101",
    "CompanyName": "Planted-Company",
    "WebsiteUrl": "https://planted-website.invalid",
}
PLANTED_ALTERNATE = {
    "Name": "Planted-Name",
    "Title": "Planted-Title",
    "EmailAddress": "planted-alternate@example.invalid",
    "PhoneNumber": "+1206555020202",
}
PLANTED_MARKS = [
    *(value for field, value in PLANTED.items() if field != "CountryCode"),
    *PLANTED_ALTERNATE.values(),
    "Planted-Account-Name",
    "planted-primary@example.invalid",
]


def test_a_record_has_the_recorded_shape(company):
    server = company()
    client = server.client("account", ADMINISTRATOR)
    answer = client.get_region_opt_status(RegionName="eu-north-1")
    (event,) = server.wait_for_events(1, ADMINISTRATOR)
    assert list(event) == [
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "requestParameters",
        "responseElements",
        "requestID",
        "eventID",
        "readOnly",
        "eventType",
        "managementEvent",
        "recipientAccountId",
        "eventCategory",
    ]
    identity = event["userIdentity"]
    assert list(identity) == ["type", "principalId", "arn", "accountId", "accessKeyId", "userName"]
    assert identity["type"] == "IAMUser" and identity["principalId"].startswith("AIDA")
    assert identity["arn"] == ADMINISTRATOR_ARN and identity["accountId"] == MANAGEMENT
    assert identity["accessKeyId"] == ADMINISTRATOR.access_key and identity["userName"] == "admin"
    assert event["eventSource"] == "account.amazonaws.com" and event["eventName"] == "GetRegionOptStatus"
    assert event["awsRegion"] == "us-east-1" and event["sourceIPAddress"] == "127.0.0.1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["eventTime"])
    assert "Botocore" in event["userAgent"] or "boto" in event["userAgent"].lower()
    assert event["requestParameters"] == {"RegionName": "eu-north-1"} and event["responseElements"] is None
    assert event["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert re.fullmatch(UUID, event["eventID"]) and event["readOnly"] is True
    assert event["eventType"] == "AwsApiCall" and event["managementEvent"] is True
    assert event["recipientAccountId"] == MANAGEMENT and event["eventCategory"] == "Management"


def test_a_root_user_and_a_session_are_told_apart(company):
    server = company()
    root = server.root(MANAGEMENT)
    server.client("account", root).get_account_information()
    (event,) = server.wait_for_events(1, root)
    assert event["userIdentity"]["type"] == "Root"
    assert event["userIdentity"]["arn"] == f"arn:aws:iam::{MANAGEMENT}:root"
    server.client("account", session("probe")).get_account_information()
    (event,) = server.wait_for_events(1, session("probe"))
    identity = event["userIdentity"]
    assert identity["type"] == "AssumedRole"
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert issuer["type"] == "Role" and issuer["userName"] == "OrganizationAccountAccessRole"
    assert issuer["arn"] == f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"


def test_every_operation_is_recorded_and_none_shows_a_planted_value(company):
    server = company()
    member = server.client("account", session("probe"))
    management = server.client("account", ADMINISTRATOR)
    member.get_account_information()
    member.put_account_name(AccountName="Planted-Account-Name")
    member.put_contact_information(ContactInformation=PLANTED)
    member.get_contact_information()
    member.put_alternate_contact(AlternateContactType="BILLING", **PLANTED_ALTERNATE)
    member.get_alternate_contact(AlternateContactType="BILLING")
    member.delete_alternate_contact(AlternateContactType="BILLING")
    member.list_regions(RegionOptStatusContains=["ENABLED"])
    member.get_region_opt_status(RegionName="af-south-1")
    member.enable_region(RegionName="af-south-1")
    server.advance("2s")
    member.disable_region(RegionName="af-south-1")
    refusal(member.get_gov_cloud_account_information)
    phone = server.message_of(member.send_phone_number_verification)["code"]
    member.verify_phone_number(Otp=phone)
    new = {"AccountId": MEMBER, "PrimaryEmail": "planted-primary@example.invalid"}
    code = server.message_of(management.start_primary_email_update, **new)["code"]
    refusal(management.accept_primary_email_update, Otp="zzzzzz", **new)
    management.accept_primary_email_update(Otp=code, **new)
    management.get_primary_email_update_status(AccountId=MEMBER)
    management.get_primary_email(AccountId=MEMBER)
    members = server.wait_for_events(14, session("probe"))
    managements = server.wait_for_events(5, ADMINISTRATOR)
    events = {event["eventID"]: event for event in members + managements}
    assert len({event["eventName"] for event in events.values()}) == 18
    text = json.dumps(list(events.values())) + server.log()
    assert [mark for mark in [*PLANTED_MARKS, code, phone, "zzzzzz"] if mark in text] == []
    named = {event["eventName"]: event for event in events.values()}
    assert named["PutAlternateContact"]["requestParameters"]["AlternateContactType"] == "BILLING"
    assert named["PutAlternateContact"]["readOnly"] is False
    assert named["EnableRegion"]["requestParameters"] == {"RegionName": "af-south-1"}
    assert named["GetGovCloudAccountInformation"]["errorCode"]
    for event in events.values():
        assert event["responseElements"] is None or event["readOnly"] is False


def test_refused_calls_are_recorded_with_their_reason(company):
    server = company()
    member = server.client("account", session("probe"))
    nobody = server.client("account", NOBODY)
    refused = [
        refusal(member.get_alternate_contact, AlternateContactType="BILLING"),
        refusal(member.put_account_name, AccountName="Planted <name>"),
        refusal(member.get_region_opt_status, RegionName="af-south-1", AccountId=MEMBER),
    ]
    denied = refusal(nobody.get_account_information)
    events = server.wait_for_events(3, session("probe"))
    assert [event["eventName"] for event in events] == [
        "GetAlternateContact",
        "PutAccountName",
        "GetRegionOptStatus",
    ]
    assert events[0]["errorCode"] == "ResourceNotFoundException"
    assert events[0]["errorMessage"] == refused[0].message
    assert events[1]["errorCode"] == "ValidationException"
    assert "Planted" not in json.dumps(events)
    assert events[2]["errorCode"].startswith("AccessDenied")
    assert events[2]["errorMessage"] == refused[2].message
    (event,) = [
        event
        for event in server.wait_for_events(1, server.root(MANAGEMENT))
        if event["userIdentity"].get("arn") == NOBODY_ARN
    ]
    assert event["errorMessage"] == denied.message


def test_events_can_be_looked_up_by_attribute(server):
    client = server.client("account")
    client.put_account_name(AccountName="One")
    request_id = client.put_account_name(AccountName="Two")["ResponseMetadata"]["RequestId"]
    client.enable_region(RegionName="af-south-1")
    trail = server.client("cloudtrail")

    def look_up(key, value):
        attributes = [{"AttributeKey": key, "AttributeValue": value}]
        return trail.lookup_events(LookupAttributes=attributes)["Events"]

    named = look_up("EventName", "PutAccountName")
    assert len(named) == 2
    newest = json.loads(named[0]["CloudTrailEvent"])
    assert newest["requestID"] == request_id, "the newest comes first"
    assert {event["EventSource"] for event in named} == {"account.amazonaws.com"}
    assert look_up("EventId", named[1]["EventId"])[0]["EventId"] == named[1]["EventId"]
    assert look_up("EventName", "NoSuchName") == []
    assert len(look_up("ReadOnly", "false")) == 3


def test_pages_of_events(server):
    client = server.client("account")
    for number in range(7):
        client.put_account_name(AccountName=f"Name {number}")
    trail = server.client("cloudtrail")
    attributes = [{"AttributeKey": "EventName", "AttributeValue": "PutAccountName"}]
    seen, token = [], {}
    for _ in range(10):
        page = trail.lookup_events(LookupAttributes=attributes, MaxResults=3, **token)
        seen += [event["EventId"] for event in page["Events"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(seen) == len(set(seen)) == 7


def test_an_account_sees_its_own_events_only(server):
    server.client("account", server.root(1)).put_account_name(AccountName="One")
    assert [event["eventName"] for event in server.events(server.root(1))] == ["PutAccountName"]
    assert server.events(server.root(2)) == []


def test_lookup_needs_a_permission(company):
    refused = refusal(company().client("cloudtrail", NOBODY).lookup_events)
    assert refused.code.startswith("AccessDenied")
    assert "cloudtrail:LookupEvents" in refused.message


def test_get_caller_identity_is_recorded(server):
    server.client("sts").get_caller_identity()
    (event,) = server.wait_for_events(1, names=["GetCallerIdentity"])
    assert event["eventSource"] == "sts.amazonaws.com" and event["readOnly"] is True


def test_no_secret_is_logged(server):
    secret = "planted-secret-access-key"
    refusal(server.client("account", Credentials("AKIAUNKNOWN123456789", secret)).get_account_information)
    refusal(server.client("account", Credentials("test", secret, "planted-token")).get_account_information)
    server.client("account").get_account_information()
    server.wait_for_events(1)
    log = server.log()
    assert secret not in log and "planted-token" not in log and "Signature=" not in log


@pytest.mark.parametrize("form", ["text", "json"])
def test_neither_the_stored_log_nor_the_printed_one_holds_planted_values(start, tmp_path, form):
    flags = ("--data", str(tmp_path / "data"), "--log", form, "--log-level", "debug")
    server = start(*flags)
    client = server.client("account")
    client.put_contact_information(ContactInformation=PLANTED)
    client.put_alternate_contact(AlternateContactType="BILLING", **PLANTED_ALTERNATE)
    client.put_account_name(AccountName="Planted-Account-Name")
    refusal(client.put_account_name, AccountName="Planted <Name>")
    refusal(client.put_contact_information, ContactInformation=PLANTED | {"PhoneNumber": "Planted-Phone"})
    refusal(client.list_regions, NextToken="Planted-Token")
    code = server.message_of(client.send_phone_number_verification)["code"]
    client.verify_phone_number(Otp=code)
    server.wait_for_events(8)
    server.stop()
    stored = "\n".join(stored_events(tmp_path / "data"))
    assert stored.count("PutContactInformation") >= 2
    marks = [*PLANTED_MARKS, code, "Planted-Phone", "Planted <Name>"]
    assert [mark for mark in marks if mark in stored] == []
    assert [mark for mark in marks if mark in server.log()] == []


def stored_events(directory):
    """Every row of the tables that hold events, as text."""
    for path in directory.rglob("*"):
        if not path.is_file() or path.read_bytes()[:15] != b"SQLite format 3":
            continue
        with sqlite3.connect(path) as database:
            tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
            for table in tables:
                if "event" in table:
                    for row in database.execute(f"select * from {table}"):
                        yield " ".join(
                            value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                            for value in row
                        )


@pytest.mark.parametrize(
    ("members", "code"),
    [
        # F-TRAIL-10
        ({"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "True"}]}, "LookupAttributes"),
        ({"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "other"}]}, "LookupAttributes"),
        # F-TRAIL-11
        ({"StartTime": 4102444800}, "TimeRange"),
        # F-TRAIL-12
        ({"EventCategory": "management"}, "EventCategory"),
    ],
)
def test_what_cannot_be_looked_up(company, members, code):
    client = company().client("cloudtrail", ADMINISTRATOR)
    answer = refusal(client.lookup_events, **members)
    assert (answer.status, answer.code) == (400, f"Invalid{code}Exception")


def test_there_are_no_insights(company):
    """F-TRAIL-12"""
    client = company().client("cloudtrail", ADMINISTRATOR)
    client.lookup_events(MaxResults=7)
    event = json.loads(client.lookup_events()["Events"][0]["CloudTrailEvent"])
    # F-TRAIL-13
    assert (event["eventName"], event["requestParameters"]) == ("LookupEvents", {"maxResults": 7})
    assert client.lookup_events(EventCategory="insight")["Events"] == []
