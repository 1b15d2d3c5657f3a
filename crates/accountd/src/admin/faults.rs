//! Faults a person ordered: answers that fail, come late, or do not come at all.
//!
//! Rules are tried in order and the first that matches a request applies. Asking costs one atomic
//! load while there are none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use services::front::hand_over;
use services::service::{Operation, Service};

use crate::forward::Destinations;

/// The most rules at a time.
const MOST_RULES: usize = 100;

/// The longest delay. More would only look like a hanging server.
const LONGEST_DELAY_MILLISECONDS: u64 = 10 * 60 * 1000;

/// One rule, as it is put and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The service it is for, such as `account`; any where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The operation it is for, such as `ListRegions`; any where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Answer with this error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<Failure>,
    /// Carry the request out, this much later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_milliseconds: Option<u64>,
    /// Close the connection without an answer and without carrying the request out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disconnect: bool,
    /// How many more requests it applies to; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// An error to answer with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The HTTP status, from 400 to 599.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The text.
    #[serde(default)]
    pub message: String,
}

/// What happens to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with this error and not carried out.
    Fail(Failure),
    /// It is carried out after this time.
    Delay(Duration),
    /// Its connection is closed; see [`listener::HangUp`].
    Disconnect,
}

/// The rules in force.
#[derive(Debug, Default)]
pub struct Faults {
    any: AtomicBool,
    rules: Mutex<Vec<Rule>>,
    /// Who answers the services that are not here.
    elsewhere: Destinations,
}

impl Faults {
    /// No rules yet, for services here and for those that are answered elsewhere.
    pub fn beside(elsewhere: Destinations) -> Self {
        Self { elsewhere, ..Self::default() }
    }

    /// What happens to a request for this operation; `None` almost always. Uses up one of the
    /// rule's `times`.
    pub fn decide(&self, service: &str, operation: &str) -> Option<Fault> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut rules = self.lock();
        let fault = take(&mut rules, service, operation);
        self.any.store(!rules.is_empty(), Ordering::Release);
        fault
    }

    /// Has these rules in force, which another process has checked.
    pub fn take_over(&self, rules: Vec<Rule>) {
        let mut current = self.lock();
        self.any.store(!rules.is_empty(), Ordering::Release);
        *current = rules;
    }

    /// The rules that still apply.
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().clone()
    }

    /// Ends all rules.
    pub fn clear(&self) {
        self.lock().clear();
        self.any.store(false, Ordering::Release);
    }

    /// Replaces all rules.
    ///
    /// # Errors
    /// Says which rule is wrong and why; nothing has changed then.
    pub fn replace(&self, rules: Vec<Rule>) -> Result<(), String> {
        if rules.len() > MOST_RULES {
            return Err(format!("there can be at most {MOST_RULES} rules"));
        }
        for (index, rule) in rules.iter().enumerate() {
            rule.check(&self.elsewhere).map_err(|reason| format!("rule {}: {reason}", index + 1))?;
        }
        let mut current = self.lock();
        self.any.store(!rules.is_empty(), Ordering::Release);
        *current = rules;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        // Nothing panics while the lock is held, and a half-changed list cannot arise.
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happens to a request for this operation; uses up one of the rule's `times`.
pub fn take(rules: &mut Vec<Rule>, service: &str, operation: &str) -> Option<Fault> {
    let index = rules.iter().position(|rule| rule.applies(service, operation))?;
    let rule = &mut rules[index];
    let fault = rule.fault();
    if let Some(times) = &mut rule.times {
        *times = times.saturating_sub(1);
        if *times == 0 {
            rules.remove(index);
        }
    }
    Some(fault)
}

impl Rule {
    fn applies(&self, service: &str, operation: &str) -> bool {
        self.service.as_deref().is_none_or(|wanted| wanted == service)
            && self.operation.as_deref().is_none_or(|wanted| wanted == operation)
    }

    fn check(&self, elsewhere: &Destinations) -> Result<(), String> {
        self.check_names(elsewhere)?;
        let kinds = [self.fail.is_some(), self.delay_milliseconds.is_some(), self.disconnect];
        if kinds.iter().filter(|is_given| **is_given).count() != 1 {
            return Err("exactly one of fail, delay_milliseconds and disconnect is needed".to_owned());
        }
        if let Some(failure) = &self.fail {
            if !(400..600).contains(&failure.status) {
                return Err("fail.status is from 400 to 599".to_owned());
            }
            // The code travels in a header.
            if failure.code.is_empty() || !failure.code.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err("fail.code is a name such as InternalServerException".to_owned());
            }
        }
        if self.delay_milliseconds.is_some_and(|delay| delay > LONGEST_DELAY_MILLISECONDS) {
            return Err(format!("delay_milliseconds is at most {LONGEST_DELAY_MILLISECONDS}"));
        }
        if self.times == Some(0) {
            return Err("times is at least 1".to_owned());
        }
        Ok(())
    }

    /// F-EDGE-27: a rule whose names no model has would never apply. F-FWD-14: of a service that is answered elsewhere no model is
    /// here, so any operation may be one of its own.
    fn check_names(&self, elsewhere: &Destinations) -> Result<(), String> {
        let is_handed_over = |name: &String| !hand_over::is_here(name) && elsewhere.of(name).is_some();
        if self.service.as_ref().is_some_and(is_handed_over) {
            return Ok(());
        }
        let service = match &self.service {
            None => None,
            Some(name) => Some(Service::from_signing_name(name).ok_or_else(|| {
                let known = Service::ALL.map(Service::signing_name).join(", ");
                format!("no service here is called `{}`; there are {known}", shortened(name))
            })?),
        };
        let Some(name) = &self.operation else { return Ok(()) };
        let candidates = service.map_or_else(|| Service::ALL.to_vec(), |service| vec![service]);
        if candidates.iter().any(|service| Operation::from_name(*service, name).is_some()) {
            return Ok(());
        }
        let of = service.map_or("no service here", Service::signing_name);
        Err(match service {
            Some(_) => format!("{of} has no operation `{}`", shortened(name)),
            None => format!("{of} has an operation `{}`", shortened(name)),
        })
    }

    fn fault(&self) -> Fault {
        match (&self.fail, self.delay_milliseconds) {
            (Some(failure), _) => Fault::Fail(failure.clone()),
            (None, Some(delay)) => Fault::Delay(Duration::from_millis(delay)),
            (None, None) => Fault::Disconnect,
        }
    }
}

