//! The world of a request before anybody is permitted: open to every reader, closed to every change.

use std::ops::Deref;

use super::access::Permitted;
use crate::world::{ReadsAndWrites, ServiceEvent, Snapshot, World};

/// A world that is changed with a [`Permitted`] in hand, or for one of the reasons that [`Unpermitted`] names.
pub struct Guarded<'s>(World<'s>);

/// Why a document is written although no policy was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpermitted {
    /// The account of a root user whose access key was never issued comes into being when it calls first.
    AccountOnFirstUse,
    /// F-STSAPI-2: the operation needs no permission, and no policy can take it away.
    NoPermissionNeeded,
    /// F-MFA-4: a one-time code is taken, or counted as wrong, before anybody asks what it opens.
    SecondFactorShown,
}

impl<'s> Guarded<'s> {
    /// A world without changes over `snapshot`.
    pub fn new(snapshot: &'s dyn Snapshot) -> Self {
        Self(World::new(snapshot))
    }

    /// The right to put and delete documents, for what policies allowed.
    pub fn change(&mut self, _permitted: &Permitted) -> &mut World<'s> {
        &mut self.0
    }

    /// The same right without a permit.
    pub fn change_without_permit(&mut self, _why: Unpermitted) -> &mut World<'s> {
        &mut self.0
    }

    /// See [`World::serve_in`].
    pub fn serve_in(&mut self, region: &str) {
        self.0.serve_in(region);
    }

    /// See [`World::discard_changes`].
    pub fn discard_changes(&mut self) {
        self.0.discard_changes();
    }

    /// See [`World::take_announced`].
    pub fn take_announced(&mut self) -> Vec<ServiceEvent> {
        self.0.take_announced()
    }

    /// See [`World::into_reads_and_writes`].
    pub fn into_reads_and_writes(self) -> ReadsAndWrites {
        self.0.into_reads_and_writes()
    }
}

impl<'s> Deref for Guarded<'s> {
    type Target = World<'s>;

    fn deref(&self) -> &World<'s> {
        &self.0
    }
}
