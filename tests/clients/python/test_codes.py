"""One-time codes: how long they last, what voids them, and how often they may be asked for."""

import pytest
from accountd import refusal
from company import ADMINISTRATOR, MANAGEMENT, MEMBER, OTHER_MEMBER, session

CONTACT = {
    "FullName": "Jane Doe",
    "AddressLine1": "1 Main St",
    "City": "Seattle",
    "StateOrRegion": "WA",
    "PostalCode": "98101",
    "CountryCode": "US",
    "PhoneNumber": "+12065550123",
}
NEW = {"AccountId": MEMBER, "PrimaryEmail": "new@example.invalid"}


@pytest.fixture
def management(company):
    server = company()
    return server, server.client("account", ADMINISTRATOR)


@pytest.fixture
def member(company):
    server = company()
    client = server.client("account", session("probe"))
    client.put_contact_information(ContactInformation=CONTACT)
    return server, client


def another(code):
    """A code that is not this one."""
    return ("A" if code[0] != "A" else "B") + code[1:]


def test_a_code_for_an_address_lasts_a_day(management):
    server, client = management
    code = server.message_of(client.start_primary_email_update, **NEW)["code"]
    server.advance("23h59m59s")
    assert client.accept_primary_email_update(Otp=code, **NEW)["Status"] == "ACCEPTED"


def test_a_code_for_an_address_is_void_after_a_day(management):
    server, client = management
    code = server.message_of(client.start_primary_email_update, **NEW)["code"]
    server.advance("24h1s")
    refused = refusal(client.accept_primary_email_update, Otp=code, **NEW)
    assert (refused.status, refused.code) == (400, "ValidationException")
    assert client.get_primary_email(AccountId=MEMBER)["PrimaryEmail"] == "Probe+Member@example.invalid"
    assert client.get_primary_email_update_status(AccountId=MEMBER)["Status"] == "FAILED"


def test_a_wrong_code_or_address_changes_nothing(management):
    server, client = management
    code = server.message_of(client.start_primary_email_update, **NEW)["code"]
    wrong = refusal(client.accept_primary_email_update, Otp=another(code), **NEW)
    assert wrong.code == "ValidationException"
    other = NEW | {"PrimaryEmail": "other-new@example.invalid"}
    assert refusal(client.accept_primary_email_update, Otp=code, **other).status in (400, 404)
    assert client.get_primary_email_update_status(AccountId=MEMBER)["Status"] == "PENDING"
    assert client.accept_primary_email_update(Otp=code, **NEW)["Status"] == "ACCEPTED"


def test_a_code_for_an_address_is_taken_once(management):
    server, client = management
    code = server.message_of(client.start_primary_email_update, **NEW)["code"]
    client.accept_primary_email_update(Otp=code, **NEW)
    server.advance("1s")
    assert refusal(client.accept_primary_email_update, Otp=code, **NEW).status in (400, 404, 409)
    assert client.get_primary_email_update_status(AccountId=MEMBER)["Status"] == "COMPLETED"


def test_a_new_start_voids_the_first_code(management):
    server, client = management
    first = server.message_of(client.start_primary_email_update, **NEW)["code"]
    second = server.message_of(client.start_primary_email_update, **NEW)["code"]
    assert refusal(client.accept_primary_email_update, Otp=first, **NEW).code == "ValidationException"
    assert client.accept_primary_email_update(Otp=second, **NEW)["Status"] == "ACCEPTED"


@pytest.mark.parametrize("used", ["root@example.invalid", "OTHER@example.invalid", "alone@EXAMPLE.invalid"])
def test_an_address_in_use_is_a_conflict_in_any_case(management, used):
    _, client = management
    refused = refusal(client.start_primary_email_update, AccountId=MEMBER, PrimaryEmail=used)
    assert (refused.status, refused.code) == (409, "ConflictException")


def test_an_address_that_two_accounts_want_goes_to_the_first_that_accepts(management):
    server, client = management
    theirs = NEW | {"AccountId": OTHER_MEMBER}
    ours = server.message_of(client.start_primary_email_update, **NEW)["code"]
    other = server.message_of(client.start_primary_email_update, **theirs)["code"]
    client.accept_primary_email_update(Otp=other, **theirs)
    refused = refusal(client.accept_primary_email_update, Otp=ours, **NEW)
    assert (refused.status, refused.code) == (409, "ConflictException")
    server.advance("1s")
    assert client.get_primary_email(AccountId=OTHER_MEMBER)["PrimaryEmail"] == NEW["PrimaryEmail"]


