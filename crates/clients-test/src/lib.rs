//! accountd without a socket: the official Rust SDKs hand their signed requests straight to the service.

mod ec2;

use std::sync::Arc;

use accountd::admin::Engine;
use accountd::clock::Clock;
use accountd::service::Service;
use accountd::state_engine::StateEngine;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{SdkError, ServiceError};
use aws_types::SdkConfig;
use jiff::SignedDuration;
use services::state::message::Message;

use testing::sdk::Connector;
use testing::server::{Server, Setup};

pub use ec2::Answer;
pub use testing::builders::policy;

/// How a test ends: an answer that should have come is passed on with `?`.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The management account of [`InProcess::company`]. Its user `admin` may do everything, its user
/// `nobody` nothing.
pub const MANAGEMENT: &str = "111111111111";
/// A member of that organization, with the role that Organizations leaves in the accounts it creates, and a
/// role `Auditor` with a session that has expired.
pub const MEMBER: &str = "222222222222";

/// The management account's user who may do nothing.
pub const NOBODY_ARN: &str = "arn:aws:iam::111111111111:user/nobody";

const COMPANY: &str = r#"
organization: { management_account: "111111111111", trusted_services: [account.amazonaws.com] }
accounts:
  - id: "111111111111"
    name: Management
    email: management@example.invalid
    iam:
      users:
        - name: admin
          attached_policies: [AdministratorAccess]
          access_keys: [{ id: AKIAADMINISTRATOR111, secret: secret-of-the-administrator }]
        - name: nobody
          access_keys: [{ id: AKIANOBODYNOBODY1111, secret: secret-of-nobody }]
  - id: "222222222222"
    name: Member
    email: member@example.invalid
    created: 2024-02-29T12:00:00Z
    gov_cloud: { account: "999999999999" }
    iam:
      roles:
        - name: Auditor
          attached_policies: [AWSAccountManagementReadOnlyAccess]
          trust_policy:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Principal: { AWS: "111111111111" }, Action: sts:AssumeRole }]
          sessions:
            - session_name: yesterday
              access_key_id: ASIAYESTERDAY2222222
              secret_access_key: secret-of-yesterday
              session_token: token-of-yesterday
              expires_at: 2024-03-01T12:00:00Z
"#;

/// A world of its own: a service over a store in memory, whose time stands still until it is moved.
pub struct InProcess {
    service: Arc<Service>,
    clock: Arc<Clock>,
    state: StateEngine,
}

impl InProcess {
    /// An organization of two accounts with trusted access for Account Management.
    pub async fn company() -> Self {
        Self::of(Setup::seeded(COMPANY)).await
    }

    /// A world in which nothing has happened yet.
    pub async fn empty() -> Self {
        Self::of(Setup::empty()).await
    }

    async fn of(setup: Setup) -> Self {
        let Server { service, store, clock, .. } = setup.start().await;
        let state = StateEngine::new(store, Arc::clone(&clock), None);
        Self { service, clock, state }
    }

    /// What makes a client of any service with these credentials, in us-east-1. It does not retry.
    fn configuration(&self, credentials: Credentials) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(Connector(Arc::clone(&self.service)))
            .build()
    }

    /// Calls with this access key.
    pub fn key(&self, access_key_id: &str, secret_access_key: &str) -> SdkConfig {
        self.configuration(Credentials::new(access_key_id, secret_access_key, None, None, "test"))
    }

    /// Calls as the root user of this account, with its well-known credentials.
    pub fn root(&self, account: &str) -> SdkConfig {
        self.key(account, "test")
    }

    /// Calls as the user of the company who may do everything.
    pub fn admin(&self) -> SdkConfig {
        self.key("AKIAADMINISTRATOR111", "secret-of-the-administrator")
    }

    /// Calls as the user of the company who may do nothing.
    pub fn nobody(&self) -> SdkConfig {
        self.key("AKIANOBODYNOBODY1111", "secret-of-nobody")
    }

    /// Calls with the temporary credentials of an answer of STS. When they expire is left to the service
    /// to say.
    pub fn session(&self, given: &aws_sdk_sts::types::Credentials) -> SdkConfig {
        let token = given.session_token().to_owned();
        let (id, secret) = (given.access_key_id(), given.secret_access_key());
        self.configuration(Credentials::new(id, secret, Some(token), None, "test"))
    }

    /// Calls as the session of the management account's administrator in a member.
    ///
    /// # Panics
    /// Where the role may not be assumed.
    pub async fn access_role(&self, member: &str) -> SdkConfig {
        let request = aws_sdk_sts::Client::new(&self.admin()).assume_role().role_arn(access_role_arn(member));
        let assumed = request.role_session_name("admin").send().await;
        let assumed = assumed.unwrap_or_else(|error| panic!("{:?}", error.into_service_error()));
        self.session(assumed.credentials().expect("an answer of AssumeRole has credentials"))
    }

    /// Moves service time forward.
    ///
    /// # Panics
    /// Where time cannot be moved so far.
    pub fn advance(&self, seconds: i64) {
        let moved = self.clock.advance(SignedDuration::from_secs(seconds));
        moved.unwrap_or_else(|reason| panic!("{reason}"));
    }

    /// The newest message to this address or number.
    ///
    /// # Panics
    /// Where there is none.
    pub async fn message_to(&self, address: &str) -> Message {
        let messages = self.state.messages().await.unwrap_or_else(|reason| panic!("{reason}"));
        let found = messages.into_iter().map(|(_, message)| message).find(|message| message.to == address);
        found.unwrap_or_else(|| panic!("there is no message to {address}"))
    }
}

/// The role that Organizations leaves in an account it creates.
pub fn access_role_arn(member: &str) -> String {
    format!("arn:aws:iam::{member}:role/OrganizationAccountAccessRole")
}

/// The error the service answered, which the caller expects.
///
/// # Panics
/// Where the call was not refused, or did not come as far as the service.
pub fn refusal<T: std::fmt::Debug, E: std::fmt::Debug>(
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> ServiceError<E, HttpResponse> {
    match answer {
        Err(SdkError::ServiceError(refusal)) => refusal,
        other => panic!("not refused by the service: {other:?}"),
    }
}

/// As [`refusal`], but only what the SDK made of it.
///
/// # Panics
/// As [`refusal`].
pub fn refused<T: std::fmt::Debug, E: std::fmt::Debug>(answer: Result<T, SdkError<E, HttpResponse>>) -> E {
    refusal(answer).into_err()
}
