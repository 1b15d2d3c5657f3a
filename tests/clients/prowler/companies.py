"""Two companies with a management account and two members each, set up by calls: a well-kept one and a neglected one."""

import json

from audit import REGIONS
from identities import KEPT, NEGLECTED, furnish_kept, furnish_neglected

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


def well_kept(server):
    company = Company(server, KEPT)
    company.put_alternate_contacts()
    company.organize()
    company.organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    company.put_alternate_contacts(AccountId=company.shop)
    company.attach("SERVICE_CONTROL_POLICY", DENY_OTHER_REGIONS)
    company.attach("TAG_POLICY", TAGS)
    company.attach("AISERVICES_OPT_OUT_POLICY", OPT_OUT)
    company.delegate()
    furnish_kept(server)
    return company


def neglected(server):
    """Nobody thought of more than the least: one contact of three, a policy that says nothing on Regions."""
    company = Company(server, NEGLECTED)
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
    furnish_neglected(server)
    return company
