//! Who else may act for the management account: services with trusted access, and delegated administrators.

use maud::{Markup, html};
use services::state::organization::Organization;

use crate::console::form::Form;
use crate::console::marks;
use crate::console::visit::Visit;

/// The lists, and their forms.
pub fn shown(visit: &Visit, organization: &Organization) -> Markup {
    html! {
        (trusted(visit, organization))
        (delegated(visit, organization))
    }
}

fn trusted(visit: &Visit, organization: &Organization) -> Markup {
    let enable = Form::new(visit, "organizations:EnableAWSServiceAccess", "trust");
    html! {
        h2 { "Trusted services" }
        p class="quiet" { "Account Management names other accounts only with trusted access of " code { "account.amazonaws.com" } "." }
        @if organization.trusted_services.is_empty() { p { "None yet." } }
        ul class="plain" { @for service in organization.trusted_services.keys() {
            @let disable = Form::new(visit, "organizations:DisableAWSServiceAccess", format!("distrust-{service}"));
            li { code { (service) } " " (disable.only_button(&[("ServicePrincipal", service)], "Take trusted access away")) }
        } }
        (enable.folded("Trust a service", html! {
            (enable.text("ServicePrincipal", "Service principal", "account.amazonaws.com"))
        }, "Enable trusted access"))
    }
}

fn delegated(visit: &Visit, organization: &Organization) -> Markup {
    let register = Form::new(visit, "organizations:RegisterDelegatedAdministrator", "delegate");
    html! {
        h2 { "Delegated administrators" }
        @if organization.delegated_administrators.is_empty() { p { "None yet." } }
        ul class="plain" { @for (account, services) in &organization.delegated_administrators { @for service in services.keys() {
            @let name = format!("undelegate-{account}-{service}");
            @let deregister = Form::new(visit, "organizations:DeregisterDelegatedAdministrator", name);
            @let members = [("AccountId", account.as_str()), ("ServicePrincipal", service.as_str())];
            li { (marks::account_link(*account)) " for " code { (service) } " " (deregister.only_button(&members, "Deregister")) }
        } } }
        (register.folded("Delegate to an account", html! {
            (register.text("AccountId", "Account id", ""))
            (register.text("ServicePrincipal", "Service principal", "account.amazonaws.com"))
        }, "Register administrator"))
    }
}
