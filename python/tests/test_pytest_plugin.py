"""The plugin, in runs of pytest of its own: what a person's test sees."""

import pytest

TESTS = """
import boto3
import pytest

@pytest.mark.parametrize("number", range(4))
def test_nothing_is_left_of_another_test(accountd_reset, number):
    iam = boto3.client("iam")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == []
    iam.create_user(UserName=f"user-{number}")

def test_the_server_is_one_for_the_run(accountd, accountd_reset):
    assert accountd is accountd_reset

@pytest.mark.accountd_seed({"accounts": [{"id": "111122223333", "name": "One", "email": "one@example.com"}]})
@pytest.mark.accountd_clock("2199-01-01T00:00:00Z")
def test_a_seed_and_a_time_of_its_own(accountd_reset, accountd_session):
    account = accountd_session(account="111122223333").client("account")
    assert account.get_account_information()["AccountName"] == "One"
    assert accountd_reset.clock.now().year == 2199

@pytest.mark.accountd_clock("+24h")
def test_a_step(accountd_reset):
    import datetime
    ahead = accountd_reset.clock.now() - datetime.datetime.now(datetime.timezone.utc)
    assert abs(ahead - datetime.timedelta(hours=24)) < datetime.timedelta(minutes=1)

def test_time_is_real_again(accountd_reset):
    import datetime
    assert abs(accountd_reset.clock.now() - datetime.datetime.now(datetime.timezone.utc)).total_seconds() < 60
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_fixtures_and_markers(pytester, arguments):
    pytester.makepyfile(TESTS)
    pytester.runpytest_subprocess("--strict-markers", *arguments).assert_outcomes(passed=8)


def test_the_seed_of_the_run(pytester):
    pytester.makefile(".yaml", company="accounts: [{id: '111122223333', name: Seeded, email: s@example.com}]")
    pytester.makeini("[pytest]\naccountd_seed = company.yaml\naccountd_arguments = --quota accounts=500\n")
    pytester.makepyfile(
        """
        def test_it_is_there(accountd_reset):
            account = accountd_reset.client("account", account="111122223333")
            assert account.get_account_information()["AccountName"] == "Seeded"
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_environment_is_as_before(pytester):
    pytester.makepyfile(
        """
        import os

        def test_first(accountd_reset):
            assert os.environ["AWS_ENDPOINT_URL"] == accountd_reset.url

        def test_second():
            assert "AWS_ENDPOINT_URL" not in os.environ
        """
    )
    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=2)
