"""What IAM holds of the two companies' management accounts: in the well-kept one all that prowler's checks pass, in the
neglected one all that they fail. What lies in the past comes from a seed file, the rest by calls."""

import datetime

from accountd import refusal
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

KEPT, NEGLECTED = "111111111111", "222222222222"
PARTNER = "444455556666"
# Of sessions that are open when the accounts begin: of a role that may read, and of one that may do everything.
AUDITOR_SESSION = Credentials("ASIAKEPTAUDITOR00001", "auditor-of-the-well-kept-account", "kept-session")
BOSS_SESSION = Credentials("ASIANEGLECTEDBOSS001", "boss-of-the-neglected-account", "neglected-session")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime.datetime.now(datetime.timezone.utc)


def ago(days):
    return (NOW - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def allow(*actions, resource="*"):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trust(**members):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole"} | members
    return {"Version": "2012-10-17", "Statement": [statement]}


def root_of(account):
    return {"AWS": f"arn:aws:iam::{account}:root"}


def session(credentials):
    return {
        "session_name": "audit",
        "access_key_id": credentials.access_key,
        "secret_access_key": credentials.secret_key,
        "session_token": credentials.token,
    }


def seed():
    """Both accounts as a seed file, each standing alone."""
    accounts = [(KEPT, "Kept", kept()), (NEGLECTED, "Neglected", neglected())]
    emails = {name: f"{name.lower()}@company.example" for _, name, _ in accounts}
    return {
        "accounts": [
            {"id": account, "name": name, "email": emails[name], "created": ago(1000), "iam": iam}
            for account, name, iam in accounts
        ]
    }


def kept():
    """People sign in with two factors and rights from groups, a machine with a young key, auditors by a role."""
    machine = trust(
        Principal={"Service": "ec2.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": KEPT}}
    )
    members = allow("sts:AssumeRole", resource="arn:aws:iam::*:role/OrganizationAccountAccessRole")
    reads = ["SecurityAudit", "AWSAccountManagementReadOnlyAccess", "AWSOrganizationsReadOnlyAccess"]
    return {
        "root_mfa": [{"serial": "GAHT10000001", "seed": SECRET}],
        "password_policy": {
            "MinimumPasswordLength": 14,
            "RequireSymbols": True,
            "RequireNumbers": True,
            "RequireUppercaseCharacters": True,
            "RequireLowercaseCharacters": True,
            "MaxPasswordAge": 90,
            "PasswordReusePrevention": 24,
        },
        "policies": [
            {"name": "own-sign-in", "document": allow("iam:ChangePassword", "iam:GetUser")},
            {"name": "models", "document": allow("bedrock:*", "sagemaker:ListModels")},
            {"name": "put-aside", "document": allow("iam:GetUser")},
        ],
        "groups": [
            {"name": "people", "attached_policies": ["own-sign-in"]},
            {"name": "scientists", "attached_policies": ["models"]},
        ],
        "users": [
            {
                "name": "ann",
                "groups": ["people"],
                "created": ago(400),
                "login_profile": {"changed": ago(20), "last_used": ago(1)},
                "mfa": [{"serial": "GAHT10000002", "seed": SECRET}],
            },
            {
                "name": "builder",
                "groups": ["people"],
                "mfa": [{"serial": "GAHT10000003", "seed": SECRET}],
                "access_keys": [
                    {
                        "id": "AKIAKEPTBUILDER00001",
                        "secret": "builder-of-the-well-kept-account",
                        "created": ago(30),
                        "last_used": ago(1),
                    }
                ],
            },
            {
                "name": "scientist",
                "groups": ["scientists"],
                "mfa": [{"serial": "GAHT10000004", "seed": SECRET}],
            },
        ],
        "roles": [
            {
                "name": "Auditor",
                "attached_policies": reads,
                "inline_policies": {"members": members},
                "trust_policy": trust(Principal=root_of(KEPT)),
                "sessions": [session(AUDITOR_SESSION)],
            },
            {
                "name": "Support",
                "attached_policies": ["AWSSupportAccess"],
                "trust_policy": trust(Principal=root_of(KEPT)),
            },
            {"name": "Machine", "trust_policy": machine},
        ],
    }


