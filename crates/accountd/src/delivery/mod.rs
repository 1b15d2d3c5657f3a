//! Delivery: what the log holds goes to a directory and to the buckets of trails, as CloudTrail delivers it.
//!
//! One task does all of it, beside the threads that answer. It follows the log from where each place was reached, a page
//! of bounded size at a time, so that memory is the same whatever waits. A place is reached for good when its files are put
//! and that is committed to the store: a crash between the two puts the same files again and passes nothing over
//! (F-DELIVER-3). A place that cannot be reached is tried again, and holds up no other.

pub mod client;
mod digest;
mod directory;
pub mod envelope;
pub mod events;
mod files;
mod lease;
mod notices;
mod place;
mod progress;
pub mod s3;
pub mod setup;
mod target;
mod telling;
pub mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use aws::arn::AccountId;
use jiff::{SignedDuration, Timestamp};
use services::state::trail::{Ahead, DeliveredFile, Delivery, Place as LogPlace};
use services::world::EventPosition;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::{Followed, FollowedRecord, Store};
use files::{File, Naming};
use place::Place;
use progress::Progress;
use s3::Object;
use window::Windows;

pub use directory::Directory;
pub use lease::Lease;
pub use notices::Notices;
pub use target::{NotPut, Target};

/// How much of the log is read at a time.
const PAGE_BYTES: usize = 4 << 20;

/// The most records of times to come that a place remembers; it goes no further in the log while it has so many.
const MOST_AHEAD: usize = 4096;

/// How often it is looked whether a window has passed: service time may be moved at any moment.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long to wait after a place could not be reached: twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is delivered, and where to.
#[derive(Clone)]
pub struct Settings {
    /// When files are written.
    pub windows: Windows,
    /// Gets the records of all accounts.
    pub everything: Option<Directory>,
    /// Takes the files of trails.
    pub trails: Option<Target>,
    /// What hears of the files of trails.
    pub notices: Notices,
}

/// The task that delivers.
pub struct Courier {
    store: Arc<Store>,
    clock: Arc<Clock>,
    settings: Settings,
    progress: BTreeMap<String, Progress>,
    waiting: Waiting,
    /// The streams of CloudWatch Logs that are there.
    streams: BTreeSet<String>,
    /// The end of the log as it was last seen, and as it was when trails were last listed: what a trail records that was
    /// not listed then comes after that.
    end_seen: LogPlace,
    end_at_listing: LogPlace,
}

/// The time of the oldest record that waits because a place cannot be reached. F-DELIVER-8: the log keeps it, however old.
#[derive(Clone)]
pub struct Waiting(Arc<AtomicI64>);

impl Default for Waiting {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MAX)))
    }
}

impl Waiting {
    fn since(&self, oldest: Option<Timestamp>) {
        self.0.store(oldest.map_or(i64::MAX, Timestamp::as_microsecond), Ordering::Relaxed);
    }

    /// The earlier of a time and that of the oldest record that waits.
    pub fn or_before(&self, time: Timestamp) -> Timestamp {
        let oldest = Timestamp::from_microsecond(self.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX);
        time.min(oldest)
    }
}

/// What a page of the log comes to for one place.
struct Share {
    files: Vec<File>,
    next: LogPlace,
    ahead: BTreeSet<Ahead>,
    /// Whether the rest of the page is of a window that has not passed.
    is_up_to_date: bool,
}

impl Courier {
    /// A courier that has delivered nothing yet.
    pub fn new(store: Arc<Store>, clock: Arc<Clock>, settings: Settings) -> Self {
        Self {
            store,
            clock,
            settings,
            progress: BTreeMap::new(),
            waiting: Waiting::default(),
            streams: BTreeSet::new(),
            end_seen: LogPlace::default(),
            end_at_listing: LogPlace::default(),
        }
    }

    /// What waits, for whoever deletes old records.
    pub fn waiting(&self) -> Waiting {
        self.waiting.clone()
    }

    /// Delivers until `stop` says that the process ends, and then what has happened until that moment (F-DELIVER-6); while
    /// the lease is this process's.
    pub async fn run(mut self, lease: Lease, mut stop: watch::Receiver<bool>) {
        let mut delivered: Option<Timestamp> = None;
        let mut retry = None;
        loop {
            let begin = self.settings.windows.begin(self.clock.now());
            if !lease.is_held().await.unwrap_or(false) {
                // Whoever has it keeps how far each place is.
                self.progress.clear();
                delivered = None;
            } else if delivered.is_none_or(|delivered| begin > delivered)
                || retry.is_some_and(|at: Instant| at <= Instant::now())
            {
                retry = self.round(begin).await;
                delivered = Some(begin);
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = stop.changed() => break,
            }
        }
        if lease.is_held().await.unwrap_or(false) {
            // What happens at this very moment is before the next one.
            let until = self.clock.now().saturating_add(SignedDuration::from_micros(1));
            self.round(until.unwrap_or(Timestamp::MAX)).await;
        }
    }

