//! How many tests passed, failed and were skipped, read from what each runner writes.

use std::fmt;
use std::ops::AddAssign;

/// Numbers of tests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that did not run.
    pub skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

impl Counts {
    /// The numbers of a runner that has ended, if they and its exit code agree.
    ///
    /// # Errors
    /// Where it failed without a failed test, or ran none: a runner that found no test has tested nothing.
    pub fn that_is_all(self, success: bool) -> Result<Self, String> {
        match self {
            Self { failed: 0, .. } if !success => Err("the runner failed".to_owned()),
            Self { passed: 0, failed: 0, .. } => Err("no test was run".to_owned()),
            counts => Ok(counts),
        }
    }

    /// Reads a line of cargo's test harness such as
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
    pub fn read_cargo(line: &str) -> Option<Self> {
        let (_, numbers) = line.trim_start().strip_prefix("test result: ")?.split_once(". ")?;
        let number = |word: &str| {
            let part = numbers.split("; ").find(|part| part.ends_with(word))?;
            part.split(' ').next()?.parse().ok()
        };
        Some(Self { passed: number("passed")?, failed: number("failed")?, skipped: number("ignored")? })
    }

    /// Reads a line of the summary at the end of TAP as Node's runner writes it, such as `# pass 12`.
    pub fn read_tap(line: &str) -> Option<Self> {
        let (word, number) = line.strip_prefix("# ")?.split_once(' ')?;
        let number = number.parse().ok()?;
        let none = Self::default();
        match word {
            "pass" => Some(Self { passed: number, ..none }),
            "fail" | "cancelled" => Some(Self { failed: number, ..none }),
            "skipped" | "todo" => Some(Self { skipped: number, ..none }),
            _ => None,
        }
    }

    /// Reads the JUnit report that pytest writes.
    pub fn read_junit(report: &str) -> Option<Self> {
        let (_, rest) = report.split_once("<testsuite ")?;
        let (attributes, _) = rest.split_once('>')?;
        let number = |name: &str| -> Option<u64> {
            let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
            rest.split('"').next()?.parse().ok()
        };
        let (failed, skipped) = (number("failures")? + number("errors")?, number("skipped")?);
        // A test that fails and whose clean-up fails too is one test and two entries.
        Some(Self { passed: number("tests")?.saturating_sub(failed + skipped), failed, skipped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_tells_in_one_line() {
        let line = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s";
        assert_eq!(Counts::read_cargo(line), Some(Counts { passed: 3, failed: 2, skipped: 1 }));
        assert_eq!(Counts::read_cargo("test arn::tests::parses ... ok"), None);
    }

    #[test]
    fn tap_tells_in_several_lines() {
        let mut counts = Counts::default();
        for line in
            ["# tests 9", "# suites 0", "# pass 5", "# fail 1", "# cancelled 1", "# skipped 2", "# todo 0"]
        {
            counts += Counts::read_tap(line).unwrap_or_default();
        }
        assert_eq!(counts, Counts { passed: 5, failed: 2, skipped: 2 });
        assert_eq!(Counts::read_tap("ok 1 - lists"), None);
    }

    #[test]
    fn pytest_tells_in_its_report() {
        let report = "<?xml version=\"1.0\"?><testsuites name=\"pytest tests\"><testsuite name=\"pytest\" \
                      errors=\"1\" failures=\"2\" skipped=\"3\" tests=\"16\" time=\"1.5\"><testcase/>";
        assert_eq!(Counts::read_junit(report), Some(Counts { passed: 10, failed: 3, skipped: 3 }));
    }

    #[test]
    fn a_runner_that_tested_nothing_has_failed() {
        let ran = Counts { passed: 1, failed: 0, skipped: 0 };
        assert_eq!(ran.that_is_all(true), Ok(ran));
        assert!(ran.that_is_all(false).is_err());
        assert!(Counts { passed: 0, failed: 0, skipped: 3 }.that_is_all(true).is_err());
        let failed = Counts { failed: 2, ..ran };
        assert_eq!(failed.that_is_all(false), Ok(failed));
    }

    #[test]
    fn the_closing_line_is_one_that_machines_read() {
        let counts = Counts { passed: 1, failed: 0, skipped: 2 };
        assert_eq!(counts.to_string(), "1 passed, 0 failed, 2 skipped");
    }
}
