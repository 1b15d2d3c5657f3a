//! Ten thousand sockets that say nothing, while somebody asks for the health page.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::Victim;
use crate::bench::processes::Accountd;

/// How many are opened, where this process may.
const SOCKETS: usize = 10_000;

/// How many attempts in a row of opening may fail before the health page is asked.
const PATIENCE: u32 = 20;

/// Holds sockets open and reconnects those that are cut, until the time is over. The health page answers each time.
pub fn held(victim: &Victim, time: Duration) -> Result<String, String> {
    let server = Accountd::start(&victim.binary, &victim.data("sockets"), None)?;
    let begun = Instant::now();
    let mut held: Vec<TcpStream> = Vec::new();
    let mut slowest = Duration::ZERO;
    let (mut asked, mut most) = (0, 0);
    while asked == 0 || begun.elapsed() < time {
        open(server.address, &mut held);
        most = most.max(held.len());
        slowest = slowest.max(health(server.address)?);
        asked += 1;
        // A peer that is refused or cut comes back at once.
        held.retain(is_open);
    }
    let megabytes = server.resident_megabytes()?;
    Ok(format!(
        "{most} sockets held at once, the health page answered {asked} times, {:.1} ms at the slowest, \
         {megabytes:.0} MB resident",
        slowest.as_secs_f64() * 1e3
    ))
}

/// Opens as many as this process may have besides the few that it needs itself, or as are let in for a while.
fn open(address: SocketAddr, held: &mut Vec<TcpStream>) {
    let mut patience = PATIENCE;
    while held.len() < SOCKETS {
        let Ok(socket) = TcpStream::connect_timeout(&address, Duration::from_millis(20)) else {
            match patience.checked_sub(1) {
                Some(less) => patience = less,
                None => break,
            }
            continue;
        };
        if socket.set_nonblocking(true).is_err() {
            break;
        }
        held.push(socket);
    }
    // The health page needs one too.
    held.truncate(held.len().saturating_sub(8));
}

fn is_open(socket: &TcpStream) -> bool {
    match socket.peek(&mut [0]) {
        Ok(read) => read > 0,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}

/// How long the health page takes over a connection of its own.
///
/// # Errors
/// Where it does not answer with 200.
pub fn health(address: SocketAddr) -> Result<Duration, String> {
    let begun = Instant::now();
    let request = format!("GET /_accountd/health HTTP/1.1\r\nHost: {address}\r\n\r\n");
    crate::bench::client::expect_success(address, &request)?;
    Ok(begun.elapsed())
}
