//! What a client may cost the listener, in bytes, connections and time.

use std::time::Duration;

/// What a client may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The longest body in bytes. API Gateway's own limit is the default (F-EDGE-1).
    pub body_bytes: u64,
    /// What all bodies together may take that do not come in one piece, until they are answered; who comes when it is
    /// used up waits, as long as a body may take. F-COST-4
    pub all_bodies_bytes: u64,
    /// The longest request head over HTTP/1.1 in bytes; longer ones are answered 431 (F-EDGE-2).
    pub head_bytes: usize,
    /// Open connections; more wait in the kernel's queue until one closes.
    pub connections: u32,
    /// Connections beyond those, for [`Answer::answer_in_pieces`](super::Answer::answer_in_pieces) only: whoever looks after accountd gets through. F-COST-9
    pub reserve: u32,
    /// Open connections from one address of another machine; further ones are closed at once. F-COST-9
    pub connections_per_peer: u32,
    /// While others wait for a connection, how long one may stay open from which nothing is awaited. F-COST-9
    pub crowded_timeout: Duration,
    /// From the connection to its first byte. Whoever is too slow is cut off (F-EDGE-3).
    pub first_byte_timeout: Duration,
    /// From the first byte of a head to its last.
    pub head_timeout: Duration,
    /// From the end of a head to the last byte of its body.
    pub body_timeout: Duration,
    /// How long a client may read nothing of an answer that it asked for. F-EDGE-38
    pub reader_timeout: Duration,
    /// From one answer to the next request on the same connection.
    pub idle_timeout: Duration,
    /// How long the end waits for requests that were accepted.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 10_485_760,
            all_bodies_bytes: 48 << 20,
            head_bytes: 64 * 1024,
            connections: 4096,
            reserve: 16,
            connections_per_peer: 1024,
            crowded_timeout: Duration::from_secs(1),
            first_byte_timeout: Duration::from_secs(30),
            head_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(30),
            reader_timeout: Duration::from_secs(60),
            // Longer than the 90 s that common client pools keep a connection, so that the client
            // closes first and no request is ever sent into a closing connection.
            idle_timeout: Duration::from_secs(120),
            drain_timeout: Duration::from_secs(5),
        }
    }
}
