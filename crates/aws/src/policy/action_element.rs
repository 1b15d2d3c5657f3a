//! `Action` and `NotAction` of a statement, compiled.
//!
//! The largest policies list a thousand actions of two hundred services, and a request asks for one. So the patterns of
//! a long list stand together by service, and only those of the asked one are looked at.

use super::effort::Effort;
use super::wildcard::{Dialect, Pattern, Symbol};

/// The most patterns that are looked at one after the other.
const SHORT: usize = 16;

/// The actions that a statement lists, or all but them.
#[derive(Clone, Debug)]
pub(super) struct ActionElement {
    /// Whether it is `NotAction`.
    negated: bool,
    /// Those of no service in particular, for example `*`; of a short list all.
    of_any_service: Box<[Pattern]>,
    /// Those of a service, in the order of its names, which are in lower case.
    by_service: Box<[(Box<str>, Vec<Pattern>)]>,
}

impl ActionElement {
    /// The element that lists these actions.
    pub(super) fn new<'a>(negated: bool, actions: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let is_short = actions.len() <= SHORT;
        let mut of_any_service = Vec::new();
        let mut by_service = std::collections::BTreeMap::<Box<str>, Vec<Pattern>>::new();
        for action in actions {
            let (text, pattern) = (action.to_ascii_lowercase(), action_pattern(action));
            match text.split_once(':').filter(|(service, _)| !is_short && !service.contains(['*', '?'])) {
                Some((service, _)) => by_service.entry(service.into()).or_default().push(pattern),
                None => of_any_service.push(pattern),
            }
        }
        Self { negated, of_any_service: of_any_service.into(), by_service: by_service.into_iter().collect() }
    }

    /// Whether an action is meant. Actions are compared without regard to case (F-IAM-10); `NotAction` means all but
    /// those listed (F-IAM-11).
    ///
    /// F-FWD-6: `service:*` is an action of a service that is not known any better. It is meant where every action of the
    /// service is, and, by a statement that `denies`, where any is.
    pub(super) fn means(&self, action: &str, denies: bool, effort: &Effort) -> bool {
        let unknown_of = action.strip_suffix('*').filter(|service| service.ends_with(':'));
        let any_will_do = denies != self.negated;
        let listed = |patterns: &[Pattern]| {
            patterns.iter().any(|pattern| match unknown_of {
                Some(service) if any_will_do => pattern.matches_some_that_begins(service),
                _ => pattern.matches_in_any_ascii_case(action, effort),
            })
        };
        (listed(&self.of_any_service) || listed(self.of_service(action))) != self.negated
    }

    /// The patterns of the service that an action is one of.
    fn of_service(&self, action: &str) -> &[Pattern] {
        let service = action.split(':').next().unwrap_or_default();
        let lower_case = |text: &str| text.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<_>>();
        if self.by_service.is_empty() {
            return &[];
        }
        let wanted = lower_case(service);
        let place = self.by_service.binary_search_by(|(known, _)| known.as_bytes().cmp(&wanted));
        place.map_or(&[], |place| self.by_service[place].1.as_slice())
    }
}

/// An action as it is written, to be matched in any case.
pub(super) fn action_pattern(text: &str) -> Pattern {
    let symbols: Vec<Symbol> = text.chars().map(|letter| (letter.to_ascii_lowercase(), true)).collect();
    Pattern::new(&symbols, Dialect::Everywhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A long list means what its parts mean, each by itself.
    #[test]
    fn a_list_of_any_length_means_the_same_actions() {
        let listed: Vec<String> = (0..SHORT)
            .map(|number| format!("s{number}:Get*"))
            .chain(["IAM:List*", "iam:Get?ser", "*:Tag", "ec2*:Run", "sts:*"].map(str::to_owned))
            .collect();
        for negated in [false, true] {
            let long = ActionElement::new(negated, listed.iter().map(String::as_str));
            assert!(!long.by_service.is_empty());
            for (action, is_listed) in [
                ("iam:ListUsers", true),
                ("Iam:listusers", true),
                ("iam:GetUser", true),
                ("iam:GetUsers", false),
                ("s7:GetIt", true),
                ("s7:PutIt", false),
                ("s77:GetIt", false),
                ("any:Tag", true),
                ("ec2:Run", true),
                ("ec2x:Run", true),
                ("sts", false),
                ("sts:AssumeRole", true),
                ("", false),
            ] {
                assert_eq!(long.means(action, false, &Effort::default()), is_listed != negated, "{action}");
                let one_by_one = listed.iter().any(|one| {
                    let element = ActionElement::new(false, [one.as_str()].into_iter());
                    element.means(action, false, &Effort::default())
                });
                assert_eq!(one_by_one, is_listed, "{action}");
            }
        }
    }

    /// F-FWD-6: what allows an unknown action allows all; what denies one of the service denies it.
    #[test]
    fn an_unknown_action_is_allowed_as_all_and_denied_as_any_f_fwd_6() {
        let long: Vec<String> = (0..=SHORT).map(|number| format!("s{number}:Get*")).collect();
        let long: Vec<&str> = long.iter().map(String::as_str).collect();
        // Whether a statement that lists these means `s3:*`, where it allows and where it denies.
        for (listed, allows, denies) in [
            (&["*"][..], true, true),
            (&["s3:*"], true, true),
            (&["S3:*", "sqs:Send"], true, true),
            (&["s3*"], true, true),
            (&["*:*"], true, true),
            (&["s3:Get*"], false, true),
            (&["s3:GetObject"], false, true),
            (&["s?:Get*"], false, true),
            (&["*:GetObject"], false, true),
            (&["s33:*"], false, false),
            (&["sqs:*", "s"], false, false),
            (&["s3"], false, false),
            (&long, false, true),
        ] {
            let element = ActionElement::new(false, listed.iter().copied());
            assert_eq!(element.means("s3:*", false, &Effort::default()), allows, "{listed:?}");
            assert_eq!(element.means("s3:*", true, &Effort::default()), denies, "{listed:?}");
            // All but these: allowing is safe where none of the service is listed, denying where not all are.
            let others = ActionElement::new(true, listed.iter().copied());
            assert_eq!(others.means("s3:*", false, &Effort::default()), !denies, "{listed:?}");
            assert_eq!(others.means("s3:*", true, &Effort::default()), !allows, "{listed:?}");
        }
    }
}
