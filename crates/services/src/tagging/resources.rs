//! What has tags, in the order in which it is listed: a kind after the other, each in the order of its keys.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use aws::arn::{AccountId, Arn};
use jiff::Timestamp;

use crate::iam::directory::names;
use crate::iam::providers::open_id_connect;
use crate::state::identity::{
    InstanceProfile, InstanceProfileId, ManagedPolicy, ManagedPolicyId, MfaDevice, MfaDeviceId,
    OpenIdConnectProvider, OpenIdConnectProviderId, SamlProvider, SamlProviderId, ServerCertificate,
    ServerCertificateId,
};
use crate::state::organization::{
    Membership, Organization, OrganizationEntity, OrganizationEntityId, OrganizationId, OrganizationPolicy,
    OrganizationResourcePolicy, OrganizationalUnit, PolicyId, PolicyName, UnitId, arn,
};
use crate::world::key::Prefix;
use crate::world::{Document, Fault, World};

/// Keys that are asked for together.
const BATCH: usize = 200;

/// A resource that can have tags.
pub(super) struct Resource {
    /// Its ARN.
    pub(super) arn: String,
    /// Its type as filters name it, for example `iam:policy`.
    pub(super) kind: &'static str,
    /// Its tags.
    pub(super) tags: BTreeMap<String, String>,
    /// How its own service calls it: by its ARN, its name or its id.
    pub(super) native: String,
}

/// F-TAG-1: the kinds of resources, by how they are kept. IAM's users and roles have tags that this service does not
/// know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    InstanceProfiles,
    MfaDevices,
    OpenIdConnectProviders,
    ManagedPolicies,
    SamlProviders,
    ServerCertificates,
    OrganizationEntities,
    OrganizationPolicies,
    ResourcePolicy,
}

impl Kept {
    const ALL: [Self; 9] = [
        Self::InstanceProfiles,
        Self::MfaDevices,
        Self::OpenIdConnectProviders,
        Self::ManagedPolicies,
        Self::SamlProviders,
        Self::ServerCertificates,
        Self::OrganizationEntities,
        Self::OrganizationPolicies,
        Self::ResourcePolicy,
    ];
}

/// The resources of an account.
pub(super) struct Resources<'w, 's> {
    account: AccountId,
    /// The organization that it is the management account of: what is in it belongs to that account.
    organization: Option<Arc<Organization>>,
    /// When it is, where only what is seen then counts.
    now: Option<Timestamp>,
    world: &'w World<'s>,
}

