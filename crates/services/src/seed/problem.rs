//! What is wrong with a seed file, and where.

use std::cell::RefCell;
use std::fmt;

/// A line and a column, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl Place {
    /// The file's first character.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// One thing that is wrong with a seed file.
///
/// It names the place, the path and the rule, never a secret or a contact value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it was written.
    pub place: Place,
    /// Which value it is, for example `accounts[3].email`; empty for the file as a whole.
    pub path: String,
    /// One clear sentence.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: ", self.place.line, self.place.column)?;
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// The problems found so far. Everything that reads the file shares one, so that a fault in one place
/// does not hide those in others.
#[derive(Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Adds one.
    pub fn report(&self, place: Place, path: &str, message: impl Into<String>) {
        let problem = Problem { place, path: path.to_owned(), message: message.into() };
        self.0.borrow_mut().push(problem);
    }

    /// `Ok` where none was found, else all of them in the order of the file.
    pub fn settle(&self) -> Result<(), Vec<Problem>> {
        let mut problems = self.0.take();
        problems.sort();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}
