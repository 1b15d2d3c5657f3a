"""Terraform's IAM resources: apply, plan without difference, import, update, destroy (F-IAMAPI-TF-1)."""

import pytest
from test_terraform import MIRROR, NO_DIFFERENCE, TERRAFORM, Workspace

ACCOUNT = "111122223333"
CONTACTS = f"arn:aws:iam::{ACCOUNT}:policy/team/contacts"

IMPORTS = {
    "aws_iam_policy.boundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "aws_iam_policy.contacts": CONTACTS,
    "aws_iam_role.auditor": "Auditor",
    "aws_iam_role_policy.inline": "Auditor:inline",
    "aws_iam_role_policy_attachment.contacts": f"Auditor/{CONTACTS}",
    "aws_iam_user.ann": "ann",
    "aws_iam_group.devs": "devs",
    "aws_iam_account_alias.alias": "tidewater",
}


class IamWorkspace(Workspace):
    """A folder with the configuration of IAM and its state."""

    CONFIGURATION = "iam.tf"


@pytest.mark.skipif(not (TERRAFORM and MIRROR), reason="no terraform with its AWS provider")
def test_the_life_of_an_accounts_identities(server, tmp_path):
    terraform = IamWorkspace(tmp_path / "first", server)
    terraform("init", "-input=false")
    terraform("apply", "-input=false", "-auto-approve")
    terraform.plan(expect=NO_DIFFERENCE)
    iam = server.client("iam", server.root(ACCOUNT))
    assert [user["UserName"] for user in iam.get_group(GroupName="devs")["Users"]] == ["ann", "bob"]

    imported = IamWorkspace(tmp_path / "second", server)
    imported("init", "-input=false")
    imported.take_over(IMPORTS)

    changes = {"action": "account:List*", "description": "Changed"}
    terraform.change(**changes)
    assert iam.get_policy(PolicyArn=CONTACTS)["Policy"]["DefaultVersionId"] == "v2"
    assert iam.get_role(RoleName="Auditor")["Role"]["Description"] == "Changed"
    terraform.plan(expect=NO_DIFFERENCE, **changes)

    terraform("destroy", "-input=false", "-auto-approve", **changes)
    summary = iam.get_account_summary()["SummaryMap"]
    assert [summary[name] for name in ("Users", "Groups", "Roles", "Policies")] == [0, 0, 0, 0]
