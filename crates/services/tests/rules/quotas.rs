//! Published request rates: F-QUOTA-1, F-QUOTA-2, F-TRAIL-8.

use aws::throttle::Rate;
use services::account::model::Operation;
use services::account::quotas::rate;

/// The quotas page of the reference; the last three are not on it and have the rate of the most similar one.
const PUBLISHED: [(&str, u32, u32); 18] = [
    ("AcceptPrimaryEmailUpdate", 1, 1),
    ("DeleteAlternateContact", 1, 6),
    ("DisableRegion", 1, 1),
    ("EnableRegion", 1, 1),
    ("GetAccountInformation", 3, 3),
    ("GetAlternateContact", 10, 15),
    ("GetContactInformation", 10, 15),
    ("GetGovCloudAccountInformation", 3, 5),
    ("GetPrimaryEmail", 3, 3),
    ("GetRegionOptStatus", 5, 5),
    ("ListRegions", 5, 5),
    ("PutAccountName", 1, 1),
    ("PutAlternateContact", 5, 8),
    ("PutContactInformation", 5, 8),
    ("StartPrimaryEmailUpdate", 1, 1),
    ("GetPrimaryEmailUpdateStatus", 3, 3),
    ("SendPhoneNumberVerification", 1, 1),
    ("VerifyPhoneNumber", 1, 1),
];

#[test]
fn every_operation_has_the_published_rate_f_quota_1_f_quota_2() {
    for &operation in Operation::ALL {
        let name = operation.name();
        let published = PUBLISHED.iter().find(|(published, ..)| *published == name);
        let &(_, per_second, burst) = published.expect("every operation has a rate");
        assert_eq!(rate(operation), Rate::per_second(per_second, burst), "{name}");
    }
}

#[test]
fn lookups_have_a_rate_of_their_own_f_trail_8() {
    assert_eq!(services::cloudtrail::LOOKUP_RATE, Rate::per_second(2, 2));
}

/// The quotas page of Organizations: rate and burst for an account, and for its organization.
#[test]
fn organizations_has_the_published_rates_f_quota_5() {
    use services::organizations::model::Operation as O;
    use services::organizations::rates::rates;
    use services::service::Rates;
    let both = |account, organization| Rates::of_accounts(account).and_of_organizations(organization);
    let published = [
        (O::CloseAccount, Rates::of_accounts(Rate::per_minute(3, 1))),
        (O::CreateAccount, Rates::of_accounts(Rate::per_minute(6, 3))),
        (O::DescribeAccount, both(Rate::per_second(20, 30), Rate::per_second(24, 36))),
        (O::ListAccounts, both(Rate::per_second(8, 12), Rate::per_second(9, 15))),
        (O::ListRoots, both(Rate::per_second(1, 2), Rate::per_second(1, 3))),
        (O::MoveAccount, Rates::of_accounts(Rate::per_second(2, 3))),
        (O::TagResource, Rates::of_accounts(Rate::per_second(4, 6))),
    ];
    for (operation, expected) in published {
        assert_eq!(rates(operation), expected, "{}", operation.name());
    }
}

/// F-QUOTA-6, F-QUOTA-7.
#[test]
fn the_operations_of_sts_share_a_rate_and_those_of_iam_have_one_each_f_quota_6_f_quota_7() {
    use services::service::{Operation, Service};
    for operation in Operation::supported(Service::Sts) {
        assert_eq!(
            operation.rates(),
            services::service::Rates::of_accounts(Rate::per_second(600, 600)).shared()
        );
    }
    for operation in Operation::supported(Service::Iam) {
        let rates = operation.rates();
        assert!(rates.account.is_some() && rates.organization.is_none() && !rates.is_shared);
    }
}
