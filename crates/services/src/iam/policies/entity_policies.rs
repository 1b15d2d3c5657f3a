//! The operations on inline policies and attachments, which are the same for users, groups and roles in all but the
//! names of their members.

use super::{attachment, inline_policy};
use crate::failure::Failure;
use crate::iam::{On, model};
use crate::world::World;

/// The seven operations for one kind of entity: its document, the member that names it, and the names of the
/// operations with the shapes of what they take and give.
macro_rules! operations_on {
    ($module:ident: $entity:ident by $name:ident; $put:ident; $get:ident -> $got:ident; $delete:ident;
     $list:ident = $list_name:literal -> $listed:ident; $attach:ident; $detach:ident;
     $list_attached:ident = $list_attached_name:literal -> $attached:ident) => {
        #[doc = concat!("Of a ", stringify!($module), ".")]
        pub(crate) mod $module {
            use super::*;
            use crate::state::identity::$entity;

            /// Adds or replaces an inline policy.
            pub(crate) fn put(on: &On<'_>, input: model::$put, world: &mut World<'_>) -> Result<(), Failure> {
                let document = &input.policy_document;
                inline_policy::put::<$entity>(on, input.$name.as_str(), input.policy_name, document, world)
            }

            /// An inline policy.
            pub(crate) fn get(
                on: &On<'_>,
                input: model::$get,
                world: &World<'_>,
            ) -> Result<model::$got, Failure> {
                let policy_name = input.policy_name;
                let (name, policy_document) =
                    inline_policy::get::<$entity>(on, input.$name.as_str(), &policy_name, world)?;
                Ok(model::$got { $name: name.into(), policy_name, policy_document })
            }

            /// Removes an inline policy.
            pub(crate) fn delete(
                on: &On<'_>,
                input: model::$delete,
                world: &mut World<'_>,
            ) -> Result<(), Failure> {
                inline_policy::delete::<$entity>(on, input.$name.as_str(), &input.policy_name, world)
            }

            /// The names of the inline policies.
            pub(crate) fn list(
                on: &On<'_>,
                input: model::$list,
                world: &World<'_>,
            ) -> Result<model::$listed, Failure> {
                let page = (input.marker, input.max_items);
                let page = inline_policy::list::<$entity>(on, $list_name, input.$name.as_str(), page, world)?;
                Ok(model::$listed {
                    policy_names: page.items,
                    is_truncated: page.is_truncated,
                    marker: page.marker,
                })
            }

            /// Attaches a managed policy.
            pub(crate) fn attach(
                on: &On<'_>,
                input: model::$attach,
                world: &mut World<'_>,
            ) -> Result<(), Failure> {
                attachment::attach::<$entity>(on, input.$name.as_str(), &input.policy_arn, world)
            }

            /// Detaches a managed policy.
            pub(crate) fn detach(
                on: &On<'_>,
                input: model::$detach,
                world: &mut World<'_>,
            ) -> Result<(), Failure> {
                attachment::detach::<$entity>(on, input.$name.as_str(), &input.policy_arn, world)
            }

            /// The managed policies that are attached.
            pub(crate) fn list_attached(
                on: &On<'_>,
                input: model::$list_attached,
                world: &World<'_>,
            ) -> Result<model::$attached, Failure> {
                let page = (input.marker, input.max_items);
                let (name, prefix) = (input.$name.as_str(), input.path_prefix.as_ref());
                let page = attachment::list::<$entity>(on, $list_attached_name, name, prefix, page, world)?;
                Ok(model::$attached {
                    attached_policies: Some(page.items),
                    is_truncated: page.is_truncated,
                    marker: page.marker,
                })
            }
        }
    };
}

operations_on! {
    user: User by user_name;
    PutUserPolicyRequest;
    GetUserPolicyRequest -> GetUserPolicyResponse;
    DeleteUserPolicyRequest;
    ListUserPoliciesRequest = "ListUserPolicies" -> ListUserPoliciesResponse;
    AttachUserPolicyRequest;
    DetachUserPolicyRequest;
    ListAttachedUserPoliciesRequest = "ListAttachedUserPolicies" -> ListAttachedUserPoliciesResponse
}
operations_on! {
    role: Role by role_name;
    PutRolePolicyRequest;
    GetRolePolicyRequest -> GetRolePolicyResponse;
    DeleteRolePolicyRequest;
    ListRolePoliciesRequest = "ListRolePolicies" -> ListRolePoliciesResponse;
    AttachRolePolicyRequest;
    DetachRolePolicyRequest;
    ListAttachedRolePoliciesRequest = "ListAttachedRolePolicies" -> ListAttachedRolePoliciesResponse
}
operations_on! {
    group: Group by group_name;
    PutGroupPolicyRequest;
    GetGroupPolicyRequest -> GetGroupPolicyResponse;
    DeleteGroupPolicyRequest;
    ListGroupPoliciesRequest = "ListGroupPolicies" -> ListGroupPoliciesResponse;
    AttachGroupPolicyRequest;
    DetachGroupPolicyRequest;
    ListAttachedGroupPoliciesRequest = "ListAttachedGroupPolicies" -> ListAttachedGroupPoliciesResponse
}
