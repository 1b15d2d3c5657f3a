"""Terraform's aws_cloudtrail, of an account and of an organization: apply, plan without difference, import, update, destroy
(F-CLIENT-21)."""

import pytest
from test_terraform import MIRROR, NO_DIFFERENCE, TERRAFORM, Workspace

ACCOUNT = "111122223333"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail"


class TrailWorkspace(Workspace):
    """A folder with the configuration of trails and its state."""

    CONFIGURATION = "trail.tf"


@pytest.mark.skipif(not (TERRAFORM and MIRROR), reason="no terraform with its AWS provider")
def test_the_life_of_trails(server, tmp_path):
    terraform = TrailWorkspace(tmp_path / "first", server)
    terraform("init", "-input=false")
    terraform("apply", "-input=false", "-auto-approve")
    terraform.plan(expect=NO_DIFFERENCE)
    trails = server.client("cloudtrail", server.root(ACCOUNT))
    described = {trail["Name"]: trail for trail in trails.describe_trails()["trailList"]}
    assert described["all"]["IsOrganizationTrail"] and described["all"]["HasInsightSelectors"]
    assert described["own"]["LogFileValidationEnabled"] and trails.get_trail_status(Name="own")["IsLogging"]
    imported = TrailWorkspace(tmp_path / "second", server)
    imported("init", "-input=false")
    imported("import", "-input=false", "aws_organizations_organization.this", organization(server))
    imported("import", "-input=false", "aws_cloudtrail.own", f"{ARN}/own")
    imported("import", "-input=false", "aws_cloudtrail.organization", f"{ARN}/all")
    imported.plan(expect=NO_DIFFERENCE)
    terraform("apply", "-input=false", "-auto-approve", validated="false")
    assert not trails.get_trail(Name="own")["Trail"]["LogFileValidationEnabled"]
    terraform("destroy", "-input=false", "-auto-approve", validated="false")
    assert trails.describe_trails()["trailList"] == []


def organization(server):
    client = server.client("organizations", server.root(ACCOUNT))
    return client.describe_organization()["Organization"]["Id"]
