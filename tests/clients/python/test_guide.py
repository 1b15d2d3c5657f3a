"""The guide's three commands, to the letter, with awslocal from PyPI (F-CLIENT-1, F-CLIENT-2)."""

import json
import pathlib
import subprocess
import sys

import pytest
from accountd import clean_environment
from page import is_free

PUT_CONTACT_INFORMATION = """\
awslocal account put-contact-information \\
    --contact-information '{
        "FullName": "Jane Doe",
        "PhoneNumber": "+XXXXXXXXX",
        "AddressLine1": "XXXX Main St",
        "City": "XXXX",
        "PostalCode": "XXXXX",
        "CountryCode": "US",
        "StateOrRegion": "WA"
    }'
"""
GET_CONTACT_INFORMATION = "awslocal account get-contact-information"
PUT_ALTERNATE_CONTACT = """\
awslocal account put-alternate-contact \\
    --alternate-contact-type "BILLING" \\
    --email-address "bill@ing.com" \\
    --name "Bill Ing" \\
    --phone-number "+1 555-555-5555" \\
    --title "Billing"
"""
CONTACT = """\
{
    "ContactInformation": {
        "AddressLine1": "XXXX Main St",
        "City": "XXXX",
        "CountryCode": "US",
        "FullName": "Jane Doe",
        "PhoneNumber": "+XXXXXXXXX",
        "PostalCode": "XXXXX",
        "StateOrRegion": "WA"
    }
}
"""


@pytest.fixture(params=["default port", "AWS_ENDPOINT_URL"])
def shell(request, start, tmp_path):
    """Runs a command as the guide's reader does. On the default port nothing but the guide's words is
    given; where another program has that port, and in the second run anyway, the address is."""
    programs = pathlib.Path(sys.executable).parent
    environment = clean_environment(HOME=str(tmp_path))
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    if request.param == "default port" and is_free(4566):
        start("--validation", "masked", listen="127.0.0.1:4566")
    else:
        environment["AWS_ENDPOINT_URL"] = start("--validation", "masked").url

    def run(command, expect=0):
        done = subprocess.run(
            command, shell=True, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == expect, done
        return done

    return run


def test_the_guides_commands(shell):
    assert shell(PUT_CONTACT_INFORMATION).stdout == ""
    answer = json.loads(shell(GET_CONTACT_INFORMATION).stdout)
    # The guide was written before AWS told whether a number is verified.
    assert answer.pop("VerificationStatus", "UNVERIFIED") == "UNVERIFIED"
    assert answer == json.loads(CONTACT)
    assert shell(PUT_ALTERNATE_CONTACT).stdout == ""
    stored = shell("awslocal account get-alternate-contact --alternate-contact-type BILLING").stdout
    assert json.loads(stored)["AlternateContact"] == {
        "AlternateContactType": "BILLING",
        "EmailAddress": "bill@ing.com",
        "Name": "Bill Ing",
        "PhoneNumber": "+1 555-555-5555",
        "Title": "Billing",
    }


def test_masked_values_pass_only_where_they_may(start):
    contact = json.loads(CONTACT)["ContactInformation"]
    strict, masked = start(), start("--validation", "masked")
    answer = strict.operation("/putContactInformation", {"ContactInformation": contact})
    assert (answer.status, answer.error_type) == (400, "ValidationException")
    answer = masked.operation("/putContactInformation", {"ContactInformation": contact})
    assert answer.status == 200
    long = contact | {"City": "X" * 51}
    answer = masked.operation("/putContactInformation", {"ContactInformation": long})
    assert answer.status == 400 and "too long" in answer.json["message"]
    answer = masked.operation("/putContactInformation", {"ContactInformation": {"City": "X"}})
    assert answer.status == 400 and "missing required properties" in answer.json["message"]
