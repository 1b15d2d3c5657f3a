//! What is known of the segments in which accounts are listed, so that none is listed twice.

use std::collections::BTreeSet;

use aws::arn::AccountId;

/// The accounts that are known to be listed in the newest segment. Only what was committed is noted.
#[derive(Default)]
pub(super) struct Listed {
    /// The segment.
    pub segment: u64,
    accounts: BTreeSet<AccountId>,
}

impl Listed {
    /// Whether an account is known to be listed in a segment.
    pub fn has(&self, account: &AccountId, segment: u64) -> bool {
        self.segment == segment && self.accounts.contains(account)
    }

    /// Notes accounts that were listed in a segment.
    pub fn note(&mut self, accounts: &BTreeSet<AccountId>, segment: u64) {
        if self.segment != segment {
            *self = Self { segment, accounts: BTreeSet::new() };
        }
        self.accounts.extend(accounts);
    }
}
