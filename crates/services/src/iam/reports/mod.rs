//! What IAM shows of an account as a whole: its summary and alias, its credential report, and everything it
//! holds.

pub(crate) mod account;
pub(crate) mod authorization_details;
pub(crate) mod credential_report;
