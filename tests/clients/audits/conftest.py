"""The fixtures of the other tests in Python."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import pytest  # noqa: E402
from accountd import Accountd  # noqa: E402


@pytest.fixture
def server(tmp_path):
    running = Accountd(tmp_path / "accountd", "--in-memory").start()
    yield running
    running.stop()
