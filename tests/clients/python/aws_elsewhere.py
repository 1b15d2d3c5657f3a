"""AWS services that accountd delivers to, played by moto in a process of its own."""

import socket
import subprocess
import sys
import time
import urllib.request

import botocore.config
from accountd import SESSION, clean_environment

READY_WITHIN_SECONDS = 30


class Moto:
    """A moto server, which knows S3, SNS, SQS, EventBridge and CloudWatch Logs."""

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
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            env=clean_environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/moto-api/data.json"):
                    return
            except OSError:
                assert time.monotonic() < deadline, "moto did not start in time"
                time.sleep(0.05)

    def stop(self):
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
