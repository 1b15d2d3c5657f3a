//! What is wrong with a seed file, and where.

use std::cell::{Cell, RefCell};
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
    /// How many problems it stands for that are not told; 0 but for the last of very many.
    pub further: u64,
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

/// How many problems are told; nobody mends more at once, and a file may have millions. F-COST-10
const TOLD: usize = 1000;

/// The problems found so far. Everything that reads the file shares one, so that a fault in one place
/// does not hide those in others.
#[derive(Default)]
pub(super) struct Problems {
    told: RefCell<Vec<Problem>>,
    further: Cell<u64>,
}

impl Problems {
    /// Adds one.
    pub fn report(&self, place: Place, path: &str, message: impl Into<String>) {
        let mut told = self.told.borrow_mut();
        if told.len() == TOLD {
            self.further.set(self.further.get() + 1);
            return;
        }
        told.push(Problem { place, path: path.to_owned(), message: message.into(), further: 0 });
    }

    /// `Ok` where none was found, else the first of them in the order of the file, and how many more there are.
    pub fn settle(&self) -> Result<(), Vec<Problem>> {
        let mut problems = self.told.take();
        problems.sort();
        if let (Some(last), further @ 1..) = (problems.last(), self.further.take()) {
            let message = format!("and {further} more problems");
            problems.push(Problem { place: last.place, path: String::new(), message, further });
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-COST-10
    #[test]
    fn of_very_many_problems_the_first_are_told() {
        let problems = Problems::default();
        for line in 1..=5_000 {
            problems.report(Place { line, column: 1 }, "accounts", "is wrong");
        }
        let told = problems.settle().unwrap_err();
        assert_eq!(told.len(), TOLD + 1);
        assert_eq!(told.last().unwrap().message, "and 4000 more problems");
        let report = super::super::report("seed.yaml", &told);
        assert!(report.starts_with("seed.yaml has 5000 problems; nothing was applied:\n"), "{report}");
        assert!(report.ends_with("\nand 4900 more"), "{report}");
        assert_eq!(problems.settle(), Ok(()), "they are told once");
    }
}
