//! What is measured.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::client::{self, Client};
use super::figures::{Table, Target, median};
use super::load::{CONNECTIONS, Load, Measured};
use super::processes::{Accountd, NGINX_WORKERS, Nginx, Scratch};
use super::signature::{self, Call, Key, Signed};
use super::tools;

/// Rounds of each measurement under load.
pub(super) const ROUNDS: usize = 5;
/// How long a round takes.
const ROUND_SECONDS: u32 = 3;
/// Rounds of each start.
pub(super) const STARTS: usize = 15;
/// How many accounts are many.
pub(super) const MANY: usize = 10_000;

/// An organization whose member account has an IAM user: three levels of service control policies, two
/// policies of the user's own, conditions in both.
pub(super) const ORGANIZATION: &str = r#"
organization:
  management_account: "111122223333"
  feature_set: ALL
  trusted_services: [account.amazonaws.com]
  root:
    policies: [members-stay]
  policies:
    - name: members-stay
      document:
        Version: "2012-10-17"
        Statement: { Effect: Deny, Action: "organizations:LeaveOrganization", Resource: "*" }
    - name: regions-are-fixed
      document:
        Version: "2012-10-17"
        Statement:
          - Effect: Deny
            Action: ["account:EnableRegion", "account:DisableRegion"]
            Resource: "*"
            Condition: { StringNotEquals: { "account:TargetRegion": eu-south-2 } }
organizational_units:
  - name: Workloads
    policies: [regions-are-fixed]
accounts:
  - { id: "111122223333", name: Management, email: management@example.com }
  - id: "222233334444"
    name: Member
    email: member@example.com
    organizational_unit: Workloads
    alternate_contacts:
      SECURITY:
        Name: Security Desk
        Title: On call
        EmailAddress: security@example.com
        PhoneNumber: +1 206 555 0199
    iam:
      users:
        - name: reader
          attached_policies: [AWSAccountManagementReadOnlyAccess]
          inline_policies:
            contacts:
              Version: "2012-10-17"
              Statement:
                - Effect: Allow
                  Action: "account:*AlternateContact"
                  Resource: "*"
                  Condition: { "ForAnyValue:StringEquals": { "account:AlternateContactTypes": [SECURITY, BILLING] } }
          access_keys:
            - { id: AKIAIOSFODNN7READER1, secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY }
"#;

