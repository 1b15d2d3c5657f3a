//! DescribeRegions: the Regions as EC2 shows them to an account.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html>

use aws::refusal::Refusal;

use super::model::{DescribeRegionsRequest, DescribeRegionsResult, Filter, Region};
use crate::account::region::status;
use crate::authority::access::Permitted;
use crate::context::Context;
use crate::failure::Failure;
use crate::model::account::RegionOptStatus;
use crate::regions;
use crate::state::account::Account;
use crate::world::{Fault, World};

pub(super) const DRY_RUN: &str = "Request would have succeeded, but DryRun flag is set.";

/// A Region and what filters may ask of it.
struct Shown {
    name: &'static str,
    endpoint: String,
    opt_in_status: &'static str,
}

/// F-EC2-3: the opt-in status. What is shown while a Region is being switched is
/// *assumed*: the status it had before, as it still, or not yet, works.
fn opt_in_status(status: RegionOptStatus) -> &'static str {
    match status {
        RegionOptStatus::EnabledByDefault => "opt-in-not-required",
        RegionOptStatus::Enabled | RegionOptStatus::Disabling => "opted-in",
        RegionOptStatus::Disabled | RegionOptStatus::Enabling => "not-opted-in",
    }
}

/// DescribeRegions: the Regions that the account has enabled, or all, or the named ones, in order of their
/// names.
///
/// # Errors
/// F-EC2-4: an unknown Region; F-EC2-5: an unknown filter; F-EC2-6: a dry run that would have succeeded.
pub fn describe_regions(
    permitted: &Permitted,
    input: DescribeRegionsRequest,
    context: &Context,
    world: &World<'_>,
) -> Result<DescribeRegionsResult, Failure> {
    let account = world
        .get::<Account>(permitted.target())?
        .ok_or_else(|| Fault::Broken("a credential refers to an absent account".into()))?;
    let named = input.region_names.unwrap_or_default();
    let filters = input.filters.unwrap_or_default();
    refuse_unknown(&named)?;
    filters.iter().try_for_each(known_filter)?;
    if input.dry_run == Some(true) {
        return Err(Refusal::new("DryRunOperation", 412, DRY_RUN).into());
    }
    let all = input.all_regions == Some(true);
    let shown = regions::ALL.iter().filter_map(|name| {
        let opt_in_status = opt_in_status(status(&account, name, context.now)?);
        Some(Shown { name, endpoint: format!("ec2.{name}.amazonaws.com"), opt_in_status })
    });
    let regions = shown
        // F-EC2-7: a Region that is named is shown, enabled or not.
        .filter(|region| match named.is_empty() {
            true => all || region.opt_in_status != "not-opted-in",
            false => named.iter().any(|name| name == region.name),
        })
        .filter(|region| filters.iter().all(|filter| passes(filter, region)))
        .map(|region| Region {
            opt_in_status: Some(region.opt_in_status.to_owned()),
            geography: None,
            region_name: Some(region.name.to_owned()),
            endpoint: Some(region.endpoint),
        })
        .collect();
    Ok(DescribeRegionsResult { regions: Some(regions) })
}

/// F-EC2-4: `InvalidParameterValue` with every name that is no Region (text recorded).
fn refuse_unknown(named: &[String]) -> Result<(), Refusal> {
    let is_unknown = |name: &&String| !regions::ALL.contains(&name.as_str());
    let unknown: Vec<_> = named.iter().filter(is_unknown).map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Refusal::new("InvalidParameterValue", 400, format!("Invalid region: [{}]", unknown.join(", "))))
}

/// F-EC2-5: `InvalidParameterValue` in the words that EC2 has for every filter it does not know.
fn known_filter(filter: &Filter) -> Result<(), Refusal> {
    let name = filter.name.as_deref().unwrap_or("");
    if matches!(name, "endpoint" | "opt-in-status" | "region-name") {
        return Ok(());
    }
    Err(Refusal::new("InvalidParameterValue", 400, format!("The filter '{name}' is invalid")))
}

/// Whether a Region passes a filter: one of the filter's values must match, with regard to case.
fn passes(filter: &Filter, region: &Shown) -> bool {
    let value = match filter.name.as_deref() {
        Some("endpoint") => region.endpoint.as_str(),
        Some("opt-in-status") => region.opt_in_status,
        _ => region.name,
    };
    filter.values.iter().flatten().any(|pattern| matches_wildcards(pattern.as_bytes(), value.as_bytes()))
}

/// F-EC2-8: in a filter's value `*` stands for any characters, `?` for one, and a backslash takes the meaning
/// away.
pub(super) fn matches_wildcards(pattern: &[u8], text: &[u8]) -> bool {
    // A failed match goes back to the last `*` only, so the work is bounded by the product of the lengths.
    let (mut at, mut place, mut retry) = (0, 0, None);
    while place < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, place));
                at += 1;
                continue;
            }
            Some(b'?') => {
                (at, place) = (at + 1, place + 1);
                continue;
            }
            Some(b'\\') if pattern.get(at + 1) == Some(&text[place]) => {
                (at, place) = (at + 2, place + 1);
                continue;
            }
            Some(literal) if *literal == text[place] => {
                (at, place) = (at + 1, place + 1);
                continue;
            }
            _ => {}
        }
        let Some((after_star, from)) = retry else { return false };
        retry = Some((after_star, from + 1));
        (at, place) = (after_star, from + 1);
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches_wildcards;

    /// F-EC2-8
    #[test]
    fn wildcards_match_as_in_filters() {
        for (pattern, text, expected) in [
            ("us-*", "us-east-1", true),
            ("*-east-*", "us-east-1", true),
            ("us-east-?", "us-east-1", true),
            ("us-east-?", "us-east-", false),
            ("us", "us-east-1", false),
            ("US-*", "us-east-1", false),
            ("", "us-east-1", false),
            ("*", "", true),
            (r"us\*", "us*", true),
            (r"us\*", "us-east-1", false),
            ("*a*b*c*d", "aaaabbbbccccx", false),
        ] {
            let matched = matches_wildcards(pattern.as_bytes(), text.as_bytes());
            assert_eq!(matched, expected, "{pattern} {text}");
        }
    }
}
