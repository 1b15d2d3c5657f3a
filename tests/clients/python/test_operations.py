"""Every operation of Account Management through boto3, in both modes: with and without an AccountId (F-CLIENT-3)."""

import datetime
import pathlib

import pytest
from accountd import SESSION
from botocore import xform_name
from company import ADMINISTRATOR, MEMBER, OTHER_MEMBER, session

CONTACT = {
    "FullName": "Jane Doe",
    "AddressLine1": "1 Main St",
    "AddressLine2": "Floor 2",
    "AddressLine3": "Room 3",
    "City": "Seattle",
    "StateOrRegion": "WA",
    "DistrictOrCounty": "King",
    "PostalCode": "98101",
    "CountryCode": "US",
    "PhoneNumber": "+12065550123",
    "CompanyName": "Example Corp",
    "WebsiteUrl": "https://example.invalid",
}
ALTERNATE = {"Name": "Sec", "Title": "CISO", "EmailAddress": "sec@example.invalid", "PhoneNumber": "+1 555"}


class Mode:
    """An account, and the client and members by which one mode reaches it."""

    def __init__(self, server, client, members):
        self.server, self.client, self.members = server, client, members

    def __getattr__(self, name):
        def call(**members):
            answer = getattr(self.client, name)(**self.members, **members)
            return {k: v for k, v in answer.items() if k != "ResponseMetadata"}

        return call


@pytest.fixture(params=["standalone", "management", "delegate"])
def mode(request, company):
    """The account MEMBER, in standalone mode by itself and in organizations mode by the two that may."""
    server = company(delegate=OTHER_MEMBER)
    if request.param == "standalone":
        return Mode(server, server.client("account", session("probe")), {})
    caller = ADMINISTRATOR if request.param == "management" else server.root(OTHER_MEMBER)
    return Mode(server, server.client("account", caller), {"AccountId": MEMBER})


def test_account_information(mode):
    assert mode.get_account_information() == {
        "AccountId": MEMBER,
        "AccountName": "Probe Member",
        "AccountCreatedDate": datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc),
        "AccountState": "ACTIVE",
    }
    assert mode.put_account_name(AccountName="Another ~ Name") == {}
    assert mode.get_account_information()["AccountName"] == "Another ~ Name"


def test_contact_information(mode):
    assert mode.put_contact_information(ContactInformation=CONTACT) == {}
    assert mode.get_contact_information() == {
        "ContactInformation": CONTACT,
        "VerificationStatus": "UNVERIFIED",
    }


@pytest.mark.parametrize("kind", ["BILLING", "OPERATIONS", "SECURITY"])
def test_alternate_contacts(mode, kind):
    assert mode.put_alternate_contact(AlternateContactType=kind, **ALTERNATE) == {}
    assert mode.get_alternate_contact(AlternateContactType=kind) == {
        "AlternateContact": {"AlternateContactType": kind} | ALTERNATE
    }
    assert mode.delete_alternate_contact(AlternateContactType=kind) == {}
    with pytest.raises(mode.client.exceptions.ResourceNotFoundException):
        mode.get_alternate_contact(AlternateContactType=kind)


def test_regions(mode):
    name = {"RegionName": "eu-south-2"}
    assert mode.get_region_opt_status(**name) == name | {"RegionOptStatus": "DISABLED"}
    assert mode.enable_region(**name) == {}
    assert mode.get_region_opt_status(**name)["RegionOptStatus"] == "ENABLING"
    mode.server.advance("2s")
    assert mode.get_region_opt_status(**name)["RegionOptStatus"] == "ENABLED"
    enabled = mode.list_regions(RegionOptStatusContains=["ENABLED"])
    assert enabled == {"Regions": [name | {"RegionOptStatus": "ENABLED"}]}
    assert mode.disable_region(**name) == {}
    assert mode.get_region_opt_status(**name)["RegionOptStatus"] == "DISABLING"
    mode.server.advance("1s")
    assert mode.get_region_opt_status(**name)["RegionOptStatus"] == "DISABLED"


