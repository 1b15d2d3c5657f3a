"""What is packaged: the program under test without what only a debugger reads, and where the packages are made."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "packaging"))


@pytest.fixture(scope="session")
def binary(tmp_path_factory):
    """The program as it would be packaged."""
    built = pathlib.Path(os.environ.get("ACCOUNTD_BINARY") or ROOT / "target/debug/accountd").resolve()
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
