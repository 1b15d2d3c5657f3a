"""Clients of services that are not here hear so in their own protocol, by name (F-NOSUP-3 to F-NOSUP-6)."""

import os
import pathlib
import re

import botocore.session
import pytest
from accountd import refusal

REST_PATHS = pathlib.Path(__file__).resolve().parents[3] / "crates/services/src/front/rest-paths.txt"
# botocore's names of the services whose paths are listed.
LISTED = """accessanalyzer apigateway backup controltower detective efs eks guardduty inspector2 lambda macie2 ram
resource-explorer-2 resource-groups rolesanywhere route53 s3 s3control securityhub securitylake sso sso-oidc""".split()

# A client of every protocol, and what it asks for.
ASKED = [
    ("lambda", "list_functions", {}, "lambda:ListFunctions"),
    ("eks", "describe_cluster", {"name": "one"}, "eks:DescribeCluster"),
    ("scheduler", "list_schedules", {}, "scheduler (GET /schedules)"),
    ("ram", "get_resource_shares", {"resourceOwner": "SELF"}, "ram:GetResourceShares"),
    ("controltower", "list_landing_zones", {}, "controltower:ListLandingZones"),
    ("s3", "list_buckets", {}, "s3:ListBuckets"),
    ("s3", "put_object", {"Bucket": "one", "Key": "a key/ü", "Body": b"x"}, "s3:PutObject"),
    ("s3", "list_objects_v2", {"Bucket": "one"}, "s3:ListObjectsV2"),
    ("route53", "list_hosted_zones", {}, "route53:ListHostedZones"),
    ("cloudformation", "describe_stacks", {}, "cloudformation:DescribeStacks"),
    ("sns", "list_topics", {}, "sns:ListTopics"),
    ("dynamodb", "list_tables", {}, "dynamodb:ListTables"),
    ("ssm", "get_parameter", {"Name": "one"}, "ssm:GetParameter"),
    ("budgets", "describe_budgets", {"AccountId": "000000000000"}, "budgets:DescribeBudgets"),
    ("sso-admin", "list_instances", {}, "sso:ListInstances"),
    ("cloudwatch", "list_metrics", {}, "monitoring:ListMetrics"),
    ("ec2", "describe_vpcs", {}, "ec2:DescribeVpcs"),
    ("cloudtrail", "list_channels", {}, "cloudtrail:ListChannels"),
]


def test_clients_of_every_protocol_are_told_by_name(server):
    for service, operation, members, name in ASKED:
        options = {"s3": {"addressing_style": "path"}} if service == "s3" else {}
        client = server.client(service, **options)
        refused = refusal(getattr(client, operation), **members)
        assert refused.message == f"accountd does not answer {name}.", service
        assert refused.status == 400
        assert refused.code in ("UnsupportedOperationException", "UnsupportedOperation", "NotImplemented")
    assert server.events() == []
    listed = server.own("GET", "/_accountd/unanswered")["unanswered"]
    listed = {f"{row['service']}:{row['operation']}": row for row in listed}
    named = {re.sub(r" \(.*", ":-", name) for *_, name in ASKED}
    assert set(listed) == named
    assert listed["lambda:ListFunctions"]["count"] == 1
    assert listed["lambda:ListFunctions"]["user_agent"].startswith("Boto")
    metrics = server.send("GET", "/_accountd/metrics").body.decode()
    assert 'accountd_unanswered_total{service="s3",operation="PutObject"} 1' in metrics
    assert 'service="s3" operation="PutObject"' in server.log()
    assert server.own("DELETE", "/_accountd/unanswered")["deleted"] == len(named)
    assert server.own("GET", "/_accountd/unanswered")["unanswered"] == []


def test_an_endpoint_with_a_path_is_answered_by_every_service(server):
    """F-ROUTE-4: as some proxies and container platforms have it."""
    server.url += "/some/prefix"
    calls = [
        ("account", "list_regions"),
        ("cloudtrail", "lookup_events"),
        ("ec2", "describe_regions"),
        ("iam", "list_users"),
        ("organizations", "create_organization"),
        ("sts", "get_caller_identity"),
    ]
    for service, operation in calls:
        assert getattr(server.client(service), operation)()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_paths_are_those_of_botocore():
    """With ACCOUNTD_WRITE_TABLES=1 the file is written anew, and the test fails once."""
    # A client of S3 changes the paths of the model that it was made of.
    session = botocore.session.Session()
    rows = {}
    for service in LISTED:
        model = session.get_service_model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            path, _, keys = operation.http["requestUri"].partition("?")
            members = operation.input_shape.members if operation.input_shape else {}
            required = [members[member] for member in getattr(operation.input_shape, "required_members", [])]
            keys = {key for key in keys.split("&") if key} | {
                member.serialization["name"]
                for member in required
                if member.serialization.get("location") == "querystring"
            }
            parts = [re.sub(r"^\{.*\+\}$", "**", part) for part in path.strip("/").split("/")]
            path = "/" + "/".join("*" if part.startswith("{") else part for part in parts)
            path += "?" + "&".join(sorted(keys)) if keys else ""
            headers = [member for member in required if member.serialization.get("location") == "header"]
            # Of operations at one path that what they need in headers tells apart, the plainest is named.
            rank = (len(headers), operation.deprecated, len(name), name)
            place = (model.signing_name, operation.http["method"], path)
            rows[place] = min(rank, rows.get(place, rank))
    expected = "".join(f"{' '.join(place)} {rank[-1]}\n" for place, rank in sorted(rows.items()))
    if os.environ.get("ACCOUNTD_WRITE_TABLES") and REST_PATHS.read_text() != expected:
        REST_PATHS.write_text(expected)
        pytest.fail("the paths were written anew")
    assert REST_PATHS.read_text() == expected
