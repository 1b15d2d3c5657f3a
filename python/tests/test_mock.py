"""Tests as people write them for moto, with another import."""

import os

import boto3
import pytest
from accountd.mock import mock_aws


@mock_aws
def test_a_function():
    sts = boto3.client("sts", region_name="us-east-1")
    assert sts.get_caller_identity()["Account"] == "123456789012"
    organizations = boto3.client("organizations", region_name="us-east-1")
    organization = organizations.create_organization(FeatureSet="ALL")["Organization"]
    assert organization["MasterAccountId"] == "123456789012"


@mock_aws()
def test_nothing_is_left():
    with pytest.raises(boto3.client("organizations").exceptions.AWSOrganizationsNotInUseException):
        boto3.client("organizations").describe_organization()


def test_a_block():
    with mock_aws():
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_role(
            RoleName="deploy",
            AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
            '"Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}',
        )
        # A root user may not; the caller of moto's tests does.
        assumed = boto3.client("sts").assume_role(
            RoleArn="arn:aws:iam::123456789012:role/deploy", RoleSessionName="test"
        )
        assert assumed["AssumedRoleUser"]["Arn"].endswith("deploy/test")
    assert "AWS_ENDPOINT_URL_IAM" not in os.environ


def test_by_hand():
    mock = mock_aws(config={"core": {}})
    mock.start()
    assert boto3.client("account").get_account_information()["AccountId"] == "123456789012"
    mock.stop()
    assert "AWS_ACCESS_KEY_ID" not in os.environ or os.environ["AWS_ACCESS_KEY_ID"] != "admin123456789012"


@mock_aws
class TestClass:
    """Each test of a class begins with nothing."""

    @pytest.mark.parametrize("_again", [1, 2])
    def test_method(self, _again):
        users = boto3.client("iam").list_users()["Users"]
        assert [user["UserName"] for user in users] == ["well-known-administrator"]
        boto3.client("iam").create_user(UserName="ann")

    def helper(self):
        """Not a test."""
