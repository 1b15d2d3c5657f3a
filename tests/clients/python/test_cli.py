"""Every operation through the AWS CLI (F-CLIENT-4)."""

import json
import pathlib
import subprocess
import sys

import botocore
from accountd import clean_environment
from company import MANAGEMENT, MEMBER, OTHER_MEMBER

AWS = pathlib.Path(sys.executable).parent / "aws"
MODELS = pathlib.Path(botocore.__file__).parent / "data"
CONTACT = {
    "FullName": "Jane Doe",
    "AddressLine1": "1 Main St",
    "City": "Seattle",
    "StateOrRegion": "WA",
    "PostalCode": "98101",
    "CountryCode": "US",
    "PhoneNumber": "+12065550123",
}


class Cli:
    """The AWS CLI as one account's root user."""

    def __init__(self, server, account):
        self.environment = clean_environment(
            AWS_ENDPOINT_URL=server.url,
            AWS_ACCESS_KEY_ID=account,
            AWS_SECRET_ACCESS_KEY="test",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_MAX_ATTEMPTS="1",
        )

    def run(self, *arguments, **environment):
        return subprocess.run(
            [AWS, *arguments],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def __call__(self, operation, *arguments):
        # The CLI's own model is older than boto3's and lacks the two, so that it is lent boto3's.
        newer = {"AWS_DATA_PATH": str(MODELS)} if "phone-number" in operation else {}
        done = self.run("account", operation, *arguments, **newer)
        assert done.returncode == 0, done
        return json.loads(done.stdout) if done.stdout.strip() else None


def test_every_operation(company):
    server = company()
    aws = Cli(server, MANAGEMENT)
    member = ("--account-id", MEMBER)

    assert aws("put-account-name", "--account-name", "Renamed", *member) is None
    account = aws("get-account-information", *member)
    assert (account["AccountId"], account["AccountName"]) == (MEMBER, "Renamed")
    assert account["AccountCreatedDate"] == "2024-02-29T12:00:00Z"

    assert aws("put-contact-information", "--contact-information", json.dumps(CONTACT), *member) is None
    assert aws("get-contact-information", *member)["ContactInformation"] == CONTACT

    kind = ("--alternate-contact-type", "SECURITY")
    given = ("--name", "Sec", "--title", "CISO", "--email-address", "s@example.invalid", "--phone-number", "5")
    assert aws("put-alternate-contact", *kind, *given, *member) is None
    assert aws("get-alternate-contact", *kind, *member)["AlternateContact"]["Name"] == "Sec"
    assert aws("delete-alternate-contact", *kind, *member) is None
    gone = aws.run("account", "get-alternate-contact", *kind, *member)
    assert gone.returncode != 0 and "ResourceNotFoundException" in gone.stderr
    assert "No contact of the inputted alternate contact type found." in gone.stderr

    assert len(aws("list-regions", *member)["Regions"]) == 34
    region = ("--region-name", "af-south-1")
    assert aws("enable-region", *region, *member) is None
    server.advance("2s")
    assert aws("get-region-opt-status", *region, *member)["RegionOptStatus"] == "ENABLED"
    assert aws("disable-region", *region, *member) is None

    new = ("--primary-email", "new@example.invalid")
    code = server.message_of(lambda: aws("start-primary-email-update", *new, *member))["code"]
    assert aws("accept-primary-email-update", *new, "--otp", code, *member) == {"Status": "ACCEPTED"}
    server.advance("1s")
    assert aws("get-primary-email-update-status", *member)["Status"] == "COMPLETED"
    assert aws("get-primary-email", *member) == {"PrimaryEmail": "new@example.invalid"}

    code = server.message_of(lambda: aws("send-phone-number-verification", *member))["code"]
    assert aws("verify-phone-number", "--otp", code, *member) == {"Status": "VERIFIED"}

    linked = aws("get-gov-cloud-account-information", "--standard-account-id", OTHER_MEMBER)
    assert (linked["GovCloudAccountId"], linked["AccountState"]) == ("999999999999", "ACTIVE")


def test_a_blank_name_shows_its_status_as_code(company):
    """O-envelope-4: the answer has no error type, so that the CLI has only the status to show."""
    refused = Cli(company(), MANAGEMENT).run("account", "put-account-name", "--account-name", " ")
    assert refused.returncode != 0
    assert "(400)" in refused.stderr
    assert "The input AccountName must not be null or only whitespace." in refused.stderr


def test_who_am_i(server):
    done = Cli(server, "000000000042").run("sts", "get-caller-identity", "--query", "Arn", "--output", "text")
    assert done.stdout.strip() == "arn:aws:iam::000000000042:root"
