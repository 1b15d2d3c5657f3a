"""Fixtures: a running accountd for each test, and the company it may serve."""

import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from accountd import Accountd  # noqa: E402
from aws_elsewhere import Moto  # noqa: E402
from company import write_seed  # noqa: E402

ACCOUNT_NUMBERS = itertools.count(700000000000)


@pytest.fixture(scope="module")
def moto():
    """AWS services that are not here, as moto plays them."""
    server = Moto()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path):
    """Starts accountd with the given flags, in memory unless they say otherwise. Each one that still
    runs when the test ends is stopped by SIGTERM and must end with exit code 0."""
    running = []

    def start_one(*flags, **options):
        if "--data" not in flags and "--in-memory" not in flags:
            flags = ("--in-memory", *flags)
        server = Accountd(tmp_path / f"run{len(running)}", *flags, **options)
        running.append(server)
        server.start()
        return server

    yield start_one
    for server in running:
        server.stop()


@pytest.fixture
def server(start):
    """An accountd that knows nobody yet and whose time stands still until a test moves it."""
    return start("--time", "manual")


@pytest.fixture
def account(server):
    """A new account's root user: the client of Account Management."""
    return server.client("account", server.root(next(ACCOUNT_NUMBERS)))


@pytest.fixture
def company(start, tmp_path):
    """Starts accountd with the company of `company.py`; arguments are those of `write_seed`."""

    def start_company(*flags, **seed):
        path = write_seed(tmp_path / "company.yaml", **seed)
        return start("--time", "manual", "--seed", str(path), *flags)

    return start_company
