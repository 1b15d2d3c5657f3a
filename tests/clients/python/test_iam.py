"""IAM through boto3: answers as boto3 reads them, refusals as AWS words them, and keys that work at once
(F-IAMAPI-…)."""

import csv
import io
import json

import pytest
from accountd import refusal
from botocore.credentials import Credentials

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ACCOUNT = "000000000001"


def allow(action, resource="*", **more):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def root(server):
    return server.root(1)


@pytest.fixture
def iam(server, root):
    return server.client("iam", root)


@pytest.fixture
def as_user(server, iam):
    """Makes a user with a policy and gives the user's credentials."""

    def make(name, policy):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    return make


def test_a_role_comes_back_as_it_was_made(iam):
    document = trust(f"arn:aws:iam::{ACCOUNT}:root")
    made = iam.create_role(
        RoleName="Auditor",
        Path="/audit/",
        AssumeRolePolicyDocument=document,
        Description="Reads",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "blue"}],
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/audit/Auditor"
    got = iam.get_role(RoleName="Auditor")["Role"]
    more = {"Description": "Reads", "MaxSessionDuration": 7200, "RoleLastUsed": {}}
    assert got == made | more
    assert got["AssumeRolePolicyDocument"] == json.loads(document)
    iam.put_role_policy(RoleName="Auditor", PolicyName="own", PolicyDocument=allow("account:Get*"))
    got = iam.get_role_policy(RoleName="Auditor", PolicyName="own")
    assert got["PolicyDocument"] == json.loads(allow("account:Get*"))


def test_refusals_are_iams(iam):
    iam.create_user(UserName="ann")
    known = refusal(iam.create_user, UserName="ANN")
    assert (known.status, known.code) == (409, "EntityAlreadyExists")
    assert known.message == "User with name ANN already exists."
    unknown = refusal(iam.get_role, RoleName="none")
    assert (unknown.status, unknown.code) == (404, "NoSuchEntity")
    assert unknown.message == "The role with name none cannot be found."
    malformed = refusal(iam.put_user_policy, UserName="ann", PolicyName="p", PolicyDocument="{}")
    assert (malformed.status, malformed.code) == (400, "MalformedPolicyDocument")
    iam.attach_user_policy(UserName="ann", PolicyArn=ADMINISTRATOR)
    conflict = refusal(iam.delete_user, UserName="ann")
    assert (conflict.status, conflict.code) == (409, "DeleteConflict")
    assert conflict.message == "Cannot delete entity, must detach all policies first."


def test_a_key_works_until_it_is_taken_away(server, iam, as_user):
    credentials = as_user("ann", allow("iam:GetUser"))
    ann = server.client("iam", credentials)
    assert ann.get_user()["User"]["UserName"] == "ann"
    iam.update_access_key(UserName="ann", AccessKeyId=credentials.access_key, Status="Inactive")
    assert refusal(ann.get_user).code == "InvalidClientTokenId"
    iam.update_access_key(UserName="ann", AccessKeyId=credentials.access_key, Status="Active")
    ann.get_user()
    iam.delete_access_key(UserName="ann", AccessKeyId=credentials.access_key)
    assert refusal(ann.get_user).code == "InvalidClientTokenId"


def test_a_group_gives_its_members_what_account_management_asks(server, iam, as_user):
    ann = server.client("account", as_user("ann", allow("iam:GetUser")))
    denied = refusal(ann.get_account_information)
    assert denied.message.endswith(
        "because no identity-based policy allows the account:GetAccountInformation action"
    )
    iam.create_group(GroupName="Readers")
    policy = iam.create_policy(PolicyName="Read", PolicyDocument=allow("account:Get*"))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="Readers", PolicyArn=policy)
    iam.add_user_to_group(GroupName="Readers", UserName="ann")
    assert ann.get_account_information()["AccountId"] == ACCOUNT
    # The version in force counts at once.
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=allow("account:List*"), SetAsDefault=True)
    assert refusal(ann.get_account_information).code == "AccessDeniedException"
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    ann.get_account_information()


def test_boto3s_paginators_see_everything_once(iam):
    names = [f"user{number:02}" for number in range(11)]
    for name in names:
        iam.create_user(UserName=name)
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 4})
    assert [[user["UserName"] for user in page["Users"]] for page in pages] == [names[:4], names[4:8], names[8:]]
    pages = iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 2})
    policies = [policy["Arn"] for page in pages for policy in page["Policies"]]
    assert len(policies) == len(set(policies)) and ADMINISTRATOR in policies


def test_an_account_is_summed_up(iam, as_user):
    as_user("ann", allow("iam:*"))
    iam.create_account_alias(AccountAlias="tidewater")
    assert iam.list_account_aliases()["AccountAliases"] == ["tidewater"]
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["Roles"], summary["AccessKeysPerUserQuota"]) == (1, 0, 2)
    details = iam.get_account_authorization_details()
    assert details["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"] == json.loads(allow("iam:*"))
    assert refusal(iam.get_account_password_policy).code == "NoSuchEntity"
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    report = iam.get_credential_report()["Content"].decode()
    rows = list(csv.DictReader(io.StringIO(report)))
    assert [row["user"] for row in rows] == ["<root_account>", "ann"]
    assert rows[1]["access_key_1_active"] == "true"


