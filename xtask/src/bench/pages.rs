//! What the pages of the console cost in an organization of a thousand accounts.

use std::fmt::Write as _;
use std::time::Instant;

use super::client::Client;
use super::figures::{Table, Target, median};
use super::measurements::{Bench, milliseconds};
use super::processes::Accountd;

/// Accounts of the organization.
const ACCOUNTS: u64 = 1_000;
/// How often each page is asked for; the first ten times do not count.
const TIMES: usize = 210;
const WARMING: usize = 10;
/// Issue 10: what a page may cost.
const MOST_MILLISECONDS: f64 = 5.0;

const MANAGEMENT: u64 = 111_122_223_333;
const MEMBER: u64 = 222_200_000_000;

/// One of every kind of page, but for those that answer a question of their own: why, who may and what if ask policies as
/// often as the question says.
const PAGES: [&str; 13] = [
    "/",
    "/units/ou-ab12-examples",
    "/policies",
    "/accounts",
    "/accounts/222200000000",
    "/identities",
    "/accounts/222200000000/iam",
    "/accounts/222200000000/iam/users/reader",
    "/calls",
    "/why",
    "/control",
    "/acting",
    "/search?q=222200000500",
];

fn organization() -> String {
    let mut seed = format!(
        "organization:\n  management_account: \"{MANAGEMENT}\"\n  root: {{ id: r-ab12 }}\n\
         organizational_units:\n  - {{ name: Examples, id: ou-ab12-examples }}\n\
         accounts:\n  - {{ id: \"{MANAGEMENT}\", name: Management, email: management@example.com }}\n"
    );
    for number in 0..ACCOUNTS - 1 {
        let id = MEMBER + number;
        writeln!(
            seed,
            "  - {{ id: \"{id}\", name: member-{number}, email: member-{number}@example.com, \
             organizational_unit: Examples, iam: {{ users: [{{ name: reader, attached_policies: [ReadOnlyAccess] }}] }} }}"
        )
        .expect("INVARIANT: writing to a string never fails");
    }
    seed
}

impl Bench {
    /// The pages of the console, one after the other over one connection.
    pub fn pages(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("pages …");
        let seed = self.data("pages.yaml");
        std::fs::write(&seed, organization()).map_err(|error| error.to_string())?;
        let server = Accountd::start(&self.binary, &self.data("pages"), Some(&seed))?;
        let reference = time_of(&server, "/_accountd/health")?;
        let (mut dearest, mut most) = ("", 0.0);
        for page in PAGES {
            let time = time_of(&server, page)?;
            eprintln!("  {page}: {time:.2} ms");
            if time > most {
                (dearest, most) = (page, time);
            }
        }
        table.add("health page, one connection", Target::None, reference, "ms");
        let what = format!("dearest page of the console, {ACCOUNTS} accounts ({dearest})");
        table.add(what, Target::AtMost(MOST_MILLISECONDS), most, "ms");
        Ok(())
    }
}

/// How long a page takes, in milliseconds: the median.
fn time_of(server: &Accountd, page: &str) -> Result<f64, String> {
    let address = server.address;
    let request = format!("GET {page} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\n\r\n");
    let mut client = Client::connect(address).map_err(|error| error.to_string())?;
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        let answer = client.send(&request)?;
        times.push(milliseconds(begun.elapsed()));
        if answer.status != 200 {
            return Err(format!("{page}: {}", answer.status));
        }
    }
    Ok(median(&times[WARMING..]))
}
