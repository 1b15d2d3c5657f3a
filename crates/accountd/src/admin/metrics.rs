//! Counters and latencies in the Prometheus text format.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::listener::Connections;

/// The media type of the metrics page.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The code under which requests that succeeded are counted.
pub const SUCCESS: &str = "OK";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    service: &'static str,
    operation: &'static str,
    code: Cow<'static, str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Operation {
    service: &'static str,
    operation: &'static str,
}

/// A counter of the store, read when somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreCounter {
    /// The name, without `accountd_store_` in front and `_total` behind.
    pub name: &'static str,
    /// What it counts, in a sentence without a full stop.
    pub help: &'static str,
    /// The count since the start.
    pub value: u64,
}

/// What is measured. Memory is bounded by the number of operations and error codes.
pub struct Metrics {
    requests: Family<Outcome, Counter>,
    latencies: Family<Operation, Histogram, fn() -> Histogram>,
    registry: Registry,
}

impl Metrics {
    /// Nothing measured yet. `store_counters` is asked on each scrape.
    pub fn new(
        connections: Arc<Connections>,
        store_counters: impl Fn() -> Vec<StoreCounter> + Send + Sync + 'static,
    ) -> Self {
        let requests = Family::default();
        let latencies: Family<Operation, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(latency_histogram);
        let mut registry = Registry::with_prefix("accountd");
        registry.register("requests", "Requests by service, operation and code", requests.clone());
        registry.register(
            "request_duration_seconds",
            "From the end of a request to its answer",
            latencies.clone(),
        );
        registry
            .register_collector(Box::new(OnScrape { connections, store_counters: Box::new(store_counters) }));
        Self { requests, latencies, registry }
    }

    /// Counts one request. `code` is [`SUCCESS`] or the error code; `operation` is a name of the
    /// model or `-`, never a caller's text, so that callers cannot grow the page.
    pub fn record(
        &self,
        service: &'static str,
        operation: &'static str,
        code: Cow<'static, str>,
        took: Duration,
    ) {
        self.requests.get_or_create(&Outcome { service, operation, code }).inc();
        self.latencies.get_or_create(&Operation { service, operation }).observe(took.as_secs_f64());
    }

    /// The page.
    pub fn page(&self) -> String {
        let mut page = String::new();
        text::encode(&mut page, &self.registry).expect("INVARIANT: writing to a String does not fail");
        page
    }
}

/// From 50 µs, which a read takes, to 3 s, which is more than any fsync should.
fn latency_histogram() -> Histogram {
    Histogram::new([
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0,
    ])
}

struct OnScrape {
    connections: Arc<Connections>,
    store_counters: Box<dyn Fn() -> Vec<StoreCounter> + Send + Sync>,
}

impl fmt::Debug for OnScrape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OnScrape")
    }
}

impl Collector for OnScrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let open = ConstGauge::new(i64::try_from(self.connections.open()).unwrap_or(i64::MAX));
        let metric =
            encoder.encode_descriptor("connections", "Open connections", None, open.metric_type())?;
        open.encode(metric)?;
        let accepted = self.connections.accepted.load(Ordering::Relaxed);
        counter(&mut encoder, "connections_accepted", "Connections accepted", accepted)?;
        for store in (self.store_counters)() {
            counter(&mut encoder, &format!("store_{}", store.name), store.help, store.value)?;
        }
        Ok(())
    }
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    let counter = ConstCounter::new(value);
    let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
    counter.encode(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_requests_connections_and_the_store() {
        let connections = Arc::new(Connections::default());
        connections.accepted.store(5, Ordering::Relaxed);
        connections.closed.store(2, Ordering::Relaxed);
        let commits = || vec![StoreCounter { name: "commits", help: "Commits", value: 7 }];
        let metrics = Metrics::new(connections, commits);
        metrics.record("account", "ListRegions", SUCCESS.into(), Duration::from_micros(80));
        metrics.record("account", "ListRegions", "AccessDeniedException".into(), Duration::from_micros(80));
        let page = metrics.page();
        for line in [
            r#"accountd_requests_total{service="account",operation="ListRegions",code="OK"} 1"#,
            r#"accountd_request_duration_seconds_count{service="account",operation="ListRegions"} 2"#,
            "accountd_connections 3",
            "accountd_connections_accepted_total 5",
            "accountd_store_commits_total 7",
        ] {
            assert!(page.contains(line), "{line} in\n{page}");
        }
    }
}
