"""The wire: both JSON forms, the Query API, and what the front door itself answers (F-CLIENT-5, F-CLIENT-6)."""

import hashlib
import json
import re
import socket
import xml.etree.ElementTree as xml

import pytest
from accountd import quote
from company import MEMBER, session

PATHS = [
    "acceptPrimaryEmailUpdate",
    "deleteAlternateContact",
    "disableRegion",
    "enableRegion",
    "getAccountInformation",
    "getAlternateContact",
    "getContactInformation",
    "getGovCloudAccountInformation",
    "getPrimaryEmail",
    "getPrimaryEmailUpdateStatus",
    "getRegionOptStatus",
    "listRegions",
    "putAccountName",
    "putAlternateContact",
    "putContactInformation",
    "sendPhoneNumberVerification",
    "startPrimaryEmailUpdate",
    "verifyPhoneNumber",
]
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
MISSING_TOKEN = {"message": "Missing Authentication Token"}


def target(name):
    return {"X-Amz-Target": f"AWSAccountV20210201.{name}"}


def by_target(server, name, members, **options):
    """The form of the API reference's sample requests: no path, and no media type."""
    return server.signed("POST", "/", json.dumps(members).encode(), target(name), **options)


# The API reference's samples. The bodies are those of the page on PutAlternateContact.

SAMPLE_1 = b"""{
"AlternateContactType": "Billing",
"Name": "Carlos Salazar",
"Title": "CFO",
"EmailAddress": "carlos@example.com",
"PhoneNumber": "206-555-0199"
}"""
SAMPLE_2 = b"""{
"AccountId": "123456789012",
"AlternateContactType": "Billing",
"Name": "Carlos Salazar",
"Title": "CFO",
"EmailAddress": "carlos@example.com",
"PhoneNumber": "206-555-0199"
}"""
CARLOS = {
    "AlternateContactType": "BILLING",
    "Name": "Carlos Salazar",
    "Title": "CFO",
    "EmailAddress": "carlos@example.com",
    "PhoneNumber": "206-555-0199",
}


def test_the_references_first_sample(server):
    answer = server.signed("POST", "/", SAMPLE_1, target("PutAlternateContact"))
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    contact = server.client("account").get_alternate_contact(AlternateContactType="BILLING")
    assert contact["AlternateContact"] == CARLOS


def test_the_references_second_sample(company):
    member = {"id": "123456789012", "name": "Sample", "email": "sample@example.invalid"}
    server = company(accounts=[member])
    management = server.root("111111111111")
    answer = server.signed("POST", "/", SAMPLE_2, target("PutAlternateContact"), credentials=management)
    assert answer.status == 200, answer
    contact = server.client("account", server.root("123456789012"))
    assert contact.get_alternate_contact(AlternateContactType="BILLING")["AlternateContact"] == CARLOS


@pytest.mark.parametrize("kind", ["Billing", "Operations", "Security", "BILLING"])
def test_the_target_form_takes_the_types_of_the_samples(server, kind):
    contact = CARLOS | {"AlternateContactType": kind}
    assert by_target(server, "PutAlternateContact", contact).status == 200
    stored = by_target(server, "GetAlternateContact", {"AlternateContactType": kind})
    assert stored.json["AlternateContact"]["AlternateContactType"].upper() == kind.upper()
    assert by_target(server, "DeleteAlternateContact", {"AlternateContactType": kind}).status == 200


def test_the_target_form_has_modeled_errors(server):
    answer = by_target(server, "GetAlternateContact", {"AlternateContactType": "Billing"})
    assert (answer.status, answer.error_type) == (404, "ResourceNotFoundException")


def test_an_unknown_target_is_refused(server):
    answer = by_target(server, "CloseAccount", {})
    assert 400 <= answer.status < 500 and answer.error_type


# restJson1


def test_every_operation_has_its_path(server):
    for path in PATHS:
        answer = server.operation(f"/{path}", {})
        assert answer.error_type != "MissingAuthenticationTokenException", path
        assert re.fullmatch(UUID, answer.headers["x-amzn-requestid"]), path
        assert answer.headers["content-type"] == "application/json", path


def test_an_answer_without_members_is_empty_or_an_empty_object(server):
    answer = server.operation("/putAccountName", {"AccountName": "Name"})
    assert answer.status == 200 and answer.body in (b"", b"{}")


