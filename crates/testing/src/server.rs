//! accountd without a socket or a file: the whole service over a store in memory, from a seed file's text.

use std::sync::Arc;

use accountd::clock::{Clock, TimeMode};
use accountd::configuration::{RootCredential, SecureTransport, Signatures, Throttle};
use accountd::service::{Service, Settings, TrailBuckets};
use accountd::store::{Store, StoreOptions};
use services::context::{Delays, TokenKey, Validation};
use services::quotas::Quotas;
use services::seed;

use crate::postgres::{self, TestDatabase};

/// One organization, and for each kind of caller somebody who is it: see [`crate::company`].
pub const COMPANY: &str = include_str!("company.yaml");

/// When service time of the company stands still first. Far ahead of real time, so that nothing can depend on today.
pub const START: &str = "2090-06-15T12:00:00Z";

/// What a server is made of.
pub struct Setup {
    /// The seed file's text.
    pub seed: String,
    /// Service time.
    pub clock: Clock,
    /// How strictly patterns are applied.
    pub validation: Validation,
    /// How long background work takes.
    pub delays: Delays,
    /// The quotas of Organizations.
    pub quotas: Quotas,
    /// Whether published rates are applied.
    pub throttle: Throttle,
    /// How strictly signatures are judged.
    pub signatures: Signatures,
    /// Root credentials that a person configured.
    pub root_credentials: Vec<RootCredential>,
    /// What policies see as `aws:SecureTransport`.
    pub secure_transport: SecureTransport,
    /// Who knows the buckets that trails name.
    pub trail_buckets: TrailBuckets,
}

impl Setup {
    /// What the seed file says, with everything strict, no rates, and a time that stands still.
    pub fn seeded(seed: &str) -> Self {
        Self {
            seed: seed.to_owned(),
            clock: Clock::new(TimeMode::Manual),
            validation: Validation::Strict,
            delays: Delays::SHORT,
            quotas: Quotas::AWS,
            throttle: Throttle::Off,
            signatures: Signatures::Strict,
            root_credentials: Vec::new(),
            secure_transport: SecureTransport::Assumed,
            trail_buckets: TrailBuckets::Taken,
        }
    }

    /// Nothing has happened yet.
    pub fn empty() -> Self {
        Self::seeded("accounts: []")
    }

    /// The [`COMPANY`] at [`START`], with delays as on AWS.
    pub fn company() -> Self {
        let setup = Self { delays: Delays::AWS, ..Self::seeded(COMPANY) };
        setup.clock.set(START.parse().unwrap()).unwrap();
        setup
    }

    /// The same with one part of the seed file written otherwise.
    #[must_use]
    pub fn with(mut self, from: &str, to: &str) -> Self {
        assert_eq!(self.seed.matches(from).count(), 1, "{from:?} stands once in the file");
        self.seed = self.seed.replace(from, to);
        self
    }

    /// The company before it enabled trusted access.
    #[must_use]
    pub fn without_trusted_access(self) -> Self {
        self.with("trusted_services: [account.amazonaws.com]", "trusted_services: []").with(
            "  delegated_administrators:\n    - { account: \"333333333333\", services: [account.amazonaws.com] }\n",
            "",
        )
    }

    /// Puts it together.
    pub async fn start(self) -> Server {
        let options = StoreOptions::default();
        let database = postgres::is_asked_for().then(postgres::database).flatten();
        let store = match &database {
            Some(database) => Store::connect(&database.database(), &options),
            None => Store::in_memory(&options),
        };
        let store = Arc::new(store.unwrap());
        let seed = seed::read(&self.seed, self.clock.now())
            .unwrap_or_else(|problems| panic!("{}", seed::report("the seed", &problems)));
        store.seed(seed.writes).await.unwrap();
        Server { database, ..self.over(store, TokenKey::new([7; 32])) }
    }

    /// The same over a store that holds its state already.
    pub fn over(self, store: Arc<Store>, token_key: TokenKey) -> Server {
        let clock = Arc::new(self.clock);
        let settings = Settings {
            signatures: self.signatures,
            secure_transport: self.secure_transport,
            well_known_credentials: true,
            root_credentials: self.root_credentials,
            validation: self.validation,
            delays: self.delays,
            quotas: self.quotas,
            throttle: self.throttle,
            token_key,
            trail_buckets: self.trail_buckets,
        };
        let service = Arc::new(Service::new(Arc::clone(&store), Arc::clone(&clock), settings));
        Server { service, store, clock, database: None }
    }
}

/// A running accountd in this process.
pub struct Server {
    /// Answers requests.
    pub service: Arc<Service>,
    /// Holds the state.
    pub store: Arc<Store>,
    /// Service time.
    pub clock: Arc<Clock>,
    /// Where the state is, if the suite runs on a database. To be dropped last.
    pub database: Option<TestDatabase>,
}
