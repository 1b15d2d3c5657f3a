"""EC2's DescribeRegions, which shows what Account Management switches (F-CLIENT-19, F-EC2-…)."""

import pytest
from accountd import refusal
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

OPT_IN = "af-south-1"


@pytest.fixture
def root(server):
    return server.root(1)


def names(answer):
    return [region["RegionName"] for region in answer["Regions"]]


def statuses(ec2, **members):
    return {region["RegionName"]: region["OptInStatus"] for region in ec2.describe_regions(**members)["Regions"]}


def test_an_account_sees_what_it_has_enabled(server, root):
    ec2 = server.client("ec2", root)
    found = ec2.describe_regions()["Regions"]
    assert len(found) == 17 and {region["OptInStatus"] for region in found} == {"opt-in-not-required"}
    assert {
        "RegionName": "eu-west-1",
        "Endpoint": "ec2.eu-west-1.amazonaws.com",
        "OptInStatus": "opt-in-not-required",
    } in found
    every = statuses(ec2, AllRegions=True)
    assert len(every) == 34 and every[OPT_IN] == "not-opted-in"


def test_a_region_comes_and_goes(server, root):
    ec2, account = server.client("ec2", root), server.client("account", root)
    account.enable_region(RegionName=OPT_IN)
    assert statuses(ec2, RegionNames=[OPT_IN]) == {OPT_IN: "not-opted-in"}
    server.advance("10m")
    assert statuses(ec2)[OPT_IN] == "opted-in"
    account.disable_region(RegionName=OPT_IN)
    assert statuses(ec2, RegionNames=[OPT_IN]) == {OPT_IN: "opted-in"}
    server.advance("10m")
    assert OPT_IN not in statuses(ec2)


def test_filters(server, root):
    ec2 = server.client("ec2", root)

    def found(name, *values, **members):
        return names(ec2.describe_regions(Filters=[{"Name": name, "Values": list(values)}], **members))

    assert found("region-name", "us-*") == ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]
    assert found("region-name", "us-east-?", "eu-west-1") == ["eu-west-1", "us-east-1", "us-east-2"]
    assert found("endpoint", "ec2.eu-north-1.*") == ["eu-north-1"]
    assert found("opt-in-status", "not-opted-in") == []
    assert len(found("opt-in-status", "not-opted-in", AllRegions=True)) == 17
    both = [
        {"Name": "opt-in-status", "Values": ["not-opted-in"]},
        {"Name": "endpoint", "Values": ["ec2.me-*"]},
    ]
    assert names(ec2.describe_regions(AllRegions=True, Filters=both)) == ["me-central-1", "me-south-1"]
    answer = refusal(ec2.describe_regions, Filters=[{"Name": "colour", "Values": ["red"]}])
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")
    assert answer.message == "The filter 'colour' is invalid"


def test_a_region_may_be_named(server, root):
    ec2 = server.client("ec2", root)
    assert names(ec2.describe_regions(RegionNames=["us-east-1", OPT_IN])) == [OPT_IN, "us-east-1"]
    answer = refusal(ec2.describe_regions, RegionNames=["us-east-1", "us--east-1"])
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")
    assert answer.message == "Invalid region: [us--east-1]"


def test_a_dry_run(server, root):
    answer = refusal(server.client("ec2", root).describe_regions, DryRun=True)
    assert (answer.status, answer.code) == (412, "DryRunOperation")
    assert answer.message == "Request would have succeeded, but DryRun flag is set."


def test_ec2_in_a_region_that_is_disabled(server, root):
    answer = refusal(server.client("ec2", root, region=OPT_IN).describe_regions)
    assert (answer.status, answer.code) == (401, "AuthFailure")


def test_refusals_have_ec2s_names_and_its_request_id(server, root):
    for credentials in (Credentials("AKIAUNKNOWN", "x"), Credentials(root.access_key, "wrong")):
        with pytest.raises(ClientError) as refused:
            server.client("ec2", credentials).describe_regions()
        answer = refused.value.response
        assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (401, "AuthFailure")
        assert len(answer["ResponseMetadata"]["RequestId"]) == 36


def test_another_operation_is_not_supported_f_nosup_2(server, root):
    """F-NOSUP-2"""
    answer = refusal(server.client("ec2", root).describe_vpcs)
    assert answer.code == "UnsupportedOperation"
    assert answer.message == "accountd does not answer ec2:DescribeVpcs."


def test_refusals_are_recorded_with_their_codes_f_event_10(server, root):
    """F-EVENT-10"""
    refusal(server.client("ec2", root).describe_regions, DryRun=True)
    [event] = server.wait_for_events(1, root, ["DescribeRegions"])
    assert event["errorCode"] == "Client.DryRunOperation"


def test_it_is_in_the_trail(server, root):
    server.client("ec2", root, region="eu-west-1").describe_regions(AllRegions=True)
    [event] = server.wait_for_events(1, root, ["DescribeRegions"])
    assert event["eventSource"] == "ec2.amazonaws.com" and event["awsRegion"] == "eu-west-1"
    assert event["requestParameters"] == {"regionSet": {}, "allRegions": True}
    assert event["readOnly"] is True
