"""Calls of services that are not here, handed to moto and judged before (F-FWD-1 to F-FWD-12)."""

import base64
import hashlib
import hmac
import http.server
import io
import json
import socket
import zlib

import botocore.config
import botocore.exceptions
import pytest
from accountd import SESSION, refusal
from aws_elsewhere import played
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from page import DEFAULT_ADDRESS, Page, is_free

# The part that needs org-formation is played by a test of its own.
PAGE = Page("beside-other-emulators.md", without="An organization in a file")
ALLOW_S3 = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def user(server, account, name, *policies):
    """A new user with these inline policies."""
    iam = server.client("iam", server.root(account))
    iam.create_user(UserName=name)
    for number, policy in enumerate(policies):
        iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def s3(server, credentials, style="path", url=None):
    return SESSION.create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=url or server.url,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.token,
        config=botocore.config.Config(retries={"total_max_attempts": 1}, s3={"addressing_style": style}),
    )


@pytest.mark.everything
def test_the_page(start, moto, tmp_path):
    """F-FWD-13: the page's blocks as they stand, with moto wherever it has found a port."""
    flags = [flag.replace("http://127.0.0.1:5000", moto.url) for flag in PAGE.flags()]
    address = DEFAULT_ADDRESS if is_free(4566) else "127.0.0.1:0"
    story = PAGE.run(start(*flags, listen=address), tmp_path)
    assert PAGE.refused().count(True) == 2
    assert story.failed == PAGE.refused(), "\n".join(story.outputs)
    assert "all is well" in story.of("aws s3 mb s3://reports")
    assert "all is well" in story.of("reader()")
    denied = story.of("reader s3api")
    assert "(AccessDenied)" in denied and "user/reader is not authorized to perform: s3:PutObject" in denied
    denied = story.outputs[[commands.startswith("aws sns create-topic") for commands in story.blocks].index(True)]
    assert "with an explicit deny in a service control policy" in denied
    member, own = story.of("aws s3 mb s3://shop-reports").splitlines()[-2:]
    assert member.split()[2:] == ["shop-reports"] and own.split() == ["reports"]
    log = story.of("lookup-events")
    for line in ("sns.amazonaws.com\tCreateTopic", "s3.amazonaws.com\tCreateBucket"):
        assert line in log, log


@pytest.fixture
def server(start, moto):
    return start("--forward", moto.url)


def test_bodies_of_any_size_go_both_ways(server):
    """F-FWD-8: 24 MiB are more than any request to a service that is here may have."""
    ann = user(server, 700100000001, "ann", ALLOW_S3)
    client = s3(server, ann)
    client.create_bucket(Bucket="large-bodies")
    body = bytes(range(256)) * (24 * 4096)
    client.put_object(Bucket="large-bodies", Key="a key/ü", Body=io.BytesIO(body))
    got = client.get_object(Bucket="large-bodies", Key="a key/ü")["Body"].read()
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest()
    assert client.head_object(Bucket="large-bodies", Key="a key/ü")["ContentLength"] == len(body)
    part = client.get_object(Bucket="large-bodies", Key="a key/ü", Range="bytes=256-259")["Body"].read()
    assert part == bytes([0, 1, 2, 3])
    assert refusal(client.get_object, Bucket="large-bodies", Key="none").code == "NoSuchKey"


def test_a_body_that_was_not_signed_is_not_taken_for_whole_f_fwd_8(server):
    ann = user(server, 700100000002, "ann", ALLOW_S3)
    client = s3(server, ann)
    client.create_bucket(Bucket="other-bodies")
    request = AWSRequest("PUT", server.url + "/other-bodies/key", data=b"what was signed")
    S3SigV4Auth(ann, "s3", "us-east-1").add_auth(request)
    answer = server.send("PUT", "/other-bodies/key", b"what is brought", request.headers.items())
    assert answer.status == 400 and b"<Code>XAmzContentSHA256Mismatch</Code>" in answer.body
    assert refusal(client.get_object, Bucket="other-bodies", Key="key").code == "NoSuchKey"
    answer = server.send("PUT", "/other-bodies/key", b"what was signed", request.headers.items())
    assert answer.status == 200
    assert client.get_object(Bucket="other-bodies", Key="key")["Body"].read() == b"what was signed"
    # The signature of another service covers the body itself.
    answer = server.signed("POST", "/2015-03-31/functions/x/invocations", b"{}", credentials=ann, service="lambda")
    assert b"not authorized to perform: lambda:InvokeFunction" in answer.body
    request = AWSRequest("POST", server.url + "/2015-03-31/functions/x/invocations", data=b"{}")
    SigV4Auth(ann, "lambda", "us-east-1").add_auth(request)
    answer = server.send("POST", "/2015-03-31/functions/x/invocations", b"[]", request.headers.items())
    assert answer.status == 403 and answer.error_type == "InvalidSignatureException"


