//! accountd.
fn main() {}
