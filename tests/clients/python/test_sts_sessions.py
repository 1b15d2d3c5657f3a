"""Temporary credentials: AssumeRole, GetSessionToken, GetFederationToken, and what becomes of them (F-STSAPI-…)."""

import concurrent.futures
import datetime
import json

import pytest
from accountd import refusal
from botocore.credentials import Credentials
from company import (
    ADMINISTRATOR,
    ADMINISTRATOR_ARN,
    ALLOW_ALL,
    MANAGEMENT,
    MEMBER,
    NOBODY,
    NOBODY_ARN,
    ORGANIZATION,
    STANDALONE,
    seed,
    session,
    session_arn,
    user,
)

ACCESS_ROLE = f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"
CONTACT = {
    "Name": "Ann",
    "Title": "Ops",
    "EmailAddress": "ann@example.invalid",
    "PhoneNumber": "+1 206 555 0100",
}


def trust(principal, condition=None, actions=("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions)}
    return {
        "Version": "2012-10-17",
        "Statement": [statement | ({"Condition": condition} if condition else {})],
    }


def role(name, trust_policy, **more):
    managed = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    return {"name": name, "trust_policy": trust_policy, "attached_policies": managed} | more


OUTSIDER = Credentials("AKIAOUTSIDEROUTSIDER", "secret-of-the-outsider")
ROLES = [
    role("external", trust(MANAGEMENT, {"StringEquals": {"sts:ExternalId": "sesame"}})),
    role("named", trust(MANAGEMENT, {"StringLike": {"sts:RoleSessionName": "${aws:username}"}})),
    role("org", trust("*", {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}})),
    role("only-nobody", trust(f"arn:aws:iam::{MANAGEMENT}:user/nobody")),
    role("long", trust(MANAGEMENT), max_session_duration_seconds=43200, path="/team/"),
    role("chained", trust(f"arn:aws:iam::{MEMBER}:role/team/long"), max_session_duration_seconds=43200),
    role("plain", trust(MANAGEMENT, actions=["sts:AssumeRole"])),
    role("tagged", trust(MANAGEMENT, {"StringEquals": {"aws:RequestTag/team": "blue"}})),
]


@pytest.fixture
def server(start, tmp_path):
    """The company with more roles in the member, a user outside the organization, and tags to pass on."""
    structure = seed()
    management, member, _, alone = structure["accounts"]
    member["iam"]["roles"] += ROLES
    alone["iam"] = {"users": [user("outsider", OUTSIDER, inline_policies={"all": ALLOW_ALL})]}
    path = tmp_path / "sts.yaml"
    path.write_text(json.dumps(structure))
    return start("--time", "manual", "--seed", str(path))


def credentials(answer):
    given = answer["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def assume(server, caller, arn, name="ann", **members):
    answer = server.client("sts", caller).assume_role(RoleArn=arn, RoleSessionName=name, **members)
    return credentials(answer)


def in_member(name):
    return f"arn:aws:iam::{MEMBER}:role/{name}"


def refused(server, caller, arn, name="ann", **members):
    return refusal(server.client("sts", caller).assume_role, RoleArn=arn, RoleSessionName=name, **members)


def denial(arn, action, resource):
    return f"User: {arn} is not authorized to perform: {action} on resource: {resource}"


def test_a_role_in_a_member_is_assumed_and_works(server):
    sts = server.client("sts", ADMINISTRATOR)
    answer = sts.assume_role(RoleArn=ACCESS_ROLE, RoleSessionName="ann")
    given, assumed = answer["Credentials"], answer["AssumedRoleUser"]
    assert given["AccessKeyId"].startswith("ASIA") and len(given["AccessKeyId"]) == 20
    assert len(given["SecretAccessKey"]) == 40 and len(given["SessionToken"]) >= 300
    left = given["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert 3590 <= left.total_seconds() <= 3600
    assert assumed["Arn"] == session_arn("ann")
    assert assumed["AssumedRoleId"].startswith("AROA") and assumed["AssumedRoleId"].endswith(":ann")
    assert 0 < answer["PackedPolicySize"] < 100  # F-STSAPI-24: so much of the longest token is taken
    caller = server.client("sts", credentials(answer)).get_caller_identity()
    assert (caller["Arn"], caller["UserId"]) == (assumed["Arn"], assumed["AssumedRoleId"])
    account = server.client("account", credentials(answer))
    account.put_alternate_contact(AlternateContactType="BILLING", **CONTACT)
    contact = account.get_alternate_contact(AlternateContactType="BILLING")["AlternateContact"]
    assert contact["EmailAddress"] == "ann@example.invalid"


def test_credentials_without_their_token_or_with_another_are_nobodys(server):
    given = assume(server, ADMINISTRATOR, ACCESS_ROLE)
    for token in (None, given.token[:-1] + "-", "x"):
        bent = Credentials(given.access_key, given.secret_key, token)
        assert refusal(server.client("sts", bent).get_caller_identity).code == "InvalidClientTokenId"


def test_root_users_assume_no_roles(server):
    answer = refused(server, server.root(MANAGEMENT), ACCESS_ROLE)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.message == "Roles may not be assumed by root accounts."


def test_both_sides_must_allow(server):
    # The caller's side: the trusted account's user has no permission of its own.
    answer = refused(server, NOBODY, ACCESS_ROLE)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.message == denial(NOBODY_ARN, "sts:AssumeRole", ACCESS_ROLE)
    # The role's side: an administrator of an account that is not trusted.
    outsider = f"arn:aws:iam::{STANDALONE}:user/outsider"
    assert refused(server, OUTSIDER, ACCESS_ROLE).message == denial(outsider, "sts:AssumeRole", ACCESS_ROLE)
    # A role that is not there, and one of another path, are refused alike.
    for name in ("absent", "long", "OrganizationAccountAccessROLE"):
        answer = refused(server, ADMINISTRATOR, in_member(name))
        assert answer.message == denial(ADMINISTRATOR_ARN, "sts:AssumeRole", in_member(name))


@pytest.mark.parametrize(
    ("name", "fits", "does_not"),
    [
        ("external", {"ExternalId": "sesame"}, {"ExternalId": "mustard"}),
        ("external", {"ExternalId": "sesame"}, {}),
        ("named", {"name": "admin"}, {"name": "ann"}),
        ("tagged", {"Tags": [{"Key": "team", "Value": "blue"}]}, {"Tags": [{"Key": "team", "Value": "red"}]}),
        ("plain", {}, {"Tags": [{"Key": "team", "Value": "red"}]}),
        ("plain", {}, {"SourceIdentity": "ann"}),
    ],
)
def test_the_trust_policy_decides_by_its_conditions(server, name, fits, does_not):
    assume(server, ADMINISTRATOR, in_member(name), **fits)
    answer = refused(server, ADMINISTRATOR, in_member(name), **does_not)
    assert answer.code == "AccessDenied"


def test_the_first_action_that_is_denied_is_told(server):
    tags = [{"Key": "team", "Value": "red"}]
    answer = refused(server, ADMINISTRATOR, in_member("plain"), Tags=tags, SourceIdentity="ann")
    assert answer.message == denial(ADMINISTRATOR_ARN, "sts:TagSession", in_member("plain"))
    answer = refused(server, ADMINISTRATOR, in_member("plain"), SourceIdentity="ann")
    assert answer.message == denial(ADMINISTRATOR_ARN, "sts:SetSourceIdentity", in_member("plain"))


def test_the_organization_of_the_caller_is_known_to_the_trust_policy(server):
    assume(server, ADMINISTRATOR, in_member("org"))
    assert refused(server, OUTSIDER, in_member("org")).code == "AccessDenied"


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("arn:aws:iam::12345:role/x", "Request ARN is invalid"),
        (f"arn:aws:iam::{MEMBER}:user/someone", "Request ARN is invalid"),
        ("twenty letters and more", "twenty letters and more is invalid"),
    ],
)
def test_what_is_no_role_is_invalid(server, arn, message):
    answer = refused(server, ADMINISTRATOR, arn)
    assert (answer.status, answer.code, answer.message) == (400, "ValidationError", message)


def test_the_models_constraints(server):
    answer = refused(server, ADMINISTRATOR, ACCESS_ROLE, name="a b", DurationSeconds=899)
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert answer.message == (
        "2 validation errors detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*; "
        "Value '899' at 'durationSeconds' failed to satisfy constraint: "
        "Member must have value greater than or equal to 900"
    )
    answer = refusal(server.client("sts", ADMINISTRATOR).assume_role)
    assert "Value null at 'roleArn' failed to satisfy constraint: Member must not be null" in answer.message


def test_how_long_sessions_last(server):
    answer = refused(server, ADMINISTRATOR, ACCESS_ROLE, DurationSeconds=3601)
    text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert (answer.status, answer.code, answer.message) == (400, "ValidationError", text)
    long = assume(server, ADMINISTRATOR, in_member("team/long"), DurationSeconds=43200)
    chained = in_member("chained")
    assume(server, long, chained, DurationSeconds=3600)
    answer = refused(server, long, chained, DurationSeconds=3601)
    assert answer.message == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )


