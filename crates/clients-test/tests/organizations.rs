//! Organizations through the official Rust SDK: its tree, accounts, policies and handshakes, each refusal as
//! the type the SDK has for it (F-CLIENT-16).

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::accept_handshake::AcceptHandshakeError;
use aws_sdk_organizations::operation::attach_policy::AttachPolicyError;
use aws_sdk_organizations::operation::create_account::CreateAccountError;
use aws_sdk_organizations::operation::create_organizational_unit::CreateOrganizationalUnitError;
use aws_sdk_organizations::operation::detach_policy::DetachPolicyError;
use aws_sdk_organizations::operation::invite_account_to_organization::InviteAccountToOrganizationError;
use aws_sdk_organizations::operation::list_accounts::ListAccountsError;
use aws_sdk_organizations::operation::register_delegated_administrator::RegisterDelegatedAdministratorError;
use aws_sdk_organizations::types::{
    AccountJoinedMethod, AccountStatus, ChildType, ConstraintViolationExceptionReason,
    CreateAccountFailureReason, CreateAccountState, CreateAccountStatus,
    HandshakeConstraintViolationExceptionReason, HandshakeParty, HandshakePartyType, HandshakeState,
    InvalidInputExceptionReason, OrganizationFeatureSet, ParentType, PolicyType, PolicyTypeStatus, Tag,
};
use clients_test::{InProcess, MANAGEMENT, Outcome, policy, refused};

const GUEST: &str = "333333333333";
const FULL_ACCESS: &str = "p-FullAWSAccess";
const SERVICE: &str = "account.amazonaws.com";

/// A world with a new organization, its management account's root user, and the id of the root.
struct Organization {
    world: InProcess,
    client: Client,
    root_id: String,
}

impl Organization {
    async fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let world = InProcess::empty().await;
        let client = Client::new(&world.root(MANAGEMENT));
        client.create_organization().send().await?;
        let roots = client.list_roots().send().await?;
        let root_id = roots.roots().first().and_then(|root| root.id()).ok_or("a root")?.to_owned();
        Ok(Self { world, client, root_id })
    }

    async fn of(&self, account: &str) -> Client {
        Client::new(&self.world.root(account))
    }

    async fn request(&self, email: &str) -> Result<CreateAccountStatus, Box<dyn std::error::Error>> {
        let request = self.client.create_account().email(email).account_name("Workload");
        Ok(request.send().await?.create_account_status.ok_or("a status")?)
    }

    async fn status(
        &self,
        request: &CreateAccountStatus,
    ) -> Result<CreateAccountStatus, Box<dyn std::error::Error>> {
        let id = request.id().ok_or("an id")?;
        let answer =
            self.client.describe_create_account_status().create_account_request_id(id).send().await?;
        Ok(answer.create_account_status.ok_or("a status")?)
    }

    /// Creates an account, waits until it is there, and gives its id.
    async fn vend(&self, email: &str) -> Result<String, Box<dyn std::error::Error>> {
        let request = self.request(email).await?;
        self.world.advance(1);
        Ok(self.status(&request).await?.account_id.ok_or("an account id")?)
    }

    async fn unit(&self, parent: &str, name: &str) -> Result<String, Box<dyn std::error::Error>> {
        let answer = self.client.create_organizational_unit().parent_id(parent).name(name).send().await?;
        Ok(answer.organizational_unit.and_then(|unit| unit.id).ok_or("an id")?)
    }

    /// Creates a service control policy and gives its id.
    async fn policy(&self, name: &str, content: String) -> Result<String, Box<dyn std::error::Error>> {
        let request = self.client.create_policy().r#type(PolicyType::ServiceControlPolicy).name(name);
        let answer = request.description("").content(content).send().await?;
        let summary = answer.policy.and_then(|policy| policy.policy_summary);
        Ok(summary.and_then(|summary| summary.id).ok_or("an id")?)
    }
}

