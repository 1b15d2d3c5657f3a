//! Telling topics of files: in the order in which they were delivered, and again where a topic did not answer (F-NOTICE-3).

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use services::state::trail::Delivery;

use super::files::File;
use super::place::Place;
use super::target::NotPut;
use super::{Courier, FIRST_PAUSE, LONGEST_PAUSE};

/// A place gets no more files while so many wait to be told of: memory is bounded, and none is forgotten.
const MOST_UNTOLD: usize = 1000;

impl Courier {
    /// Puts a file where its place has it; its records, where that is a log group.
    pub(super) async fn hand_over(&mut self, place: &Arc<Place>, file: &mut File) -> Result<(), NotPut> {
        if !place.gets_lines {
            let object = super::object(place, file.key.clone(), std::mem::take(&mut file.content));
            let bucket = place.trail().map(|trail| trail.bucket.as_str());
            return place.target.put(bucket, object).await;
        }
        let Some(trail) = place.trail() else { return Ok(()) };
        let put = self.settings.notices.log(trail, &mut self.streams, file.account, &file.lines).await;
        let reason = "CloudWatch Logs did not take records".to_owned();
        put.unwrap_or(Ok(())).map_err(|code| NotPut { code, reason })
    }

    /// Tells the topic of a place what waits to be told, until it does not answer.
    pub(super) async fn tell(&mut self, place: &Place, now: Timestamp, delivery: &mut Delivery) {
        let Some(trail) = place.trail() else { return };
        while let Some(key) = delivery.untold.first() {
            let Some(told) = self.settings.notices.publish(trail, key).await else {
                // There is no topic any more.
                delivery.untold.clear();
                return;
            };
            let waits = told.as_ref().is_err_and(|not_told| !not_told.is_final);
            delivery.notifications.note(now, told.map_err(|not_told| not_told.code));
            if waits {
                tracing::warn!(place = place.name, "a topic waits to be told of files");
                if let Some(progress) = self.progress.get_mut(&place.name) {
                    progress.telling.put_off();
                }
                return;
            }
            delivery.untold.remove(0);
        }
        if let Some(progress) = self.progress.get_mut(&place.name) {
            progress.telling = Patience::default();
        }
    }

    /// Tells again what could not be told, once it is time to; says whether the place may get more files.
    ///
    /// # Errors
    /// One line that says why the store failed.
    pub(super) async fn tell_again(&mut self, place: &Place) -> Result<bool, String> {
        let Some(progress) = self.progress.get(&place.name) else { return Ok(true) };
        let untold = progress.delivery.untold.len();
        if untold == 0 || progress.telling.is_put_off() {
            return Ok(untold < MOST_UNTOLD);
        }
        let mut delivery = progress.delivery.clone();
        self.tell(place, self.clock.now(), &mut delivery).await;
        let untold = delivery.untold.len();
        if let Some(progress) = self.progress.get_mut(&place.name) {
            progress.told(&self.store, place, delivery).await?;
        }
        Ok(untold < MOST_UNTOLD)
    }
}

/// When to try again what failed: twice as long after each time.
pub struct Patience {
    pause: std::time::Duration,
    until: Option<Instant>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { pause: FIRST_PAUSE, until: None }
    }
}

impl Patience {
    /// It failed.
    pub fn put_off(&mut self) {
        self.until = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Whether it is to be left alone for now.
    pub fn is_put_off(&self) -> bool {
        self.until.is_some_and(|until| until > Instant::now())
    }

    /// When it is to be tried again.
    pub fn until(&self) -> Option<Instant> {
        self.until
    }
}
