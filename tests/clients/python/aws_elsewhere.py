"""Servers of others: AWS services that accountd delivers to, played by moto in a process of its own, or what a test plays itself."""

import contextlib
import gzip
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import botocore.config
from accountd import SESSION, clean_environment

READY_WITHIN_SECONDS = 30

# What moto takes, which looks at none of it.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@contextlib.contextmanager
def played(handler):
    """A server in this process that answers as the handler does: where it is."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class Elsewhere:
    """A server of others, in a process of its own. What it is says how it is started, and when it is ready."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            self.command(),
            env=clean_environment(**CREDENTIALS),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self.is_ready():
            assert time.monotonic() < deadline, f"{type(self).__name__} did not start in time"
            time.sleep(0.05)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def client(self, service):
        return SESSION.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=botocore.config.Config(s3={"addressing_style": "path"}),
        )


class Moto(Elsewhere):
    """A moto server, which knows S3, SNS, SQS, EventBridge and CloudWatch Logs."""

    def command(self):
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/moto-api/data.json"):
                return True
        except OSError:
            return False


def within(seconds, found):
    """What is found in time."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.05)
    return result


def bucket(moto, name, account, trail="main", policy=True):
    """A bucket that lets a trail of an account in."""
    s3 = moto.client("s3")
    s3.create_bucket(Bucket=name)
    arn = f"arn:aws:cloudtrail:us-east-1:{account}:trail/{trail}"
    allow = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    source = {"aws:SourceArn": arn}
    put = source | {"s3:x-amz-acl": "bucket-owner-full-control"}
    statements = [
        allow | {"Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{name}", "Condition": {"StringEquals": source}},
        allow | {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/*", "Condition": {"StringEquals": put}},
    ]
    if policy:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return s3


def objects(s3, name):
    return [item["Key"] for item in s3.list_objects_v2(Bucket=name).get("Contents", [])]


def keys(s3, name, part="CloudTrail/"):
    return [key for key in objects(s3, name) if part in key and not key.endswith("/")]


def delivered(s3, name):
    texts = (gzip.decompress(s3.get_object(Bucket=name, Key=key)["Body"].read()) for key in keys(s3, name))
    return [record for text in texts for record in json.loads(text)["Records"]]
