"""What AWS was observed to answer, replayed row by row against the running program.

Each test's name ends in the id of its row, `O_<section>_<n>`, counted within the sections of the recording
(docs/fidelity.md cites them as `O-<section>-<n>`). Texts are compared whole.

Rows of the recording that belong to the own API of Organizations and are tested with it:

| row | what |
| --- | --- |
| O-creation-1 | CreateAccount is IN_PROGRESS; a second one with the same pending address |
| O-creation-2 | an address in use fails later, EMAIL_ALREADY_EXISTS; five in progress; ten accounts |
| O-creation-3 | the new member's OrganizationAccountAccessRole (the seed file makes the same one) |
| O-name-1, O-name-3 | DescribeAccount shows the new name; JoinedTimestamp. The rest of these rows is tested here |
| O-region-11 | AssumeRole into an account in a disabled Region. The rest of this row is tested here |
"""

import re

import pytest
from botocore.exceptions import ClientError
from company import (
    ADMINISTRATOR,
    ADMINISTRATOR_ARN,
    MANAGEMENT,
    MANAGEMENT_CONTACT,
    MEMBER,
    ORGANIZATION,
    OTHER_MEMBER,
    session,
    session_arn,
)

CONTACT = {
    "FullName": "Jane Doe",
    "AddressLine1": "1 Main St",
    "City": "Seattle",
    "StateOrRegion": "WA",
    "PostalCode": "98101",
    "CountryCode": "US",
    "PhoneNumber": "+12065550100",
}
ALTERNATE = {
    "AlternateContactType": "OPERATIONS",
    "Name": "Ops",
    "Title": "Operations",
    "EmailAddress": "ops@example.invalid",
    "PhoneNumber": "+1 206 555 0100",
}
DEFAULT_REGIONS = (
    "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 "
    "eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2"
).split()
OPT_IN_REGIONS = (
    "af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 "
    "ap-southeast-7 ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 "
    "mx-central-1"
).split()