def test_phone_number(mode):
    mode.put_contact_information(ContactInformation=CONTACT)
    message = mode.server.message_of(mode.send_phone_number_verification)
    assert (message["channel"], message["to"]) == ("sms", CONTACT["PhoneNumber"])
    assert mode.get_contact_information()["VerificationStatus"] == "UNVERIFIED"
    assert mode.verify_phone_number(Otp=message["code"]) == {"Status": "VERIFIED"}
    assert mode.get_contact_information()["VerificationStatus"] == "VERIFIED"


def test_sending_a_code_answers_pending(mode):
    mode.put_contact_information(ContactInformation=CONTACT)
    assert mode.send_phone_number_verification() == {"Status": "PENDING"}


@pytest.mark.parametrize("caller", ["management", "delegate"])
def test_primary_email(company, caller):
    server = company(delegate=OTHER_MEMBER)
    credentials = ADMINISTRATOR if caller == "management" else server.root(OTHER_MEMBER)
    client = server.client("account", credentials)
    new = {"AccountId": MEMBER, "PrimaryEmail": "New+Address@example.invalid"}
    message = server.message_of(
        lambda: check(client.start_primary_email_update(**new)["Status"], "PENDING")
    )
    assert (message["channel"], message["to"]) == ("email", "New+Address@example.invalid")
    status = client.get_primary_email_update_status(AccountId=MEMBER)
    assert status["Status"] == "PENDING" and isinstance(status["UpdatedAt"], datetime.datetime)
    assert client.get_primary_email(AccountId=MEMBER)["PrimaryEmail"] == "Probe+Member@example.invalid"
    accepted = client.accept_primary_email_update(Otp=message["code"], **new)
    assert accepted["Status"] == "ACCEPTED"
    assert client.get_primary_email_update_status(AccountId=MEMBER)["Status"] == "ACCEPTED"
    server.advance("1s")
    assert client.get_primary_email_update_status(AccountId=MEMBER)["Status"] == "COMPLETED"
    assert client.get_primary_email(AccountId=MEMBER)["PrimaryEmail"] == "New+Address@example.invalid"


def check(value, expected):
    assert value == expected


def test_gov_cloud_account(company):
    server = company()
    linked = {"GovCloudAccountId": "999999999999", "AccountState": "ACTIVE"}
    own = server.client("account", server.root(OTHER_MEMBER)).get_gov_cloud_account_information()
    assert {k: own[k] for k in linked} == linked
    client = server.client("account", ADMINISTRATOR)
    other = client.get_gov_cloud_account_information(StandardAccountId=OTHER_MEMBER)
    assert {k: other[k] for k in linked} == linked
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.get_gov_cloud_account_information(StandardAccountId=MEMBER)
    message = caught.value.response["Error"]["Message"]
    assert message == f"GovCloud Account ID not found for Standard Account - {MEMBER}."


def test_a_standalone_account_uses_every_operation_it_may(server):
    """An account that came into being on first use, in no organization."""
    client = server.client("account")
    assert client.get_account_information()["AccountId"] == "000000000000"
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.get_primary_email(AccountId="000000000000")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_gov_cloud_account_information()


def test_the_newest_boto3_knows_eighteen_operations_and_this_file_calls_each():
    names = SESSION.get_service_model("account").operation_names
    assert len(names) == 18
    text = pathlib.Path(__file__).read_text()
    assert [name for name in names if f".{xform_name(name)}" not in text] == []


def test_an_account_is_its_own(server):
    one, other = server.client("account", server.root(1)), server.client("account", server.root(2))
    one.put_account_name(AccountName="One")
    other.put_account_name(AccountName="Other")
    assert one.get_account_information()["AccountName"] == "One"
    assert one.get_account_information()["AccountId"] == "000000000001"
    assert other.get_account_information()["AccountName"] == "Other"
