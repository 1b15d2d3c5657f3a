"""Profiles of `aws configure`: a second factor by its serial number, and a web identity by its file, as boto3 and the AWS CLI
read them (F-MFA-11, F-MFA-12, F-WEB-1)."""

import base64
import fcntl
import hashlib
import hmac
import json
import os
import pathlib
import pty
import struct
import subprocess
import sys
import termios
import time

import botocore.session
import pytest
from accountd import clean_environment, refusal
from botocore.credentials import Credentials
from company import ADMINISTRATOR, MANAGEMENT, MEMBER, seed
from joserfc import jwk, jwt

AWS = pathlib.Path(sys.executable).parent / "aws"
ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:octo/app:ref:refs/heads/main"
STEP_SECONDS = 30


class Phone:
    """A device whose codes are those of RFC 6238. One that was shown is not shown again."""

    def __init__(self, serial, seed_in_base32):
        self.serial, self.secret = serial, base64.b32decode(seed_in_base32)
        self.shown = set()

    def _code(self, step):
        self.shown.add(step)
        digest = hmac.new(self.secret, struct.pack(">Q", step), hashlib.sha1).digest()
        place = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"

    def pair(self):
        now = int(time.time()) // STEP_SECONDS
        return self._code(now - 1), self._code(now)

    def code(self):
        """The code that is nearest to now and was not shown: a device may be three steps off."""
        now = int(time.time()) // STEP_SECONDS
        return self._code(next(step for step in (now, now + 1, now - 2, now + 2) if step not in self.shown))


@pytest.fixture(scope="module")
def key():
    return jwk.RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture
def server(start, tmp_path, key):
    """The company, with an issuer of tokens whose keys are in the seed."""
    described = seed()
    provider = {"url": ISSUER, "client_ids": ["sts.amazonaws.com"], "jwks": {"keys": [key.as_dict(private=False)]}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{MANAGEMENT}:oidc-provider/{ISSUER.removeprefix('https://')}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {ISSUER.removeprefix("https://") + ":sub": SUBJECT}},
    }
    deployer = {
        "name": "deployer",
        "attached_policies": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        "trust_policy": {"Version": "2012-10-17", "Statement": [statement]},
    }
    (own,) = [account for account in described["accounts"] if account["id"] == MANAGEMENT]
    own["iam"] |= {"oidc_providers": [provider], "roles": [deployer]}
    (tmp_path / "seed.yaml").write_text(json.dumps(described))
    return start("--seed", str(tmp_path / "seed.yaml"))


