//! What tests and packages feel of accountd: a start with a seed, a reset between two tests, and TLS.

use std::time::Instant;

use super::client::Client;
use super::figures::{Table, Target, median};
use super::measurements::{
    Bench, ORGANIZATION, ROOT, ROUNDS, STARTS, milliseconds, ratio, sign, speed, succeed,
};
use super::processes::Accountd;
use super::signature::{self, Key};

/// Resets of one server, each after a change.
const RESETS: usize = 101;

impl Bench {
    /// A server for tests: in memory, with a seed, reset again and again.
    pub fn resetting(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("starting and resetting for tests …");
        let seed = self.data("seed-of-tests.yaml");
        std::fs::write(&seed, ORGANIZATION).map_err(|error| error.to_string())?;
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            starts.push(milliseconds(Accountd::start_in_memory(&self.binary, &seed)?.start));
        }
        let what = "start to first answered request, in memory with a seed";
        table.add(what, Target::AtMost(20.0), median(&starts), "ms");
        let server = Accountd::start_in_memory(&self.binary, &seed)?;
        let host = server.address;
        let reset = format!("POST /_accountd/reset HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
        let mut client = Client::connect(host).map_err(|error| error.to_string())?;
        let mut resets = Vec::new();
        for _ in 0..RESETS {
            succeed(&server, signature::put_alternate_contact(), &Key::of_account(ROOT))?;
            let begun = Instant::now();
            let answer = client.send(&reset)?;
            resets.push(milliseconds(begun.elapsed()));
            if answer.status != 200 {
                return Err(format!("reset: {}: {}", answer.status, answer.body));
            }
        }
        table.add("reset to that seed, after a change", Target::AtMost(3.0), median(&resets), "ms");
        Ok(())
    }

    /// The same read with and without TLS, over connections that are kept alive to one server.
    pub fn tls(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("TLS …");
        let data = self.data("tls");
        let server =
            Accountd::start_as(&self.binary, &data, None, |command| command.args(["--tls", "self"]))?;
        let root = Key::of_account(ROOT);
        succeed(&server, signature::put_alternate_contact(), &root)?;
        let (mut plain, mut over_tls) = (Vec::new(), Vec::new());
        // One round of each warms both up and does not count.
        for round in 0..=ROUNDS {
            let signed = sign(&server, signature::get_alternate_contact(), &root);
            let one = self.load.repeat_over("http", server.address, &signed)?;
            let other = self.load.repeat_over("https", server.address, &signed)?;
            if round > 0 {
                plain.push(one);
                over_tls.push(other);
            }
        }
        table.add("signed GetAlternateContact over TLS", Target::None, speed(&over_tls), "/s");
        let what = "time of a kept-alive read, over TLS ÷ without";
        table.add(what, Target::AtMost(1.15), ratio(&plain, &over_tls), "");
        Ok(())
    }
}
