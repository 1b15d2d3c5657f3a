//! The seed file as a file: read from its path or from standard input for `accountd seed check`. What it says is
//! [`services::seed`]'s business.

use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use services::seed::{Summary, read, report};

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Checks the seed file at `path`: what `accountd seed check FILE` does; `-` is standard input.
///
/// # Errors
/// Lines to print: `FILE:LINE:COLUMN: PATH: MESSAGE` for every problem, and how many there are.
pub fn check(path: &Path) -> Result<Summary, String> {
    let name = path.display();
    let bytes = if path == Path::new(STANDARD_INPUT) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| format!("{name}: cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: is not UTF-8 text"))?;
    match read(&text, Timestamp::now()) {
        Ok(documents) => Ok(documents.summary),
        Err(problems) => Err(report(&name.to_string(), &problems)),
    }
}