def test_members_are_on_one_line(server):
    answer = server.operation("/getAccountInformation")
    assert answer.body == json.dumps(answer.json, separators=(",", ":")).encode()


def test_members_may_be_null_or_unknown(server):
    members = {"AccountId": None, "AccountName": "New", "Unknown": 5}
    assert server.operation("/putAccountName", members).status == 200


def test_an_empty_body_is_an_empty_object(server):
    assert server.operation("/getAccountInformation", b"").status == 200


@pytest.mark.parametrize("method, path", [("POST", "/nothing"), ("GET", "/listRegions"), ("GET", "/nothing")])
def test_an_unknown_route_is_answered_like_an_unsigned_request(server, method, path):
    answer = server.signed(method, path)
    assert (answer.status, answer.json) == (403, MISSING_TOKEN)
    assert answer.error_type == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"{'a': 1}", b'{"AccountName": "x"} y', b"\xff"])
def test_malformed_json_is_refused(server, body):
    answer = server.operation("/putAccountName", body)
    assert (answer.status, answer.error_type) == (400, "SerializationException")
    assert list(answer.json) == ["message"]


@pytest.mark.parametrize(
    "path, members, found, allowed",
    [
        ("/putAccountName", {"AccountName": 5}, "integer", "string"),
        ("/putAccountName", {"AccountName": True}, "boolean", "string"),
        ("/putAccountName", {"AccountName": ["a"]}, "array", "string"),
        ("/putContactInformation", {"ContactInformation": "a"}, "string", "object"),
        ("/listRegions", {"MaxResults": "5"}, "string", "integer"),
        ("/listRegions", {"RegionOptStatusContains": "ENABLED"}, "string", "array"),
    ],
)
def test_a_wrong_json_type_is_named(server, path, members, found, allowed):
    answer = server.operation(path, members)
    assert (answer.status, answer.error_type) == (400, "ValidationException")
    expected = f'[instance type ({found}) does not match any allowed primitive type (allowed: ["{allowed}"])]'
    assert answer.json == {"message": expected}


def test_a_body_that_is_too_large_is_refused(server):
    body = b'{"AccountName": "' + b"x" * (10 * 1024 * 1024) + b'"}'
    try:
        answer = server.operation("/putAccountName", body)
    except (BrokenPipeError, ConnectionResetError):
        # The answer was sent and the connection closed before all of the body was.
        headers = {"Content-Length": str(len(body)), "Expect": "100-continue"}
        answer = server.send("POST", "/putAccountName", b"", headers)
    assert answer.status == 413 and answer.json["message"]


def test_a_text_is_measured_in_code_points(server):
    contact = CARLOS | {"Name": "😀" * 64}
    assert server.operation("/putAlternateContact", contact).status == 200
    contact = CARLOS | {"Name": "😀" * 65}
    answer = server.operation("/putAlternateContact", contact)
    assert answer.status == 400 and "(length: 65, maximum allowed: 64)" in answer.json["message"]


def test_a_connection_serves_many_requests_in_a_row(server):
    """Pipelined: the second request is sent before the first is answered."""
    health = f"GET /_accountd/health HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n\r\n".encode()
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(health * 3)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 3:
            chunk = connection.recv(65536)
            assert chunk, received
            received += chunk


def test_a_client_may_ask_before_it_sends_a_body(server):
    head = f"POST /listRegions HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 Continue\r\n")
        connection.sendall(b"{}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 403 Forbidden\r\n")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE"])
def test_other_methods_are_answered(server, method):
    answer = server.send(method, "/")
    assert answer.status < 500


# The Query API


def query(server, action, parameters=(), method="GET", **options):
    pairs = {"Action": action, "Version": "2021-02-01"} | dict(parameters)
    text = "&".join(f"{quote(k)}={quote(v)}" for k, v in sorted(pairs.items()))
    if method == "GET":
        return server.signed("GET", f"/?{text}", **options)
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return server.signed("POST", "/", text.encode(), form, **options)


def structure(answer):
    """The XML of an answer as (tag, text or members), without namespaces."""

    def of(element):
        tag = element.tag.rpartition("}")[2]
        return (tag, [of(child) for child in element] if len(element) else (element.text or ""))

    assert "xml" in answer.headers["content-type"], answer
    return of(xml.fromstring(answer.body))


