//! Faults: which operations fail, come late or do not answer, picked from the models' operations.

use maud::{Markup, html};
use services::service::{Operation, Service};

use super::failed;
use crate::admin::Engine as _;
use crate::admin::faults::{Failure, Rule};
use crate::console::visit::Visit;
use crate::console::{Console, Note};

/// The rules in force, and a form for one more.
pub fn shown(console: &Console, visit: &Visit) -> Markup {
    let rules = console.admin.faults.rules();
    html! {
        h2 id="faults" { "Faults" }
        @if rules.is_empty() { p { "None is ordered: every operation is answered as it is." } }
        @else {
            ul class="plain" { @for (place, rule) in rules.iter().enumerate() { li {
                (said(rule)) " "
                form class="inline" method="post" action="/control/faults" {
                    (visit.hidden_token())
                    input type="hidden" name="remove" value=(place);
                    button type="submit" aria-label={ "Remove fault " (place + 1) } { "Remove" }
                }
            } } }
        }
        details {
            summary { "Order a fault" }
            form method="post" action="/control/faults" {
                (visit.hidden_token())
                div class="field" { label for="fault-operation" { "Operation" } (operations()) }
                div class="field" { label for="fault-kind" { "What happens" }
                    select id="fault-kind" name="kind" {
                        option value="fail" { "it fails" } option value="delay" { "it comes late" } option value="disconnect" { "it is not answered" }
                    } }
                div class="field" { label for="fault-code" { "Error code, where it fails" } input id="fault-code" name="code" value="ServiceUnavailable"; }
                div class="field" { label for="fault-status" { "Status" } input id="fault-status" name="status" value="503" inputmode="numeric"; }
                div class="field" { label for="fault-delay" { "Milliseconds, where it comes late" } input id="fault-delay" name="delay" value="1000" inputmode="numeric"; }
                div class="field" { label for="fault-times" { "How often; empty for always" } input id="fault-times" name="times" value="1" inputmode="numeric"; }
                p class="buttons" { button type="submit" { "Order" } }
            }
        }
    }
}

fn operations() -> Markup {
    html! {
        select id="fault-operation" name="operation" {
            option value="" { "any" }
            @for service in Service::ALL {
                optgroup label=(service.signing_name()) {
                    option value={ (service.signing_name()) ":" } { "any of " (service.signing_name()) }
                    @for operation in Operation::supported(service) {
                        option { (service.signing_name()) ":" (operation.name()) }
                    }
                }
            }
        }
    }
}

fn said(rule: &Rule) -> Markup {
    html! {
        code { (rule.service.as_deref().unwrap_or("any service")) ":" (rule.operation.as_deref().unwrap_or("*")) } " "
        @match (&rule.fail, rule.delay_milliseconds) {
            (Some(failure), _) => { "fails with " (failure.status) " " code { (failure.code) } }
            (None, Some(delay)) => { "comes " (delay) " ms late" }
            (None, None) => { "is not answered" }
        }
        @if let Some(times) = rule.times { ", " (times) " more times" }
    }
}

/// Adds a rule, or takes one away.
pub async fn change(console: &Console, visit: &Visit) -> Note {
    if let Err(reason) = console.admin.engine.follow().await {
        return failed(&reason);
    }
    let faults = &console.admin.faults;
    let mut rules = faults.rules();
    if let Some(place) = visit.form.filled("remove") {
        match place.parse::<usize>() {
            Ok(place) if place < rules.len() => drop(rules.remove(place)),
            _ => return Note::bad("There is no such fault any more."),
        }
    } else {
        match ordered(visit) {
            Ok(rule) => rules.push(rule),
            Err(text) => return Note::bad(text),
        }
    }
    match faults.replace(rules) {
        Ok(()) => match console.admin.engine.keep_faults(faults.rules()).await {
            Ok(()) => Note::good("the faults are as listed below"),
            Err(reason) => failed(&reason),
        },
        Err(reason) => Note::bad(&format!("{reason}.")),
    }
}

fn ordered(visit: &Visit) -> Result<Rule, &'static str> {
    let field = |name: &str| visit.form.filled(name);
    let number = |name: &str| field(name).map(str::parse::<u64>).transpose();
    let (service, operation) = field("operation").unwrap_or_default().split_once(':').unwrap_or_default();
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut rule = Rule {
        service: given(service),
        operation: given(operation),
        fail: None,
        delay_milliseconds: None,
        disconnect: false,
        times: number("times").map_err(|_| "How often is a number.")?,
    };
    match field("kind") {
        Some("delay") => rule.delay_milliseconds = number("delay").map_err(|_| "The delay is a number.")?,
        Some("disconnect") => rule.disconnect = true,
        _ => {
            let status =
                field("status").unwrap_or_default().parse().map_err(|_| "The status is a number.")?;
            let code = field("code").unwrap_or_default().to_owned();
            rule.fail = Some(Failure { status, code, message: String::new() });
        }
    }
    Ok(rule)
}
