//! What the metrics page shows of the store. F-STORE-35, F-TRAIL-18

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::admin::metrics::StoreFigure;
use crate::store::Store;

/// The figures of now.
pub(crate) fn of(store: &Store) -> Vec<StoreFigure> {
    let all = store.statistics();
    let now = |name, help, value| StoreFigure { name, help, value, is_count: false };
    let count = |name, help, value: &AtomicU64| StoreFigure {
        name,
        help,
        value: value.load(Relaxed),
        is_count: true,
    };
    let mut figures = vec![
        count("transactions", "Transactions committed, each one wait for the disk", &all.transactions),
        count("changes", "Changes acknowledged", &all.changes),
        count("questions", "Times a database was asked what other processes committed", &all.questions),
        count(
            "overtaken",
            "Transactions that another process was faster than, put together again",
            &all.overtaken,
        ),
        count("reruns", "Requests decided again because others were faster", &all.reruns),
        count("handed_back", "Those of them that would have kept others waiting", &all.handed_back),
        count("read_records", "Records of calls that changed nothing, written", &all.read_records),
        count("cache_hits", "Documents found in memory", &all.cache_hits),
        count("cache_misses", "Documents fetched from the engine", &all.cache_misses),
        count("log_blocks", "Blocks of the event log looked into", &all.log_blocks),
    ];
    if store.is_shared() {
        figures.extend([
            count("round_trips", "Times an answer of the database was waited for", &all.round_trips),
            count(
                "round_trip_microseconds",
                "How long the answers of the database took together",
                &all.round_trip_microseconds,
            ),
            count(
                "connections_opened",
                "Connections to the database that were opened",
                &all.connections_opened,
            ),
            count("followed", "Commits of other processes that this one learned of", &all.followed),
            now("connections", "Connections to the database that are open", all.connections.load(Relaxed)),
            now(
                "connections_idle",
                "Connections to the database that nobody uses",
                all.connections_idle.load(Relaxed),
            ),
            now(
                "behind",
                "Commits of other processes that the last answer of the database told of",
                all.behind.load(Relaxed),
            ),
        ]);
    }
    let log = all.log_size();
    figures.extend(log.records.map(|records| now("log_records", "Records in the event log", records)));
    figures.extend([
        now("log_bytes", "Bytes that the event log takes, in a data directory all state", log.bytes),
        now(
            "log_oldest_seconds",
            "The time of the oldest record, since 1970",
            u64::try_from(log.oldest).unwrap_or(0),
        ),
    ]);
    figures
}