def test_a_session_policy_bounds_the_session(server):
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "account:GetContactInformation", "Resource": "*"}],
    }
    given = assume(server, ADMINISTRATOR, ACCESS_ROLE, Policy=json.dumps(policy))
    account = server.client("account", given)
    account.get_contact_information()
    answer = refusal(account.list_regions)
    assert answer.message.endswith("because no session policy allows the account:ListRegions action")
    arns = [{"arn": "arn:aws:iam::aws:policy/AWSAccountManagementReadOnlyAccess"}]
    answer = server.client("sts", ADMINISTRATOR).assume_role(
        RoleArn=ACCESS_ROLE, RoleSessionName="ann", PolicyArns=arns
    )
    assert 0 < answer["PackedPolicySize"] < 100
    account = server.client("account", credentials(answer))
    account.list_regions()
    refusal(account.put_alternate_contact, AlternateContactType="BILLING", **CONTACT)


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"Policy": "{"}, "MalformedPolicyDocument", None),
        (
            {"Policy": json.dumps(ALLOW_ALL) + " " * 2048},
            "ValidationError",
            "Member must have length less than or equal to 2048",
        ),
        (
            {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}] * 11},
            "ValidationError",
            "Member must have length less than or equal to 10",
        ),
        (
            {"Tags": [{"Key": f"k{n}", "Value": "v" * 256} for n in range(50)]},
            "PackedPolicyTooLarge",
            "Packed size of session tags consumes 316% of allotted space.",
        ),
        ({"Tags": [{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]}, "InvalidParameterValue", "Duplicate"),
        ({"SerialNumber": "GAHT12345678", "TokenCode": "123456"}, "AccessDenied", "MultiFactorAuthentication failed"),
        ({"TokenCode": "123456"}, "AccessDenied", "must provide both MFA serial number and one time pass code."),
    ],
)
def test_what_a_session_cannot_have(server, members, code, message):
    answer = refused(server, ADMINISTRATOR, in_member("team/long"), **members)
    assert answer.code == code
    assert message is None or message in answer.message


