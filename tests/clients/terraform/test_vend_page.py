"""The configuration and the commands of `docs/vend-an-account-with-terraform.md`, taken from the page and run
as they stand (F-STORY-7)."""

import os
import pathlib
import re

import pytest
from accountd import Accountd
from page import Page
from test_terraform import MIRROR, TERRAFORM, settings

PAGE = Page("vend-an-account-with-terraform.md")


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
