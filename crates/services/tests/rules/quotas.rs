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
        assert_eq!(rate(operation), Rate { per_second, burst }, "{name}");
    }
}

#[test]
fn lookups_have_a_rate_of_their_own_f_trail_8() {
    assert_eq!(services::cloudtrail::LOOKUP_RATE, Rate { per_second: 2, burst: 2 });
}
