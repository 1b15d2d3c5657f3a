//! IAM through the official Rust SDK: users and keys that work at once, roles, policies and their versions,
//! the simulator, and refusals by their types (F-CLIENT-17).

use aws_sdk_iam::Client;
use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_iam::operation::create_user::CreateUserError;
use aws_sdk_iam::operation::delete_user::DeleteUserError;
use aws_sdk_iam::operation::get_role::GetRoleError;
use aws_sdk_iam::operation::put_user_policy::PutUserPolicyError;
use aws_sdk_iam::types::{
    AccessKey, EntityType, PolicyEvaluationDecisionType, PolicyScopeType, StatusType, Tag,
};
use clients_test::{InProcess, MANAGEMENT, MEMBER, Outcome, policy, refusal, refused};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

async fn member() -> (InProcess, Client) {
    let world = InProcess::company().await;
    let root = Client::new(&world.root(MEMBER));
    (world, root)
}

fn trust(account: &str) -> String {
    let principal = format!(r#""Principal":{{"AWS":"{account}"}}"#);
    let statement = format!(r#"{{"Effect":"Allow",{principal},"Action":"sts:AssumeRole"}}"#);
    format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
}

/// Makes a user with this policy and a key.
async fn user(
    client: &Client,
    name: &str,
    document: String,
) -> Result<AccessKey, Box<dyn std::error::Error>> {
    client.create_user().user_name(name).send().await?;
    let own = client.put_user_policy().user_name(name).policy_name("own").policy_document(document);
    own.send().await?;
    let made = client.create_access_key().user_name(name).send().await?;
    Ok(made.access_key.ok_or("a key")?)
}

/// The document of an answer, which IAM gives percent-encoded.
fn decoded(document: Option<&str>) -> Result<String, Box<dyn std::error::Error>> {
    let text = percent_encoding::percent_decode_str(document.ok_or("a document")?).decode_utf8()?;
    Ok(text.into_owned())
}

/// CreateUser, CreateAccessKey, UpdateAccessKey, DeleteAccessKey.
#[tokio::test]
async fn a_key_signs_until_it_is_taken_away() -> Outcome {
    let (world, root) = member().await;
    let key = user(&root, "ann", policy("Allow", "iam:GetUser")).await?;
    assert_eq!((key.user_name(), key.status()), ("ann", &StatusType::Active));
    let id = key.access_key_id();
    let ann = Client::new(&world.key(id, key.secret_access_key()));
    let found = ann.get_user().send().await?.user.ok_or("a user")?;
    assert_eq!((found.user_name(), found.arn()), ("ann", "arn:aws:iam::222222222222:user/ann"));
    let denied = refusal(ann.list_users().send().await);
    assert_eq!(denied.raw().status().as_u16(), 403);
    assert_eq!(denied.err().code(), Some("AccessDenied"));

    let switch =
        |status: StatusType| root.update_access_key().user_name("ann").access_key_id(id).status(status);
    switch(StatusType::Inactive).send().await?;
    assert_eq!(refused(ann.get_user().send().await).code(), Some("InvalidClientTokenId"));
    switch(StatusType::Active).send().await?;
    ann.get_user().send().await?;
    root.delete_access_key().user_name("ann").access_key_id(id).send().await?;
    assert_eq!(refused(ann.get_user().send().await).code(), Some("InvalidClientTokenId"));
    Ok(())
}

/// CreateRole, GetRole, PutRolePolicy, GetRolePolicy, and AssumeRole with it.
#[tokio::test]
async fn a_role_comes_back_as_it_was_made_and_is_assumed() -> Outcome {
    let (world, root) = member().await;
    let document = trust(MANAGEMENT);
    let made = root
        .create_role()
        .role_name("Auditors")
        .path("/audit/")
        .assume_role_policy_document(&document)
        .description("Reads")
        .max_session_duration(7200)
        .tags(Tag::builder().key("team").value("blue").build()?)
        .send()
        .await?;
    let made = made.role.ok_or("a role")?;
    assert_eq!(made.arn(), "arn:aws:iam::222222222222:role/audit/Auditors");
    let got = root.get_role().role_name("Auditors").send().await?.role.ok_or("a role")?;
    assert_eq!((got.role_id(), got.create_date()), (made.role_id(), made.create_date()));
    assert_eq!((got.description(), got.max_session_duration()), (Some("Reads"), Some(7200)));
    assert_eq!(got.tags(), [Tag::builder().key("team").value("blue").build()?]);
    assert_eq!(decoded(got.assume_role_policy_document())?, document);
    let reads = policy("Allow", "account:Get*");
    let put = root.put_role_policy().role_name("Auditors").policy_name("own").policy_document(&reads);
    put.send().await?;
    let own = root.get_role_policy().role_name("Auditors").policy_name("own").send().await?;
    assert_eq!(decoded(Some(own.policy_document()))?, reads);

    let sts = aws_sdk_sts::Client::new(&world.admin());
    let assumed = sts.assume_role().role_arn(made.arn()).role_session_name("ann").send().await?;
    let session = world.session(assumed.credentials().ok_or("credentials")?);
    let account = aws_sdk_account::Client::new(&session);
    account.get_account_information().send().await?;
    assert!(refused(account.list_regions().send().await).is_access_denied_exception());
    Ok(())
}

/// CreatePolicy, CreatePolicyVersion, SetDefaultPolicyVersion, GetPolicyVersion, ListPolicyVersions: the
/// version in force decides.
#[tokio::test]
async fn a_policy_has_versions_and_one_is_in_force() -> Outcome {
    let (world, root) = member().await;
    let key = user(&root, "ann", policy("Allow", "iam:GetUser")).await?;
    let ann = aws_sdk_account::Client::new(&world.key(key.access_key_id(), key.secret_access_key()));
    let first = policy("Allow", "account:Get*");
    let made = root.create_policy().policy_name("Read").policy_document(&first).send().await?;
    let made = made.policy.ok_or("a policy")?;
    let arn = made.arn().ok_or("an ARN")?;
    assert_eq!((arn, made.default_version_id()), ("arn:aws:iam::222222222222:policy/Read", Some("v1")));
    root.attach_user_policy().user_name("ann").policy_arn(arn).send().await?;
    ann.get_account_information().send().await?;

    for _ in 0..4 {
        let version = root.create_policy_version().policy_arn(arn).set_as_default(true);
        version.policy_document(policy("Allow", "account:List*")).send().await?;
    }
    assert!(refused(ann.get_account_information().send().await).is_access_denied_exception());
    let sixth = root.create_policy_version().policy_arn(arn).policy_document(&first).send().await;
    assert!(refused(sixth).is_limit_exceeded_exception());
    let versions = root.list_policy_versions().policy_arn(arn).into_paginator().page_size(2).items().send();
    let versions = versions.collect::<Result<Vec<_>, _>>().await?;
    let versions: Vec<_> =
        versions.iter().map(|found| (found.version_id().unwrap_or(""), found.is_default_version())).collect();
    assert_eq!(versions, [("v5", true), ("v4", false), ("v3", false), ("v2", false), ("v1", false)]);
    let in_force = refused(root.delete_policy_version().policy_arn(arn).version_id("v5").send().await);
    assert!(in_force.is_delete_conflict_exception());
    root.set_default_policy_version().policy_arn(arn).version_id("v1").send().await?;
    ann.get_account_information().send().await?;
    let shown = root.get_policy_version().policy_arn(arn).version_id("v1").send().await?;
    let shown = shown.policy_version.ok_or("a version")?;
    assert_eq!(decoded(shown.document())?, first);
    Ok(())
}

#[tokio::test]
async fn refusals_have_their_types() -> Outcome {
    let (_, root) = member().await;
    root.create_user().user_name("ann").send().await?;
    let known = refusal(root.create_user().user_name("ANN").send().await);
    assert_eq!(known.raw().status().as_u16(), 409);
    let CreateUserError::EntityAlreadyExistsException(known) = known.err() else {
        return Err("another".into());
    };
    assert_eq!(known.meta().code(), Some("EntityAlreadyExists"));
    assert_eq!(known.message(), Some("User with name ANN already exists."));
    let unknown = refusal(root.get_role().role_name("none").send().await);
    assert_eq!(unknown.raw().status().as_u16(), 404);
    let GetRoleError::NoSuchEntityException(unknown) = unknown.err() else { return Err("another".into()) };
    assert_eq!(unknown.message(), Some("The role with name none cannot be found."));
    let put = root.put_user_policy().user_name("ann").policy_name("own").policy_document("{}");
    let malformed = refusal(put.send().await);
    assert_eq!(malformed.raw().status().as_u16(), 400);
    assert!(matches!(malformed.err(), PutUserPolicyError::MalformedPolicyDocumentException(_)));
    root.attach_user_policy().user_name("ann").policy_arn(ADMINISTRATOR).send().await?;
    let in_use = refusal(root.delete_user().user_name("ann").send().await);
    assert_eq!(in_use.raw().status().as_u16(), 409);
    let DeleteUserError::DeleteConflictException(in_use) = in_use.err() else { return Err("another".into()) };
    assert_eq!(in_use.message(), Some("Cannot delete entity, must detach all policies first."));
    let key = || root.create_access_key().user_name("ann").send();
    key().await?;
    key().await?;
    assert!(refused(key().await).is_limit_exceeded_exception());
    Ok(())
}

/// SimulatePrincipalPolicy says what the service then does.
#[tokio::test]
async fn the_simulator_agrees_with_the_evaluator() -> Outcome {
    let (world, root) = member().await;
    let key = user(&root, "ann", policy("Allow", "account:Get*")).await?;
    let simulated = root
        .simulate_principal_policy()
        .policy_source_arn("arn:aws:iam::222222222222:user/ann")
        .action_names("account:GetAccountInformation")
        .action_names("account:PutAccountName")
        .send()
        .await?;
    let results = simulated.evaluation_results();
    let verdicts: Vec<_> =
        results.iter().map(|found| (found.eval_action_name(), found.eval_decision())).collect();
    let expected = [
        ("account:GetAccountInformation", &PolicyEvaluationDecisionType::Allowed),
        ("account:PutAccountName", &PolicyEvaluationDecisionType::ImplicitDeny),
    ];
    assert_eq!(verdicts, expected);
    let [by] = results[0].matched_statements() else { return Err("one statement".into()) };
    assert_eq!(by.source_policy_id(), Some("user_ann_own"));
    let ann = aws_sdk_account::Client::new(&world.key(key.access_key_id(), key.secret_access_key()));
    ann.get_account_information().send().await?;
    let denied = refused(ann.put_account_name().account_name("No").send().await);
    assert!(denied.is_access_denied_exception());
    let nobody = root.simulate_principal_policy().policy_source_arn("arn:aws:iam::222222222222:user/none");
    assert!(refused(nobody.action_names("iam:GetUser").send().await).is_no_such_entity_exception());
    Ok(())
}

/// GetAccountAuthorizationDetails, over several pages.
#[tokio::test]
async fn everything_is_in_the_authorization_details_once() -> Outcome {
    let (_, root) = member().await;
    for name in ["ann", "bob", "eve"] {
        user(&root, name, policy("Allow", "iam:*")).await?;
    }
    let request = root.get_account_authorization_details();
    let request = request.filter(EntityType::User).filter(EntityType::Role);
    let mut pages = request.into_paginator().page_size(2).send();
    let (mut users, mut roles, mut count) = (Vec::new(), Vec::new(), 0);
    while let Some(page) = pages.next().await {
        let page = page?;
        count += 1;
        roles.extend(page.role_detail_list().iter().filter_map(|role| role.role_name().map(str::to_owned)));
        for user in page.user_detail_list() {
            let [own] = user.user_policy_list() else { return Err("one policy".into()) };
            assert_eq!(decoded(own.policy_document())?, policy("Allow", "iam:*"));
            users.extend(user.user_name().map(str::to_owned));
        }
    }
    assert_eq!(users, ["ann", "bob", "eve"]);
    roles.sort();
    assert_eq!(roles, ["Auditor", "OrganizationAccountAccessRole"]);
    assert!(count > 1, "{count} page");
    Ok(())
}

#[tokio::test]
async fn the_paginators_of_users_and_policies_see_everything_once() -> Outcome {
    let (_, root) = member().await;
    let names: Vec<_> = (0..11).map(|number| format!("user{number:02}")).collect();
    for name in &names {
        root.create_user().user_name(name).send().await?;
    }
    let mut pages = root.list_users().into_paginator().page_size(4).send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.push(page?.users().iter().map(|user| user.user_name().to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(found, [&names[..4], &names[4..8], &names[8..]]);
    let policies =
        root.list_policies().scope(PolicyScopeType::Aws).into_paginator().page_size(2).items().send();
    let policies = policies.collect::<Result<Vec<_>, _>>().await?;
    let mut arns: Vec<_> = policies.iter().filter_map(|found| found.arn()).collect();
    let listed = arns.len();
    arns.sort_unstable();
    arns.dedup();
    assert_eq!(arns.len(), listed);
    assert!(arns.contains(&ADMINISTRATOR));
    Ok(())
}
