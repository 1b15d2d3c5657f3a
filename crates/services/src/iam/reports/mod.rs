//! What IAM shows of an account as a whole: its summary and alias, its credential report, and everything it
//! holds.

pub mod account;
pub mod authorization_details;
pub mod credential_report;