def test_faults_are_ordered_for_what_is_elsewhere_f_fwd_14(server):
    """By service and operation, and by neither; the call after them passes."""
    client = s3(server, user(server, 700100000020, "ann", ALLOW_S3))
    client.create_bucket(Bucket="faults")
    fail = {"status": 503, "code": "SlowDown", "message": "As ordered."}
    named = {"service": "s3", "operation": "PutObject", "fail": fail, "times": 1}
    anything = {"fail": fail | {"code": "InternalError", "status": 500}, "times": 1}
    server.own("PUT", "/_accountd/faults", [named, anything])
    refused = refusal(client.list_objects_v2, Bucket="faults")
    assert (refused.status, refused.code) == (500, "InternalError")
    refused = refusal(client.put_object, Bucket="faults", Key="key", Body=b"x" * 300000)
    assert (refused.status, refused.code, refused.message) == (503, "SlowDown", "As ordered.")
    client.put_object(Bucket="faults", Key="key", Body=b"one")
    cut = {"service": "s3", "operation": "GetObject", "disconnect": True, "times": 1}
    server.own("PUT", "/_accountd/faults", [cut])
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        client.get_object(Bucket="faults", Key="key")
    assert client.get_object(Bucket="faults", Key="key")["Body"].read() == b"one"
    unknown = json.dumps([{"operation": "PutObject", "disconnect": True}]).encode()
    headers = {"Content-Type": "application/json"}
    assert server.send("PUT", "/_accountd/faults", unknown, headers).status == 400


def test_buckets_in_hosts_presigned_urls_and_chunks_f_fwd_4(server):
    ann = user(server, 700100000003, "ann", ALLOW_S3)
    client = s3(server, ann)
    client.create_bucket(Bucket="in-hosts")
    client.put_object(Bucket="in-hosts", Key="a//b c", Body=b"one")
    # As the client would reach it by the name of the bucket; not every machine resolves such names.
    request = AWSRequest("GET", f"http://in-hosts.localhost:{server.port}/a//b%20c")
    S3SigV4Auth(ann, "s3", "us-east-1").add_auth(request)
    headers = dict(request.headers.items()) | {"Host": f"in-hosts.localhost:{server.port}"}
    answer = server.send("GET", "/a//b%20c", headers=headers.items())
    assert (answer.status, answer.body) == (200, b"one"), answer

    request = AWSRequest("GET", server.url + "/in-hosts/a//b%20c")
    S3SigV4QueryAuth(ann, "s3", "us-east-1", expires=300).add_auth(request)
    presigned = request.url.removeprefix(server.url)
    assert server.send("GET", presigned).body == b"one"
    assert b"SignatureDoesNotMatch" in server.send("GET", presigned.replace("b%20c", "b%20d")).body

    # A body whose chunks are signed one by one, as SDKs send it without TLS.
    chunked, headers = in_chunks(server, ann, "/in-hosts/chunks", b"hello")
    assert server.send("PUT", "/in-hosts/chunks", chunked, headers).status == 200
    assert client.get_object(Bucket="in-hosts", Key="chunks")["Body"].read() == b"hello"


def in_chunks(server, credentials, path, *chunks, trailer=None):
    """A body of these chunks, each signed, maybe with a trailer that is signed as well, and the headers of its request."""
    announced = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
    headers = {
        "x-amz-content-sha256": announced,
        "x-amz-decoded-content-length": str(sum(map(len, chunks))),
        "content-encoding": "aws-chunked",
    }
    request = AWSRequest("PUT", server.url + path, headers=headers)
    if trailer:
        request.headers["x-amz-trailer"] = trailer.partition(":")[0]
    auth = S3SigV4Auth(credentials, "s3", "us-east-1")
    auth.payload = lambda request: announced
    auth.add_auth(request)
    date, signature = request.headers["X-Amz-Date"], request.headers["Authorization"].rpartition("Signature=")[2]
    scope = [date[:8], "us-east-1", "s3", "aws4_request"]
    key = b"AWS4" + credentials.secret_key.encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    hashed = lambda data: hashlib.sha256(data).hexdigest()  # noqa: E731
    body = b""
    for chunk in (*chunks, b""):
        covered = ["AWS4-HMAC-SHA256-PAYLOAD", date, "/".join(scope), signature, hashed(b""), hashed(chunk)]
        signature = hmac.digest(key, "\n".join(covered).encode(), "sha256").hex()
        body += f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + (chunk + b"\r\n" if chunk else b"")
    if trailer:
        covered = ["AWS4-HMAC-SHA256-TRAILER", date, "/".join(scope), signature, hashed(f"{trailer}\n".encode())]
        signature = hmac.digest(key, "\n".join(covered).encode(), "sha256").hex()
        body += f"{trailer}\r\nx-amz-trailer-signature:{signature}\r\n".encode()
    return body + b"\r\n", list(request.headers.items())


