"""A token of `aws eks get-token` is read by a verifier that asks STS for JSON and knows nothing else, as clusters do (F-STORY-8)."""

import base64
import json
import subprocess
import sys
import urllib.parse
import urllib.request

from accountd import clean_environment

CLUSTER = "one"
PREFIX = "k8s-aws-v1."


def token(server, **credentials):
    environment = clean_environment(
        AWS_ENDPOINT_URL=server.url, AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="", **credentials
    )
    command = [sys.executable, "-m", "awscli", "eks", "get-token", "--cluster-name", CLUSTER]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)["status"]["token"]


def verified(token, cluster=CLUSTER):
    """Who a cluster takes the bearer for: aws-iam-authenticator's way, which reads no XML."""
    assert token.startswith(PREFIX)
    encoded = token.removeprefix(PREFIX)
    url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    assert query["Action"] == ["GetCallerIdentity"]
    assert "x-k8s-aws-id" in query["X-Amz-SignedHeaders"][0].split(";")
    request = urllib.request.Request(url, headers={"x-k8s-aws-id": cluster, "accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("application/json")
            found = json.load(answer)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
    except urllib.error.HTTPError as refused:
        return json.load(refused)["Error"]["Code"]
    assert set(found) == {"Account", "Arn", "UserId"}
    return found["Arn"]


def test_a_cluster_reads_the_token(server):
    root = token(server, AWS_ACCESS_KEY_ID="111122223333", AWS_SECRET_ACCESS_KEY="test")
    assert verified(root) == "arn:aws:iam::111122223333:root"
    user = token(server, AWS_ACCESS_KEY_ID="admin111122223333", AWS_SECRET_ACCESS_KEY="test")
    assert verified(user) == "arn:aws:iam::111122223333:user/well-known-administrator"


def test_a_token_for_another_cluster_is_nobodys(server):
    made = token(server, AWS_ACCESS_KEY_ID="111122223333", AWS_SECRET_ACCESS_KEY="test")
    assert verified(made, cluster="two") == "SignatureDoesNotMatch"
