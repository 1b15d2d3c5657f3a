"""accountd: AWS Account Management, run by you.

    with accountd.Server(seed="company.yaml") as server:
        server.client("organizations", account="111122223333").list_accounts()

The program itself is on the path as ``accountd``.
"""

from ._binary import NoBinary, binary
from ._own import Clock, Fault, Faults, Message, OwnEndpointError, Outbox
from ._server import Credentials, NotStarted, Server

__all__ = [
    "Clock",
    "Credentials",
    "Fault",
    "Faults",
    "Message",
    "NoBinary",
    "NotStarted",
    "Outbox",
    "OwnEndpointError",
    "Server",
    "binary",
]
