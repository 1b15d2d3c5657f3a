//! The Regions of the commercial partition.
//!
//! F-REG-7: the lists that were observed: 17 that are enabled by default and 17 to opt in to.

/// Regions that every account has and none can switch off.
pub const ENABLED_BY_DEFAULT: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Regions that are off until an account opts in.
pub const OPT_IN: [&str; 17] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// All Regions in order of their names.
pub const ALL: [&str; 34] = merged();

const fn merged() -> [&'static str; 34] {
    let mut all = [""; 34];
    let (mut left, mut right) = (0, 0);
    while left + right < 34 {
        let from_left = right == 17 || (left < 17 && is_before(ENABLED_BY_DEFAULT[left], OPT_IN[right]));
        if from_left {
            all[left + right] = ENABLED_BY_DEFAULT[left];
            left += 1;
        } else {
            all[left + right] = OPT_IN[right];
            right += 1;
        }
    }
    all
}

const fn is_before(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut place = 0;
    while place < one.len() && place < other.len() {
        if one[place] != other[place] {
            return one[place] < other[place];
        }
        place += 1;
    }
    one.len() < other.len()
}

/// Whether every account has this Region.
pub fn is_enabled_by_default(region: &str) -> bool {
    ENABLED_BY_DEFAULT.contains(&region)
}

/// Whether accounts may switch this Region.
pub fn is_opt_in(region: &str) -> bool {
    OPT_IN.contains(&region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regions_are_in_order_of_their_names() {
        assert!(ALL.is_sorted());
        assert_eq!(ALL.iter().filter(|region| is_opt_in(region)).count(), 17);
        assert_eq!(ALL[0], "af-south-1");
    }
}
