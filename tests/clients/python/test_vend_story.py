"""The commands of `docs/vend-an-account.md`, taken from the page and run in one shell (F-STORY-3)."""

import json
import re

import pytest
from page import DEFAULT_ADDRESS, Page, is_free

PAGE = Page("vend-an-account.md")


@pytest.fixture
def story(start, tmp_path):
    address = DEFAULT_ADDRESS if is_free(4566) else "127.0.0.1:0"
    return PAGE.run(start(*PAGE.flags(), listen=address), tmp_path)


def test_an_account_is_vended_as_the_page_says(story):
    assert PAGE.refused().count(True) == 2
    assert story.failed == PAGE.refused(), "\n".join(story.outputs)

    created = json.loads(story.of("describe-create-account-status"))["Account"]
    member = created["Id"]
    assert (created["Status"], created["JoinedMethod"], created["Name"]) == ("ACTIVE", "CREATED", "Greenhouse")
    session = f"arn:aws:sts::{member}:assumed-role/OrganizationAccountAccessRole/vending"
    assert json.loads(story.of("member()"))["Arn"] == session
    contacts = story.of("get-contact-information")
    assert '"FullName": "Greenhouse"' in contacts and '"AddressLine1": "14 Harbour Street"' in contacts
    assert '"EmailAddress": "security@tidewater.example"' in contacts

    status, regions = story.of("enable-region --region-name").split("\n", 1)
    assert status == "ENABLING"
    (region,) = json.loads(regions)["Regions"]
    assert (region["RegionName"], region["OptInStatus"]) == ("af-south-1", "opted-in")

    refusal = story.of("member aws account disable-region")
    denied = f"User: {session} is not authorized to perform: account:DisableRegion"
    assert "(AccessDeniedException)" in refusal and denied in refusal
    policy = re.search(r"explicit deny in a service control policy: (arn:aws:organizations::\S+)", refusal)
    assert policy[1].startswith("arn:aws:organizations::111122223333:policy/o-")

    trail = story.of("sleep 1\n")
    names = re.findall(r"\t(\w+)\tvending$", trail, re.MULTILINE)
    switches = [name for name in names if name in ("EnableRegion", "DisableRegion")]
    assert switches == ["DisableRegion", "EnableRegion"]
    record = json.loads(trail.rstrip().splitlines()[-1])
    assert (record["eventName"], record["errorCode"]) == ("DisableRegion", "AccessDenied")
    assumed = json.loads(story.of("AttributeValue=AssumeRole"))
    assert assumed["requestParameters"]["roleSessionName"] == "vending" and assumed["sharedEventID"]

    closed = json.loads(story.of("close-account"))["Account"]
    assert (closed["State"], closed["Status"]) == ("CLOSED", "SUSPENDED")
    assert "(AccessDenied)" in story.of("session-name again")
