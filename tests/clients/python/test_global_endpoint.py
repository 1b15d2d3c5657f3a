"""Tokens of STS's global endpoint, and where they are good (F-STSAPI-43), as boto3 asks for them by its name."""

import socket

import pytest
from accountd import refusal
from botocore.credentials import Credentials
from company import MEMBER

GLOBAL = "sts.amazonaws.com"
OPT_IN = "af-south-1"


@pytest.fixture
def server(start, monkeypatch):
    """An account with an opt-in Region, and a machine on which the global endpoint's name leads to accountd."""
    server = start("--delays", "instant", "--allow-origin", f"http://{GLOBAL}")
    server.client("account", server.root(MEMBER)).enable_region(RegionName=OPT_IN)
    look_up = socket.getaddrinfo
    here = {GLOBAL: "127.0.0.1"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: look_up(here.get(host, host), *rest, **more))
    return server


@pytest.fixture
def at_global_endpoint(server, monkeypatch):
    """The client of STS at its global endpoint."""
    with monkeypatch.context() as patched:
        patched.setattr(server, "url", f"http://{GLOBAL}:{server.port}")
        return server.client("sts", server.root(MEMBER))


def session(client):
    made = client.get_session_token()["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def asks(server, credentials, region):
    return server.client("sts", credentials, region).get_caller_identity


def test_a_global_token_is_good_where_the_account_says_f_stsapi_43(server, at_global_endpoint):
    iam = server.client("iam", server.root(MEMBER))
    version = lambda: iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"]  # noqa: E731
    first = session(at_global_endpoint)
    assert version() == 1 and asks(server, first, "eu-central-1")()["Account"] == MEMBER
    refused = refusal(asks(server, first, OPT_IN))
    text = "The security token included in the request is invalid"
    assert (refused.status, refused.code, refused.message) == (403, "InvalidClientTokenId", text)
    # A Region's endpoint gives tokens that are good everywhere, whatever the account says.
    assert asks(server, session(server.client("sts", server.root(MEMBER))), OPT_IN)()["Account"] == MEMBER
    # The version is sealed: a token does not become another one by its beginning.
    forged = Credentials(first.access_key, first.secret_key, "acd1" + first.token[4:])
    assert refusal(asks(server, forged, "eu-central-1")).code == "InvalidClientTokenId"

    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    second = session(at_global_endpoint)
    assert version() == 2 and asks(server, second, OPT_IN)()["Account"] == MEMBER
    # What was given out before stays what it was.
    assert refusal(asks(server, first, OPT_IN)).code == "InvalidClientTokenId"

    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v1Token")
    assert refusal(asks(server, session(at_global_endpoint), OPT_IN)).code == "InvalidClientTokenId"
    assert asks(server, second, OPT_IN)()["Account"] == MEMBER