def test_a_trailer_that_was_not_signed_ends_the_call_f_fwd_16(server):
    ann = user(server, 700100000022, "ann", ALLOW_S3)
    client = s3(server, ann)
    client.create_bucket(Bucket="with-trailers")
    checksum = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
    body, headers = in_chunks(
        server, ann, "/with-trailers/key", b"hello", trailer=f"x-amz-checksum-crc32:{checksum}"
    )
    for good, wrong in ((b"crc32:", b"crc33:"), (b"x-amz-trailer-signature", b"x-amz-trailer-signatur_")):
        answer = server.send("PUT", "/with-trailers/key", body.replace(good, wrong), headers)
        assert (answer.status, b"<Code>SignatureDoesNotMatch</Code>" in answer.body) == (403, True), answer
        assert refusal(client.get_object, Bucket="with-trailers", Key="key").code == "NoSuchKey"
    assert server.send("PUT", "/with-trailers/key", body, headers).status == 200
    client.head_object(Bucket="with-trailers", Key="key")


def test_a_chunk_that_was_not_signed_ends_the_call_f_fwd_16(server):
    """Wherever it is: what was sent on before it is not taken for whole."""
    ann = user(server, 700100000021, "ann", ALLOW_S3)
    client = s3(server, ann)
    client.create_bucket(Bucket="in-chunks")
    chunks = [bytes([number]) * 100_000 for number in range(1, 9)]
    body, headers = in_chunks(server, ann, "/in-chunks/key", *chunks)
    for place in (10, 200, 450_000, len(body) - 100, len(body) - 20):
        other = bytearray(body)
        other[place] ^= 1
        answer = server.send("PUT", "/in-chunks/key", bytes(other), headers)
        assert (answer.status, b"<Code>SignatureDoesNotMatch</Code>" in answer.body) == (403, True), (place, answer)
        assert refusal(client.get_object, Bucket="in-chunks", Key="key").code == "NoSuchKey"
    # Without the last chunks, which are none of anybody else's making.
    answer = server.send("PUT", "/in-chunks/key", body[: body.index(b"0;chunk-signature=")], headers)
    assert answer.status == 403 and refusal(client.get_object, Bucket="in-chunks", Key="key").code == "NoSuchKey"
    assert server.send("PUT", "/in-chunks/key", body, headers).status == 200
    assert client.get_object(Bucket="in-chunks", Key="key")["Body"].read() == b"".join(chunks)


def test_policies_hold_in_every_protocol_f_fwd_2_f_fwd_7(server):
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    eve = user(server, 700100000004, "eve", deny)
    asked = [
        ("s3", "list_buckets", {}, "s3:ListAllMyBuckets", ("AccessDenied", 403)),
        ("lambda", "list_functions", {}, "lambda:ListFunctions", ("AccessDeniedException", 403)),
        ("dynamodb", "list_tables", {}, "dynamodb:ListTables", ("AccessDeniedException", 400)),
        ("sqs", "list_queues", {}, "sqs:ListQueues", ("AccessDeniedException", 400)),
        ("sns", "list_topics", {}, "sns:ListTopics", ("AccessDenied", 403)),
        ("cloudwatch", "list_metrics", {}, "cloudwatch:ListMetrics", ("AccessDeniedException", 400)),
        ("scheduler", "list_schedules", {}, "scheduler:*", ("AccessDeniedException", 403)),
        ("ec2", "describe_vpcs", {}, "ec2:DescribeVpcs", ("UnauthorizedOperation", 403)),
    ]
    for service, operation, members, action, told in asked:
        refused = refusal(getattr(server.client(service, eve), operation), **members)
        assert (refused.code, refused.status) == told, service
        assert f"user/eve is not authorized to perform: {action}" in refused.message, refused.message
        assert "with an explicit deny in an identity-based policy" in refused.message
    wrong = Credentials(eve.access_key, "wrong")
    assert refusal(server.client("s3", wrong).list_buckets).code == "SignatureDoesNotMatch"
    nobody = Credentials("AKIANOBODYNOBODYNOBO", "wrong")
    assert refusal(server.client("s3", nobody).list_buckets).code == "InvalidAccessKeyId"
    events = server.wait_for_events(8, server.root(700100000004), [name_of_event(row) for row in asked])
    assert [event["errorCode"] for event in events] == [
        "UnauthorizedOperation" if event["eventSource"].startswith("ec2") else "AccessDenied" for event in events
    ]
    assert {event["eventSource"] for event in events} >= {"s3.amazonaws.com", "lambda.amazonaws.com"}
    assert server.own("GET", "/_accountd/unanswered")["unanswered"] == []


