"""AWS's own examples of a data perimeter hold here as they say: identities, resources and networks (F-STORY-9).

The policies lie in `data_perimeter/`, to the letter but for their placeholders."""

import json
import pathlib
import re

import pytest
from accountd import Accountd, refusal
from botocore.credentials import Credentials

POLICIES = pathlib.Path(__file__).parent / "data_perimeter"
MANAGEMENT, OUTSIDE = "111122223333", "999988887777"
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"
CORPORATE = "203.0.113.0/24"

# Everybody of these may do everything, as far as the perimeter lets them.
USERS = {
    "worker": {},
    "keeper": {"team": "admin"},
    "exempt": {"dp:exclude:resource": "true"},
    "laptop": {"dp:include:network": "true"},
    "traveller": {"dp:include:network": "true", "dp:exclude:network": "true"},
}


def filled(name, organization, corporate=CORPORATE):
    """A policy without placeholders and white space."""
    values = {"my-org-id": organization, "my-corporate-cidr": corporate, "region": "us-east-1"}

    def value(match):
        placeholder = match[1]
        if "account" in placeholder:
            return "444455556666"
        if "vpc" in placeholder:
            return "us-east-1" if "region" in placeholder and "in-this" not in placeholder else "vpc-0123456789abcdef0"
        if placeholder == "third-party-resource":
            return "arn:aws:s3:::third-party/*"
        return values.get(placeholder, placeholder.replace("_", "-"))

    text = re.sub(r"<([\w-]+)>", value, (POLICIES / f"{name}.json").read_text())
    return json.dumps(json.loads(text), separators=(",", ":"))


def trust(account):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def assumed(server, credentials, role):
    session = server.client("sts", credentials).assume_role(RoleArn=role, RoleSessionName="perimeter")
    found = session["Credentials"]
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


class Perimeter:
    """An organization with one member, an account outside of it, and the examples attached to the root."""

    def __init__(self, server):
        self.server = server
        self.management = Credentials(f"admin{MANAGEMENT}", "test")
        self.outside = Credentials(f"admin{OUTSIDE}", "test")
        self.organizations = server.client("organizations", self.management)
        self.organization = self.organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
        created = self.organizations.create_account(AccountName="Member", Email="member@example.com")
        self.member = created["CreateAccountStatus"].get("AccountId") or self._created(created)
        inside = assumed(server, self.management, f"arn:aws:iam::{self.member}:role/OrganizationAccountAccessRole")
        iam = server.client("iam", inside)
        self.keys = {}
        for name, tags in USERS.items():
            iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
            iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR_ACCESS)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            self.keys[name] = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        iam.create_role(RoleName="own", AssumeRolePolicyDocument=trust(self.member))
        iam.create_role(RoleName="shared", AssumeRolePolicyDocument=trust(OUTSIDE))
        open_to_all = [{"Key": "dp:exclude:identity", "Value": "true"}]
        iam.create_role(RoleName="public", AssumeRolePolicyDocument=trust(OUTSIDE), Tags=open_to_all)
        elsewhere = server.client("iam", self.outside)
        elsewhere.create_role(RoleName="lake", AssumeRolePolicyDocument=trust(self.member))
        self.policies = self._attach()

    def _created(self, created):
        request = created["CreateAccountStatus"]["Id"]
        status = self.organizations.describe_create_account_status(CreateAccountRequestId=request)
        return status["CreateAccountStatus"]["AccountId"]

    def _attach(self):
        root = self.organizations.list_roots()["Roots"][0]["Id"]
        policies = {}
        for kind, ending in [("SERVICE_CONTROL_POLICY", "scp"), ("RESOURCE_CONTROL_POLICY", "rcp")]:
            self.organizations.enable_policy_type(RootId=root, PolicyType=kind)
            for path in sorted(POLICIES.glob(f"*_{ending}.json")):
                content = filled(path.stem, self.organization)
                policy = self.organizations.create_policy(
                    Name=path.stem, Description="An example of AWS", Type=kind, Content=content
                )["Policy"]
                policies[path.stem] = policy["PolicySummary"]["Id"]
                self.organizations.attach_policy(PolicyId=policies[path.stem], TargetId=root)
        return policies

    def client(self, service, name):
        return self.server.client(service, self.keys[name])

    def assume(self, who, role):
        client = self.server.client("sts", who)
        return lambda: client.assume_role(RoleArn=role, RoleSessionName="perimeter")


@pytest.fixture(scope="module")
def perimeter(tmp_path_factory):
    server = Accountd(tmp_path_factory.mktemp("perimeter"), "--in-memory", "--delays", "instant").start()
    yield Perimeter(server)
    server.stop()


def denied(call, kind, **members):
    refused = refusal(call, **members)
    assert refused.code in ("AccessDenied", "AccessDeniedException")
    assert f"with an explicit deny in a {kind}" in refused.message, refused.message


def test_all_of_the_examples_are_taken(perimeter):
    assert len(perimeter.policies) == len(list(POLICIES.glob("*.json"))) == 8


def test_the_tags_of_the_perimeter_are_their_keepers(perimeter):
    tag = {"UserName": "worker", "Tags": [{"Key": "dp:exclude:network", "Value": "true"}]}
    denied(perimeter.client("iam", "worker").tag_user, "service control policy", **tag)
    perimeter.client("iam", "worker").tag_user(UserName="worker", Tags=[{"Key": "colour", "Value": "red"}])
    keeper = perimeter.client("iam", "keeper")
    keeper.tag_user(**tag)
    keeper.untag_user(UserName="worker", TagKeys=["dp:exclude:network", "colour"])


def test_identities_reach_resources_of_the_organization_only(perimeter):
    lake, own = f"arn:aws:iam::{OUTSIDE}:role/lake", f"arn:aws:iam::{perimeter.member}:role/own"
    denied(perimeter.assume(perimeter.keys["worker"], lake), "service control policy")
    assert perimeter.assume(perimeter.keys["worker"], own)()["Credentials"]
    assert perimeter.assume(perimeter.keys["exempt"], lake)()["Credentials"]


def test_resources_are_reached_by_identities_of_the_organization_only(perimeter):
    shared, public = (f"arn:aws:iam::{perimeter.member}:role/{name}" for name in ("shared", "public"))
    denied(perimeter.assume(perimeter.outside, shared), "resource control policy")
    assert perimeter.assume(perimeter.outside, public)()["Credentials"]


def test_networks_are_those_of_the_company(perimeter):
    contact = perimeter.client("account", "laptop").get_account_information
    denied(contact, "service control policy")
    assert perimeter.client("account", "worker").get_account_information()["AccountId"] == perimeter.member
    assert perimeter.client("account", "traveller").get_account_information()["AccountId"] == perimeter.member
    name = "network_perimeter_sourcevpc_scp"
    for corporate, is_let_in in [("127.0.0.0/8", True), (CORPORATE, False)]:
        content = filled(name, perimeter.organization, corporate)
        perimeter.organizations.update_policy(PolicyId=perimeter.policies[name], Content=content)
        if is_let_in:
            assert contact()["AccountId"] == perimeter.member
        else:
            denied(contact, "service control policy")
