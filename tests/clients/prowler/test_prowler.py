"""prowler, unmodified, audits companies that were set up by API calls alone (F-STORY-1, F-STORY-2).

It asks STS who it is, EC2 for Regions, Account Management for contacts, and Organizations for the account's
place, for policies and for delegated administrators; nothing outside of these services. A run takes seconds,
nearly all of them its own, so that the audits run side by side."""

import concurrent.futures
import csv
import json
import os
import pathlib
import subprocess
import sys

import pytest
from botocore.credentials import Credentials

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "python"))

from accountd import Accountd, clean_environment  # noqa: E402

PROWLER = os.environ.get("PROWLER")
TIMEOUT_SECONDS = 600

pytestmark = pytest.mark.skipif(not PROWLER, reason="no prowler")

PASSED, FAILED = 0, 3
REGIONS = ["eu-central-1", "eu-west-1"]

CONTACTS = "account_maintain_different_contact_details_to_security_billing_and_operations"
MANUAL = {
    "account_maintain_current_contact_details": "MANUAL",
    "account_security_contact_information_is_registered": "MANUAL",
    "account_security_questions_are_registered_in_the_aws_account": "MANUAL",
}

DENY_OTHER_REGIONS = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "NotAction": ["account:*", "iam:*", "organizations:*", "sts:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": REGIONS}},
    },
}
DENY_LEAVING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}],
}
TAGS = {"tags": {"CostCentre": {"tag_key": {"@@assign": "CostCentre"}}}}
OPT_OUT = {
    "services": {
        "@@operators_allowed_for_child_policies": ["@@none"],
        "default": {
            "@@operators_allowed_for_child_policies": ["@@none"],
            "opt_out_policy": {"@@operators_allowed_for_child_policies": ["@@none"], "@@assign": "optOut"},
        },
    }
}
# What the checks need besides the read-only policies of the two services.
AUDIT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["ec2:DescribeRegions", "sts:AssumeRole"], "Resource": "*"}],
}
READ_ONLY = ("AWSAccountManagementReadOnlyAccess", "AWSOrganizationsReadOnlyAccess")


