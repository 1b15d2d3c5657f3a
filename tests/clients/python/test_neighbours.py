"""The Resource Groups Tagging API, Service Quotas, central root access and last accessed details through boto3, which
speaks CBOR to the first (F-TAG-…, F-WIRE-37, F-SVCQ-…, F-STSAPI-ROOT-…, F-IAMAPI-LASTACC-…)."""

import json

import pytest
from accountd import refusal
from botocore.credentials import Credentials

ACCOUNT = "000000000001"
LIST_USERS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}],
    }
)


@pytest.fixture
def root(server):
    return server.root(1)


@pytest.fixture
def iam(server, root):
    return server.client("iam", root)


def tagged(iam, count):
    tags = [{"Key": "team", "Value": "blue"}]
    names = [f"policy{number:02}" for number in range(count)]
    return [
        iam.create_policy(PolicyName=name, PolicyDocument=LIST_USERS, Tags=tags)["Policy"]["Arn"]
        for name in names
    ]


def test_tags_are_found_and_changed(server, root, iam):
    arns = tagged(iam, 5)
    tagging = server.client("resourcegroupstaggingapi", root)
    pages = tagging.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "team", "Values": ["blue"]}], ResourcesPerPage=2
    )
    sizes, found = [], []
    for page in pages:
        sizes.append(len(page["ResourceTagMappingList"]))
        found += [entry["ResourceARN"] for entry in page["ResourceTagMappingList"]]
    assert (sizes, found) == ([2, 2, 1], arns)
    absent = f"arn:aws:iam::{ACCOUNT}:policy/none"
    failed = tagging.tag_resources(ResourceARNList=[arns[0], absent], Tags={"größe": "1"})
    assert list(failed["FailedResourcesMap"]) == [absent]
    assert failed["FailedResourcesMap"][absent]["StatusCode"] == 400
    assert tagging.get_tag_keys()["TagKeys"] == ["größe", "team"]
    assert tagging.get_tag_values(Key="größe")["TagValues"] == ["1"]
    tagging.untag_resources(ResourceARNList=arns, TagKeys=["team"])
    assert tagging.get_tag_keys()["TagKeys"] == ["größe"]
    refused = refusal(tagging.get_resources, TagsPerPage=99)
    assert (refused.status, refused.code) == (400, "InvalidParameterException")
    refused = refusal(tagging.tag_resources, ResourceARNList=["none"], Tags={"a": "b"})
    assert refused.message == "none is not a valid AmazonResourceName (ARN)"


def test_a_quota_is_granted_in_time(server, root):
    quotas = server.client("service-quotas", root)
    listed = quotas.get_paginator("list_service_quotas").paginate(
        ServiceCode="iam", PaginationConfig={"PageSize": 5}
    )
    listed = {quota["QuotaCode"]: quota for page in listed for quota in page["Quotas"]}
    code = "L-FE177D64"
    assert listed[code]["Value"] == 1000.0 and listed[code]["Adjustable"]
    asked = quotas.request_service_quota_increase(ServiceCode="iam", QuotaCode=code, DesiredValue=1200)
    asked = asked["RequestedQuota"]
    assert asked["Status"] == "PENDING"
    assert json.loads(asked["Requester"])["accountId"] == ACCOUNT
    refused = refusal(
        quotas.request_service_quota_increase, ServiceCode="iam", QuotaCode=code, DesiredValue=1300
    )
    assert refused.code == "ResourceAlreadyExistsException"
    server.advance("1s")
    change = quotas.get_requested_service_quota_change(RequestId=asked["Id"])["RequestedQuota"]
    assert (change["Status"], change["LastUpdated"] > change["Created"]) == ("APPROVED", True)
    assert quotas.get_service_quota(ServiceCode="iam", QuotaCode=code)["Quota"]["Value"] == 1200.0
    default = quotas.get_aws_default_service_quota(ServiceCode="iam", QuotaCode=code)["Quota"]
    assert default["Value"] == 1000.0
    assert server.client("iam", root).get_account_summary()["SummaryMap"]["RolesQuota"] == 1200


def test_a_members_root_user_is_looked_after(server, root, iam):
    organizations = server.client("organizations", root)
    organizations.create_organization(FeatureSet="ALL")
    organizations.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    created = organizations.create_account(AccountName="Member", Email="member@example.com")
    server.advance("2s")
    request = created["CreateAccountStatus"]["Id"]
    status = organizations.describe_create_account_status(CreateAccountRequestId=request)
    member = status["CreateAccountStatus"]["AccountId"]
    features = iam.enable_organizations_root_credentials_management()["EnabledFeatures"]
    assert features == ["RootCredentialsManagement"]
    iam.create_user(UserName="admin")
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_user_policy(UserName="admin", PolicyArn=administrator)
    key = iam.create_access_key(UserName="admin")["AccessKey"]
    sts = server.client("sts", Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
    opened = sts.assume_root(
        TargetPrincipal=member,
        TaskPolicyArn={"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"},
    )["Credentials"]
    session = Credentials(opened["AccessKeyId"], opened["SecretAccessKey"], opened["SessionToken"])
    identity = server.client("sts", session).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{member}:root"
    of_member = server.client("iam", session)
    assert refusal(of_member.get_login_profile).code == "NoSuchEntity"
    assert of_member.list_access_keys()["AccessKeyMetadata"] == []
    assert refusal(of_member.create_user, UserName="more").code == "AccessDenied"


def test_what_was_used_is_told(server, root, iam):
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="own", PolicyDocument=LIST_USERS)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    server.client("iam", reader).list_users()
    # The log is written up to here when CloudTrail is asked.
    server.client("cloudtrail", root).lookup_events()
    arn = f"arn:aws:iam::{ACCOUNT}:user/reader"
    job = iam.generate_service_last_accessed_details(Arn=arn, Granularity="ACTION_LEVEL")["JobId"]
    details = iam.get_service_last_accessed_details(JobId=job)
    (row,) = details["ServicesLastAccessed"]
    assert (row["ServiceNamespace"], row["LastAuthenticatedEntity"]) == ("iam", arn)
    (action,) = row["TrackedActionsLastAccessed"]
    assert (action["ActionName"], action["LastAccessedRegion"]) == ("ListUsers", "us-east-1")
