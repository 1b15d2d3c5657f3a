//! Until the request path exists: the own endpoints over nothing, and 503 for everything else.
//!
//! This file goes when the service's own front takes its place in `main.rs`.

use std::net::SocketAddr;
use std::sync::Arc;

use accountd::admin::metrics::Metrics;
use accountd::admin::{self, Admin, Engine, Facts, NotImported};
use accountd::configuration::Configuration;
use accountd::listener::{Answer, Unread};
use accountd::startup::{Application, Edges};
use bytes::Bytes;
use http::{Request, Response, StatusCode, request};
use services::state::message::Message;

/// Answers the own endpoints only.
pub struct Front {
    admin: Admin<NoStore>,
}

impl Front {
    /// Opens nothing.
    pub fn open(configuration: &Configuration, edges: Edges) -> Result<Self, String> {
        let admin = Admin {
            access: edges.access,
            facts: Facts {
                signatures: configuration.signatures,
                storage: configuration.storage.kind(),
                services: &[],
                started: edges.started,
            },
            clock: edges.clock,
            faults: edges.faults,
            metrics: Arc::new(Metrics::new(edges.connections, Vec::new)),
            engine: NoStore,
        };
        Ok(Self { admin })
    }
}

impl Answer for Front {
    async fn answer(&self, request: Request<Bytes>, _peer: SocketAddr) -> Response<Bytes> {
        if admin::is_own(request.uri().path()) {
            return self.admin.answer(request).await;
        }
        plain(StatusCode::SERVICE_UNAVAILABLE)
    }

    fn refuse_unread(&self, _head: &request::Parts, why: Unread) -> Response<Bytes> {
        plain(match why {
            Unread::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Unread::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Unread::Malformed => StatusCode::BAD_REQUEST,
        })
    }
}

impl Application for Front {
    async fn close(&self) -> Result<(), String> {
        Ok(())
    }
}

fn plain(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

struct NoStore;

const NO_STORE: &str = "there is no store in this build";

impl Engine for NoStore {
    async fn ready(&self) -> Result<(), String> {
        Err(NO_STORE.to_owned())
    }

    async fn messages(&self) -> Result<Vec<(String, Message)>, String> {
        Err(NO_STORE.to_owned())
    }

    async fn clear_messages(&self) -> Result<u64, String> {
        Err(NO_STORE.to_owned())
    }

    async fn reset(&self) -> Result<(), String> {
        Err(NO_STORE.to_owned())
    }

    async fn export(&self) -> Result<Bytes, String> {
        Err(NO_STORE.to_owned())
    }

    async fn import(&self, _document: Bytes) -> Result<(), NotImported> {
        Err(NotImported::Failed(NO_STORE.to_owned()))
    }
}
