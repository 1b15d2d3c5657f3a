"""An organization and a member in it, from nothing to closed, by Terraform alone: apply, plan without
difference, import, update, destroy (F-STORY-4, F-CLIENT-11)."""

import json
import shutil

import pytest
from accountd import refusal
from botocore.credentials import Credentials
from test_terraform import HERE, MIRROR, NO_DIFFERENCE, TERRAFORM, Workspace

MANAGEMENT = "111122223333"
KINDS = ("BILLING", "OPERATIONS", "SECURITY")
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"

pytestmark = pytest.mark.skipif(not (TERRAFORM and MIRROR), reason="no terraform with its AWS provider")


@pytest.fixture
def pipeline(server):
    """The access key of the user that vends accounts: a root user cannot assume their role."""
    iam = server.client("iam", server.root(MANAGEMENT))
    iam.create_user(UserName="vending")
    iam.attach_user_policy(UserName="vending", PolicyArn=ADMINISTRATOR_ACCESS)
    key = iam.create_access_key(UserName="vending")["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def workspace(directory, server, pipeline):
    terraform = Workspace(directory, server)
    shutil.copy(HERE / "vend/main.tf", directory)
    terraform.environment |= {
        "TF_VAR_access_key": pipeline.access_key,
        "TF_VAR_secret_key": pipeline.secret_key,
    }
    terraform("init", "-input=false")
    return terraform


def imports(given):
    """The address of each resource and the id by which it is imported."""
    return {
        "aws_organizations_organization.own": given["organization"],
        "aws_account_primary_contact.own": "default",
        "aws_organizations_organizational_unit.workloads": given["workloads"],
        "aws_organizations_organizational_unit.production": given["production"],
        "aws_organizations_account.member": given["member"],
        "aws_organizations_policy.stays": given["stays"],
        "aws_organizations_policy.tags": given["tags"],
        "aws_organizations_policy_attachment.stays": f"{given['production']}:{given['stays']}",
        "aws_organizations_policy_attachment.tags": f"{given['root']}:{given['tags']}",
        "aws_organizations_delegated_administrator.config": f"{given['member']}/config.amazonaws.com",
        "aws_account_primary_contact.member": "default",
        "aws_account_region.member": "eu-south-1",
    } | {f'aws_account_alternate_contact.member["{kind}"]': kind for kind in KINDS}


def import_all(terraform, given):
    """Takes everything over in one run: import blocks spare a run for each resource."""
    every = imports(given)
    blocks = [f'import {{\n  to = {address}\n  id = "{name}"\n}}\n' for address, name in every.items()]
    (terraform.directory / "imports.tf").write_text("".join(blocks))
    existing = {"existing": given["member"]}
    told = terraform("apply", "-input=false", "-auto-approve", **existing)
    counts = f"Resources: {len(every)} imported, 0 added, 0 changed, 0 destroyed."
    assert counts in told, told
    terraform.plan(expect=NO_DIFFERENCE, **existing)


def test_an_account_is_vended_kept_and_closed(server, pipeline, tmp_path):
    terraform = workspace(tmp_path / "first", server, pipeline)
    terraform("apply", "-input=false", "-auto-approve")
    given = json.loads(terraform("output", "-json"))["identifiers"]["value"]
    terraform.plan(expect=NO_DIFFERENCE)
    root = server.root(given["member"])
    member, organizations = server.client("account", root), server.client("organizations", root)
    assert member.get_contact_information()["ContactInformation"]["FullName"] == "Greenhouse Team"
    assert member.get_region_opt_status(RegionName="eu-south-1")["RegionOptStatus"] == "ENABLED"
    leaving = refusal(organizations.leave_organization)
    assert leaving.code == "AccessDeniedException"
    assert f"/service_control_policy/{given['stays']}" in leaving.message

    import_all(workspace(tmp_path / "second", server, pipeline), given)

    changes = {"title": "Changed", "unit": "Live", "denied": '["account:CloseAccount"]'}
    terraform("apply", "-input=false", "-auto-approve", **changes)
    contact = member.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"]
    assert contact["Title"] == "Changed"
    terraform.plan(expect=NO_DIFFERENCE, **changes)

    close(server, terraform, given, changes)


def close(server, terraform, given, changes):
    """A closed account keeps its organization and its unit from being deleted, for 90 days as on AWS."""
    destroy = ("destroy", "-input=false", "-auto-approve")
    terraform(*destroy, "-target=aws_organizations_account.member", **changes)
    management = server.client("organizations", server.root(MANAGEMENT))
    assert management.describe_account(AccountId=given["member"])["Account"]["Status"] == "SUSPENDED"
    assert refusal(management.delete_organization).code == "OrganizationNotEmptyException"
    server.advance("91d")
    terraform(*destroy, **changes)
    assert refusal(management.describe_organization).code == "AWSOrganizationsNotInUseException"