/// CreateOrganization, DescribeOrganization, DeleteOrganization.
#[tokio::test]
async fn an_organization_is_created_and_deleted() -> Outcome {
    let world = InProcess::empty().await;
    let client = Client::new(&world.root(MANAGEMENT));
    let none = refused(client.describe_organization().send().await);
    assert!(none.is_aws_organizations_not_in_use_exception());
    let made = client.create_organization().feature_set(OrganizationFeatureSet::All).send().await?;
    let made = made.organization.ok_or("an organization")?;
    assert_eq!(made.master_account_id(), Some(MANAGEMENT));
    assert_eq!(made.feature_set(), Some(&OrganizationFeatureSet::All));
    assert_eq!(client.describe_organization().send().await?.organization(), Some(&made));
    let again = refused(client.create_organization().send().await);
    assert!(again.is_already_in_organization_exception());
    client.delete_organization().send().await?;
    assert!(refused(client.list_accounts().send().await).is_aws_organizations_not_in_use_exception());
    Ok(())
}

/// CreateAccount, DescribeCreateAccountStatus, ListCreateAccountStatus, DescribeAccount, ListTagsForResource.
#[tokio::test]
async fn an_account_is_there_when_its_creation_is_complete() -> Outcome {
    let organization = Organization::new().await?;
    let (client, email) = (&organization.client, "dev@example.invalid");
    let tag = Tag::builder().key("team").value("blue").build()?;
    let answer = client.create_account().email(email).account_name("Dev").tags(tag.clone()).send().await?;
    let request = answer.create_account_status.ok_or("a status")?;
    assert_eq!(request.state(), Some(&CreateAccountState::InProgress));
    assert_eq!((request.account_id(), request.completed_timestamp()), (None, None));
    organization.world.advance(1);
    let status = organization.status(&request).await?;
    assert_eq!(status.state(), Some(&CreateAccountState::Succeeded));
    let id = status.account_id().ok_or("an account id")?;
    let account = client.describe_account().account_id(id).send().await?.account.ok_or("an account")?;
    assert_eq!((account.email(), account.name()), (Some(email), Some("Dev")));
    assert_eq!(account.joined_method(), Some(&AccountJoinedMethod::Created));
    assert_eq!(account.joined_timestamp(), status.completed_timestamp());
    assert_eq!(client.list_tags_for_resource().resource_id(id).send().await?.tags(), [tag]);

    let taken = organization.request("DEV@example.invalid").await?;
    organization.world.advance(1);
    let failed = client.list_create_account_status().states(CreateAccountState::Failed).send().await?;
    let [failed] = failed.create_account_statuses() else { return Err("one has failed".into()) };
    assert_eq!(failed.id(), taken.id());
    assert_eq!(failed.failure_reason(), Some(&CreateAccountFailureReason::EmailAlreadyExists));
    let absent = refused(client.describe_account().account_id("999999999999").send().await);
    assert!(absent.is_account_not_found_exception());
    assert_eq!(absent.meta().message(), Some("You specified an account that doesn't exist."));
    Ok(())
}