def test_tags_and_source_identity_go_on_through_the_chain(server):
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "desk", "Value": "4"}]
    first = assume(
        server, ADMINISTRATOR, in_member("team/long"), Tags=tags, TransitiveTagKeys=["team"], SourceIdentity="ann"
    )
    sts = server.client("sts", first)
    second = sts.assume_role(RoleArn=in_member("chained"), RoleSessionName="two")
    assert second["SourceIdentity"] == "ann"
    answer = refused(server, first, in_member("chained"), SourceIdentity="bob")
    assert answer.code == "AccessDenied"
    answer = refused(server, first, in_member("chained"), Tags=[{"Key": "TEAM", "Value": "red"}])
    assert answer.message.startswith("One of the specified transitive tag keys can't be set")


def test_a_record_shows_what_goes_on_through_the_chain(server):
    """F-STSAPI-39"""
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "desk", "Value": "4"}]
    given = {"Tags": tags, "TransitiveTagKeys": ["team"], "SourceIdentity": "ann"}
    first = assume(server, ADMINISTRATOR, in_member("team/long"), **given)
    assume(server, first, in_member("chained"), name="two")
    assert refused(server, first, in_member("chained"), name="three", SourceIdentity="bob").code == "AccessDenied"
    root = server.root(MEMBER)
    events = [event["requestParameters"] for event in server.wait_for_events(3, root, ("AssumeRole",))]
    assert events.count(None) == 1  # F-EVENT-13: what was denied
    by_name = {parameters["roleSessionName"]: parameters for parameters in events if parameters}
    assert "incomingTransitiveTags" not in by_name["ann"]
    assert by_name["two"]["incomingTransitiveTags"] == {"team": "blue"}
    assert [by_name[name]["sourceIdentity"] for name in ("ann", "two")] == ["ann", "ann"]


