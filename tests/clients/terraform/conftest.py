"""Lets the tests of Terraform use the Python suite's modules, and gives them an empty server."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python"))

from accountd import Accountd  # noqa: E402


@pytest.fixture
def server(tmp_path):
    server = Accountd(tmp_path / "run", "--in-memory")
    server.start()
    yield server
    server.stop()
