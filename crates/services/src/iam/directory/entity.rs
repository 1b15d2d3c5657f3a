//! What users, groups and roles have in common: names, and policies that bind whoever acts as them.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::{AccountId, PARTITION};
use aws::policy::Policy;

use crate::model::iam as model;
use crate::state::identity::{Group, Role, User};
use crate::world::key::Named;
use crate::world::{Document, Identified};

pub use crate::state::identity::EntityKind;

impl EntityKind {
    /// The name as a sentence of IAM begins with it.
    pub const fn capitalized(self) -> &'static str {
        match self {
            Self::Group => "Group",
            Self::Role => "Role",
            Self::User => "User",
        }
    }

    /// F-IAMAPI-LIM-1: the most characters, white space not counted, of all inline policies of one entity.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub const fn inline_policy_size(self) -> usize {
        match self {
            Self::Group => 5120,
            Self::Role => 10_240,
            Self::User => 2048,
        }
    }
}

/// A user, a group or a role.
pub trait Entity: Identified + for<'k> Document<Id<'k> = Named<'k, Self>> + Clone {
    /// Which of them.
    const ENTITY: EntityKind;

    /// The account.
    fn account(&self) -> AccountId;
    /// The friendly name.
    fn name(&self) -> &str;
    /// The unique id.
    fn id(&self) -> &str;
    /// The path.
    fn path(&self) -> &str;
    /// Inline policies by name.
    fn inline_policies(&self) -> &BTreeMap<String, Policy>;
    /// The same, to be changed.
    fn inline_policies_mut(&mut self) -> &mut BTreeMap<String, Policy>;
    /// ARNs of attached managed policies.
    fn attached_policies(&self) -> &BTreeSet<String>;
    /// The same, to be changed.
    fn attached_policies_mut(&mut self) -> &mut BTreeSet<String>;
    /// ARN of the permissions boundary; a group has none.
    fn boundary(&self) -> Option<&str> {
        None
    }

    /// The ARN.
    fn arn(&self) -> String {
        let kind = Self::ENTITY.name();
        format!("arn:{PARTITION}:iam::{}:{kind}{}{}", self.account(), self.path(), self.name())
    }

    /// The ARNs of users and roles that may act as it; only a role has any.
    fn trusted_principals(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// Whether only AWS may change it.
    fn is_protected(&self) -> bool {
        false
    }

    /// The attached managed policies as answers show them.
    fn attached(&self) -> Vec<model::AttachedPolicy> {
        let mut arns: Vec<&String> = self.attached_policies().iter().collect();
        arns.sort_by_key(|arn| super::names::place_of_policy(arn));
        arns.into_iter().map(|arn| super::names::attached_policy(arn)).collect()
    }

    /// The inline policies as GetAccountAuthorizationDetails shows them.
    fn inline_details(&self) -> Vec<model::PolicyDetail> {
        let detail = |(name, policy): (&String, &Policy)| model::PolicyDetail {
            policy_name: Some(name.as_str().into()),
            policy_document: Some(super::names::url_encoded(policy.source()).into()),
        };
        self.inline_policies().iter().map(detail).collect()
    }
}

/// A user or a role: an entity with a permissions boundary and tags.
pub trait PrincipalEntity: Entity {
    /// ARN of the permissions boundary, to be changed.
    fn boundary_mut(&mut self) -> &mut Option<String>;
    /// Tags.
    fn tags(&self) -> &BTreeMap<String, String>;
    /// The same, to be changed.
    fn tags_mut(&mut self) -> &mut BTreeMap<String, String>;
}

macro_rules! entity {
    ($type:ident { $($more:item)* }) => {
        impl Entity for $type {
            const ENTITY: EntityKind = EntityKind::$type;

            fn account(&self) -> AccountId {
                self.account
            }

            fn name(&self) -> &str {
                &self.name
            }

            fn id(&self) -> &str {
                &self.id
            }

            fn path(&self) -> &str {
                &self.path
            }

            fn inline_policies(&self) -> &BTreeMap<String, Policy> {
                &self.inline_policies
            }

            fn inline_policies_mut(&mut self) -> &mut BTreeMap<String, Policy> {
                &mut self.inline_policies
            }

            fn attached_policies(&self) -> &BTreeSet<String> {
                &self.attached_policies
            }

            fn attached_policies_mut(&mut self) -> &mut BTreeSet<String> {
                &mut self.attached_policies
            }

            $($more)*
        }
    };
}

macro_rules! principal {
    ($type:ident) => {
        impl PrincipalEntity for $type {
            fn boundary_mut(&mut self) -> &mut Option<String> {
                &mut self.permissions_boundary
            }

            fn tags(&self) -> &BTreeMap<String, String> {
                &self.tags
            }

            fn tags_mut(&mut self) -> &mut BTreeMap<String, String> {
                &mut self.tags
            }
        }
    };
}

entity!(Group {});
entity!(User {
    fn boundary(&self) -> Option<&str> {
        self.permissions_boundary.as_deref()
    }
});
entity!(Role {
    fn boundary(&self) -> Option<&str> {
        self.permissions_boundary.as_deref()
    }

    fn trusted_principals(&self) -> BTreeSet<String> {
        super::trusted_principals::named_in(&self.trust_policy)
    }

    fn is_protected(&self) -> bool {
        self.path.starts_with(crate::iam::roles::service_linked_role::PATH_PREFIX)
    }
});
principal!(User);
principal!(Role);