/// The key of the user above.
fn user() -> Key {
    Key::lasting("AKIAIOSFODNN7READER1", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

/// An account that no other measurement uses.
pub(super) const ROOT: usize = 42;

/// Everything that the measurements share.
pub struct Bench {
    pub(super) binary: PathBuf,
    scratch: Scratch,
    pub(super) load: Load,
}

impl Bench {
    /// Ready to measure `binary`.
    pub fn new(binary: PathBuf) -> Result<Self, String> {
        let scratch = Scratch::new(&tools::target())?;
        let load = Load::new(&scratch.path, ROUND_SECONDS);
        Ok(Self { binary, scratch, load })
    }

    pub(super) fn data(&self, name: &str) -> PathBuf {
        self.scratch.path.join(name)
    }

    fn start(&self, data: &Path) -> Result<Accountd, String> {
        Accountd::start(&self.binary, data, None)
    }

    /// Start, idle memory, size.
    pub fn starting(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("starting …");
        let existing = self.data("existing");
        self.start(&existing)?;
        let (mut fresh, mut again) = (Vec::new(), Vec::new());
        for round in 0..STARTS {
            fresh.push(milliseconds(self.start(&self.data(&format!("fresh-{round}")))?.start));
            again.push(milliseconds(self.start(&existing)?.start));
        }
        let most = Target::AtMost(20.0);
        table.add("start to first answered request, existing store", most, median(&again), "ms");
        table.add("start to first answered request, new store", most, median(&fresh), "ms");
        let idle = self.start(&existing)?;
        std::thread::sleep(Duration::from_secs(2));
        table.add("idle memory (resident)", Target::AtMost(16.0), idle.resident_megabytes()?, "MB");
        let size = std::fs::metadata(&self.binary).map_err(|error| error.to_string())?.len();
        table.add("release binary", Target::AtMost(17.0), size as f64 / 1e6, "MB");
        Ok(())
    }

    /// Signed GetAlternateContact beside nginx with a static file of the same size.
    pub fn reading(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("reading …");
        let seed = self.data("organization.yaml");
        std::fs::write(&seed, ORGANIZATION).map_err(|error| error.to_string())?;
        let server = Accountd::start(&self.binary, &self.data("reading"), Some(&seed))?;
        let root = Key::of_account(ROOT);
        succeed(&server, signature::put_alternate_contact(), &root)?;
        let body = succeed(&server, signature::get_alternate_contact(), &root)?;
        let nginx = Nginx::start(&self.data("nginx"), body.len(), NGINX_WORKERS)?;

        let get = |key: &Key| {
            let signed = sign(&server, signature::get_alternate_contact(), key);
            self.load.repeat(server.address, &signed)
        };
        // One round of each warms both up and does not count.
        let (mut of_nginx, mut of_root, mut of_user) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let rows = (self.load.get(nginx.address, "/file")?, get(&root)?, get(&user())?);
            if round > 0 {
                of_nginx.push(rows.0);
                of_root.push(rows.1);
                of_user.push(rows.2);
            }
        }
        table.add("nginx, static file of the same size", Target::None, speed(&of_nginx), "/s");
        for (who, runs) in [("root user", &of_root), ("IAM user under SCPs", &of_user)] {
            let what = format!("signed GetAlternateContact, {who}");
            table.add(&what, Target::None, speed(runs), "/s");
            table.add(format!("{what} ÷ nginx"), Target::AtLeast(0.4), ratio(runs, &of_nginx), "");
        }
        table.add("nginx, 99th percentile", Target::None, p99(&of_nginx), "ms");
        table.add("signed GetAlternateContact, 99th percentile", Target::None, p99(&of_root), "ms");
        std::thread::sleep(Duration::from_secs(3));
        table.add("memory after this load (resident)", Target::None, server.resident_megabytes()?, "MB");
        Ok(())
    }

    /// The same with one worker of nginx and one thread of load: what accountd costs beside a server that is not held up.
    pub fn one_worker(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("reading beside one worker …");
        let server = self.start(&self.data("one-worker"))?;
        let root = Key::of_account(ROOT);
        succeed(&server, signature::put_alternate_contact(), &root)?;
        let body = succeed(&server, signature::get_alternate_contact(), &root)?;
        let nginx = Nginx::start(&self.data("one-worker-nginx"), body.len(), 1)?;
        let mut load = Load::new(&self.scratch.path, self.load.seconds);
        load.threads = 1;
        let (mut of_nginx, mut of_root) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let signed = sign(&server, signature::get_alternate_contact(), &root);
            let rows = (load.get(nginx.address, "/file")?, load.repeat(server.address, &signed)?);
            // One round of each warms both up and does not count.
            if round > 0 {
                of_nginx.push(rows.0);
                of_root.push(rows.1);
            }
        }
        let what = "signed GetAlternateContact, root user, one thread of load";
        table.add("nginx, one worker, one thread of load", Target::None, speed(&of_nginx), "/s");
        table.add(what, Target::None, speed(&of_root), "/s");
        table.add(format!("{what} ÷ nginx"), Target::AtLeast(0.5), ratio(&of_root, &of_nginx), "");
        table.add(format!("{what}, 99th percentile"), Target::None, p99(&of_root), "ms");
        Ok(())
    }

    /// Durable PutAlternateContact.
    pub fn writing(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("writing …");
        let server = self.start(&self.data("writing"))?;
        // More accounts than connections, so that two connections rarely meet in one.
        let keys: Vec<Key> = (1000..1000 + 4 * CONNECTIONS).map(Key::of_account).collect();
        bring_into_being(&server, &keys)?;
        for (who, keys) in [("accounts of their own", &keys[..]), ("one account", &keys[..1])] {
            let (mut speeds, mut per_fsync) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let requests: Vec<Signed> =
                    keys.iter().map(|key| sign(&server, signature::put_alternate_contact(), key)).collect();
                let before = (server.store_counter("changes")?, server.store_counter("transactions")?);
                speeds.push(self.load.in_turn(server.address, &requests)?);
                let after = (server.store_counter("changes")?, server.store_counter("transactions")?);
                per_fsync.push((after.0 - before.0) / (after.1 - before.1));
            }
            let what = format!("durable PutAlternateContact, {who}");
            table.add(&what, Target::None, speed(&speeds), "/s");
            table.add(format!("{what}, 99th percentile"), Target::None, p99(&speeds), "ms");
            table.add(format!("{what}: changes per fsync"), Target::AtLeast(20.0), median(&per_fsync), "");
        }
        Ok(())
    }

    /// Nine reads and one write in turn over the same accounts, against reads alone.
    pub fn mixed(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("reading and writing at once …");
        let server = self.start(&self.data("mixed"))?;
        let keys: Vec<Key> = (1000..1000 + 4 * CONNECTIONS).map(Key::of_account).collect();
        bring_into_being(&server, &keys)?;
        let requests = |writes: bool| -> Vec<Signed> {
            let one = |(index, key): (usize, &Key)| {
                let put = writes && index % 10 == 0;
                let call =
                    if put { signature::put_alternate_contact() } else { signature::get_alternate_contact() };
                sign(&server, call, key)
            };
            keys.iter().cycle().take(10 * keys.len()).enumerate().map(one).collect()
        };
        let (mut reads, mut both, mut reruns) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            reads.push(self.load.in_turn(server.address, &requests(false))?);
            let before = server.store_counter("reruns")?;
            let measured = self.load.in_turn(server.address, &requests(true))?;
            let answered = measured.requests_per_second * f64::from(ROUND_SECONDS);
            reruns.push((server.store_counter("reruns")? - before) / answered * 1e3);
            both.push(measured);
        }
        let what = "90 % GetAlternateContact, 10 % PutAlternateContact";
        table.add(what, Target::None, speed(&both), "/s");
        table.add(format!("{what} ÷ reads alone"), Target::None, ratio(&both, &reads), "");
        table.add(format!("{what}, 99th percentile"), Target::None, p99(&both), "ms");
        table.add("run again by the writer, of 1,000 of these", Target::None, median(&reruns), "");
        Ok(())
    }

    /// 10,000 accounts against one.
    pub fn many_accounts(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("{MANY} accounts …");
        let (few_data, many_data) = (self.data("one-account"), self.data("many-accounts"));
        let few_keys = vec![Key::of_account(0)];
        let many_keys: Vec<Key> = (0..MANY).map(Key::of_account).collect();
        let few = self.start(&few_data)?;
        let many = self.start(&many_data)?;
        bring_into_being(&few, &few_keys)?;
        bring_into_being(&many, &many_keys)?;
        let get = |server: &Accountd, keys: &[Key]| {
            // As many requests for one account as for many, each another text, so that wrk has as many bytes to
            // go through in both cases.
            let keys = keys.iter().cycle().take(MANY).enumerate();
            let get = |key| sign(server, signature::get_alternate_contact(), key);
            let requests: Vec<Signed> = keys.map(|(number, key)| get(key).numbered(number)).collect();
            self.load.in_turn(server.address, &requests)
        };
        let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            of_few.push(get(&few, &few_keys)?);
            of_many.push(get(&many, &many_keys)?);
        }
        table.add("GetAlternateContact, one account", Target::None, speed(&of_few), "/s");
        table.add("GetAlternateContact, 10,000 accounts", Target::None, speed(&of_many), "/s");
        let slower = ratio(&of_few, &of_many);
        table.add("time of a call, 10,000 accounts ÷ one", Target::AtMost(1.2), slower, "");
        table.add("memory with 10,000 accounts in use", Target::None, many.resident_megabytes()?, "MB");
        drop((few, many));
        let (mut few, mut many) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            few.push(milliseconds(self.start(&few_data)?.start));
            many.push(milliseconds(self.start(&many_data)?.start));
        }
        table.add("start, 10,000 accounts ÷ one", Target::AtMost(1.2), median(&many) / median(&few), "");
        Ok(())
    }
}

