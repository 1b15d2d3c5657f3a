"""Trails delivered to an S3 that refuses, breaks off, is slow or away, speaks TLS, or checks every signature."""

import os
import shutil
import socket

import pytest
from aws_elsewhere import CREDENTIALS, Elsewhere, bucket, delivered, keys, objects, within
from company import MEMBER
from troubled import Troubled, authority


def trail_to(start, url, name, **environment):
    """An accountd with a trail of the member's that is logging, to a bucket at `url`."""
    flags = ("--time", "manual", "--trail-interval", "60s", "--s3", url)
    server = start(*flags, environment=CREDENTIALS | environment)
    trail = server.client("cloudtrail", server.root(MEMBER))
    trail.create_trail(Name="main", S3BucketName=name)
    trail.start_logging(Name="main")
    return server, trail


def call(server, count=5):
    account = server.client("account", server.root(MEMBER))
    for number in range(count):
        account.put_account_name(AccountName=f"Name {number}")
    server.advance("60s")


def changes(records):
    return [record["eventID"] for record in records if record["eventName"] == "PutAccountName"]


def test_slow_and_failing_puts_lose_nothing(start, moto):
    """F-DELIVER-3: refused, broken off and slow in turn; each record is there once by its id, and calls are answered."""
    s3 = bucket(moto, "troubled", MEMBER)
    proxy = Troubled(moto.port)
    server, trail = trail_to(start, proxy.url, "troubled")
    proxy.puts = 0
    trouble = {1: "refuse", 2: "break", 3: "wait", 5: "wait"}
    proxy.trouble = trouble.get
    call(server)
    within(10, lambda: trail.get_trail_status(Name="main").get("LatestDeliveryError") == "SlowDown")
    for _ in range(3):
        call(server)
    expected = {event["eventID"] for event in server.events(server.root(MEMBER), ["PutAccountName"])}
    within(60, lambda: expected <= set(changes(delivered(s3, "troubled"))))
    assert len(expected) == 20 and proxy.puts > 4
    within(10, lambda: "LatestDeliveryError" not in trail.get_trail_status(Name="main"))
    proxy.stop()


def test_a_bucket_that_is_away_for_an_hour_gets_everything(start, moto):
    """F-DELIVER-3, F-DELIVER-8: nobody listens for an hour of service time."""
    s3 = bucket(moto, "away", MEMBER)
    proxy = Troubled(moto.port)
    server, trail = trail_to(start, proxy.url, "away")
    proxy.stop()
    for _ in range(6):
        call(server, 2)
        server.advance("9m")
    within(10, lambda: trail.get_trail_status(Name="main").get("LatestDeliveryError") == "Unreachable")
    assert keys(s3, "away") == []
    proxy.start()
    expected = {event["eventID"] for event in server.events(server.root(MEMBER), ["PutAccountName"])}
    within(90, lambda: expected <= set(changes(delivered(s3, "away"))))
    assert len(expected) == 12
    proxy.stop()


def test_a_bucket_behind_tls_is_reached_by_the_file_of_who_is_trusted(start, moto, tmp_path):
    """F-S3-5: `SSL_CERT_FILE` names the authorities; without it an unknown one is not believed."""
    s3 = bucket(moto, "secured", MEMBER)
    context, trusted = authority(tmp_path)
    proxy = Troubled(moto.port, context)
    server, _ = trail_to(start, proxy.url, "secured", SSL_CERT_FILE=str(trusted))
    call(server)
    within(20, lambda: len(changes(delivered(s3, "secured"))) == 5)
    stranger = start("--time", "manual", "--s3", proxy.url, environment=CREDENTIALS)
    with pytest.raises(Exception) as refused:
        stranger.client("cloudtrail", stranger.root(MEMBER)).create_trail(Name="main", S3BucketName="secured")
    assert "InternalFailure" in str(refused.value) or "500" in str(refused.value)
    proxy.stop()


class S3s(Elsewhere):
    """`s3s-fs`, an S3 in Rust that checks signatures, if it is installed: `cargo install s3s-fs --features binary`."""

    def __init__(self, directory):
        super().__init__()
        self.binary = os.environ.get("S3S_FS") or shutil.which("s3s-fs")
        self.directory = directory

    def command(self):
        if not self.binary:
            pytest.skip("there is no s3s-fs here: cargo install s3s-fs --features binary")
        place = ["--host", "127.0.0.1", "--port", str(self.port)]
        secrets = ["--access-key", "test", "--secret-key", "test"]
        return [self.binary, *place, *secrets, str(self.directory)]

    def is_ready(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.mark.everything
def test_a_server_that_checks_signatures_takes_files(start, tmp_path):
    """F-S3-3: signatures are those of AWS to a server that is not ours and checks them; a wrong secret is refused."""
    directory = tmp_path / "buckets"
    directory.mkdir()
    other = S3s(directory)
    other.start()
    try:
        s3 = other.client("s3")
        s3.create_bucket(Bucket="signed")
        server, trail = trail_to(start, other.url, "signed")
        call(server)
        within(20, lambda: len(changes(delivered(s3, "signed"))) == 5)
        # The trail's mark is there as a folder: this server keeps objects as files, and lists no key that ends in a slash.
        assert (directory / "signed" / "AWSLogs" / MEMBER / "CloudTrail").is_dir()
        assert "LatestDeliveryError" not in trail.get_trail_status(Name="main")
        wrong, trail = trail_to(start, other.url, "signed", AWS_SECRET_ACCESS_KEY="wrong")
        call(wrong)
        within(10, lambda: trail.get_trail_status(Name="main").get("LatestDeliveryError") == "SignatureDoesNotMatch")
    finally:
        other.stop()
