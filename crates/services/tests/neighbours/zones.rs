//! EC2's zones.

use serde_json::json;
use services::service::Service::Ec2;
use testing::world::{operation, root};

use crate::support::{ACCOUNT, ok, refused, world};

#[test]
fn a_region_shows_its_zones_f_ec2_12() {
    let mut world = world();
    let zones = ok(&mut world, Ec2, "DescribeAvailabilityZones", json!({}));
    let zones = zones["AvailabilityZones"].as_array().expect("a list");
    assert_eq!(zones.len(), 6);
    assert_eq!((&zones[0]["ZoneName"], &zones[0]["ZoneId"]), (&json!("us-east-1a"), &json!("use1-az1")));
    let members = json!({"Filters": [{"Name": "zone-id", "Values": ["*-az2"]}]});
    let describe = operation(Ec2, "DescribeAvailabilityZones");
    let zones = world.call_in("eu-west-1", &root(ACCOUNT), describe, members).expect("zones");
    assert_eq!(zones["AvailabilityZones"][0]["ZoneName"], "eu-west-1b");
    assert_eq!(zones["AvailabilityZones"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_is_no_zone_is_told_f_ec2_13() {
    let mut world = world();
    let told =
        refused(&mut world, Ec2, "DescribeAvailabilityZones", json!({"ZoneNames": ["us-east-1a", "x"]}));
    assert_eq!(told, ("InvalidParameterValue".into(), "Invalid availability zones: [x]".into()));
    let filter = json!({"Filters": [{"Name": "colour", "Values": ["red"]}]});
    let told = refused(&mut world, Ec2, "DescribeAvailabilityZones", filter);
    assert_eq!(told.1, "The filter 'colour' is invalid");
}
