//! One request to a service of AWS, signed.

use std::time::Duration;

use aws::secret::Secret;
use aws::sigv4::outgoing::{Credentials, Outgoing};
use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header};
use http_body_util::Full;
use jiff::Timestamp;
use tokio_rustls::TlsConnector;

use crate::outgoing::{self, Answer, Destination};
use crate::tls;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The most that is read of an answer.
const LARGEST_ANSWER_BYTES: usize = 1 << 20;

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    is_tls: bool,
    host: String,
    port: u16,
    authority: String,
    /// What paths begin with, without a slash at the end.
    path: String,
}

impl Endpoint {
    /// Reads a URL.
    ///
    /// # Errors
    /// Says what is expected; the URL is not repeated.
    pub fn parse(url: &str) -> Result<Self, String> {
        let wrong = || {
            "expected a URL such as http://127.0.0.1:9000 or https://s3.eu-west-1.amazonaws.com".to_owned()
        };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let authority =
            uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        if authority.host().is_empty() || uri.query().is_some() {
            return Err(wrong());
        }
        Ok(Self {
            is_tls,
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The URL without its path, for messages.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.is_tls { "https" } else { "http" }, self.authority)
    }

    /// What paths begin with, without a slash at the end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether TLS is spoken there.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Where requests go.
    pub fn destination<'a>(&'a self, tls: Option<&'a TlsConnector>) -> Destination<'a> {
        Destination { host: &self.host, port: self.port, tls }
    }
}

/// The service that a request is signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// S3, which is told the hash of the body.
    S3,
    /// Another one, by its signing name.
    Other(&'static str),
}

/// What requests are sent with.
pub struct Client {
    credentials: Credentials,
    region: String,
    tls: Option<TlsConnector>,
}

impl Client {
    /// A client with credentials, for services in this Region. `with_tls` loads the certificates that this machine trusts.
    ///
    /// # Errors
    /// One line: there are no certificates.
    pub fn new(credentials: Credentials, region: String, with_tls: bool) -> Result<Self, String> {
        let tls = with_tls.then(|| tls::client(None)).transpose()?.map(TlsConnector::from);
        Ok(Self { credentials, region, tls })
    }

    /// Sends a request whose URI is a path, signed.
    ///
    /// # Errors
    /// One line: nobody answers, or not in time.
    pub async fn send(
        &self,
        endpoint: &Endpoint,
        request: Request<Bytes>,
        signing: Signing,
        now: Timestamp,
    ) -> Result<Answer, String> {
        let request = self.signed(endpoint, request, signing, now)?;
        let tls = match endpoint.is_tls {
            true => Some(self.tls.as_ref().ok_or("no certificates were loaded")?),
            false => None,
        };
        let destination = endpoint.destination(tls);
        let sent = outgoing::send(&destination, request, LARGEST_ANSWER_BYTES);
        let answer = tokio::time::timeout(TIMEOUT, sent).await.map_err(|_| "no answer in time".to_owned())?;
        answer.map_err(|reason| reason.to_string())
    }

    fn signed(
        &self,
        endpoint: &Endpoint,
        request: Request<Bytes>,
        signing: Signing,
        now: Timestamp,
    ) -> Result<Request<Full<Bytes>>, String> {
        let (mut head, body) = request.into_parts();
        let path = format!("{}{}", endpoint.path, head.uri.path());
        let query = head.uri.query().unwrap_or_default().to_owned();
        let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        head.uri = target.parse().map_err(|_| "a path cannot be sent".to_owned())?;
        let authority = HeaderValue::from_str(&endpoint.authority).map_err(|error| error.to_string())?;
        head.headers.insert(header::HOST, authority);
        head.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let outgoing = Outgoing {
            method: head.method.as_str(),
            path: &path,
            query: &query,
            region: &self.region,
            service: match signing {
                Signing::S3 => "s3",
                Signing::Other(name) => name,
            },
            body: &body,
            shows_hash: signing == Signing::S3,
            now,
        };
        outgoing.sign(&mut head.headers, &self.credentials);
        Ok(Request::from_parts(head, Full::new(body)))
    }
}

/// Reads credentials as AWS's tools do: from `AWS_ACCESS_KEY_ID` and its like, or from the file of shared credentials, by
/// `AWS_PROFILE`. `variable` gives a variable of the environment.
///
/// # Errors
/// One line: there are none.
pub fn credentials(variable: &dyn Fn(&str) -> Option<String>) -> Result<Credentials, String> {
    if let (Some(id), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        let token = variable("AWS_SESSION_TOKEN");
        return Ok(Credentials { id, secret: Secret::new(secret), token });
    }
    let home = variable("HOME").map(|home| format!("{home}/.aws/credentials"));
    let file = variable("AWS_SHARED_CREDENTIALS_FILE").or(home);
    let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    let profile = variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
    of_profile(&text, &profile).ok_or_else(|| {
        "credentials are needed: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials".to_owned()
    })
}

fn of_profile(text: &str, profile: &str) -> Option<Credentials> {
    let mut inside = false;
    let (mut id, mut secret, mut token) = (None, None, None);
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = name.trim() == profile;
        } else if inside && let Some((name, value)) = line.split_once('=') {
            let value = Some(value.trim().to_owned());
            match name.trim() {
                "aws_access_key_id" => id = value,
                "aws_secret_access_key" => secret = value,
                "aws_session_token" => token = value,
                _ => {}
            }
        }
    }
    Some(Credentials { id: id?, secret: Secret::new(secret?), token })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_url_without_credentials() {
        let endpoint = Endpoint::parse("https://s3.example/base/").expect("a URL");
        assert_eq!((endpoint.port, endpoint.path.as_str(), endpoint.is_tls), (443, "/base", true));
        assert_eq!(Endpoint::parse("http://[::1]:9000").expect("a URL").host, "::1");
        for wrong in ["", "s3.example", "ftp://s3.example", "http://user:secret@host", "http://host?x=y"] {
            let said = Endpoint::parse(wrong).expect_err(wrong);
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn credentials_come_from_the_environment_or_a_profile() {
        let file = "[default]\naws_access_key_id = A\naws_secret_access_key = B\n[other]\naws_access_key_id=C\n\
                    aws_secret_access_key=D\naws_session_token=E\n";
        let found = of_profile(file, "other").expect("a profile");
        assert_eq!((found.id.as_str(), found.secret.expose(), found.token.as_deref()), ("C", "D", Some("E")));
        assert_eq!(of_profile(file, "default").expect("a profile").id, "A");
        assert!(of_profile(file, "none").is_none());
        let given = |name: &str| (name != "AWS_SESSION_TOKEN").then(|| name.to_owned());
        assert_eq!(credentials(&given).expect("credentials").id, "AWS_ACCESS_KEY_ID");
        assert!(credentials(&|_| None).is_err());
    }
}
