"""The configuration and the commands of `docs/iam-baseline.md`, taken from the page and run as they stand (F-IAMAPI-TF-3)."""

import os
import pathlib

import pytest
from accountd import Accountd
from page import Page
from test_terraform import MIRROR, TERRAFORM, settings

PAGE = Page("iam-baseline.md")


@pytest.fixture
def story(tmp_path):
    server = Accountd(tmp_path / "run", *PAGE.flags())
    server.start()
    directory = tmp_path / "configuration"
    directory.mkdir()
    (configuration,) = PAGE.blocks("hcl")
    (directory / "main.tf").write_text(configuration)
    path = f"{pathlib.Path(TERRAFORM).parent}:{os.environ['PATH']}"
    yield PAGE.run(server, directory, **settings(directory), TF_CLI_ARGS="-no-color", PATH=path)
    server.stop()


@pytest.mark.everything
@pytest.mark.skipif(not (TERRAFORM and MIRROR), reason="no terraform with its AWS provider")
def test_a_baseline_is_applied_as_the_page_says(story):
    assert PAGE.refused().count(True) == 1
    assert story.failed == PAGE.refused(), "\n".join(story.outputs)
    assert "Apply complete! Resources: 20 added" in story.of("terraform init\n")
    assert "No changes." in story.of("terraform plan -detailed")
    looked = story.of("simulate-principal-policy").split("\n")
    assert sorted(looked[0].split()) == ["SecurityAudit", "ViewOnlyAccess"]
    assert looked[1:3] == ["16", "baseline-machine"]
    assert looked[3:5] == ["ec2:RunInstances\tallowed", "iam:CreateUser\texplicitDeny"]
    assert "SecurityAudits" in story.of("misspelt")
    taken_away = story.of("terraform destroy")
    assert "Destroy complete! Resources: 20 destroyed." in taken_away
    assert taken_away.rstrip().endswith("\n0")
