//! Where calls are handed to: one emulator for all services that are not here, and others for single ones.

use std::collections::BTreeMap;

use services::front::hand_over;

use crate::delivery::client::Endpoint;

/// Where calls are handed to (F-FWD-1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations {
    others: Option<Endpoint>,
    services: BTreeMap<String, Endpoint>,
}

impl Destinations {
    /// Reads `URL` and `SERVICE=URL`, of which any number may be given.
    ///
    /// # Errors
    /// One line that says which cannot be used; no URL is repeated.
    pub fn parse(given: &[String]) -> Result<Self, String> {
        let mut destinations = Self::default();
        for text in given {
            let named = text.split_once('=').filter(|(name, _)| !name.contains([':', '/']));
            let before = match named {
                None => destinations.others.replace(Endpoint::parse(text)?),
                Some((name, url)) => {
                    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                    if name.is_empty() || !name.bytes().all(is_name) {
                        return Err(
                            "before the = stands the name of a service, such as s3 or lambda".to_owned()
                        );
                    }
                    if hand_over::is_here(name) {
                        return Err(format!("{name} is answered here"));
                    }
                    destinations.services.insert(name.to_owned(), Endpoint::parse(url)?)
                }
            };
            if before.is_some() {
                let what = named.map_or("all services", |(name, _)| name);
                return Err(format!("{what}: more than one URL is given"));
            }
        }
        Ok(destinations)
    }

    /// Whether there are none.
    pub fn are_none(&self) -> bool {
        self.others.is_none() && self.services.is_empty()
    }

    /// Where the calls of a service go; `None` where they are refused.
    pub fn of(&self, service: &str) -> Option<&Endpoint> {
        self.services.get(service).or(self.others.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(given: &[&str]) -> Result<Destinations, String> {
        Destinations::parse(&given.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    /// F-FWD-1.
    #[test]
    fn each_service_has_one_place_f_fwd_1() {
        let both = parsed(&["http://127.0.0.1:5000", "lambda=https://lambda.example/base"]).expect("both");
        let url = |service: &str| both.of(service).map(Endpoint::url);
        assert_eq!(url("s3").as_deref(), Some("http://127.0.0.1:5000"));
        assert_eq!(url("lambda").as_deref(), Some("https://lambda.example"));
        let one = parsed(&["s3=http://127.0.0.1:5000", "ec2=http://127.0.0.1:5001"]).expect("two");
        assert!(one.of("sqs").is_none() && one.of("ec2").is_some());
        assert!(parsed(&[]).expect("none").are_none());
        for (wrong, part) in [
            (&["iam=http://127.0.0.1:5000"][..], "iam is answered here"),
            (&["s3=http://a", "s3=http://b"], "s3: more than one"),
            (&["http://a", "http://b"], "all services: more than one"),
            (&["s3=here"], "expected a URL"),
            (&["http://user:secret@a"], "expected a URL"),
            (&["=http://a"], "name of a service"),
        ] {
            let said = parsed(wrong).expect_err("it is refused");
            assert!(said.contains(part) && !said.contains("secret"), "{said}");
        }
    }
}
