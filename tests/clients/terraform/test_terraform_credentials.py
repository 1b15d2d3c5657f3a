"""Terraform's resources for providers of identities and the credentials of people: apply, plan without difference, import,
update, destroy (F-IAMAPI-TF-2, F-IAMAPI-CERT-8)."""

import datetime
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from test_terraform import MIRROR, NO_DIFFERENCE, TERRAFORM, Workspace

ACCOUNT = "111122223333"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/company"
PHONE = f"arn:aws:iam::{ACCOUNT}:mfa/people/phone"


@pytest.fixture(scope="module")
def files():
    """A key, a certificate of it, the same key as an SSH key, and metadata of an identity provider with that certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "site.example")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    certificate = builder.not_valid_after(now + datetime.timedelta(days=365)).sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    ssh = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    inner = "".join(pem.splitlines()[1:-1])
    metadata = (
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">'
        '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
        f"<X509Certificate>{inner}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        '<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
        ' Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>'
    )
    filler = "<!-- " + "what identity providers write beside it " * 30 + "-->"
    return {
        "certificate.pem": pem,
        "key.pem": private.decode(),
        "ssh.pub": ssh.decode(),
        "metadata.xml": metadata.replace("<IDPSSO", filler + "<IDPSSO", 1),
    }


def workspace(directory, server, files):
    terraform = Credentials(directory, server)
    for name, text in files.items():
        (directory / name).write_text(text)
    terraform("init", "-input=false")
    return terraform


class Credentials(Workspace):
    """A folder with the configuration of providers and credentials and its state."""

    CONFIGURATION = "credentials.tf"


@pytest.mark.everything
@pytest.mark.skipif(not (TERRAFORM and MIRROR), reason="no terraform with its AWS provider")
def test_the_life_of_what_people_sign_in_with(server, tmp_path, files):
    terraform = workspace(tmp_path / "first", server, files)
    terraform("apply", "-input=false", "-auto-approve")
    outputs = {name: output["value"] for name, output in json.loads(terraform("output", "-json")).items()}
    assert outputs["told"] == {
        "policy": "arn:aws:iam::aws:policy/SecurityAudit",
        "provider": "token.actions.githubusercontent.com",
        "company": SAML,
        "certificate": "/sites/",
        "profile": "machine",
        "key": "Active",
        "device": PHONE,
    }
    password, seed = outputs["secrets"]
    assert len(password) == 24 and seed
    terraform.plan(expect=NO_DIFFERENCE)

    iam, ids = server.client("iam", server.root(ACCOUNT)), outputs["ids"]
    imported = workspace(tmp_path / "second", server, files)
    imported.take_over(
        {
            "aws_iam_openid_connect_provider.github": OIDC,
            "aws_iam_saml_provider.company": SAML,
            "aws_iam_user.ann": "ann",
            "aws_iam_user_login_profile.ann": "ann",
            "aws_iam_virtual_mfa_device.phone": PHONE,
            "aws_iam_user_ssh_key.ann": f"ann:{ids['ssh']}:SSH",
            "aws_iam_signing_certificate.ann": f"{ids['signing']}:ann",
            "aws_iam_server_certificate.site": "site",
            "aws_iam_service_specific_credential.ann": f"codecommit.amazonaws.com:ann:{ids['credential']}",
            "aws_iam_account_password_policy.strict": "iam-account-password-policy",
            "aws_iam_role.machine": "machine",
            "aws_iam_instance_profile.machine": "machine",
        }
    )

    changes = {"version_of_tokens": "v1Token", "length": "18", "status": "Inactive"}
    terraform.change(**changes)
    assert iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 18
    assert iam.list_ssh_public_keys(UserName="ann")["SSHPublicKeys"][0]["Status"] == "Inactive"
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 1
    terraform.plan(expect=NO_DIFFERENCE, **changes)
    terraform("destroy", "-input=false", "-auto-approve", **changes)
    summary = iam.get_account_summary()["SummaryMap"]
    names = ("Users", "Roles", "Providers", "MFADevices", "ServerCertificates", "InstanceProfiles")
    assert [summary[name] for name in names] == [0] * 6
