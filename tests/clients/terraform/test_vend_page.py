"""The configuration and the commands of `docs/vend-an-account-with-terraform.md`, taken from the page and run
as they stand (F-STORY-7)."""

import re

import pytest
import terraform_page
from page import Page
from test_terraform import MIRROR, TERRAFORM

PAGE = Page("vend-an-account-with-terraform.md")


@pytest.fixture
def story(tmp_path):
    yield from terraform_page.story(PAGE, tmp_path)


@pytest.mark.skipif(not (TERRAFORM and MIRROR), reason="no terraform with its AWS provider")
def test_an_account_is_vended_as_the_page_says(story):
    assert PAGE.refused().count(True) == 1
    assert story.failed == PAGE.refused(), "\n".join(story.outputs)

    assert "Apply complete! Resources: 9 added" in story.of("terraform init")
    member = re.search(r'member = "(\d{12})"', story.of("terraform init"))[1]
    assert "No changes." in story.of("terraform plan")

    refusal = story.of("enabled=false")
    denied = f"User: arn:aws:sts::{member}:assumed-role/OrganizationAccountAccessRole/vending"
    assert f"{denied} is not authorized to perform: account:DisableRegion" in " ".join(refusal.split())
    assert "explicit deny in a service control policy" in " ".join(refusal.split())

    names = re.findall(r"\t(\w+)$", story.of("lookup-events"), re.MULTILINE)
    assert names.count("PutAlternateContact") == 3
    switches = [name for name in names if name in ("EnableRegion", "DisableRegion")]
    assert switches == ["DisableRegion", "EnableRegion"]

    closed = story.of("terraform destroy")
    assert "Destroy complete!" in closed
    assert re.search(r"^(SUSPENDED|PENDING_CLOSURE)\t", closed, re.MULTILINE)
