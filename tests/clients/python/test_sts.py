"""GetCallerIdentity, which every tool calls first."""

import pytest
from accountd import refusal
from botocore.credentials import Credentials
from company import (
    ADMINISTRATOR,
    ADMINISTRATOR_ARN,
    MANAGEMENT,
    MEMBER,
    NOBODY,
    NOBODY_ARN,
    session,
    session_arn,
)


def identity(server, credentials, **options):
    answer = server.client("sts", credentials, **options).get_caller_identity()
    return {k: v for k, v in answer.items() if k != "ResponseMetadata"}


def test_a_root_user(server):
    for account in ("000000000000", "123456789012"):
        expected = {"UserId": account, "Account": account, "Arn": f"arn:aws:iam::{account}:root"}
        assert identity(server, server.root(account)) == expected
    assert identity(server, Credentials("test", "test"))["Account"] == "000000000000"


def test_a_user(company):
    caller = identity(company(), ADMINISTRATOR)
    assert caller["UserId"].startswith("AIDA")
    assert (caller["Account"], caller["Arn"]) == (MANAGEMENT, ADMINISTRATOR_ARN)


def test_a_session(company):
    caller = identity(company(), session("probe"))
    role, _, name = caller["UserId"].partition(":")
    assert role.startswith("AROA") and name == "probe"
    assert (caller["Account"], caller["Arn"]) == (MEMBER, session_arn("probe"))


def test_it_needs_no_permission(company):
    assert identity(company(), NOBODY)["Arn"] == NOBODY_ARN


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_it_answers_in_every_region_that_is_enabled(server, region):
    assert identity(server, server.root(1), region=region)["Account"] == "000000000001"


def test_refusals_have_the_names_of_the_query_protocol(server):
    unknown = refusal(server.client("sts", Credentials("AKIAUNKNOWN", "x")).get_caller_identity)
    assert (unknown.status, unknown.code) == (403, "InvalidClientTokenId")
    assert unknown.message == "The security token included in the request is invalid."
    wrong = refusal(server.client("sts", Credentials("test", "x")).get_caller_identity)
    assert (wrong.status, wrong.code) == (403, "SignatureDoesNotMatch")
