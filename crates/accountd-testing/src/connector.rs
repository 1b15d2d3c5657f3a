//! The way of a signed request from an SDK to the service without a socket.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use accountd::service::Service;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::HeaderValue;
use http::header::HOST;

/// Takes the SDK's request where a connection would, and gives it to the service: an [`HttpClient`] for a client's configuration.
#[derive(Clone)]
pub struct Connector(pub Arc<Service>);

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connector")
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let request = with_host(request).map_err(ConnectorError::user)?;
            let answer = service.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
            HttpResponse::try_from(answer.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The request as it would arrive. The SDK signs the header `host` but leaves it to the connection to
/// send it.
fn with_host(request: HttpRequest) -> Result<http::Request<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
    let mut request = request.try_into_http1x()?;
    let host = request.uri().authority().ok_or("the request names no host")?.as_str();
    let host = HeaderValue::from_str(host)?;
    request.headers_mut().insert(HOST, host);
    let (head, body) = request.into_parts();
    let body = Bytes::copy_from_slice(body.bytes().ok_or("the body is a stream")?);
    Ok(http::Request::from_parts(head, body))
}