def test_the_simulator_agrees_with_the_evaluator(server, iam, as_user):
    ann = server.client("account", as_user("ann", allow("account:Get*")))
    actions = ["account:GetContactInformation", "account:PutContactInformation"]
    results = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/ann", ActionNames=actions
    )["EvaluationResults"]
    assert [result["EvalDecision"] for result in results] == ["allowed", "implicitDeny"]
    assert ann.get_contact_information()["ContactInformation"]["FullName"]
    assert refusal(ann.delete_alternate_contact, AlternateContactType="BILLING").code == "AccessDeniedException"


def test_the_trail_shows_who_changed_what_and_no_secret(server, root, iam):
    iam.create_user(UserName="ann")
    secret = iam.create_access_key(UserName="ann")["AccessKey"]["SecretAccessKey"]
    trail = server.client("cloudtrail", root)
    events = trail.lookup_events()["Events"]
    assert [event["EventName"] for event in events[:2]] == ["CreateAccessKey", "CreateUser"]
    record = json.loads(events[0]["CloudTrailEvent"])
    assert record["eventSource"] == "iam.amazonaws.com"
    assert record["awsRegion"] == "us-east-1" and record["readOnly"] is False
    assert secret not in json.dumps([event["CloudTrailEvent"] for event in events])


def test_the_trail_names_errors_and_resources(server, root, iam):
    """F-EVENT-11, F-TRAIL-9."""
    user = iam.create_user(UserName="ann")["User"]
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    assert refusal(iam.create_user, UserName="ann").code == "EntityAlreadyExists"
    assert refusal(iam.get_role, RoleName="absent").code == "NoSuchEntity"
    assert refusal(iam.get_credential_report).code == "ReportNotPresent"
    trail = server.client("cloudtrail", root)

    def look_up(key, value):
        attribute = {"AttributeKey": key, "AttributeValue": value}
        return trail.lookup_events(LookupAttributes=[attribute])["Events"]

    def named(event):
        return [(each["ResourceType"].rpartition("::")[2], each["ResourceName"]) for each in event["Resources"]]

    events = look_up("EventSource", "iam.amazonaws.com")
    codes = [json.loads(event["CloudTrailEvent"]).get("errorCode") for event in events]
    assert codes == [
        "CredentialReportNotPresentException",
        "NoSuchEntityException",
        "EntityAlreadyExistsException",
        None,
        None,
    ]
    assert [named(event) for event in events] == [
        [],
        [],
        [],
        [("AccessKey", key), ("User", "ann")],
        [("User", "ann"), ("User", user["UserId"]), ("User", user["Arn"])],
    ]
    by_name = look_up("ResourceName", "ann")
    assert [event["EventName"] for event in by_name] == ["CreateAccessKey", "CreateUser"]
    assert [event["EventName"] for event in look_up("ResourceType", "AWS::IAM::AccessKey")] == ["CreateAccessKey"]


def test_a_user_with_force_destroy_goes_as_terraform_deletes_it(iam):
    """F-IAMAPI-USR-3: what the provider asks for before it deletes a user, in its order."""
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="devs")
    iam.add_user_to_group(GroupName="devs", UserName="ann")
    iam.create_access_key(UserName="ann")
    iam.remove_user_from_group(GroupName="devs", UserName="ann")
    for key in iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    assert iam.list_ssh_public_keys(UserName="ann")["SSHPublicKeys"] == []
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"] == []
    assert iam.list_mfa_devices(UserName="ann")["MFADevices"] == []
    missing = refusal(iam.delete_login_profile, UserName="ann")
    assert (missing.status, missing.code) == (404, "NoSuchEntity")
    assert iam.list_signing_certificates(UserName="ann")["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName="ann")["ServiceSpecificCredentials"] == []
    iam.delete_user(UserName="ann")
    assert refusal(iam.get_user, UserName="ann").message == "The user with name ann cannot be found."


def test_keys_and_roles_show_their_last_use(server, root, iam, as_user):
    """F-IAMAPI-KEY-3"""
    ann = as_user("ann", allow("sts:AssumeRole"))
    document = trust(f"arn:aws:iam::{ACCOUNT}:user/ann")
    role = iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=document)["Role"]
    unused = iam.get_access_key_last_used(AccessKeyId=ann.access_key)
    assert unused["UserName"] == "ann"
    assert unused["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    assert iam.get_role(RoleName="auditor")["Role"]["RoleLastUsed"] == {}
    sts = server.client("sts", ann, region="eu-west-1")
    given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="monday")["Credentials"]
    session = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    # A call that is refused is a use too.
    assert refusal(server.client("iam", session).list_users).code == "AccessDenied"
    server.wait_for_events(1, root, ("ListUsers",))
    now = server.own("GET", "/_accountd/clock")["now"]
    used = iam.get_access_key_last_used(AccessKeyId=ann.access_key)["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sts", "eu-west-1")
    assert used["LastUsedDate"].strftime("%Y-%m-%dT%H:%M:%S") == now[:19]
    role_used = iam.get_role(RoleName="auditor")["Role"]["RoleLastUsed"]
    assert role_used == {"LastUsedDate": used["LastUsedDate"], "Region": "us-east-1"}
    details = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert [each["RoleLastUsed"] for each in details] == [role_used]
    iam.generate_credential_report()
    report = iam.get_credential_report()["Content"].decode()
    (line,) = [line for line in csv.DictReader(io.StringIO(report)) if line["user"] == "ann"]
    assert line["access_key_1_last_used_date"] == f"{now[:19]}Z"
    assert (line["access_key_1_last_used_region"], line["access_key_1_last_used_service"]) == ("eu-west-1", "sts")
    assert line["access_key_2_last_used_date"] == "N/A"