@pytest.fixture
def ann(server):
    """A user with a device, and a role that is opened with a second factor only."""
    iam = server.client("iam", ADMINISTRATOR)
    iam.create_user(UserName="ann")
    everything = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_user_policy(UserName="ann", PolicyArn=everything)
    made = iam.create_access_key(UserName="ann")["AccessKey"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:user/ann"},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName="audited", AssumeRolePolicyDocument=trust)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    phone = Phone(device["SerialNumber"], device["Base32StringSeed"])
    first, second = phone.pair()
    iam.enable_mfa_device(
        UserName="ann", SerialNumber=phone.serial, AuthenticationCode1=first, AuthenticationCode2=second
    )
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"]), phone


def profiles(server, directory, text, credentials=None):
    """The environment of somebody with these profiles."""
    (directory / "config").write_text(text)
    environment = clean_environment(HOME=str(directory))
    environment["AWS_CONFIG_FILE"] = str(directory / "config")
    environment |= {"AWS_ENDPOINT_URL": server.url, "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
    if credentials:
        file = directory / "credentials"
        keys = f"aws_access_key_id = {credentials.access_key}\naws_secret_access_key = {credentials.secret_key}\n"
        file.write_text(f"[base]\n{keys}")
        environment["AWS_SHARED_CREDENTIALS_FILE"] = str(file)
    return environment


def audited(phone):
    return (
        "[profile base]\nregion = us-east-1\n\n[profile audited]\nregion = us-east-1\nsource_profile = base\n"
        f"role_arn = arn:aws:iam::{MANAGEMENT}:role/audited\nrole_session_name = look\nmfa_serial = {phone.serial}\n"
    )


def at_a_terminal(command, environment, prompt, answer):
    """Runs a command at a terminal of its own, and answers its one question."""
    ours, theirs = pty.openpty()

    def controlling_terminal():
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        command, env=environment, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, preexec_fn=controlling_terminal
    )
    os.close(theirs)
    seen = b""
    while prompt not in seen:
        seen += os.read(ours, 1024)
    os.write(ours, answer().encode() + b"\n")
    printed, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0, (seen, printed)
    return printed.decode()


def test_the_cli_asks_for_the_code_of_a_profile_f_mfa_11(server, ann, tmp_path):
    credentials, phone = ann
    environment = profiles(server, tmp_path, audited(phone), credentials)
    command = [AWS, "sts", "get-caller-identity", "--profile", "audited", "--query", "Arn", "--output", "text"]
    arn = at_a_terminal(command, environment, b"Enter MFA code", phone.code)
    assert arn.strip() == f"arn:aws:sts::{MANAGEMENT}:assumed-role/audited/look"
    plain = server.client("sts", credentials)
    role = f"arn:aws:iam::{MANAGEMENT}:role/audited"
    assert refusal(plain.assume_role, RoleArn=role, RoleSessionName="look").code == "AccessDenied"


def test_boto3_asks_for_the_code_of_a_profile_f_mfa_11(server, ann, tmp_path, monkeypatch):
    credentials, phone = ann
    for name, value in profiles(server, tmp_path, audited(phone), credentials).items():
        monkeypatch.setenv(name, value)
    session = botocore.session.Session(profile="audited")
    provider = session.get_component("credential_provider").get_provider("assume-role")
    asked = []
    provider._prompter = lambda question: asked.append(question) or phone.code()
    identity = session.create_client("sts").get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{MANAGEMENT}:assumed-role/audited/look"
    assert len(asked) == 1 and phone.serial in asked[0]


def test_a_session_with_a_code_opens_what_asks_for_one_f_mfa_12(server, ann, tmp_path):
    """`aws sts get-session-token --serial-number`, and what its credentials may do that those of the user may not."""
    credentials, phone = ann
    environment = profiles(server, tmp_path, audited(phone), credentials)
    command = [AWS, "sts", "get-session-token", "--profile", "base", "--output", "json"]
    options = ["--serial-number", phone.serial, "--token-code"]

    def run(code):
        return subprocess.run([*command, *options, code], env=environment, capture_output=True, text=True, timeout=60)

    code = phone.code()
    done = run(code)
    assert done.returncode == 0, done
    used = run(code)
    assert used.returncode != 0 and "AccessDenied" in used.stderr
    given = json.loads(done.stdout)["Credentials"]
    with_code = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    # Nobody is known to IAM by such a session but for its code.
    assert server.client("iam", with_code).get_user()["User"]["UserName"] == "ann"
    role = f"arn:aws:iam::{MANAGEMENT}:role/audited"
    assert server.client("sts", with_code).assume_role(RoleArn=role, RoleSessionName="look")["Credentials"]
    plain = server.client("sts", credentials).get_session_token()["Credentials"]
    without = Credentials(plain["AccessKeyId"], plain["SecretAccessKey"], plain["SessionToken"])
    assert refusal(server.client("iam", without).get_user).code == "InvalidClientTokenId"


def token(key, **claims):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "sts.amazonaws.com", "sub": SUBJECT, "iat": now, "exp": now + 600} | claims
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


def test_a_profile_with_a_token_file_needs_no_key_f_web_1(server, key, tmp_path, monkeypatch):
    """`web_identity_token_file`, as pipelines and pods have it, in the AWS CLI and boto3."""
    file = tmp_path / "token"
    file.write_text(token(key))
    text = (
        "[profile pipeline]\nregion = us-east-1\nrole_session_name = run-1\n"
        f"role_arn = arn:aws:iam::{MANAGEMENT}:role/deployer\nweb_identity_token_file = {file}\n"
    )
    environment = profiles(server, tmp_path, text) | {"AWS_PROFILE": "pipeline"}
    command = [AWS, "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    arn = f"arn:aws:sts::{MANAGEMENT}:assumed-role/deployer/run-1"
    assert (done.returncode, done.stdout.strip()) == (0, arn), done
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    account = botocore.session.Session().create_client("account")
    contact = {"AlternateContactType": "SECURITY", "Name": "Desk", "Title": "CISO"}
    account.put_alternate_contact(
        **contact, EmailAddress="desk@example.com", PhoneNumber="+12065550100", AccountId=MEMBER
    )
    file.write_text(token(key, sub="repo:octo/app:ref:refs/heads/other"))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "AccessDenied" in done.stderr
    file.write_text(token(key, exp=int(time.time()) - 600))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "ExpiredToken" in done.stderr
