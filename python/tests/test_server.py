"""A server of one's own, and what can be asked of it."""

import datetime
import os
import statistics
import subprocess
import sys
import time

import accountd
import pytest
from botocore.exceptions import ClientError

SEED = {
    "accounts": [
        {
            "id": "111122223333",
            "name": "One",
            "email": "one@example.com",
            "iam": {
                "users": [{"name": "ann"}],
                "roles": [
                    {
                        "name": "Auditor",
                        "trust_policy": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Principal": {"Service": "ec2.amazonaws.com"},
                                    "Action": "sts:AssumeRole",
                                }
                            ],
                        },
                    }
                ],
            },
        }
    ]
}


@pytest.fixture(scope="module")
def server():
    with accountd.Server(SEED) as server:
        yield server


@pytest.fixture(autouse=True)
def _reset(server):
    server.reset()


def arn(client):
    return client.get_caller_identity()["Arn"]


def test_somebody_calls(server):
    assert arn(server.client("sts")) == "arn:aws:iam::000000000000:root"
    ann = server.client("sts", account="111122223333", user="ann")
    assert arn(ann) == "arn:aws:iam::111122223333:user/ann"
    auditor = server.client("sts", account="111122223333", role="Auditor")
    assert arn(auditor) == "arn:aws:sts::111122223333:assumed-role/Auditor/accountd"
    administrator = server.client("sts", account="111122223333")
    assert arn(administrator).startswith("arn:aws:iam::111122223333:user/")
    with pytest.raises(ClientError, match="not authorized to perform: account:ListRegions"):
        server.client("account", account="111122223333", role="Auditor").list_regions()
    with pytest.raises(accountd.OwnEndpointError, match="has no role Nobody") as refused:
        server.client("sts", account="111122223333", role="Nobody")
    assert refused.value.status == 404
    with pytest.raises(ValueError, match="of which account"):
        server.credentials(role="Auditor")


def test_time_is_moved(server):
    account = server.client("account", account="111122223333")
    account.enable_region(RegionName="af-south-1")
    status = lambda: account.get_region_opt_status(RegionName="af-south-1")["RegionOptStatus"]
    assert status() == "ENABLING"
    before = server.clock.now()
    assert server.clock.advance("1h") >= before + datetime.timedelta(hours=1)
    assert status() == "ENABLED"
    server.clock.advance(datetime.timedelta(minutes=1, milliseconds=1))
    assert server.clock.set("2199-01-01T00:00:00Z").year == 2199
    later = datetime.datetime(2200, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    assert server.clock.set(later) >= later
    with pytest.raises(accountd.OwnEndpointError, match="only moves forward"):
        server.clock.set(datetime.datetime(2027, 1, 1))


def test_codes_are_in_the_outbox(server):
    organizations = server.client("organizations", account="111122223333")
    organizations.create_organization(FeatureSet="ALL")
    status = organizations.create_account(Email="two@example.com", AccountName="Two")["CreateAccountStatus"]
    server.clock.advance("1h")
    status = organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])
    member = status["CreateAccountStatus"]["AccountId"]
    organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    account = server.client("account", account="111122223333")
    account.start_primary_email_update(AccountId=member, PrimaryEmail="new+2@example.com")
    code = server.outbox.code(to="new+2@example.com")
    assert account.accept_primary_email_update(AccountId=member, PrimaryEmail="new+2@example.com", Otp=code)
    assert server.outbox.messages(account=member)[0]["code"] == code
    assert server.outbox.clear() >= 1
    with pytest.raises(LookupError, match="no message with a code"):
        server.outbox.code()


def test_faults_are_ordered_and_end(server):
    sts = server.client("sts")
    server.faults.fail("sts", "GetCallerIdentity", "RequestExpired", "Later.", times=1)
    server.faults.add({"service": "iam", "delay_milliseconds": 1})
    assert [rule["service"] for rule in server.faults.rules()] == ["sts", "iam"]
    with pytest.raises(ClientError, match="RequestExpired"):
        sts.get_caller_identity()
    sts.get_caller_identity()
    server.faults.clear()
    assert server.faults.rules() == []
    with pytest.raises(accountd.OwnEndpointError, match="sts has no operation"):
        server.faults.fail("sts", "GetCaller", "X")


def test_state_and_records(server):
    iam = server.client("iam", account="111122223333")
    iam.create_user(UserName="bob")
    state = server.export()
    names = [event["eventName"] for event in server.events(account="111122223333")]
    assert names == ["CreateUser"] and server.events(account="999999999999") == []
    server.reset()
    assert not [user for user in iam.list_users()["Users"] if user["UserName"] == "bob"]
    server.restore(state)
    assert [user for user in iam.list_users()["Users"] if user["UserName"] == "bob"]
    assert server.unanswered() == []


def test_the_environment_leads_there(server):
    variables = server.env("111122223333", role="Auditor")
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=kept | variables, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "arn:aws:sts::111122223333:assumed-role/Auditor/accountd"


def test_the_program_is_beside_the_module():
    done = subprocess.run([sys.executable, "-m", "accountd", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("accountd ")
    assert os.access(accountd.binary(), os.X_OK)


def test_what_cannot_start_says_why(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("accounts: [{id: 1}]")
    with pytest.raises(accountd.NotStarted, match="must be written in quotes"):
        accountd.Server(wrong).start()
    with pytest.raises(accountd.NotStarted, match="x2 to x1000"):
        accountd.Server(time="x1").start()
    with pytest.raises(accountd.NotStarted, match="does not run"):
        accountd.Server().reset()


def test_a_seed_may_be_text_and_state_may_stay(tmp_path):
    text = "accounts:\n  - {id: '222222222222', name: Two, email: two@example.com}\n"
    data = tmp_path / "data"
    for _ in range(2):
        with accountd.Server(text, data=data, delays="instant") as server:
            account = server.client("account", account="222222222222")
            assert account.get_account_information()["AccountName"] == "Two"
            log = server.log()
    assert "was not applied again" in log


def test_a_start_and_a_reset_cost_little(server):
    """A debug build is several times as slow as what is released; `cargo xtask bench` measures that."""
    resets = []
    for _ in range(20):
        begun = time.perf_counter()
        server.reset()
        resets.append(time.perf_counter() - begun)
    assert statistics.median(resets) < 0.1
    begun = time.perf_counter()
    with accountd.Server():
        assert time.perf_counter() - begun < 5
