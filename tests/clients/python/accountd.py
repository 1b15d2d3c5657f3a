"""A running accountd, and the ways a test talks to it."""

import base64
import dataclasses
import datetime
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.parse

import botocore.config
import botocore.session
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

BINARY = os.environ.get("ACCOUNTD_BINARY") or str(
    pathlib.Path(__file__).resolve().parents[3] / "target/debug/accountd"
)
READY_WITHIN_SECONDS = 10
STOPPED_WITHIN_SECONDS = 10

# Loading botocore's models costs more than a whole test, so that all clients share one loader.
SESSION = botocore.session.Session()
SESSION.set_config_variable("config_file", os.devnull)
SESSION.set_config_variable("credentials_file", os.devnull)


def clean_environment(**more):
    """The environment without anything that speaks to AWS clients or to accountd."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "ACCOUNTD_", "LOCALSTACK_"))}
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return kept | files | more


@dataclasses.dataclass
class Answer:
    """An HTTP answer as it came."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error_type(self):
        return self.headers.get("x-amzn-errortype")


@dataclasses.dataclass
class Refusal:
    """An error as boto3 tells it."""

    status: int
    code: str
    message: str
    reason: str | None = None
    fields: list | None = None


def refusal(call, /, **members):
    """Makes a call that must be refused, and returns the refusal."""
    try:
        call(**members)
    except ClientError as error:
        answer = error.response
        return Refusal(
            answer["ResponseMetadata"]["HTTPStatusCode"],
            answer["Error"]["Code"],
            answer["Error"]["Message"],
            answer.get("reason"),
            answer.get("fieldList"),
        )
    raise AssertionError("the call was not refused")


class Accountd:
    """One process, started with `flags`, with a directory for its files."""

    def __init__(self, directory, *flags, environment=None, listen="127.0.0.1:0"):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.flags = flags
        self.environment = environment or {}
        self.listen = listen
        self.process = None
        self.starts = 0

    # Life

    def start(self):
        self.starts += 1
        ready_file = self.directory / f"ready{self.starts}.json"
        flags = ["--listen", self.listen, "--ready-file", str(ready_file), *self.flags]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, *flags],
                cwd=self.directory,
                env=clean_environment(**self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not (ready_file.exists() and ready_file.read_text().endswith("\n")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                code = self.process.poll()
                self.process.kill()
                self.process = None
                raise AssertionError(f"accountd is not ready (exit code {code}):\n{self.log()}")
            time.sleep(0.002)
        self.ready = json.loads(ready_file.read_text())
        self.host, _, port = self.ready["address"].rpartition(":")
        self.port = int(port)
        self.url = f"http://{self.ready['address']}"
        return self

    def stop(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"accountd did not stop on SIGTERM:\n{self.log()}") from None
        assert code == 0, f"exit code {code}:\n{self.log()}"

    def kill(self):
        process, self.process = self.process, None
        process.kill()
        process.wait()

    @property
    def log_file(self):
        return self.directory / "log.txt"

    def log(self):
        return self.log_file.read_text(errors="replace")

    # Callers

    @staticmethod
    def root(account):
        """The well-known credentials of an account's root user."""
        return Credentials(f"{account:012}" if isinstance(account, int) else account, "test")

    def client(self, service, credentials=None, region="us-east-1", **config):
        """A boto3 client that neither retries nor checks what it sends: accountd must."""
        credentials = credentials or Credentials("test", "test")
        config.setdefault("parameter_validation", False)
        return SESSION.create_client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
            config=botocore.config.Config(retries={"total_max_attempts": 1}, **config),
        )

    # HTTP

    def send(self, method, path, body=b"", headers=()):
        """Sends exactly this, plus Host and Content-Length."""
        connection = http.client.HTTPConnection(self.host.strip("[]"), self.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())
        finally:
            connection.close()

    def signed(
        self, method, path, body=b"", headers=(), credentials=None, service="account", region="us-east-1"
    ):
        """Sends this with Signature Version 4 in its header."""
        credentials = credentials or Credentials("test", "test")
        request = AWSRequest(method, self.url + path, data=body, headers=dict(headers))
        SigV4Auth(credentials, service, region).add_auth(request)
        return self.send(method, path, body, request.headers.items())

    def operation(self, path, members=None, **options):
        """Calls an operation as restJson1 has it, with a JSON body as given."""
        body = members if isinstance(members, bytes) else json.dumps(members or {}).encode()
        return self.signed("POST", path, body, {"Content-Type": "application/json"}, **options)

    def presigned(self, path, credentials=None, expires=300, service="account", region="us-east-1"):
        """`path` with a Signature Version 4 in its query."""
        credentials = credentials or Credentials("test", "test")
        request = AWSRequest("GET", self.url + path)
        SigV4QueryAuth(credentials, service, region, expires).add_auth(request)
        return request.url.removeprefix(self.url)

    def signed_version_2(self, method, parameters, secret="test", hashed=hashlib.sha256, path="/"):
        """Sends these parameters of the Query API with Signature Version 2."""
        name = {hashlib.sha256: "HmacSHA256", hashlib.sha1: "HmacSHA1"}[hashed]
        now = datetime.datetime.now(datetime.timezone.utc)
        parameters = {
            "AWSAccessKeyId": "test",
            "SignatureVersion": "2",
            "SignatureMethod": name,
            "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        } | parameters
        quoted = sorted((quote(k).encode(), quote(v).encode()) for k, v in parameters.items())
        query = b"&".join(k + b"=" + v for k, v in quoted).decode()
        text = "\n".join([method, f"{self.host}:{self.port}".lower(), path, query])
        signature = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashed).digest()).decode()
        query += "&Signature=" + quote(signature)
        if method == "GET":
            return self.send("GET", f"{path}?{query}")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, query.encode(), form)

    # Own endpoints

    def own(self, method, path, members=None):
        """Asks one of accountd's own endpoints."""
        body = b"" if members is None else json.dumps(members).encode()
        headers = {"Content-Type": "application/json"} if members is not None else {}
        answer = self.send(method, path, body, headers)
        assert answer.status == 200, answer
        return answer.json

    def advance(self, duration):
        """Moves service time forward, for example by `24h`."""
        return self.own("POST", "/_accountd/clock", {"advance": duration})

    def outbox(self):
        """The messages that were sent, newest first."""
        return self.own("GET", "/_accountd/outbox")["messages"]

    def message_of(self, call, /, **members):
        """The one message that this call sends."""
        before = {message["id"] for message in self.outbox()}
        call(**members)
        sent = [message for message in self.outbox() if message["id"] not in before]
        assert len(sent) == 1, sent
        return sent[0]

    # The trail

    def events(self, credentials=None, names=()):
        """The records LookupEvents gives this caller, oldest first, less those of LookupEvents itself."""
        client = self.client("cloudtrail", credentials)
        pages = client.get_paginator("lookup_events").paginate()
        events = [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]
        events = [event for event in events if event["eventName"] != "LookupEvents"]
        return [event for event in reversed(events) if not names or event["eventName"] in names]

    def wait_for_events(self, count, credentials=None, names=(), seconds=5):
        """Waits until LookupEvents gives `count` records: those of reads are written within a second."""
        deadline = time.monotonic() + seconds
        while True:
            events = self.events(credentials, names)
            if len(events) >= count or time.monotonic() > deadline:
                return events
            time.sleep(0.02)


def quote(text):
    """Quotes as RFC 3986 has it, which both versions of the signature ask for."""
    return urllib.parse.quote(text, safe="-_.~")
