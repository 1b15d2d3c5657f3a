//! What it costs to be asked through accountd instead of directly.

use std::time::Instant;

use super::client::Client;
use super::figures::{Table, Target, median};
use super::measurements::{Bench, ROOT, ROUNDS, milliseconds, sign};
use super::neighbours::{CALLS, one_by_one};
use super::processes::{Accountd, Nginx};
use super::signature::{self, Key};

impl Bench {
    /// A call of a service that nginx plays, through accountd and directly, one after the other over one connection.
    pub fn forwarding(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("forwarding …");
        let nginx = Nginx::start(&self.data("forwarded-nginx"), 1, 1)?;
        let url = format!("http://{}", nginx.address);
        let server = Accountd::start_as(&self.binary, &self.data("forwarding"), None, |command| {
            command.args(["--forward", url.as_str()])
        })?;
        let root = Key::of_account(ROOT);
        let (mut through, mut direct) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            through.push(one_by_one(&server, &root, signature::list_queues)?);
            direct.push(asked_directly(&server, &nginx, &root)?);
        }
        let what = "a call of another service, one connection";
        table.add(format!("{what}, answered by nginx, median"), Target::None, median(&direct), "ms");
        table.add(format!("{what}, through accountd, median"), Target::None, median(&through), "ms");
        let ratios: Vec<f64> =
            through.iter().zip(&direct).map(|(through, direct)| through / direct).collect();
        table.add(format!("{what}, through accountd ÷ directly"), Target::None, median(&ratios), "");
        Ok(())
    }
}

/// The median time of the same request, sent to who answers it. Each has a connection of its own, as accountd makes one.
fn asked_directly(server: &Accountd, nginx: &Nginx, key: &Key) -> Result<f64, String> {
    let request = sign(server, signature::list_queues(), key).text();
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let begun = Instant::now();
        let mut client = Client::connect(nginx.address).map_err(|error| error.to_string())?;
        let answer = client.send(&request)?;
        times.push(milliseconds(begun.elapsed()));
        if answer.status != 200 {
            return Err(format!("nginx: {}: {}", answer.status, answer.body));
        }
    }
    Ok(median(&times))
}
