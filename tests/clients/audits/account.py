"""An account with something to find in it, and the way that auditing tools are run against it."""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "python"))

from accountd import clean_environment  # noqa: E402

PYTHON = os.environ.get("AUDITS")
ACCOUNT, OUTSIDE = "111122223333", "444455556666"
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"
TIMEOUT_SECONDS = 120


def document(action, **members):
    statement = {"Effect": "Allow", "Action": action} | members
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def furnish(server):
    """A role that outsiders may assume, a user who may assume it, one who may nothing, a group and an empty one."""
    iam = server.client("iam", server.root(ACCOUNT))
    iam.create_account_alias(AccountAlias="tidewater")
    for name, principal in [("powerful", ACCOUNT), ("partner", OUTSIDE)]:
        trust = document("sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{principal}:root"})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName="powerful", PolicyArn=ADMINISTRATOR_ACCESS)
    iam.create_user(UserName="mover", Tags=[{"Key": "team", "Value": "network"}])
    allow = document("sts:AssumeRole", Resource=f"arn:aws:iam::{ACCOUNT}:role/*")
    iam.put_user_policy(UserName="mover", PolicyName="assume", PolicyDocument=allow)
    iam.create_access_key(UserName="mover")
    iam.create_user(UserName="plain")
    iam.create_group(GroupName="empty")
    iam.create_group(GroupName="movers")
    iam.add_user_to_group(GroupName="movers", UserName="mover")
    return iam


def run(server, directory, *arguments):
    """Runs a program of the tools' own Python with the account's root user, and returns what it prints."""
    environment = clean_environment(
        AWS_ENDPOINT_URL=server.url,
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID=ACCOUNT,
        AWS_SECRET_ACCESS_KEY="test",
        HOME=str(directory),
    )
    done = subprocess.run(
        [PYTHON, *arguments],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
