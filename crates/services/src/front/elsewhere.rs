//! Calls of services that are not here: what they call for, and how their clients read a refusal.
//!
//! Such a call is answered before anybody asks who makes it: nothing is behind the answer, and services that are not here
//! sign in ways that are not here either (two Regions at once, bearer tokens). Where somebody else answers such calls,
//! they go another way: [`hand_over`](super::hand_over).

use std::borrow::Cow;

use aws::protocol::cbor;
use aws::protocol::foreign::ForeignClient;
use aws::protocol::header_text;
use aws::protocol::query::Parameters;
use aws::refusal::Refusal;
use bytes::Bytes;
use http::{HeaderMap, Request, Uri, header};

/// Which operations REST services have at which paths: `SERVICE METHOD PATH[?KEYS] OPERATION`, a line each, of the
/// services that people were seen to call here (F-NOSUP-5).
const REST_PATHS: &str = include_str!("rest-paths.txt");

/// The most characters of a path that an answer repeats.
const LONGEST_PATH: usize = 200;

/// The most characters of a name. The longest operation of AWS has 64.
const LONGEST_NAME: usize = 80;

/// What a call is for that is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The service's name in the scope of the signature, or else what the request calls it.
    pub service: String,
    /// The operation, where it can be told.
    pub operation: Option<String>,
}

/// A call of a service that is not here.
pub(super) struct Elsewhere {
    /// What it is for.
    pub(super) wanted: Wanted,
    /// How its client reads a refusal.
    pub(super) client: ForeignClient,
    /// What it is told.
    pub(super) refusal: Refusal,
}

impl Elsewhere {
    /// By the header `X-Amz-Target`. The service is the scope's, or what stands before the dot.
    pub(super) fn by_target(request: &Request<Bytes>, target: &str) -> Option<Self> {
        let (prefix, operation) = target.rsplit_once('.').unwrap_or((target, ""));
        let service = foreign_scope(request).or_else(|| name(prefix))?;
        let content_type =
            request.headers().get(header::CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
        let client = if content_type.starts_with(b"application/x-amz-json-1.0") {
            ForeignClient::AwsJson10
        } else {
            ForeignClient::AwsJson11
        };
        Some(Self::new(service, name(operation), client, request))
    }

    /// By an `Action` parameter. Only the scope tells the service.
    pub(super) fn by_action(request: &Request<Bytes>, action: &str) -> Option<Self> {
        let service = foreign_scope(request)?;
        let client = if service == "ec2" { ForeignClient::Ec2Query } else { ForeignClient::Query };
        Some(Self::new(service, name(action), client, request))
    }

    /// By method and path. Only the scope tells the service.
    pub(super) fn by_path(request: &Request<Bytes>) -> Option<Self> {
        let service = foreign_scope(request)?;
        let path = request.uri().path();
        if cbor::is_spoken(request.headers()) {
            let operation = cbor::named_in(path).and_then(|(_, operation)| name(operation));
            return Some(Self::new(service, operation, ForeignClient::Cbor, request));
        }
        let client = match service.as_str() {
            "s3" | "s3express" | "s3-object-lambda" => ForeignClient::S3,
            "route53" | "cloudfront" => ForeignClient::Query,
            _ => ForeignClient::RestJson,
        };
        let query = request.uri().query().unwrap_or("");
        let path = if client == ForeignClient::S3 { s3_path(request) } else { path.into() };
        let operation = operation_at(&service, request.method().as_str(), &path, query).map(str::to_owned);
        Some(Self::new(service, operation, client, request))
    }

    fn new(
        service: String,
        operation: Option<String>,
        client: ForeignClient,
        request: &Request<Bytes>,
    ) -> Self {
        let what = match &operation {
            Some(operation) => format!("{service}:{operation}"),
            None => {
                let path: String = request.uri().path().chars().take(LONGEST_PATH).collect();
                format!("{service} ({} {path})", request.method())
            }
        };
        let code = match client {
            ForeignClient::S3 => "NotImplemented",
            _ => "UnsupportedOperationException",
        };
        // A status of 500 and above would be asked again.
        let refusal = Refusal::new(code, 400, format!("accountd does not answer {what}."));
        Self { wanted: Wanted { service, operation }, client, refusal }
    }
}

/// F-EDGE-40: a text of the request that has the form of a name, so that nothing else reaches a log line.
pub(super) fn name(text: &str) -> Option<String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let begins = text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    (begins && text.len() <= LONGEST_NAME && text.bytes().all(is_part)).then(|| text.to_owned())
}