/// CreateOrganizationalUnit, MoveAccount, ListParents, ListChildren, DeleteOrganizationalUnit.
#[tokio::test]
async fn units_and_accounts_make_a_tree() -> Outcome {
    let organization = Organization::new().await?;
    let (client, root) = (&organization.client, &organization.root_id);
    let account = organization.vend("dev@example.invalid").await?;
    let mut parent = root.clone();
    for level in 0..5 {
        parent = organization.unit(&parent, &format!("L{level}")).await?;
    }
    let deeper = refused(client.create_organizational_unit().parent_id(&parent).name("L5").send().await);
    let CreateOrganizationalUnitError::ConstraintViolationException(deeper) = deeper else {
        return Err("another error".into());
    };
    assert_eq!(deeper.reason(), Some(&ConstraintViolationExceptionReason::OuDepthLimitExceeded));
    let same = refused(client.create_organizational_unit().parent_id(root).name("L0").send().await);
    let CreateOrganizationalUnitError::DuplicateOrganizationalUnitException(same) = same else {
        return Err("another error".into());
    };
    assert_eq!(same.message(), Some("An OU with the same name already exists."));

    let to_leaf =
        client.move_account().account_id(&account).source_parent_id(root).destination_parent_id(&parent);
    to_leaf.clone().send().await?;
    let parents = client.list_parents().child_id(&account).send().await?;
    let parents: Vec<_> = parents.parents().iter().map(|found| (found.id(), found.r#type())).collect();
    assert_eq!(parents, [(Some(parent.as_str()), Some(&ParentType::OrganizationalUnit))]);
    assert!(refused(to_leaf.send().await).is_account_not_found_exception());
    let children = client.list_children().parent_id(&parent).child_type(ChildType::Account).send().await?;
    assert_eq!(children.children().iter().filter_map(|child| child.id()).collect::<Vec<_>>(), [&account]);
    let full = refused(client.delete_organizational_unit().organizational_unit_id(&parent).send().await);
    assert!(full.is_organizational_unit_not_empty_exception());
    Ok(())
}

#[tokio::test]
async fn paginators_see_everything_once() -> Outcome {
    let organization = Organization::new().await?;
    let client = &organization.client;
    let mut made = vec![MANAGEMENT.to_owned()];
    for number in 0..5 {
        made.push(organization.vend(&format!("a{number}@example.invalid")).await?);
    }
    made.sort();
    let mut pages = client.list_accounts().into_paginator().page_size(2).send();
    let mut sizes = Vec::new();
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page?;
        sizes.push(page.accounts().len());
        listed.extend(page.accounts().iter().filter_map(|account| account.id().map(str::to_owned)));
    }
    listed.sort();
    assert_eq!(sizes, [2, 2, 2]);
    assert_eq!(listed, made);

    let mut expected = Vec::new();
    for name in ["A", "B", "C"] {
        expected.push(organization.unit(&organization.root_id, name).await?);
    }
    let request = client.list_organizational_units_for_parent().parent_id(&organization.root_id);
    let pages = request.into_paginator().page_size(1).send().collect::<Result<Vec<_>, _>>().await?;
    let units = pages.iter().flat_map(|page| page.organizational_units());
    let mut units: Vec<_> = units.filter_map(|unit| unit.id().map(str::to_owned)).collect();
    expected.sort();
    units.sort();
    assert_eq!(units, expected);

    let ListAccountsError::InvalidInputException(bent) =
        refused(client.list_accounts().next_token("nonsense").send().await)
    else {
        return Err("another error".into());
    };
    assert_eq!(bent.reason(), Some(&InvalidInputExceptionReason::InvalidPaginationToken));
    Ok(())
}

/// CreatePolicy, EnablePolicyType, AttachPolicy, DetachPolicy, ListTargetsForPolicy, DeletePolicy; the policy
/// decides.
#[tokio::test]
async fn policies_are_attached_and_decide() -> Outcome {
    let organization = Organization::new().await?;
    let (client, root) = (&organization.client, &organization.root_id);
    let account = organization.vend("dev@example.invalid").await?;
    let id = organization.policy("Stay", policy("Deny", "organizations:LeaveOrganization")).await?;
    let attach = || client.attach_policy().policy_id(&id).target_id(root).send();
    assert!(refused(attach().await).is_policy_type_not_enabled_exception());
    let kind = PolicyType::ServiceControlPolicy;
    let enabled = client.enable_policy_type().root_id(root).policy_type(kind.clone()).send().await?;
    let enabled = enabled.root.ok_or("a root")?;
    let types: Vec<_> = enabled.policy_types().iter().map(|found| (found.r#type(), found.status())).collect();
    assert_eq!(types, [(Some(&kind), Some(&PolicyTypeStatus::Enabled))]);
    attach().await?;
    let AttachPolicyError::DuplicatePolicyAttachmentException(_) = refused(attach().await) else {
        return Err("another error".into());
    };

    let member = organization.of(&account).await;
    let denied = refused(member.leave_organization().send().await);
    assert!(denied.is_access_denied_exception());
    let message = denied.meta().message().ok_or("a message")?;
    assert!(message.contains("with an explicit deny in a service control policy"), "{message}");
    assert!(refused(client.delete_policy().policy_id(&id).send().await).is_policy_in_use_exception());
    let last = client.detach_policy().policy_id(FULL_ACCESS).target_id(&account).send().await;
    let DetachPolicyError::ConstraintViolationException(last) = refused(last) else {
        return Err("another error".into());
    };
    let at_least_one = ConstraintViolationExceptionReason::MinPolicyTypeAttachmentLimitExceeded;
    assert_eq!(last.reason(), Some(&at_least_one));

    let targets = client.list_targets_for_policy().policy_id(&id).send().await?;
    assert_eq!(targets.targets().iter().filter_map(|target| target.target_id()).collect::<Vec<_>>(), [root]);
    client.detach_policy().policy_id(&id).target_id(root).send().await?;
    client.delete_policy().policy_id(&id).send().await?;
    let gone = refused(client.describe_policy().policy_id(&id).send().await);
    assert!(gone.is_policy_not_found_exception());
    Ok(())
}

#[tokio::test]
async fn the_paginator_of_policies_begins_with_full_access() -> Outcome {
    let organization = Organization::new().await?;
    for name in ["b", "a"] {
        organization.policy(name, policy("Deny", "ec2:*")).await?;
    }
    let request = organization.client.list_policies().filter(PolicyType::ServiceControlPolicy);
    let mut pages = request.into_paginator().page_size(1).send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page?.policies().iter().filter_map(|found| found.name().map(str::to_owned)));
    }
    assert_eq!(names, ["FullAWSAccess", "a", "b"]);
    Ok(())
}

/// EnableAWSServiceAccess, RegisterDelegatedAdministrator, ListDelegatedAdministrators,
/// DeregisterDelegatedAdministrator.
#[tokio::test]
async fn a_member_acts_for_a_service() -> Outcome {
    let organization = Organization::new().await?;
    let client = &organization.client;
    let account = organization.vend("dev@example.invalid").await?;
    let register =
        || client.register_delegated_administrator().account_id(&account).service_principal(SERVICE).send();
    let RegisterDelegatedAdministratorError::ConstraintViolationException(early) = refused(register().await)
    else {
        return Err("another error".into());
    };
    assert_eq!(early.reason(), Some(&ConstraintViolationExceptionReason::ServiceAccessNotEnabled));
    client.enable_aws_service_access().service_principal(SERVICE).send().await?;
    let member = organization.of(&account).await;
    assert!(refused(member.list_accounts().send().await).is_access_denied_exception());
    register().await?;
    assert_eq!(member.list_accounts().send().await?.accounts().len(), 2);
    assert!(refused(register().await).is_account_already_registered_exception());
    let administrators = client.list_delegated_administrators().service_principal(SERVICE).send().await?;
    let [administrator] = administrators.delegated_administrators() else { return Err("one".into()) };
    assert_eq!(administrator.id(), Some(account.as_str()));
    assert!(administrator.delegation_enabled_date().is_some());
    let services = client.list_delegated_services_for_account().account_id(&account).send().await?;
    let services: Vec<_> =
        services.delegated_services().iter().map(|found| found.service_principal()).collect();
    assert_eq!(services, [Some(SERVICE)]);
    let dismiss = client.deregister_delegated_administrator().account_id(&account).service_principal(SERVICE);
    dismiss.clone().send().await?;
    assert!(refused(dismiss.send().await).is_account_not_registered_exception());
    assert!(refused(member.list_accounts().send().await).is_access_denied_exception());
    Ok(())
}

/// InviteAccountToOrganization, ListHandshakesForAccount, AcceptHandshake, DeclineHandshake,
/// DescribeHandshake, RemoveAccountFromOrganization.
#[tokio::test]
async fn an_account_is_invited_and_joins() -> Outcome {
    let organization = Organization::new().await?;
    let client = &organization.client;
    let guest = organization.of(GUEST).await;
    assert!(guest.list_handshakes_for_account().send().await?.handshakes().is_empty());
    let target = HandshakeParty::builder().id(GUEST).r#type(HandshakePartyType::Account).build()?;
    let invite = || client.invite_account_to_organization().target(target.clone()).notes("Welcome").send();
    let handshake = invite().await?.handshake.ok_or("a handshake")?;
    assert_eq!(handshake.state(), Some(&HandshakeState::Open));
    assert!(refused(invite().await).is_duplicate_handshake_exception());
    assert_eq!(
        guest.list_handshakes_for_account().send().await?.handshakes(),
        std::slice::from_ref(&handshake)
    );
    let id = handshake.id().ok_or("an id")?;
    assert!(refused(client.accept_handshake().handshake_id(id).send().await).is_access_denied_exception());
    let accepted = guest.accept_handshake().handshake_id(id).send().await?.handshake.ok_or("a handshake")?;
    assert_eq!(accepted.state(), Some(&HandshakeState::Accepted));
    let again = refused(guest.accept_handshake().handshake_id(id).send().await);
    assert!(again.is_handshake_already_in_state_exception());
    let late = refused(guest.decline_handshake().handshake_id(id).send().await);
    assert!(late.is_invalid_handshake_transition_exception());
    let joined = client.describe_account().account_id(GUEST).send().await?.account.ok_or("an account")?;
    assert_eq!(joined.joined_method(), Some(&AccountJoinedMethod::Invited));
    let InviteAccountToOrganizationError::HandshakeConstraintViolationException(member) =
        refused(invite().await)
    else {
        return Err("another error".into());
    };
    let already = HandshakeConstraintViolationExceptionReason::AlreadyInAnOrganization;
    assert_eq!(member.reason(), Some(&already));

    client.remove_account_from_organization().account_id(GUEST).send().await?;
    let third = invite().await?.handshake.and_then(|handshake| handshake.id).ok_or("an id")?;
    organization.world.advance(16 * 24 * 3600);
    let expired = refused(guest.accept_handshake().handshake_id(&third).send().await);
    assert!(matches!(expired, AcceptHandshakeError::InvalidHandshakeTransitionException(_)));
    let shown =
        client.describe_handshake().handshake_id(&third).send().await?.handshake.ok_or("a handshake")?;
    assert_eq!(shown.state(), Some(&HandshakeState::Expired));
    Ok(())
}

/// CloseAccount; and the sixth account at once.
#[tokio::test]
async fn accounts_are_closed_and_creation_has_its_limit() -> Outcome {
    let organization = Organization::new().await?;
    let client = &organization.client;
    let account = organization.vend("dev@example.invalid").await?;
    let status = async || {
        let shown = client.describe_account().account_id(&account).send().await?;
        Ok::<_, Box<dyn std::error::Error>>(shown.account.and_then(|account| account.status))
    };
    client.close_account().account_id(&account).send().await?;
    assert_eq!(status().await?, Some(AccountStatus::PendingClosure));
    organization.world.advance(1);
    assert_eq!(status().await?, Some(AccountStatus::Suspended));
    let again = refused(client.close_account().account_id(&account).send().await);
    assert!(again.is_account_already_closed_exception());
    for number in 0..5 {
        organization.request(&format!("a{number}@example.invalid")).await?;
    }
    let sixth = client.create_account().email("a5@example.invalid").account_name("Workload").send().await;
    assert!(matches!(refused(sixth), CreateAccountError::TooManyRequestsException(_)));
    Ok(())
}
