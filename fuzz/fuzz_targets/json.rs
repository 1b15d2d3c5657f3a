//! The target `json` of accountd's tests, for cargo-fuzz.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| accountd_fuzz::targets::json_body(bytes));
