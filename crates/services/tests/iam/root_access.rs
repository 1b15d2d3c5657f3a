//! Central root access: the features of an organization, and short sessions of members' root users.

use aws::principal::Caller;
use jiff::SignedDuration;
use serde_json::{Value, json};
use services::authority::caller::identify;
use services::service::{Operation, Service};
use services::sts::session_token;
use testing::world::{World, operation, root};

const MANAGEMENT: &str = "111111111111";
const MEMBER: &str = "222222222222";
const OTHER: &str = "333333333333";
const TASK: &str = "arn:aws:iam::aws:policy/root-task/";

fn iam(name: &str) -> Operation {
    operation(Service::Iam, name)
}

/// An organization with a member, IAM's trusted access, an administrator of the management account, and one of the member.
fn company() -> (World, Caller) {
    let mut world = World::at("2026-11-27T10:00:00Z");
    for id in [MANAGEMENT, MEMBER, OTHER] {
        world.add_account(id);
    }
    let organizations = |name: &str| operation(Service::Organizations, name);
    world.ok(&root(MANAGEMENT), organizations("CreateOrganization"), json!({}));
    let target = json!({"Target": {"Id": MEMBER, "Type": "ACCOUNT"}});
    let invited = world.ok(&root(MANAGEMENT), organizations("InviteAccountToOrganization"), target);
    let accept = json!({"HandshakeId": invited["Handshake"]["Id"]});
    world.ok(&root(MEMBER), organizations("AcceptHandshake"), accept);
    let trust = json!({"ServicePrincipal": "iam.amazonaws.com"});
    world.ok(&root(MANAGEMENT), organizations("EnableAWSServiceAccess"), trust);
    let administrator = administrator(&mut world, MANAGEMENT);
    (world, administrator)
}

