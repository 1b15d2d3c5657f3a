//! A request as it goes on to another emulator, and what is left out of its answer.
//!
//! Emulators do not know the callers of accountd, but tell accounts apart by the access key: LocalStack and ministack take
//! one of twelve digits for the account's id, moto takes a header. So the access key becomes the account's id, and the
//! header is there as well; the signature is left as it is, since nobody can verify it any more (decision 22).

use std::fmt::Write as _;

use aws::arn::AccountId;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Request, Version, request};

use crate::delivery::client::Endpoint;

/// The header by which moto is told the account.
const MOTO_ACCOUNT: HeaderName = HeaderName::from_static("x-moto-account-id");

/// A session's token is a secret between the caller and accountd.
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Headers of one connection, which say nothing on the next (RFC 9110 §7.6.1).
const OF_THE_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The request for `place`, in the name of `account` (F-FWD-12).
///
/// # Errors
/// One line: something of it cannot be sent.
pub(super) fn request<B>(
    head: &request::Parts,
    account: AccountId,
    place: &Endpoint,
    body: B,
) -> Result<Request<B>, String> {
    let mut target = format!("{}{}", place.path(), head.uri.path());
    if let Some(query) = head.uri.query().map(|query| query_for(query, account)).filter(|it| !it.is_empty()) {
        let _ = write!(target, "?{query}");
    }
    let mut onward = Request::new(body);
    *onward.method_mut() = head.method.clone();
    *onward.uri_mut() = target.parse().map_err(|_| "its path cannot be sent".to_owned())?;
    *onward.version_mut() = Version::HTTP_11;
    let mut headers = head.headers.clone();
    without_connection(&mut headers);
    headers.remove(header::EXPECT);
    headers.remove(SECURITY_TOKEN);
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().map_err(|_| "its signature cannot be sent".to_owned())?;
        headers.insert(header::AUTHORIZATION, written(&authorization_for(text, account))?);
    }
    // The host stays what the client calls it: a bucket may stand in it, and URLs that are made of it lead back here.
    if let Some(authority) = head.uri.authority() {
        headers.insert(header::HOST, written(authority.as_str())?);
    }
    headers.insert(MOTO_ACCOUNT, written(account.as_str())?);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    *onward.headers_mut() = headers;
    Ok(onward)
}

/// Takes out of an answer what is of its connection, and what would let pages of other sites read it: that is for
/// accountd to say.
pub(super) fn clean(headers: &mut HeaderMap) {
    without_connection(headers);
    let of_pages: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in of_pages {
        headers.remove(name);
    }
}

fn without_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_THE_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
}

fn written(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|error| error.to_string())
}

/// An `Authorization` header whose credential is the account's.
fn authorization_for(text: &str, account: AccountId) -> String {
    let Some((before, credential)) = text.split_once("Credential=") else { return text.to_owned() };
    let scope = credential.find('/').map_or("", |slash| &credential[slash..]);
    format!("{before}Credential={account}{scope}")
}

/// The query of a presigned request, whose credential is the account's, without a session's token.
fn query_for(query: &str, account: AccountId) -> String {
    let pairs = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name.to_ascii_lowercase().as_str() {
            "x-amz-security-token" => None,
            "x-amz-credential" => {
                let scope = ["%2F", "%2f", "/"].iter().filter_map(|slash| value.find(slash)).min();
                Some(format!("{name}={account}{}", scope.map_or("", |at| &value[at..])))
            }
            _ => Some(pair.to_owned()),
        }
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(uri: &str, headers: &[(&'static str, &str)]) -> request::Parts {
        let request =
            headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
        request.body(()).expect("a request").into_parts().0
    }

    /// F-FWD-12.
    #[test]
    fn the_account_is_told_and_no_secret_goes_on_f_fwd_12() {
        let account = AccountId::from_number(111_122_223_333);
        let place = Endpoint::parse("http://127.0.0.1:5000/base/").expect("a URL");
        let head = head(
            "/bucket/a%20key?list-type=2",
            &[
                ("host", "bucket.localhost:4566"),
                (
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=ASIAX/20261127/us-east-1/s3/aws4_request, \
                                   SignedHeaders=host, Signature=0123",
                ),
                ("x-amz-security-token", "secret"),
                ("x-moto-account-id", "999999999999"),
                ("connection", "keep-alive, x-other"),
                ("x-other", "of the connection"),
                ("expect", "100-continue"),
                ("x-amz-meta-mine", "kept"),
            ],
        );
        let onward = request(&head, account, &place, ()).expect("it can be sent");
        assert_eq!(onward.uri(), "/base/bucket/a%20key?list-type=2");
        let headers = onward.headers();
        assert_eq!(
            headers["authorization"],
            "AWS4-HMAC-SHA256 Credential=111122223333/20261127/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0123"
        );
        assert_eq!(headers["host"], "bucket.localhost:4566");
        assert_eq!(headers["x-moto-account-id"], "111122223333");
        assert_eq!(headers["x-amz-meta-mine"], "kept");
        assert_eq!(headers["connection"], "close");
        assert_eq!(headers.len(), 5, "{headers:?}");
    }

    /// F-FWD-12.
    #[test]
    fn a_presigned_request_is_told_the_same_f_fwd_12() {
        let account = AccountId::from_number(7);
        let query = "X-Amz-Credential=ASIAX%2F20261127%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Security-Token=a%2Fb&x=y&flag";
        assert_eq!(
            query_for(query, account),
            "X-Amz-Credential=000000000007%2F20261127%2Fus-east-1%2Fs3%2Faws4_request&x=y&flag"
        );
    }

    #[test]
    fn what_lets_pages_read_an_answer_is_left_out_f_fwd_12() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("access-control-allow-origin", "*"), ("transfer-encoding", "chunked"), ("etag", "kept")]
        {
            headers.insert(name, HeaderValue::from_static(value));
        }
        clean(&mut headers);
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["etag"]);
    }
}