pub(super) fn sign(server: &Accountd, call: Call, key: &Key) -> Signed {
    call.sign(key, &server.address.to_string())
}

pub(super) fn succeed(server: &Accountd, call: Call, key: &Key) -> Result<String, String> {
    client::expect_success(server.address, &sign(server, call, key).text())
}

/// Puts a contact into each account, which comes into being by that. Many connections at once share fsyncs.
pub(super) fn bring_into_being(server: &Accountd, keys: &[Key]) -> Result<(), String> {
    let put = |keys: &[Key]| {
        let mut client = Client::connect(server.address).map_err(|error| error.to_string())?;
        for key in keys {
            let answer = client.send(&sign(server, signature::put_alternate_contact(), key).text())?;
            if answer.status != 200 {
                return Err(format!("PutAlternateContact: {}: {}", answer.status, answer.body));
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let parts = keys.chunks(keys.len().div_ceil(CONNECTIONS));
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || put(part))).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().map_err(|_| "a thread of the benchmark panicked".to_owned())?
        })
    })
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub(super) fn speed(runs: &[Measured]) -> f64 {
    median(&runs.iter().map(|run| run.requests_per_second).collect::<Vec<_>>())
}

pub(super) fn p99(runs: &[Measured]) -> f64 {
    median(&runs.iter().map(|run| run.p99_milliseconds).collect::<Vec<_>>())
}

/// The median of the ratios round by round: two runs next to each other met the same machine.
pub(super) fn ratio(runs: &[Measured], reference: &[Measured]) -> f64 {
    let ratios =
        runs.iter().zip(reference).map(|(run, other)| run.requests_per_second / other.requests_per_second);
    median(&ratios.collect::<Vec<_>>())
}
