//! The ids of what AWS Organizations makes: a prefix that says what it is, and letters and digits.

use crate::context::Context;

/// Letters and digits of ids.
pub(crate) const BASE36: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// A new id: a prefix, and characters that the request's seed determines.
pub(crate) fn new_id(context: &Context, prefix: &str, length: usize) -> String {
    format!("{prefix}{}", context.seed.text(&format!("organizations {prefix}"), BASE36, length))
}
