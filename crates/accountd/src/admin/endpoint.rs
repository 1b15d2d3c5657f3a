//! Which own endpoints there are: one row each, of which routing, the header `Allow` and the index are made.

use http::Method;
use serde_json::{Value, json};

/// One endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Index,
    Health,
    Ready,
    Metrics,
    Clock,
    Outbox,
    Events,
    Reset,
    Export,
    Import,
    Faults,
    Unanswered,
    Explain,
    Credentials,
    Issuer,
    Information,
    Stages,
    Stage,
}

struct Row {
    endpoint: Endpoint,
    /// The first one is accountd's own; the others are what tools of other emulators know.
    paths: &'static [&'static str],
    /// The methods it knows, as the header `Allow` lists them.
    allow: &'static str,
    what: &'static str,
}

const READ: &str = "GET, HEAD, OPTIONS";
const SEND: &str = "POST, OPTIONS";

const ROWS: &[Row] = &[
    Row { endpoint: Endpoint::Index, paths: &["/_accountd/", "/_accountd"], allow: READ, what: "this list" },
    Row {
        endpoint: Endpoint::Health,
        paths: &["/_accountd/health", "/_localstack/health"],
        allow: READ,
        what: "what runs, and how",
    },
    Row {
        endpoint: Endpoint::Ready,
        paths: &["/_accountd/ready"],
        allow: READ,
        what: "200 while requests can be answered, else 503",
    },
    Row {
        endpoint: Endpoint::Metrics,
        paths: &["/_accountd/metrics"],
        allow: READ,
        what: "counters and latencies for Prometheus",
    },
    Row {
        endpoint: Endpoint::Clock,
        paths: &["/_accountd/clock"],
        allow: "GET, HEAD, POST, OPTIONS",
        what: "service time; POST {\"advance\":\"24h\"} or {\"set\":\"2027-01-01T00:00:00Z\"} moves it",
    },
    Row {
        endpoint: Endpoint::Outbox,
        paths: &["/_accountd/outbox"],
        allow: "GET, HEAD, DELETE, OPTIONS",
        what: "messages that were sent, with their codes; ?to=, ?account=, ?limit=; DELETE empties it",
    },
    Row {
        endpoint: Endpoint::Events,
        paths: &["/_accountd/events"],
        allow: READ,
        what: "calls of all accounts, oldest first; ?account=, ?source=, ?name=, ?user=, ?errors=, ?limit=, ?after=",
    },
    Row {
        endpoint: Endpoint::Reset,
        paths: &["/_accountd/reset", "/_localstack/state/reset", "/moto-api/reset"],
        allow: SEND,
        what: "everything as after the first start: the seed or nothing, no faults, time as it is",
    },
    Row {
        endpoint: Endpoint::Export,
        paths: &["/_accountd/export"],
        allow: READ,
        what: "all state as one document",
    },
    Row {
        endpoint: Endpoint::Import,
        paths: &["/_accountd/import"],
        allow: SEND,
        what: "replaces all state by an exported document",
    },
    Row {
        endpoint: Endpoint::Faults,
        paths: &["/_accountd/faults"],
        allow: "GET, HEAD, PUT, DELETE, OPTIONS",
        what: "answers that fail, come late or do not come; PUT a list of rules, DELETE ends them",
    },
    Row {
        endpoint: Endpoint::Unanswered,
        paths: &["/_accountd/unanswered"],
        allow: "GET, HEAD, DELETE, OPTIONS",
        what: "calls for services and operations that are not here, counted; DELETE empties the list",
    },
    Row {
        endpoint: Endpoint::Explain,
        paths: &["/_accountd/explain"],
        allow: SEND,
        what: "why a call is allowed or refused: POST {\"event\":…}, or principal and action; drafts; who may",
    },
    Row {
        endpoint: Endpoint::Credentials,
        paths: &["/_accountd/credentials"],
        allow: SEND,
        what: "credentials of somebody: POST {\"account\":…} for its administrator, or with \"user\" or \"role\" too",
    },
    Row {
        endpoint: Endpoint::Issuer,
        paths: &["/_accountd/oidc/"],
        allow: READ,
        what: "issuers of outbound web identity tokens: ISSUER/.well-known/openid-configuration, ISSUER/keys",
    },
    Row {
        endpoint: Endpoint::Information,
        paths: &["/_localstack/info"],
        allow: READ,
        what: "version and uptime, for tools of LocalStack",
    },
    Row {
        endpoint: Endpoint::Stages,
        paths: &["/_localstack/init"],
        allow: READ,
        what: "that it has started, for tools of LocalStack",
    },
    Row {
        endpoint: Endpoint::Stage,
        paths: &[
            "/_localstack/init/boot",
            "/_localstack/init/start",
            "/_localstack/init/ready",
            "/_localstack/init/shutdown",
        ],
        allow: READ,
        what: "the same of one stage",
    },
];

/// Whether a path belongs to the own endpoints rather than to AWS.
pub fn is_own(path: &str) -> bool {
    path == "/_accountd"
        || ["/_accountd/", "/_localstack/", "/moto-api/"].iter().any(|it| path.starts_with(it))
}

impl Endpoint {
    pub(super) fn of(path: &str) -> Option<Self> {
        if super::issuer::parts(path).is_some() {
            return Some(Self::Issuer);
        }
        ROWS.iter().find(|row| row.paths.contains(&path)).map(|row| row.endpoint)
    }

    /// The methods it knows, as the header `Allow` lists them.
    pub(super) fn allow(self) -> &'static str {
        let row = ROWS.iter().find(|row| row.endpoint == self);
        row.expect("INVARIANT: every endpoint has a row").allow
    }

    pub(super) fn allows(self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }

    /// Whether anybody who reaches accountd may ask.
    pub(super) fn is_open(self) -> bool {
        // What an issuer publishes is for everybody.
        matches!(
            self,
            Self::Health | Self::Ready | Self::Issuer | Self::Information | Self::Stages | Self::Stage
        )
    }
}

/// The index.
pub(super) fn index() -> Value {
    let row = |row: &Row| json!({ "paths": row.paths, "methods": row.allow, "what": row.what });
    json!({ "endpoints": ROWS.iter().map(row).collect::<Vec<_>>() })
}

/// What LocalStack says of its stages: here the last one is over before anything is answered.
pub(super) fn stages() -> Value {
    json!({
        "completed": { "BOOT": true, "START": true, "READY": true, "SHUTDOWN": false },
        "scripts": [],
    })
}

/// What LocalStack says of the stage in `path`.
pub(super) fn stage(path: &str) -> Value {
    json!({ "completed": !path.ends_with("/shutdown"), "scripts": [] })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-EDGE-25.
    #[test]
    fn every_path_is_own_leads_somewhere_and_stands_in_the_index() {
        let index = index().to_string();
        for path in ROWS.iter().flat_map(|row| row.paths) {
            assert!(is_own(path), "{path}");
            assert!(
                Endpoint::of(path).is_some_and(|endpoint| endpoint.allow().ends_with("OPTIONS")),
                "{path}"
            );
            assert!(index.contains(&format!("\"{path}\"")), "{path}");
        }
        assert_eq!(Endpoint::of("/_accountd/nothing"), None);
        assert!(!is_own("/listRegions") && !is_own("/_accountdx") && !is_own("/"));
    }
}
