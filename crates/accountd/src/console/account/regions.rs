//! Regions as a grid: what each is for the account, until when it waits, and the switch.

use jiff::Timestamp;
use maud::{Markup, html};
use services::account::region;
use services::model::account::RegionOptStatus;
use services::regions;
use services::state::account::Account;

use super::account_member;
use crate::console::fields::address;
use crate::console::form::Form;
use crate::console::marks::{self, Sign};
use crate::console::visit::Visit;

/// Which Regions are shown, by the words of the filter.
const FILTERS: [(&str, &str); 3] = [("", "opt-in"), ("all", "all"), ("switched", "switched")];

/// The grid.
pub fn shown(visit: &Visit, account: &Account) -> Markup {
    let filter = visit.query.filled("regions").unwrap_or_default();
    let page = format!("/accounts/{}", account.id);
    let regions = regions::ALL.iter().filter(|region| match filter {
        "all" => true,
        "switched" => account.regions.contains_key(**region),
        _ => regions::is_opt_in(region),
    });
    html! {
        h2 id="regions" { "Regions" }
        p { @for (word, label) in FILTERS {
            a href=(address(&page, &[("regions", word)])) aria-current=[(word == filter).then_some("true")] { (label) } " "
        } }
        ul class="grid" { @for region in regions { li { (one(visit, account, region)) } } }
    }
}

fn one(visit: &Visit, account: &Account, region: &str) -> Markup {
    let until = account.regions.get(region).map_or(Timestamp::MIN, |switch| switch.until);
    let Some(status) = region::status(account, region, visit.now) else { return html! {} };
    html! {
        code { (region) } " "
        @match status {
            RegionOptStatus::Enabled | RegionOptStatus::EnabledByDefault => {
                (marks::sign(Sign::Good, status.as_str())) " "
                @if status == RegionOptStatus::Enabled { (switch(visit, account, region, "account:DisableRegion", "Disable")) }
            }
            RegionOptStatus::Disabled => {
                (marks::sign(Sign::Bad, status.as_str())) " "
                (switch(visit, account, region, "account:EnableRegion", "Enable"))
            }
            RegionOptStatus::Enabling | RegionOptStatus::Disabling => { (marks::due(status.as_str(), until, visit.now)) }
        }
    }
}

fn switch(visit: &Visit, account: &Account, region: &str, operation: &'static str, label: &str) -> Markup {
    let form = Form::new(visit, operation, format!("region-{region}"));
    let members: Vec<_> =
        account_member(visit, account).into_iter().chain([("RegionName", region)]).collect();
    form.only_button(&members, &format!("{label} {region}"))
}
