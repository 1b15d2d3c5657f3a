//! What is new since a page was made, told to it while somebody looks at it: a stream of server-sent events.
//!
//! Streams are few, none lasts long, and each ends with its browser and with the process. Who finds no room is told
//! what is new at once, and asks again after a while.

use std::sync::Arc;
use std::time::Duration;

use aws::arn::AccountId;
use aws::trail::Record;
use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use listener::{HangUp, Payload};
use services::world::{EventPosition, EventQuery, LoggedEvent};
use tokio::sync::{Semaphore, mpsc, watch};

use super::Console;
use super::calls::query;
use super::fields::{Fields, address};
use super::shell::{self, Wrong};
use super::visit::{NEWS, Visit};
use crate::clock::Clock;
use crate::store::Store;

/// Streams that are open at the same time. A browser has one for the page that is in front.
const MOST_STREAMS: usize = 64;
/// How often a stream looks for news, in real time.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After so many looks without news a stream shows that it is alive, which also tells whether anybody reads it.
const LOOKS_PER_SIGN_OF_LIFE: u32 = 5;
/// After so many looks it ends, and the browser asks for another.
const MOST_LOOKS: u32 = 60;
/// News are counted up to this.
const MOST_NEWS: usize = 100;
/// What every answer begins with: how long a browser waits before it asks again.
const RETRY: &str = "retry: 2000\n\n";

/// The streams that are open.
pub struct Streams {
    room: Arc<Semaphore>,
    end: watch::Sender<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(MOST_STREAMS)), end: watch::Sender::new(false) }
    }
}

impl Streams {
    /// Ends all of them.
    pub fn end(&self) {
        self.end.send_replace(true);
    }
}

/// Where a page asks for its news: calls in the log of an account (or of all) since it was made, and whether what it
/// waits for is due.
pub fn address_of(
    newest: Option<EventPosition>,
    account: &str,
    made_at: Timestamp,
    due: Option<Timestamp>,
) -> String {
    let since = newest.map_or_else(|| "0.0".to_owned(), |newest| newest.to_string());
    let due = due.map(|due| due.to_string()).unwrap_or_default();
    let pairs =
        [("since", since.as_str()), ("account", account), ("at", &made_at.to_string()), ("due", &due)];
    address(NEWS, &pairs)
}

/// The newest place in the log of an account.
///
/// # Errors
/// The store failed.
pub async fn newest(
    console: &Console,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<EventPosition>, Wrong> {
    let events = console.events(EventQuery { limit: 1, ..query(Some(account), now, None) }).await?;
    Ok(events.first().map(|event| event.position))
}

/// Tells what is new, now and as it comes.
pub async fn answer(console: &Console, visit: &Visit) -> Response<Payload> {
    let page = Seen {
        store: Arc::clone(&console.store),
        clock: Arc::clone(&console.admin.clock),
        asked: Asked::read(&visit.query),
    };
    let news = match page.news().await {
        Ok(news) => news,
        Err(reason) => return shell::wrong(visit, Wrong::Failed(reason)).map(Payload::from),
    };
    let first = Bytes::from(format!("{RETRY}{news}"));
    let answer = shell::answer(Bytes::new(), "text/event-stream");
    let Ok(place) = Arc::clone(&console.streams.room).try_acquire_owned() else {
        return answer.map(|_| Payload::from(first));
    };
    let (pieces, payload) = mpsc::channel(1);
    let end = console.streams.end.subscribe();
    tokio::spawn(async move {
        let _place = place;
        Stream { pieces, end }.tell(&page, first, news).await;
    });
    answer.map(|_| Payload::Pieces(payload))
}

/// What a page showed, as its address for news says.
struct Asked {
    account: Option<AccountId>,
    since: Option<EventPosition>,
    made_at: Option<Timestamp>,
    due: Option<Timestamp>,
}

impl Asked {
    fn read(query: &Fields) -> Self {
        let instant = |name: &str| query.filled(name).and_then(|text| text.parse().ok());
        Self {
            account: query.filled("account").and_then(|account| account.parse().ok()),
            since: query.filled("since").and_then(EventPosition::parse),
            made_at: instant("at"),
            due: instant("due"),
        }
    }
}

/// A page that somebody looks at, and where its news come from.
struct Seen {
    store: Arc<Store>,
    clock: Arc<Clock>,
    asked: Asked,
}

impl Seen {
    /// What is new, as an event; nothing where nothing is.
    async fn news(&self) -> Result<String, String> {
        let now = self.clock.now();
        if self.asked.due.is_some_and(|due| due <= now) {
            return Ok(event("what was waited for has come"));
        }
        let Some(since) = self.asked.since else { return Ok(String::new()) };
        let query = EventQuery { limit: MOST_NEWS, ..query(self.asked.account, now, None) };
        let events = self.store.events(&query).await.map_err(|error| error.to_string())?;
        Ok(match events.iter().filter(|event| event.position > since || self.has_come(event)).count() {
            0 => String::new(),
            MOST_NEWS => event(&format!("{MOST_NEWS} or more new")),
            count => event(&format!("{count} new")),
        })
    }

    /// Whether a service did it by itself since the page was made: that is in the log before its time.
    fn has_come(&self, event: &LoggedEvent) -> bool {
        let time = serde_json::from_str::<Record<'_>>(&event.record).map(|record| record.event_time);
        self.asked.made_at.is_some_and(|made_at| time.is_ok_and(|time| time > made_at))
    }
}

fn event(text: &str) -> String {
    format!("event: news\ndata: {text}\n\n")
}

/// An answer on its way to a browser.
struct Stream {
    pieces: mpsc::Sender<Result<Bytes, HangUp>>,
    end: watch::Receiver<bool>,
}

impl Stream {
    /// Tells the news of a page as they come, until nobody reads them any more or it has lasted long enough.
    async fn tell(mut self, page: &Seen, first: Bytes, mut told: String) {
        let mut piece = first;
        for look in 1..=MOST_LOOKS {
            if !piece.is_empty() && !self.send(piece).await {
                return;
            }
            if !self.wait().await {
                return;
            }
            let news = match page.news().await {
                Ok(news) => news,
                Err(reason) => {
                    tracing::error!(reason, "news for a page of the console failed");
                    return;
                }
            };
            piece = if news != told {
                Bytes::from(news.clone())
            } else if look % LOOKS_PER_SIGN_OF_LIFE == 0 {
                Bytes::from_static(b":\n\n")
            } else {
                Bytes::new()
            };
            told = news;
        }
    }

    /// Sends a piece; `false` where nobody takes it or the end has come.
    async fn send(&mut self, piece: Bytes) -> bool {
        tokio::select! {
            sent = self.pieces.send(Ok(piece)) => sent.is_ok(),
            _ = self.end.wait_for(|ended| *ended) => false,
        }
    }

    /// Waits for the next look; `false` where the browser has gone or the end has come.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => true,
            () = self.pieces.closed() => false,
            _ = self.end.wait_for(|ended| *ended) => false,
        }
    }
}
