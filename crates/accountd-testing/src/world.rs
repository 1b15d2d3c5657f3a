//! A world in this process.

use std::sync::Arc;
use std::time::Duration;

use accountd::admin::Engine;
use accountd::clock::{Clock, TimeMode};
use accountd::configuration::{SecureTransport, Signatures, Throttle};
use accountd::installation;
use accountd::service::{Service, Settings, TrailBuckets};
use accountd::state_engine::StateEngine;
use accountd::store::{Store, StoreOptions};
use services::context::{Delays, Validation};
use services::front::credentials::{Given, Holder};
use services::quotas::Quotas;
use services::seed;

use crate::{Connector, Error};

/// One message that was sent, with its one-time code.
pub use services::state::message::Message;

/// The whole service over a store in memory. Service time stands still until it is moved, so that nothing in a test depends on
/// how long it takes.
///
/// The well-known keys work: `test` is the root user of account 000000000000, and `admin` with an account's id behind it an
/// administrator of that account, both with the secret `test`.
pub struct World {
    service: Arc<Service>,
    clock: Arc<Clock>,
    engine: StateEngine,
}

/// Keys of somebody in a world.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The session token of a role's session.
    pub session_token: Option<String>,
}

impl World {
    /// Nothing has happened yet.
    ///
    /// # Errors
    /// Says what is wrong with the store.
    pub async fn empty() -> Result<Self, Error> {
        Self::seeded("accounts: []").await
    }

    /// What a seed file's text says.
    ///
    /// # Errors
    /// Lists the problems of the seed.
    pub async fn seeded(text: &str) -> Result<Self, Error> {
        let store = Store::in_memory(&StoreOptions::default()).map_err(|error| error.to_string())?;
        let (store, clock) = (Arc::new(store), Arc::new(Clock::new(TimeMode::Manual)));
        let token_key = installation::restore(&store, &clock).await?;
        let seed = seed::read(text, clock.now()).map_err(|problems| seed::report("the seed", &problems))?;
        store.seed(seed.writes.clone()).await.map_err(|error| error.to_string())?;
        let settings = Settings {
            signatures: Signatures::Strict,
            secure_transport: SecureTransport::Assumed,
            well_known_credentials: true,
            root_credentials: Vec::new(),
            validation: Validation::Strict,
            delays: Delays::SHORT,
            quotas: Quotas::AWS,
            throttle: Throttle::Off,
            token_key,
            trail_buckets: TrailBuckets::Taken,
        };
        let service = Arc::new(Service::new(Arc::clone(&store), Arc::clone(&clock), settings));
        let engine = StateEngine::new(store, Arc::clone(&clock), Some(seed.writes));
        Ok(Self { engine: engine.with_service(Arc::clone(&service)), service, clock })
    }

    /// An HTTP client for the AWS SDK whose requests come here.
    pub fn http_client(&self) -> Connector {
        Connector(Arc::clone(&self.service))
    }

    /// Moves service time forward.
    ///
    /// # Errors
    /// Time has an end, in the year 9000.
    pub async fn advance(&self, by: Duration) -> Result<(), Error> {
        let by = by.try_into().map_err(|_| Error("that is too far".to_owned()))?;
        self.clock.advance(by).map_err(|reason| reason.to_string())?;
        Ok(self.engine.keep_time().await?)
    }

    /// The messages that were sent, newest first.
    ///
    /// # Errors
    /// Says why the store failed.
    pub async fn messages(&self) -> Result<Vec<Message>, Error> {
        Ok(self.engine.messages().await?.into_iter().map(|(_, message)| message).collect())
    }

    /// Everything as it was at the beginning: the seed, and real time.
    ///
    /// # Errors
    /// Says why the store failed.
    pub async fn reset(&self) -> Result<(), Error> {
        Ok(self.engine.reset().await?)
    }

    /// Keys of a user: one that is there, or else one that is made.
    ///
    /// # Errors
    /// There is no such user.
    pub async fn keys_of_user(&self, account: &str, name: &str) -> Result<Keys, Error> {
        self.keys(Holder::User(account_id(account)?, name.to_owned())).await
    }

    /// Keys of a session of a role, whose trust policy is not asked.
    ///
    /// # Errors
    /// There is no such role.
    pub async fn keys_of_role(&self, account: &str, name: &str) -> Result<Keys, Error> {
        self.keys(Holder::Role(account_id(account)?, name.to_owned())).await
    }

    async fn keys(&self, holder: Holder) -> Result<Keys, Error> {
        let given = self.engine.credentials(holder).await?;
        let Given { access_key_id, secret_access_key, session } =
            given.map_err(|why| why.message().to_owned())?;
        Ok(Keys { access_key_id, secret_access_key, session_token: session.map(|(token, _)| token) })
    }
}

fn account_id<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error(format!("`{text}` is no account id: it has 12 digits")))
}