/// The service in the scope of a signature. A whole scope ends in `SERVICE/aws4_request`; one of several Regions
/// has no Region in it.
fn foreign_scope(request: &Request<Bytes>) -> Option<String> {
    scope_of(request.headers(), request.uri())
}

/// The same of a request whose body was not read.
pub(super) fn scope_of(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let scope = credential(headers, uri)?;
    let parts: Vec<&str> = scope.split('/').collect();
    match parts.as_slice() {
        [_, _, _, service, "aws4_request"] | [_, _, service, "aws4_request"] => name(service),
        _ => None,
    }
}

/// The credential that the request names in its header or its query, before anything of it was checked.
pub(super) fn credential(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => {
            let text = header_text(value)?.split_once("Credential=")?.1;
            text.split([',', ' ']).next().map(str::to_owned)
        }
        None => {
            let query = Parameters::parse(uri.query()?.as_bytes()).ok()?;
            query.get("X-Amz-Credential").map(str::to_owned)
        }
    }
}

/// The path of a request to S3 with its bucket, which may stand in the name of the host.
pub(super) fn s3_path(request: &Request<Bytes>) -> Cow<'_, str> {
    let path = request.uri().path();
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let host = authority.or_else(|| header_text(request.headers().get(header::HOST)?));
    match host.and_then(bucket_in) {
        Some(bucket) => format!("/{bucket}{path}").into(),
        None => path.into(),
    }
}

/// F-FWD-5: the bucket that a host's name begins with: `bucket.s3.…`, or `bucket.` before a name of this machine.
fn bucket_in(host: &str) -> Option<&str> {
    let host = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |it| it.0);
    let of_s3 = [".s3.", ".s3-"].iter().find_map(|middle| host.split_once(middle)).map(|(bucket, _)| bucket);
    let of_this_machine = || {
        let endings = [".localhost.localstack.cloud", ".localhost"];
        endings.iter().find_map(|ending| host.strip_suffix(ending)).filter(|bucket| *bucket != "s3")
    };
    of_s3.or_else(of_this_machine).filter(|bucket| !bucket.is_empty())
}

/// The operation of a REST service at this path: of several lines that fit, the one that says most.
fn operation_at(service: &str, method: &str, path: &str, query: &str) -> Option<&'static str> {
    let lines = REST_PATHS.lines().filter_map(|line| line.strip_prefix(service)?.strip_prefix(' '));
    let fitting = lines.filter_map(|line| {
        let (template, operation) = line.strip_prefix(method)?.strip_prefix(' ')?.split_once(' ')?;
        Some((fit(template, path, query)?, operation))
    });
    fitting.max_by_key(|(said, _)| *said).map(|(_, operation)| operation)
}

