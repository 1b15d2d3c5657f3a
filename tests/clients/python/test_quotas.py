"""Quotas of Region switches, and ListRegions' tokens."""

import pytest
from accountd import refusal
from company import ADMINISTRATOR, MEMBER, OTHER_MEMBER, session

OPT_IN = "af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5".split()
PER_ACCOUNT = (
    "This request has exceeded the quota for 'Number of concurrent region-opt requests for an account'. "
    "Consider retrying the operation later once some requests have been completed."
)


def test_six_open_requests_for_an_account(server, account):
    for name in OPT_IN[:6]:
        account.enable_region(RegionName=name)
    refused = refusal(account.enable_region, RegionName=OPT_IN[6])
    assert (refused.status, refused.code) == (429, "TooManyRequestsException")
    assert refused.message == PER_ACCOUNT
    assert account.get_region_opt_status(RegionName=OPT_IN[6])["RegionOptStatus"] == "DISABLED"
    server.advance("2s")
    account.enable_region(RegionName=OPT_IN[6])
    for name in OPT_IN[:5]:
        account.disable_region(RegionName=name)
    refused = refusal(account.disable_region, RegionName=OPT_IN[5])
    assert refused.code == "TooManyRequestsException"


def test_fifty_open_requests_for_an_organization(company):
    ids = [f"5000000000{number:02}" for number in range(9)]
    members = [
        {"id": number, "name": f"Member {number}", "email": f"{number}@example.invalid"} for number in ids
    ]
    server = company(accounts=members)
    client = server.client("account", ADMINISTRATOR)
    switches = [(number, name) for number in ids for name in OPT_IN[:6]]
    for number, name in switches[:50]:
        client.enable_region(AccountId=number, RegionName=name)
    number, name = switches[50]
    refused = refusal(client.enable_region, AccountId=number, RegionName=name)
    assert (refused.status, refused.code) == (429, "TooManyRequestsException")
    assert refused.message == PER_ACCOUNT.replace("an account", "an organization")
    server.advance("2s")
    client.enable_region(AccountId=number, RegionName=name)


def test_pages_of_every_size_give_the_same_list(account):
    whole = account.list_regions(MaxResults=50)
    assert len(whole["Regions"]) == 34 and "NextToken" not in whole
    for size in (1, 7, 17, 20, 33, 34):
        pages = account.get_paginator("list_regions").paginate(PaginationConfig={"PageSize": size})
        pages = [page["Regions"] for page in pages]
        assert [region for page in pages for region in page] == whole["Regions"]
        assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1) and pages[-1]


def test_a_token_is_bound_to_its_account(company):
    server = company()
    one, other = server.client("account", session("probe")), server.client("account", ADMINISTRATOR)
    token = one.list_regions(MaxResults=1)["NextToken"]
    assert refusal(other.list_regions, NextToken=token).message == "NextToken is malformed"
    assert other.list_regions(NextToken=token, AccountId=MEMBER)["Regions"]
    refused = refusal(other.list_regions, NextToken=token, AccountId=OTHER_MEMBER)
    assert refused.message == "NextToken is malformed"


def test_a_token_is_bound_to_its_filter(account):
    disabled = {"RegionOptStatusContains": ["DISABLED"]}
    token = account.list_regions(MaxResults=1, **disabled)["NextToken"]
    assert account.list_regions(NextToken=token, **disabled)["Regions"]
    assert refusal(account.list_regions, NextToken=token).message == "NextToken is malformed"
    enabled = {"RegionOptStatusContains": ["ENABLED_BY_DEFAULT"]}
    assert refusal(account.list_regions, NextToken=token, **enabled).message == "NextToken is malformed"


@pytest.mark.parametrize("place", [0, 5, -1])
def test_a_token_cannot_be_changed(account, place):
    token = list(account.list_regions(MaxResults=1)["NextToken"])
    token[place] = "A" if token[place] != "A" else "B"
    assert refusal(account.list_regions, NextToken="".join(token)).message == "NextToken is malformed"
