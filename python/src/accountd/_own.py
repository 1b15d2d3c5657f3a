"""accountd's own endpoints, as far as a test needs them: time, messages, faults."""

from __future__ import annotations

import datetime
import http.client
import json
import typing
import urllib.parse

_TIMEOUT_SECONDS = 60

Duration = typing.Union[str, datetime.timedelta]
"""``"24h"``, ``"1h30m"``, or a timedelta."""


class OwnEndpointError(RuntimeError):
    """An own endpoint refused, and said why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"accountd answers {status}: {message}")
        self.status = status
        self.message = message


class Connection:
    """Asks the own endpoints of one accountd."""

    def __init__(self, host: str, port: int, token: str | None = None) -> None:
        self._host, self._port, self._token = host, port, token

    def ask(self, method: str, path: str, members: object = None) -> typing.Any:
        """Sends ``members`` as JSON and returns the answer's."""
        body = None if members is None else json.dumps(members).encode()
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, f"/_accountd/{path}", body, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        page = json.loads(text)
        if answer.status != 200:
            raise OwnEndpointError(answer.status, page.get("message", ""))
        return page


class Clock:
    """Service time: what AWS's rules see. It only moves forward; signatures are judged by real time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def now(self) -> datetime.datetime:
        """Service time."""
        return _instant(self._connection.ask("GET", "clock"))

    def advance(self, by: Duration) -> datetime.datetime:
        """Moves service time forward by ``"24h"``, ``"1h30m"`` or a timedelta, and returns it."""
        if isinstance(by, datetime.timedelta):
            by = f"{by // datetime.timedelta(milliseconds=1)}ms"
        return _instant(self._connection.ask("POST", "clock", {"advance": by}))

    def set(self, to: str | datetime.datetime) -> datetime.datetime:
        """Moves service time forward to an instant, and returns it. A datetime without a zone is in UTC."""
        if isinstance(to, datetime.datetime):
            zoned = to if to.tzinfo else to.replace(tzinfo=datetime.timezone.utc)
            to = zoned.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
        return _instant(self._connection.ask("POST", "clock", {"set": to}))


def _instant(page: dict[str, str]) -> datetime.datetime:
    text = page["now"].replace("Z", "+00:00")
    # Before 3.11 Python reads three or six digits of a second's fraction only.
    if "." in text:
        head, rest = text.split(".")
        digits, zone = rest[:-6], rest[-6:]
        text = f"{head}.{digits[:6]:0<6}{zone}"
    return datetime.datetime.fromisoformat(text)


class Message(typing.TypedDict, total=False):
    """One message that was sent."""

    id: str
    channel: str
    account: str
    to: str
    subject: str
    body: str
    code: str
    sent_at: str
    delivered_at: str


class Outbox:
    """E-mails and text messages that were sent."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def messages(self, *, to: str | None = None, account: str | None = None) -> list[Message]:
        """The messages, newest first."""
        filters = {name: value for name, value in (("to", to), ("account", account)) if value is not None}
        query = urllib.parse.urlencode(filters, quote_via=urllib.parse.quote)
        page = self._connection.ask("GET", f"outbox?{query}")
        return typing.cast("list[Message]", page["messages"])

    def code(self, *, to: str | None = None, account: str | None = None) -> str:
        """The one-time code in the newest message that has one."""
        for message in self.messages(to=to, account=account):
            if message.get("code"):
                return message["code"]
        raise LookupError(f"no message with a code was sent (to={to!r}, account={account!r})")

    def clear(self) -> int:
        """Empties it, and returns how many messages it held."""
        return int(self._connection.ask("DELETE", "outbox")["deleted"])


class Fault(typing.TypedDict, total=False):
    """One rule, as the own endpoint reads it."""

    service: str
    operation: str
    times: int
    fail: dict[str, typing.Any]
    delay_milliseconds: int
    disconnect: bool


class Faults:
    """Answers that fail, come late or do not come. The first rule that matches a request applies to it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rules(self) -> list[Fault]:
        """What still applies."""
        return typing.cast("list[Fault]", self._connection.ask("GET", "faults"))

    def replace(self, rules: typing.Sequence[Fault]) -> None:
        """Orders these rules in place of those that are there."""
        self._connection.ask("PUT", "faults", list(rules))

    def add(self, rule: Fault) -> None:
        """Orders one rule more, behind those that are there."""
        self.replace([*self.rules(), rule])

    def fail(
        self,
        service: str,
        operation: str,
        code: str,
        message: str = "",
        *,
        status: int = 400,
        times: int | None = None,
    ) -> None:
        """Makes an operation fail with this code, so many times, or until :meth:`clear`."""
        rule: Fault = {
            "service": service,
            "operation": operation,
            "fail": {"status": status, "code": code, "message": message},
        }
        if times is not None:
            rule["times"] = times
        self.add(rule)

    def clear(self) -> None:
        """Ends all."""
        self._connection.ask("DELETE", "faults")