/// A name as a message repeats it.
fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &str) -> Vec<Rule> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_first_rule_that_matches_applies_as_often_as_it_says() {
        let faults = Faults::default();
        assert_eq!(faults.decide("account", "ListRegions"), None);
        let ordered = rules(
            r#"[{"operation":"ListRegions","disconnect":true,"times":2},
                {"service":"account","delay_milliseconds":250},
                {"fail":{"status":503,"code":"ServiceUnavailable"}}]"#,
        );
        faults.replace(ordered).unwrap();
        assert_eq!(faults.decide("account", "ListRegions"), Some(Fault::Disconnect));
        assert_eq!(faults.decide("other", "ListRegions"), Some(Fault::Disconnect));
        let delay = Some(Fault::Delay(Duration::from_millis(250)));
        assert_eq!(faults.decide("account", "ListRegions"), delay);
        assert!(matches!(faults.decide("sts", "GetCallerIdentity"), Some(Fault::Fail(_))));
        assert_eq!(faults.rules().len(), 2);
        faults.replace(Vec::new()).unwrap();
        assert_eq!(faults.decide("account", "ListRegions"), None);
    }

    #[test]
    fn a_wrong_rule_is_refused_and_changes_nothing() {
        let faults = Faults::default();
        faults.replace(rules(r#"[{"disconnect":true}]"#)).unwrap();
        for (json, part) in [
            (r#"[{"disconnect":true},{}]"#, "rule 2: exactly one"),
            (r#"[{"disconnect":true,"delay_milliseconds":1}]"#, "rule 1: exactly one"),
            (r#"[{"fail":{"status":200,"code":"A"}}]"#, "fail.status"),
            (r#"[{"fail":{"status":500,"code":"A B"}}]"#, "fail.code"),
            (r#"[{"delay_milliseconds":9999999999}]"#, "delay_milliseconds is at most"),
            (r#"[{"disconnect":true,"times":0}]"#, "times"),
            // F-EDGE-27; F-FWD-14: as long as nobody else answers it.
            (r#"[{"service":"s3","disconnect":true}]"#, "no service here is called `s3`"),
            (
                r#"[{"service":"acount","disconnect":true}]"#,
                "no service here is called `acount`; there are account",
            ),
            (
                r#"[{"service":"sts","operation":"ListRegions","disconnect":true}]"#,
                "sts has no operation `ListRegions`",
            ),
            (
                r#"[{"operation":"ListRegion","disconnect":true}]"#,
                "no service here has an operation `ListRegion`",
            ),
        ] {
            let reason = faults.replace(rules(json)).unwrap_err();
            assert!(reason.contains(part), "{reason}");
        }
        assert_eq!(faults.rules().len(), 1);
    }

    /// F-FWD-14
    #[test]
    fn a_service_that_is_answered_elsewhere_has_any_operation_f_fwd_14() {
        let of = |given: &[&str]| {
            let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
            Faults::beside(Destinations::parse(&given).unwrap())
        };
        let ordered = r#"[{"service":"s3","operation":"PutObject","disconnect":true}]"#;
        for given in [&["http://127.0.0.1:5000"][..], &["s3=http://127.0.0.1:5000"]] {
            let faults = of(given);
            faults.replace(rules(ordered)).unwrap();
            assert_eq!(faults.decide("s3", "GetObject"), None);
            assert_eq!(faults.decide("s3", "PutObject"), Some(Fault::Disconnect));
            for wrong in [
                r#"[{"service":"iam","operation":"PutObject","disconnect":true}]"#,
                r#"[{"operation":"PutObject","disconnect":true}]"#,
            ] {
                faults.replace(rules(wrong)).unwrap_err();
            }
        }
        assert!(of(&["sqs=http://127.0.0.1:5000"]).replace(rules(ordered)).is_err());
        let ec2 = r#"[{"service":"ec2","operation":"RunInstances","disconnect":true}]"#;
        of(&["http://127.0.0.1:5000"]).replace(rules(ec2)).unwrap();
    }
}