    /// Delivers everything before `until`; says when to try again, where something failed.
    pub async fn round(&mut self, until: Timestamp) -> Option<Instant> {
        if let Err(reason) = self.try_round(until).await {
            tracing::error!(reason, "the log could not be delivered");
            return Some(Instant::now() + FIRST_PAUSE);
        }
        let oldest = self.progress.values().filter_map(Progress::waiting_since).min();
        self.waiting.since(oldest);
        self.progress.values().filter_map(Progress::retry_at).min()
    }

    async fn try_round(&mut self, until: Timestamp) -> Result<(), String> {
        let new_start = std::mem::replace(&mut self.end_at_listing, self.end_seen);
        let places = self.places().await?;
        let names: BTreeSet<&str> = places.iter().map(|place| place.name.as_str()).collect();
        self.progress.retain(|name, _| names.contains(name.as_str()));
        let mut waiting: BTreeMap<LogPlace, Vec<Arc<Place>>> = BTreeMap::new();
        for place in places {
            let progress =
                progress::open(&self.store, &place, new_start, self.progress.remove(&place.name)).await?;
            let reached = progress.delivery.reached;
            let is_paused = progress.is_paused();
            self.progress.insert(place.name.clone(), progress);
            if self.tell_again(&place).await? && !is_paused {
                waiting.entry(reached).or_default().push(Arc::new(place));
            }
        }
        let mut all: Vec<Arc<Place>> = Vec::new();
        for place in waiting.values().flatten() {
            self.deliver_what_was_ahead(place, until).await?;
            all.push(Arc::clone(place));
        }
        while let Some((from, group)) = waiting.pop_first() {
            let page = Arc::new(self.follow(from).await?);
            let organizations = Arc::new(progress::organizations(&self.store, &group, &page.records).await?);
            for place in group {
                if let Some(next) = self.deliver_page(&place, from, &page, &organizations, until).await? {
                    waiting.entry(next).or_default().push(place);
                }
            }
        }
        for place in all {
            if !self.progress.get(&place.name).is_some_and(Progress::is_paused) {
                self.deliver_digests(&place, until).await?;
            }
        }
        Ok(())
    }

    async fn places(&self) -> Result<Vec<Place>, String> {
        let everything = self.settings.everything.clone().map(Target::Directory);
        let mut places: Vec<Place> = everything.map(Place::directory).into_iter().collect();
        if let Some(target) = &self.settings.trails {
            for trail in progress::trails(&self.store).await? {
                if trail.logs.is_some() && self.settings.notices.logs.is_some() {
                    places.push(Place::of_log_group(Arc::clone(&trail), target.clone()));
                }
                places.push(Place::of_trail(trail, target.clone()));
            }
        }
        Ok(places)
    }

    async fn follow(&mut self, from: LogPlace) -> Result<Followed, String> {
        let position = EventPosition { commit: from.commit, index: from.index };
        let page = self.store.follow(position, PAGE_BYTES).await.map_err(|error| error.to_string())?;
        if page.is_end
            && let Some(end) = page.next
        {
            self.end_seen = self.end_seen.max(LogPlace { commit: end.commit, index: end.index });
        }
        Ok(page)
    }

    /// Delivers a place's share of a page; says where to go on, if there is more.
    async fn deliver_page(
        &mut self,
        place: &Arc<Place>,
        from: LogPlace,
        page: &Arc<Followed>,
        organizations: &Arc<BTreeMap<AccountId, String>>,
        until: Timestamp,
    ) -> Result<Option<LogPlace>, String> {
        let room = MOST_AHEAD.saturating_sub(self.delivery(place).ahead.len());
        let (shared, of_page, organizations) =
            (Arc::clone(place), Arc::clone(page), Arc::clone(organizations));
        let windows = self.settings.windows;
        let share = move || share(&shared, from, &of_page, &organizations, until, windows, room);
        let share = tokio::task::spawn_blocking(share).await.map_err(|error| error.to_string())?;
        let is_done = share.is_up_to_date || page.is_end;
        let next = share.next;
        let mut delivery = self.delivery(place);
        delivery.reached = next;
        delivery.ahead.extend(share.ahead);
        let is_put = self.put_and_note(place, share.files, delivery).await?;
        Ok((is_put && !is_done && next > from).then_some(next))
    }

    /// Delivers records that were ahead of their time and are not any more. F-DELIVER-7
    async fn deliver_what_was_ahead(&mut self, place: &Arc<Place>, until: Timestamp) -> Result<(), String> {
        let mut delivery = self.delivery(place);
        let due: Vec<Ahead> = delivery.ahead.iter().copied().take_while(|ahead| ahead.at < until).collect();
        if due.is_empty() {
            return Ok(());
        }
        let mut records = Vec::new();
        for ahead in due {
            delivery.ahead.remove(&ahead);
            let position = EventPosition { commit: ahead.place.commit, index: ahead.place.index };
            let page = self.store.follow(position, 0).await.map_err(|error| error.to_string())?;
            records.extend(page.records.into_iter().find(|record| record.position == position));
        }
        let organizations =
            progress::organizations(&self.store, std::slice::from_ref(place), &records).await?;
        let taken = records.iter().filter_map(|record| {
            let organization = organizations.get(&record.account).map(String::as_str);
            Some((record, place.takes(record, organization)?))
        });
        let files = files::files(&naming(place, self.settings.windows), taken);
        self.put_and_note(place, files, delivery).await.map(drop)
    }

