//! The quotas of AWS Organizations, as data: AWS's defaults, each of which a person may set.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>

use crate::model::organizations::PolicyType;
use crate::state::organization::Organization;

/// F-ORGS-CREATE-3: accounts of an organization that nobody gave more, the management account included (observed).
const ACCOUNTS: u32 = 10;
/// F-ORGS-QUOTA-2: accounts that an organization of a seed file has room for, beside those of the file.
pub(crate) const ROOM_IN_A_SEED: u32 = 10;

/// Declares the quotas that are one number each: the field, its name and AWS's default.
macro_rules! numbers {
    ($($(#[$doc:meta])* $field:ident = $name:literal, $default:literal;)+) => {
        /// The quotas in force. What nobody set is AWS's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Quotas {
            /// F-ORGS-QUOTA-2: accounts of every organization, where somebody set it.
            accounts: Option<u32>,
            /// Policies of one type in an organization, where somebody set it for all types.
            policies: Option<u32>,
            /// Characters of a policy's document, where somebody set it for all types.
            policy_size: Option<u32>,
            /// Policies of one type on one target, where somebody set it for all types.
            policies_per_target: Option<u32>,
            $($(#[$doc])* pub $field: u32,)+
        }

        impl Quotas {
            /// AWS's.
            pub const AWS: Self = Self {
                accounts: None,
                policies: None,
                policy_size: None,
                policies_per_target: None,
                $($field: $default,)+
            };

            /// The names of all quotas, in the order in which they are listed.
            pub const NAMES: &'static [&'static str] =
                &["accounts", "policies", "policy-size", "policies-per-target", $($name,)+];

            /// The place of a number; `None` where nothing is called so.
            fn place(&mut self, name: &str) -> Option<&mut u32> {
                match name {
                    "accounts" => Some(self.accounts.insert(0)),
                    "policies" => Some(self.policies.insert(0)),
                    "policy-size" => Some(self.policy_size.insert(0)),
                    "policies-per-target" => Some(self.policies_per_target.insert(0)),
                    $($name => Some(&mut self.$field),)+
                    _ => None,
                }
            }
        }
    };
}

numbers! {
    /// F-ORGS-CREATE-4: account creations at a time.
    concurrent_creations = "concurrent-account-creations", 5;
    /// F-ORGS-CLOSE-4: closures in 30 days that an organization has at least; a fifth of its members, if that is more.
    closures = "account-closures", 250;
    /// F-ORGS-CLOSE-4: closures in 30 days that it has at most.
    most_closures = "most-account-closures", 1_000;
    /// F-ORGS-CLOSE-5: closures at a time.
    concurrent_closures = "concurrent-account-closures", 3;
    /// F-ORGS-LEAVE-1: how long an account that was created in an organization stays in it, in days.
    age_to_leave_days = "days-before-leaving", 4;
    /// F-ORGS-INVITE-5: attempts to invite in 24 hours; as many as accounts, if that is more.
    invitations_a_day = "invitations-per-day", 20;
    /// F-ORGS-OU-2: organizational units of an organization.
    units = "organizational-units", 2_000;
    /// F-ORGS-OU-1: levels of units below the root.
    unit_depth = "organizational-unit-depth", 5;
    /// F-ORGS-TAG-1: tags of one resource.
    tags = "tags", 50;
}

impl Quotas {
    /// Reads a list such as `accounts=500,tags=60`; what it does not name stays AWS's.
    ///
    /// # Errors
    /// What is wrong, as one sentence. An unknown name is told with the names there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut quotas = Self::AWS;
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (name, number) = entry
                .split_once('=')
                .ok_or_else(|| format!("`{entry}` is not a name and a number, such as accounts=500"))?;
            let (name, number) = (name.trim(), number.trim());
            let place = quotas
                .place(name)
                .ok_or_else(|| format!("there is no quota `{name}`; there are {}", Self::NAMES.join(", ")))?;
            *place = number
                .parse()
                .ok()
                .filter(|number| (1..=MOST).contains(number))
                .ok_or_else(|| format!("`{number}` is no number from 1 to {MOST} for {name}"))?;
        }
        Ok(quotas)
    }

    /// F-ORGS-QUOTA-2: accounts of an organization: the number that was set for all, or the one that its seed file gave it, or
    /// AWS's.
    pub(crate) fn accounts(&self, organization: &Organization) -> usize {
        number(self.accounts.or(organization.account_quota).unwrap_or(ACCOUNTS))
    }

    /// F-ORGS-POL-1: policies of one type in an organization (quotas page; those that it does not list *assumed*).
    pub fn policies(&self, kind: PolicyType) -> u32 {
        self.policies.unwrap_or(match kind {
            PolicyType::ServiceControlPolicy => 10_000,
            PolicyType::ResourceControlPolicy => 2_000,
            _ => 1_000,
        })
    }

    /// F-ORGS-POL-2: the size of a document in characters (quotas page; types that it does not list *assumed*).
    pub fn policy_size(&self, kind: PolicyType) -> usize {
        number(self.policy_size.unwrap_or(match kind {
            PolicyType::ServiceControlPolicy => 10_240,
            PolicyType::ResourceControlPolicy => 5_120,
            PolicyType::AiservicesOptOutPolicy => 2_500,
            _ => 10_000,
        }))
    }

    /// F-ORGS-POL-7: policies of one type on one target (quotas page; types that it does not list *assumed*).
    pub fn policies_per_target(&self, kind: PolicyType) -> usize {
        number(self.policies_per_target.unwrap_or(match kind {
            PolicyType::ResourceControlPolicy
            | PolicyType::AiservicesOptOutPolicy
            | PolicyType::ChatbotPolicy => 5,
            _ => 10,
        }))
    }
}

/// The most that a quota can be set to: every list of what counts stays one that memory holds.
pub(crate) const MOST: u32 = 100_000;

/// A quota as a count of things.
pub(crate) fn number(quota: u32) -> usize {
    usize::try_from(quota).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-ORGS-QUOTA-1.
    #[test]
    fn every_quota_is_set_by_its_name() {
        for name in Quotas::NAMES {
            let quotas = Quotas::parse(&format!(" {name} = 77 ,")).expect("a list");
            assert_ne!(quotas, Quotas::AWS, "{name}");
        }
        assert_eq!(Quotas::parse(""), Ok(Quotas::AWS));
        let quotas = Quotas::parse("accounts=500,tags=60,policies-per-target=7").expect("a list");
        assert_eq!((quotas.accounts, quotas.tags), (Some(500), 60));
        assert_eq!(quotas.policies_per_target(PolicyType::TagPolicy), 7);
        assert_eq!(quotas.policies(PolicyType::TagPolicy), 1_000);
    }

    /// F-ORGS-QUOTA-1.
    #[test]
    fn what_is_no_quota_is_told_with_those_that_are() {
        let problem = Quotas::parse("acounts=5").expect_err("no such quota");
        assert!(
            problem.contains("`acounts`") && problem.contains("accounts, policies, policy-size"),
            "{problem}"
        );
        for text in ["accounts", "accounts=", "accounts=0", "accounts=-1", "accounts=many", "tags=100001"] {
            assert!(Quotas::parse(text).is_err(), "{text}");
        }
    }
}
