"""org-formation, unmodified, keeps an organization as a file says (F-STORY-17). Its state lies in a bucket and it tells of
new accounts by an event: S3 and EventBridge are moto's, everything else accountd's."""

import collections
import os
import subprocess

import pytest
from accountd import clean_environment
from page import Page

# The folders of org-formation and of its Node.js, which `cargo xtask test everything python` installs.
TOOL = os.environ.get("ORG_FORMATION")
ACCOUNT = "111122223333"
PAGE = Page("beside-other-emulators.md", only="An organization in a file")

pytestmark = [pytest.mark.everything, pytest.mark.skipif(not TOOL, reason="no org-formation")]


def environment(server, **more):
    """What the page's first part sets, and where the tool is."""
    return {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PATH": os.pathsep.join([TOOL, os.environ["PATH"]]),
    } | more


def org_formation(server, directory, *arguments):
    """Runs the tool as an administrator of the management account, and gives what it prints."""
    more = {"AWS_ACCESS_KEY_ID": f"admin{ACCOUNT}", "HOME": str(directory)}
    done = subprocess.run(
        ["org-formation", *arguments, "--no-color"],
        cwd=directory,
        env=clean_environment(**environment(server, **more)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def changes(server):
    """How often each operation of Organizations changed something."""
    events = server.events(server.root(ACCOUNT))
    changed = (event for event in events if event["eventSource"].startswith("organizations") and not event["readOnly"])
    return collections.Counter(event["eventName"] for event in changed if "errorCode" not in event)


def test_an_organization_is_kept_as_a_file_says(start, moto, tmp_path):
    server = start("--forward", f"s3={moto.url},events={moto.url}", "--delays", "instant")
    organizations = server.client("organizations", server.root(ACCOUNT))
    organizations.create_organization(FeatureSet="ALL")
    story = PAGE.run(server, tmp_path, **environment(server))
    assert story.failed == [False], story.outputs
    printed = story.of("org-formation init")
    assert printed.splitlines()[-1] == "INFO: organization up to date, no work to be done.", printed

    # The unit has the account and the policy, and the account its second tag.
    (top,) = organizations.list_roots()["Roots"]
    (unit,) = organizations.list_organizational_units_for_parent(ParentId=top["Id"])["OrganizationalUnits"]
    (account,) = organizations.list_accounts_for_parent(ParentId=unit["Id"])["Accounts"]
    assert (unit["Name"], account["Name"], account["Email"]) == ("Sandbox", "Try out", "try-out@example.com")
    tags = organizations.list_tags_for_resource(ResourceId=account["Id"])["Tags"]
    assert tags == [{"Key": "team", "Value": "green"}]
    kind = "SERVICE_CONTROL_POLICY"
    policies = organizations.list_policies_for_target(TargetId=unit["Id"], Filter=kind)["Policies"]
    assert sorted(policy["Name"] for policy in policies) == ["FullAWSAccess", "Stay"]

    # Each thing was made once: the second update changed the tag, the third nothing.
    made = changes(server)
    assert made["CreateOrganizationalUnit"] == made["CreateAccount"] == made["CreatePolicy"] == 1, made
    assert made["MoveAccount"] == 1 and made["TagResource"] == 2, made

    # Its state is in a bucket of the account's, and the event of the new account went by.
    names = ["CreateBucket", "PutObject", "PutEvents"]
    seen = {event["eventSource"] for event in server.wait_for_events(4, server.root(ACCOUNT), names)}
    assert seen == {"s3.amazonaws.com", "events.amazonaws.com"}

    # What it reads from the organization is what the file says: nothing is left to do.
    before = changes(server)
    org_formation(server, tmp_path, "init", "again.yml", "--region", "us-east-1")
    again = (tmp_path / "again.yml").read_text()
    for part in ("OrganizationalUnitName: Sandbox", "team: green", "PolicyName: Stay", f"AccountId: '{account['Id']}'"):
        assert part in again, again
    printed = org_formation(server, tmp_path, "update", "again.yml")
    assert "organization up to date, no work to be done." in printed, printed
    assert changes(server) == before
