//! accountd without a socket: the official Rust SDK hands its signed requests straight to the service.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use accountd::admin::Engine;
use accountd::clock::{Clock, TimeMode};
use accountd::configuration::{Signatures, Throttle};
use accountd::service::{Service, Settings};
use accountd::state_engine::StateEngine;
use accountd::store::{Store, StoreOptions};
use aws_sdk_account::Client;
use aws_sdk_account::config::{BehaviorVersion, Config, Credentials, Region};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::HeaderValue;
use http::header::HOST;
use jiff::SignedDuration;
use services::context::{Delays, TokenKey, Validation};
use services::state::message::Message;

/// A world of its own: a service over a store in memory, whose time stands still until it is moved.
pub struct InProcess {
    service: Arc<Service>,
    clock: Arc<Clock>,
    state: StateEngine,
}

impl InProcess {
    /// A world that begins with what this seed file says.
    ///
    /// # Panics
    /// Where the seed is wrong.
    pub async fn seeded(seed: &str) -> Self {
        let clock = Arc::new(Clock::new(TimeMode::Manual));
        let store = Store::in_memory(&StoreOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        let store = Arc::new(store);
        let seed = accountd::seed::read(seed, clock.now()).unwrap_or_else(|problems| panic!("{problems:?}"));
        store.seed(seed.writes).await.unwrap_or_else(|error| panic!("{error}"));
        let settings = Settings {
            signatures: Signatures::Strict,
            well_known_credentials: true,
            root_credentials: Vec::new(),
            validation: Validation::Strict,
            delays: Delays::SHORT,
            throttle: Throttle::Off,
            token_key: TokenKey::new([7; 32]),
        };
        let service = Service::new(Arc::clone(&store), Arc::clone(&clock), settings);
        Self { service: Arc::new(service), clock, state: StateEngine::new(store, None) }
    }

    /// A client with these credentials. It does not retry.
    pub fn client(&self, access_key_id: &str, secret_access_key: &str) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(access_key_id, secret_access_key, None, None, "test"))
            .retry_config(aws_sdk_account::config::retry::RetryConfig::disabled())
            .http_client(Connector(Arc::clone(&self.service)))
            .build();
        Client::from_conf(config)
    }

    /// A client as the root user of this account, with its well-known credentials.
    pub fn root(&self, account: &str) -> Client {
        self.client(account, "test")
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

/// Takes the SDK's request where a connection would, and gives it to the service.
#[derive(Clone)]
struct Connector(Arc<Service>);

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connector")
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let request = with_host(request).map_err(ConnectorError::user)?;
            let answer = service.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
            HttpResponse::try_from(answer.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The request as it would arrive. The SDK signs the header `host` but leaves it to the connection to send it.
fn with_host(request: HttpRequest) -> Result<http::Request<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
    let mut request = request.try_into_http1x()?;
    let host = request.uri().authority().ok_or("the request names no host")?.as_str();
    let host = HeaderValue::from_str(host)?;
    request.headers_mut().insert(HOST, host);
    let (head, body) = request.into_parts();
    let body = Bytes::copy_from_slice(body.bytes().ok_or("the body is a stream")?);
    Ok(http::Request::from_parts(head, body))
}
