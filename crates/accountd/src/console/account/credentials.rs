//! *Use this account*: what a terminal, a profile, Terraform and a role session need, to be copied.

use maud::{Markup, html};
use services::state::account::Account;

use super::membership::Member;
use crate::console::acting::button;
use crate::console::marks::snippet;
use crate::console::visit::Visit;
use services::front::acting::Actor;

/// The services whose addresses Terraform is told.
const TERRAFORM_SERVICES: [&str; 5] = ["account", "cloudtrail", "iam", "organizations", "sts"];

/// The four of them.
pub fn shown(visit: &Visit, account: &Account, member: &Member, is_well_known: bool) -> Markup {
    let endpoint = visit.endpoint();
    let (key, secret) = match is_well_known {
        true => (account.id.as_str(), "test"),
        false => ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"),
    };
    html! {
        h2 { "Use this account" }
        (button(visit, &Actor::Root(account.id), &visit.address, "Act as its root user here"))
        @if !is_well_known { p { "Put in your own access key: other machines can reach this address, so that the well-known keys do not open it." } }
        (snippet("Environment", &format!(
            "export AWS_ENDPOINT_URL={endpoint}\nexport AWS_REGION=us-east-1\n\
             export AWS_ACCESS_KEY_ID={key}\nexport AWS_SECRET_ACCESS_KEY={secret}"
        )))
        details { summary { "Profile" } (snippet("~/.aws/config", &format!(
            "[profile accountd-{id}]\nregion = us-east-1\nendpoint_url = {endpoint}\n\
             aws_access_key_id = {key}\naws_secret_access_key = {secret}", id = account.id
        ))) }
        details { summary { "Terraform" } (snippet("Terraform", &terraform(&endpoint, key, secret))) }
        @if let Some(management) = member.management_account(account.id) {
            details { summary { "Assume a role in it" } (snippet("From the management account", &format!(
                "AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={secret} aws --endpoint-url {endpoint} --region us-east-1 \
                 sts assume-role \\\n  --role-arn arn:aws:iam::{}:role/OrganizationAccountAccessRole \\\n  \
                 --role-session-name console",
                if is_well_known { management.as_str() } else { key }, account.id
            ))) p class="quiet" { "A root user assumes no role: take the keys of a user of the management account for it." } }
        }
    }
}

fn terraform(endpoint: &str, key: &str, secret: &str) -> String {
    let endpoints: String =
        TERRAFORM_SERVICES.iter().map(|service| format!("    {service} = \"{endpoint}\"\n")).collect();
    format!(
        "provider \"aws\" {{\n  region                      = \"us-east-1\"\n  access_key                  = \"{key}\"\n  \
         secret_key                  = \"{secret}\"\n  skip_metadata_api_check     = true\n  \
         skip_region_validation      = true\n  endpoints {{\n{endpoints}  }}\n}}"
    )
}
