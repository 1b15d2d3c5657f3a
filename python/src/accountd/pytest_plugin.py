"""The pytest plugin: a server for the run, as after its first start for each test.

``accountd``
    The server of the run (of each worker under ``pytest -n``), with the seed of the option ``accountd_seed``.
``accountd_reset``
    The same server, reset for this test, with the variables of plain boto3 clients set. The marker ``accountd_seed`` begins with
    another seed, and ``accountd_clock`` moves service time: ``@pytest.mark.accountd_clock("+24h")``, or an instant.
``accountd_session``
    Makes boto3 sessions: ``accountd_session(account="111122223333", role="Auditor")``, whose clients go to the server.
"""

from __future__ import annotations

import json
import os
import typing

import pytest

from ._server import Seed, Server, forget_default_session

if typing.TYPE_CHECKING:
    import boto3


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's option, on the command line and in the configuration."""
    text = "seed file that accountd begins with"
    parser.getgroup("accountd").addoption("--accountd-seed", metavar="FILE", help=text)
    parser.addini("accountd_seed", f"{text}; relative to the configuration's folder", default="")
    parser.addini("accountd_arguments", "further flags of accountd", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """The plugin's markers."""
    markers = (
        "accountd_seed(seed): begin this test with another seed: a file, a text or a dict",
        "accountd_clock(to): move service time before this test, by '+24h' or to an instant",
    )
    for marker in markers:
        config.addinivalue_line("markers", marker)


class _Servers:
    """The servers of a run, one a seed."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._by_seed: dict[str, Server] = {}

    def default_seed(self) -> Seed:
        named = self._config.getoption("accountd_seed")
        if named:
            return str(named)
        written = self._config.getini("accountd_seed")
        return str(self._config.rootpath / written) if written else None

    def of(self, seed: Seed) -> Server:
        key = os.fspath(seed) if isinstance(seed, (str, os.PathLike)) else json.dumps(seed, sort_keys=True)
        if key not in self._by_seed:
            arguments = typing.cast("list[str]", self._config.getini("accountd_arguments"))
            self._by_seed[key] = Server(seed, arguments=arguments).start()
        return self._by_seed[key]

    def stop(self) -> None:
        for server in self._by_seed.values():
            server.stop()


@pytest.fixture(scope="session")
def _accountd_servers(pytestconfig: pytest.Config) -> typing.Iterator[_Servers]:
    servers = _Servers(pytestconfig)
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def accountd(_accountd_servers: _Servers) -> Server:
    """The server of the run. What a test leaves there the next one finds: see ``accountd_reset``."""
    return _accountd_servers.of(_accountd_servers.default_seed())


@pytest.fixture
def accountd_reset(
    request: pytest.FixtureRequest, _accountd_servers: _Servers, monkeypatch: pytest.MonkeyPatch
) -> typing.Iterator[Server]:
    """A server as after its first start, to which plain boto3 clients of this test go."""
    seed = request.node.get_closest_marker("accountd_seed")
    server = _accountd_servers.of(seed.args[0] if seed else _accountd_servers.default_seed())
    server.reset()
    clock = request.node.get_closest_marker("accountd_clock")
    if clock:
        to = clock.args[0]
        if isinstance(to, str) and to.startswith("+"):
            server.clock.advance(to[1:])
        else:
            server.clock.set(to)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in server.env().items():
        monkeypatch.setenv(name, value)
    forget_default_session()
    yield server
    forget_default_session()


class SessionMaker(typing.Protocol):
    """Makes boto3 sessions whose clients go to the server."""

    def __call__(
        self,
        account: str | None = None,
        *,
        role: str | None = None,
        user: str | None = None,
        region: str = "us-east-1",
    ) -> boto3.session.Session:
        """A session as an administrator of the account, or as one of its roles or users."""


@pytest.fixture
def accountd_session(accountd_reset: Server) -> SessionMaker:
    """Makes boto3 sessions as somebody; ``AWS_ENDPOINT_URL``, which is set, leads their clients to the server."""
    return accountd_reset.session
