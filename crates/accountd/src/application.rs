//! The whole of accountd behind its listener: the AWS services, and the own endpoints and the console beside them.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws::refusal::Refusal;
use bytes::Bytes;
use http::{Request, Response, request};
use jiff::SignedDuration;
use services::explain::{self, Question};
use services::seed::{self, SeedDocuments};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::admin::metrics::{Metrics, SUCCESS};
use crate::admin::unanswered::UnansweredCalls;
use crate::admin::{self, Admin, Facts};
use crate::clock::Clock;
use crate::configuration::{Configuration, Storage};
use crate::console::{self, Console, Running};
use crate::delivery::events::Events;
use crate::delivery::{Courier, Lease, Waiting, setup};
use crate::forward::Forwarder;
use crate::log::key_hint::KeyHint;
use crate::pages::{self, Guard, Pages};
use crate::service::{Service, Settings, Summary};
use crate::startup::{Application as Process, Edges};
use crate::state_engine::{Outbox, StateEngine};
use crate::store::{Store, StoreError, StoreOptions};
use crate::{installation, log, mail, store_figures};
use listener::{Answer, Payload, Unread, Upload};

/// The services that are answered. An operation of theirs that is not answered says so, naming itself.
const ANSWERED: &[&str] = &["account", "cloudtrail", "ec2", "iam", "organizations", "sts"];

/// One running accountd: what the listener hands every request to.
pub struct Application {
    service: Arc<Service>,
    admin: Arc<Admin<StateEngine>>,
    console: Console,
    metrics: Arc<Metrics>,
    pages: Pages,
    /// What hands calls to another emulator, where there is one.
    forwarder: Option<Forwarder>,
    unanswered: Arc<UnansweredCalls>,
    hint: KeyHint,
    clock: Arc<Clock>,
    store: Arc<Store>,
    message_sent: Arc<Notify>,
    /// What goes on beside the requests.
    tasks: Vec<JoinHandle<()>>,
    /// Tells what delivers that the process ends.
    stop: watch::Sender<bool>,
    lease: Lease,
    /// What delivers records and events, and may do so once more at the end.
    deliveries: Mutex<Vec<JoinHandle<()>>>,
}

/// How long the last deliveries may take. What is not delivered then is, after the next start.
const LAST_DELIVERY: Duration = Duration::from_secs(5);

/// F-STORE-19: nobody can see an older event, so the log keeps them no longer.
const LOG_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How often the log is looked through for what is older.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// How often a part of the log is taken into its index, and how many records a second put that off.
const INDEX_EVERY: Duration = Duration::from_secs(1);
const BUSY_EVENTS: u64 = 500;

/// Every so often in this it is measured how much of the log there is.
const MEASURE_EVERY: u64 = 10;