def result(answer, action):
    """The members of an answer's result."""
    assert answer.status == 200, answer
    tag, parts = structure(answer)
    assert tag == f"{action}Response"
    parts = dict(parts)
    ((request_id, text),) = parts.pop("ResponseMetadata")
    assert request_id == "RequestId" and re.fullmatch(UUID, text)
    assert set(parts) <= {f"{action}Result"}
    return parts.get(f"{action}Result", "")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_query_calls_read_and_write(server, method):
    contact = {f"ContactInformation.{field}": text for field, text in CONTACT.items()}
    put = query(server, "PutContactInformation", contact, method)
    assert result(put, "PutContactInformation") in ("", [])
    answer = query(server, "GetContactInformation", method=method)
    members = dict(result(answer, "GetContactInformation"))
    assert dict(members["ContactInformation"]) == CONTACT
    stored = server.client("account").get_contact_information()["ContactInformation"]
    assert stored == CONTACT


CONTACT = {
    "FullName": "Jane & John <Doe>",
    "AddressLine1": "1 Main St + Ünïcode",
    "City": "Seattle",
    "PostalCode": "98101",
    "CountryCode": "US",
    "StateOrRegion": "WA",
    "PhoneNumber": "+1 206 555 0100",
}


def test_query_lists_are_numbered(server):
    filter_ = {"RegionOptStatusContains.member.1": "DISABLED", "MaxResults": "2"}
    members = dict(result(query(server, "ListRegions", filter_), "ListRegions"))
    assert members["NextToken"]
    assert members["Regions"] == [
        ("member", [("RegionName", "af-south-1"), ("RegionOptStatus", "DISABLED")]),
        ("member", [("RegionName", "ap-east-1"), ("RegionOptStatus", "DISABLED")]),
    ]


def test_query_calls_name_accounts(company):
    server = company()
    management = server.root("111111111111")
    answer = query(server, "GetPrimaryEmail", {"AccountId": MEMBER}, credentials=management)
    assert result(answer, "GetPrimaryEmail") == [("PrimaryEmail", "Probe+Member@example.invalid")]


def test_query_timestamps_are_iso_8601(company):
    answer = query(company(), "GetAccountInformation", credentials=session("probe"))
    assert dict(result(answer, "GetAccountInformation"))["AccountCreatedDate"] == "2024-02-29T12:00:00Z"


def error(answer):
    tag, parts = structure(answer)
    assert tag == "ErrorResponse"
    parts = dict(parts)
    assert re.fullmatch(UUID, parts["RequestId"])
    details = dict(parts["Error"])
    assert details.pop("Type") == "Sender"
    return answer.status, details["Code"], details["Message"]


def test_query_errors_are_xml(server):
    answer = query(server, "GetAlternateContact", {"AlternateContactType": "BILLING"})
    message = "No contact of the inputted alternate contact type found."
    assert error(answer) == (404, "ResourceNotFoundException", message)
    assert error(query(server, "ListRegions", {"MaxResults": "51"}))[:2] == (400, "ValidationException")
    unknown = error(query(server, "NoSuchAction"))
    assert unknown[0] in (400, 404)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("hashed", ["sha256", "sha1"])
def test_query_calls_with_signature_version_2(server, method, hashed):
    algorithm = getattr(hashlib, hashed)
    call = {"Action": "GetAccountInformation", "Version": "2021-02-01"}
    answer = server.signed_version_2(method, call, hashed=algorithm)
    assert ("AccountId", "000000000000") in result(answer, "GetAccountInformation")
    wrong = server.signed_version_2(method, call, secret="wrong", hashed=algorithm)
    assert wrong.status == 403


def test_a_query_call_can_be_presigned(server):
    path = "/?Action=GetAccountInformation&Version=2021-02-01"
    answer = server.send("GET", server.presigned(path))
    assert ("AccountId", "000000000000") in result(answer, "GetAccountInformation")
    other = server.presigned(path).replace("GetAccountInformation", "GetContactInformation")
    assert server.send("GET", other).status == 403


def test_a_session_can_presign(company):
    server = company()
    path = server.presigned("/?Action=GetAccountInformation&Version=2021-02-01", session("probe"))
    answer = server.send("GET", path)
    assert ("AccountId", MEMBER) in result(answer, "GetAccountInformation")
