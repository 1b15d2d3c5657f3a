//! The global condition keys: what every request says about itself.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html> says of each key
//! when it is present; a key that is absent is left out here, never empty.

use std::net::IpAddr;

use jiff::Timestamp;

use super::{RequestContext, Value};
use crate::arn::AccountId;
use crate::principal::{Caller, Principal};

/// Where an account stands in an organization.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationFacts<'a> {
    /// `o-…`
    pub id: &'a str,
    /// The management account.
    pub management_account: AccountId,
    /// The account's path, for example `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`.
    pub path: &'a str,
}

/// What is known of a request besides its caller.
#[derive(Debug, Clone, Copy)]
pub struct RequestFacts<'a> {
    /// The time of the service.
    pub now: Timestamp,
    /// The Region the request was sent to; `us-east-1` for a global service.
    pub requested_region: &'a str,
    /// The address it came from.
    pub source_ip: Option<IpAddr>,
    /// The header of the same name.
    pub user_agent: Option<&'a str>,
    /// Whether it came over TLS.
    pub secure_transport: bool,
    /// The caller's place in an organization.
    pub caller_organization: Option<OrganizationFacts<'a>>,
    /// The account that owns the resource.
    pub resource_account: Option<AccountId>,
    /// That account's place in an organization.
    pub resource_organization: Option<OrganizationFacts<'a>>,
}

impl<'a> RequestContext<'a> {
    /// The keys that the caller gives: `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`,
    /// `aws:userid`, `aws:username` (IAM users only), `aws:PrincipalTag/…`, and for temporary credentials
    /// `aws:TokenIssueTime`, `aws:MultiFactorAuthPresent` and `aws:SourceIdentity` (F-IAM-80).
    ///
    /// `tags` are those of the user or role; the session's own tags override them.
    pub fn for_caller(caller: &'a Caller, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut context = Self::new();
        let principal = &caller.principal;
        if let Principal::WebIdentity { provider, .. } = principal {
            // F-WEB-6: whom an identity provider vouches for has no other key of a principal yet.
            context.insert("aws:FederatedProvider", provider.as_str());
            context.insert("aws:PrincipalIsAWSService", false);
            return context;
        }
        context.insert("aws:PrincipalArn", Value::PrincipalArn(principal));
        context.insert("aws:PrincipalAccount", principal.account());
        context.insert("aws:PrincipalType", principal.kind());
        context.insert("aws:userid", Value::PrincipalId(principal));
        context.insert("aws:PrincipalIsAWSService", false);
        if let Principal::User { name, .. } = principal {
            context.insert("aws:username", name.as_str());
        }
        for (key, value) in tags {
            context.insert(format!("aws:PrincipalTag/{key}"), value);
        }
        if let Some(session) = &caller.session {
            context.insert("aws:TokenIssueTime", Value::Time(session.issued_at));
            context.insert("aws:MultiFactorAuthPresent", session.mfa_authenticated_at.is_some());
            if let Some(provider) = &session.federated_provider {
                context.insert("aws:FederatedProvider", provider.as_str());
            }
            if let Some(identity) = &session.source_identity {
                context.insert("aws:SourceIdentity", identity.as_str());
            }
            for (key, value) in &session.tags {
                context.insert(format!("aws:PrincipalTag/{key}"), value.as_str());
            }
        }
        context
    }

    /// Adds `aws:MultiFactorAuthAge`: the seconds since the caller's second factor was shown; absent for a session without
    /// one (F-MFA-12).
    pub fn add_second_factor_age(&mut self, caller: &Caller, now: Timestamp) {
        let shown_at = caller.session.as_ref().and_then(|session| session.mfa_authenticated_at);
        if let Some(shown_at) = shown_at {
            self.insert("aws:MultiFactorAuthAge", now.duration_since(shown_at).as_secs().max(0));
        }
    }