impl Application {
    /// Opens the store, applies the seed to an empty one, and starts what delivers messages.
    ///
    /// # Errors
    /// One line that says what is wrong: the data directory, the seed file.
    pub async fn open(configuration: &Configuration, edges: Edges) -> Result<Self, String> {
        let delivery = setup::prepare(&configuration.delivery)?;
        let options = StoreOptions::default();
        let opened = match &configuration.storage {
            Storage::Directory(directory) => Store::open(directory, &options),
            Storage::Memory => Store::in_memory(&options),
            Storage::Database(database) => Store::connect(database, &options),
        };
        let store = Arc::new(opened.map_err(|error| error.to_string())?);
        let token_key = installation::restore(&store, &edges.clock).await?;
        if edges.clock.keep_every().is_some() {
            installation::keep_time(&store, &edges.clock).await?;
        }
        let seed =
            configuration.seed.as_deref().map(|file| read_seed(file, edges.clock.now())).transpose()?;
        if let Some(seed) = &seed {
            apply_seed(&store, seed).await?;
        }
        let settings = Settings {
            signatures: configuration.signatures,
            secure_transport: configuration.secure_transport,
            well_known_credentials: configuration.takes_well_known_credentials(),
            root_credentials: configuration.root_credentials.clone().unwrap_or_default(),
            validation: configuration.validation,
            delays: configuration.delays,
            quotas: configuration.quotas,
            throttle: configuration.throttle,
            token_key,
            trail_buckets: delivery.buckets,
        };
        let clock = Arc::clone(&edges.clock);
        let hint = KeyHint::new(settings.well_known_credentials);
        let service = Service::new(Arc::clone(&store), Arc::clone(&edges.clock), settings)
            .with_faults(Arc::clone(&edges.faults));
        let service = Arc::new(service);
        let engine =
            StateEngine::new(Arc::clone(&store), Arc::clone(&edges.clock), seed.map(|seed| seed.writes))
                .with_service(Arc::clone(&service));
        let message_sent = Arc::new(Notify::new());
        let mut tasks: Vec<JoinHandle<()>> = Vec::new();
        let mut waiting = Waiting::default();
        tasks.extend(
            edges
                .clock
                .keep_every()
                .map(|every| tokio::spawn(keep_time(Arc::clone(&store), Arc::clone(&edges.clock), every))),
        );
        tasks.extend(configuration.smtp.clone().map(|url| {
            let outbox = Outbox::new(Arc::clone(&store), Arc::clone(&message_sent));
            tokio::spawn(async move { mail::deliver(&outbox, url.expose()).await })
        }));
        let (stop, stopped) = watch::channel(false);
        let lease = Lease::new(Arc::clone(&store));
        let mut deliveries = Vec::new();
        if let Some(settings) = delivery.settings {
            let courier = Courier::new(Arc::clone(&store), Arc::clone(&edges.clock), settings);
            waiting = courier.waiting();
            deliveries.push(tokio::spawn(courier.run(lease.clone(), stopped.clone())));
        }
        tasks.push(tokio::spawn(index_the_log(Arc::clone(&store))));
        tasks.push(tokio::spawn(forget_old_events(Arc::clone(&store), Arc::clone(&edges.clock), waiting)));
        if let Some(sink) = delivery.sink {
            let (clock, delays) = (Arc::clone(&edges.clock), configuration.delays);
            let events = Events::new(Arc::clone(&store), clock, delays, sink);
            deliveries.push(tokio::spawn(events.run(lease.clone(), stopped)));
        }
        let counted = Arc::clone(&store);
        let unanswered = Arc::new(UnansweredCalls::default());
        let metrics =
            Metrics::new(edges.connections, Arc::clone(&unanswered), move || store_figures::of(&counted));
        let metrics = Arc::new(metrics);
        let admin = Admin {
            access: edges.access,
            guesses: Default::default(),
            facts: Facts {
                signatures: configuration.signatures,
                storage: configuration.storage.kind(),
                services: ANSWERED,
                started: edges.started,
            },
            clock: Arc::clone(&edges.clock),
            faults: Arc::clone(&edges.faults),
            metrics: Arc::clone(&metrics),
            unanswered: Arc::clone(&unanswered),
            engine,
        };
        let admin = Arc::new(admin);
        let data = match &configuration.storage {
            Storage::Directory(directory) => Some(directory.clone()),
            Storage::Memory | Storage::Database(_) => None,
        };
        let running = Running { throttle: configuration.throttle, delays: configuration.delays, data };
        let console = Console::new(Arc::clone(&service), Arc::clone(&store), Arc::clone(&admin), running);
        let pages = Pages::new(guard(configuration), configuration.allow_origins.clone());
        Ok(Self {
            service,
            admin,
            console,
            metrics,
            pages,
            forwarder: Forwarder::new(configuration.forward.clone()),
            unanswered,
            hint,
            clock,
            store,
            message_sent,
            tasks,
            stop,
            lease,
            deliveries: Mutex::new(deliveries),
        })
    }

