//! The log, on standard error: text for people or one JSON object per line.
//!
//! One line per request at most. Refused requests are logged at `info`, failures of accountd itself
//! at `error`, and requests that succeed at `debug` only: writing a line for each of 50,000 requests
//! a second would cost more than answering them. No line ever holds a message's text, a body or a
//! header, since they echo what callers sent (F-EDGE-40); only where a service or an operation is not
//! here its name is the caller's, as far as it has the form of one.

pub mod key_hint;

use std::borrow::Cow;
use std::future::Future;
use std::io::IsTerminal;
use std::time::Duration;

use services::explain::answer::DecidedBy;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::configuration::LogFormat;

/// Starts the log. Call it once.
///
/// Only accountd's own events are written: libraries below it could log what callers sent.
pub fn start(format: LogFormat, level: Level) {
    let own = Targets::new().with_target("accountd", level);
    let layer = tracing_subscriber::fmt::layer()
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start keeps the first: tests start several servers in one process.
    let _ = match format {
        LogFormat::Text => tracing_subscriber::registry().with(own).with(layer).try_init(),
        LogFormat::Json => {
            tracing_subscriber::registry().with(own).with(layer.json().flatten_event(true)).try_init()
        }
    };
}

/// What the log says about one request.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The request's id.
    pub request_id: &'a str,
    /// The service, or `-` where it is unknown.
    pub service: &'a str,
    /// The operation, or `-` where it is unknown.
    pub operation: &'a str,
    /// The caller's ARN, or `-` where nobody was identified.
    pub caller: &'a str,
    /// The account the call is about, or `-`.
    pub account: &'a str,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The error code of a refusal.
    pub code: Option<&'a Cow<'static, str>>,
    /// From the end of the request to its answer.
    pub took: Duration,
}

/// Logs one request.
pub fn call(call: &Call<'_>) {
    match call.status {
        ..400 => write(call, Level::DEBUG),
        400..500 => write(call, Level::INFO),
        _ => write(call, Level::ERROR),
    }
}

/// Whether policies may have refused a call with this code.
pub fn is_denial(code: &str) -> bool {
    code.contains("AccessDenied") || code.contains("UnauthorizedOperation")
}

/// Logs what refused a call: names of policies and the number of a statement, no text of either (F-EDGE-33).
pub fn why(request_id: &str, decided: &DecidedBy) {
    tracing::debug!(
        request_id,
        layer = crate::explain::text::name(decided.layer),
        level = decided.level.as_deref().unwrap_or("-"),
        policy = decided.policy.as_deref().unwrap_or("-"),
        statement = decided.statement.unwrap_or(0),
        "refused by"
    );
}

/// How often something long says that it goes on.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// Waits for something, and says once a second what it is if it takes longer than one.
pub async fn with_progress<T>(what: &str, documents: usize, work: impl Future<Output = T>) -> T {
    let begun = tokio::time::Instant::now();
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(PROGRESS_EVERY, work.as_mut()).await {
            Ok(done) => return done,
            Err(_) => tracing::info!(documents, seconds = begun.elapsed().as_secs(), "{what}"),
        }
    }
}

fn write(call: &Call<'_>, level: Level) {
    // The level of an event is part of its type, hence one arm per level.
    macro_rules! line {
        ($level:expr) => {
            tracing::event!(
                $level,
                request_id = call.request_id,
                service = call.service,
                operation = call.operation,
                caller = call.caller,
                account = call.account,
                status = call.status,
                code = call.code.map_or("-", |code| code.as_ref()),
                microseconds = u64::try_from(call.took.as_micros()).unwrap_or(u64::MAX),
                "call"
            )
        };
    }
    match level {
        Level::ERROR => line!(Level::ERROR),
        Level::INFO => line!(Level::INFO),
        _ => line!(Level::DEBUG),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: Level, status: u16) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .json()
            .flatten_event(true)
            .with_writer(move || writer.clone())
            .finish();
        let denied = Cow::Borrowed("AccessDeniedException");
        tracing::subscriber::with_default(subscriber, || {
            call(&Call {
                request_id: "id",
                service: "account",
                operation: "ListRegions",
                caller: "arn:aws:iam::111122223333:root",
                account: "111122223333",
                status,
                code: (status >= 400).then_some(&denied),
                took: Duration::from_micros(80),
            });
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// F-EDGE-40.
    #[test]
    fn refused_calls_are_logged_at_info_and_others_at_debug() {
        assert_eq!(logged(Level::INFO, 200), "");
        let line = logged(Level::DEBUG, 200);
        for part in
            [r#""level":"DEBUG""#, r#""operation":"ListRegions""#, r#""code":"-""#, r#""microseconds":80"#]
        {
            assert!(line.contains(part), "{part} in {line}");
        }
        let line = logged(Level::INFO, 403);
        for part in [r#""level":"INFO""#, r#""code":"AccessDeniedException""#, r#""status":403"#] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert_eq!(logged(Level::WARN, 403), "");
        assert!(logged(Level::WARN, 500).contains(r#""level":"ERROR""#));
    }
}
