"""Terraform in a member account, through a provider that assumes OrganizationAccountAccessRole (F-STSAPI-40)."""

import json
import pathlib
import shutil

import pytest
from accountd import refusal
from company import ADMINISTRATOR, ADMINISTRATOR_ARN, session, session_arn
from test_terraform import MIRROR, NO_DIFFERENCE, TERRAFORM, Workspace, server  # noqa: F401

HERE = pathlib.Path(__file__).parent


def workspace(directory, server):  # noqa: F811
    terraform = Workspace(directory, server)
    shutil.copy(HERE / "assume_role/main.tf", directory)
    terraform.environment |= {
        "TF_VAR_access_key": ADMINISTRATOR.access_key,
        "TF_VAR_secret_key": ADMINISTRATOR.secret_key,
    }
    terraform("init", "-input=false")
    return terraform


@pytest.mark.skipif(not (TERRAFORM and MIRROR), reason="no terraform with its AWS provider")
def test_a_member_is_kept_through_its_access_role(server, tmp_path):  # noqa: F811
    terraform = workspace(tmp_path / "first", server)
    terraform("apply", "-input=false", "-auto-approve")
    outputs = json.loads(terraform("output", "-json"))
    assert outputs["callers"]["value"] == [ADMINISTRATOR_ARN, session_arn("terraform")]
    assert outputs["not_opted_in"]["value"] == 17
    contact = server.client("account", session("probe")).get_alternate_contact
    assert contact(AlternateContactType="OPERATIONS")["AlternateContact"]["Title"] == "Operations"
    terraform.plan(expect=NO_DIFFERENCE)
    imported = workspace(tmp_path / "second", server)
    imported("import", "-input=false", "aws_account_alternate_contact.member", "OPERATIONS")
    imported.plan("-target=aws_account_alternate_contact.member", expect=NO_DIFFERENCE)
    terraform.change(title="Changed")
    assert contact(AlternateContactType="OPERATIONS")["AlternateContact"]["Title"] == "Changed"
    terraform("destroy", "-input=false", "-auto-approve", title="Changed")
    assert refusal(contact, AlternateContactType="OPERATIONS").code == "ResourceNotFoundException"
