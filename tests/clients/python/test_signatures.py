"""Who is let in: signatures that are right, missing, wrong, old, cut or made for something else."""

import datetime
import http.client
import re

import pytest
from accountd import refusal
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from company import ADMINISTRATOR, session

WRONG = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
UNKNOWN = "The security token included in the request is invalid."


def authorized(server, path="/getAccountInformation", body=b"{}", change=lambda headers: None, service="account"):
    """Signs, lets `change` spoil the headers, and sends."""
    request = AWSRequest("POST", server.url + path, data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials("test", "test"), service, "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    change(headers)
    return server.send("POST", path, body, headers)


def replace(pattern, text):
    def change(headers):
        changed = re.sub(pattern, text, headers["Authorization"])
        assert changed != headers["Authorization"]
        headers["Authorization"] = changed

    return change


def test_a_right_signature(server):
    assert authorized(server).status == 200


def test_an_unsigned_request(server):
    answer = server.send("POST", "/getAccountInformation", b"{}", {"Content-Type": "application/json"})
    assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})
    assert answer.error_type == "MissingAuthenticationTokenException"


def test_a_wrong_secret(server):
    client = server.client("account", Credentials("test", "wrong"))
    refused = refusal(client.get_account_information)
    assert (refused.status, refused.code) == (403, "InvalidSignatureException")
    assert refused.message.startswith(WRONG)


@pytest.mark.parametrize("key", ["AKIAUNKNOWNUNKNOWN12", "12345678901", "1234567890123", "Test"])
def test_an_unknown_key(server, key):
    refused = refusal(server.client("account", Credentials(key, "test")).get_account_information)
    assert (refused.status, refused.code) == (403, "UnrecognizedClientException")
    assert refused.message == UNKNOWN


def test_a_session_needs_its_token(company):
    server = company()
    good = session("probe")
    assert server.client("account", good).get_account_information()["AccountId"]
    for token in (None, "another-token"):
        bad = Credentials(good.access_key, good.secret_key, token)
        refused = refusal(server.client("account", bad).get_account_information)
        assert (refused.status, refused.code) == (403, "UnrecognizedClientException")


def test_a_user_of_the_seed_file(company):
    server = company()
    assert server.client("account", ADMINISTRATOR).get_account_information()["AccountName"] == "Example Corp"
    wrong = Credentials(ADMINISTRATOR.access_key, "test")
    refused = refusal(server.client("account", wrong).get_account_information)
    assert refused.code == "InvalidSignatureException"


@pytest.mark.parametrize(
    "minutes, text",
    [(-6, "Signature expired: {} is now earlier than "), (6, "Signature not yet current: {} is still later than ")],
)
def test_a_date_that_is_too_far_away(server, monkeypatch, minutes, text):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
    answer = authorized(server)
    assert (answer.status, answer.error_type) == (403, "InvalidSignatureException")
    assert answer.json["message"].startswith(text.format(then.strftime("%Y%m%dT%H%M%SZ")))


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_date_that_is_near_enough(server, monkeypatch, minutes):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
    assert authorized(server).status == 200


def test_signatures_are_judged_by_real_time(server):
    server.advance("365d")
    assert authorized(server).status == 200


@pytest.mark.parametrize(
    "change, part",
    [
        (replace(r"Credential=[^,]+, ", ""), "requires 'Credential' parameter."),
        (replace(r", Signature=.*", ""), "requires 'Signature' parameter."),
        (replace(r"SignedHeaders=[^,]+, ", ""), "requires 'SignedHeaders' parameter."),
        (replace(r"Signature=.*", "Signature"), "="),
    ],
)
def test_a_header_that_is_cut(server, change, part):
    answer = authorized(server, change=change)
    assert (answer.status, answer.error_type) == (403, "IncompleteSignatureException")
    assert part in answer.json["message"]


def test_a_header_without_a_date(server):
    answer = authorized(server, change=lambda headers: headers.pop("X-Amz-Date"))
    assert (answer.status, answer.error_type) == (403, "IncompleteSignatureException")
    assert "requires existence of either a 'X-Amz-Date' or a 'Date' header." in answer.json["message"]


def test_a_scope_of_another_service(server):
    answer = authorized(server, service="s3")
    assert answer.status == 403, answer


def test_a_body_that_was_changed(server):
    request = AWSRequest("POST", server.url + "/putAccountName", data=b'{"AccountName":"One"}')
    SigV4Auth(Credentials("test", "test"), "account", "us-east-1").add_auth(request)
    answer = server.send("POST", "/putAccountName", b'{"AccountName":"Two"}', request.headers.items())
    assert (answer.status, answer.error_type) == (403, "InvalidSignatureException")
    assert server.client("account").get_account_information()["AccountName"] != "Two"


def test_a_path_that_was_changed(server):
    request = AWSRequest("POST", server.url + "/getAccountInformation", data=b"{}")
    SigV4Auth(Credentials("test", "test"), "account", "us-east-1").add_auth(request)
    answer = server.send("POST", "/getContactInformation", b"{}", request.headers.items())
    assert (answer.status, answer.error_type) == (403, "InvalidSignatureException")


def test_a_presigned_request_that_is_too_old(server, monkeypatch):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=61)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
    path = server.presigned("/?Action=GetAccountInformation&Version=2021-02-01", expires=60)
    assert server.send("GET", path).status == 403


def test_lenient_signatures(start):
    server = start("--signatures", "lenient")
    client = server.client("account", Credentials("000000000007", "wrong"))
    assert client.get_account_information()["AccountId"] == "000000000007"
    answer = server.send("POST", "/getAccountInformation", b"{}", {"Content-Type": "application/json"})
    assert answer.status == 200
    assert server.own("GET", "/_accountd/health")["signatures"] == "lenient"


def test_a_refused_request_does_not_break_the_connection(server):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
    for _ in range(3):
        connection.request("POST", "/listRegions", b"{}")
        answer = connection.getresponse()
        assert answer.status == 403 and answer.read()
    connection.close()
