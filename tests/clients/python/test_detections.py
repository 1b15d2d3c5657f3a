"""Detections in Sigma's form, evaluated by pySigma and SQLite over files that were delivered: each fires on what it is for and on
nothing else (F-STORY-15)."""

import gzip
import json
import pathlib
import sqlite3

import pytest
from company import ADMINISTRATOR, MANAGEMENT, MEMBER
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

RULES = pathlib.Path(__file__).parent / "detections"


def flat(value, path=""):
    """A record's members by their paths, as pipelines flatten them."""
    if not isinstance(value, dict):
        return {path: value if isinstance(value, (str, int, float)) or value is None else json.dumps(value)}
    return {k: v for name, of in value.items() for k, v in flat(of, f"{path}.{name}" if path else name).items()}


class Logs:
    """The records of delivered files in a table."""

    def __init__(self, folder):
        texts = (gzip.decompress(path.read_bytes()) for path in sorted(folder.rglob("*.json.gz")))
        self.records = [record for text in texts for record in json.loads(text)["Records"]]
        rows = [flat(record) for record in self.records]
        queried = ["errorCode", "responseElements.accessKey.status", "userIdentity.type"]
        columns = sorted({column for row in rows for column in row}.union(queried))
        self.table = sqlite3.connect(":memory:")
        names = ", ".join(f"`{column}`" for column in columns)
        self.table.execute(f"CREATE TABLE logs ({names})")
        marks = ", ".join("?" for _ in columns)
        for row in rows:
            values = [str(v).lower() if isinstance(v, bool) else v for v in map(row.get, columns)]
            self.table.execute(f"INSERT INTO logs VALUES ({marks})", values)

    def found(self, rule):
        """The names of the calls that a rule fires on."""
        (query,) = sqliteBackend().convert(SigmaCollection.from_yaml((RULES / f"{rule}.yml").read_text()))
        of = self.table.execute(query.replace("SELECT *", "SELECT eventName", 1))
        return sorted(name for (name,) in of)


@pytest.fixture
def delivered(company, tmp_path):
    """Starts the company with its log delivered to a directory, and gives what was delivered until the end."""
    folder = tmp_path / "records"

    def delivered_after(calls):
        server = company("--trail", str(folder))
        calls(server)
        server.stop()
        return Logs(folder)

    return delivered_after


def test_what_happens_every_day_is_silent(delivered):
    def calls(server):
        account = server.client("account", ADMINISTRATOR)
        account.put_account_name(AccountName="Renamed")
        account.list_regions()

    logs = delivered(calls)
    assert len(logs.records) == 2
    assert {rule.stem: logs.found(rule.stem) for rule in RULES.glob("*.yml") if logs.found(rule.stem)} == {}


def test_each_rule_fires_on_what_it_is_for(delivered):
    def calls(server):
        root = server.root(MANAGEMENT)
        server.client("account", server.root(MEMBER)).list_regions()
        trail = server.client("cloudtrail", ADMINISTRATOR)
        trail.create_trail(Name="main", S3BucketName="trail-logs")
        trail.start_logging(Name="main")
        trail.stop_logging(Name="main")
        iam = server.client("iam", ADMINISTRATOR)
        iam.create_user(UserName="backdoor")
        iam.create_access_key(UserName="backdoor")
        organizations = server.client("organizations", root)
        (unit,) = organizations.list_roots()["Roots"]
        if not unit["PolicyTypes"]:
            organizations.enable_policy_type(RootId=unit["Id"], PolicyType="SERVICE_CONTROL_POLICY")
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
        policy = organizations.create_policy(
            Content=json.dumps(document), Name="guard", Description="", Type="SERVICE_CONTROL_POLICY"
        )["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=unit["Id"])
        organizations.detach_policy(PolicyId=policy, TargetId=unit["Id"])
        server.client("organizations", server.root(MEMBER)).leave_organization()

    logs = delivered(calls)
    assert logs.found("trail_disabled") == ["StopLogging"]
    assert logs.found("new_access_key") == ["CreateAccessKey"]
    assert logs.found("scp_detached") == ["DetachPolicy"]
    assert logs.found("leave_organization") == ["LeaveOrganization"]
    by_root = logs.found("root_use")
    assert "ListRegions" in by_root and "AttachPolicy" in by_root and "CreateUser" not in by_root
