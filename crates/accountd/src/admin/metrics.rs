//! Counters and latencies in both of Prometheus's text formats: OpenMetrics for whoever asks for it, and the older one,
//! which everything reads (F-EDGE-41).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{HeaderMap, header};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::process::Process;
use super::unanswered::UnansweredCalls;
use listener::Connections;

/// The media type of the page in the older format.
/// <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>
pub const PLAIN_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The media type of the page as OpenMetrics.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

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

/// A figure of the store, read when somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreFigure {
    /// The name, without `accountd_store_` in front and, where it is a count, `_total` behind.
    pub name: &'static str,
    /// What it counts, in a sentence without a full stop.
    pub help: &'static str,
    /// What there is now, or the count since the start.
    pub value: u64,
    /// Whether it is a count since the start, which only grows.
    pub is_count: bool,
}

/// What is measured. Memory is bounded by the number of operations and error codes.
pub struct Metrics {
    requests: Family<Outcome, Counter>,
    latencies: Family<Operation, Histogram, fn() -> Histogram>,
    registries: [Registry; 2],
}

impl Metrics {
    /// Nothing measured yet. `store_figures` is asked on each scrape.
    pub fn new(
        connections: Arc<Connections>,
        unanswered: Arc<UnansweredCalls>,
        store_figures: impl Fn() -> Vec<StoreFigure> + Send + Sync + 'static,
    ) -> Self {
        let requests = Family::default();
        let latencies: Family<Operation, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(latency_histogram);
        let mut own = Registry::with_prefix("accountd");
        own.register("requests", "Requests by service, operation and code", requests.clone());
        own.register(
            "request_duration_seconds",
            "From the end of a request to its answer",
            latencies.clone(),
        );
        own.register_collector(Box::new(OnScrape {
            connections,
            unanswered,
            store_figures: Box::new(store_figures),
        }));
        // Prometheus names what is true of every process.
        let mut process = Registry::default();
        process.register_collector(Box::new(Process::new()));
        Self { requests, latencies, registries: [own, process] }
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

    /// The page in the format that `headers` ask for, with its media type.
    pub fn page_for(&self, headers: &HeaderMap) -> (String, &'static str) {
        let wanted = headers.get(header::ACCEPT).map_or(&[][..], |value| value.as_bytes());
        let name = b"application/openmetrics-text";
        match wanted.windows(name.len()).any(|part| part == name) {
            true => (self.page(), OPEN_METRICS),
            false => (plain_text(&self.page()), PLAIN_TEXT),
        }
    }

    /// The page as OpenMetrics.
    pub fn page(&self) -> String {
        let mut page = String::new();
        let written = self
            .registries
            .iter()
            .try_for_each(|registry| text::encode_registry(&mut page, registry))
            .and_then(|()| text::encode_eof(&mut page));
        written.expect("INVARIANT: writing to a String does not fail");
        page
    }
}

/// A page of OpenMetrics in the older format. There a counter's help and type stand under the name of its samples, and
/// there are neither units nor an end.
fn plain_text(page: &str) -> String {
    let is_kept = |line: &&str| !line.starts_with("# UNIT ") && !line.starts_with("# EOF");
    let counters: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut plain = String::with_capacity(page.len());
    for line in page.lines().filter(is_kept) {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(kind), Some(name), Some(text)) if counters.contains(name) => {
                plain.push_str(&format!("# {kind} {name}_total {text}\n"));
            }
            _ => {
                plain.push_str(line);
                plain.push('\n');
            }
        }
    }
    plain
}

/// From 50 µs, which a read takes, to 3 s, which is more than any fsync should.
fn latency_histogram() -> Histogram {
    Histogram::new([
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0,
    ])
}

struct OnScrape {
    connections: Arc<Connections>,
    unanswered: Arc<UnansweredCalls>,
    store_figures: Box<dyn Fn() -> Vec<StoreFigure> + Send + Sync>,
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
        build(&mut encoder)?;
        let accepted = self.connections.accepted.load(Ordering::Relaxed);
        counter(&mut encoder, "connections_accepted", "Connections accepted", accepted)?;
        for store in (self.store_figures)() {
            let name = format!("store_{}", store.name);
            if store.is_count {
                counter(&mut encoder, &name, store.help, store.value)?;
            } else {
                let now = ConstGauge::new(i64::try_from(store.value).unwrap_or(i64::MAX));
                now.encode(encoder.encode_descriptor(&name, store.help, None, now.metric_type())?)?;
            }
        }
        self.unanswered(&mut encoder)
    }
}

