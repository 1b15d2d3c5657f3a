//! Request rates that `--throttle aws` applies, and the buckets that calls pay from.

use aws::arn::AccountId;
use aws::throttle::Rate;

/// The rates of one operation; none where AWS is not known to have any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// For each account that calls.
    pub account: Option<Rate>,
    /// For all accounts of an organization together.
    pub organization: Option<Rate>,
    /// Whether the operations of the service that have rates draw on one bucket.
    pub is_shared: bool,
}

impl Rates {
    /// One rate for each account.
    pub const fn of_accounts(rate: Rate) -> Self {
        Self { account: Some(rate), organization: None, is_shared: false }
    }

    /// The same, and one for the accounts of an organization together.
    #[must_use]
    pub const fn and_of_organizations(self, rate: Rate) -> Self {
        Self { organization: Some(rate), ..self }
    }

    /// The same, drawn on together with the service's other operations.
    #[must_use]
    pub const fn shared(self) -> Self {
        Self { is_shared: true, ..self }
    }
}

/// Whose calls a bucket counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payer {
    /// One account's.
    Account(AccountId),
    /// Those of all accounts of the organization with this management account.
    Organization(AccountId),
}

/// What a bucket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// Whose calls it counts.
    pub payer: Payer,
    /// The service's signing name.
    pub service: &'static str,
    /// The operation; `None` where the service's operations share the bucket.
    pub operation: Option<&'static str>,
}