def refusal(call, /, **members):
    """The refusal as (status, code, message, reason, field list)."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    answer = caught.value.response
    return (
        answer["ResponseMetadata"]["HTTPStatusCode"],
        answer["Error"]["Code"],
        answer["Error"]["Message"],
        answer.get("reason"),
        answer.get("fieldList"),
    )


def invalid(message, reason=None, fields=None):
    return (400, "ValidationException", message, reason, fields)


def denied(message):
    return (403, "AccessDeniedException", message, None, None)


def not_authorized(arn, operation, why=""):
    text = f"User: {arn} is not authorized to perform: account:{operation}"
    return denied(f"{text} ({why})" if why else text)


# Error envelope


@pytest.mark.parametrize(
    "path, members, status, code",
    [
        ("/getAlternateContact", {"AlternateContactType": "BILLING"}, 404, "ResourceNotFoundException"),
        ("/putAccountName", {"AccountName": "<>"}, 400, "ValidationException"),
        ("/getAlternateContact", {"AlternateContactType": "OTHER"}, 403, "AccessDeniedException"),
        ("/disableRegion", {"RegionName": "af-south-1"}, 409, "ConflictException"),
    ],
)
def test_a_modeled_error_has_its_code_in_a_header__O_envelope_1(server, path, members, status, code):
    server.operation("/enableRegion", {"RegionName": "af-south-1"})
    answer = server.operation(path, members)
    assert (answer.status, answer.error_type) == (status, code)
    assert list(answer.json) == ["message"]
    assert answer.headers["content-type"] == "application/json"


def test_a_broken_constraint_has_a_message_only__O_envelope_2(server):
    answer = server.operation("/putAccountName", {"AccountName": "Acme <Name>"})
    assert answer.status == 400 and answer.error_type == "ValidationException"
    assert list(answer.json) == ["message"]


def test_a_broken_rule_may_have_a_reason_and_fields__O_envelope_3(server):
    answer = server.operation("/listRegions", {"NextToken": "invalid-token"})
    assert answer.status == 400 and answer.error_type == "ValidationException"
    assert answer.json == {
        "message": "NextToken is malformed",
        "reason": "fieldValidationFailed",
        "fieldList": [{"name": "NextToken", "message": "NextToken is malformed"}],
    }


def test_a_blank_name_has_no_error_type__O_envelope_4(server):
    answer = server.operation("/putAccountName", {"AccountName": "   "})
    assert answer.status == 400 and answer.error_type is None
    assert list(answer.json) == ["message"]


# Constraint messages


def test_the_pattern_is_named__O_constraint_1(account):
    message = '[ECMA 262 regex "^[ -;=?-~]+$" does not match input string "Acme <Name>"]'
    assert refusal(account.put_account_name, AccountName="Acme <Name>") == invalid(message)


def test_the_pattern_of_the_primary_phone_is_named__O_constraint_2(account):
    message = r'[ECMA 262 regex "^[+][\s0-9()-]+$" does not match input string " "]'
    contact = CONTACT | {"PhoneNumber": " "}
    assert refusal(account.put_contact_information, ContactInformation=contact) == invalid(message)


def test_the_first_bad_member_of_a_list_is_named__O_constraint_3(account):
    message = (
        '[instance value ("enabled") not found in enum (possible values: '
        '["ENABLED","ENABLING","DISABLING","DISABLED","ENABLED_BY_DEFAULT"])]'
    )
    refused = refusal(account.list_regions, RegionOptStatusContains=["ENABLED", "enabled", "disabled"])
    assert refused == invalid(message)


def test_a_long_text_is_measured__O_constraint_4(account):
    text = "n" * 65
    message = f'[string "{text}" is too long (length: 65, maximum allowed: 64)]'
    assert refusal(account.put_alternate_contact, **ALTERNATE | {"Name": text}) == invalid(message)


def test_an_empty_text_is_measured__O_constraint_5(account):
    message = '[string "" is too short (length: 0, required minimum: 1)]'
    assert refusal(account.put_alternate_contact, **ALTERNATE | {"Title": ""}) == invalid(message)


def test_missing_members_are_listed_in_order__O_constraint_6(account):
    members = {k: v for k, v in ALTERNATE.items() if k not in ("Name", "EmailAddress")}
    message = '[object has missing required properties (["EmailAddress","Name"])]'
    assert refusal(account.put_alternate_contact, **members) == invalid(message)


def test_a_great_number_is_compared__O_constraint_7(account):
    message = "[numeric instance is greater than the required maximum (maximum: 50, found: 51)]"
    assert refusal(account.list_regions, MaxResults=51) == invalid(message)


def test_a_small_number_is_compared__O_constraint_8(account):
    message = "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]"
    assert refusal(account.list_regions, MaxResults=0) == invalid(message)


def test_a_wrong_type_is_named__O_constraint_9(server):
    answer = server.operation("/putAccountName", {"AccountName": 5})
    assert answer.status == 400 and answer.error_type == "ValidationException"
    assert answer.json == {
        "message": '[instance type (integer) does not match any allowed primitive type (allowed: ["string"])]'
    }


# Alternate contacts


def test_none_is_stored__O_alternate_1(account):
    none = (
        404,
        "ResourceNotFoundException",
        "No contact of the inputted alternate contact type found.",
        None,
        None,
    )
    assert refusal(account.get_alternate_contact, AlternateContactType="OPERATIONS") == none
    assert refusal(account.delete_alternate_contact, AlternateContactType="OPERATIONS") == none
    account.put_alternate_contact(**ALTERNATE)
    account.delete_alternate_contact(AlternateContactType="OPERATIONS")
    assert refusal(account.delete_alternate_contact, AlternateContactType="OPERATIONS") == none
    assert refusal(account.get_alternate_contact, AlternateContactType="OPERATIONS") == none


def test_only_the_address_is_trimmed__O_alternate_2(account):
    blanks = {
        "Name": "  Ops  ",
        "Title": "  Title  ",
        "EmailAddress": "  Probe+ops@Example.invalid  ",
        "PhoneNumber": "  555  ",
    }
    account.put_alternate_contact(AlternateContactType="OPERATIONS", **blanks)
    stored = account.get_alternate_contact(AlternateContactType="OPERATIONS")["AlternateContact"]
    assert stored == blanks | {
        "AlternateContactType": "OPERATIONS",
        "EmailAddress": "Probe+ops@Example.invalid",
    }


def test_put_replaces_the_contact_whole__O_alternate_3(account):
    account.put_alternate_contact(**ALTERNATE)
    other = {
        "AlternateContactType": "OPERATIONS",
        "Name": "Other",
        "Title": "Another",
        "EmailAddress": "other@example.invalid",
        "PhoneNumber": "1",
    }
    account.put_alternate_contact(**other)
    assert account.get_alternate_contact(AlternateContactType="OPERATIONS")["AlternateContact"] == other


@pytest.mark.parametrize("kind", ["operations", "OTHER", "Billing"])
def test_a_wrong_type_is_denied_to_administrators_too__O_alternate_4(company, kind):
    client = company().client("account", ADMINISTRATOR)
    why = "You specified an invalid Alternate Contact type."
    calls = {
        "GetAlternateContact": lambda: client.get_alternate_contact(AlternateContactType=kind),
        "DeleteAlternateContact": lambda: client.delete_alternate_contact(AlternateContactType=kind),
        "PutAlternateContact": lambda: client.put_alternate_contact(
            **ALTERNATE | {"AlternateContactType": kind}
        ),
    }
    for operation, call in calls.items():
        assert refusal(call) == not_authorized(ADMINISTRATOR_ARN, operation, why)


def test_a_session_policy_limits_the_types__O_alternate_5(company):
    client = company().client("account", session("operations"))
    client.put_alternate_contact(**ALTERNATE)
    client.get_alternate_contact(AlternateContactType="OPERATIONS")
    arn = session_arn("operations")
    assert refusal(client.get_alternate_contact, AlternateContactType="BILLING") == denied(
        f"User: {arn} is not authorized to perform: account:GetAlternateContact on resource: "
        f"arn:aws:account::{MEMBER}:account because no session policy allows the "
        "account:GetAlternateContact action"
    )


# Primary contact


def test_put_replaces_the_record_whole__O_contact_1(account):
    account.put_contact_information(ContactInformation=CONTACT | {"CompanyName": "Acme"})
    shorter = {k: v for k, v in CONTACT.items() if k != "StateOrRegion"} | {"CountryCode": "NZ"}
    account.put_contact_information(ContactInformation=shorter)
    assert account.get_contact_information()["ContactInformation"] == shorter


def test_fields_are_trimmed_and_the_country_is_in_capitals__O_contact_2(account):
    blanks = {
        field: f"  {CONTACT[field]}  "
        for field in ("FullName", "AddressLine1", "City", "StateOrRegion", "PostalCode")
    }
    phone = {"PhoneNumber": CONTACT["PhoneNumber"] + "  ", "CountryCode": "us"}
    account.put_contact_information(ContactInformation=CONTACT | blanks | phone)
    assert account.get_contact_information()["ContactInformation"] == CONTACT


@pytest.mark.parametrize("field", ["City", "FullName", "AddressLine1", "PostalCode", "StateOrRegion"])
def test_a_field_of_blanks_is_empty__O_contact_3(account, field):
    account.put_contact_information(ContactInformation=CONTACT)
    blank = CONTACT | {field: "   "}
    refused = refusal(account.put_contact_information, ContactInformation=blank)
    assert refused == invalid(f"the argument {field} can not be empty")
    assert account.get_contact_information()["ContactInformation"] == CONTACT


def test_a_new_member_has_a_copy_of_the_management_accounts_contact__O_contact_4(company):
    client = company().client("account", session("probe"))
    contact = client.get_contact_information()["ContactInformation"]
    assert contact == MANAGEMENT_CONTACT | {"FullName": "Probe Member"}
    assert refusal(client.get_alternate_contact, AlternateContactType="BILLING")[0] == 404


# Account name and information


def test_a_new_name_is_trimmed_and_changes_nothing_else__O_name_1(company):
    client = company().client("account", session("probe"))
    before, contact = client.get_account_information(), client.get_contact_information()
    client.put_account_name(AccountName="  New Name  ")
    after = client.get_account_information()
    assert after["AccountName"] == "New Name"
    assert after["AccountCreatedDate"] == before["AccountCreatedDate"]
    assert client.get_contact_information()["ContactInformation"] == contact["ContactInformation"]


def test_a_name_of_blanks_is_refused_without_a_type__O_name_2(account):
    name = account.get_account_information()["AccountName"]
    message = "The input AccountName must not be null or only whitespace."
    assert refusal(account.put_account_name, AccountName="  ") == (400, "400", message, None, None)
    assert account.get_account_information()["AccountName"] == name


def test_the_creation_date_is_in_whole_seconds__O_name_3(company, server):
    member = company().operation("/getAccountInformation", credentials=session("probe")).json
    assert member["AccountCreatedDate"] == "2024-02-29T12:00:00Z"
    new = server.operation("/getAccountInformation").json["AccountCreatedDate"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", new)


# Regions


def test_a_page_has_twenty_regions_in_order_of_names__O_region_1(account):
    first = account.list_regions()
    assert len(first["Regions"]) == 20 and first["NextToken"]
    second = account.list_regions(NextToken=first["NextToken"])
    names = [region["RegionName"] for region in first["Regions"] + second["Regions"]]
    assert "NextToken" not in second
    assert names == sorted(DEFAULT_REGIONS + OPT_IN_REGIONS)
    unfiltered = account.list_regions(RegionOptStatusContains=[])
    assert unfiltered["Regions"] == first["Regions"] and unfiltered["NextToken"]
    twice = account.list_regions(RegionOptStatusContains=["DISABLED", "DISABLED"])
    assert [region["RegionName"] for region in twice["Regions"]] == OPT_IN_REGIONS
    assert "NextToken" not in twice


def test_regions_that_are_enabled_by_default__O_region_2(account):
    listed = account.list_regions(RegionOptStatusContains=["ENABLED_BY_DEFAULT"])
    assert [region["RegionName"] for region in listed["Regions"]] == DEFAULT_REGIONS
    for name in DEFAULT_REGIONS:
        assert account.get_region_opt_status(RegionName=name)["RegionOptStatus"] == "ENABLED_BY_DEFAULT"


def test_regions_that_are_opt_in__O_region_3(account):
    listed = account.list_regions(RegionOptStatusContains=["DISABLED"])
    assert [region["RegionName"] for region in listed["Regions"]] == OPT_IN_REGIONS
    for name in OPT_IN_REGIONS:
        assert account.get_region_opt_status(RegionName=name)["RegionOptStatus"] == "DISABLED"


def test_a_token_that_was_never_given__O_region_4(account):
    message = "NextToken is malformed"
    fields = [{"name": "NextToken", "message": message}]
    refused = refusal(account.list_regions, NextToken="invalid-token")
    assert refused == invalid(message, "fieldValidationFailed", fields)


@pytest.mark.parametrize("name", ["unknown-region", "cn-north-1"])
def test_a_region_that_is_none__O_region_5(account, name):
    message = f"{name} is not a valid region for opt-in or opt-out."
    fields = [{"name": "RegionName", "message": message}]
    expected = invalid(message, "fieldValidationFailed", fields)
    for call in (account.get_region_opt_status, account.enable_region, account.disable_region):
        assert refusal(call, RegionName=name) == expected


def test_a_region_in_capitals_is_denied__O_region_6(company):
    client = company().client("account", session("probe"))
    why = "You specified an invalid target region."
    refused = refusal(client.get_region_opt_status, RegionName="US-EAST-1")
    assert refused == not_authorized(session_arn("probe"), "GetRegionOptStatus", why)


def test_a_region_is_enabled_in_about_two_minutes__O_region_7(start):
    server = start("--time", "manual", "--delays", "aws")
    client = server.client("account")
    client.enable_region(RegionName="af-south-1")
    assert status(client) == "ENABLING"
    server.advance("1m59s")
    assert status(client) == "ENABLING"
    server.advance("1s")
    assert status(client) == "ENABLED"


def test_a_region_is_disabled_in_about_a_minute__O_region_8(start):
    server = start("--time", "manual", "--delays", "aws")
    client = enabled(server)
    client.disable_region(RegionName="af-south-1")
    assert status(client) == "DISABLING"
    server.advance("59s")
    assert status(client) == "DISABLING"
    server.advance("1s")
    assert status(client) == "DISABLED"


def status(client, **members):
    return client.get_region_opt_status(RegionName="af-south-1", **members)["RegionOptStatus"]


def enabled(server, credentials=None):
    """A client of an account in which af-south-1 is enabled."""
    client = server.client("account", credentials)
    client.enable_region(RegionName="af-south-1")
    server.advance("2m")
    assert status(client) == "ENABLED"
    return client


def test_a_region_in_transit_cannot_be_switched__O_region_9(company):
    server = company("--delays", "aws")
    client = server.client("account", session("probe"))
    conflict = (
        409,
        "ConflictException",
        "Account 222222222222 and region af-south-1 is currently being enabled or disabled. "
        "Please wait until it finishes and then try again.",
        None,
        None,
    )
    client.enable_region(RegionName="af-south-1")
    assert refusal(client.enable_region, RegionName="af-south-1") == conflict
    assert refusal(client.disable_region, RegionName="af-south-1") == conflict
    server.advance("2m")
    client.disable_region(RegionName="af-south-1")
    assert refusal(client.enable_region, RegionName="af-south-1") == conflict
    assert refusal(client.disable_region, RegionName="af-south-1") == conflict
    assert status(client) == "DISABLING"


def test_a_region_is_not_switched_to_where_it_is__O_region_10(server, account):
    message = "Unable to switch region status because of its current opt-in status."
    fields = [{"name": "RegionName", "message": message}]
    expected = invalid(message, "invalidRegionOptTarget", fields)
    assert refusal(account.disable_region, RegionName="af-south-1") == expected
    account.enable_region(RegionName="af-south-1")
    server.advance("2s")
    assert refusal(account.enable_region, RegionName="af-south-1") == expected
    assert status(account) == "ENABLED"


def test_sts_in_a_region_that_is_not_enabled__O_region_11(company):
    server = company("--delays", "aws")
    client = server.client("account", session("probe"))
    there = server.client("sts", session("probe"), region="af-south-1")
    refused = (403, "InvalidClientTokenId", "The security token included in the request is invalid", None, None)
    assert refusal(there.get_caller_identity) == refused
    client.enable_region(RegionName="af-south-1")
    assert refusal(there.get_caller_identity) == refused
    server.advance("2m")
    assert there.get_caller_identity()["Account"] == MEMBER
    client.disable_region(RegionName="af-south-1")
    assert there.get_caller_identity()["Account"] == MEMBER
    server.advance("1m")
    assert refusal(there.get_caller_identity) == refused


# Who may name an account

NOT_TRUSTED = "Your organization must first enable trusted access with AWS Account Management."
STANDALONE_ONLY = (
    "The management account can only be managed using the standalone context from the management account."
)


def test_the_modes_have_their_own_resources__O_who_0(company):
    """Each mode's resource is the one named in the refusal of a session that may not use it."""
    server = company(delegate=MEMBER)
    client = server.client("account", session("region"))
    text = "User: {} is not authorized to perform: account:GetRegionOptStatus on resource: {} because no "
    text += "session policy allows the account:GetRegionOptStatus action"
    own = f"arn:aws:account::{MEMBER}:account"
    expected = denied(text.format(session_arn("region"), own))
    assert refusal(client.get_region_opt_status, RegionName="af-south-1") == expected
    other = f"arn:aws:account::{MANAGEMENT}:account/{ORGANIZATION}/{OTHER_MEMBER}"
    expected = denied(text.format(session_arn("region"), other))
    refused = refusal(client.get_region_opt_status, RegionName="af-south-1", AccountId=OTHER_MEMBER)
    assert refused == expected