/// How much a template says of a path that it fits: its literal parts and keys, then its other parts.
fn fit(template: &str, path: &str, query: &str) -> Option<(usize, usize)> {
    let (template, keys) = template.split_once('?').unwrap_or((template, ""));
    let given = |key: &str| {
        query.split('&').any(|pair| pair == key || pair.split_once('=').is_some_and(|(name, _)| name == key))
    };
    let mut said = 0;
    for key in keys.split('&').filter(|key| !key.is_empty()) {
        if !given(key) {
            return None;
        }
        said += 1;
    }
    let mut parts = path.trim_matches('/').split('/');
    let mut count = 0;
    for expected in template.trim_matches('/').split('/') {
        let part = parts.next()?;
        count += 1;
        match expected {
            "**" if !part.is_empty() => return Some((said, count)),
            "*" if !part.is_empty() => {}
            _ if part == expected => said += 1,
            _ => return None,
        }
    }
    parts.next().is_none().then_some((said, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, scope: &str, more: &[(&'static str, &str)]) -> Request<Bytes> {
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0123");
        let mut request =
            Request::builder().method(method).uri(target).header("authorization", authorization);
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        request.body(Bytes::new()).unwrap()
    }

    fn scope(service: &str) -> String {
        format!("AKIDEXAMPLE/20261127/eu-west-1/{service}/aws4_request")
    }

    #[test]
    fn a_path_names_its_operation_f_nosup_5() {
        for (service, method, target, operation) in [
            ("lambda", "GET", "/2015-03-31/functions/", Some("ListFunctions")),
            ("lambda", "GET", "/2015-03-31/functions?MaxItems=5", Some("ListFunctions")),
            ("lambda", "GET", "/2015-03-31/functions/hello", Some("GetFunction")),
            ("lambda", "POST", "/2015-03-31/functions/hello/invocations", Some("Invoke")),
            ("lambda", "GET", "/nothing", None),
            ("s3", "GET", "/", Some("ListBuckets")),
            ("s3", "GET", "/bucket", Some("ListObjects")),
            ("s3", "GET", "/bucket/?list-type=2&prefix=a", Some("ListObjectsV2")),
            ("s3", "GET", "/bucket?versioning", Some("GetBucketVersioning")),
            ("s3", "PUT", "/bucket/a/key/of/parts", Some("PutObject")),
            ("s3", "PUT", "/bucket/key?partNumber=1&uploadId=2", Some("UploadPart")),
            ("s3", "PUT", "/bucket?acl", Some("PutBucketAcl")),
            ("ram", "POST", "/getresourceshares", Some("GetResourceShares")),
            ("route53", "GET", "/2013-04-01/hostedzone", Some("ListHostedZones")),
            ("unheard-of", "GET", "/things", None),
        ] {
            let found = Elsewhere::by_path(&request(method, target, &scope(service), &[])).unwrap();
            assert_eq!(found.wanted.operation.as_deref(), operation, "{service} {method} {target}");
            let told = found.refusal.message.unwrap();
            match operation {
                Some(operation) => {
                    assert_eq!(told, format!("accountd does not answer {service}:{operation}."))
                }
                None => assert!(told.contains(&format!("{service} ({method} /")), "{told}"),
            }
        }
    }

    #[test]
    fn the_client_is_known_by_how_it_asks_f_nosup_4() {
        let json = |kind: &'static str| {
            let more = [("content-type", kind), ("x-amz-target", "AmazonSSM.GetParameter")];
            let asked = request("POST", "/", &scope("ssm"), &more);
            Elsewhere::by_target(&asked, "AmazonSSM.GetParameter").unwrap()
        };
        assert_eq!(json("application/x-amz-json-1.0").client, ForeignClient::AwsJson10);
        let found = json("application/x-amz-json-1.1");
        assert_eq!(found.client, ForeignClient::AwsJson11);
        assert_eq!(found.wanted, Wanted { service: "ssm".into(), operation: Some("GetParameter".into()) });
        for (service, client) in
            [("s3", ForeignClient::S3), ("route53", ForeignClient::Query), ("eks", ForeignClient::RestJson)]
        {
            let asked = request("GET", "/", &scope(service), &[]);
            assert_eq!(Elsewhere::by_path(&asked).unwrap().client, client);
        }
        let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
        let asked = request("POST", path, &scope("monitoring"), &[("smithy-protocol", "rpc-v2-cbor")]);
        let found = Elsewhere::by_path(&asked).unwrap();
        assert_eq!(found.client, ForeignClient::Cbor);
        assert_eq!(found.wanted.operation.as_deref(), Some("ListMetrics"));
    }

    #[test]
    fn only_a_whole_scope_and_a_name_name_a_service() {
        let of = |scope: &str| foreign_scope(&request("GET", "/", scope, &[]));
        assert_eq!(of(&scope("lambda")).as_deref(), Some("lambda"));
        assert_eq!(of("AKID/20261127/s3/aws4_request").as_deref(), Some("s3"));
        for none in
            ["AKID", "AKID/20261127/eu-west-1/lambda", "AKID/20261127/eu-west-1/lambda/aws3", &scope("")]
        {
            assert_eq!(of(none), None, "{none}");
        }
        for none in ["", "9", "a b", "a\"b", &"x".repeat(81), "größe"] {
            assert_eq!(name(none), None, "{none}");
        }
        let presigned = Request::get("/?X-Amz-Credential=AKID%2F20261127%2Fus-east-1%2Fs3%2Faws4_request");
        let presigned = presigned.body(Bytes::new()).unwrap();
        assert_eq!(foreign_scope(&presigned).as_deref(), Some("s3"));
    }

    #[test]
    fn a_bucket_may_stand_in_the_host_f_fwd_5() {
        for (host, bucket) in [
            ("one.localhost:4566", Some("one")),
            ("one.two.localhost", Some("one.two")),
            ("one.s3.eu-west-1.amazonaws.com", Some("one")),
            ("one.s3.localhost.localstack.cloud:4566", Some("one")),
            ("s3.localhost.localstack.cloud:4566", None),
            ("s3.localhost", None),
            ("s3.amazonaws.com", None),
            ("127.0.0.1:4566", None),
            ("[::1]:4566", None),
            ("accountd:4566", None),
        ] {
            assert_eq!(bucket_in(host), bucket, "{host}");
        }
        let asked = request("GET", "/a/key", &scope("s3"), &[("host", "one.localhost:4566")]);
        assert_eq!(Elsewhere::by_path(&asked).unwrap().wanted.operation.as_deref(), Some("GetObject"));
    }
}
