//! Calls of services that are not here, handed to another emulator (`--forward`): judged here, answered there.
//!
//! A body goes on in pieces as it comes, and so does the answer; only a body that must be known before the call can be
//! judged is gathered, within a bound that all such bodies share.

mod body;
mod destination;
mod onward;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header, request};
use services::front::hand_over::{self, For, Judged};
use services::front::words::{Answered, Summary};
use tokio::sync::{OnceCell, Semaphore};
use tokio_rustls::TlsConnector;

use crate::outgoing;
use crate::service::{Judgement, Service, refusal_of_unread};
use crate::tls;
use body::{Announced, Broken, Gathered, Promise};
use listener::{Payload, Unread, Upload};

pub use destination::Destinations;

/// F-FWD-10: how many calls may be under way at a time. Each takes little memory, and some wait for minutes.
const MOST_AT_A_TIME: usize = 256;

/// F-FWD-10: how long it may take until a connection is there.
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);

/// F-FWD-10: how long it may take until an answer begins: as long as a function of Lambda may run, and a little.
const PATIENCE: Duration = Duration::from_secs(16 * 60);

/// What hands calls over.
pub struct Forwarder {
    destinations: Destinations,
    turns: Arc<Semaphore>,
    gathered: Gathered,
    tls: OnceCell<TlsConnector>,
}

/// An answer with what the log says of the call.
type Noted = (Summary, Response<Payload>);

impl Forwarder {
    /// Hands calls to these destinations; `None` where there are none.
    pub fn new(destinations: Destinations) -> Option<Self> {
        (!destinations.are_none()).then(|| Self {
            destinations,
            turns: Arc::new(Semaphore::new(MOST_AT_A_TIME)),
            gathered: Gathered::new(),
            tls: OnceCell::new(),
        })
    }

    /// Whether such a request is handed over, or may be.
    pub fn takes(&self, head: &request::Parts) -> bool {
        let whose = hand_over::whose(&head.headers, &head.uri);
        whose.is_some_and(|whose| self.destinations.of(whose.service()).is_some())
    }

    /// Answers a request that [`Forwarder::takes`] has taken.
    pub async fn answer(&self, service: &Service, request: Request<Upload>, peer: IpAddr) -> Noted {
        let (head, upload) = request.into_parts();
        let whose = hand_over::whose(&head.headers, &head.uri);
        let is_known = matches!(whose, Some(For::Elsewhere(_)));
        let announced = Announced::by(&head);
        let service_name = whose.as_ref().map_or("", For::service);
        let begun = if is_known && announced.is_enough(&head, service_name) {
            Ok((upload, Bytes::new(), None))
        } else {
            self.gathered.gather(&head, upload).await
        };
        let (upload, body, room) = match begun {
            Ok(begun) => begun,
            Err(why) => return unread(service, &head, why),
        };
        let whole = Request::from_parts(head.clone(), body);
        if !is_known && hand_over::is_answered_here(&whole) {
            return noted(service.answer(whole, peer).await);
        }
        let judgement = match service.judge(whole, peer).await {
            Ok(judgement) => judgement,
            Err(answered) => return noted(answered),
        };
        match judgement.judged() {
            Judged::Refused(_) => noted(judgement.into_answered()),
            Judged::Pass(..) => {
                let sent = self.send(&judgement, &head, (upload, announced)).await;
                drop(room);
                match sent {
                    Ok(response) => (judgement.into_answered().summary, response),
                    Err(answered) => noted(answered),
                }
            }
        }
    }

    /// Sends a call on and begins its answer.
    async fn send(
        &self,
        judgement: &Judgement,
        head: &request::Parts,
        (upload, announced): (Upload, Announced),
    ) -> Result<Response<Payload>, Answered> {
        let call = judgement.call();
        let whose = hand_over::whose(&head.headers, &head.uri);
        let place = whose.as_ref().and_then(|whose| self.destinations.of(whose.service()));
        let (Some(place), Judged::Pass(account, _, chunks)) = (place, judgement.judged()) else {
            return Err(call.internal_failure());
        };
        let away = |why: &dyn std::fmt::Display| {
            call.refuse_away(format!(
                "accountd hands this call to {}, which cannot be asked: {why}.",
                place.url()
            ))
        };
        let turn = Arc::clone(&self.turns).try_acquire_owned();
        let turn = turn.map_err(|_| away(&"too many calls are under way"))?;
        let tls = match place.is_tls() {
            true => Some(self.tls.get_or_try_init(connector).await.map_err(|why| away(&why))?),
            false => None,
        };
        let destination = place.destination(tls);
        let connected = tokio::time::timeout(CONNECTED_WITHIN, outgoing::connect(&destination)).await;
        let connected = connected.map_err(|_| away(&"it does not take connections in time"))?;
        let mut conversation = connected.map_err(|why| away(&why))?;
        let broken = |why| match why {
            Broken::Unread(why) => call.refuse_unseen(&refusal_of_unread(why)),
            Broken::Mismatch => call.refuse_payload(),
            Broken::Chunk => call.refuse_chunk(),
        };
        let pump = body::send(upload, Promise::of(announced, chunks.clone())).await.map_err(broken)?;
        let onward = onward::request(head, *account, place, pump.payload).map_err(|why| away(&why))?;
        let answer = tokio::time::timeout(PATIENCE, conversation.ask(onward)).await;
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Err(_) => return Err(away(&"it does not answer in time")),
            Ok(Err(why)) => {
                return Err(match pump.ended.await {
                    Ok(Err(why)) => broken(why),
                    _ => away(&why),
                });
            }
        };
        let (mut parts, incoming) = answer.into_parts();
        onward::clean(&mut parts.headers);
        parts.version = http::Version::HTTP_11;
        Ok(Response::from_parts(parts, body::coming(incoming, (conversation, turn))))
    }
}

/// The certificates of this machine judge who answers over TLS.
async fn connector() -> Result<TlsConnector, String> {
    // They are files, so they are not read on a thread that answers.
    let config = tokio::task::spawn_blocking(|| tls::client(None)).await;
    config.map_err(|error| error.to_string())?.map(TlsConnector::from)
}

fn noted(answered: Answered) -> Noted {
    (answered.summary, answered.response.map(Payload::from))
}

fn unread(service: &Service, head: &request::Parts, why: Unread) -> Noted {
    let mut summary = Summary { service: "-", operation: "-", ..Summary::default() };
    summary.error = Some(refusal_of_unread(why).code);
    (summary, service.refuse_unread(head, why).map(Payload::from))
}

/// The declared length of a body; `None` where it comes in pieces of unknown number.
fn declared_bytes(head: &request::Parts) -> Option<u64> {
    head.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
