//! DescribeAvailabilityZones: the zones of a Region.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html>

use aws::refusal::Refusal;

use super::describe_regions::{DRY_RUN, matches_wildcards};
use super::model::{
    AvailabilityZone, AvailabilityZoneOptInStatus, AvailabilityZoneState, DescribeAvailabilityZonesRequest,
    DescribeAvailabilityZonesResult, Filter,
};
use crate::authority::access::Permitted;
use crate::failure::Failure;

/// Letters of names with numbers of ids.
type Zones = &'static [(char, u8)];

/// F-EC2-12: for each Region what the ids of its zones begin with, and its zones: the letter of a name and the number of
/// an id. AWS gives other names to the same zones in other accounts; here they are the same in all of them.
const ZONES: &[(&str, &str, Zones)] = &[
    ("af-south-1", "afs1", THREE),
    ("ap-east-1", "ape1", THREE),
    ("ap-east-2", "ape2", THREE),
    ("ap-northeast-1", "apne1", &[('a', 4), ('c', 1), ('d', 2)]),
    ("ap-northeast-2", "apne2", FOUR),
    ("ap-northeast-3", "apne3", THREE),
    ("ap-south-1", "aps1", THREE),
    ("ap-south-2", "aps2", THREE),
    ("ap-southeast-1", "apse1", THREE),
    ("ap-southeast-2", "apse2", THREE),
    ("ap-southeast-3", "apse3", THREE),
    ("ap-southeast-4", "apse4", THREE),
    ("ap-southeast-5", "apse5", THREE),
    ("ap-southeast-6", "apse6", THREE),
    ("ap-southeast-7", "apse7", THREE),
    ("ca-central-1", "cac1", &[('a', 1), ('b', 2), ('d', 4)]),
    ("ca-west-1", "caw1", THREE),
    ("eu-central-1", "euc1", THREE),
    ("eu-central-2", "euc2", THREE),
    ("eu-north-1", "eun1", THREE),
    ("eu-south-1", "eus1", THREE),
    ("eu-south-2", "eus2", THREE),
    ("eu-west-1", "euw1", THREE),
    ("eu-west-2", "euw2", THREE),
    ("eu-west-3", "euw3", THREE),
    ("il-central-1", "ilc1", THREE),
    ("me-central-1", "mec1", THREE),
    ("me-south-1", "mes1", THREE),
    ("mx-central-1", "mxc1", THREE),
    ("sa-east-1", "sae1", THREE),
    ("us-east-1", "use1", &[('a', 1), ('b', 2), ('c', 3), ('d', 4), ('e', 5), ('f', 6)]),
    ("us-east-2", "use2", THREE),
    ("us-west-1", "usw1", &[('a', 1), ('c', 3)]),
    ("us-west-2", "usw2", FOUR),
];
const THREE: Zones = &[('a', 1), ('b', 2), ('c', 3)];
const FOUR: Zones = &[('a', 1), ('b', 2), ('c', 3), ('d', 4)];

const AVAILABILITY_ZONE: &str = "availability-zone";

/// The zones of a Region.
fn zones(region: &str) -> Vec<AvailabilityZone> {
    let Some((region, prefix, zones)) = ZONES.iter().find(|(name, ..)| *name == region) else {
        return Vec::new();
    };
    let zone = |(letter, number): &(char, u8)| AvailabilityZone {
        opt_in_status: Some(AvailabilityZoneOptInStatus::OptInNotRequired),
        messages: Some(Vec::new()),
        region_name: Some((*region).to_owned()),
        zone_name: Some(format!("{region}{letter}")),
        zone_id: Some(format!("{prefix}-az{number}")),
        group_name: Some(format!("{region}-zg-1")),
        network_border_group: Some((*region).to_owned()),
        zone_type: Some(AVAILABILITY_ZONE.to_owned()),
        state: Some(AvailabilityZoneState::Available),
        ..AvailabilityZone::default()
    };
    zones.iter().map(zone).collect()
}

/// DescribeAvailabilityZones, in the order of names.
///
/// # Errors
/// F-EC2-13: an unknown zone; F-EC2-5: an unknown filter; F-EC2-6: a dry run that would have succeeded.
pub fn describe_availability_zones(
    permitted: &Permitted,
    input: DescribeAvailabilityZonesRequest,
) -> Result<DescribeAvailabilityZonesResult, Failure> {
    let mut zones = zones(permitted.region().unwrap_or_default());
    let filters = input.filters.unwrap_or_default();
    let names = input.zone_names.unwrap_or_default();
    let ids = input.zone_ids.unwrap_or_default();
    refuse_unknown(&names, &zones, |zone| zone.zone_name.as_ref())?;
    refuse_unknown(&ids, &zones, |zone| zone.zone_id.as_ref())?;
    for filter in &filters {
        value(filter, &AvailabilityZone::default())?;
    }
    if input.dry_run == Some(true) {
        return Err(Refusal::new("DryRunOperation", 412, DRY_RUN).into());
    }
    let is_named = |named: &[String], text: &Option<String>| {
        named.is_empty() || text.as_ref().is_some_and(|text| named.contains(text))
    };
    zones.retain(|zone| is_named(&names, &zone.zone_name) && is_named(&ids, &zone.zone_id));
    zones.retain(|zone| filters.iter().all(|filter| passes(filter, zone)));
    Ok(DescribeAvailabilityZonesResult { availability_zones: Some(zones) })
}

/// F-EC2-13: `InvalidParameterValue` with every name that is no zone of the Region.
fn refuse_unknown(
    named: &[String],
    zones: &[AvailabilityZone],
    text: impl Fn(&AvailabilityZone) -> Option<&String>,
) -> Result<(), Refusal> {
    let is_unknown = |name: &&String| !zones.iter().any(|zone| text(zone) == Some(*name));
    let unknown: Vec<_> = named.iter().filter(is_unknown).map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let text = format!("Invalid availability zones: [{}]", unknown.join(", "));
    Err(Refusal::new("InvalidParameterValue", 400, text))
}

/// What a filter looks at; F-EC2-5 for one that EC2 does not know.
fn value<'z>(filter: &Filter, zone: &'z AvailabilityZone) -> Result<Option<&'z str>, Refusal> {
    let name = filter.name.as_deref().unwrap_or_default();
    Ok(match name {
        "group-name" => zone.group_name.as_deref(),
        "opt-in-status" => zone.opt_in_status.map(AvailabilityZoneOptInStatus::as_str),
        "region-name" => zone.region_name.as_deref(),
        "state" => zone.state.map(AvailabilityZoneState::as_str),
        "zone-id" => zone.zone_id.as_deref(),
        "zone-name" => zone.zone_name.as_deref(),
        "zone-type" => zone.zone_type.as_deref(),
        // None of the zones here has a parent or a message.
        "group-long-name" | "message" | "parent-zone-id" | "parent-zone-name" => None,
        _ => {
            let text = format!("The filter '{name}' is invalid");
            return Err(Refusal::new("InvalidParameterValue", 400, text));
        }
    })
}

fn passes(filter: &Filter, zone: &AvailabilityZone) -> bool {
    let Ok(Some(value)) = value(filter, zone) else { return false };
    filter.values.iter().flatten().any(|pattern| matches_wildcards(pattern.as_bytes(), value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regions;

    #[test]
    fn every_region_has_its_zones_f_ec2_12() {
        assert!(ZONES.iter().map(|(region, ..)| *region).eq(regions::ALL));
        for (region, ..) in ZONES {
            assert!(zones(region).len() >= 2, "{region}");
        }
        assert!(zones("").is_empty());
    }
}
