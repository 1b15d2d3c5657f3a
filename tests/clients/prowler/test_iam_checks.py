"""prowler's checks of IAM, one by one: each passes in the well-kept account and fails in the neglected one (F-STORY-16)."""

import pytest
from audit import PROWLER, checks
from iam_checks import FAILS

pytestmark = pytest.mark.skipif(not PROWLER, reason="no prowler")


def said(reports, account, check):
    """What a check says of an account, by the name of what it looks at."""
    findings = reports[1][account][1]
    return {found["RESOURCE_NAME"]: found["STATUS"] for found in findings if found["CHECK_ID"] == check}


def test_every_check_that_prowler_has_is_listed():
    assert checks("iam") == sorted(FAILS)
    assert all(FAILS.values())


@pytest.mark.parametrize("check", FAILS)
def test_a_check_passes_in_the_well_kept_account_and_fails_in_the_neglected_one(reports, check):
    kept, neglected = said(reports, "kept", check), said(reports, "neglected", check)
    assert set(kept.values()) == {"PASS"}, kept
    assert sorted(name for name, status in neglected.items() if status == "FAIL") == FAILS[check], neglected