class Company:
    """A management account and what it does, by calls."""

    def __init__(self, server, account):
        self.server, self.account = server, account
        root = server.root(account)
        self.contacts = server.client("account", root)
        self.organizations = server.client("organizations", root)
        self.iam = server.client("iam", root)
        self.put_primary_contact("Ann Owner", "+12065550100")

    def put_primary_contact(self, name, phone):
        self.contacts.put_contact_information(
            ContactInformation={
                "FullName": name,
                "AddressLine1": "14 Harbour Street",
                "City": "Seattle",
                "StateOrRegion": "WA",
                "PostalCode": "98101",
                "CountryCode": "US",
                "PhoneNumber": phone,
            }
        )

    def put_alternate_contacts(self, **to):
        for number, kind in enumerate(("BILLING", "OPERATIONS", "SECURITY")):
            self.contacts.put_alternate_contact(
                AlternateContactType=kind,
                Name=f"{kind.title()} Desk",
                Title="On call",
                EmailAddress=f"{kind.lower()}@company.example",
                PhoneNumber=f"+1206555020{number}",
                **to,
            )

    def organize(self):
        """Creates the organization with two members, one of them two organizational units down."""
        self.organizations.create_organization(FeatureSet="ALL")
        self.top = self.organizations.list_roots()["Roots"][0]["Id"]
        production = self.unit(self.unit(self.top, "Workloads"), "Production")
        self.shop, self.security = self.create_account("Shop"), self.create_account("Security")
        self.organizations.move_account(
            AccountId=self.shop, SourceParentId=self.top, DestinationParentId=production
        )

    def create_account(self, name):
        email = f"{name.lower()}@{self.account}.example"
        status = self.organizations.create_account(Email=email, AccountName=name)
        request = status["CreateAccountStatus"]["Id"]
        self.server.advance("5s")
        status = self.organizations.describe_create_account_status(CreateAccountRequestId=request)
        return status["CreateAccountStatus"]["AccountId"]

    def unit(self, parent, name):
        unit = self.organizations.create_organizational_unit(ParentId=parent, Name=name)
        return unit["OrganizationalUnit"]["Id"]

    def attach(self, kind, document):
        """Attaches a new policy to the root."""
        enabled = self.organizations.list_roots()["Roots"][0]["PolicyTypes"]
        if kind not in [each["Type"] for each in enabled]:
            self.organizations.enable_policy_type(RootId=self.top, PolicyType=kind)
        policy = self.organizations.create_policy(
            Name=kind.lower(), Description="", Type=kind, Content=json.dumps(document)
        )
        self.organizations.attach_policy(
            PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=self.top
        )

    def delegate(self):
        service = "config.amazonaws.com"
        self.organizations.enable_aws_service_access(ServicePrincipal=service)
        self.organizations.register_delegated_administrator(AccountId=self.security, ServicePrincipal=service)

    def auditor(self):
        """The access key of a user who may read what the checks look at, and nothing else."""
        self.iam.create_user(UserName="auditor")
        for name in READ_ONLY:
            self.iam.attach_user_policy(UserName="auditor", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
        document = json.dumps(AUDIT)
        self.iam.put_user_policy(UserName="auditor", PolicyName="audit", PolicyDocument=document)
        key = self.iam.create_access_key(UserName="auditor")["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def well_kept(server):
    company = Company(server, "111111111111")
    company.put_alternate_contacts()
    company.organize()
    company.organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    company.put_alternate_contacts(AccountId=company.shop)
    company.attach("SERVICE_CONTROL_POLICY", DENY_OTHER_REGIONS)
    company.attach("TAG_POLICY", TAGS)
    company.attach("AISERVICES_OPT_OUT_POLICY", OPT_OUT)
    company.delegate()
    return company


def neglected(server):
    """Nobody thought of more than the least: one contact of three, a policy that says nothing on Regions."""
    company = Company(server, "222222222222")
    company.contacts.put_alternate_contact(
        AlternateContactType="SECURITY",
        Name="Ann Owner",
        Title="Owner",
        EmailAddress="ann@company.example",
        PhoneNumber="+12065550100",
    )
    company.organize()
    company.attach("SERVICE_CONTROL_POLICY", DENY_LEAVING)
    company.delegate()
    return company


def audit(server, directory, credentials, trusted=(), role=None):
    """Runs prowler's checks of both services, and gives its exit code and its findings by check."""
    directory.mkdir()
    settings = {
        "organizations_enabled_regions": REGIONS,
        "organizations_trusted_delegated_administrators": list(trusted),
    }
    # YAML includes JSON.
    (directory / "config.yaml").write_text(json.dumps({"aws": settings}))
    arguments = [PROWLER, "aws", "--services", "account", "organizations", "--no-banner", "--no-color"]
    arguments += ["--output-formats", "csv", "--output-directory", "out", "--output-filename", "report"]
    arguments += ["--config-file", "config.yaml", "--log-level", "WARNING"]
    arguments += ["--role", role] if role else []
    done = subprocess.run(
        arguments,
        cwd=directory,
        env=clean_environment(
            HOME=str(directory),
            AWS_ENDPOINT_URL=server.url,
            AWS_ACCESS_KEY_ID=credentials.access_key,
            AWS_SECRET_ACCESS_KEY=credentials.secret_key,
            AWS_DEFAULT_REGION="us-east-1",
            AWS_EC2_METADATA_DISABLED="true",
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    report = directory / "out/report.csv"
    assert report.exists(), f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    with report.open(newline="") as file:
        return done.returncode, list(csv.DictReader(file, delimiter=";"))


def statuses(findings):
    return {finding["CHECK_ID"]: finding["STATUS"] for finding in findings}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    directory = tmp_path_factory.mktemp("prowler")
    server = Accountd(directory / "run", "--in-memory", "--time", "manual")
    server.start()
    try:
        kept, poor = well_kept(server), neglected(server)
        key = kept.auditor()
        audits = {
            "kept": (key, [kept.security], None),
            "member": (key, (), f"arn:aws:iam::{kept.shop}:role/OrganizationAccountAccessRole"),
            "neglected": (poor.auditor(), (), None),
            "alone": (server.root("333333333333"), (), None),
        }
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            running = {
                name: pool.submit(audit, server, directory / name, *arguments)
                for name, arguments in audits.items()
            }
            yield kept, {name: future.result() for name, future in running.items()}
    finally:
        server.stop()


def test_a_well_kept_company_passes_every_check(reports):
    company, findings = reports[0], reports[1]["kept"]
    assert statuses(findings[1]) == MANUAL | {
        CONTACTS: "PASS",
        "organizations_account_part_of_organizations": "PASS",
        "organizations_delegated_administrators": "PASS",
        "organizations_opt_out_ai_services_policy": "PASS",
        "organizations_scp_check_deny_regions": "PASS",
        "organizations_tags_policies_enabled_and_attached": "PASS",
    }
    assert findings[0] == PASSED
    told = {finding["CHECK_ID"]: finding["STATUS_EXTENDED"] for finding in findings[1]}
    trusted = f"has a trusted Delegated Administrator: {company.security}."
    assert told["organizations_delegated_administrators"].endswith(trusted)


def test_a_neglected_company_fails_every_check_that_can_fail(reports):
    code, findings = reports[1]["neglected"]
    assert statuses(findings) == MANUAL | {
        CONTACTS: "FAIL",
        "organizations_account_part_of_organizations": "PASS",
        "organizations_delegated_administrators": "FAIL",
        "organizations_opt_out_ai_services_policy": "FAIL",
        "organizations_scp_check_deny_regions": "FAIL",
        "organizations_tags_policies_enabled_and_attached": "FAIL",
    }
    assert code == FAILED


def test_a_member_is_audited_through_its_access_role(reports):
    """A member may not list the organization's policies, so that prowler has nothing to say about them. Where
    the member stands it learns with the credentials that it came in with."""
    company, (code, findings) = reports[0], reports[1]["member"]
    found = statuses(findings)
    assert found[CONTACTS] == "PASS"
    assert found["organizations_account_part_of_organizations"] == "PASS"
    assert "organizations_scp_check_deny_regions" not in found
    assert "organizations_opt_out_ai_services_policy" not in found
    assert code == PASSED
    assert {finding["ACCOUNT_UID"] for finding in findings} == {company.shop}
    assert {finding["ACCOUNT_NAME"] for finding in findings} == {"Shop"}
    assert {finding["ACCOUNT_OU_NAME"] for finding in findings} == {"Workloads/Production"}


def test_an_account_that_stands_alone_is_in_no_organization(reports):
    code, findings = reports[1]["alone"]
    found = statuses(findings)
    assert found[CONTACTS] == "FAIL"
    assert found["organizations_account_part_of_organizations"] == "FAIL"
    assert code == FAILED
