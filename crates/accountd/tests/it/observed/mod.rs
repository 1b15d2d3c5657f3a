//! What AWS itself was observed to answer, replayed row by row.
//!
//! The rows stand in `docs/fidelity.md`, "Observed". The test of row `O-alternate-1` is called `observed_alternate_1_…`; a chore
//! of the project fails when a row has no test or a test no row. Status, header and body are compared to the byte.

mod alternate_contacts;
mod constraints;
mod creation;
mod envelope;
mod modes;
mod names;
mod primary_contact;
mod primary_email;
mod regions;

use std::time::Duration;

/// What AWS was seen to take to enable a Region.
const TO_ENABLE: Duration = Duration::from_secs(120);
/// What AWS was seen to take to disable one.
const TO_DISABLE: Duration = Duration::from_secs(60);
