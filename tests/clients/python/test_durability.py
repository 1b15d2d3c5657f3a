"""Acknowledged means durable: accountd is killed in the middle of concurrent writes, again and again (F-CLIENT-7)."""

import collections
import random
import threading

from accountd import Accountd
from botocore.exceptions import BotoCoreError, ClientError

WRITERS = 12
ROUNDS = 6


class Writer(threading.Thread):
    """Puts one contact after another, each with the next number as its name, and remembers what was
    acknowledged. Half of the writers are boto3, the other half send the bytes themselves."""

    def __init__(self, server, number, first, acknowledged):
        super().__init__(daemon=True)
        self.server, self.account, self.first = server, f"{800000000000 + number}", first
        self.acknowledged = acknowledged
        self.credentials = server.root(self.account)
        self.client = server.client("account", self.credentials) if number % 2 else None
        self.sent = first
        self.request_ids = []
        self.failure = None

    def run(self):
        try:
            while True:
                self.request_ids.append(self.put(self.sent + 1))
                self.acknowledged.release()
        except (OSError, BotoCoreError):
            # The process is dead. Whether the last one was carried out is open.
            pass
        except Exception as failure:  # noqa: BLE001 - told to the test, which fails
            self.failure = failure

    def put(self, number):
        self.sent = number
        members = contact(number)
        if self.client:
            return self.client.put_alternate_contact(**members)["ResponseMetadata"]["RequestId"]
        answer = self.server.operation("/putAlternateContact", members, credentials=self.credentials)
        assert answer.status == 200, answer
        return answer.headers["x-amzn-requestid"]

    @property
    def last_acknowledged(self):
        return self.first + len(self.request_ids)


def contact(number):
    return {
        "AlternateContactType": "OPERATIONS",
        "Name": str(number),
        "Title": "Number",
        "EmailAddress": f"n{number}@example.invalid",
        "PhoneNumber": str(number),
    }


def stored_number(server, account):
    client = server.client("account", server.root(account))
    try:
        stored = client.get_alternate_contact(AlternateContactType="OPERATIONS")["AlternateContact"]
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFoundException"
        return 0
    number = int(stored["Name"])
    assert stored == contact(number), "a contact is stored whole or not at all"
    return number


def test_what_was_acknowledged_survives_a_kill(tmp_path):
    randomness = random.Random(20261121)
    server = Accountd(tmp_path / "run", "--data", str(tmp_path / "data"))
    numbers = collections.Counter()
    recorded = collections.defaultdict(list)
    total = 0
    for _ in range(ROUNDS):
        server.start()
        acknowledged = threading.Semaphore(0)
        accounts = [f"{800000000000 + number}" for number in range(WRITERS)]
        writers = [Writer(server, n, numbers[a], acknowledged) for n, a in enumerate(accounts)]
        for writer in writers:
            writer.start()
        for _ in range(randomness.randint(40, 160)):
            assert acknowledged.acquire(timeout=20), [writer.failure for writer in writers]
        server.kill()
        for writer in writers:
            writer.join(20)
            assert not writer.is_alive() and writer.failure is None, writer.failure
        server.start()
        for writer in writers:
            account = writer.account
            stored = stored_number(server, account)
            assert writer.last_acknowledged <= stored <= writer.sent
            recorded[account] += writer.request_ids
            numbers[account] = stored
            total += len(writer.request_ids)
        server.stop()
    assert total >= ROUNDS * 40
    server.start()
    for account, request_ids in recorded.items():
        events = server.events(server.root(account), names=["PutAlternateContact"])
        ids = [event["requestID"] for event in events]
        assert set(request_ids) <= set(ids), "every acknowledged change is in the log"
        assert len(ids) == len(set(ids)) == numbers[account], "the log has each change that is stored, once"
    server.stop()



def test_time_goes_on_after_a_kill(tmp_path):
    """A Region's status is a function of the time, so that a dead process cannot hold it up."""
    flags = ("--data", str(tmp_path / "data"), "--delays", "aws")
    server = Accountd(tmp_path / "run", *flags)
    server.start()
    client = server.client("account")
    client.enable_region(RegionName="af-south-1")
    server.kill()
    server.start()
    client = server.client("account")
    status = client.get_region_opt_status(RegionName="af-south-1")["RegionOptStatus"]
    assert status == "ENABLING"
    server.advance("2m")
    status = client.get_region_opt_status(RegionName="af-south-1")["RegionOptStatus"]
    assert status == "ENABLED"
    server.stop()


def test_two_writers_of_one_account_lose_nothing(start):
    """Optimistic commits: each of the two changes another part of the same document."""
    server = start()
    kinds = ["BILLING", "OPERATIONS", "SECURITY"]
    failures = []

    def write(kind):
        client = server.client("account")
        try:
            for number in range(25):
                client.put_alternate_contact(**contact(number) | {"AlternateContactType": kind})
        except ClientError as failure:
            failures.append(failure)

    threads = [threading.Thread(target=write, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    client = server.client("account")
    for kind in kinds:
        assert client.get_alternate_contact(AlternateContactType=kind)["AlternateContact"]["Name"] == "24"
    assert len(server.events(names=["PutAlternateContact"])) == 75
