//! The `Principal` and `NotPrincipal` elements of resource and trust policies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::arn::{AccountId, Arn};
use crate::principal::Principal;

/// In which of its capacities a resource policy names the caller. The order is that of strength.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
/// says how far each one carries within an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Capacity {
    /// The caller's account: it may pass the permission on by identity-based policies.
    Account,
    /// The caller's role: limited by its permissions boundary and session policies.
    Role,
    /// The user or session itself, or everyone: nothing else is asked.
    Itself,
}

/// One entry of the element.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Everyone,
    Account(AccountId),
    User {
        account: AccountId,
        path_and_name: Box<str>,
    },
    Role {
        account: AccountId,
        path_and_name: Box<str>,
    },
    RoleSession {
        account: AccountId,
        role_and_session: Box<str>,
    },
    FederatedUser {
        account: AccountId,
        name: Box<str>,
    },
    /// The unique id of a user or role, which AWS puts in place of the ARN of a deleted one.
    UniqueId(Box<str>),
    /// An identity provider, by its ARN.
    Provider(Box<str>),
    /// A service, a canonical user, an identity provider without an ARN: never one of our callers.
    Foreign,
}

/// A compiled `Principal` or `NotPrincipal`.
#[derive(Clone, Debug)]
pub(super) struct PrincipalElement {
    negated: bool,
    entries: Box<[Entry]>,
}

impl PrincipalElement {
    /// Compiles entries of the form (kind, text), kind being `*`, `AWS`, `Service`, `Federated` or
    /// `CanonicalUser`.
    ///
    /// # Errors
    /// The position of the first entry that cannot be read.
    pub(super) fn new(negated: bool, entries: &[(&str, &str)]) -> Result<Self, usize> {
        let entries: Result<Box<[Entry]>, usize> =
            entries.iter().enumerate().map(|(at, (kind, text))| entry(kind, text).ok_or(at)).collect();
        Ok(Self { negated, entries: entries? })
    }

    /// Whether it is `"Principal": "*"`.
    pub(super) fn is_everyone(&self) -> bool {
        !self.negated && *self.entries == [Entry::Everyone]
    }

    /// In which capacity the element means `caller`; `None` where it does not.
    ///
    /// `NotPrincipal` with `Deny` spares a caller only when every capacity of it is listed (AWS asks to name
    /// the account, and for a session the role, beside it); with `Allow` it leaves out a caller who is
    /// listed in any capacity (F-IAM-53, the cautious reading of AWS's warnings).
    pub(super) fn capacity(&self, caller: &Principal, denies: bool) -> Option<Capacity> {
        let named = |capacity| self.entries.iter().any(|entry| entry.names(caller) == Some(capacity));
        if !self.negated {
            return self.entries.iter().filter_map(|entry| entry.names(caller)).max();
        }
        let everyone = self.entries.contains(&Entry::Everyone);
        let spared = if denies {
            let is_session = matches!(caller, Principal::AssumedRole { .. });
            let is_root = matches!(caller, Principal::Root { .. });
            everyone
                || (named(Capacity::Itself)
                    && (is_root || named(Capacity::Account))
                    && (!is_session || named(Capacity::Role)))
        } else {
            self.entries.iter().any(|entry| entry.names(caller).is_some())
        };
        if spared { None } else { Some(Capacity::Itself) }
    }
}

impl Entry {
    /// In which capacity this entry names `caller`: a user or session itself (F-IAM-50), by its account
    /// (F-IAM-51), or by its role (F-IAM-52).
    fn names(&self, caller: &Principal) -> Option<Capacity> {
        let itself = |yes: bool| yes.then_some(Capacity::Itself);
        match (self, caller) {
            (Self::Everyone, _) => Some(Capacity::Itself),
            // F-WEB-6: somebody of an identity provider is of no account.
            (Self::Provider(arn), Principal::WebIdentity { provider, .. }) => itself(**arn == **provider),
            (Self::Account(_), Principal::WebIdentity { .. }) => None,
            (Self::Account(account), Principal::Root { account: own }) => itself(account == own),
            (Self::Account(account), _) => (*account == caller.account()).then_some(Capacity::Account),
            (Self::User { account, path_and_name }, Principal::User { account: own, path, name, .. }) => {
                itself(account == own && is_joined(path_and_name, path, name))
            }
            (
                Self::Role { account, path_and_name },
                Principal::AssumedRole { account: own, role_path, role_name, .. },
            ) => (account == own && is_joined(path_and_name, role_path, role_name)).then_some(Capacity::Role),
            (
                Self::RoleSession { account, role_and_session },
                Principal::AssumedRole { account: own, role_name, session_name, .. },
            ) => itself(
                account == own
                    && role_and_session.split_once('/') == Some((role_name.as_str(), session_name.as_str())),
            ),
            (
                Self::FederatedUser { account, name },
                Principal::FederatedUser { account: own, name: own_name },
            ) => itself(account == own && **name == **own_name),
            (Self::UniqueId(wanted), Principal::User { id, .. }) => itself(**wanted == **id),
            (Self::UniqueId(wanted), Principal::AssumedRole { role_id, .. }) => {
                (**wanted == **role_id).then_some(Capacity::Role)
            }
            _ => None,
        }
    }
}

/// Whether `joined` is `first` followed by `second`.
fn is_joined(joined: &str, first: &str, second: &str) -> bool {
    joined.strip_prefix(first) == Some(second)
}

/// Reads one entry; `None` where `text` names no principal (F-IAM-54).
fn entry(kind: &str, text: &str) -> Option<Entry> {
    match kind {
        "*" => Some(Entry::Everyone),
        "AWS" if text == "*" => Some(Entry::Everyone),
        "AWS" => aws_entry(text),
        "Federated" if Arn::parse(text).is_some() => Some(Entry::Provider(text.into())),
        "Service" | "Federated" | "CanonicalUser" => Some(Entry::Foreign),
        _ => None,
    }
}

/// Reads an entry of the kind `AWS`.
fn aws_entry(text: &str) -> Option<Entry> {
    if let Ok(account) = text.parse() {
        return Some(Entry::Account(account));
    }
    let Some(arn) = Arn::parse(text) else {
        let is_unique_id = ["AIDA", "AROA"].iter().any(|prefix| text.starts_with(prefix))
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        return is_unique_id.then(|| Entry::UniqueId(text.into()));
    };
    let account = arn.account.parse().ok()?;
    // Wildcards stand for everyone or not at all: no part of a principal's name may hold one.
    if !arn.region.is_empty() || arn.resource.contains(['*', '?']) {
        return None;
    }
    match (arn.service, arn.resource) {
        ("iam", "root") => Some(Entry::Account(account)),
        ("iam", resource) => {
            if let Some(name) = resource.strip_prefix("user/") {
                Some(Entry::User { account, path_and_name: format!("/{name}").into() })
            } else {
                let name = resource.strip_prefix("role/")?;
                Some(Entry::Role { account, path_and_name: format!("/{name}").into() })
            }
        }
        ("sts", resource) => {
            if let Some(role_and_session) = resource.strip_prefix("assumed-role/") {
                role_and_session.split_once('/')?;
                Some(Entry::RoleSession { account, role_and_session: role_and_session.into() })
            } else {
                let name = resource.strip_prefix("federated-user/")?;
                Some(Entry::FederatedUser { account, name: name.into() })
            }
        }
        _ => None,
    }
}
