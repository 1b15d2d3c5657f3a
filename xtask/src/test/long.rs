//! What `cargo xtask test everything` adds to the gate: the same attacks for longer, and the program of a release.

use std::time::Duration;

use super::counts::Counts;
use super::{Gate, rust};
use crate::{release, site, torture};

/// Three processes on one database are killed, cut off and stopped for so long; the gate does it for seconds.
const PROCESSES_SECONDS: &str = "300";

/// Random tests by name, each with its target and how many runs it makes; the gate makes some hundreds of inputs and forty trees.
const RANDOM: [(&str, &str, &str); 2] = [("fuzz::", "it", "5000"), ("tree::", "organizations", "1000")];

/// All parts of torture together.
const TORTURE_MINUTES: u64 = 10;

impl Gate {
    /// The random tests, the killed processes and the torture, for minutes.
    pub(super) fn long(&self) {
        for (name, target, runs) in RANDOM {
            self.report.step(&format!("random inputs of {name}"), || {
                let only = [rust::WORKSPACE, "--test", target, "--", name];
                self.tests(&only, |cargo| cargo.env("ACCOUNTD_RANDOM_RUNS", runs))
            });
        }
        self.report.step("processes on one database", || {
            let only = [rust::WORKSPACE, "--test", "store", "--", "processes::"];
            self.tests(&only, |cargo| cargo.env("ACCOUNTD_TORTURE_SECONDS", PROCESSES_SECONDS))
        });
        let Some(binary) = self.binary() else { return };
        self.report.step("torture, ten minutes of it", || {
            let time = Duration::from_secs(60 * TORTURE_MINUTES);
            let held = torture::attack(&binary, time, &[], |line| self.report.say(line))?;
            Ok(Counts { passed: held, ..Counts::default() })
        });
    }

    /// The pages as a site.
    pub(super) fn docs(&self) {
        self.report.step("the pages as a site", || {
            let built = site::build(&self.root, &self.tools.mdbook()?)?;
            self.report.say(&format!("{} pages, {} links lead somewhere", built.pages, built.links));
            Ok(Counts { passed: built.pages as u64, ..Counts::default() })
        });
    }

    /// The release as far as it can be made here. Its tests are counted in a table of their own.
    pub(super) fn release(&self) {
        self.report.step("a release, each piece installed", || {
            release::run(&["--dry-run"]).map(|()| Counts::default())
        });
    }
}
