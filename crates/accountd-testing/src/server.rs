//! The program on a free port, ended when it is dropped.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Error;

/// A running `accountd`: what `ACCOUNTD_BINARY` names, or else what is on the path.
pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts it in memory, with further flags such as `--seed company.yaml`, and waits until it answers.
    ///
    /// # Errors
    /// What it said instead of starting.
    pub fn start<I, A>(flags: I) -> Result<Self, Error>
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        let program = std::env::var_os("ACCOUNTD_BINARY").unwrap_or_else(|| "accountd".into());
        let mut command = Command::new(&program);
        // What the environment says of accountd is for the one that a person starts.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ACCOUNTD_"))
        {
            command.env_remove(name);
        }
        command.args(["--in-memory", "--listen", "127.0.0.1:0"]).args(flags);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| format!("{}: {error}", program.to_string_lossy()))?;
        let mut server = Self { child, url: String::new() };
        let mut said =
            BufReader::new(server.child.stderr.take().ok_or_else(|| Error("it has no voice".into()))?);
        let mut text = String::new();
        while said.read_line(&mut text).map_err(|error| error.to_string())? > 0 {
            if let Some(address) = text.lines().last().and_then(|line| line.split_once(" listens on ")) {
                server.url = address.1.trim().to_owned();
            }
            if text.ends_with("Ready.\n") {
                // Nobody reads on, and a pipe that is full would hold it up.
                std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
                return Ok(server);
            }
        }
        Err(Error(text.trim().to_owned()))
    }

    /// Where it answers: what clients take as their endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
