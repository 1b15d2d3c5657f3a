//! Keys of documents: `<kind>/<id>`. Every kind has ids of a type of its own, and the text of a key is written and read
//! here alone, so that no document can be asked for by the id of another kind.

use std::marker::PhantomData;

use aws::arn::AccountId;

use super::{Document, Fault};

/// An id of a document, or a part of one.
pub trait Part<'k>: Copy {
    /// How many bytes it takes in a key.
    fn size(self) -> usize;

    /// Writes it to the end of a key.
    fn write(self, key: &mut String);

    /// Reads it back; `None` where the text is not what [`Part::write`] writes.
    fn read(text: &'k str) -> Option<Self>;
}

impl<'k> Part<'k> for &'k str {
    fn size(self) -> usize {
        self.len()
    }

    fn write(self, key: &mut String) {
        key.push_str(self);
    }

    fn read(text: &'k str) -> Option<Self> {
        Some(text)
    }
}

impl<'k> Part<'k> for AccountId {
    fn size(self) -> usize {
        self.as_str().len()
    }

    fn write(self, key: &mut String) {
        key.push_str(self.as_str());
    }

    fn read(text: &'k str) -> Option<Self> {
        text.parse().ok()
    }
}

/// The id of a document of which there is one.
#[derive(Clone, Copy)]
pub struct Current;

impl Current {
    const TEXT: &'static str = "current";
}

impl<'k> Part<'k> for Current {
    fn size(self) -> usize {
        Self::TEXT.len()
    }

    fn write(self, key: &mut String) {
        key.push_str(Self::TEXT);
    }

    fn read(text: &'k str) -> Option<Self> {
        (text == Self::TEXT).then_some(Self)
    }
}

/// A text that is the same whatever its case. A key holds it in lower case.
#[derive(Clone, Copy)]
pub struct CaseInsensitive<'k>(pub &'k str);

impl<'k> Part<'k> for CaseInsensitive<'k> {
    fn size(self) -> usize {
        self.0.len()
    }

    fn write(self, key: &mut String) {
        if self.0.is_ascii() {
            let begin = key.len();
            key.push_str(self.0);
            key[begin..].make_ascii_lowercase();
        } else {
            key.push_str(&self.0.to_lowercase());
        }
    }

    fn read(text: &'k str) -> Option<Self> {
        let is_lower_case = if text.is_ascii() {
            !text.bytes().any(|byte| byte.is_ascii_uppercase())
        } else {
            text.to_lowercase() == text
        };
        is_lower_case.then_some(Self(text))
    }
}

/// The id of what has a name in an account that is unique without regard to case: a user, a group, a role, a
/// customer-managed policy (F-IAMAPI-ID-1).
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub struct Named<'k, D> {
    account: AccountId,
    name: CaseInsensitive<'k>,
    kind: PhantomData<fn() -> D>,
}

impl<'k, D: Document> Named<'k, D> {
    /// The id of what has this name in this account.
    pub fn new(account: AccountId, name: &'k str) -> Self {
        Self { account, name: CaseInsensitive(name), kind: PhantomData }
    }

    /// The name; in lower case where the id was read from a key.
    pub fn name(self) -> &'k str {
        self.name.0
    }

    /// All that have names in this account.
    pub fn within(account: AccountId) -> Prefix<D> {
        Prefix::within(account)
    }
}

impl<D> Clone for Named<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Named<'_, D> {}

/// Two names that mean one document are equal.
impl<D> PartialEq for Named<'_, D> {
    fn eq(&self, other: &Self) -> bool {
        self.account == other.account && self.name.0.to_lowercase() == other.name.0.to_lowercase()
    }
}

impl<'k, D: Document> Part<'k> for Named<'k, D> {
    fn size(self) -> usize {
        self.account.size() + 1 + self.name.size()
    }

    fn write(self, key: &mut String) {
        self.account.write(key);
        key.push('/');
        self.name.write(key);
    }

    fn read(text: &'k str) -> Option<Self> {
        let (account, name) = text.split_once('/')?;
        Some(Self { account: Part::read(account)?, name: Part::read(name)?, kind: PhantomData })
    }
}