impl<'w, 's> Resources<'w, 's> {
    /// Those of an account; with a time, without members that are not seen then.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn of(
        account: AccountId,
        now: Option<Timestamp>,
        world: &'w World<'s>,
    ) -> Result<Self, Fault> {
        let organization = match world.get::<Membership>(account)? {
            Some(membership) => world.get::<Organization>(OrganizationId(&membership.organization_id))?,
            None => None,
        };
        let organization = organization.filter(|organization| organization.management_account == account);
        Ok(Self { account, organization, now, world })
    }

    /// Walks over those that have tags, after a place, until `visit` takes no more or `most` were looked at. Gives the
    /// place to go on after, where there may be more.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn walk(
        &self,
        after: Option<&str>,
        most: usize,
        visit: &mut dyn FnMut(Resource) -> ControlFlow<()>,
    ) -> Result<Option<String>, Fault> {
        let (first, mut within) = match after.and_then(|place| place.split_once('/')) {
            Some((number, place)) => (number.parse().unwrap_or(Kept::ALL.len()), Some(place.to_owned())),
            None => (0, None),
        };
        let mut walk = Walk { left: most, last: after.map(str::to_owned), visit };
        for (number, kept) in Kept::ALL.into_iter().enumerate().skip(first) {
            if self.walk_kind(number, kept, within.take(), &mut walk)?.is_break() {
                return Ok(walk.last);
            }
        }
        Ok(None)
    }

    fn walk_kind(
        &self,
        number: usize,
        kept: Kept,
        after: Option<String>,
        walk: &mut Walk<'_>,
    ) -> Result<ControlFlow<()>, Fault> {
        let organization = match (kept, &self.organization) {
            (
                Kept::OrganizationEntities | Kept::OrganizationPolicies | Kept::ResourcePolicy,
                Some(organization),
            ) => organization,
            _ => return self.walk_of_iam(number, kept, after, walk),
        };
        match kept {
            Kept::OrganizationEntities => {
                let prefix: Prefix<OrganizationEntity> = OrganizationEntityId::within(&organization.id);
                walk.over(number, &prefix, after, self.world, |id| self.of_organization(id.entity))
            }
            Kept::OrganizationPolicies => {
                let prefix: Prefix<PolicyName> = Prefix::within(organization.id.as_str());
                walk.over(number, &prefix, after, self.world, |id| {
                    let name = self.world.get::<PolicyName>(id)?;
                    name.map_or(Ok(None), |name| self.of_organization(&name.policy_id))
                })
            }
            _ => {
                let id = OrganizationId(&organization.id);
                let policy = self.world.get::<OrganizationResourcePolicy>(id)?;
                let resource = match policy.filter(|_| after.is_none()) {
                    Some(policy) => self.of_organization(&policy.id)?,
                    None => None,
                };
                Ok(walk.meet(format!("{number}/policy"), resource))
            }
        }
    }

    fn walk_of_iam(
        &self,
        number: usize,
        kept: Kept,
        after: Option<String>,
        walk: &mut Walk<'_>,
    ) -> Result<ControlFlow<()>, Fault> {
        let (account, world) = (self.account, self.world);
        match kept {
            Kept::InstanceProfiles => {
                walk.over(number, &InstanceProfileId::within(account), after, world, |id| {
                    Ok(world.get::<InstanceProfile>(id)?.map(|profile| of_profile(&profile)))
                })
            }
            Kept::MfaDevices => walk.over(number, &MfaDeviceId::within(account), after, world, |id| {
                Ok(world.get::<MfaDevice>(id)?.and_then(|device| of_device(&device)))
            }),
            Kept::OpenIdConnectProviders => {
                walk.over(number, &OpenIdConnectProviderId::within(account), after, world, |id| {
                    Ok(world.get::<OpenIdConnectProvider>(id)?.map(|provider| of_oidc(&provider)))
                })
            }
            Kept::ManagedPolicies => {
                walk.over(number, &ManagedPolicyId::within(account), after, world, |id| {
                    Ok(world.get::<ManagedPolicy>(id)?.map(|policy| of_policy(&policy)))
                })
            }
            Kept::SamlProviders => walk.over(number, &SamlProviderId::within(account), after, world, |id| {
                Ok(world.get::<SamlProvider>(id)?.map(|provider| of_saml(&provider)))
            }),
            Kept::ServerCertificates => {
                walk.over(number, &ServerCertificateId::within(account), after, world, |id| {
                    Ok(world.get::<ServerCertificate>(id)?.map(|certificate| of_certificate(&certificate)))
                })
            }
            // Of an organization, where the account manages none.
            _ => Ok(ControlFlow::Continue(())),
        }
    }

    /// The resource with this ARN, with tags or without.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn find(&self, text: &str) -> Result<Option<Resource>, Fault> {
        let Some(parts) = Arn::parse(text).filter(|parts| parts.account == self.account.as_str()) else {
            return Ok(None);
        };
        let (kind, rest) = parts.resource.split_once('/').unwrap_or((parts.resource, ""));
        let (account, world, name) = (self.account, self.world, names::last_part(rest));
        let found = match (parts.service, kind) {
            ("iam", "instance-profile") => {
                world.get::<InstanceProfile>(InstanceProfileId::new(account, name))?.map(|it| of_profile(&it))
            }
            ("iam", "mfa") => {
                world.get::<MfaDevice>(MfaDeviceId::new(account, rest))?.and_then(|it| of_device(&it))
            }
            ("iam", "oidc-provider") => {
                let id = OpenIdConnectProviderId { account, url: rest };
                world.get::<OpenIdConnectProvider>(id)?.map(|it| of_oidc(&it))
            }
            ("iam", "policy") => {
                world.get::<ManagedPolicy>(ManagedPolicyId::new(account, name))?.map(|it| of_policy(&it))
            }
            ("iam", "saml-provider") => {
                world.get::<SamlProvider>(SamlProviderId::new(account, name))?.map(|it| of_saml(&it))
            }
            ("iam", "server-certificate") => {
                let id = ServerCertificateId::new(account, name);
                world.get::<ServerCertificate>(id)?.map(|it| of_certificate(&it))
            }
            ("organizations", _) => self.of_organization(name)?,
            _ => None,
        };
        // Paths and the case of names are part of the ARN.
        Ok(found.filter(|found| found.arn == text))
    }

    /// What is in the organization under this id: an account, the root, a unit, a policy, the resource policy.
    fn of_organization(&self, id: &str) -> Result<Option<Resource>, Fault> {
        let Some(organization) = &self.organization else { return Ok(None) };
        let world = self.world;
        let is_in = |other: &str| other == organization.id;
        let found = if let Ok(account) = id.parse::<AccountId>() {
            let member = world.get::<Membership>(account)?;
            let is_seen = |member: &Membership| self.now.is_none_or(|now| member.is_visible_at(now));
            let member = member.filter(|member| is_in(&member.organization_id) && is_seen(member));
            member.map(|member| {
                ("organizations:account", arn::account(organization, account), member.tags.clone())
            })
        } else if id.starts_with("rp-") {
            let policy = world.get::<OrganizationResourcePolicy>(OrganizationId(&organization.id))?;
            policy.filter(|policy| policy.id == id).map(|policy| {
                ("organizations:resourcepolicy", arn::resource_policy(organization, id), policy.tags.clone())
            })
        } else if id.starts_with("p-") {
            let policy = world.get::<OrganizationPolicy>(PolicyId(id))?;
            policy.filter(|policy| is_in(&policy.organization_id)).map(|policy| {
                let arn = arn::policy(organization, policy.kind.as_str(), id, false);
                ("organizations:policy", arn, policy.tags.clone())
            })
        } else {
            let kind = if id.starts_with("r-") { "organizations:root" } else { "organizations:ou" };
            let unit = world.get::<OrganizationalUnit>(UnitId(id))?;
            unit.filter(|unit| is_in(&unit.organization_id))
                .map(|unit| (kind, arn::unit(organization, id), unit.tags.clone()))
        };
        Ok(found.map(|(kind, arn, tags)| Resource { arn, kind, tags, native: id.to_owned() }))
    }
}

