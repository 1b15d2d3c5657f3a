"""The audits, which several files of tests read: each runs once, and they run side by side."""

import concurrent.futures
import http.server
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from accountd import Accountd  # noqa: E402
from audit import audit  # noqa: E402
from aws_elsewhere import played  # noqa: E402
from companies import neglected, well_kept  # noqa: E402
from identities import AUDITOR_SESSION, BOSS_SESSION, seed  # noqa: E402

BOTH = ("account", "organizations")
ALL = (*BOTH, "iam")


class Models(http.server.BaseHTTPRequestHandler):
    """Bedrock and SageMaker as far as they are asked: there is nothing."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def models():
    with played(Models) as url:
        yield url


@pytest.fixture(scope="session")
def reports(tmp_path_factory, models):
    """The well-kept company, and of each audit its exit code and its findings."""
    directory = tmp_path_factory.mktemp("prowler")
    (directory / "seed.yaml").write_text(json.dumps(seed()))
    flags = ["--in-memory", "--time", "manual", "--seed", str(directory / "seed.yaml")]
    server = Accountd(directory / "run", *flags, "--forward", f"bedrock={models},sagemaker={models}")
    server.start()
    try:
        neglected(server)
        kept = well_kept(server)
        role = f"arn:aws:iam::{kept.shop}:role/OrganizationAccountAccessRole"
        audits = {
            "kept": (AUDITOR_SESSION, ALL, [kept.security]),
            "neglected": (BOSS_SESSION, ALL),
            "member": (AUDITOR_SESSION, BOTH, (), role),
            "alone": (server.root("333333333333"), BOTH),
        }
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            running = {
                name: pool.submit(audit, server, directory / name, *arguments)
                for name, arguments in audits.items()
            }
            yield kept, {name: future.result() for name, future in running.items()}
    finally:
        server.stop()