@pytest.mark.parametrize("target", [MEMBER, MANAGEMENT])
def test_the_management_account_without_trusted_access__O_who_1(company, target):
    client = company(trusted=False).client("account", ADMINISTRATOR)
    refused = refusal(client.get_region_opt_status, RegionName="af-south-1", AccountId=target)
    assert refused == not_authorized(ADMINISTRATOR_ARN, "GetRegionOptStatus", NOT_TRUSTED)
    assert status(client) == "DISABLED"


def test_the_management_account_and_a_member__O_who_2(company):
    server = company()
    client = server.client("account", ADMINISTRATOR)
    client.put_alternate_contact(**ALTERNATE, AccountId=MEMBER)
    assert status(client, AccountId=MEMBER) == "DISABLED"
    member = server.client("account", session("probe"))
    stored = member.get_alternate_contact(AlternateContactType="OPERATIONS")
    assert stored["AlternateContact"] == ALTERNATE
    assert refusal(client.get_alternate_contact, AlternateContactType="OPERATIONS")[0] == 404


def test_the_management_account_and_itself__O_who_3(company):
    client = company().client("account", ADMINISTRATOR)
    refused = refusal(client.get_region_opt_status, RegionName="af-south-1", AccountId=MANAGEMENT)
    assert refused == not_authorized(ADMINISTRATOR_ARN, "GetRegionOptStatus", STANDALONE_ONLY)
    for operation, call in {
        "GetPrimaryEmail": client.get_primary_email,
        "GetPrimaryEmailUpdateStatus": client.get_primary_email_update_status,
    }.items():
        refused = refusal(call, AccountId=MANAGEMENT)
        assert refused == not_authorized(ADMINISTRATOR_ARN, operation, "Access Denied")


