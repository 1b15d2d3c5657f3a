"""TLS with boto3, the AWS CLI and curl (F-TLS-1, F-TLS-2)."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest
from accountd import SESSION, clean_environment
from botocore.exceptions import SSLError

AWS = pathlib.Path(sys.executable).parent / "aws"
ALLOW_OVER_TLS = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "account:ListRegions",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ],
}


@pytest.fixture
def secured(start, tmp_path):
    return start("--tls", "self", "--data", str(tmp_path / "data"), "--secure-transport", "real")


def client(server, service, url, **options):
    return SESSION.create_client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=options.pop("key", "test"),
        aws_secret_access_key=options.pop("secret", "test"),
        **options,
    )


def test_boto3_trusts_the_authority_and_policies_see_the_transport(secured):
    ca, url = secured.ready["ca_file"], f"https://{secured.ready['address']}"
    admin = client(secured, "iam", url, key="admin111122223333", verify=ca)
    admin.create_user(UserName="ann")
    admin.put_user_policy(UserName="ann", PolicyName="tls", PolicyDocument=json.dumps(ALLOW_OVER_TLS))
    given = admin.create_access_key(UserName="ann")["AccessKey"]
    keys = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"]}
    client(secured, "account", url, verify=ca, **keys).list_regions()
    refused = client(secured, "account", secured.url, **keys)
    with pytest.raises(refused.exceptions.AccessDeniedException):
        refused.list_regions()
    with pytest.raises(SSLError):
        client(secured, "sts", url).get_caller_identity()


def test_the_aws_cli(secured):
    environment = clean_environment(
        AWS_CA_BUNDLE=secured.ready["ca_file"],
        AWS_ENDPOINT_URL=f"https://localhost:{secured.port}",
        AWS_ACCESS_KEY_ID="111122223333",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION="us-east-1",
    )
    done = subprocess.run(
        [AWS, "sts", "get-caller-identity", "--query", "Account", "--output", "text"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "111122223333"), done


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("version", ["1.1", "2"])
def test_curl_negotiates_both_versions(secured, version):
    url = f"https://localhost:{secured.port}/_accountd/health"
    done = subprocess.run(
        ["curl", "--silent", "--show-error", f"--http{version}", "--cacert", secured.ready["ca_file"]]
        + ["--write-out", "\n%{http_version}", url],
        capture_output=True,
        text=True,
    )
    page, spoken = done.stdout.rsplit("\n", 1)
    assert (json.loads(page)["status"], spoken) == ("running", version), done
