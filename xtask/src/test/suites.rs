//! The suites of `cargo xtask test`: what each is called, what it proves, and whether it belongs to the gate.

use std::fmt;

/// A part of the tests that can be chosen by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suite {
    /// Formatting, lints, documentation, and every test that is written in Rust, the Rust SDKs in process among them.
    Rust,
    /// boto3, the AWS CLI and awslocal against the running program.
    Python,
    /// The JavaScript SDK against the running program.
    Node,
    /// Terraform's resources against the running program.
    Terraform,
    /// prowler's audit of the running program.
    Prowler,
    /// Cloud Custodian and principalmapper, which look at the running program too.
    Audits,
    /// The console of the running program, in Chromium.
    Console,
    /// The packages of a release, each installed where there is nothing else.
    Reach,
    /// The image in a container runtime.
    Containers,
    /// kill -9, power loss, a failing disk, dear requests and idle sockets against the running program.
    Torture,
    /// What the gate does for seconds, for minutes: random inputs, killed processes, torture.
    Long,
    /// The crates as a registry gets them, and somebody who has nothing but Rust.
    Crates,
    /// The pages as a site, each link of which is followed.
    Docs,
    /// The program of a release, static and small, in every package.
    Release,
}

/// When a suite runs where nobody names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// With each change: its time is everybody's.
    Gate,
    /// Only with `cargo xtask test everything`: once a day, and before a release.
    Everything,
}

/// All of them, in the order in which they are told.
pub(super) const SUITES: [Suite; 14] = [
    Suite::Rust,
    Suite::Python,
    Suite::Node,
    Suite::Terraform,
    Suite::Prowler,
    Suite::Audits,
    Suite::Console,
    Suite::Reach,
    Suite::Containers,
    Suite::Torture,
    Suite::Long,
    Suite::Crates,
    Suite::Docs,
    Suite::Release,
];

impl Suite {
    /// Its name, when it runs, and what it proves.
    const fn about(self) -> (&'static str, When, &'static str) {
        match self {
            Self::Rust => {
                ("rust", When::Gate, "formatting, licences, lints, tests in Rust, documentation's links")
            }
            Self::Python => ("python", When::Gate, "boto3, the AWS CLI and awslocal; what the pages say"),
            Self::Node => ("node", When::Gate, "the JavaScript SDK"),
            Self::Terraform => ("terraform", When::Gate, "Terraform's AWS provider"),
            Self::Prowler => ("prowler", When::Gate, "prowler's audits"),
            Self::Audits => ("audits", When::Gate, "Cloud Custodian and principalmapper"),
            Self::Console => ("console", When::Gate, "the console in Chromium"),
            Self::Reach => ("reach", When::Gate, "every package, installed where there is nothing else"),
            Self::Containers => {
                ("containers", When::Everything, "the image in Docker, and Testcontainers in three languages")
            }
            Self::Torture => {
                ("torture", When::Gate, "a minute of kills, power loss, a failing disk, dear requests")
            }
            Self::Long => {
                ("long", When::Everything, "random inputs, killed processes and torture, for minutes each")
            }
            Self::Crates => (
                "crates",
                When::Everything,
                "the crates as packed, for somebody with Rust only: `cargo install`, `cargo add`",
            ),
            Self::Docs => ("docs", When::Everything, "the pages as a site, every link followed"),
            Self::Release => {
                ("release", When::Everything, "the static program of a release, in every package")
            }
        }
    }

    pub(super) const fn when(self) -> When {
        self.about().1
    }

    /// Whether it asks the program that is built for the suites.
    pub(super) const fn needs_program(self) -> bool {
        !matches!(self, Self::Rust | Self::Crates | Self::Docs | Self::Release)
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.about().0)
    }
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) suites: Vec<Suite>,
    /// Whether the suites run their long tests too.
    pub(super) is_everything: bool,
}

/// The suites that are named; the gate where none is, and all of them for `everything` alone.
///
/// # Errors
/// A name that is none, with those that are.
pub(super) fn choose(names: &[&str]) -> Result<Chosen, String> {
    let is_everything = names.contains(&EVERYTHING);
    let named: Result<Vec<Suite>, String> = names
        .iter()
        .filter(|name| **name != EVERYTHING)
        .map(|name| {
            let suite = SUITES.into_iter().find(|suite| suite.to_string() == **name);
            suite.ok_or_else(|| format!("`{name}` is no suite\n{}", help()))
        })
        .collect();
    let mut suites = named?;
    if suites.is_empty() {
        suites = SUITES.into_iter().filter(|suite| is_everything || suite.when() == When::Gate).collect();
    }
    Ok(Chosen { suites, is_everything })
}

/// Beside names of suites: with their long tests.
const EVERYTHING: &str = "everything";

/// What `cargo xtask test --help` prints.
pub(super) fn help() -> String {
    let lines = |when| {
        let suites = SUITES.into_iter().filter(move |suite| suite.when() == when);
        suites.map(|suite| format!("  {suite:<10} {}\n", suite.about().2)).collect::<String>()
    };
    format!(
        "usage: cargo xtask test [everything] [SUITE…]\n\nWithout a name: the gate, which is\n{}\n\
        `everything`: the gate with the long tests of its suites, and then\n{}\n\
        `everything SUITE…`: these suites with their long tests.",
        lines(When::Gate),
        lines(When::Everything)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_is_what_is_not_named_and_everything_is_more() {
        let gate = choose(&[]).expect("it is the gate");
        assert!(!gate.is_everything && gate.suites.iter().all(|suite| suite.when() == When::Gate));
        let all = choose(&["everything"]).expect("it is everything");
        assert!(all.is_everything && all.suites == SUITES);
        assert!(gate.suites.len() < all.suites.len());
        let one = choose(&["everything", "python"]).expect("it is one suite");
        assert_eq!(one, Chosen { suites: vec![Suite::Python], is_everything: true });
        let long = choose(&["long"]).expect("a long suite can be named");
        assert_eq!(long, Chosen { suites: vec![Suite::Long], is_everything: false });
        let refused = choose(&["pyhton"]).expect_err("it is misspelt");
        assert!(SUITES.iter().all(|suite| refused.contains(&suite.to_string())), "{refused}");
    }
}