/// A walk under way.
struct Walk<'v> {
    /// How many more are looked at.
    left: usize,
    /// The place of the last one that was visited or passed over.
    last: Option<String>,
    visit: &'v mut dyn FnMut(Resource) -> ControlFlow<()>,
}

impl Walk<'_> {
    fn over<D: Document>(
        &mut self,
        number: usize,
        prefix: &Prefix<D>,
        mut after: Option<String>,
        world: &World<'_>,
        read: impl Fn(D::Id<'_>) -> Result<Option<Resource>, Fault>,
    ) -> Result<ControlFlow<()>, Fault> {
        loop {
            let keys = world.keys(prefix, after.as_deref(), BATCH)?;
            let is_end = keys.len() < BATCH;
            for key in keys {
                let place = key.place(prefix);
                if self.meet(format!("{number}/{place}"), read(key.id()?)?).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                after = Some(place.to_owned());
            }
            if is_end {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    fn meet(&mut self, place: String, resource: Option<Resource>) -> ControlFlow<()> {
        if self.left == 0 {
            return ControlFlow::Break(());
        }
        self.left -= 1;
        if let Some(resource) = resource.filter(|resource| !resource.tags.is_empty()) {
            (self.visit)(resource)?;
        }
        self.last = Some(place);
        ControlFlow::Continue(())
    }
}

fn of_profile(profile: &InstanceProfile) -> Resource {
    Resource {
        arn: names::arn(profile.account, "instance-profile", &profile.path, &profile.name),
        kind: "iam:instance-profile",
        tags: profile.tags.clone(),
        native: profile.name.clone(),
    }
}

/// Those of hardware have no ARN.
fn of_device(device: &MfaDevice) -> Option<Resource> {
    let arn = device.hardware_serial().is_none().then(|| device.serial_number())?;
    Some(Resource { native: arn.clone(), arn, kind: "iam:mfa", tags: device.tags.clone() })
}

fn of_oidc(provider: &OpenIdConnectProvider) -> Resource {
    let arn = open_id_connect::arn(provider.account, &provider.url);
    Resource { native: arn.clone(), arn, kind: "iam:oidc-provider", tags: provider.tags.clone() }
}

fn of_policy(policy: &ManagedPolicy) -> Resource {
    let arn = names::policy_arn(policy.account, &policy.path, &policy.name);
    Resource { native: arn.clone(), arn, kind: "iam:policy", tags: policy.tags.clone() }
}

fn of_saml(provider: &SamlProvider) -> Resource {
    let arn = names::arn(provider.account, "saml-provider", "/", &provider.name);
    Resource { native: arn.clone(), arn, kind: "iam:saml-provider", tags: provider.tags.clone() }
}

fn of_certificate(certificate: &ServerCertificate) -> Resource {
    Resource {
        arn: names::arn(certificate.account, "server-certificate", &certificate.path, &certificate.name),
        kind: "iam:server-certificate",
        tags: certificate.tags.clone(),
        native: certificate.name.clone(),
    }
}