def test_a_member_and_itself__O_who_4(company):
    client = company().client("account", session("probe"))
    refused = refusal(client.get_region_opt_status, RegionName="af-south-1", AccountId=MEMBER)
    assert refused == not_authorized(session_arn("probe"), "GetRegionOptStatus")


def test_the_delegated_administrator_and_itself__O_who_5(company):
    client = company(delegate=MEMBER).client("account", session("probe"))
    assert status(client, AccountId=MEMBER) == "DISABLED"


def test_the_delegated_administrator_and_its_session_policy__O_who_6(company):
    client = company(delegate=MEMBER).client("account", session("region"))
    client.get_region_opt_status(RegionName="eu-south-1", AccountId=MEMBER)
    refused = refusal(client.get_region_opt_status, RegionName="af-south-1", AccountId=MEMBER)
    resource = f"arn:aws:account::{MANAGEMENT}:account/{ORGANIZATION}/{MEMBER}"
    assert refused == denied(
        f"User: {session_arn('region')} is not authorized to perform: account:GetRegionOptStatus on "
        f"resource: {resource} because no session policy allows the account:GetRegionOptStatus action"
    )


# Primary e-mail


def test_the_primary_address_is_that_of_organizations__O_email_1(company):
    client = company().client("account", ADMINISTRATOR)
    assert client.get_primary_email(AccountId=MEMBER)["PrimaryEmail"] == "Probe+Member@example.invalid"


def test_no_update_of_the_address_was_ever_started__O_email_2(company):
    server = company()
    none = invalid("No email update found for account")
    client = server.client("account", ADMINISTRATOR)
    assert refusal(client.get_primary_email_update_status, AccountId=MEMBER) == none
    assert refusal(client.get_primary_email_update_status) == none
    member = server.client("account", session("probe"))
    assert refusal(member.get_primary_email_update_status) == none
