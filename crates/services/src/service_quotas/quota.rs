//! The quotas that Service Quotas knows here: those that rules of IAM and AWS Organizations really keep to.
//!
//! F-SVCQ-1. Values: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>; codes as the service's clients
//! name them in public.

use aws::arn::AccountId;
use jiff::Timestamp;

use crate::quotas::number;
use crate::state::quota::QuotaRequests;
use crate::world::{Fault, World};

/// A service that has quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Service {
    /// Its code.
    pub(super) code: &'static str,
    /// Its name, as the service shows it.
    pub(super) name: &'static str,
}

/// The services, in the order of their codes.
pub(super) const SERVICES: [Service; 2] = [IAM, ORGANIZATIONS];

/// Recorded.
const IAM: Service = Service { code: "iam", name: "AWS Identity and Access Management (IAM)" };
const ORGANIZATIONS: Service = Service { code: "organizations", name: "AWS Organizations" };

/// A quota.
#[derive(Debug, PartialEq, Eq)]
pub struct Quota {
    /// Whose it is.
    pub(super) service: Service,
    /// Its code, which tells it apart from every other quota.
    pub code: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// What every account has at first.
    pub default: u32,
    /// What an account can have at most; the default, where it cannot be raised.
    pub most: u32,
}

macro_rules! quotas {
    ($($(#[$doc:meta])* $constant:ident: $service:ident $code:literal $name:literal $default:literal to $most:literal;)+) => {
        $($(#[$doc])* pub static $constant: Quota = Quota {
            service: $service,
            code: $code,
            name: $name,
            default: $default,
            most: $most,
        };)+

        /// All of them: a service after the other, each in the order of its codes.
        pub(super) static ALL: &[&Quota] = &[$(&$constant),+];
    };
}

quotas! {
    /// Managed policies on a role.
    POLICIES_PER_ROLE: IAM "L-0DA4ABF3" "Managed policies per role" 10 to 20;
    /// Managed policies on a group.
    POLICIES_PER_GROUP: IAM "L-384571C4" "Managed policies per group" 10 to 10;
    /// Managed policies on a user.
    POLICIES_PER_USER: IAM "L-4019AD8B" "Managed policies per user" 10 to 20;
    /// Instance profiles.
    INSTANCE_PROFILES: IAM "L-6E65F664" "Instance profiles per account" 1000 to 5000;
    /// Groups of a user.
    GROUPS_PER_USER: IAM "L-7A1621EC" "IAM groups per user" 10 to 10;
    /// OpenID Connect providers.
    OIDC_PROVIDERS: IAM "L-858F3967" "OpenId connect providers per account" 100 to 700;
    /// Access keys of a user.
    ACCESS_KEYS_PER_USER: IAM "L-8758042E" "Access keys per user" 2 to 2;
    /// Server certificates.
    SERVER_CERTIFICATES: IAM "L-BF35879D" "Server certificates per account" 20 to 1000;
    /// Characters of a trust policy.
    TRUST_POLICY_LENGTH: IAM "L-C07B4B0D" "Role trust policy length" 2048 to 4096;
    /// Customer-managed policies.
    POLICIES: IAM "L-E95E4862" "Customer managed policies per account" 1500 to 5000;
    /// Groups.
    GROUPS: IAM "L-F4A5425F" "Groups per account" 300 to 500;
    /// Users.
    USERS: IAM "L-F55AF5E4" "Users per account" 5000 to 5000;
    /// Roles.
    ROLES: IAM "L-FE177D64" "Roles per account" 1000 to 5000;
    /// F-SVCQ-4: accounts of an organization; of its management account.
    ACCOUNTS: ORGANIZATIONS "L-E619E033" "Default maximum number of accounts" 10 to 10000;
}

impl Quota {
    /// The quota of a service with this code.
    pub(super) fn find(service: &str, code: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|quota| quota.service.code == service && quota.code == code)
    }

    /// Whether an account may have more than the default.
    pub(super) fn is_adjustable(&self) -> bool {
        self.most > self.default
    }

    /// F-SVCQ-4: what an account has of it at an instant: the default, or the most that it was granted.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn applied(&self, account: AccountId, now: Timestamp, world: &World<'_>) -> Result<u32, Fault> {
        Ok(self.granted(account, now, world)?.unwrap_or(self.default).max(self.default))
    }

    /// The most that an account was granted of it until an instant.
    pub(super) fn granted(
        &self,
        account: AccountId,
        now: Timestamp,
        world: &World<'_>,
    ) -> Result<Option<u32>, Fault> {
        if !self.is_adjustable() {
            return Ok(None);
        }
        let requests = world.get::<QuotaRequests>(account)?;
        Ok(requests.and_then(|requests| requests.granted(self.code, now)))
    }

    /// Whether `count` more than nothing is all that an account has of it. Requests are asked for only where the default
    /// is used up.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn limit_reached(
        &self,
        count: usize,
        account: AccountId,
        now: Timestamp,
        world: &World<'_>,
    ) -> Result<Option<usize>, Fault> {
        if count < number(self.default) {
            return Ok(None);
        }
        let limit = number(self.applied(account, now, world)?);
        Ok((count >= limit).then_some(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_in_the_order_of_their_codes_f_svcq_1() {
        assert!(ALL.is_sorted_by_key(|quota| (quota.service.code, quota.code)));
        assert!(SERVICES.is_sorted_by_key(|service| service.code));
        for quota in ALL {
            assert!(quota.most >= quota.default, "{}", quota.code);
            assert_eq!(Quota::find(quota.service.code, quota.code), Some(*quota));
            assert!(SERVICES.contains(&quota.service));
        }
    }
}