    fn delivery(&self, place: &Place) -> Delivery {
        self.progress.get(&place.name).map(|progress| progress.delivery.clone()).unwrap_or_default()
    }

    /// Puts files and keeps how far the place is then. Where a file is not taken, the place stays where it was.
    async fn put_and_note(
        &mut self,
        place: &Arc<Place>,
        files: Vec<File>,
        mut delivery: Delivery,
    ) -> Result<bool, String> {
        let now = self.clock.now();
        // F-NOTICE-4: for a log group the log keeps nothing longer than it would.
        let oldest = files.iter().map(|file| file.oldest).min().filter(|_| !place.gets_lines);
        let topic = place.trail().filter(|_| !place.gets_lines).and_then(|it| it.sns_topic_arn.as_ref());
        let mut delivered = Vec::new();
        for mut file in files {
            if let Err(not_put) = self.hand_over(place, &mut file).await {
                self.note_failure(place, now, &not_put, oldest).await?;
                return Ok(false);
            }
            tracing::debug!(
                place = place.name,
                key = file.key,
                records = file.records,
                "a file was delivered"
            );
            let bucket = place.trail().map(|trail| trail.bucket.clone()).unwrap_or_default();
            delivery.untold.extend(topic.map(|_| file.key.clone()));
            delivered.push((
                (file.account, file.region),
                DeliveredFile {
                    bucket,
                    key: file.key,
                    hash: file.hash,
                    newest: file.newest,
                    oldest: file.oldest,
                },
            ));
        }
        if !delivered.is_empty() {
            delivery.delivered_at = Some(now);
            delivery.files.note(now, Ok(()));
            self.tell(place, now, &mut delivery).await;
        }
        let Some(progress) = self.progress.get_mut(&place.name) else { return Ok(true) };
        progress.moved(&self.store, place, delivery, delivered).await?;
        Ok(true)
    }

    async fn note_failure(
        &mut self,
        place: &Place,
        now: Timestamp,
        not_put: &NotPut,
        oldest: Option<Timestamp>,
    ) -> Result<(), String> {
        let (code, reason) = (&not_put.code, &not_put.reason);
        tracing::warn!(place = place.name, code, reason, "a file waits to be delivered");
        let Some(progress) = self.progress.get_mut(&place.name) else { return Ok(()) };
        progress.failed(&self.store, place, now, code, oldest).await
    }
}

/// What a page comes to for one place. F-DELIVER-2: records of a window that has not passed wait, and with them what
/// follows; what was announced for later is remembered (F-DELIVER-7).
fn share(
    place: &Place,
    from: LogPlace,
    page: &Followed,
    organizations: &BTreeMap<AccountId, String>,
    until: Timestamp,
    windows: Windows,
    room: usize,
) -> Share {
    let this_window_ends = windows.end(until);
    let mut taken: Vec<(&FollowedRecord, String)> = Vec::new();
    let mut ahead = BTreeSet::new();
    let end = page.next.map_or(from, |next| LogPlace { commit: next.commit, index: next.index });
    let (mut next, mut is_up_to_date) = (end, false);
    for record in &page.records {
        let here = LogPlace { commit: record.position.commit, index: record.position.index };
        let organization = organizations.get(&record.account).map(String::as_str);
        if record.time < until {
            taken.extend(place.takes(record, organization).map(|region| (record, region)));
        } else if (record.time < this_window_ends && !is_announced(record)) || ahead.len() >= room {
            (next, is_up_to_date) = (here, true);
            break;
        } else if place.may_take(record.account, organization)
            || place.trail().is_some_and(is_of_organization)
        {
            ahead.insert(Ahead { at: record.time, place: here });
        }
    }
    Share { files: files::files(&naming(place, windows), taken.into_iter()), next, ahead, is_up_to_date }
}

/// Whether a record is of something that a service does by itself, which may stand in the log before its time.
fn is_announced(record: &FollowedRecord) -> bool {
    record.json.contains(r#""eventType":"AwsServiceEvent""#)
}

fn is_of_organization(trail: &services::state::trail::Trail) -> bool {
    trail.organization.is_some()
}

fn naming(place: &Place, windows: Windows) -> Naming<'_> {
    let trail = place.trail();
    Naming {
        place: &place.name,
        prefix: trail.and_then(|trail| trail.prefix.as_deref()),
        organization: trail.and_then(|trail| trail.organization.as_deref()),
        windows,
        as_lines: place.gets_lines,
    }
}

fn object(place: &Place, key: String, content: Vec<u8>) -> Object {
    let kms_key = place.trail().and_then(|trail| trail.kms_key.clone());
    Object { key, content: content.into(), kms_key, metadata: Vec::new() }
}