    /// One line in the log and one count for each request.
    fn note(&self, summary: Summary, status: u16, begun: Instant) {
        let took = begun.elapsed();
        let target = summary.target;
        let (service, operation) = match (&summary.unanswered, &summary.handed_over) {
            (Some(call), _) => (call.service.as_str(), call.operation.as_str()),
            (_, Some(call)) => (call.service.as_str(), call.operation.as_deref().unwrap_or("-")),
            (None, None) => (summary.service, summary.operation),
        };
        log::call(&log::Call {
            request_id: &summary.request_id,
            service,
            operation,
            caller: summary.caller.as_deref().unwrap_or("-"),
            account: target.as_ref().map_or("-", |account| account.as_str()),
            status,
            code: summary.error.as_ref(),
            took,
        });
        if summary.sent_message {
            self.message_sent.notify_one();
        }
        if let Some(call) = summary.unanswered {
            self.unanswered.count(call, self.clock.real_now());
        }
        if let Some(code) = &summary.error {
            self.hint.note(code);
            if log::is_denial(code) && tracing::enabled!(tracing::Level::DEBUG) {
                tokio::spawn(say_why(Arc::clone(&self.service), summary.request_id, summary.event_id));
            }
        }
        let code = summary.error.unwrap_or(Cow::Borrowed(SUCCESS));
        self.metrics.record(summary.service, summary.operation, code, took);
    }
}

impl Application {
    /// What hands such a request to another emulator, if anything does.
    fn forwards(&self, head: &request::Parts) -> Option<&Forwarder> {
        let path = head.uri.path();
        let forwarder = self.forwarder.as_ref().filter(|_| !admin::is_own(path))?;
        forwarder.takes(head).then_some(forwarder)
    }

    async fn forward(
        &self,
        forwarder: &Forwarder,
        request: Request<Upload>,
        peer: SocketAddr,
    ) -> Response<Payload> {
        let begun = Instant::now();
        let (noted, origin) = match self.pages.admit(request.uri(), request.headers()) {
            Ok(origin) => (forwarder.answer(&self.service, request, peer.ip()).await, origin),
            Err(forbidden) => {
                let refusal = Refusal::new("AccessDeniedException", 403, forbidden.message());
                let request = request.map(|_| Bytes::new());
                let answered = self.service.refuse_unseen(request, peer.ip(), &refusal);
                ((answered.summary, answered.response.map(Payload::from)), None)
            }
        };
        let (summary, mut response) = noted;
        self.note(summary, response.status().as_u16(), begun);
        pages::let_read(origin, response.headers_mut());
        response
    }
}

impl Answer for Application {
    async fn answer(&self, request: Request<Bytes>, peer: SocketAddr) -> Response<Bytes> {
        let begun = Instant::now();
        if console::is_for_console(&request) {
            // Behind a pointer, as all that is rare: what a call waits in is moved about, and should be small.
            let (answer, noted) = Box::pin(self.console.answer(request, peer)).await;
            if let Some((summary, status)) = noted {
                self.note(summary, status, begun);
            }
            return answer;
        }
        let (answered, origin) = match self.pages.admit(request.uri(), request.headers()) {
            Ok(origin) => (self.service.answer(request, peer.ip()).await, origin),
            Err(forbidden) => {
                let refusal = Refusal::new("AccessDeniedException", 403, forbidden.message());
                (self.service.refuse_unseen(request, peer.ip(), &refusal), None)
            }
        };
        self.note(answered.summary, answered.response.status().as_u16(), begun);
        let mut response = answered.response;
        pages::let_read(origin, response.headers_mut());
        response
    }

    fn refuse_unread(&self, head: &request::Parts, why: Unread) -> Response<Bytes> {
        self.service.refuse_unread(head, why)
    }

    fn takes_pieces(&self, head: &request::Parts) -> bool {
        let path = head.uri.path();
        (admin::is_own(path) && !path.starts_with(console::ASSETS))
            || console::is_in_pieces(head)
            || self.forwards(head).is_some()
    }

    async fn answer_in_pieces(&self, request: Request<Upload>, peer: SocketAddr) -> Response<Payload> {
        let path = request.uri().path();
        if admin::is_own(path) && !path.starts_with(console::ASSETS) {
            let mut request = request;
            request.extensions_mut().insert(admin::Peer(peer.ip()));
            return self.admin.answer(request).await;
        }
        let (head, body) = request.into_parts();
        if let Some(forwarder) = self.forwards(&head) {
            return Box::pin(self.forward(forwarder, Request::from_parts(head, body), peer)).await;
        }
        let request = Request::from_parts(head, body);
        Box::pin(self.console.answer_in_pieces(request, peer)).await
    }

    fn end(&self) {
        self.console.end();
    }
}

