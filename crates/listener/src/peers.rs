//! How many connections each address has open, so that none takes them all. F-COST-9

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Open connections by address. This machine's own clients are not counted: to them it is one address.
pub(super) struct Peers {
    most: u32,
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

/// A connection of an address, until dropped.
pub(super) struct Seat {
    address: Option<IpAddr>,
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

impl Peers {
    /// At most `most` connections an address.
    pub(super) fn new(most: u32) -> Self {
        Self { most, open: Arc::default() }
    }

    /// A connection more of an address; `None` where it has as many as it may.
    pub(super) fn seat(&self, address: IpAddr) -> Option<Seat> {
        let address = network(address);
        if address.is_loopback() {
            return Some(Seat { address: None, open: Arc::clone(&self.open) });
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Seat { address: Some(address), open: Arc::clone(&self.open) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&address);
            }
        }
    }
}

/// Of IPv6 the network: a host has as many addresses in it as it likes.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-COST-9
    #[test]
    fn an_address_has_so_many_connections_and_others_have_theirs() {
        let peers = Peers::new(2);
        let seat = |address: &str| peers.seat(address.parse().unwrap());
        let (first, second) = (seat("192.0.2.1"), seat("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(seat("192.0.2.1").is_none());
        let others = (seat("192.0.2.2"), seat("2001:db8::1"), seat("2001:db8::2"));
        assert!(others.0.is_some() && others.1.is_some() && others.2.is_some());
        assert!(seat("2001:db8::3").is_none() && seat("2001:db8:0:1::3").is_some());
        drop(first);
        assert!(seat("192.0.2.1").is_some());
        let own: Vec<_> = (0..10).map(|_| seat("127.0.0.1")).collect();
        assert!(own.iter().all(Option::is_some));
    }
}
