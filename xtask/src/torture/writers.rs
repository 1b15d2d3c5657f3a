//! Sixty-four writers, each counting up in an account of its own, and what they were told.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::bench::client::{Client, read_to_the_end};
use crate::bench::processes::Accountd;
use crate::bench::signature::{self, Call, Key};

/// How many write at once.
pub const WRITERS: usize = 64;

/// The last change of each writer that was acknowledged.
pub struct Tally {
    acknowledged: Vec<AtomicU64>,
    total: AtomicU64,
    refused: AtomicU64,
    ended: AtomicBool,
    /// An answer that is neither an acknowledgement nor a refusal.
    wrong: Mutex<Option<String>>,
}

impl Tally {
    /// Nothing was written yet.
    pub fn new() -> Self {
        Self {
            acknowledged: (0..WRITERS).map(|_| AtomicU64::new(0)).collect(),
            total: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            wrong: Mutex::default(),
        }
    }

    /// How many changes were acknowledged in all.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::SeqCst)
    }

    /// How many changes were answered with an error.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::SeqCst)
    }

    /// Lets everybody write until `until` has come back. It is called once, beside the writers.
    pub fn write<T>(&self, address: SocketAddr, until: impl FnOnce(&Self) -> T) -> T {
        self.ended.store(false, Ordering::SeqCst);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                scope.spawn(move || self.write_alone(address, writer));
            }
            let result = until(self);
            self.ended.store(true, Ordering::SeqCst);
            result
        })
    }

    /// Lets everybody write until so many changes more were acknowledged, and kills the server under them.
    pub fn write_until_killed(&self, server: &Accountd, more: u64) {
        let enough = self.total() + more;
        self.write(server.address, |tally| {
            while tally.total() < enough && server.is_running() {
                std::thread::yield_now();
            }
            server.kill();
        });
    }

    /// Writes until the end, or until nobody answers any more. A change that was refused may be kept or not, so the
    /// writer goes on from it as from one that was not answered.
    fn write_alone(&self, address: SocketAddr, writer: usize) {
        let Ok(mut client) = Client::connect(address) else { return };
        let mut number = self.acknowledged[writer].load(Ordering::SeqCst);
        while !self.ended.load(Ordering::SeqCst) {
            let request = put(number + 1).sign(&key(writer), &address.to_string()).text();
            match client.send(&request) {
                Ok(answer) if answer.status == 200 => {
                    number += 1;
                    self.acknowledged[writer].store(number, Ordering::SeqCst);
                    self.total.fetch_add(1, Ordering::SeqCst);
                }
                // F-STORE-33
                Ok(answer) if answer.status == 503 => {
                    self.refused.fetch_add(1, Ordering::SeqCst);
                }
                Ok(answer) => {
                    let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
                    wrong.get_or_insert_with(|| format!("{}: {}", answer.status, answer.body));
                    return;
                }
                Err(_) => return,
            }
        }
    }

    /// Whether everything that was acknowledged is there, once, with its record. What was under way may be there too, and
    /// counts as acknowledged from now on.
    ///
    /// # Errors
    /// What was lost, halved or doubled.
    pub fn check(&self, address: SocketAddr) -> Result<(), String> {
        if let Some(wrong) = &*self.wrong.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(format!("a change was answered with {wrong}"));
        }
        let mut client = Client::connect(address).map_err(|error| error.to_string())?;
        let mut stored_in_all = 0;
        for (writer, acknowledged) in self.acknowledged.iter().enumerate() {
            let told = acknowledged.load(Ordering::SeqCst);
            let request = signature::get_alternate_contact().sign(&key(writer), &address.to_string()).text();
            let answer = client.send(&request)?;
            let stored = match answer.status {
                200 => title(&answer.body)?,
                404 => 0,
                status => return Err(format!("writer {writer}: {status}: {}", answer.body)),
            };
            if !(told..=told + 1).contains(&stored) {
                return Err(format!("writer {writer} was told of change {told}; change {stored} is there"));
            }
            acknowledged.store(stored, Ordering::SeqCst);
            stored_in_all += stored;
        }
        let export = read_to_the_end(address, "/_accountd/export")?;
        let recorded = occurrences(&export, br#""eventName":"PutAlternateContact""#);
        if recorded != stored_in_all {
            return Err(format!("{stored_in_all} changes are there, and {recorded} records of them"));
        }
        Ok(())
    }
}

/// The key of a writer, who has an account of their own.
pub fn key(writer: usize) -> Key {
    Key::of_account(700_000_000_000 + writer)
}

/// The change of this number. Its title is the number, so that a change that was answered twice or lost shows.
pub fn put(number: u64) -> Call {
    let call = signature::put_alternate_contact();
    let body = call.body.replace("On call", &number.to_string());
    Call { body, ..call }
}

/// The number of the change that an answer shows.
pub fn title(body: &str) -> Result<u64, String> {
    let answer: Value = serde_json::from_str(body).map_err(|error| format!("{body}: {error}"))?;
    let title = answer["AlternateContact"]["Title"].as_str().and_then(|title| title.parse().ok());
    title.ok_or_else(|| format!("no number in {body}"))
}

fn occurrences(text: &[u8], wanted: &[u8]) -> u64 {
    // Records are written without white space; another program's export might not be, and would be told as lost.
    text.windows(wanted.len()).filter(|window| *window == wanted).count() as u64
}