impl OnScrape {
    fn unanswered(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Calls for services and operations that are not here";
        let mut family = encoder.encode_descriptor("unanswered", help, None, MetricType::Counter)?;
        for ((service, operation), count) in self.unanswered.series() {
            let names = [("service", service), ("operation", operation)];
            ConstCounter::new(count).encode(family.encode_family(&names)?)?;
        }
        Ok(())
    }
}

/// Which program this is: always 1.
fn build(encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let mut family =
        encoder.encode_descriptor("build_info", "Which accountd this is", None, MetricType::Gauge)?;
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("profile", profile)];
    ConstGauge::new(1_i64).encode(family.encode_family(&labels)?)
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    let counter = ConstCounter::new(value);
    let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
    counter.encode(metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use services::front::words::Unanswered;

    #[test]
    fn the_page_shows_requests_connections_and_the_store() {
        let connections = Arc::new(Connections::default());
        connections.accepted.store(5, Ordering::Relaxed);
        connections.closed.store(2, Ordering::Relaxed);
        let commits = || vec![StoreFigure { name: "commits", help: "Commits", value: 7, is_count: true }];
        let unanswered = Arc::new(UnansweredCalls::default());
        let call = Unanswered { service: "s3".into(), operation: "-".into(), user_agent: "x".into() };
        unanswered.count(call, "2026-11-27T10:00:00Z".parse().unwrap());
        let metrics = Metrics::new(connections, unanswered, commits);
        metrics.record("account", "ListRegions", SUCCESS.into(), Duration::from_micros(80));
        metrics.record("account", "ListRegions", "AccessDeniedException".into(), Duration::from_micros(80));
        let page = metrics.page();
        for line in [
            r#"accountd_requests_total{service="account",operation="ListRegions",code="OK"} 1"#,
            r#"accountd_request_duration_seconds_count{service="account",operation="ListRegions"} 2"#,
            "accountd_connections 3",
            "accountd_connections_accepted_total 5",
            "accountd_store_commits_total 7",
            r#"accountd_unanswered_total{service="s3",operation="-"} 1"#,
        ] {
            assert!(page.contains(line), "{line} in\n{page}");
        }
    }

    /// F-EDGE-41: every series has a type and a help text under the name that the format looks for.
    #[test]
    fn both_formats_describe_every_series_f_edge_41() {
        let metrics = Metrics::new(Arc::default(), Arc::default(), Vec::new);
        metrics.record("account", "ListRegions", SUCCESS.into(), Duration::from_micros(80));
        let (page, content_type) = metrics.page_for(&HeaderMap::new());
        assert_eq!(content_type, PLAIN_TEXT);
        let described = |page: &str, kind: &str| -> BTreeSet<String> {
            let lines = page.lines().filter_map(|line| line.strip_prefix(&format!("# {kind} ")));
            lines.filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
        };
        assert_eq!(described(&page, "HELP"), described(&page, "TYPE"));
        let known = described(&page, "HELP");
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            assert!(known.contains(name) || base.is_some_and(|base| known.contains(base)), "{line}");
        }
        for line in [
            "# TYPE accountd_requests_total counter",
            "# HELP accountd_requests_total Requests by service, operation and code.",
            "# TYPE accountd_build_info gauge",
            "# TYPE process_resident_memory_bytes gauge",
            "# TYPE process_cpu_seconds_total counter",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
        }
        assert!(!page.contains("# EOF"));
        let value = |name: &str| -> f64 {
            let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().parse().unwrap()
        };
        assert!(value("process_resident_memory_bytes ") > 1e6);
        assert!(value("process_open_fds ") >= 3.0 && value("process_max_fds ") >= value("process_open_fds "));
        assert!(value("process_start_time_seconds ") > 1.7e9);

        let mut headers = HeaderMap::new();
        let asked = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        headers.insert(header::ACCEPT, asked.parse().unwrap());
        let (page, content_type) = metrics.page_for(&headers);
        assert_eq!(content_type, OPEN_METRICS);
        assert!(page.contains("# TYPE accountd_requests counter\n") && page.ends_with("# EOF\n"));
    }
}
