"""In place of moto's ``mock_aws``, around account, organizations, iam and sts.

    from accountd.mock import mock_aws

    @mock_aws
    def test_it_vends_an_account():
        boto3.client("organizations").create_organization(FeatureSet="ALL")

Each use begins with nothing, as moto's does; the caller is an administrator of account 123456789012, a
user whom ListUsers shows. Other services go where they
would go without it: keep moto's own ``mock_aws`` around it for them.
"""

from __future__ import annotations

import functools
import os
import types
import typing

from ._server import Server, forget_default_session

ACCOUNT = "123456789012"
"""The caller's account, which is moto's default."""

_SERVICES = ("ACCOUNT", "CLOUDTRAIL", "IAM", "ORGANIZATIONS", "STS")

_server: Server | None = None
"""The server of this process, which every use resets."""

_Test = typing.TypeVar("_Test", bound=typing.Callable[..., typing.Any])


def _running() -> Server:
    global _server
    if _server is None:
        _server = Server(delays="instant").start()
    return _server


def mock_aws(test: typing.Any = None, *, config: object = None) -> typing.Any:
    """Decorates a test or a class of tests, or returns what ``with`` and ``start()`` are for. ``config`` is taken and not
    looked at.
    """
    return Mock() if test is None else Mock()(test)


class Mock:
    """One use: what :func:`mock_aws` returns."""

    def __init__(self) -> None:
        self._kept: dict[str, str | None] = {}

    def __call__(self, test: _Test) -> _Test:
        """Wraps a function, or each method of a class whose name begins with ``test``."""
        if isinstance(test, type):
            for name, member in list(vars(test).items()):
                if name.startswith("test") and callable(member):
                    setattr(test, name, Mock()(member))
            return test

        @functools.wraps(test)
        def run(*arguments: typing.Any, **named: typing.Any) -> typing.Any:
            with Mock():
                return test(*arguments, **named)

        return typing.cast(_Test, run)

    def start(self) -> Server:
        """Begins: nothing is there, and boto3's clients go to accountd."""
        server = _running()
        server.reset()
        self._set(_variables(server))
        return server

    def stop(self) -> None:
        """Ends: the environment is as before."""
        self._set(self._kept)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.stop()

    def _set(self, variables: dict[str, str | None]) -> None:
        """Sets variables, and remembers what they were."""
        self._kept = {name: os.environ.get(name) for name in variables}
        for name, value in variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        forget_default_session()


def _variables(server: Server) -> dict[str, str | None]:
    variables: dict[str, str | None] = dict(server.env(ACCOUNT))
    del variables["AWS_ENDPOINT_URL"]
    variables |= {f"AWS_ENDPOINT_URL_{service}": server.url for service in _SERVICES}
    return {**variables, "AWS_SESSION_TOKEN": None, "AWS_PROFILE": None}