def neglected():
    """Everybody may do everything, keys and passwords are old, and nobody has a second factor."""
    ec2 = {"Service": "ec2.amazonaws.com"}
    of_anybody = {"StringLike": {"aws:SourceArn": "arn:aws:ec2:*:*:instance/*"}}
    full = ["cloudtrail:*", "kms:*", "aws-marketplace:Subscribe"]
    climbs = ["iam:AttachUserPolicy", "iam:CreateAccessKey"]
    agents = ["iam:PassRole", "bedrock-agentcore:*"]
    attached = {"everything": ["*"], "any-role": ["sts:AssumeRole"], "full": full, "climbs": climbs, "agents": agents}
    documents = {name: allow(*actions) for name, actions in attached.items()}
    return {
        "root_access_keys": [
            {
                "id": "AKIANEGLECTEDROOT001",
                "secret": "root-of-the-neglected-account",
                "created": ago(900),
                "last_used": ago(0),
            }
        ],
        "policies": [
            *({"name": name, "document": document} for name, document in documents.items()),
            {"name": "forgotten", "document": allow("*")},
        ],
        "groups": [
            {"name": "admins", "attached_policies": ["AdministratorAccess"]},
            {"name": "helpers", "attached_policies": list(documents)},
        ],
        "users": [
            {
                "name": "boss",
                "created": ago(900),
                "groups": ["admins", "helpers"],
                "attached_policies": ["AdministratorAccess"],
                "inline_policies": documents,
                "login_profile": {"changed": ago(900), "last_used": ago(300)},
                "access_keys": [
                    {
                        "id": "AKIANEGLECTEDBOSS001",
                        "secret": "first-key-of-the-boss",
                        "created": ago(900),
                        "last_used": ago(300),
                    },
                    {"id": "AKIANEGLECTEDBOSS002", "secret": "second-key-of-the-boss", "created": ago(200)},
                ],
            },
            # prowler reads the first page of services only, on which SageMaker is not where somebody may everything.
            {"name": "modeller", "inline_policies": {"models": allow("sagemaker:CreateModel")}},
        ],
        "roles": [
            {
                "name": "Everything",
                "attached_policies": ["AdministratorAccess", "AWSCloudShellFullAccess"],
                "trust_policy": trust(Principal=root_of(NEGLECTED)),
                "sessions": [session(BOSS_SESSION)],
            },
            {
                "name": "Partner",
                "attached_policies": ["ReadOnlyAccess"],
                "trust_policy": trust(Principal=root_of(PARTNER)),
            },
            {"name": "Machine", "trust_policy": trust(Principal=ec2)},
            {"name": "OfAnybody", "trust_policy": trust(Principal=ec2, Condition=of_anybody)},
        ],
    }


def certificate(first_day=-1, last_day=365):
    """A key and a certificate of it that is good between these days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "site.example")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    first, last = (NOW + datetime.timedelta(days=day) for day in (first_day, last_day))
    builder = builder.not_valid_before(first).not_valid_after(last)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return pem, key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def upload_certificate(iam):
    body, key = certificate()
    iam.upload_server_certificate(ServerCertificateName="site", CertificateBody=body, PrivateKey=key)


def metadata():
    """What a company's identity provider says of itself."""
    inner = "".join(certificate()[0].splitlines()[1:-1])
    return (
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">'
        f"<!-- {'what identity providers write beside it ' * 20}-->"
        '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
        f"<X509Certificate>{inner}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        '<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
        ' Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>'
    )


def furnish_kept(server):
    """A SAML provider, a good certificate, root access that is managed centrally, and models that are used. Services of models
    are elsewhere, so that the server must have a place for them (`--forward`)."""
    root = server.root(KEPT)
    iam = server.client("iam", root)
    iam.create_saml_provider(Name="company", SAMLMetadataDocument=metadata())
    upload_certificate(iam)
    server.client("organizations", root).enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    iam.enable_organizations_root_credentials_management()
    made = iam.create_access_key(UserName="scientist")["AccessKey"]
    key = Credentials(made["AccessKeyId"], made["SecretAccessKey"])
    server.client("bedrock", key).list_foundation_models()
    server.client("sagemaker", key).list_models()
    iam.delete_access_key(UserName="scientist", AccessKeyId=made["AccessKeyId"])
    # Attempts count as uses. Which operation of Bedrock this is cannot be told, so that some of them are not enough.
    assert refusal(server.client("bedrock", AUDITOR_SESSION).list_foundation_models).status == 403


def furnish_neglected(server):
    """A certificate that has expired since it was uploaded: state of long ago, brought back."""
    upload_certificate(server.client("iam", server.root(NEGLECTED)))
    state = server.own("GET", "/_accountd/export")
    document = state["documents"][f"server-certificate/{NEGLECTED}/site"]
    document["body"] = certificate(first_day=-400, last_day=-35)[0].strip()
    document |= {"id": "ASCANEGLECTEDSITE0001", "uploaded_at": ago(400), "expires_at": ago(35)}
    server.own("POST", "/_accountd/import", state)