fn administrator(world: &mut World, account: &str) -> Caller {
    world.ok(&root(account), iam("CreateUser"), json!({"UserName": "admin"}));
    let attach = json!({"UserName": "admin", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    world.ok(&root(account), iam("AttachUserPolicy"), attach);
    let id = account.parse().expect("an account id");
    let found = services::authority::caller::of_user(id, "admin", "AKIAADMIN".to_owned(), &world.view());
    found.expect("readable").expect("a user")
}

fn assume(world: &mut World, caller: &Caller, target: &str, task: &str) -> Result<Value, String> {
    let members = json!({"TargetPrincipal": target, "TaskPolicyArn": {"arn": format!("{TASK}{task}")}});
    let answer = world.call(caller, operation(Service::Sts, "AssumeRoot"), members);
    answer.map_err(|refusal| format!("{} {}", refusal.code, refusal.message.unwrap_or_default()))
}

/// The caller that new credentials stand for.
fn session(world: &World, answer: &Value) -> Option<Caller> {
    let text = |name: &str| answer["Credentials"][name].as_str().expect("a text");
    let view = world.view();
    let key = session_token::key(&view).expect("readable").expect("a key");
    let token = text("SessionToken");
    let credential = session_token::open(&key, text("AccessKeyId"), token).expect("a token");
    identify(&credential, Some(token), world.now, &view).expect("readable").ok()
}

#[test]
fn features_are_switched_by_the_management_account_f_iamapi_root_1_f_iamapi_root_2() {
    let (mut world, administrator) = company();
    let listed = |world: &mut World| {
        world.ok(&root(MANAGEMENT), iam("ListOrganizationsFeatures"), json!({}))["EnabledFeatures"].clone()
    };
    assert_eq!(listed(&mut world), json!([]));
    world.ok(&administrator, iam("EnableOrganizationsRootSessions"), json!({}));
    let both = world.ok(&administrator, iam("EnableOrganizationsRootCredentialsManagement"), json!({}));
    assert_eq!(both["EnabledFeatures"], json!(["RootCredentialsManagement", "RootSessions"]));
    world.ok(&administrator, iam("DisableOrganizationsRootSessions"), json!({}));
    assert_eq!(listed(&mut world), json!(["RootCredentialsManagement"]));
    let code = |world: &mut World, account: &str, name: &str| {
        world.refused(&root(account), iam(name), json!({})).code.into_owned()
    };
    let neither = "AccountNotManagementOrDelegatedAdministratorException";
    assert_eq!(code(&mut world, MEMBER, "ListOrganizationsFeatures"), neither);
    assert_eq!(code(&mut world, OTHER, "ListOrganizationsFeatures"), "OrganizationNotFoundException");
    let delegate = json!({"AccountId": MEMBER, "ServicePrincipal": "iam.amazonaws.com"});
    let register = operation(Service::Organizations, "RegisterDelegatedAdministrator");
    world.ok(&root(MANAGEMENT), register, delegate);
    world.ok(&root(MEMBER), iam("ListOrganizationsFeatures"), json!({}));
    let enable = "EnableOrganizationsRootSessions";
    assert_eq!(code(&mut world, MEMBER, enable), "CallerIsNotManagementAccountException");
    world.ok(&root(MEMBER), iam("DisableOrganizationsRootCredentialsManagement"), json!({}));
    let distrust = json!({"ServicePrincipal": "iam.amazonaws.com"});
    let deregister = json!({"AccountId": MEMBER, "ServicePrincipal": "iam.amazonaws.com"});
    let organizations = |name: &str| operation(Service::Organizations, name);
    world.ok(&root(MANAGEMENT), organizations("DeregisterDelegatedAdministrator"), deregister);
    world.ok(&root(MANAGEMENT), organizations("DisableAWSServiceAccess"), distrust);
    assert_eq!(code(&mut world, MANAGEMENT, enable), "ServiceAccessNotEnabledException");
}

#[test]
fn a_task_opens_where_its_feature_is_enabled_f_stsapi_root_2() {
    let (mut world, administrator) = company();
    let untold = |caller: &Caller, target: &str| {
        let arn = caller.principal.arn();
        Err(format!(
            "AccessDenied User: {arn} is not authorized to perform: sts:AssumeRoot on resource: \
             arn:aws:iam::{target}:root"
        ))
    };
    let audit = "IAMAuditRootUserCredentials";
    assert_eq!(assume(&mut world, &administrator, MEMBER, audit), untold(&administrator, MEMBER));
    world.ok(&administrator, iam("EnableOrganizationsRootCredentialsManagement"), json!({}));
    let opened = assume(&mut world, &administrator, MEMBER, audit).expect("a session");
    let caller = session(&world, &opened).expect("a caller");
    assert_eq!(caller.principal.arn(), format!("arn:aws:iam::{MEMBER}:root"));
    let unlock = "S3UnlockBucketPolicy";
    assert_eq!(assume(&mut world, &administrator, MEMBER, unlock), untold(&administrator, MEMBER));
    for target in [MANAGEMENT, OTHER] {
        assert_eq!(assume(&mut world, &administrator, target, audit), untold(&administrator, target));
    }
    let of_member = self::administrator(&mut world, MEMBER);
    assert_eq!(assume(&mut world, &of_member, MEMBER, audit), untold(&of_member, MEMBER));
    assert_eq!(assume(&mut world, &root(MANAGEMENT), MEMBER, audit), untold(&root(MANAGEMENT), MEMBER));
}

#[test]
fn what_is_no_task_and_no_root_user_is_told_f_stsapi_root_1_f_stsapi_root_3() {
    let (mut world, administrator) = company();
    world.ok(&administrator, iam("EnableOrganizationsRootCredentialsManagement"), json!({}));
    let told = assume(
        &mut world,
        &administrator,
        &format!("arn:aws:iam::{MEMBER}:user/u"),
        "IAMAuditRootUserCredentials",
    );
    assert_eq!(told, Err("ValidationError Request must contain a valid target principal".to_owned()));
    let told = assume(&mut world, &administrator, MEMBER, "None");
    assert_eq!(
        told,
        Err("ValidationError Request must contain valid AWS managed task policy ARN".to_owned())
    );
    let by_arn = format!("arn:aws:iam::{MEMBER}:root");
    let opened =
        assume(&mut world, &administrator, &by_arn, "IAMAuditRootUserCredentials").expect("a session");
    let ends = opened["Credentials"]["Expiration"].as_f64();
    assert_eq!(ends.map(|ends| ends as i64), Some(world.now.as_second() + 900));
    world.advance(SignedDuration::from_secs(900));
    assert_eq!(session(&world, &opened), None);
}

/// F-STSAPI-ROOT-4
#[test]
fn a_root_user_has_no_password_until_one_is_made_possible_f_iamapi_root_3() {
    let (mut world, administrator) = company();
    world.ok(&administrator, iam("EnableOrganizationsRootCredentialsManagement"), json!({}));
    let opened = |world: &mut World, target: &str, task: &str| {
        let answer = assume(world, &administrator, target, task).expect("a session");
        session(world, &answer).expect("a caller")
    };
    let audit = opened(&mut world, MEMBER, "IAMAuditRootUserCredentials");
    // F-IAMAPI-ROOT-4: whoever was invited has signed up once, with a password; it is taken away.
    world.ok(&audit, iam("GetLoginProfile"), json!({}));
    let delete = opened(&mut world, MEMBER, "IAMDeleteRootUserCredentials");
    world.ok(&delete, iam("DeleteLoginProfile"), json!({}));
    assert_eq!(world.refused(&audit, iam("GetLoginProfile"), json!({})).code, "NoSuchEntity");
    assert_eq!(world.ok(&audit, iam("ListAccessKeys"), json!({}))["AccessKeyMetadata"], json!([]));
    // A session may do what its task says and nothing else.
    assert_eq!(world.refused(&audit, iam("CreateLoginProfile"), json!({})).code, "AccessDenied");
    assert_eq!(passwords_of(&mut world, MEMBER), 0);
    let create = opened(&mut world, MEMBER, "IAMCreateRootUserPassword");
    world.ok(&create, iam("CreateLoginProfile"), json!({}));
    assert_eq!(world.refused(&create, iam("CreateLoginProfile"), json!({})).code, "EntityAlreadyExists");
    world.ok(&audit, iam("GetLoginProfile"), json!({}));
    assert_eq!(passwords_of(&mut world, MEMBER), 1);
    world.ok(&delete, iam("DeleteLoginProfile"), json!({}));
    assert_eq!(world.refused(&audit, iam("GetLoginProfile"), json!({})).code, "NoSuchEntity");

    // Whoever was created by the organization never had one.
    let create_account = json!({"Email": "new@example.com", "AccountName": "New"});
    let made = operation(Service::Organizations, "CreateAccount");
    world.ok(&root(MANAGEMENT), made, create_account);
    world.advance(SignedDuration::from_mins(5));
    let list = world.ok(&root(MANAGEMENT), operation(Service::Organizations, "ListAccounts"), json!({}));
    let accounts = list["Accounts"].as_array().expect("accounts");
    let new = accounts.iter().find(|account| account["Name"] == "New").expect("the new account");
    let new = new["Id"].as_str().expect("an id");
    assert_eq!(passwords_of(&mut world, new), 0);
    assert_eq!(passwords_of(&mut world, MANAGEMENT), 1);
}

fn passwords_of(world: &mut World, account: &str) -> u64 {
    let summary = world.ok(&root(account), iam("GetAccountSummary"), json!({}));
    summary["SummaryMap"]["AccountPasswordPresent"].as_u64().expect("a number")
}
