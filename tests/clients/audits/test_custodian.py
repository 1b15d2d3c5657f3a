"""Cloud Custodian, unmodified, asks about an account and its IAM, and acts (F-STORY-10)."""

import json

import pytest
from account import HERE, PYTHON, furnish, run

pytestmark = pytest.mark.skipif(not PYTHON, reason="no Cloud Custodian")

NAMES = ["account_id", "UserName", "RoleName", "GroupName"]

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
}


def test_custodian_finds_what_is_there_and_acts(server, tmp_path):
    iam = furnish(server)
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
