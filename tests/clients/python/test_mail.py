"""E-mail over SMTP, to a server of PyPI's aiosmtpd (F-CLIENT-12)."""

import email
import email.policy
import queue

import pytest
from aiosmtpd.controller import Controller
from company import ADMINISTRATOR, MEMBER, write_seed


class Mailbox:
    """Takes every mail."""

    def __init__(self):
        self.mails = queue.Queue()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library's name
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.put((envelope.rcpt_tos, message))
        return "250 taken"


class AnyPort(Controller):
    """Listens on a port that the system picks, which the library itself does not look up."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox():
    handler = Mailbox()
    controller = AnyPort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    handler.url = f"smtp://127.0.0.1:{controller.port}"
    yield handler
    controller.stop()


def test_a_code_arrives_by_mail(start, tmp_path, mailbox):
    seed = write_seed(tmp_path / "company.yaml")
    server = start("--seed", str(seed), "--smtp", mailbox.url)
    client = server.client("account", ADMINISTRATOR)
    new = {"AccountId": MEMBER, "PrimaryEmail": "New.Address@example.invalid"}
    client.start_primary_email_update(**new)
    recipients, mail = mailbox.mails.get(timeout=10)
    assert recipients == ["New.Address@example.invalid"]
    text = mail.get_body(("plain",)).get_content()
    (message,) = server.outbox()
    assert message["code"] in text and mail["Subject"] == message["subject"]
    assert all(mail[field] for field in ("From", "Date", "Message-ID"))
    assert mail["To"] == "New.Address@example.invalid"
    assert client.accept_primary_email_update(Otp=message["code"], **new)["Status"] == "ACCEPTED"
    assert message["code"] not in server.log()


def test_a_text_message_is_not_mailed(start, tmp_path, mailbox):
    seed = write_seed(tmp_path / "company.yaml")
    server = start("--seed", str(seed), "--smtp", mailbox.url)
    client = server.client("account", ADMINISTRATOR)
    client.send_phone_number_verification()
    client.start_primary_email_update(AccountId=MEMBER, PrimaryEmail="new@example.invalid")
    recipients, _ = mailbox.mails.get(timeout=10)
    assert recipients == ["new@example.invalid"], "the mail that was sent later came, the text message did not"
    assert mailbox.mails.empty()


def test_mail_waits_for_a_server_that_is_away(start, tmp_path, mailbox):
    """The change is made and the code is in the outbox, whatever becomes of the mail."""
    seed = write_seed(tmp_path / "company.yaml")
    data = ("--data", str(tmp_path / "data"), "--seed", str(seed))
    server = start(*data, "--smtp", "smtp://127.0.0.1:1")
    client = server.client("account", ADMINISTRATOR)
    client.start_primary_email_update(AccountId=MEMBER, PrimaryEmail="new@example.invalid")
    assert len(server.outbox()) == 1
    server.stop()
    start(*data, "--smtp", mailbox.url)
    recipients, _ = mailbox.mails.get(timeout=10)
    assert recipients == ["new@example.invalid"]
