"""What one service changes, the others show in the very next call (F-STORY-5, F-STORY-6)."""

import json

import pytest
from accountd import refusal
from botocore.credentials import Credentials
from company import (
    ADMINISTRATOR,
    MANAGEMENT,
    MEMBER,
    NOBODY,
    NOBODY_ARN,
    ORGANIZATION,
    OTHER_MEMBER,
    session_arn,
)

ACCESS_ROLE = f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"
SCP = "SERVICE_CONTROL_POLICY"
EVERYTHING = {"AlternateContactType": "SECURITY"}
CONTACT = {
    "AlternateContactType": "SECURITY",
    "Name": "Ann",
    "Title": "CISO",
    "EmailAddress": "ann@example.invalid",
    "PhoneNumber": "+12065550100",
}


def document(effect, action, **condition):
    statement = {"Effect": effect, "Action": action, "Resource": "*"}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}
    )


class Callers:
    """Clients of one company: the management account's administrator, and a session in the member."""

    def __init__(self, server):
        self.server = server
        self.account, self.organizations, self.iam, self.sts = (
            server.client(service, ADMINISTRATOR) for service in ("account", "organizations", "iam", "sts")
        )

    def of_member(self, service):
        return self.server.client(service, self.session())

    def session(self):
        given = self.sts.assume_role(RoleArn=ACCESS_ROLE, RoleSessionName="ann")["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def root_id(self):
        return self.organizations.list_roots()["Roots"][0]["Id"]

    def described(self, account=MEMBER):
        return self.organizations.describe_account(AccountId=account)["Account"]

    def attach_scp(self, target, content):
        policy = self.organizations.create_policy(Name="new", Description="", Type=SCP, Content=content)
        summary = policy["Policy"]["PolicySummary"]
        self.organizations.attach_policy(PolicyId=summary["Id"], TargetId=target)
        return summary

    def allow_nobody(self, content):
        """Gives the user without permissions this policy and no other."""
        self.iam.put_user_policy(UserName="nobody", PolicyName="own", PolicyDocument=content)
        return self.server.client("account", NOBODY)


@pytest.fixture
def callers(company):
    return Callers(company())


def test_a_name_put_by_account_management_is_shown_by_organizations(callers):
    callers.account.put_account_name(AccountId=MEMBER, AccountName="Renamed")
    assert callers.described()["Name"] == "Renamed"
    names = [account["Name"] for account in callers.organizations.list_accounts()["Accounts"]]
    assert "Renamed" in names and "Probe Member" not in names


def test_an_address_moves_when_its_update_completes(callers):
    account, new = callers.account, {"AccountId": MEMBER, "PrimaryEmail": "new@example.invalid"}
    code = callers.server.message_of(account.start_primary_email_update, **new)["code"]
    assert callers.described()["Email"] == "Probe+Member@example.invalid"
    account.accept_primary_email_update(**new, Otp=code)
    callers.server.advance("1s")
    assert callers.described()["Email"] == "new@example.invalid"
    # The new address is taken, the former one is free again.
    create = callers.organizations.create_account
    create(AccountName="A", Email="NEW@example.invalid")
    callers.server.advance("5s")
    create(AccountName="B", Email="probe+member@example.invalid")
    callers.server.advance("5s")
    statuses = callers.organizations.list_create_account_status()["CreateAccountStatuses"]
    reasons = {status["AccountName"]: status.get("FailureReason") for status in statuses}
    assert reasons == {"A": "EMAIL_ALREADY_EXISTS", "B": None}


def test_a_service_control_policy_binds_a_session_that_is_open(callers):
    member = callers.of_member("account")
    member.put_alternate_contact(**CONTACT)
    denied = document("Deny", "account:PutAlternateContact")
    policy = callers.attach_scp(MEMBER, denied)
    answer = refusal(member.put_alternate_contact, **CONTACT)
    assert (answer.status, answer.code) == (403, "AccessDeniedException")
    assert answer.message.endswith(f"with an explicit deny in a service control policy: {policy['Arn']}")
    assert f"User: {session_arn('ann')} is not authorized" in answer.message
    # By trusted access the management account does it all the same: its caller is no principal of the member.
    callers.account.put_alternate_contact(AccountId=MEMBER, **CONTACT)
    callers.organizations.update_policy(
        PolicyId=policy["Id"], Content=document("Deny", "account:DeleteAlternateContact")
    )
    member.put_alternate_contact(**CONTACT)
    assert refusal(member.delete_alternate_contact, **EVERYTHING).message.endswith(policy["Arn"])
    callers.organizations.detach_policy(PolicyId=policy["Id"], TargetId=MEMBER)
    member.delete_alternate_contact(**EVERYTHING)


def test_a_session_ends_with_its_role(callers):
    session = callers.session()
    account, sts = (callers.server.client(service, session) for service in ("account", "sts"))
    account.get_account_information()
    iam = callers.server.client("iam", callers.server.root(MEMBER))
    name = {"RoleName": "OrganizationAccountAccessRole"}
    iam.detach_role_policy(**name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    answer = refusal(account.get_account_information)
    assert answer.code == "AccessDeniedException" and "no identity-based policy allows" in answer.message
    trust = iam.get_role(**name)["Role"]["AssumeRolePolicyDocument"]
    iam.delete_role(**name)
    assert refusal(account.get_account_information).code == "UnrecognizedClientException"
    assert refusal(sts.get_caller_identity).code == "InvalidClientTokenId"
    # One of the same name is another role: the session stays closed.
    iam.create_role(**name, AssumeRolePolicyDocument=json.dumps(trust))
    assert refusal(account.get_account_information).code == "UnrecognizedClientException"


def test_a_key_opens_and_closes_every_service(callers):
    iam = callers.iam
    iam.create_user(UserName="new")
    iam.put_user_policy(UserName="new", PolicyName="own", PolicyDocument=document("Allow", "*"))
    key = iam.create_access_key(UserName="new")["AccessKey"]
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    calls = {
        "account": lambda client: client.get_account_information(AccountId=MEMBER),
        "organizations": lambda client: client.describe_account(AccountId=MEMBER),
        "iam": lambda client: client.get_user(),
        "sts": lambda client: client.get_caller_identity(),
        "ec2": lambda client: client.describe_regions(),
        "cloudtrail": lambda client: client.lookup_events(),
    }
    clients = {service: callers.server.client(service, credentials) for service in calls}
    for service, call in calls.items():
        call(clients[service])
    iam.update_access_key(UserName="new", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    codes = {service: refusal(lambda: call(clients[service])).code for service, call in calls.items()}
    assert codes == {
        "account": "UnrecognizedClientException",
        "organizations": "UnrecognizedClientException",
        "cloudtrail": "UnrecognizedClientException",
        "iam": "InvalidClientTokenId",
        "sts": "InvalidClientTokenId",
        "ec2": "AuthFailure",
    }


def test_a_condition_on_the_path_follows_the_account_that_is_moved(callers):
    root = callers.root_id()
    unit = callers.organizations.create_organizational_unit(ParentId=root, Name="Workloads")
    unit = unit["OrganizationalUnit"]["Id"]
    path = {"ForAnyValue:StringLike": {"account:AccountResourceOrgPaths": f"{ORGANIZATION}/{root}/{unit}/*"}}
    nobody = callers.allow_nobody(document("Allow", "account:*", **path))
    read = {"AccountId": MEMBER}
    answer = refusal(nobody.get_account_information, **read)
    assert answer.message.startswith(f"User: {NOBODY_ARN} is not authorized")
    move = callers.organizations.move_account
    move(AccountId=MEMBER, SourceParentId=root, DestinationParentId=unit)
    assert nobody.get_account_information(**read)["AccountName"] == "Probe Member"
    assert refusal(nobody.get_account_information, AccountId=OTHER_MEMBER).code == "AccessDeniedException"
    move(AccountId=MEMBER, SourceParentId=unit, DestinationParentId=root)
    assert refusal(nobody.get_account_information, **read).code == "AccessDeniedException"


def test_a_moved_account_comes_under_the_policies_of_its_new_unit(callers):
    root = callers.root_id()
    unit = callers.organizations.create_organizational_unit(ParentId=root, Name="Frozen")
    unit = unit["OrganizationalUnit"]["Id"]
    policy = callers.attach_scp(unit, document("Deny", "account:EnableRegion"))
    member = callers.of_member("account")
    callers.organizations.move_account(AccountId=MEMBER, SourceParentId=root, DestinationParentId=unit)
    answer = refusal(member.enable_region, RegionName="af-south-1")
    assert answer.message.endswith(policy["Arn"])
    callers.organizations.move_account(AccountId=MEMBER, SourceParentId=unit, DestinationParentId=root)
    member.enable_region(RegionName="af-south-1")


def test_a_condition_on_tags_follows_the_accounts_tags(callers):
    tag = {"StringEquals": {"account:AccountResourceOrgTags/team": "blue"}}
    nobody = callers.allow_nobody(document("Allow", "account:*", **tag))
    read = {"AccountId": MEMBER}
    assert refusal(nobody.get_account_information, **read).code == "AccessDeniedException"
    tags = [{"Key": "team", "Value": "blue"}]
    callers.organizations.tag_resource(ResourceId=MEMBER, Tags=tags)
    nobody.get_account_information(**read)
    callers.organizations.tag_resource(ResourceId=MEMBER, Tags=[{"Key": "team", "Value": "red"}])
    assert refusal(nobody.get_account_information, **read).code == "AccessDeniedException"
    callers.organizations.tag_resource(ResourceId=MEMBER, Tags=tags)
    callers.organizations.untag_resource(ResourceId=MEMBER, TagKeys=["team"])
    assert refusal(nobody.get_account_information, **read).code == "AccessDeniedException"


def test_trusted_access_opens_and_closes_the_members(callers):
    service = {"ServicePrincipal": "account.amazonaws.com"}
    callers.organizations.disable_aws_service_access(**service)
    answer = refusal(callers.account.get_account_information, AccountId=MEMBER)
    assert answer.code == "AccessDeniedException"
    callers.organizations.enable_aws_service_access(**service)
    callers.account.get_account_information(AccountId=MEMBER)


def test_a_delegated_administrator_manages_from_then_until_then(callers):
    delegation = {"AccountId": MEMBER, "ServicePrincipal": "account.amazonaws.com"}
    member, other = callers.of_member("account"), {"AccountId": OTHER_MEMBER}
    assert refusal(member.get_account_information, **other).code == "AccessDeniedException"
    callers.organizations.register_delegated_administrator(**delegation)
    assert member.get_account_information(**other)["AccountName"] == "Other Member"
    callers.organizations.deregister_delegated_administrator(**delegation)
    assert refusal(member.get_account_information, **other).code == "AccessDeniedException"


def test_a_region_that_is_enabled_is_shown_by_ec2(callers):
    account, ec2 = callers.of_member("account"), callers.of_member("ec2")

    def shown():
        return {region["RegionName"] for region in ec2.describe_regions()["Regions"]}

    before = shown()
    account.enable_region(RegionName="af-south-1")
    assert shown() - before <= {"af-south-1"}
    callers.server.advance("2s")
    assert shown() == before | {"af-south-1"}
    account.disable_region(RegionName="af-south-1")
    callers.server.advance("1s")
    assert shown() == before


def test_a_closed_account_is_read_and_no_longer_written(callers):
    member = callers.of_member("account")
    callers.account.put_alternate_contact(AccountId=MEMBER, **CONTACT)
    callers.organizations.close_account(AccountId=MEMBER)
    assert callers.described()["State"] == "PENDING_CLOSURE"
    assert member.get_account_information()["AccountState"] == "ACTIVE"
    callers.server.advance("1s")
    assert callers.described()["State"] == "CLOSED"
    to = {"AccountId": MEMBER}
    writes = {
        "put_account_name": {"AccountName": "No"},
        "put_alternate_contact": CONTACT,
        "delete_alternate_contact": EVERYTHING,
        "enable_region": {"RegionName": "af-south-1"},
        "start_primary_email_update": {"PrimaryEmail": "no@example.invalid"},
    }
    for operation, members in writes.items():
        assert refusal(getattr(callers.account, operation), **to, **members).code == "AccessDeniedException"
    contact = callers.account.get_alternate_contact(**to, **EVERYTHING)["AlternateContact"]
    assert contact["Name"] == "Ann"
    assert callers.account.get_account_information(**to)["AccountName"] == "Probe Member"
    assert refusal(member.get_account_information).code == "UnrecognizedClientException"
    answer = refusal(callers.sts.assume_role, RoleArn=ACCESS_ROLE, RoleSessionName="again")
    assert answer.code == "AccessDenied"


def test_the_records_of_one_story_lie_in_the_accounts_that_they_concern(callers):
    """Each service has its own source, and an assumed role is on the log of both accounts."""
    callers.organizations.tag_resource(ResourceId=MEMBER, Tags=[{"Key": "a", "Value": "b"}])
    callers.iam.create_user(UserName="new")
    callers.of_member("account").put_alternate_contact(**CONTACT)
    names = ("TagResource", "CreateUser", "AssumeRole", "PutAlternateContact")
    management = callers.server.wait_for_events(3, ADMINISTRATOR, names)
    assert [(event["eventSource"], event["eventName"]) for event in management] == [
        ("organizations.amazonaws.com", "TagResource"),
        ("iam.amazonaws.com", "CreateUser"),
        ("sts.amazonaws.com", "AssumeRole"),
    ]
    own = callers.server.wait_for_events(2, callers.server.root(MEMBER), names)
    assert [event["eventName"] for event in own] == ["AssumeRole", "PutAlternateContact"]
    assert own[0]["sharedEventID"] == management[2]["sharedEventID"]
    assert {event["recipientAccountId"] for event in management} == {MANAGEMENT}
