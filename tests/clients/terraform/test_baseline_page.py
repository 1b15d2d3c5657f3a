"""The configuration and the commands of `docs/iam-baseline.md`, taken from the page and run as they stand (F-IAMAPI-TF-3)."""

import pytest
import terraform_page
from page import Page
from test_terraform import MIRROR, TERRAFORM

PAGE = Page("iam-baseline.md")


@pytest.fixture
def story(tmp_path):
    yield from terraform_page.story(PAGE, tmp_path)


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
