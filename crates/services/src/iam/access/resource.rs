//! What a call of IAM is about: its resource, by the names that the request gives, looked up as far as policies may ask.

use std::collections::BTreeMap;

use aws::arn::{AccountId, Arn, PARTITION};
use aws::principal::{Caller, Principal};

use crate::authority::second_factor;
use crate::iam::directory::entity::{Entity, EntityKind};
use crate::iam::directory::names;
use crate::iam::providers::open_id_connect;
use crate::iam::roles::service_linked_catalogue::{self, Linked};
use crate::iam::roles::service_linked_role;
use crate::state::identity::{
    AccessKeyId, Credential, CredentialOwner, Group, InstanceProfile, InstanceProfileId, ManagedPolicy,
    ManagedPolicyId, OpenIdConnectProvider, OpenIdConnectProviderId, Role, SamlProvider, SamlProviderId,
    ServerCertificate, ServerCertificateId, User,
};
use crate::world::key::Named;
use crate::world::{Fault, World};

/// What an operation is about, by the names that the request gives. None of them is checked yet.
#[derive(Clone, Copy)]
pub(super) enum About<'v> {
    /// The account: the action knows no resource.
    Account,
    /// All of a kind, by its name in ARNs, under a path.
    List(&'static str, Option<&'v str>),
    /// An entity that is to be created: its name and its path.
    New(EntityKind, Option<&'v str>, Option<&'v str>),
    /// Something else that has a path and is to be created: its kind in ARNs, its name and its path.
    NewOther(&'static str, Option<&'v str>, Option<&'v str>),
    /// An OpenID Connect provider that is to be created for a URL.
    NewIssuer(Option<&'v str>),
    /// An instance profile, by its name.
    InstanceProfile(Option<&'v str>),
    /// A server certificate, by its name.
    ServerCertificate(Option<&'v str>),
    /// An identity provider, by its ARN.
    Provider(Option<&'v str>),
    /// A virtual MFA device, by its serial number, which is its ARN.
    MfaDevice(Option<&'v str>),
    /// A managed policy that is to be created: its name and its path.
    NewPolicy(Option<&'v str>, Option<&'v str>),
    /// A service-linked role that is to be created for a service.
    NewServiceLinkedRole(Option<&'v str>),
    /// An entity; a user who is not named is the caller.
    Entity(EntityKind, Option<&'v str>),
    /// The entity whose policies are simulated, by its ARN.
    PolicySource(Option<&'v str>),
    /// A managed policy, by its ARN.
    Policy(Option<&'v str>),
    /// The user of an access key.
    Key(Option<&'v str>),
    /// The service-linked role of a deletion, by the task's id.
    Deletion(Option<&'v str>),
    /// One of AWS's templates of roles, by its ARN.
    RoleTemplate(Option<&'v str>),
    /// The report on an entity of an organization, by its path.
    AccessReport(Option<&'v str>),
}

/// What is known of a resource before anybody may know it.
#[derive(Default)]
pub(super) struct Resource {
    pub(super) arn: String,
    /// Whether it is a user, a group or a role.
    pub(super) is_entity: bool,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) boundary: Option<String>,
}

impl Resource {
    fn of_arn(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), ..Self::default() }
    }
}

/// The resource, looked up.
///
/// # Errors
/// See [`Fault`].
pub(super) fn resource(about: About<'_>, caller: &Caller, world: &World<'_>) -> Result<Resource, Fault> {
    let account = caller.account();
    let arn = |kind: &str, rest: &str| format!("arn:{PARTITION}:iam::{account}:{kind}{rest}");
    let under = |path: Option<&str>, name: Option<&str>| {
        format!("{}{}", path.unwrap_or("/"), name.unwrap_or_default())
    };
    Ok(match about {
        About::Account => Resource::of_arn("*"),
        About::List(kind, path) => Resource::of_arn(arn(kind, path.unwrap_or("/"))),
        About::New(kind, name, path) => Resource::of_arn(arn(kind.name(), &under(path, name))),
        About::NewPolicy(name, path) => Resource::of_arn(arn("policy", &under(path, name))),
        About::NewOther(kind, name, path) => Resource::of_arn(arn(kind, &under(path, name))),
        About::NewIssuer(url) => {
            let url = url.unwrap_or_default();
            Resource::of_arn(open_id_connect::arn(account, url.strip_prefix("https://").unwrap_or(url)))
        }
        About::InstanceProfile(name) => {
            let name = name.unwrap_or_default();
            let found = world.get::<InstanceProfile>(InstanceProfileId::new(account, name))?;
            let (path, tags) = found.map_or_else(unknown, |found| (found.path.clone(), found.tags.clone()));
            Resource { tags, ..Resource::of_arn(arn("instance-profile", &under(Some(&path), Some(name)))) }
        }
        About::ServerCertificate(name) => {
            let name = name.unwrap_or_default();
            let found = world.get::<ServerCertificate>(ServerCertificateId::new(account, name))?;
            let (path, tags) = found.map_or_else(unknown, |found| (found.path.clone(), found.tags.clone()));
            Resource { tags, ..Resource::of_arn(arn("server-certificate", &under(Some(&path), Some(name)))) }
        }
        About::MfaDevice(arn) => {
            let arn = arn.unwrap_or("*");
            let found =
                second_factor::device(arn, account, world)?.filter(|device| device.account == account);
            let tags = found.map(|device| device.tags).unwrap_or_default();
            Resource { tags, ..Resource::of_arn(arn) }
        }
        About::Provider(arn) => of_provider(account, arn.unwrap_or("*"), world)?,
        About::NewServiceLinkedRole(service) => {
            let service = service.unwrap_or_default();
            let name =
                service_linked_catalogue::find(service).map_or_else(|| "*".to_owned(), Linked::role_name);
            Resource::of_arn(arn("role", &format!("{}{service}/{name}", service_linked_role::PATH_PREFIX)))
        }
        About::Entity(kind, name) => entity(kind, name, caller, world)?,
        About::PolicySource(arn) => policy_source(arn.unwrap_or("*"), caller, world)?,
        About::Policy(arn) => of_policy(account, arn.unwrap_or("*"), world)?,
        About::Key(id) => {
            let id = id.unwrap_or_default();
            let credential = world.get::<Credential>(AccessKeyId(id))?.filter(|key| key.account == account);
            match credential.as_ref().map(|credential| &credential.owner) {
                Some(CredentialOwner::User(name)) => of::<User>(account, name, world)?,
                _ => Resource::of_arn("*"),
            }
        }
        About::RoleTemplate(arn) => Resource::of_arn(arn.unwrap_or("*")),
        About::AccessReport(path) => {
            Resource::of_arn(arn("access-report", &format!("/{}", path.unwrap_or("*"))))
        }
        About::Deletion(task) => {
            let task = task.unwrap_or_default();
            let role = task.strip_prefix("task").and_then(|rest| rest.rsplit_once('/'));
            Resource::of_arn(arn("role", role.map_or("/*", |(role, _)| role)))
        }
    })
}

/// F-IAMAPI-RES-7: the entity of an ARN is asked for by the ARN that it has, whatever path was written.
fn policy_source(arn: &str, caller: &Caller, world: &World<'_>) -> Result<Resource, Fault> {
    let parts =
        Arn::parse(arn).filter(|parts| parts.service == "iam" && parts.account == caller.account().as_str());
    let kind = parts.and_then(|parts| {
        EntityKind::ALL.into_iter().find(|kind| parts.resource.starts_with(&format!("{}/", kind.name())))
    });
    let Some(kind) = kind else { return Ok(Resource::of_arn(arn)) };
    let found = entity(kind, Some(names::last_part(arn)), caller, world)?;
    Ok(if found.is_entity { found } else { Resource::of_arn(arn) })
}

fn entity(
    kind: EntityKind,
    name: Option<&str>,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Resource, Fault> {
    let account = caller.account();
    let name = match (name, &caller.principal) {
        (Some(name), _) => name,
        (None, Principal::User { name, .. }) if kind == EntityKind::User => name,
        // F-IAMAPI-RES-6: who is no user asks about itself; the rule refuses that later.
        (None, principal) if kind == EntityKind::User => return Ok(Resource::of_arn(principal.arn())),
        (None, _) => {
            return Ok(Resource::of_arn(format!("arn:{PARTITION}:iam::{account}:{}/*", kind.name())));
        }
    };
    match kind {
        EntityKind::Group => of::<Group>(account, name, world),
        EntityKind::Role => of::<Role>(account, name, world),
        EntityKind::User => of::<User>(account, name, world),
    }
}

/// F-IAMAPI-RES-2: an entity that is not there is asked for under the path `/`.
pub(super) fn of<E: Entity + Tagged>(
    account: AccountId,
    name: &str,
    world: &World<'_>,
) -> Result<Resource, Fault> {
    Ok(match world.get::<E>(Named::new(account, name))? {
        Some(found) => Resource {
            arn: found.arn(),
            is_entity: true,
            tags: found.tags_if_any(),
            boundary: found.boundary().map(str::to_owned),
        },
        None => Resource::of_arn(format!("arn:{PARTITION}:iam::{account}:{}/{name}", E::ENTITY.name())),
    })
}

/// Tags, where the kind has any.
pub(super) trait Tagged {
    fn tags_if_any(&self) -> BTreeMap<String, String>;
}

impl Tagged for Group {
    fn tags_if_any(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}

impl Tagged for Role {
    fn tags_if_any(&self) -> BTreeMap<String, String> {
        self.tags.clone()
    }
}

impl Tagged for User {
    fn tags_if_any(&self) -> BTreeMap<String, String> {
        self.tags.clone()
    }
}

/// Path and tags of what is not there (F-IAMAPI-RES-2).
fn unknown() -> (String, BTreeMap<String, String>) {
    ("/".to_owned(), BTreeMap::new())
}

/// An identity provider, with its tags if it is the account's own.
fn of_provider(account: AccountId, arn: &str, world: &World<'_>) -> Result<Resource, Fault> {
    let parts = Arn::parse(arn).filter(|parts| parts.account == account.as_str());
    let (kind, name) = parts.and_then(|parts| parts.resource.split_once('/')).unwrap_or_default();
    let tags = match kind {
        "oidc-provider" => {
            let id = OpenIdConnectProviderId { account, url: name };
            world.get::<OpenIdConnectProvider>(id)?.map(|found| found.tags.clone())
        }
        "saml-provider" => {
            world.get::<SamlProvider>(SamlProviderId::new(account, name))?.map(|found| found.tags.clone())
        }
        _ => None,
    };
    Ok(Resource { tags: tags.unwrap_or_default(), ..Resource::of_arn(arn) })
}

fn of_policy(account: AccountId, arn: &str, world: &World<'_>) -> Result<Resource, Fault> {
    let is_own = Arn::parse(arn).is_some_and(|parts| parts.account == account.as_str());
    let found = match is_own {
        true => world.get::<ManagedPolicy>(ManagedPolicyId::new(account, names::last_part(arn)))?,
        false => None,
    };
    let tags = found.map(|policy| policy.tags.clone()).unwrap_or_default();
    Ok(Resource { tags, ..Resource::of_arn(arn) })
}