def test_a_session_token_stands_for_its_user(server):
    answer = server.client("sts", ADMINISTRATOR).get_session_token(DurationSeconds=900)
    given = credentials(answer)
    sts = server.client("sts", given)
    assert sts.get_caller_identity()["Arn"] == ADMINISTRATOR_ARN
    assert server.client("account", given).get_contact_information()["ContactInformation"]
    assume(server, given, ACCESS_ROLE)
    answer = refusal(sts.get_session_token)
    assert (answer.code, answer.message) == ("AccessDenied", "Cannot call GetSessionToken with session credentials")
    answer = refusal(server.client("iam", given).list_users)
    assert (answer.status, answer.code) == (403, "InvalidClientTokenId")


def test_a_root_user_gets_an_hour(server):
    answer = server.client("sts", server.root(MEMBER)).get_session_token(DurationSeconds=7200)
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert left.total_seconds() <= 3600
    assert refused(server, credentials(answer), ACCESS_ROLE).message.startswith("Roles may not be assumed")


def test_a_federated_user_may_what_both_allow(server):
    sts = server.client("sts", ADMINISTRATOR)
    nothing = sts.get_federation_token(Name="guest")
    arn = f"arn:aws:sts::{MANAGEMENT}:federated-user/guest"
    assert nothing["FederatedUser"] == {"FederatedUserId": f"{MANAGEMENT}:guest", "Arn": arn}
    account = server.client("account", credentials(nothing))
    assert refusal(account.list_regions).message.startswith(f"User: {arn} is not authorized to perform")
    reads = [{"arn": "arn:aws:iam::aws:policy/AWSAccountManagementReadOnlyAccess"}]
    given = credentials(sts.get_federation_token(Name="guest", PolicyArns=reads))
    server.client("account", given).list_regions()
    assert server.client("sts", given).get_caller_identity()["Arn"] == arn
    assert refused(server, given, ACCESS_ROLE).code == "AccessDenied"
    answer = refusal(server.client("sts", NOBODY).get_federation_token, Name="guest")
    assert answer.message == (
        f"User: {NOBODY_ARN} is not authorized to perform: sts:GetFederationToken on resource: {arn} "
        "because no identity-based policy allows the sts:GetFederationToken action"
    )
    answer = refusal(server.client("sts", session("probe")).get_federation_token, Name="guest")
    assert answer.message == "Cannot call GetFederationToken with session credentials"