def name_of_event(asked):
    """The name of the event of a row above."""
    action = asked[3].partition(":")[2]
    return {"*": "UnknownOperation", "ListAllMyBuckets": "ListBuckets"}.get(action, action)


def test_an_unknown_operation_needs_all_of_its_service_f_fwd_6(server):
    some = [{"Effect": "Allow", "Action": "scheduler:Get*", "Resource": "*"}]
    most = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    but_one = [*most, {"Effect": "Deny", "Action": "scheduler:DeleteSchedule", "Resource": "*"}]
    for name, statements, allowed in (("some", some, False), ("most", most, True), ("but", but_one, False)):
        caller = user(server, 700100000005, name, {"Version": "2012-10-17", "Statement": statements})
        call = server.client("scheduler", caller).list_schedules
        if allowed:
            assert call()["Schedules"] == []
        else:
            assert "scheduler:*" in refusal(call).message


def test_accounts_are_apart_and_sessions_are_known_f_fwd_12(server):
    """A role in another account, and EC2, of which two operations are here."""
    one, two = server.root(700100000006), server.root(700100000007)
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::700100000006:root"}, "Action": "sts:AssumeRole"}
    iam = server.client("iam", two)
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="guest", AssumeRolePolicyDocument=document)
    iam.put_role_policy(RoleName="guest", PolicyName="all", PolicyDocument=json.dumps(ALLOW_S3))
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    ann = user(server, 700100000006, "ann", allow)
    role = "arn:aws:iam::700100000007:role/guest"
    given = server.client("sts", ann).assume_role(RoleArn=role, RoleSessionName="guest")["Credentials"]
    guest = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    s3(server, ann).create_bucket(Bucket="of-six")
    s3(server, guest).create_bucket(Bucket="of-seven")
    names = lambda who: [bucket["Name"] for bucket in s3(server, who).list_buckets()["Buckets"]]
    assert (names(one), names(two), names(guest)) == (["of-six"], ["of-seven"], ["of-seven"])
    queue = server.client("sqs", one).create_queue(QueueName="jobs")["QueueUrl"]
    assert queue.startswith(server.url + "/700100000006/")
    server.client("sqs", one).send_message(QueueUrl=queue, MessageBody="hello")
    ec2 = server.client("ec2", one)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert vpc in [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]]
    assert any(region["RegionName"] == "af-south-1" for region in ec2.describe_regions(AllRegions=True)["Regions"])


def test_who_is_away_is_named_f_fwd_10(start, moto):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    server = start("--forward", f"s3={moto.url},sqs={nobody}", "--forward", f"lambda={nobody},sns={nobody}")
    root = server.root(700100000008)
    assert s3(server, root).list_buckets()["Buckets"] == []
    for service, call, code in (
        ("sqs", "list_queues", "ServiceUnavailableException"),
        ("lambda", "list_functions", "ServiceUnavailableException"),
        ("sns", "list_topics", "ServiceUnavailable"),
    ):
        refused = refusal(getattr(server.client(service, root), call))
        assert (refused.status, refused.code) == (503, code)
        assert refused.message.startswith(f"accountd hands this call to {nobody}, which cannot be asked: ")
    # What has no place to go is refused as without the flag.
    assert refusal(server.client("dynamodb", root).list_tables).message == "accountd does not answer dynamodb:ListTables."


class Other(http.server.BaseHTTPRequestHandler):
    """An emulator that says what it was sent, or breaks off."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        seen = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("access-control-allow-origin", "*")
        breaks = "breaks" in self.path
        self.send_header("content-length", str(len(seen) + 10 * breaks))
        self.end_headers()
        self.wfile.write(seen)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def other():
    with played(Other) as url:
        yield url


def test_what_goes_on_and_what_comes_back_f_fwd_12(start, other):
    server = start("--forward", other)
    account = 700100000009
    session = server.client("sts", user(server, account, "ann", ALLOW_S3)).get_session_token()["Credentials"]
    credentials = Credentials(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    answer = server.signed("GET", "/schedules/s3", credentials=server.root(account), service="scheduler")
    seen = answer.json
    assert "access-control-allow-origin" not in answer.headers
    assert seen["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={account}/2")
    assert seen["host"] == f"127.0.0.1:{server.port}"
    assert seen["x-moto-account-id"] == str(account)
    client = s3(server, credentials)
    body = json.loads(client.get_object(Bucket="any", Key="key")["Body"].read())
    assert "x-amz-security-token" not in body and "expect" not in body
    assert session["SessionToken"] not in json.dumps(body)
    # An answer that breaks off is not taken for whole.
    with pytest.raises(Exception, match="IncompleteRead|Connection broken|not enough"):
        client.get_object(Bucket="any", Key="breaks")["Body"].read()
