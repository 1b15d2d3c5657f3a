//! What was asked for and is not here (F-NOSUP-3): a list for the person who wonders what their tools miss, bounded in
//! what callers can make of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use services::front::words::Unanswered;

/// The most rows; one more takes the place of the one that was asked for longest ago.
const MOST_ROWS: usize = 500;

/// The most series on the metrics page; what comes later is counted together.
const MOST_SERIES: usize = 200;

/// The names under which what has no series of its own is counted.
const OTHER: &str = "other";

/// What was asked for since the start.
#[derive(Debug, Default)]
pub struct UnansweredCalls(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    rows: BTreeMap<Unanswered, Row>,
    forgotten: u64,
    series: BTreeMap<(String, String), u64>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    count: u64,
    last: Timestamp,
}

/// The list as a page.
#[derive(Debug, Serialize)]
pub struct Page {
    unanswered: Vec<Shown>,
    /// Rows that made place for others.
    forgotten: u64,
}

#[derive(Debug, Serialize)]
struct Shown {
    service: String,
    operation: String,
    user_agent: String,
    count: u64,
    last: Timestamp,
}

impl UnansweredCalls {
    /// Counts one call, made at the real time `now`.
    pub fn count(&self, call: Unanswered, now: Timestamp) {
        let mut counted = self.lock();
        counted.count_in_series(&call);
        if let Some(row) = counted.rows.get_mut(&call) {
            *row = Row { count: row.count + 1, last: now };
            return;
        }
        if counted.rows.len() >= MOST_ROWS {
            counted.forget_the_oldest();
        }
        counted.rows.insert(call, Row { count: 1, last: now });
    }

    /// The list, what was asked for last first.
    pub fn page(&self) -> Page {
        let counted = self.lock();
        let shown = |(call, row): (&Unanswered, &Row)| Shown {
            service: call.service.clone(),
            operation: call.operation.clone(),
            user_agent: call.user_agent.clone(),
            count: row.count,
            last: row.last,
        };
        let mut unanswered: Vec<Shown> = counted.rows.iter().map(shown).collect();
        unanswered.sort_by_key(|shown| std::cmp::Reverse(shown.last));
        Page { unanswered, forgotten: counted.forgotten }
    }

    /// Empties the list and says how many rows it had. What the metrics count stays.
    pub fn clear(&self) -> usize {
        let mut counted = self.lock();
        counted.forgotten = 0;
        std::mem::take(&mut counted.rows).len()
    }

    /// How often each service and operation was asked for.
    pub fn series(&self) -> Vec<((String, String), u64)> {
        self.lock().series.iter().map(|(names, count)| (names.clone(), *count)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn count_in_series(&mut self, call: &Unanswered) {
        let mut names = (call.service.clone(), call.operation.clone());
        if self.series.len() >= MOST_SERIES && !self.series.contains_key(&names) {
            names = (OTHER.to_owned(), OTHER.to_owned());
        }
        *self.series.entry(names).or_default() += 1;
    }

    fn forget_the_oldest(&mut self) {
        let oldest = self.rows.iter().min_by_key(|(_, row)| row.last).map(|(call, _)| call.clone());
        if let Some(oldest) = oldest {
            self.rows.remove(&oldest);
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(service: &str, operation: &str) -> Unanswered {
        Unanswered { service: service.into(), operation: operation.into(), user_agent: "Boto3/1".into() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// F-NOSUP-3.
    #[test]
    fn calls_are_counted_by_service_operation_and_client() {
        let calls = UnansweredCalls::default();
        calls.count(call("lambda", "ListFunctions"), at(0));
        calls.count(call("s3", "-"), at(1));
        calls.count(call("lambda", "ListFunctions"), at(2));
        let page = serde_json::to_value(calls.page()).unwrap();
        assert_eq!(
            page,
            json!({"forgotten": 0, "unanswered": [
                {"service": "lambda", "operation": "ListFunctions", "user_agent": "Boto3/1", "count": 2,
                 "last": "2027-01-15T08:00:02Z"},
                {"service": "s3", "operation": "-", "user_agent": "Boto3/1", "count": 1,
                 "last": "2027-01-15T08:00:01Z"},
            ]})
        );
        assert_eq!(calls.clear(), 2);
        assert_eq!(serde_json::to_value(calls.page()).unwrap(), json!({"unanswered": [], "forgotten": 0}));
        assert_eq!(calls.series()[0], (("lambda".into(), "ListFunctions".into()), 2));
    }

    /// F-NOSUP-3: whatever callers make up, the list and the metrics stay as small as they are.
    #[test]
    fn made_up_names_push_out_the_oldest_only() {
        let calls = UnansweredCalls::default();
        let many = MOST_ROWS as i64 + 40;
        for number in 0..many {
            calls.count(call("made-up", &format!("Operation{number}")), at(number));
        }
        let page = calls.page();
        assert_eq!((page.unanswered.len(), page.forgotten), (MOST_ROWS, 40));
        assert_eq!(page.unanswered[0].operation, format!("Operation{}", many - 1));
        assert!(!page.unanswered.iter().any(|row| row.operation == "Operation39"));
        let series = calls.series();
        assert_eq!(series.len(), MOST_SERIES + 1);
        assert_eq!(series.iter().map(|(_, count)| count).sum::<u64>(), many as u64);
    }
}
