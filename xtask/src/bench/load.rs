//! Load: wrk with 64 connections that are kept alive.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::signature::Signed;

/// Connections of every run.
pub const CONNECTIONS: usize = 64;
/// wrk's own threads. They share the machine's cores with the server, whichever it is.
pub const WRK_THREADS: usize = 2;

/// Writes what was seen in a form that is easy to read back.
const DONE: &str = "
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format('MEASURED %d %d %d %d\\n',
    summary.requests, summary.duration, failed, latency:percentile(99)))
end
";

/// Sends the requests of a file in turn. Each thread begins at another one.
const IN_TURN: &str = "
local threads = 0
setup = function(thread)
  thread:set('place', threads)
  threads = threads + 1
end
init = function(arguments)
  requests = {}
  local file = assert(io.open(arguments[1], 'rb'))
  for request in file:read('*a'):gmatch('([^%z]+)%z') do requests[#requests + 1] = request end
  file:close()
  place = math.floor(place * #requests / tonumber(arguments[2]))
end
request = function()
  place = place % #requests + 1
  return requests[place]
end
";

/// What a run measured.
#[derive(Clone, Copy)]
pub struct Measured {
    /// Answers a second.
    pub requests_per_second: f64,
    /// The 99th percentile of the time to an answer, in milliseconds.
    pub p99_milliseconds: f64,
}

/// Runs load against a server.
pub struct Load {
    directory: PathBuf,
    /// How long a run takes.
    pub seconds: u32,
}

impl Load {
    /// Load with scripts in `directory`.
    pub fn new(directory: &Path, seconds: u32) -> Self {
        Self { directory: directory.to_owned(), seconds }
    }

    /// GET of one path.
    pub fn get(&self, address: SocketAddr, path: &str) -> Result<Measured, String> {
        self.run(&format!("http://{address}{path}"), DONE, &[])
    }

    /// The same signed request again and again, which costs wrk no more than a GET.
    pub fn repeat(&self, address: SocketAddr, request: &Signed) -> Result<Measured, String> {
        self.repeat_over("http", address, request)
    }

    /// The same over `http` or `https`. Nobody looks whose certificate it is.
    pub fn repeat_over(
        &self,
        scheme: &str,
        address: SocketAddr,
        request: &Signed,
    ) -> Result<Measured, String> {
        let headers: String = request
            .headers
            .iter()
            .map(|(name, value)| format!("wrk.headers['{name}'] = '{value}'\n"))
            .collect();
        let script = format!("wrk.method = 'POST'\nwrk.body = '{}'\n{headers}{DONE}", request.body());
        self.run(&format!("{scheme}://{address}{}", request.path()), &script, &[])
    }

    /// Several signed requests in turn.
    pub fn in_turn(&self, address: SocketAddr, requests: &[Signed]) -> Result<Measured, String> {
        let mut text = String::new();
        for request in requests {
            text.push_str(&request.text());
            text.push('\0');
        }
        let file = self.directory.join("requests");
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        let threads = WRK_THREADS.to_string();
        let url = format!("http://{address}/");
        self.run(&url, &format!("{IN_TURN}{DONE}"), &[&file.display().to_string(), &threads])
    }

    fn run(&self, url: &str, script: &str, arguments: &[&str]) -> Result<Measured, String> {
        let file = self.directory.join("script.lua");
        std::fs::write(&file, script).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut command = Command::new(super::tools::WRK);
        command.arg(format!("-t{WRK_THREADS}")).arg(format!("-c{CONNECTIONS}"));
        command.arg(format!("-d{}s", self.seconds)).arg("-s").arg(&file);
        command.arg(url);
        if !arguments.is_empty() {
            command.arg("--").args(arguments);
        }
        let output = command.output().map_err(|error| format!("wrk: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let measured = text.lines().find_map(|line| line.strip_prefix("MEASURED "));
        let numbers: Vec<f64> =
            measured.unwrap_or_default().split(' ').filter_map(|number| number.parse().ok()).collect();
        let [requests, microseconds, failed, p99] = numbers[..] else {
            return Err(format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)));
        };
        if failed > 0.0 {
            return Err(format!("{failed} of {requests} requests to {url} failed"));
        }
        Ok(Measured { requests_per_second: requests / microseconds * 1e6, p99_milliseconds: p99 / 1e3 })
    }
}
