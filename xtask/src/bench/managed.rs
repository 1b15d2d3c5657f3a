//! What AWS's managed policies cost: a call of somebody who holds the largest, and a page of their list.

use super::figures::{Table, Target, median};
use super::measurements::{Bench, ROUNDS, ratio, sign, speed, succeed};
use super::neighbours::one_by_one;
use super::signature::{self, Key};

/// Issue 12: what ReadOnlyAccess may cost beside AdministratorAccess, and a page of a hundred policies.
const MOST_TIMES: f64 = 1.15;
const MOST_MILLISECONDS: f64 = 2.0;

fn reader() -> Key {
    Key::lasting("AKIAIOSFODNN7READONL", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLERDO")
}

fn administrator() -> Key {
    Key::lasting("AKIAIOSFODNN7ADMINIS", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEADM")
}

/// An account with a user of each, and a contact to read.
fn seed() -> String {
    let user = |name: &str, policy: &str, key: &Key| {
        format!(
            "        - name: {name}\n          attached_policies: [{policy}]\n          access_keys: \
             [{{ id: {}, secret: {} }}]\n",
            key.id, key.secret
        )
    };
    format!(
        "accounts:\n  - id: \"222233334444\"\n    name: Alone\n    email: alone@example.com\n    \
         alternate_contacts: {{ SECURITY: {{ Name: Desk, Title: On call, EmailAddress: desk@example.com, \
         PhoneNumber: +1 206 555 0199 }} }}\n    iam:\n      users:\n{}{}",
        user("reader", "ReadOnlyAccess", &reader()),
        user("administrator", "AdministratorAccess", &administrator()),
    )
}

impl Bench {
    /// The same signed read by two users of one account, in turn; then a page of ListPolicies over one connection.
    pub fn managed_policies(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("managed policies …");
        let server = self.seeded("managed-policies", &seed())?;
        for key in [reader(), administrator()] {
            succeed(&server, signature::get_alternate_contact(), &key)?;
        }
        let get = |key: &Key| {
            let signed = sign(&server, signature::get_alternate_contact(), key);
            self.load.repeat(server.address, &signed)
        };
        let (mut of_reader, mut of_administrator) = (Vec::new(), Vec::new());
        // One round of each warms both up and does not count.
        for round in 0..=ROUNDS {
            let rows = (get(&reader())?, get(&administrator())?);
            if round > 0 {
                of_reader.push(rows.0);
                of_administrator.push(rows.1);
            }
        }
        let what = "signed GetAlternateContact, user with";
        table.add(format!("{what} AdministratorAccess"), Target::None, speed(&of_administrator), "/s");
        table.add(format!("{what} ReadOnlyAccess"), Target::None, speed(&of_reader), "/s");
        let slower = ratio(&of_administrator, &of_reader);
        table.add(
            "time of a call, ReadOnlyAccess ÷ AdministratorAccess",
            Target::AtMost(MOST_TIMES),
            slower,
            "",
        );
        let (mut small, mut pages) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            small.push(one_by_one(&server, &administrator(), signature::get_caller_identity)?);
            pages.push(one_by_one(&server, &administrator(), signature::list_policies)?);
        }
        let page = "ListPolicies, a page of 100 of AWS's, one connection";
        table.add(format!("{page}, median"), Target::AtMost(MOST_MILLISECONDS), median(&pages), "ms");
        let ratios: Vec<f64> = pages.iter().zip(&small).map(|(page, small)| page / small).collect();
        table.add(format!("{page} ÷ GetCallerIdentity"), Target::None, median(&ratios), "");
        Ok(())
    }
}
