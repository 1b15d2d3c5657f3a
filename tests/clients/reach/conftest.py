"""What is packaged: the program under test without what only a debugger reads, and where the packages are made."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "packaging"))
sys.path.insert(0, str(ROOT / "tests/clients"))

from typed import until_ready, url_in  # noqa: E402


def released(*names):
    """The pieces of a release that were made already, which `cargo xtask release --dry-run` has looked at; None where none is made."""
    if "ACCOUNTD_DIST" not in os.environ:
        return None
    found = [sorted(pathlib.Path(os.environ["ACCOUNTD_DIST"]).glob(name)) for name in names]
    assert all(len(paths) == 1 for paths in found), found
    return [path for (path,) in found]


@pytest.fixture(scope="session")
def binary(tmp_path_factory):
    """The program as it would be packaged."""
    built = pathlib.Path(os.environ.get("ACCOUNTD_BINARY") or ROOT / "target/debug/accountd").resolve()
    if "ACCOUNTD_DIST" in os.environ:
        return built
    stripped = tmp_path_factory.mktemp("binary") / "accountd"
    done = subprocess.run(["strip", "-o", str(stripped), str(built)], capture_output=True)
    return stripped if done.returncode == 0 else built


@pytest.fixture(scope="session")
def manual():
    """The manual and the completions, which a test in Rust writes; the gate says where."""
    return pathlib.Path(os.environ["ACCOUNTD_MANUAL"])


def clean(**more):
    """The environment without anything that speaks to AWS clients or to accountd."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "ACCOUNTD_", "PYTEST_", "NODE_"))}
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return kept | files | more


@contextlib.contextmanager
def serving(line, folder, **environment):
    """Types a line that serves, as it stands, and says where it serves. It ends when it is no longer needed."""
    environment = clean(ACCOUNTD_LISTEN="127.0.0.1:0", **environment)
    started = subprocess.Popen(
        ["sh", "-c", line],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield url_in(until_ready(started.stderr))
    finally:
        # What a line starts may start something itself.
        os.killpg(started.pid, signal.SIGTERM)
        started.wait()