    /// Adds the keys that the request gives: `aws:CurrentTime`, `aws:EpochTime`, `aws:RequestedRegion`,
    /// `aws:SourceIp`, `aws:UserAgent`, `aws:SecureTransport`, `aws:ViaAWSService`, `aws:PrincipalOrgID`,
    /// `aws:PrincipalOrgPaths`, `aws:PrincipalOrgMasterAccountId`, `aws:ResourceAccount`,
    /// `aws:ResourceOrgID` and `aws:ResourceOrgPaths` (F-IAM-81).
    pub fn add_request(&mut self, facts: &RequestFacts<'a>) {
        self.insert("aws:CurrentTime", Value::Time(facts.now));
        self.insert("aws:EpochTime", Value::EpochTime(facts.now));
        self.insert("aws:RequestedRegion", facts.requested_region);
        self.insert("aws:SecureTransport", facts.secure_transport);
        self.insert("aws:ViaAWSService", false);
        if let Some(address) = facts.source_ip {
            self.insert("aws:SourceIp", address);
        }
        if let Some(agent) = facts.user_agent {
            self.insert("aws:UserAgent", agent);
        }
        if let Some(organization) = &facts.caller_organization {
            self.insert("aws:PrincipalOrgID", organization.id);
            self.insert_all("aws:PrincipalOrgPaths", [organization.path]);
            self.insert("aws:PrincipalOrgMasterAccountId", organization.management_account);
        }
        if let Some(account) = facts.resource_account {
            self.insert("aws:ResourceAccount", account);
        }
        if let Some(organization) = &facts.resource_organization {
            self.insert("aws:ResourceOrgID", organization.id);
            self.insert_all("aws:ResourceOrgPaths", [organization.path]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Session, SessionTerms};

    fn texts(context: &RequestContext<'_>, key: &str) -> Vec<String> {
        context.values(key).iter().map(|value| value.text().into_owned()).collect()
    }

    #[test]
    fn a_role_session_shows_its_role_and_its_tags() {
        let issued_at: Timestamp = "2026-11-21T10:00:00Z".parse().expect("a time");
        let caller = Caller {
            principal: Principal::AssumedRole {
                account: AccountId::from_number(42),
                role_path: "/team/".to_owned(),
                role_name: "reader".to_owned(),
                role_id: "AROAEXAMPLE".to_owned(),
                session_name: "ann".to_owned(),
            },
            access_key_id: "ASIAEXAMPLE".to_owned(),
            session: Some(Session {
                issued_at,
                expires_at: issued_at,
                mfa_authenticated_at: None,
                federated_provider: None,
                source_identity: Some("ann@example.com".to_owned()),
                tags: vec![("team".to_owned(), "blue".to_owned())],
                terms: SessionTerms::default(),
            }),
        };
        let context = RequestContext::for_caller(&caller, [("Team", "red"), ("floor", "3")]);
        for (key, expected) in [
            ("aws:PrincipalArn", "arn:aws:iam::000000000042:role/team/reader"),
            ("aws:PrincipalAccount", "000000000042"),
            ("aws:PrincipalType", "AssumedRole"),
            ("aws:userid", "AROAEXAMPLE:ann"),
            ("aws:PrincipalTag/TEAM", "blue"),
            ("aws:PrincipalTag/floor", "3"),
            ("aws:TokenIssueTime", "2026-11-21T10:00:00Z"),
            ("aws:MultiFactorAuthPresent", "false"),
            ("aws:SourceIdentity", "ann@example.com"),
        ] {
            assert_eq!(texts(&context, key), [expected], "{key}");
        }
        assert!(context.values("aws:username").is_empty());
    }

    #[test]
    fn a_user_with_a_long_term_key_has_no_session_keys() {
        let caller = Caller {
            principal: Principal::User {
                account: AccountId::from_number(42),
                path: "/".to_owned(),
                name: "ann".to_owned(),
                id: "AIDAEXAMPLE".to_owned(),
            },
            access_key_id: "AKIAEXAMPLE".to_owned(),
            session: None,
        };
        let mut context = RequestContext::for_caller(&caller, []);
        context.add_request(&RequestFacts {
            now: Timestamp::UNIX_EPOCH,
            requested_region: "us-east-1",
            source_ip: Some([203, 0, 113, 9].into()),
            user_agent: None,
            secure_transport: false,
            caller_organization: Some(OrganizationFacts {
                id: "o-example",
                management_account: AccountId::from_number(1),
                path: "o-example/r-ab12/",
            }),
            resource_account: Some(AccountId::from_number(7)),
            resource_organization: None,
        });
        // F-IAM-81
        assert_eq!(texts(&context, "aws:username"), ["ann"]);
        assert_eq!(texts(&context, "aws:EpochTime"), ["0"]);
        assert_eq!(texts(&context, "aws:SourceIp"), ["203.0.113.9"]);
        assert_eq!(texts(&context, "aws:PrincipalOrgPaths"), ["o-example/r-ab12/"]);
        for absent in
            ["aws:MultiFactorAuthPresent", "aws:TokenIssueTime", "aws:UserAgent", "aws:ResourceOrgID"]
        {
            assert!(context.values(absent).is_empty(), "{absent}");
        }
    }
}
