"""AWS Organizations through boto3: what an organization's life looks like to a client."""

import datetime
import json

import pytest
from accountd import refusal
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

SCP = "SERVICE_CONTROL_POLICY"
DENY_LEAVING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}],
    }
)
MANAGEMENT = "700111111111"


def reason_of(call, /, **members):
    """The code and the Reason of a refused call."""
    try:
        call(**members)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response.get("Reason")
    raise AssertionError("the call was not refused")


@pytest.fixture
def organizations(server):
    return server.client("organizations", server.root(MANAGEMENT))


@pytest.fixture
def organization(organizations):
    return organizations.create_organization(FeatureSet="ALL")["Organization"]


@pytest.fixture
def root_id(organizations, organization):
    return organizations.list_roots()["Roots"][0]["Id"]


def vend(server, organizations, email, name="Workload"):
    """Creates an account and waits until it is there."""
    request = organizations.create_account(Email=email, AccountName=name)["CreateAccountStatus"]
    server.advance("1s")
    status = organizations.describe_create_account_status(CreateAccountRequestId=request["Id"])
    return status["CreateAccountStatus"]["AccountId"]


def test_an_organization_is_created_described_and_deleted(server, organizations, organization):
    """F-ORGS-ORG-1, F-ORGS-ORG-2, F-ORGS-ORG-4, F-ORGS-AUTH-1."""
    assert organization["MasterAccountId"] == MANAGEMENT
    assert organization["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:organization/{organization['Id']}"
    assert organizations.describe_organization()["Organization"] == organization
    again = refusal(organizations.create_organization)
    assert (again.status, again.code) == (400, "AlreadyInOrganizationException")
    (account,) = organizations.list_accounts()["Accounts"]
    assert (account["Id"], account["JoinedMethod"], account["Status"]) == (MANAGEMENT, "INVITED", "ACTIVE")
    assert organizations.list_roots()["Roots"][0]["PolicyTypes"] == []
    organizations.delete_organization()
    gone = refusal(organizations.describe_organization)
    assert gone.code == "AWSOrganizationsNotInUseException"
    assert gone.message == "Your account is not a member of an organization."


def test_an_account_is_there_when_its_creation_is_complete(server, organizations, root_id, organization):
    """F-ORGS-CREATE-1 to F-ORGS-CREATE-6."""
    answer = organizations.create_account(
        Email="dev@example.invalid", AccountName="Dev", Tags=[{"Key": "team", "Value": "blue"}]
    )["CreateAccountStatus"]
    assert answer["State"] == "IN_PROGRESS"
    assert "AccountId" not in answer and "CompletedTimestamp" not in answer
    again = refusal(organizations.create_account, Email="DEV@example.invalid", AccountName="Dev")
    assert again.code == "ConcurrentModificationException"
    assert len(organizations.list_accounts()["Accounts"]) == 1
    assert len(organizations.list_children(ParentId=root_id, ChildType="ACCOUNT")["Children"]) == 1
    organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    server.advance("1s")
    status = organizations.describe_create_account_status(CreateAccountRequestId=answer["Id"])
    status = status["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"
    account = organizations.describe_account(AccountId=status["AccountId"])["Account"]
    assert (account["Email"], account["Name"]) == ("dev@example.invalid", "Dev")
    assert (account["JoinedMethod"], account["State"]) == ("CREATED", "ACTIVE")
    assert account["JoinedTimestamp"] == status["CompletedTimestamp"]
    assert account["Paths"] == [f"{organization['Id']}/{root_id}/{account['Id']}/"]
    tags = organizations.list_tags_for_resource(ResourceId=account["Id"])["Tags"]
    assert tags == [{"Key": "team", "Value": "blue"}]
    management = server.client("account", server.root(MANAGEMENT))
    management.put_account_name(AccountId=account["Id"], AccountName="Renamed")
    assert organizations.describe_account(AccountId=account["Id"])["Account"]["Name"] == "Renamed"
    taken = organizations.create_account(Email="Dev@Example.invalid", AccountName="Other")
    server.advance("1s")
    (failed,) = organizations.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert failed["Id"] == taken["CreateAccountStatus"]["Id"]
    assert failed["FailureReason"] == "EMAIL_ALREADY_EXISTS"
    assert "CompletedTimestamp" in failed and "AccountId" not in failed


def test_an_account_cannot_be_managed_before_it_is_there(server, organizations, organization):
    """F-ORGS-CREATE-2, F-ORGS-CREATE-8: nothing tells that it will be there, even to who guesses its id."""
    organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    request = organizations.create_account(Email="dev@example.invalid", AccountName="Dev")
    request = request["CreateAccountStatus"]["Id"]
    documents = server.own("GET", "/_accountd/export")["documents"]
    (coming,) = [it["id"] for key, it in documents.items() if key.startswith("account/") and it["name"] == "Dev"]
    of_member = server.client("sts", server.root(coming))
    assert refusal(of_member.get_caller_identity).code == "InvalidClientTokenId"
    assert refusal(server.client("iam", server.root(coming)).list_roles).code == "InvalidClientTokenId"
    iam = server.client("iam", server.root(MANAGEMENT))
    iam.create_user(UserName="vendor")
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_user_policy(UserName="vendor", PolicyArn=administrator)
    key = iam.create_access_key(UserName="vendor")["AccessKey"]
    of_management = server.client("sts", Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
    role = {
        "RoleArn": f"arn:aws:iam::{coming}:role/OrganizationAccountAccessRole",
        "RoleSessionName": "early",
    }
    assert refusal(of_management.assume_role, **role).code == "AccessDenied"
    server.advance("1s")
    assert of_member.get_caller_identity()["Account"] == coming
    of_management.assume_role(**role)
    status = organizations.describe_create_account_status(CreateAccountRequestId=request)
    account = status["CreateAccountStatus"]["AccountId"]
    management = server.client("account", server.root(MANAGEMENT))
    assert management.get_account_information(AccountId=account)["AccountName"] == "Dev"


def test_creation_has_its_limits(server, organizations, organization):
    """F-ORGS-CREATE-3, F-ORGS-CREATE-4."""
    for number in range(5):
        organizations.create_account(Email=f"a{number}@example.invalid", AccountName="A")
    sixth = refusal(organizations.create_account, Email="a5@example.invalid", AccountName="A")
    assert sixth.code == "TooManyRequestsException"
    server.advance("1s")
    for number in range(5, 10):
        organizations.create_account(Email=f"a{number}@example.invalid", AccountName="A")
    server.advance("1s")
    statuses = organizations.list_create_account_status()["CreateAccountStatuses"]
    failed = [status for status in statuses if status["State"] == "FAILED"]
    assert [status["FailureReason"] for status in failed] == ["ACCOUNT_LIMIT_EXCEEDED"]
    assert len(organizations.list_accounts()["Accounts"]) == 10
    full = reason_of(organizations.create_account, Email="b@example.invalid", AccountName="B")
    assert full == ("ConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED")


def test_units_and_accounts_make_a_tree(server, organizations, root_id, organization):
    """F-ORGS-OU-1, F-ORGS-OU-3, F-ORGS-OU-4, F-ORGS-MOVE-1."""
    parent, units = root_id, []
    for level in range(5):
        unit = organizations.create_organizational_unit(ParentId=parent, Name=f"L{level}")
        units.append(unit["OrganizationalUnit"])
        parent = units[-1]["Id"]
    deeper = reason_of(organizations.create_organizational_unit, ParentId=parent, Name="L5")
    assert deeper == ("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED")
    same = refusal(organizations.create_organizational_unit, ParentId=root_id, Name="L0")
    assert (same.code, same.message) == (
        "DuplicateOrganizationalUnitException",
        "An OU with the same name already exists.",
    )
    account = vend(server, organizations, "dev@example.invalid")
    move = {"AccountId": account, "SourceParentId": root_id, "DestinationParentId": units[0]["Id"]}
    organizations.move_account(**move)
    assert organizations.list_parents(ChildId=account)["Parents"] == [
        {"Id": units[0]["Id"], "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert refusal(organizations.move_account, **move).code == "AccountNotFoundException"
    listed = organizations.list_accounts_for_parent(ParentId=units[0]["Id"])["Accounts"]
    assert [entry["Id"] for entry in listed] == [account]
    full = refusal(organizations.delete_organizational_unit, OrganizationalUnitId=units[0]["Id"])
    assert full.code == "OrganizationalUnitNotEmptyException"
    organizations.delete_organizational_unit(OrganizationalUnitId=units[4]["Id"])
    renamed = organizations.update_organizational_unit(OrganizationalUnitId=units[3]["Id"], Name="New")
    assert renamed["OrganizationalUnit"]["Name"] == "New"
    organizations.create_organizational_unit(ParentId=units[2]["Id"], Name="L3")
    below = organizations.list_organizational_units_for_parent(ParentId=units[2]["Id"])
    assert {unit["Name"] for unit in below["OrganizationalUnits"]} == {"New", "L3"}


def test_policies_are_attached_and_decide(server, organizations, root_id, organization):
    """F-ORGS-POL-4 to F-ORGS-POL-9, F-ORGS-SCP-1 to F-ORGS-SCP-3, F-ORGS-TYPE-1, F-ORGS-TYPE-2."""
    account = vend(server, organizations, "dev@example.invalid")
    policy = organizations.create_policy(Content=DENY_LEAVING, Description="", Name="Stay", Type=SCP)
    policy = policy["Policy"]["PolicySummary"]
    attach = {"PolicyId": policy["Id"], "TargetId": root_id}
    assert refusal(organizations.attach_policy, **attach).code == "PolicyTypeNotEnabledException"
    organizations.enable_policy_type(RootId=root_id, PolicyType=SCP)
    again = refusal(organizations.enable_policy_type, RootId=root_id, PolicyType=SCP)
    assert again.code == "PolicyTypeAlreadyEnabledException"
    targets = organizations.list_targets_for_policy(PolicyId="p-FullAWSAccess")["Targets"]
    assert {target["TargetId"] for target in targets} == {MANAGEMENT, account, root_id}
    organizations.attach_policy(**attach)
    assert refusal(organizations.attach_policy, **attach).code == "DuplicatePolicyAttachmentException"
    names = organizations.list_policies_for_target(TargetId=root_id, Filter=SCP)["Policies"]
    assert {entry["Name"] for entry in names} == {"FullAWSAccess", "Stay"}
    member = server.client("organizations", server.root(account))
    denied = refusal(member.leave_organization)
    assert denied.code == "AccessDeniedException"
    assert "with an explicit deny in a service control policy" in denied.message
    in_use = refusal(organizations.delete_policy, PolicyId=policy["Id"])
    assert in_use.code == "PolicyInUseException"
    last = reason_of(organizations.detach_policy, PolicyId="p-FullAWSAccess", TargetId=account)
    assert last == ("ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    duplicate = {"Content": DENY_LEAVING, "Description": "", "Name": "Stay", "Type": SCP}
    assert refusal(organizations.create_policy, **duplicate).code == "DuplicatePolicyException"
    wrong = refusal(organizations.create_policy, **duplicate | {"Name": "X", "Content": "{}"})
    assert wrong.code == "MalformedPolicyDocumentException"
    immutable = reason_of(organizations.update_policy, PolicyId="p-FullAWSAccess", Name="Mine")
    assert immutable == ("InvalidInputException", "IMMUTABLE_POLICY")
    organizations.disable_policy_type(RootId=root_id, PolicyType=SCP)
    assert organizations.list_targets_for_policy(PolicyId=policy["Id"])["Targets"] == []
    organizations.delete_policy(PolicyId=policy["Id"])
    assert reason_of(member.leave_organization) == ("ConstraintViolationException", "WAIT_PERIOD_ACTIVE")
    server.advance("96h")
    member.leave_organization()
    assert refusal(member.describe_organization).code == "AWSOrganizationsNotInUseException"


def test_management_policies_are_inherited(server, organizations, root_id, organization):
    """F-ORGS-EFF-1, F-ORGS-EFF-3, F-ORGS-POL-3."""
    account = vend(server, organizations, "dev@example.invalid")
    describe = {"PolicyType": "TAG_POLICY", "TargetId": account}
    nothing = refusal(organizations.describe_effective_policy, **describe)
    assert nothing.code == "EffectivePolicyNotFoundException"
    organizations.enable_policy_type(RootId=root_id, PolicyType="TAG_POLICY")

    def attach(name, target, values):
        content = json.dumps({"tags": {"cost": {"tag_value": values}}})
        policy = organizations.create_policy(
            Content=content, Description="tags", Name=name, Type="TAG_POLICY"
        )["Policy"]
        assert policy["Content"] == content
        organizations.attach_policy(PolicyId=policy["PolicySummary"]["Id"], TargetId=target)

    attach("all", root_id, {"@@assign": ["a", "b"]})
    attach("one", account, {"@@append": ["c"], "@@remove": ["a"]})
    effective = organizations.describe_effective_policy(**describe)["EffectivePolicy"]
    cost = {"tag_key": "cost", "tag_value": ["b", "c"]}
    assert json.loads(effective["PolicyContent"]) == {"tags": {"cost": cost}}
    member = server.client("organizations", server.root(account))
    assert member.describe_effective_policy(PolicyType="TAG_POLICY")["EffectivePolicy"] == effective
    listed = organizations.list_accounts_with_invalid_effective_policy(PolicyType="TAG_POLICY")
    assert (listed["Accounts"], listed["PolicyType"]) == ([], "TAG_POLICY")
    errors = {"AccountId": account, "PolicyType": "TAG_POLICY"}
    errors = organizations.list_effective_policy_validation_errors(**errors)
    assert errors["EffectivePolicyValidationErrors"] == [] and "Path" not in errors
    content = json.dumps({"plans": []})
    members = {"Content": content, "Description": "", "Name": "x", "Type": "BACKUP_POLICY"}
    assert refusal(organizations.create_policy, **members).code == "MalformedPolicyDocumentException"


def test_services_are_trusted_and_members_act_for_them(server, organizations, organization):
    """F-ORGS-TRUST-1 to F-ORGS-TRUST-3, F-ORGS-DELEGATE-1, F-ORGS-DELEGATE-2, F-ORGS-AUTH-2."""
    account = vend(server, organizations, "dev@example.invalid")
    other = vend(server, organizations, "other@example.invalid")
    register = {"AccountId": account, "ServicePrincipal": "account.amazonaws.com"}
    early = reason_of(organizations.register_delegated_administrator, **register)
    assert early == ("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED")
    organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    (service,) = organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert service["ServicePrincipal"] == "account.amazonaws.com"
    member = server.client("organizations", server.root(account))
    plain = refusal(member.list_accounts)
    assert (plain.status, plain.code) == (400, "AccessDeniedException")
    assert plain.message == "You don't have permissions to access this resource."
    organizations.register_delegated_administrator(**register)
    assert len(member.list_accounts()["Accounts"]) == 3
    assert refusal(member.create_account, Email="x@example.invalid", AccountName="X").code == plain.code
    twice = refusal(organizations.register_delegated_administrator, **register)
    assert twice.code == "AccountAlreadyRegisteredException"
    second = reason_of(organizations.register_delegated_administrator, **register | {"AccountId": other})
    assert second == ("ConstraintViolationException", "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
    (administrator,) = organizations.list_delegated_administrators()["DelegatedAdministrators"]
    assert administrator["Id"] == account
    stays = reason_of(organizations.remove_account_from_organization, AccountId=account)
    assert stays == ("ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    organizations.deregister_delegated_administrator(**register)
    gone = refusal(organizations.list_delegated_services_for_account, AccountId=account)
    assert gone.code == "AccountNotRegisteredException"
    unknown = reason_of(organizations.enable_aws_service_access, ServicePrincipal="nonsense")
    assert unknown == ("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL")


def test_an_account_is_closed(server, organizations, organization):
    """F-ORGS-CLOSE-1 to F-ORGS-CLOSE-7."""
    accounts = [vend(server, organizations, f"a{number}@example.invalid") for number in range(4)]
    organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    own = reason_of(organizations.close_account, AccountId=MANAGEMENT)
    assert own == ("ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    for account in accounts[:3]:
        organizations.close_account(AccountId=account)
    fourth = reason_of(organizations.close_account, AccountId=accounts[3])
    assert fourth == ("ConstraintViolationException", "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED")

    def state():
        shown = organizations.describe_account(AccountId=accounts[0])["Account"]
        return shown["Status"], shown["State"]

    assert state() == ("PENDING_CLOSURE", "PENDING_CLOSURE")
    member = server.client("organizations", server.root(accounts[0]))
    management = server.client("account", server.root(MANAGEMENT))
    member.describe_organization()
    management.put_account_name(AccountId=accounts[0], AccountName="Still in use")
    server.advance("1s")
    assert state() == ("SUSPENDED", "CLOSED")
    again = refusal(organizations.close_account, AccountId=accounts[0])
    assert again.code == "AccountAlreadyClosedException"
    assert refusal(member.describe_organization).code == "UnrecognizedClientException"
    assert management.get_account_information(AccountId=accounts[0])["AccountState"] == "CLOSED"
    refused = refusal(management.put_account_name, AccountId=accounts[0], AccountName="No")
    assert refused.code == "AccessDeniedException"
    assert refusal(organizations.delete_organization).code == "OrganizationNotEmptyException"
    server.advance("2161h")
    assert refusal(organizations.describe_account, AccountId=accounts[0]).code == "AccountNotFoundException"
    assert len(organizations.list_accounts()["Accounts"]) == 2


def test_an_account_is_invited_and_joins(server, organizations, organization):
    """F-ORGS-INVITE-1 to F-ORGS-INVITE-3, F-ORGS-SHAKE-3 to F-ORGS-SHAKE-5, F-ORGS-LEAVE-2."""
    guest = "700222222222"
    invited = server.client("organizations", server.root(guest))
    assert invited.list_handshakes_for_account()["Handshakes"] == []
    invite = {"Target": {"Id": guest, "Type": "ACCOUNT"}, "Notes": "Welcome"}
    handshake = organizations.invite_account_to_organization(**invite)["Handshake"]
    assert (handshake["State"], handshake["Action"]) == ("OPEN", "INVITE")
    assert {party["Type"] for party in handshake["Parties"]} == {"ORGANIZATION", "ACCOUNT"}
    twice = refusal(organizations.invite_account_to_organization, **invite)
    assert twice.code == "DuplicateHandshakeException"
    assert invited.list_handshakes_for_account()["Handshakes"] == [handshake]
    assert refusal(organizations.accept_handshake, HandshakeId=handshake["Id"]).code == "AccessDeniedException"
    accepted = invited.accept_handshake(HandshakeId=handshake["Id"])["Handshake"]
    assert accepted["State"] == "ACCEPTED"
    again = refusal(invited.accept_handshake, HandshakeId=handshake["Id"])
    assert again.code == "HandshakeAlreadyInStateException"
    final = refusal(invited.decline_handshake, HandshakeId=handshake["Id"])
    assert final.code == "InvalidHandshakeTransitionException"
    assert organizations.describe_account(AccountId=guest)["Account"]["JoinedMethod"] == "INVITED"
    member = reason_of(organizations.invite_account_to_organization, **invite)
    assert member == ("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
    leave = refusal(organizations.leave_organization)
    assert leave.code == "MasterCannotLeaveOrganizationException"
    organizations.remove_account_from_organization(AccountId=guest)
    assert len(organizations.list_accounts()["Accounts"]) == 1
    joined, departed = server.events(
        server.root(MANAGEMENT), ["AccountJoinedOrganization", "AccountDepartedOrganization"]
    )
    assert joined["serviceEventDetails"]["joinedMethod"] == "INVITED"
    assert departed["serviceEventDetails"]["departureMethod"] == "REMOVED"
    third = organizations.invite_account_to_organization(**invite)["Handshake"]
    server.advance("361h")
    late = refusal(invited.accept_handshake, HandshakeId=third["Id"])
    assert late.code == "InvalidHandshakeTransitionException"
    shown = organizations.describe_handshake(HandshakeId=third["Id"])["Handshake"]
    assert shown["State"] == "EXPIRED"
    unknown = refusal(organizations.describe_handshake, HandshakeId="h-abcdefghij")
    assert unknown.code == "HandshakeNotFoundException"


def test_who_is_invited_gets_an_e_mail(server, organizations, organization):
    """F-ORGS-INVITE-4: at the account's own address or at the one that was named, with the notes."""
    guest = "700222222222"
    address = server.client("organizations", server.root(guest)).create_organization(FeatureSet="ALL")
    address = address["Organization"]["MasterAccountEmail"]
    by_account = {"Target": {"Id": guest, "Type": "ACCOUNT"}, "Notes": "Welcome aboard"}
    message = server.message_of(organizations.invite_account_to_organization, **by_account)
    assert (message["channel"], message["account"], message["to"]) == ("email", guest, address)
    assert "Welcome aboard" in message["body"] and organization["Id"] in message["body"]
    by_address = {"Target": {"Id": "someone@example.invalid", "Type": "EMAIL"}}
    message = server.message_of(organizations.invite_account_to_organization, **by_address)
    assert message["to"] == "someone@example.invalid"


def test_billing_becomes_all_features(server, organizations):
    """F-ORGS-FEAT-1 to F-ORGS-FEAT-4, F-ORGS-SHAKE-3, F-ORGS-SHAKE-7."""
    organizations.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    root_id = organizations.list_roots()["Roots"][0]["Id"]
    early = refusal(organizations.enable_policy_type, RootId=root_id, PolicyType=SCP)
    assert early.code == "PolicyTypeNotAvailableForOrganizationException"
    early = reason_of(organizations.enable_aws_service_access, ServicePrincipal="account.amazonaws.com")
    assert early == ("ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
    guest = server.client("organizations", server.root("700222222222"))
    assert guest.list_handshakes_for_account()["Handshakes"] == []
    invited = organizations.invite_account_to_organization(
        Target={"Id": "root+700222222222@accountd.invalid", "Type": "EMAIL"}
    )["Handshake"]
    guest.accept_handshake(HandshakeId=invited["Id"])
    target = {"Id": "700333333333", "Type": "ACCOUNT"}
    unanswered = organizations.invite_account_to_organization(Target=target)["Handshake"]
    whole = organizations.enable_all_features()["Handshake"]
    assert whole["State"] == "REQUESTED"
    assert whole["Resources"] == [{"Type": "ORGANIZATION", "Value": "o-" + whole["Parties"][0]["Id"]}]
    canceled = organizations.describe_handshake(HandshakeId=unanswered["Id"])["Handshake"]
    assert canceled["State"] == "CANCELED"
    late = reason_of(organizations.invite_account_to_organization, Target=target)
    assert late[1] == "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"
    pending = reason_of(organizations.enable_all_features)
    assert pending[1] == "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    early = refusal(organizations.accept_handshake, HandshakeId=whole["Id"])
    assert early.code == "InvalidHandshakeTransitionException"
    (part,) = guest.list_handshakes_for_account(Filter={"ActionType": "APPROVE_ALL_FEATURES"})["Handshakes"]
    assert part["State"] == "OPEN"
    kinds = [resource["Type"] for resource in part["Resources"]]
    assert kinds == ["PARENT_HANDSHAKE", "ORGANIZATION", "ACCOUNT"]
    guest.accept_handshake(HandshakeId=part["Id"])
    assert organizations.describe_handshake(HandshakeId=whole["Id"])["Handshake"]["State"] == "OPEN"
    organizations.accept_handshake(HandshakeId=whole["Id"])
    assert organizations.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    done = reason_of(organizations.enable_all_features)
    assert done == ("HandshakeConstraintViolationException", "ORGANIZATION_ALREADY_HAS_ALL_FEATURES")


def test_the_resource_policy_delegates(server, organizations, root_id, organization):
    """F-ORGS-RP-1, F-ORGS-AUTH-3."""
    account = vend(server, organizations, "dev@example.invalid")
    member = server.client("organizations", server.root(account))
    missing = refusal(organizations.describe_resource_policy)
    assert missing.code == "ResourcePolicyNotFoundException"
    wrong = reason_of(organizations.put_resource_policy, Content="{}")
    assert wrong == ("InvalidInputException", "INVALID_RESOURCE_POLICY_JSON")
    statement = {
        "Sid": "Delegate",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": ["organizations:ListRoots", "organizations:CreatePolicy"],
        "Resource": "*",
        "Condition": {"StringEquals": {"organizations:PolicyType": "TAG_POLICY"}},
    }
    statements = [statement, statement | {"Sid": "Roots", "Action": "organizations:ListRoots"}]
    del statements[1]["Condition"]
    content = json.dumps({"Version": "2012-10-17", "Statement": statements})
    put = organizations.put_resource_policy(Content=content)["ResourcePolicy"]
    assert organizations.describe_resource_policy()["ResourcePolicy"] == put
    assert member.list_roots()["Roots"][0]["Id"] == root_id
    assert refusal(member.list_accounts).code == "AccessDeniedException"
    tags = json.dumps({"tags": {"a": {"tag_key": {"@@assign": "A"}}}})
    member.create_policy(Content=tags, Description="", Name="tags", Type="TAG_POLICY")
    other = {"Content": DENY_LEAVING, "Description": "", "Name": "scp", "Type": SCP}
    assert refusal(member.create_policy, **other).code == "AccessDeniedException"
    organizations.delete_resource_policy()
    assert refusal(member.list_roots).code == "AccessDeniedException"


def test_tags_have_their_rules(server, organizations, root_id, organization):
    """F-ORGS-TAG-1, F-ORGS-TAG-2."""
    organizations.tag_resource(ResourceId=root_id, Tags=[{"Key": "a", "Value": "1"}])
    organizations.tag_resource(ResourceId=root_id, Tags=[{"Key": "a", "Value": "2"}])
    assert organizations.list_tags_for_resource(ResourceId=root_id)["Tags"] == [{"Key": "a", "Value": "2"}]
    tags = [{"Key": "b", "Value": "1"}, {"Key": "b", "Value": "2"}]
    twice = reason_of(organizations.tag_resource, ResourceId=root_id, Tags=tags)
    assert twice == ("InvalidInputException", "DUPLICATE_TAG_KEY")
    system = reason_of(
        organizations.tag_resource, ResourceId=root_id, Tags=[{"Key": "aws:x", "Value": "1"}]
    )
    assert system == ("InvalidInputException", "INVALID_SYSTEM_TAGS_PARAMETER")
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    full = reason_of(organizations.tag_resource, ResourceId=root_id, Tags=many)
    assert full == ("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED")
    organizations.untag_resource(ResourceId=root_id, TagKeys=["a", "absent"])
    assert organizations.list_tags_for_resource(ResourceId=root_id)["Tags"] == []


def test_wrong_input_names_its_reason(server, organizations, organization):
    """F-ORGS-VAL-1, F-ORGS-LIST-3, F-ORGS-SHAKE-6."""
    wrong = refusal(organizations.describe_account, AccountId="nonsense12")
    assert wrong.code == "InvalidInputException"
    assert wrong.message == "You provided a value that does not match the required pattern."
    for members, reason in [
        ({"MaxResults": 21}, "MAX_VALUE_EXCEEDED:MAX_RESULTS"),
        ({"MaxResults": 0}, "MIN_VALUE_EXCEEDED:MAX_RESULTS"),
        ({"NextToken": "nonsense"}, "INVALID_NEXT_TOKEN"),
        ({"NextToken": ""}, "INVALID_NEXT_TOKEN"),
    ]:
        assert reason_of(organizations.list_accounts, **members) == ("InvalidInputException", reason)
    assert reason_of(organizations.list_policies, Filter="NONE")[1] == "INVALID_ENUM:FILTER"
    both = {"ActionType": "INVITE", "ParentHandshakeId": "h-abcdefghij"}
    reason = reason_of(organizations.list_handshakes_for_organization, Filter=both)[1]
    assert reason == "MAX_LIMIT_EXCEEDED_FILTER"
    assert reason_of(organizations.describe_account)[1] == "INPUT_REQUIRED:ACCOUNT_ID"
    absent = refusal(organizations.describe_account, AccountId="999999999999")
    assert (absent.code, absent.message) == (
        "AccountNotFoundException",
        "You specified an account that doesn't exist.",
    )


def test_lists_come_in_pages(server, organizations, organization):
    """F-ORGS-LIST-1, F-ORGS-LIST-4."""
    made = {MANAGEMENT} | {vend(server, organizations, f"a{number}@example.invalid") for number in range(5)}
    pages = list(organizations.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Accounts"]) for page in pages] == [2, 2, 2]
    assert {account["Id"] for page in pages for account in page["Accounts"]} == made
    for name in "ba":
        organizations.create_policy(Content=DENY_LEAVING, Description="", Name=name, Type=SCP)
    pages = organizations.get_paginator("list_policies").paginate(
        Filter=SCP, PaginationConfig={"PageSize": 1}
    )
    names = [[policy["Name"] for policy in page["Policies"]] for page in pages]
    assert names == [["FullAWSAccess"], ["a"], ["b"]]


def test_calls_are_recorded(server, organizations, organization, root_id):
    """F-ORGS-EVENT-1, F-ORGS-EVENT-2."""
    created = organizations.create_account(
        Email="dev@example.invalid", AccountName="Dev", RoleName="Admin"
    )["CreateAccountStatus"]
    (event,) = server.wait_for_events(1, server.root(MANAGEMENT), ["CreateAccount"])
    assert event["eventSource"] == "organizations.amazonaws.com"
    assert (event["awsRegion"], event["readOnly"]) == ("us-east-1", False)
    assert event["requestParameters"]["roleName"] == "Admin"
    assert "dev@example.invalid" not in json.dumps(event)
    assert event["requestParameters"] == {"email": "****", "accountName": "****", "roleName": "Admin"}
    status = event["responseElements"]["createAccountStatus"]
    assert status == {
        "id": created["Id"],
        "accountName": "****",
        "state": "IN_PROGRESS",
        "requestedTimestamp": status["requestedTimestamp"],
    }
    moment = datetime.datetime.strptime(status["requestedTimestamp"], "%Y-%m-%dT%H:%M:%SZ")
    assert moment == created["RequestedTimestamp"].replace(tzinfo=None, microsecond=0)
    unit = organizations.create_organizational_unit(ParentId=root_id, Name="Unit")["OrganizationalUnit"]
    (event,) = server.wait_for_events(1, server.root(MANAGEMENT), ["CreateOrganizationalUnit"])
    shown = {name[0].lower() + name[1:]: value for name, value in unit.items()}
    assert event["responseElements"] == {"organizationalUnit": shown}


def test_the_service_tells_what_it_did_by_itself(server, organizations, organization):
    """F-ORGS-EVENT-3, F-ORGS-EVENT-4: when it is done, and not before."""

    def told(name):
        return server.events(server.root(MANAGEMENT), [name])

    request = organizations.create_account(Email="dev@example.invalid", AccountName="Dev")
    request = request["CreateAccountStatus"]["Id"]
    assert told("CreateAccountResult") == told("AccountJoinedOrganization") == []
    server.advance("2s")
    account = organizations.describe_create_account_status(CreateAccountRequestId=request)
    account = account["CreateAccountStatus"]["AccountId"]
    (event,) = told("CreateAccountResult")
    assert (event["eventType"], event["readOnly"]) == ("AwsServiceEvent", False)
    assert event["userIdentity"] == {"accountId": MANAGEMENT, "invokedBy": "AWS Internal"}
    assert event["requestParameters"] is event["responseElements"] is None
    status = event["serviceEventDetails"]["createAccountStatus"]
    assert (status["id"], status["state"], status["accountId"]) == (request, "SUCCEEDED", account)
    assert status["accountName"] == "****" and "failureReason" not in status
    (event,) = told("AccountJoinedOrganization")
    assert event["serviceEventDetails"]["joinedMethod"] == "CREATED"

    organizations.create_account(Email="DEV@example.invalid", AccountName="Dev")
    server.advance("2s")
    failed = told("CreateAccountResult")[-1]["serviceEventDetails"]["createAccountStatus"]
    assert (failed["state"], failed["failureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")

    organizations.close_account(AccountId=account)
    assert told("CloseAccountResult") == []
    server.advance("2s")
    (event,) = told("CloseAccountResult")
    closed = event["serviceEventDetails"]["closeAccountStatus"]
    assert (closed["accountId"], closed["state"]) == (account, "SUCCEEDED")
    assert told("AccountDepartedOrganization") == []
    server.advance("2161h")
    (event,) = told("AccountDepartedOrganization")
    details = event["serviceEventDetails"]
    assert (details["memberAccountId"], details["departureMethod"]) == (account, "CLEANED")


def everything(server, management, member):
    """What the lists and descriptions of an organization show, in all its parts."""
    organizations = server.client("organizations", server.root(management))
    (root,) = organizations.list_roots()["Roots"]
    shown = {
        "organization": organizations.describe_organization()["Organization"],
        "root": root,
        "accounts": organizations.list_accounts()["Accounts"],
        "units": organizations.list_organizational_units_for_parent(ParentId=root["Id"])["OrganizationalUnits"],
        "creations": organizations.list_create_account_status()["CreateAccountStatuses"],
        "handshakes": organizations.list_handshakes_for_organization()["Handshakes"],
        "services": organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"],
        "administrators": organizations.list_delegated_administrators()["DelegatedAdministrators"],
        "delegation": organizations.describe_resource_policy()["ResourcePolicy"],
        "tags": organizations.list_tags_for_resource(ResourceId=member)["Tags"],
        "effective": organizations.describe_effective_policy(PolicyType="TAG_POLICY", TargetId=member)[
            "EffectivePolicy"
        ],
    }
    for kind in (SCP, "TAG_POLICY"):
        policies = organizations.list_policies(Filter=kind)["Policies"]
        shown[kind] = [organizations.describe_policy(PolicyId=policy["Id"])["Policy"] for policy in policies]
        targets = [organizations.list_targets_for_policy(PolicyId=policy["Id"])["Targets"] for policy in policies]
        shown[f"targets of {kind}"] = targets
    return shown


def test_an_export_holds_the_whole_organization(server, organizations, organization, root_id):
    """F-ORGS-EXPORT-1: every kind of document comes back, a creation in progress and its account included."""
    for kind in (SCP, "TAG_POLICY"):
        organizations.enable_policy_type(RootId=root_id, PolicyType=kind)
    member = vend(server, organizations, "dev@example.invalid", "Dev")
    organizations.create_organizational_unit(ParentId=root_id, Name="Unit")
    organizations.tag_resource(ResourceId=member, Tags=[{"Key": "team", "Value": "blue"}])
    content = json.dumps({"tags": {"team": {"tag_key": {"@@assign": "Team"}}}})
    tags = organizations.create_policy(Content=content, Description="", Name="tags", Type="TAG_POLICY")
    scp = organizations.create_policy(Content=DENY_LEAVING, Description="", Name="stay", Type=SCP)
    for policy in (tags, scp):
        policy_id = policy["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy_id, TargetId=root_id)
    service = "account.amazonaws.com"
    organizations.enable_aws_service_access(ServicePrincipal=service)
    organizations.register_delegated_administrator(AccountId=member, ServicePrincipal=service)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": member},
        "Action": "organizations:ListRoots",
        "Resource": "*",
    }
    organizations.put_resource_policy(
        Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    organizations.invite_account_to_organization(Target={"Id": "700222222222", "Type": "ACCOUNT"})
    organizations.create_account(Email="later@example.invalid", AccountName="Later")
    pending = organizations.list_create_account_status(States=["IN_PROGRESS"])["CreateAccountStatuses"]
    assert [status["AccountName"] for status in pending] == ["Later"]
    before = everything(server, MANAGEMENT, member)
    export = server.own("GET", "/_accountd/export")
    now = server.own("GET", "/_accountd/clock")["now"]
    server.own("POST", "/_accountd/reset")
    gone = refusal(organizations.describe_organization)
    # An export does not hold the time, which the reset moved back.
    server.own("POST", "/_accountd/clock", {"set": now})
    assert gone.code == "AWSOrganizationsNotInUseException"
    server.own("POST", "/_accountd/import", export)
    assert everything(server, MANAGEMENT, member) == before
    assert server.own("GET", "/_accountd/export")["documents"] == export["documents"]
    server.advance("1s")
    assert len(organizations.list_accounts()["Accounts"]) == len(before["accounts"]) + 1


def test_a_denial_has_another_code_in_the_log(server, organizations, organization):
    """F-EVENT-9, F-ORGS-AUTH-8."""
    iam = server.client("iam", server.root(MANAGEMENT))
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    nobody = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    refused = refusal(server.client("organizations", nobody).list_roots)
    assert refused.code == "AccessDeniedException"
    assert refused.message == "You don't have permissions to access this resource."
    (event,) = server.wait_for_events(1, server.root(MANAGEMENT), ["ListRoots"])
    assert (event["errorCode"], event["errorMessage"]) == ("AccessDenied", refused.message)
