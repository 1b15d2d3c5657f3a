"""Who may: IAM policies, boundaries, session policies and service control policies, through the wire.

The evaluation itself is tested case by case in Rust; here each kind of policy decides one call, and the refusal
names it (F-CLIENT-14)."""

import json

from accountd import refusal
from botocore.credentials import Credentials
from company import (
    ADMINISTRATOR,
    ALLOW_ALL,
    MANAGEMENT,
    MEMBER,
    NOBODY,
    NOBODY_ARN,
    OTHER_MEMBER,
    seed,
    session,
    session_arn,
    user,
)

BOUND = Credentials("AKIAMANAGEMENTBOUND1", "secret-of-bound")
DENIED = Credentials("AKIAMANAGEMENTDENIED", "secret-of-denied")
INACTIVE = Credentials("AKIAMANAGEMENTINACTV", "secret-of-inactive")
READS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["account:Get*", "account:List*"], "Resource": "*"}],
}
NO_NAMES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "account:PutAccountName", "Resource": "*"}],
}
NO_AFRICA = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Action": ["account:EnableRegion", "account:DisableRegion"],
            "Resource": "*",
            "Condition": {"StringLike": {"account:TargetRegion": "af-*"}},
        }
    ],
}
SCP_ARN = f"arn:aws:organizations::{MANAGEMENT}:policy/o-exampleorg/service_control_policy/p-noafrica1"


def start_with_policies(start, tmp_path):
    world = seed()
    world["organization"]["policies"] = [{"id": "p-noafrica1", "name": "no-africa", "document": NO_AFRICA}]
    world["organizational_units"] = [
        {
            "name": "Workloads",
            "organizational_units": [{"name": "Europe", "policies": ["no-africa"], "accounts": [MEMBER]}],
        }
    ]
    management = world["accounts"][0]
    management["iam"]["policies"] = [{"name": "reads-only", "document": READS_ONLY}]
    management["iam"]["users"] += [
        user("bound", BOUND, inline_policies={"all": ALLOW_ALL}, permissions_boundary="reads-only"),
        user("denied", DENIED, inline_policies={"all": ALLOW_ALL, "no-names": NO_NAMES}),
    ]
    inactive = user("inactive", INACTIVE, inline_policies={"all": ALLOW_ALL})
    inactive["access_keys"][0]["status"] = "Inactive"
    management["iam"]["users"].append(inactive)
    path = tmp_path / "policies.yaml"
    path.write_text(json.dumps(world))
    return start("--time", "manual", "--seed", str(path))


def denied(arn, operation, account, ending):
    return (
        403,
        "AccessDeniedException",
        f"User: {arn} is not authorized to perform: account:{operation} on resource: "
        f"arn:aws:account::{account}:account {ending}",
    )


def told(call, **members):
    refused = refusal(call, **members)
    return refused.status, refused.code, refused.message


def test_no_policy_allows(company):
    client = company().client("account", NOBODY)
    ending = "because no identity-based policy allows the account:GetAccountInformation action"
    assert told(client.get_account_information) == denied(
        NOBODY_ARN, "GetAccountInformation", MANAGEMENT, ending
    )


def test_a_boundary_does_not_allow(start, tmp_path):
    client = start_with_policies(start, tmp_path).client("account", BOUND)
    assert client.get_account_information()["AccountId"] == MANAGEMENT
    ending = "because no permissions boundary allows the account:PutAccountName action"
    arn = f"arn:aws:iam::{MANAGEMENT}:user/bound"
    refused = told(client.put_account_name, AccountName="New")
    assert refused == denied(arn, "PutAccountName", MANAGEMENT, ending)
    assert client.get_account_information()["AccountName"] == "Example Corp"


def test_an_explicit_deny_wins(start, tmp_path):
    client = start_with_policies(start, tmp_path).client("account", DENIED)
    client.get_account_information()
    arn = f"arn:aws:iam::{MANAGEMENT}:user/denied"
    refused = told(client.put_account_name, AccountName="New")
    expected = denied(arn, "PutAccountName", MANAGEMENT, "with an explicit deny in an identity-based policy")
    assert refused[:2] == expected[:2] and refused[2].startswith(expected[2])


def test_a_service_control_policy_denies_members_and_their_root_but_not_the_management_account(start, tmp_path):
    server = start_with_policies(start, tmp_path)
    ending = f"with an explicit deny in a service control policy: {SCP_ARN}"
    for credentials, arn in [
        (session("probe"), session_arn("probe")),
        (server.root(MEMBER), f"arn:aws:iam::{MEMBER}:root"),
    ]:
        client = server.client("account", credentials)
        refused = told(client.enable_region, RegionName="af-south-1")
        assert refused == denied(arn, "EnableRegion", MEMBER, ending)
        assert client.get_region_opt_status(RegionName="af-south-1")["RegionOptStatus"] == "DISABLED"
    server.client("account", session("probe")).enable_region(RegionName="eu-south-1")
    server.client("account", ADMINISTRATOR).enable_region(RegionName="af-south-1")
    server.client("account", session("probe", MEMBER)).list_regions()


def test_an_inactive_key_is_unknown(start, tmp_path):
    client = start_with_policies(start, tmp_path).client("account", INACTIVE)
    assert refusal(client.get_account_information).code == "UnrecognizedClientException"


def test_a_refused_change_changes_nothing(company):
    server = company()
    nobody = server.client("account", NOBODY)
    before = server.own("GET", "/_accountd/export")
    for call, members in [
        (nobody.put_account_name, {"AccountName": "New"}),
        (nobody.enable_region, {"RegionName": "af-south-1"}),
        (nobody.start_primary_email_update, {"AccountId": OTHER_MEMBER, "PrimaryEmail": "n@example.invalid"}),
        (nobody.send_phone_number_verification, {}),
    ]:
        assert refusal(call, **members).code == "AccessDeniedException"
    assert documents(server.own("GET", "/_accountd/export")) == documents(before)
    assert server.outbox() == []


def documents(export):
    """An export without its events."""
    return {key: value for key, value in export.items() if key != "events"}