/// Declares the type of a kind's ids: of one text, or of parts with slashes between them. Where they stand together
/// in lists by their first parts, a `;` follows those, and `within` makes the prefix of such a list.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident($type:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<'k>(pub $type);

        impl<'k> $crate::world::key::Part<'k> for $name<'k> {
            fn size(self) -> usize {
                self.0.size()
            }

            fn write(self, key: &mut String) {
                self.0.write(key);
            }

            fn read(text: &'k str) -> Option<Self> {
                $crate::world::key::Part::read(text).map(Self)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident of $document:ident {
        $($(#[$first_doc:meta])* $first:ident: $first_type:ty),+;
        $($(#[$rest_doc:meta])* $rest:ident: $rest_type:ty),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<'k> {
            $($(#[$first_doc])* pub $first: $first_type,)+
            $($(#[$rest_doc])* pub $rest: $rest_type,)+
        }

        impl<'k> $name<'k> {
            /// All that agree in the first parts of their ids.
            pub fn within($($first: $first_type),+) -> $crate::world::key::Prefix<$document> {
                $crate::world::key::Prefix::empty()$(.followed_by($first, '/'))+
            }
        }

        impl<'k> $crate::world::key::Part<'k> for $name<'k> {
            fn size(self) -> usize {
                let slashes = [$(stringify!($first),)+ $(stringify!($rest),)+].len() - 1;
                slashes $(+ self.$first.size())+ $(+ self.$rest.size())+
            }

            fn write(self, key: &mut String) {
                $(
                    self.$first.write(key);
                    key.push('/');
                )+
                $(
                    self.$rest.write(key);
                    key.push('/');
                )+
                key.pop();
            }

            fn read(text: &'k str) -> Option<Self> {
                // The last part may itself have slashes in it.
                let mut parts = text.splitn([$(stringify!($first),)+ $(stringify!($rest),)+].len(), '/');
                Some(Self {
                    $($first: $crate::world::key::Part::read(parts.next()?)?,)+
                    $($rest: $crate::world::key::Part::read(parts.next()?)?,)+
                })
            }
        }
    };
}
pub(crate) use id;

/// Lets a value of a model's enum be a part of ids, as the model writes it.
macro_rules! enum_part {
    ($type:ty) => {
        impl<'k> $crate::world::key::Part<'k> for $type {
            fn size(self) -> usize {
                self.as_str().len()
            }

            fn write(self, key: &mut String) {
                key.push_str(self.as_str());
            }

            fn read(text: &'k str) -> Option<Self> {
                text.parse().ok()
            }
        }
    };
}
pub(crate) use enum_part;

/// The key of a document of kind `D`.
pub struct Key<D> {
    text: String,
    kind: PhantomData<fn() -> D>,
}

impl<D: Document> Key<D> {
    /// The key of the document with this id.
    pub fn of(id: D::Id<'_>) -> Self {
        let mut text = String::with_capacity(D::KIND.len() + 2 + id.size());
        text.push_str(D::KIND);
        text.push('/');
        id.write(&mut text);
        Self { text, kind: PhantomData }
    }

    /// A key that a store gave for a prefix of this kind.
    pub(crate) fn stored(text: String) -> Self {
        Self { text, kind: PhantomData }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key as text, by value.
    pub fn into_string(self) -> String {
        self.text
    }

    /// The id of the document.
    ///
    /// # Errors
    /// The store holds a key that no id of this kind has.
    pub fn id(&self) -> Result<D::Id<'_>, Fault> {
        let id = self.text.get(D::KIND.len() + 1..).and_then(D::Id::read);
        id.ok_or_else(|| Fault::Broken(format!("`{}` is not a key of its kind", self.text)))
    }

    /// What follows a prefix that this key begins with.
    pub fn place(&self, prefix: &Prefix<D>) -> &str {
        self.text.strip_prefix(prefix.as_str()).unwrap_or_default()
    }
}

/// What keys of kind `D` that stand together begin with.
pub struct Prefix<D> {
    text: String,
    kind: PhantomData<fn() -> D>,
}

impl<D: Document> Prefix<D> {
    /// Of all keys of the kind.
    pub fn empty() -> Self {
        // Room for most ids, so that most prefixes and the places after them are written without growing.
        let mut text = String::with_capacity(D::KIND.len() + 64);
        text.push_str(D::KIND);
        text.push('/');
        Self { text, kind: PhantomData }
    }

    /// Of all keys whose ids begin with this part and a slash.
    pub fn within<'k>(part: impl Part<'k>) -> Self {
        Self::empty().followed_by(part, '/')
    }

    /// The same, with another part and what separates it from the next.
    pub(crate) fn followed_by<'k>(mut self, part: impl Part<'k>, separator: char) -> Self {
        part.write(&mut self.text);
        self.text.push(separator);
        self
    }

    /// The prefix as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::organizations::{ChildType, PolicyType};
    use crate::state::account::{EmailAddress, EmailOwner};
    use crate::state::identity::{
        EntityKind, GroupMember, GroupMemberId, PolicyEntity, PolicyEntityId, RoleDeletion, RoleDeletionId,
        RoleId, SessionKey, TrustedPrincipal, TrustedPrincipalId, User, UserId,
    };
    use crate::state::organization::{
        Child, ChildId, HandshakeOf, HandshakeOfId, Organization, OrganizationId, PolicyName, PolicyNameId,
        UnitName, UnitNameId,
    };

    const ACCOUNT: &str = "111122223333";

    fn account() -> AccountId {
        ACCOUNT.parse().expect("an account id")
    }

    /// The text of a key, after it was read and written once more.
    fn text<D: Document>(id: D::Id<'_>) -> String {
        let key = Key::<D>::of(id);
        let again = Key::<D>::of(key.id().expect("what was written can be read"));
        assert_eq!(again.as_str(), key.as_str());
        key.into_string()
    }

    #[test]
    fn keys_have_the_texts_that_are_stored() {
        let (name, account) = (CaseInsensitive("Ann"), account());
        assert_eq!(text::<User>(UserId::new(account, "Ann")), "user/111122223333/ann");
        assert_eq!(text::<Organization>(OrganizationId("o-exampleorg")), "organization/o-exampleorg");
        assert_eq!(text::<EmailOwner>(EmailAddress(CaseInsensitive("Ä@x"))), "email/ä@x");
        let member = GroupMemberId { account, group: CaseInsensitive("Dev"), user: name };
        assert_eq!(text::<GroupMember>(member), "group-member/111122223333/dev/ann");
        let entity = PolicyEntityId { account, policy: "aws:Billing", kind: EntityKind::User, name };
        assert_eq!(text::<PolicyEntity>(entity), "policy-entity/111122223333/aws:Billing/user/ann");
        let role = RoleId::new(account, "Deploy");
        let trusted = TrustedPrincipalId { arn: "arn:aws:iam::111122223333:user/Ann", role };
        assert_eq!(
            text::<TrustedPrincipal>(trusted),
            "trusted-principal/arn:aws:iam::111122223333:user/Ann 111122223333/deploy"
        );
        let deletion = RoleDeletionId { account, task: "task/aws-service-role/x/y" };
        assert_eq!(text::<RoleDeletion>(deletion), "role-deletion/111122223333/task/aws-service-role/x/y");
        assert_eq!(text::<SessionKey>(Current), "session-key/current");
        let child = ChildId { parent: "r-ab12", kind: ChildType::Account, child: ACCOUNT };
        assert_eq!(text::<Child>(child), "child/r-ab12/ACCOUNT/111122223333");
    }

    #[test]
    fn names_and_addresses_may_have_slashes_in_them() {
        let unit = UnitNameId { parent: "r-ab12", name: "R/D" };
        assert_eq!(text::<UnitName>(unit), "ou-name/r-ab12/R/D");
        let policy = PolicyNameId { organization: "o-1", kind: PolicyType::TagPolicy, name: "a/b" };
        assert_eq!(text::<PolicyName>(policy), "policy-name/o-1/TAG_POLICY/a/b");
        let handshake = HandshakeOfId { owner: "a/b@example.com", handshake: "h-1" };
        assert_eq!(text::<HandshakeOf>(handshake), "handshake-of/a/b@example.com/h-1");
    }

    #[test]
    fn what_no_id_writes_is_no_id() {
        for wrong in ["user/111122223333/Ann", "user/1111/ann", "user/111122223333"] {
            assert!(Key::<User>::stored(wrong.to_owned()).id().is_err(), "{wrong}");
        }
        assert!(Key::<SessionKey>::stored("session-key/old".to_owned()).id().is_err());
        assert!(Key::<Child>::stored("child/r-ab12/OTHER/1".to_owned()).id().is_err());
    }

    #[test]
    fn a_place_is_what_follows_a_prefix() {
        let members = GroupMemberId::within(account(), CaseInsensitive("Dev"));
        assert_eq!(members.as_str(), "group-member/111122223333/dev/");
        let key = Key::<GroupMember>::stored("group-member/111122223333/dev/ann".to_owned());
        assert_eq!(key.place(&members), "ann");
    }
}
