"""Cloud Custodian, unmodified, asks about an account and its IAM, and acts; the tags of policies and
accounts it asks the Tagging API for (F-STORY-10, F-TAG-1)."""

import json

import pytest
from account import ACCOUNT, HERE, PYTHON, document, furnish, run

pytestmark = pytest.mark.skipif(not PYTHON, reason="no Cloud Custodian")

NAMES = ["account_id", "UserName", "RoleName", "GroupName", "PolicyName", "Name"]
TEAM = [{"Key": "team", "Value": "network"}]

# Of each policy the names of what it finds; of the account its id.
FOUND = {
    "account-without-mfa": ["111122223333"],
    "account-without-password-policy": ["111122223333"],
    "account-by-alias": ["111122223333"],
    "root-without-mfa": ["111122223333"],
    "root-keys": [],
    "users-with-keys": ["mover"],
    "users-with-keys-by-report": ["mover"],
    "users-without-mfa": ["mover", "plain"],
    "users-of-a-group": ["mover"],
    "users-with-inline-policies": ["mover"],
    "users-of-no-team": ["plain"],
    "roles-with-administrator-access": ["powerful"],
    "roles-for-outsiders": ["partner"],
    "roles-with-inline-policies": [],
    "groups-without-users": ["empty"],
    "profiles": [],
    "providers": [],
    "policies-of-a-team": ["movers-only"],
    "accounts-of-no-team": ["Member"],
    "units-of-a-team": ["Network"],
    "control-policies-of-a-team": ["no-leaving"],
}


def organize(server):
    """An organization with a unit, a member and a policy, of which the member alone has no tag."""
    organizations = server.client("organizations", server.root(ACCOUNT))
    organizations.create_organization(FeatureSet="ALL")
    (top,) = organizations.list_roots()["Roots"]
    organizations.enable_policy_type(RootId=top["Id"], PolicyType="SERVICE_CONTROL_POLICY")
    organizations.create_organizational_unit(ParentId=top["Id"], Name="Network", Tags=TEAM)
    organizations.tag_resource(ResourceId=ACCOUNT, Tags=TEAM)
    organizations.create_account(AccountName="Member", Email="member@example.com")
    server.advance("2s")
    deny = document("organizations:LeaveOrganization", Effect="Deny", Resource="*")
    organizations.create_policy(
        Name="no-leaving",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=deny,
        Tags=TEAM,
    )
    return organizations


def test_custodian_finds_what_is_there_and_acts(server, tmp_path):
    iam = furnish(server)
    allow = document("sts:AssumeRole", Resource="*")
    for name, tags in [("movers-only", TEAM), ("others", [])]:
        iam.create_policy(PolicyName=name, PolicyDocument=allow, Tags=tags)
    organizations = organize(server)
    options = ["--output-dir", "found", "--cache-period", "0", "--region", "us-east-1"]
    run(server, tmp_path, "-m", "c7n.cli", "run", *options, str(HERE / "policies.yaml"))
    found = {}
    for file in (tmp_path / "found").glob("*/resources.json"):
        resources = json.loads(file.read_text())
        names = (next(resource[key] for key in NAMES if key in resource) for resource in resources)
        found[file.parent.name] = sorted(names)
    assert found == FOUND
    tags = iam.list_user_tags(UserName="plain")["Tags"]
    assert tags == [{"Key": "team", "Value": "unknown"}]
    assert [group["GroupName"] for group in iam.list_groups()["Groups"]] == ["movers"]
    (policy,) = (one for one in iam.list_policies(Scope="Local")["Policies"] if one["PolicyName"] == "movers-only")
    tags = iam.list_policy_tags(PolicyArn=policy["Arn"])["Tags"]
    assert {"Key": "seen", "Value": "yes"} in tags
    (member,) = (one for one in organizations.list_accounts()["Accounts"] if one["Name"] == "Member")
    tags = organizations.list_tags_for_resource(ResourceId=member["Id"])["Tags"]
    assert tags == [{"Key": "team", "Value": "unknown"}]
    (top,) = organizations.list_roots()["Roots"]
    (unit,) = organizations.list_organizational_units_for_parent(ParentId=top["Id"])["OrganizationalUnits"]
    assert organizations.list_tags_for_resource(ResourceId=unit["Id"])["Tags"] == []
