"""The command line: what is printed, what is refused, and the exit codes."""

import json
import os
import re
import signal
import socket
import stat
import subprocess

import pytest
from accountd import BINARY, Accountd, clean_environment
from botocore.credentials import Credentials
from company import write_seed


def run(*arguments, cwd, seconds=10, **environment):
    """Runs accountd to its end."""
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        cwd=cwd,
        env=clean_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def refused(*arguments, cwd, **environment):
    """The one line that says why accountd did not start."""
    done = run(*arguments, cwd=cwd, **environment)
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.endswith("\n") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_the_start_message_says_where_and_what_to_try(start, tmp_path):
    server = start("--data", str(tmp_path / "data"))
    server.stop()
    text = server.log()
    assert server.url in text or server.ready["address"] in text
    assert str(tmp_path / "data") in text
    assert "aws " in text and "account" in text


def test_the_ready_file_is_one_line_of_json(server):
    assert set(server.ready) >= {"address", "pid"}
    assert server.ready["pid"] == server.process.pid
    assert server.port != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_0_on_a_signal(start, number):
    server = start()
    process, server.process = server.process, None
    process.send_signal(number)
    assert process.wait(10) == 0


def test_help_and_version(tmp_path):
    done = run("--help", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    flags = "--listen --data --in-memory --seed --signatures --validation --delays --quota --throttle --time --smtp "
    flags += "--admin-token --log --ready-file --root-credentials"
    assert [flag for flag in flags.split() if flag not in done.stdout] == []
    assert max(map(len, done.stdout.splitlines())) <= 120
    done = run("--version", cwd=tmp_path)
    assert done.returncode == 0 and re.fullmatch(r"accountd \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize(
    "arguments, part",
    [
        (["--lisen", "127.0.0.1:0"], "--listen"),
        (["--listen", "nowhere"], "nowhere"),
        (["--delays", "soon"], "soon"),
        (["--quota", "acounts=5"], "concurrent-account-creations"),
        (["--quota", "accounts=0"], "accounts"),
        (["--validation", "some"], "masked"),
        (["--in-memory", "--data", "x"], "--data"),
        (["--smtp", "http://mail"], "--smtp"),
        (["serve", "--time", "fast"], "manual"),
        (["--listen", "0.0.0.0:0"], "--root-credentials"),
        (["--seed", "missing.yaml", "--in-memory", "--listen", "127.0.0.1:0"], "missing.yaml"),
    ],
)
def test_a_bad_flag_is_one_line_and_2(tmp_path, arguments, part):
    assert part in refused(*arguments, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_bad_variable_is_one_line_and_2(tmp_path):
    assert "soon" in refused(cwd=tmp_path, ACCOUNTD_DELAYS="soon", ACCOUNTD_LISTEN="127.0.0.1:0")


def test_a_variable_stands_for_a_flag(start):
    server = start(environment={"ACCOUNTD_SIGNATURES": "lenient"})
    assert server.own("GET", "/_accountd/health")["signatures"] == "lenient"


def test_a_port_in_use(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:{}".format(taken.getsockname()[1])
        line = refused("--listen", address, "--in-memory", cwd=tmp_path)
    assert address in line and "another program listens there" in line


def test_a_directory_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    line = refused("--data", tmp_path / "file", "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert str(tmp_path / "file") in line
    line = refused("--data", "/proc/accountd", "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert "/proc/accountd" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_of_somebody_else(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert str(closed) in refused("--data", closed, "--listen", "127.0.0.1:0", cwd=tmp_path)


def test_a_directory_that_another_accountd_uses(start, tmp_path):
    data = tmp_path / "data"
    server = start("--data", str(data))
    line = refused("--data", data, "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert str(data) in line
    assert server.client("account").get_account_information()


def test_a_foreign_file_is_never_overwritten(start, tmp_path):
    data = tmp_path / "data"
    server = start("--data", str(data))
    server.stop()
    files = [path for path in data.rglob("*") if path.is_file() and path.read_bytes()[:6] == b"SQLite"]
    assert files
    for path in files:
        path.write_bytes(b"This is no database. " * 400)
    before = {path: path.read_bytes() for path in files}
    line = refused("--data", data, "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert str(data) in line
    assert {path: path.read_bytes() for path in files} == before


def test_state_survives_a_restart(start, tmp_path):
    server = start("--data", str(tmp_path / "data"))
    server.client("account").put_account_name(AccountName="Kept")
    server.stop()
    server.start()
    assert server.client("account").get_account_information()["AccountName"] == "Kept"


def test_a_seed_is_applied_once(start, tmp_path):
    seed = write_seed(tmp_path / "seed.yaml")
    server = start("--data", str(tmp_path / "data"), "--seed", str(seed))
    client = server.client("account", server.root("111111111111"))
    client.put_account_name(AccountName="Renamed")
    server.stop()
    server.start()
    client = server.client("account", server.root("111111111111"))
    assert client.get_account_information()["AccountName"] == "Renamed"


def test_a_seed_is_checked(tmp_path):
    seed = write_seed(tmp_path / "seed.yaml")
    done = run("seed", "check", seed, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout, done
    wrong = seed.read_text().replace('"email": "Root@', '"e-mail": "Root@')
    seed.write_text(wrong)
    done = run("seed", "check", seed, cwd=tmp_path)
    assert done.returncode == 2, done
    line = 1 + wrong[: wrong.index('"e-mail"')].count("\n")
    assert f"{seed}:{line}:" in done.stderr


def test_a_wrong_seed_is_refused_and_nothing_is_applied(start, tmp_path):
    seed = write_seed(tmp_path / "seed.yaml")
    good = seed.read_text()
    seed.write_text(good.replace('"standalone": true', '"standalone": "perhaps"'))
    flags = ("--data", tmp_path / "data", "--seed", seed, "--listen", "127.0.0.1:0")
    done = run(*flags, cwd=tmp_path)
    assert done.returncode == 2 and f"{seed}:" in done.stderr, done
    seed.write_text(good)
    server = start("--data", str(tmp_path / "data"), "--seed", str(seed))
    client = server.client("account", server.root("444444444444"))
    assert client.get_account_information()["AccountName"] == "Alone"


def test_health(server):
    for path in ("/_accountd/health", "/_localstack/health"):
        health = server.own("GET", path)
        assert health["status"] == "running" and health["services"]["account"] == "running"
    assert server.own("GET", "/_accountd/ready")
    metrics = server.send("GET", "/_accountd/metrics")
    assert metrics.status == 200 and b"# TYPE" in metrics.body


def test_reset_export_and_import(start):
    server = start()
    client = server.client("account")
    client.put_account_name(AccountName="Before")
    exported = server.own("GET", "/_accountd/export")
    client.put_account_name(AccountName="After")
    server.own("POST", "/_accountd/import", exported)
    assert client.get_account_information()["AccountName"] == "Before"
    server.own("POST", "/_accountd/reset")
    assert client.get_account_information()["AccountName"] != "Before"


def test_own_endpoints_on_other_addresses_need_the_token(tmp_path):
    keys = tmp_path / "keys.yaml"
    key = {"account_id": "000000000009", "access_key_id": "AKIAROOTROOTROOTROOT"}
    keys.write_text(json.dumps([key | {"secret_access_key": "a-secret-of-the-root-user"}]))
    keys.chmod(0o600)
    flags = ("--in-memory", "--root-credentials", str(keys), "--admin-token", "a-long-token")
    server = Accountd(tmp_path / "run", *flags, listen="0.0.0.0:0")
    server.start()
    try:
        server.host = "127.0.0.1"
        server.url = f"http://127.0.0.1:{server.port}"
        assert server.send("GET", "/_accountd/health").status == 200
        assert server.send("GET", "/_accountd/outbox").status == 401
        token = {"Authorization": "Bearer a-long-token"}
        assert server.send("GET", "/_accountd/outbox", headers=token).status == 200
        well_known = server.operation("/getAccountInformation")
        assert well_known.error_type == "UnrecognizedClientException"
        root = Credentials("AKIAROOTROOTROOTROOT", "a-secret-of-the-root-user")
        known = server.operation("/getAccountInformation", credentials=root)
        assert known.json["AccountId"] == "000000000009"
    finally:
        server.stop()
