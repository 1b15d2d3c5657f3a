"""The company of the tests: the accounts of the recordings in docs/fidelity.md, "Observed", so that its texts can be compared as they are.

The seed file is written as JSON, which is YAML too."""

import json

from botocore.credentials import Credentials

MANAGEMENT = "111111111111"
MEMBER = "222222222222"
OTHER_MEMBER = "333333333333"
STANDALONE = "444444444444"
ORGANIZATION = "o-exampleorg"
SERVICE = "account.amazonaws.com"

MANAGEMENT_CONTACT = {
    "FullName": "Example Corp",
    "AddressLine1": "1 Main St",
    "City": "Seattle",
    "StateOrRegion": "WA",
    "PostalCode": "98101",
    "CountryCode": "US",
    "PhoneNumber": "+12065550100",
}

ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
OPERATIONS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "account:*",
            "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"account:AlternateContactTypes": "OPERATIONS"}},
        }
    ],
}
OTHER_REGION_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "account:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"account:TargetRegion": "eu-south-1"}},
        }
    ],
}

# name of the session: its session policy
SESSIONS = {"probe": None, "operations": OPERATIONS_ONLY, "region": OTHER_REGION_ONLY}

ADMINISTRATOR = Credentials("AKIAMANAGEMENTADMIN1", "secret-of-the-administrator")
ADMINISTRATOR_ARN = f"arn:aws:iam::{MANAGEMENT}:user/admin"
NOBODY = Credentials("AKIAMANAGEMENTNOBODY", "secret-of-nobody")
NOBODY_ARN = f"arn:aws:iam::{MANAGEMENT}:user/nobody"


def session(name, account=MEMBER):
    """Credentials of a session of OrganizationAccountAccessRole."""
    return Credentials(f"ASIA{account}{name.upper()}", f"secret-of-{name}", f"token-of-{name}-in-{account}")


def session_arn(name, account=MEMBER):
    return f"arn:aws:sts::{account}:assumed-role/OrganizationAccountAccessRole/{name}"


def access_role(account):
    sessions = []
    for name, policy in SESSIONS.items():
        credentials = session(name, account)
        entry = {
            "session_name": name,
            "access_key_id": credentials.access_key,
            "secret_access_key": credentials.secret_key,
            "session_token": credentials.token,
        }
        sessions.append(entry | ({"policy": policy} if policy else {}))
    return {
        "name": "OrganizationAccountAccessRole",
        "attached_policies": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        "trust_policy": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        "sessions": sessions,
    }


def user(name, credentials, **more):
    key = {"id": credentials.access_key, "secret": credentials.secret_key}
    return {"name": name, "access_keys": [key]} | more


def seed(trusted=True, delegate=None, accounts=(), **management):
    """The seed as a structure. `delegate` is the delegated administrator, `accounts` come on top."""
    organization = {
        "id": ORGANIZATION,
        "management_account": MANAGEMENT,
        "trusted_services": [SERVICE] if trusted else [],
    }
    if delegate:
        organization["delegated_administrators"] = [{"account": delegate, "services": [SERVICE]}]
    users = [
        user("admin", ADMINISTRATOR, attached_policies=["arn:aws:iam::aws:policy/AdministratorAccess"]),
        user("nobody", NOBODY),
    ]
    return {
        "organization": organization,
        "accounts": [
            {
                "id": MANAGEMENT,
                "name": "Example Corp",
                "email": "Root@Example.invalid",
                "created": "2020-01-31T08:10:30Z",
                "contact": MANAGEMENT_CONTACT,
                "alternate_contacts": {
                    "BILLING": {
                        "Name": "Bill Ing",
                        "Title": "Billing",
                        "EmailAddress": "billing@example.invalid",
                        "PhoneNumber": "+1 555-555-5555",
                    }
                },
                "iam": {"users": users},
            }
            | management,
            {
                "id": MEMBER,
                "name": "Probe Member",
                "email": "Probe+Member@example.invalid",
                "created": "2024-02-29T12:00:00Z",
                "iam": {"roles": [access_role(MEMBER)]},
            },
            {
                "id": OTHER_MEMBER,
                "name": "Other Member",
                "email": "other@example.invalid",
                "gov_cloud": {"account": "999999999999", "state": "ACTIVE"},
            },
            {"id": STANDALONE, "name": "Alone", "email": "alone@example.invalid", "standalone": True},
            *accounts,
        ],
    }


def write_seed(path, **options):
    path.write_text(json.dumps(seed(**options), indent=2) + "\n")
    return path