def test_the_old_address_is_free_again(management):
    server, client = management
    code = server.message_of(client.start_primary_email_update, **NEW)["code"]
    client.accept_primary_email_update(Otp=code, **NEW)
    server.advance("1s")
    client.start_primary_email_update(
        AccountId=OTHER_MEMBER, PrimaryEmail="probe+member@example.invalid"
    )


def test_three_starts_in_thirty_seconds(management):
    server, client = management
    for _ in range(3):
        client.start_primary_email_update(**NEW)
    refused = refusal(client.start_primary_email_update, **NEW)
    assert (refused.status, refused.code) == (429, "TooManyRequestsException")
    assert len(server.outbox()) == 3
    client.start_primary_email_update(**NEW | {"AccountId": OTHER_MEMBER})
    server.advance("29s")
    assert refusal(client.start_primary_email_update, **NEW).status == 429
    server.advance("2s")
    client.start_primary_email_update(**NEW)


def test_a_management_account_does_not_change_its_own_address(management):
    _, client = management
    refused = refusal(client.start_primary_email_update, **NEW | {"AccountId": MANAGEMENT})
    assert (refused.status, refused.code) == (403, "AccessDeniedException")


def test_a_code_for_a_number_lasts_five_minutes(member):
    server, client = member
    code = server.message_of(client.send_phone_number_verification)["code"]
    server.advance("4m59s")
    assert client.verify_phone_number(Otp=code)["Status"] == "VERIFIED"


def test_a_code_for_a_number_is_void_after_five_minutes(member):
    server, client = member
    code = server.message_of(client.send_phone_number_verification)["code"]
    server.advance("5m1s")
    refused = refusal(client.verify_phone_number, Otp=code)
    assert (refused.status, refused.code) == (400, "ValidationException")
    assert client.get_contact_information()["VerificationStatus"] == "UNVERIFIED"


def test_a_new_code_for_a_number_voids_the_first(member):
    server, client = member
    first = server.message_of(client.send_phone_number_verification)["code"]
    second = server.message_of(client.send_phone_number_verification)["code"]
    assert refusal(client.verify_phone_number, Otp=first).code == "ValidationException"
    assert client.verify_phone_number(Otp=second)["Status"] == "VERIFIED"


def test_a_wrong_code_for_a_number_changes_nothing(member):
    server, client = member
    code = server.message_of(client.send_phone_number_verification)["code"]
    assert refusal(client.verify_phone_number, Otp=another(code)).code == "ValidationException"
    assert client.get_contact_information()["VerificationStatus"] == "UNVERIFIED"
    assert client.verify_phone_number(Otp=code)["Status"] == "VERIFIED"


def test_a_number_that_changed_meanwhile_is_a_conflict(member):
    server, client = member
    code = server.message_of(client.send_phone_number_verification)["code"]
    client.put_contact_information(ContactInformation=CONTACT | {"PhoneNumber": "+12065550199"})
    refused = refusal(client.verify_phone_number, Otp=code)
    assert (refused.status, refused.code) == (409, "ConflictException")
    assert client.get_contact_information()["VerificationStatus"] == "UNVERIFIED"


def test_a_new_number_is_unverified(member):
    server, client = member
    code = server.message_of(client.send_phone_number_verification)["code"]
    client.verify_phone_number(Otp=code)
    client.put_contact_information(ContactInformation=CONTACT | {"City": "Tacoma"})
    assert client.get_contact_information()["VerificationStatus"] == "VERIFIED"
    client.put_contact_information(ContactInformation=CONTACT | {"PhoneNumber": "+12065550199"})
    assert client.get_contact_information()["VerificationStatus"] == "UNVERIFIED"


def test_the_number_an_account_begins_with_gets_a_code(server):
    client = server.client("account")
    number = client.get_contact_information()["ContactInformation"]["PhoneNumber"]
    assert server.message_of(client.send_phone_number_verification)["to"] == number
