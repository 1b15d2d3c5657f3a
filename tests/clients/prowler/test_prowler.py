"""prowler, unmodified, audits companies that were set up by API calls: their contacts and their organizations (F-STORY-1,
F-STORY-2). What it says of IAM is in `test_iam_checks.py`.

It asks STS who it is, EC2 for Regions, Account Management for contacts, and Organizations for the account's place, for
policies and for delegated administrators. A run takes seconds, nearly all of them its own."""

import pytest
from audit import FAILED, PASSED, PROWLER, statuses

pytestmark = pytest.mark.skipif(not PROWLER, reason="no prowler")

BOTH = ("account", "organizations")
CONTACTS = "account_maintain_different_contact_details_to_security_billing_and_operations"
MANUAL = {
    "account_maintain_current_contact_details": "MANUAL",
    "account_security_contact_information_is_registered": "MANUAL",
    "account_security_questions_are_registered_in_the_aws_account": "MANUAL",
}


def test_a_well_kept_company_passes_every_check(reports):
    company, findings = reports[0], reports[1]["kept"]
    assert statuses(findings[1], BOTH) == MANUAL | {
        CONTACTS: "PASS",
        "organizations_account_part_of_organizations": "PASS",
        "organizations_delegated_administrators": "PASS",
        "organizations_opt_out_ai_services_policy": "PASS",
        "organizations_scp_check_deny_regions": "PASS",
        "organizations_tags_policies_enabled_and_attached": "PASS",
    }
    assert findings[0] == PASSED
    told = {finding["CHECK_ID"]: finding["STATUS_EXTENDED"] for finding in findings[1]}
    trusted = f"has a trusted Delegated Administrator: {company.security}."
    assert told["organizations_delegated_administrators"].endswith(trusted)


def test_a_neglected_company_fails_every_check_that_can_fail(reports):
    code, findings = reports[1]["neglected"]
    assert statuses(findings, BOTH) == MANUAL | {
        CONTACTS: "FAIL",
        "organizations_account_part_of_organizations": "PASS",
        "organizations_delegated_administrators": "FAIL",
        "organizations_opt_out_ai_services_policy": "FAIL",
        "organizations_scp_check_deny_regions": "FAIL",
        "organizations_tags_policies_enabled_and_attached": "FAIL",
    }
    assert code == FAILED


def test_a_member_is_audited_through_its_access_role(reports):
    """A member may not list the organization's policies, so that prowler has nothing to say about them. Where
    the member stands it learns with the credentials that it came in with."""
    company, (code, findings) = reports[0], reports[1]["member"]
    found = statuses(findings, BOTH)
    assert found[CONTACTS] == "PASS"
    assert found["organizations_account_part_of_organizations"] == "PASS"
    assert "organizations_scp_check_deny_regions" not in found
    assert "organizations_opt_out_ai_services_policy" not in found
    assert code == PASSED
    assert {finding["ACCOUNT_UID"] for finding in findings} == {company.shop}
    assert {finding["ACCOUNT_NAME"] for finding in findings} == {"Shop"}
    assert {finding["ACCOUNT_OU_NAME"] for finding in findings} == {"Workloads/Production"}


def test_an_account_that_stands_alone_is_in_no_organization(reports):
    code, findings = reports[1]["alone"]
    found = statuses(findings, BOTH)
    assert found[CONTACTS] == "FAIL"
    assert found["organizations_account_part_of_organizations"] == "FAIL"
    assert code == FAILED