impl Process for Application {
    async fn close(&self) -> Result<(), String> {
        self.tasks.iter().for_each(JoinHandle::abort);
        let _ = self.stop.send(true);
        let deliveries = std::mem::take(&mut *self.deliveries.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async {
            for delivery in deliveries {
                // One that panicked has said so.
                let _ = delivery.await;
            }
        };
        if tokio::time::timeout(LAST_DELIVERY, all).await.is_err() {
            tracing::warn!("not everything could be delivered before the end");
        }
        self.lease.give_up().await;
        self.store.flush().await.map_err(|error| error.to_string())
    }
}

/// Credentials of a person's own are known to no page; the well-known ones are known to all.
fn guard(configuration: &Configuration) -> Guard {
    match (configuration.takes_well_known_credentials(), configuration.is_loopback()) {
        (false, _) => Guard::None,
        (true, true) => Guard::Loopback,
        (true, false) => Guard::PrivateNames,
    }
}

/// Deletes what is too old to be seen, once an hour of real time. Not at the start, which should be quick.
async fn forget_old_events(store: Arc<Store>, clock: Arc<Clock>, waiting: Waiting) {
    loop {
        tokio::time::sleep(FORGET_EVERY).await;
        match installation::forget_full_buckets(&store, clock.now()).await {
            Ok(0) => {}
            Ok(buckets) => tracing::debug!(buckets, "buckets of request rates that were full are gone"),
            Err(reason) => tracing::error!(reason, "buckets of request rates could not be deleted"),
        }
        let Ok(before) = clock.now().checked_sub(LOG_KEPT) else { continue };
        match store.forget(waiting.or_before(before)).await {
            Ok(0) => {}
            Ok(blocks) => tracing::info!(blocks, "events of more than 90 days ago are gone"),
            Err(error) => tracing::error!(reason = %error, "old events could not be deleted"),
        }
    }
}

/// Takes the log into its index, a segment at a time and while there is little to do, so that no call waits for it; and
/// measures it.
async fn index_the_log(store: Arc<Store>) {
    let mut recorded = 0;
    for seconds in 0_u64.. {
        tokio::time::sleep(INDEX_EVERY).await;
        let until_now = store.statistics().events.load(std::sync::atomic::Ordering::Relaxed);
        let is_busy = until_now.saturating_sub(std::mem::replace(&mut recorded, until_now)) > BUSY_EVENTS;
        if !is_busy && let Err(error) = store.index_log().await {
            tracing::error!(reason = %error, "the event log could not be indexed");
        }
        if (seconds % MEASURE_EVERY) == 0
            && let Err(error) = store.measure_log().await
        {
            tracing::debug!(reason = %error, "the event log could not be measured");
        }
    }
}

/// Says in the log which policy and which statement refused a call (F-EDGE-33). Beside the answer, which it must not hold up.
async fn say_why(service: Arc<Service>, request_id: String, event_id: String) {
    let question = Question { event: Some(event_id), ..Question::default() };
    if let Ok(Ok(explain::Answer::Call(explained))) = service.explain(question).await
        && let Some(decided) = &explained.decided_by
    {
        log::why(&request_id, decided);
    }
}

/// Keeps service time that passes by itself, so that a restart does not go back (F-EDGE-32).
async fn keep_time(store: Arc<Store>, clock: Arc<Clock>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        if let Err(reason) = installation::keep_time(&store, &clock).await {
            tracing::error!(reason, "service time could not be kept");
        }
    }
}

fn read_seed(file: &Path, now: jiff::Timestamp) -> Result<SeedDocuments, String> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: cannot be read: {error}"))?;
    seed::read(&text, now).map_err(|problems| seed::report(&name, &problems))
}

/// A store that holds anything keeps what it holds: a seed is for the first start only.
async fn apply_seed(store: &Store, seed: &SeedDocuments) -> Result<(), String> {
    let documents = seed.writes.len();
    match log::with_progress("applying the seed", documents, store.seed(seed.writes.clone())).await {
        Ok(()) => {
            tracing::info!("seeded: {}", seed.summary);
            Ok(())
        }
        Err(StoreError::NotEmpty) => {
            tracing::info!("the store already holds accounts, so the seed file was not applied again");
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    }
}
