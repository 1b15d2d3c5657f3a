"""The event patterns of AWS's guides against what accountd emits, judged by moto's evaluator of patterns."""

import json

import pytest
from aws_elsewhere import within
from company import MANAGEMENT
from moto.events.models import EventPattern

CALL, SERVICE = "AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"


def of_calls(service, *names):
    """The pattern that EventBridge's reference gives for a service's calls."""
    detail = {"eventSource": [f"{service}.amazonaws.com"]}
    detail |= {"eventName": list(names)} if names else {}
    return {"source": [f"aws.{service}"], "detail-type": [CALL], "detail": detail}


def of_results(*names):
    """The same for what Organizations does by itself."""
    return of_calls("organizations", *names) | {"detail-type": [SERVICE]}


# By what each is to find: names of calls, or a status of a Region.
PATTERNS = {
    "all of Account Management": ({"source": ["aws.account"]}, {"EnableRegion", "PutAccountName", "ENABLING", "ENABLED"}),
    "its calls": (of_calls("account"), {"EnableRegion", "PutAccountName"}),
    "one of its calls": (of_calls("account", "EnableRegion"), {"EnableRegion"}),
    "Regions": (
        {"source": ["aws.account"], "detail-type": ["Region Opt-In Status Change"]},
        {"ENABLING", "ENABLED"},
    ),
    "a Region that is there": (
        {
            "source": ["aws.account"],
            "detail-type": ["Region Opt-In Status Change"],
            "detail": {"status": ["ENABLED"], "regionName": ["af-south-1"]},
        },
        {"ENABLED"},
    ),
    "calls of Organizations": (
        of_calls("organizations", "CreateOrganizationalUnit", "MoveAccount", "AttachPolicy"),
        {"CreateOrganizationalUnit", "MoveAccount", "AttachPolicy"},
    ),
    "an account that was created": (of_results("CreateAccountResult"), {"CreateAccountResult"}),
    "an account that is there": (
        {
            "source": ["aws.organizations"],
            "detail": {
                "eventName": ["CreateAccountResult"],
                "serviceEventDetails": {"createAccountStatus": {"state": ["SUCCEEDED"]}},
            },
        },
        {"CreateAccountResult"},
    ),
    "an account that was closed": (of_results("CloseAccountResult"), {"CloseAccountResult"}),
    "keys and users": (of_calls("iam", "CreateUser", "CreateAccessKey"), {"CreateUser", "CreateAccessKey"}),
    "a policy by its beginning": (
        {
            "source": ["aws.iam"],
            "detail": {"requestParameters": {"policyArn": [{"prefix": "arn:aws:iam::aws:policy/Admin"}]}},
        },
        {"AttachUserPolicy"},
    ),
    "roles that are assumed": (of_calls("sts", "AssumeRole"), {"AssumeRole"}),
    "trails that are switched off": (of_calls("cloudtrail", "StopLogging"), {"StopLogging"}),
    "what the root user does": (
        {"detail-type": [CALL], "detail": {"userIdentity": {"type": ["Root"]}}},
        {
            *("CreateOrganization", "CreateAccount", "CloseAccount", "CreateOrganizationalUnit", "MoveAccount"),
            *("EnablePolicyType", "CreatePolicy", "AttachPolicy", "PutAccountName", "EnableRegion"),
            *("CreateUser", "CreateAccessKey", "AttachUserPolicy", "CreateRole", "StopLogging"),
        },
    ),
    "what was refused": ({"detail": {"errorCode": [{"exists": True}]}}, {"StopLogging"}),
}


def live(server):
    """A little of everything that the patterns speak of."""
    root = server.root(MANAGEMENT)
    account, organizations, iam, cloudtrail = (
        server.client(service, root) for service in ("account", "organizations", "iam", "cloudtrail")
    )
    organizations.create_organization(FeatureSet="ALL")
    account.put_account_name(AccountName="Management")
    account.enable_region(RegionName="af-south-1")
    top = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=top, Name="Work")["OrganizationalUnit"]["Id"]
    organizations.create_account(Email="new@example.com", AccountName="New")
    server.advance("5m")
    (member,) = (it["Id"] for it in organizations.list_accounts()["Accounts"] if it["Id"] != MANAGEMENT)
    organizations.move_account(AccountId=member, SourceParentId=top, DestinationParentId=unit)
    organizations.enable_policy_type(RootId=top, PolicyType="SERVICE_CONTROL_POLICY")
    statement = {"Effect": "Deny", "Action": "account:*", "Resource": "*"}
    content = json.dumps({"Version": "2012-10-17", "Statement": statement})
    policy = organizations.create_policy(Name="p", Description="p", Type="SERVICE_CONTROL_POLICY", Content=content)
    organizations.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=unit)
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    trust = {"Effect": "Allow", "Principal": {"AWS": MANAGEMENT}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    ann = type(root)(key["AccessKeyId"], key["SecretAccessKey"])
    server.client("sts", ann).assume_role(RoleArn=role, RoleSessionName="session")
    iam.list_users()
    with pytest.raises(cloudtrail.exceptions.TrailNotFoundException):
        cloudtrail.stop_logging(Name="absent")
    organizations.close_account(AccountId=member)
    server.advance("5m")


def test_each_pattern_of_the_guides_finds_its_events(start, tmp_path):
    """F-EVENTS-1, F-EVENTS-2, F-EVENTS-5: each pattern matches what it is for and nothing else that is named."""
    path = tmp_path / "events.jsonl"
    server = start("--time", "manual", "--events", str(path))
    live(server)

    def events():
        lines = path.read_text().splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines if line.endswith("}")]
        return found if any(event["detail"].get("eventName") == "CloseAccountResult" for event in found) else None

    def named(event):
        return event["detail"].get("eventName") or event["detail"]["status"]

    emitted = within(20, events)
    assert "ListUsers" not in map(named, emitted)
    for what, (pattern, expected) in PATTERNS.items():
        matches = EventPattern.load(json.dumps(pattern)).matches_event
        assert {named(event) for event in emitted if matches(event)} == expected, what
