"""An accountd of one's own: started on a free port, and ended with the ``with`` block."""

from __future__ import annotations

import atexit
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import types
import typing

from ._binary import binary
from ._own import Clock, Connection, Faults, Outbox

if typing.TYPE_CHECKING:
    import boto3

_READY_WITHIN_SECONDS = 30.0
_STOPPED_WITHIN_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 0.001

Seed = typing.Union[str, "os.PathLike[str]", typing.Mapping[str, typing.Any], None]
"""A seed file's path, its text (several lines), or what it says as a dict."""


def forget_default_session() -> None:
    """boto3 keeps the credentials that it found first, for clients without a session of their own."""
    boto3 = sys.modules.get("boto3")
    if boto3 is not None:
        setattr(boto3, "DEFAULT_SESSION", None)


class NotStarted(RuntimeError):
    """accountd did not start; the text is what it said."""


class Credentials(typing.NamedTuple):
    """Keys of somebody."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


class Server:
    """One accountd, in memory unless ``data`` names a directory.

    ``arguments`` are further flags of the program, such as ``["--quota", "accounts=500"]``.
    """

    def __init__(
        self,
        seed: Seed = None,
        *,
        time: str = "real",
        delays: str | None = None,
        data: str | os.PathLike[str] | None = None,
        arguments: typing.Sequence[str] = (),
        environment: typing.Mapping[str, str] | None = None,
    ) -> None:
        self._seed = seed
        self._flags = ["--time", time, *(["--delays", delays] if delays else []), *arguments]
        self._data = data
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    # Life

    def start(self) -> Server:
        """Starts it and waits until it answers."""
        if self._process is not None:
            return self
        self._directory = tempfile.TemporaryDirectory(prefix="accountd-")
        folder = pathlib.Path(self._directory.name)
        ready = folder / "ready.json"
        command = [binary(), "--listen", "127.0.0.1:0", "--ready-file", str(ready), *self._flags]
        command += ["--in-memory"] if self._data is None else ["--data", os.fspath(self._data)]
        seed = self._seed_file(folder)
        command += [] if seed is None else ["--seed", seed]
        # What the environment says of accountd is for the one that a person starts.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ACCOUNTD_")}
        with open(folder / "log.txt", "wb") as log:
            self._process = subprocess.Popen(
                command,
                env=kept | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        atexit.register(self.stop)
        try:
            address = self._address(ready)
        except BaseException:
            self.stop()
            raise
        host, _, port = address.rpartition(":")
        self._url, self._connection = f"http://{address}", Connection(host, int(port))
        return self

    def _seed_file(self, folder: pathlib.Path) -> str | None:
        if self._seed is None:
            return None
        if isinstance(self._seed, typing.Mapping):
            text = json.dumps(self._seed)
        elif isinstance(self._seed, str) and "\n" in self._seed:
            text = self._seed
        else:
            return os.fspath(self._seed)
        path = folder / "seed.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def _address(self, ready: pathlib.Path) -> str:
        assert self._process is not None
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while not ready.exists():
            code = self._process.poll()
            if code is not None:
                raise NotStarted(self.log().strip() or f"accountd ended with exit code {code}")
            if time.monotonic() > deadline:
                raise NotStarted(f"accountd was not ready within {_READY_WITHIN_SECONDS:.0f} s:\n{self.log()}")
            time.sleep(_LOOK_EVERY_SECONDS)
        return str(json.loads(ready.read_text(encoding="utf-8"))["address"])

    def stop(self) -> None:
        """Ends it. Nothing is left but what ``data`` keeps."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOPPED_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        directory, self._directory = self._directory, None
        if directory is not None:
            directory.cleanup()
        atexit.unregister(self.stop)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.stop()

    def log(self) -> str:
        """What it said on standard error."""
        if self._directory is None:
            return ""
        return pathlib.Path(self._directory.name, "log.txt").read_text(encoding="utf-8", errors="replace")

    # What it is asked

    @property
    def url(self) -> str:
        """Where it answers."""
        self._must_run()
        return self._url

    def _must_run(self) -> None:
        if self._process is None:
            raise NotStarted("the server does not run: use it in a with block, or call start()")

    @property
    def _own(self) -> Connection:
        self._must_run()
        return self._connection

    @property
    def clock(self) -> Clock:
        """Service time."""
        return Clock(self._own)

    @property
    def outbox(self) -> Outbox:
        """Messages that were sent."""
        return Outbox(self._own)

    @property
    def faults(self) -> Faults:
        """Faults that are ordered."""
        return Faults(self._own)

    def reset(self) -> None:
        """Everything as after the first start: the seed or nothing, no faults, real time."""
        self._own.ask("POST", "reset")

    def export(self) -> dict[str, typing.Any]:
        """All state."""
        return typing.cast("dict[str, typing.Any]", self._own.ask("GET", "export"))

    def restore(self, state: typing.Mapping[str, typing.Any]) -> None:
        """Replaces all state by what :meth:`export` returned."""
        self._own.ask("POST", "import", state)

    def events(self, account: str | None = None) -> list[dict[str, typing.Any]]:
        """CloudTrail's records of what was called, oldest first; of one account if it is named."""
        events = self.export()["events"]
        return [event["record"] for event in events if account in (None, event.get("account"))]

    def unanswered(self) -> list[dict[str, typing.Any]]:
        """Calls for what accountd does not have, newest first."""
        return typing.cast("list[dict[str, typing.Any]]", self._own.ask("GET", "unanswered")["unanswered"])

    # Who asks

    def credentials(
        self, account: str | None = None, *, role: str | None = None, user: str | None = None
    ) -> Credentials:
        """Keys of a role or a user of the account, or of an administrator of it; alone those of the root user of account
        000000000000. A role's trust policy is not asked.
        """
        if account is None:
            if role or user:
                raise ValueError("of which account? A role or a user needs account=")
            return Credentials("test", "test")
        named = {name: value for name, value in (("role", role), ("user", user)) if value is not None}
        if not named:
            return Credentials(f"admin{account}", "test")
        given = self._own.ask("POST", "credentials", {"account": account, **named})
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given.get("SessionToken"))

    def env(
        self,
        account: str | None = None,
        *,
        role: str | None = None,
        user: str | None = None,
        region: str = "us-east-1",
    ) -> dict[str, str]:
        """The variables with which the AWS CLI and SDKs reach it as somebody: see :meth:`credentials`."""
        keys = self.credentials(account, role=role, user=user)
        variables = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        }
        if keys.session_token:
            variables["AWS_SESSION_TOKEN"] = keys.session_token
        return variables

    def session(
        self,
        account: str | None = None,
        *,
        role: str | None = None,
        user: str | None = None,
        region: str = "us-east-1",
    ) -> boto3.session.Session:
        """A boto3 session as somebody: see :meth:`credentials`. Its clients need ``endpoint_url=server.url``, which
        :meth:`client` sets.
        """
        import boto3

        keys = self.credentials(account, role=role, user=user)
        return boto3.session.Session(
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
            region_name=region,
        )

    def client(
        self,
        service: str,
        *,
        account: str | None = None,
        role: str | None = None,
        user: str | None = None,
        region: str = "us-east-1",
        **options: typing.Any,
    ) -> typing.Any:
        """A boto3 client as somebody: see :meth:`credentials`. ``options`` are boto3's."""
        session = self.session(account, role=role, user=user, region=region)
        return session.client(typing.cast(typing.Any, service), endpoint_url=self.url, **options)
