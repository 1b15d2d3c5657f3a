//! From what is configured to what delivers.

use std::path::PathBuf;
use std::sync::Arc;

use super::client::{self, Client, Endpoint};
use super::events::Sink;
use super::s3::S3;
use super::window::Windows;
use super::{Directory, Notices, Settings, Target};
use crate::configuration::Delivered;
use crate::service::TrailBuckets;

/// Everything that delivers, as configured.
pub struct Prepared {
    /// Records, where they go anywhere.
    pub settings: Option<Settings>,
    /// Events, where they go anywhere.
    pub sink: Option<Sink>,
    /// Who knows the buckets that trails name.
    pub buckets: TrailBuckets,
}

/// The Region that requests are signed for where the environment names none.
const USUAL_REGION: &str = "us-east-1";

/// Prepares what is configured: directories are made, URLs and credentials are read.
///
/// # Errors
/// One line that says what cannot be used.
pub fn prepare(configured: &Delivered) -> Result<Prepared, String> {
    let urls = [&configured.s3, &configured.events, &configured.sns, &configured.logs];
    let client = client(urls.into_iter().flatten().filter(|text| is_url(text)))?;
    let endpoint = |flag: &str, url: &Option<String>| -> Result<Option<(Endpoint, Arc<Client>)>, String> {
        let Some(url) = url else { return Ok(None) };
        let endpoint = Endpoint::parse(url).map_err(|reason| format!("{flag}: {reason}"))?;
        Ok(Some((endpoint, needed(&client)?)))
    };
    let everything = configured.directory.as_deref().map(Directory::open).transpose()?;
    let s3 = match &configured.s3 {
        Some(url) => {
            Some(Arc::new(S3::at(url, needed(&client)?).map_err(|reason| format!("--s3: {reason}"))?))
        }
        None => None,
    };
    let trails = match (&s3, &everything) {
        (Some(s3), _) => Some(Target::S3(Arc::clone(s3))),
        (None, everything) => everything.clone().map(Target::Directory),
    };
    let notices =
        Notices { sns: endpoint("--sns", &configured.sns)?, logs: endpoint("--logs", &configured.logs)? };
    let sink = match &configured.events {
        Some(text) if is_url(text) => endpoint("--events", &configured.events)?
            .map(|(endpoint, client)| Sink::EventBridge(endpoint, client)),
        Some(text) => Some(Sink::File(PathBuf::from(text))),
        None => None,
    };
    let is_delivered = everything.is_some() || trails.is_some();
    let windows = Windows::of(configured.interval);
    Ok(Prepared {
        settings: is_delivered.then_some(Settings { windows, everything, trails, notices }),
        sink,
        buckets: s3.map_or(TrailBuckets::Taken, TrailBuckets::S3),
    })
}

fn is_url(text: &str) -> bool {
    text.contains("://")
}

fn needed(client: &Option<Arc<Client>>) -> Result<Arc<Client>, String> {
    client.clone().ok_or_else(|| "expected a URL such as http://127.0.0.1:9000".to_owned())
}

fn client<'u>(urls: impl Iterator<Item = &'u String>) -> Result<Option<Arc<Client>>, String> {
    let urls: Vec<&String> = urls.collect();
    if urls.is_empty() {
        return Ok(None);
    }
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let with_tls = urls.iter().any(|url| url.starts_with("https://"));
    let credentials = client::credentials(&variable)?;
    let client = Client::new(credentials, region.unwrap_or_else(|| USUAL_REGION.to_owned()), with_tls)?;
    Ok(Some(Arc::new(client)))
}
