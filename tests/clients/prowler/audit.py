"""Runs prowler, unmodified, as somebody, and reads what it found."""

import csv
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "python"))

from accountd import clean_environment  # noqa: E402

PROWLER = os.environ.get("PROWLER")
TIMEOUT_SECONDS = 600
PASSED, FAILED = 0, 3
REGIONS = ["eu-central-1", "eu-west-1"]


def audit(server, directory, credentials, services, trusted=(), role=None):
    """Runs prowler's checks of these services, and gives its exit code and its findings."""
    directory.mkdir()
    settings = {
        "organizations_enabled_regions": REGIONS,
        "organizations_trusted_delegated_administrators": list(trusted),
    }
    # YAML includes JSON.
    (directory / "config.yaml").write_text(json.dumps({"aws": settings}))
    arguments = [PROWLER, "aws", "--services", *services, "--no-banner", "--no-color"]
    arguments += ["--output-formats", "csv", "--output-directory", "out", "--output-filename", "report"]
    arguments += ["--config-file", "config.yaml", "--log-level", "WARNING"]
    arguments += ["--role", role] if role else []
    token = {"AWS_SESSION_TOKEN": credentials.token} if credentials.token else {}
    done = subprocess.run(
        arguments,
        cwd=directory,
        env=clean_environment(
            HOME=str(directory),
            AWS_ENDPOINT_URL=server.url,
            AWS_ACCESS_KEY_ID=credentials.access_key,
            AWS_SECRET_ACCESS_KEY=credentials.secret_key,
            AWS_DEFAULT_REGION="us-east-1",
            AWS_EC2_METADATA_DISABLED="true",
            **token,
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    report = directory / "out/report.csv"
    assert report.exists(), f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    with report.open(newline="") as file:
        return done.returncode, list(csv.DictReader(file, delimiter=";"))


def statuses(findings, service):
    """What each check of a service says; where it has several findings, the last one."""
    of_service = (finding for finding in findings if finding["SERVICE_NAME"] in service)
    return {finding["CHECK_ID"]: finding["STATUS"] for finding in of_service}


def checks(service):
    """The names of all checks that prowler has for a service."""
    (folder,) = pathlib.Path(PROWLER).parents[1].glob(f"lib/python*/site-packages/prowler/providers/aws/services/{service}")
    return sorted(file.name.removesuffix(".metadata.json") for file in folder.glob("*/*.metadata.json"))
