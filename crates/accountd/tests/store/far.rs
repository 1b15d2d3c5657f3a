//! A snapshot that has nothing at hand, as one of a store behind a network: what a rule wants is fetched, and the rule
//! run again.

use std::collections::BTreeMap;

use accountd::store::{Decided, Exported, Store};
use aws::arn::AccountId;
use services::world::key::Prefix;
use services::world::{Decode, EventQuery, Fault, Found, LoggedEvent, Snapshot, Wanted, World};

use crate::support::*;

/// What was fetched so far.
#[derive(Default)]
struct Far {
    texts: BTreeMap<String, Option<String>>,
    lists: Vec<(Wanted, Vec<String>)>,
    events: Vec<(EventQuery, Vec<LoggedEvent>)>,
    has_time: bool,
}

impl Snapshot for Far {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        let text = self.texts.get(key).ok_or_else(|| Wanted::Document(key.to_owned()))?;
        let document = text.as_deref().map(decode).transpose().map_err(Fault::Broken)?;
        Ok(Found { version: document.is_some().into(), document })
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let wanted = Wanted::Keys { prefix: prefix.to_owned(), after: after.map(str::to_owned), limit };
        let fetched = self.lists.iter().find(|(list, _)| *list == wanted);
        fetched.map(|(_, keys)| keys.clone()).ok_or_else(|| wanted.into())
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        let fetched = self.events.iter().find(|(fetched, _)| fetched == query);
        fetched.map(|(_, events)| events.clone()).ok_or_else(|| Wanted::Events(*query).into())
    }

    fn may_take_long(&self) -> bool {
        self.has_time
    }
}

impl Far {
    async fn fetch(&mut self, wanted: Wanted, store: &Store) {
        let documents = export(store).await.into_iter().filter_map(|item| match item {
            Exported::Document { key, text } => Some((key, text)),
            Exported::Event(_) => None,
        });
        let documents: BTreeMap<_, _> = documents.collect();
        match &wanted {
            Wanted::Document(key) => {
                self.texts.insert(key.clone(), documents.get(key).cloned());
            }
            Wanted::Keys { prefix, after, limit } => {
                let keys = documents.into_keys().filter(|key| key.starts_with(prefix));
                let keys = keys.filter(|key| after.as_ref().is_none_or(|after| key > after)).take(*limit);
                self.lists.push((wanted.clone(), keys.collect()));
            }
            Wanted::Time => self.has_time = true,
            Wanted::Bucket(_) | Wanted::IssuerKeys(_) | Wanted::TokenKeys => {
                unreachable!("no rule here asks anybody else")
            }
            Wanted::Events(query) => self.events.push((*query, store.events(query).await.unwrap())),
        }
    }
}

/// Reads a list, each document of it, one that is absent, and the log.
fn rule(snapshot: &dyn Snapshot) -> Result<Decided<(u64, usize)>, Fault> {
    let read = |world: &mut World<'_>| {
        world.take_time()?;
        let mut sum = count(world, "absent")?;
        for key in world.keys::<Counter>(&Prefix::empty(), None, 10)? {
            sum += count(world, key.id()?)?;
        }
        let events = world.events(&EventQuery::newest(AccountId::from_number(1), 10))?;
        world.put("sum", Counter(sum));
        Ok((sum, events.len()))
    };
    run(snapshot, read, vec![event(1, 1, "{}")])
}

/// F-STORE-15
#[test]
fn a_rule_decides_the_same_over_a_snapshot_that_has_to_fetch() {
    on_every_engine(|store| async move {
        for number in 1..=4 {
            put(&store, format!("{number}"), number).await.unwrap();
        }
        let log = |snapshot: &dyn Snapshot| run(snapshot, |_| Ok(()), vec![event(1, 1, "{}")]);
        store.transact(log).await.unwrap();
        store.flush().await.unwrap();
        let (mut far, mut fetched) = (Far::default(), 0);
        let decided = loop {
            match rule(&far) {
                Ok(decided) => break decided,
                Err(Fault::Wanted(wanted)) => far.fetch(*wanted, &store).await,
                Err(fault) => panic!("{fault:?}"),
            }
            fetched += 1;
        };
        assert_eq!((decided.value, fetched), ((10, 1), 8), "time, one list, five documents, the log");
        assert!(decided.changes.writes.contains_key("counter/sum"));
        assert_eq!(store.transact(rule).await.unwrap(), decided.value);
    });
}
