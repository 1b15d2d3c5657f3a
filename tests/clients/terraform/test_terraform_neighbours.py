"""Terraform's resources of central root access, Service Quotas and tags: apply, plan without difference, import, update,
destroy (F-TAG-1, F-SVCQ-1, F-SVCQ-4, F-IAMAPI-ROOT-1)."""

import json

import pytest
from test_terraform import MIRROR, NO_DIFFERENCE, TERRAFORM, Workspace

ACCOUNT = "111122223333"
CONTACTS = f"arn:aws:iam::{ACCOUNT}:policy/team/contacts"
FEATURES = ["RootCredentialsManagement", "RootSessions"]
SCALING = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_web"


class Neighbours(Workspace):
    """A folder with the configuration of the services beside IAM and its state."""

    CONFIGURATION = "neighbours.tf"


@pytest.mark.skipif(not (TERRAFORM and MIRROR), reason="no terraform with its AWS provider")
def test_the_life_of_what_is_beside_iam(server, tmp_path):
    terraform = Neighbours(tmp_path / "first", server)
    terraform("init", "-input=false")
    terraform("apply", "-input=false", "-auto-approve")
    told = {name: output["value"] for name, output in json.loads(terraform("output", "-json")).items()}
    zones = [f"us-east-1{letter}" for letter in "abcdef"]
    assert told == {"policy": CONTACTS, "service": "iam", "users": 5000, "blue": [CONTACTS], "zones": zones}
    server.advance("1s")
    terraform.plan(expect=NO_DIFFERENCE)

    iam = server.client("iam", server.root(ACCOUNT))
    assert iam.get_account_summary()["SummaryMap"]["RolesQuota"] == 1100
    organizations = server.client("organizations", server.root(ACCOUNT))
    company = organizations.describe_organization()["Organization"]["Id"]
    imported = Neighbours(tmp_path / "second", server)
    imported("init", "-input=false")
    imported.take_over(
        {
            "aws_organizations_organization.company": company,
            "aws_iam_organizations_features.root": company,
            "aws_iam_service_linked_role.scaling": f"arn:aws:iam::{ACCOUNT}:{SCALING}",
            "aws_iam_policy.contacts": CONTACTS,
            "aws_servicequotas_service_quota.roles": "iam/L-FE177D64",
        }
    )

    (tmp_path / "first" / "more.auto.tfvars.json").write_text(json.dumps({"features": FEATURES, "roles": 1200}))
    terraform.change()
    assert sorted(iam.list_organizations_features()["EnabledFeatures"]) == FEATURES
    server.advance("1s")
    assert iam.get_account_summary()["SummaryMap"]["RolesQuota"] == 1200
    terraform.plan(expect=NO_DIFFERENCE)
    terraform("destroy", "-input=false", "-auto-approve")