def test_whose_key_is_this(server):
    sts = server.client("sts", ADMINISTRATOR)
    given = assume(server, ADMINISTRATOR, ACCESS_ROLE)
    assert sts.get_access_key_info(AccessKeyId=given.access_key)["Account"] == MEMBER
    assert sts.get_access_key_info(AccessKeyId=OUTSIDER.access_key)["Account"] == STANDALONE
    answer = refusal(sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")
    assert (answer.status, answer.code) == (400, "ValidationError")


def test_what_a_denial_was_about_can_be_decoded(server):
    answer = refusal(server.client("ec2", NOBODY).describe_regions)
    assert (answer.status, answer.code) == (403, "UnauthorizedOperation")
    text, _, message = answer.message.partition(" Encoded authorization failure message: ")
    assert text == (
        f"You are not authorized to perform this operation. User: {NOBODY_ARN} is not authorized to perform: "
        "ec2:DescribeRegions because no identity-based policy allows the ec2:DescribeRegions action."
    )
    sts = server.client("sts", ADMINISTRATOR)
    decoded = json.loads(sts.decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
    assert (decoded["allowed"], decoded["explicitDeny"]) == (False, False)
    assert decoded["context"]["action"] == "ec2:DescribeRegions"
    assert decoded["context"]["principal"]["arn"] == NOBODY_ARN
    bent = ("A" if message[40] != "A" else "B").join([message[:40], message[41:]])
    for foreign in (bent, message[:-4], "x", "not a message"):
        answer = refusal(sts.decode_authorization_message, EncodedMessage=foreign)
        assert (answer.status, answer.code) == (400, "InvalidAuthorizationMessageException")
    # Another account cannot read it, nor somebody without the permission.
    outsider = refusal(server.client("sts", OUTSIDER).decode_authorization_message, EncodedMessage=message)
    assert outsider.code == "InvalidAuthorizationMessageException"
    nobody = refusal(server.client("sts", NOBODY).decode_authorization_message, EncodedMessage=message)
    assert nobody.code == "AccessDenied"


def test_an_account_whose_region_is_disabled_lends_no_roles(server):
    region = "af-south-1"
    server.client("account", ADMINISTRATOR).enable_region(RegionName=region)
    server.advance("10m")
    sts = server.client("sts", ADMINISTRATOR, region=region)
    answer = refusal(sts.assume_role, RoleArn=ACCESS_ROLE, RoleSessionName="ann")
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assume(server, ADMINISTRATOR, ACCESS_ROLE)
    server.client("account", assume(server, ADMINISTRATOR, ACCESS_ROLE)).enable_region(RegionName=region)
    server.advance("10m")
    sts.assume_role(RoleArn=ACCESS_ROLE, RoleSessionName="ann")


def test_both_accounts_find_it_in_their_trail(server):
    given = assume(server, ADMINISTRATOR, ACCESS_ROLE, DurationSeconds=900)
    [own] = server.wait_for_events(1, ADMINISTRATOR, ["AssumeRole"])
    [other] = server.wait_for_events(1, session("probe"), ["AssumeRole"])
    assert own["requestParameters"] == {
        "roleArn": ACCESS_ROLE,
        "roleSessionName": "ann",
        "durationSeconds": 900,
    }
    answer = own["responseElements"]
    assert answer["credentials"]["accessKeyId"] == given.access_key
    expiration = answer["credentials"]["expiration"]
    assert datetime.datetime.strptime(expiration, "%Y-%m-%dT%H:%M:%SZ") > datetime.datetime(2026, 1, 1)
    assert answer["sessionTokenSize"] == len(given.token) and answer["sessionTokenUtilization"] > 0
    details = {"endpointType": "regional", "awsServingRegion": "us-east-1"}
    assert own["additionalEventData"]["RequestDetails"] == details
    assert answer["assumedRoleUser"]["arn"] == session_arn("ann")
    assert given.token not in json.dumps([own, other]) and given.secret_key not in json.dumps([own, other])
    assert own["resources"] == [{"ARN": ACCESS_ROLE, "accountId": MEMBER, "type": "AWS::IAM::Role"}]
    assert own["userIdentity"]["type"] == "IAMUser"
    assert other["userIdentity"]["type"] == "AWSAccount" and "arn" not in other["userIdentity"]
    assert other["userIdentity"]["accountId"] == MANAGEMENT
    assert own["sharedEventID"] == other["sharedEventID"] and own["eventID"] != other["eventID"]
    assert [own["recipientAccountId"], other["recipientAccountId"]] == [MANAGEMENT, MEMBER]


def test_a_refused_call_is_the_callers_own_affair(server):
    refused(server, NOBODY, ACCESS_ROLE)
    [own] = server.wait_for_events(1, ADMINISTRATOR, ["AssumeRole"])
    assert (own["errorCode"], own["responseElements"]) == ("AccessDenied", None)
    assert own["requestParameters"] is None and "resources" not in own and "additionalEventData" not in own
    assert server.events(session("probe"), ["AssumeRole"]) == []


def test_the_other_operations_say_that_they_are_not_supported(server):
    answer = refusal(server.client("sts", ADMINISTRATOR).get_delegated_access_token, TradeInToken="token")
    assert answer.message == "accountd does not answer sts:GetDelegatedAccessToken."


def test_sessions_leave_nothing_in_the_state_and_go_with_it(server):
    """F-STSAPI-20: a session is in its token; only the key that seals tokens is stored, and exported."""
    first = assume(server, ADMINISTRATOR, ACCESS_ROLE)
    exported = server.own("GET", "/_accountd/export")
    keys = [key for key in exported["documents"] if key.startswith("session-key/")]
    assert keys == ["session-key/current"]
    own = credentials(server.client("sts", ADMINISTRATOR).get_session_token())
    guest = credentials(server.client("sts", ADMINISTRATOR).get_federation_token(Name="guest"))
    sessions = (first, own, guest)
    assert set(server.own("GET", "/_accountd/export")["documents"]) == set(exported["documents"])
    arns = [server.client("sts", each).get_caller_identity()["Arn"] for each in sessions]
    server.own("POST", "/_accountd/reset")
    for each in sessions:
        answer = refusal(server.client("sts", each).get_caller_identity)
        assert (answer.status, answer.code) == (403, "InvalidClientTokenId")
        assert answer.message == "The security token included in the request is invalid"
    # A new key is drawn, and the one of the export takes its place again.
    assert assume(server, ADMINISTRATOR, ACCESS_ROLE).token
    server.own("POST", "/_accountd/import", exported)
    assert [server.client("sts", each).get_caller_identity()["Arn"] for each in sessions] == arns


def test_sessions_outlive_a_crash(start, tmp_path):
    """F-STSAPI-20: what was answered holds, though issuing it wrote nothing but its record."""
    path = tmp_path / "crash.yaml"
    path.write_text(json.dumps(seed()))
    server = start("--data", str(tmp_path / "data"), "--seed", str(path))
    sessions = [assume(server, ADMINISTRATOR, ACCESS_ROLE) for _ in range(2)]
    server.kill()
    server.start()
    for each in sessions:
        assert server.client("sts", each).get_caller_identity()["Arn"] == session_arn("ann")


def test_first_sessions_may_come_all_at_once(server):
    """F-STSAPI-20: whoever comes first draws the key, and the others use it."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(lambda _: assume(server, ADMINISTRATOR, ACCESS_ROLE), range(8)))
    for each in sessions:
        assert server.client("sts", each).get_caller_identity()["Arn"] == session_arn("ann")


def test_a_left_over_session_token_spoils_a_long_term_key(server):
    """F-STSAPI-36"""
    given = assume(server, ADMINISTRATOR, ACCESS_ROLE)
    for token in (given.token, "left over"):
        mixed = Credentials(ADMINISTRATOR.access_key, ADMINISTRATOR.secret_key, token)
        answer = refusal(server.client("sts", mixed).get_caller_identity)
        assert (answer.status, answer.code) == (403, "InvalidClientTokenId")


def test_issuing_to_oneself_is_no_read(server):
    """F-STSAPI-37"""
    sts = server.client("sts", ADMINISTRATOR)
    assume(server, ADMINISTRATOR, ACCESS_ROLE)
    sts.get_session_token()
    sts.get_federation_token(Name="guest")
    names = ("AssumeRole", "GetSessionToken", "GetFederationToken")
    events = server.wait_for_events(3, ADMINISTRATOR, names)
    read_only = {event["eventName"]: event["readOnly"] for event in events}
    assert read_only == {"AssumeRole": True, "GetSessionToken": False, "GetFederationToken": False}


def test_a_session_is_found_by_what_it_is_called(server):
    """F-TRAIL-9"""
    answer = server.client("sts", ADMINISTRATOR).assume_role(RoleArn=ACCESS_ROLE, RoleSessionName="monday")
    user, key = answer["AssumedRoleUser"], answer["Credentials"]["AccessKeyId"]
    attribute = {"AttributeKey": "ResourceName", "AttributeValue": "monday"}
    (event,) = server.client("cloudtrail", ADMINISTRATOR).lookup_events(LookupAttributes=[attribute])["Events"]
    assert [(each["ResourceType"], each["ResourceName"]) for each in event["Resources"]] == [
        ("AWS::IAM::AccessKey", key),
        ("AWS::STS::AssumedRole", user["Arn"]),
        ("AWS::STS::AssumedRole", user["AssumedRoleId"]),
        ("AWS::STS::AssumedRole", "monday"),
        ("AWS::IAM::Role", ACCESS_ROLE),
    ]


def test_what_ends_a_session_and_what_does_not(server):
    """F-STSAPI-38: the session stands for the user, not for the key that opened it."""
    iam = server.client("iam", ADMINISTRATOR)
    iam.create_user(UserName="passing")
    iam.put_user_policy(UserName="passing", PolicyName="all", PolicyDocument=json.dumps(ALLOW_ALL))
    key = iam.create_access_key(UserName="passing")["AccessKey"]
    long_term = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    sts = server.client("sts", long_term)
    own = credentials(sts.get_session_token())
    guest = credentials(sts.get_federation_token(Name="guest", Policy=json.dumps(ALLOW_ALL)))
    sessions = [server.client("sts", each) for each in (own, guest)]
    iam.update_access_key(UserName="passing", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refusal(sts.get_caller_identity).code == "InvalidClientTokenId"
    assert all(each.get_caller_identity() for each in sessions)
    iam.delete_access_key(UserName="passing", AccessKeyId=key["AccessKeyId"])
    assert all(each.get_caller_identity() for each in sessions)
    # Permissions go at once, those that a session was given included.
    account = [server.client("account", each) for each in (own, guest)]
    assert all(each.list_regions() for each in account)
    iam.delete_user_policy(UserName="passing", PolicyName="all")
    assert [refusal(each.list_regions).code for each in account] == ["AccessDeniedException"] * 2
    iam.delete_user(UserName="passing")
    iam.create_user(UserName="passing")
    assert [refusal(each.get_caller_identity).code for each in sessions] == ["InvalidClientTokenId"] * 2


def test_every_kind_of_credential_and_identity_outlives_an_export(server):
    """F-STSAPI-20: users, groups, roles, policies, aliases, keys and sessions are the same after an import."""
    iam = server.client("iam", ADMINISTRATOR)
    document = json.dumps(ALLOW_ALL)
    iam.create_user(UserName="moved", Path="/team/", Tags=[{"Key": "team", "Value": "blue"}])
    iam.create_group(GroupName="movers")
    iam.add_user_to_group(GroupName="movers", UserName="moved")
    policy = iam.create_policy(PolicyName="Moving", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=document)
    iam.attach_group_policy(GroupName="movers", PolicyArn=policy)
    iam.put_user_permissions_boundary(UserName="moved", PermissionsBoundary=policy)
    iam.create_account_alias(AccountAlias="moving-company")
    iam.generate_credential_report()
    key = iam.create_access_key(UserName="moved")["AccessKey"]
    long_term = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    root = server.client("iam", server.root(MANAGEMENT)).create_access_key()["AccessKey"]
    sts = server.client("sts", long_term)
    callers = [
        long_term,
        Credentials(root["AccessKeyId"], root["SecretAccessKey"]),
        credentials(sts.get_session_token()),
        credentials(sts.get_federation_token(Name="guest", Policy=document)),
        assume(server, ADMINISTRATOR, ACCESS_ROLE, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]),
    ]

    def seen():
        details = iam.get_account_authorization_details()
        details.pop("ResponseMetadata")
        for role in details["RoleDetailList"]:
            role.pop("RoleLastUsed")
        arns = [server.client("sts", each).get_caller_identity()["Arn"] for each in callers]
        may_list = [not isinstance(_outcome(server, each), str) for each in callers]
        return details, iam.list_account_aliases()["AccountAliases"], arns, may_list

    before = seen()
    # The last one may only read IAM, and a session token of its own may not call it.
    assert before[3] == [True, True, False, False, True]
    exported = server.own("GET", "/_accountd/export")
    server.own("POST", "/_accountd/reset")
    server.own("POST", "/_accountd/import", exported)
    assert seen() == before
    assert server.own("GET", "/_accountd/export")["documents"] == exported["documents"]


def test_a_user_made_anew_is_not_trusted(server):
    """F-IAMAPI-TRUST-2"""
    iam = server.client("iam", ADMINISTRATOR)

    def make():
        iam.create_user(UserName="ann")
        iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=json.dumps(ALLOW_ALL))
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    ann = make()
    document = json.dumps(trust(f"arn:aws:iam::{MANAGEMENT}:user/ann"))
    # The role's account is another one.
    in_member_iam = server.client("iam", assume(server, ADMINISTRATOR, ACCESS_ROLE))
    arn = in_member_iam.create_role(RoleName="anns", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    assert assume(server, ann, arn)
    iam.delete_access_key(UserName="ann", AccessKeyId=ann.access_key)
    iam.delete_user_policy(UserName="ann", PolicyName="all")
    iam.delete_user(UserName="ann")
    ann = make()
    assert refused(server, ann, arn).code == "AccessDenied"
    shown = in_member_iam.get_role(RoleName="anns")["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"]["AWS"].startswith("AIDA")
    in_member_iam.update_assume_role_policy(RoleName="anns", PolicyDocument=document)
    assert assume(server, ann, arn)


def _outcome(server, caller):
    """Whether the caller may list users: the answer, or the code of the refusal."""
    client = server.client("iam", caller)
    try:
        return client.list_users()
    except client.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
