//! EC2's DescribeRegions without EC2's SDK, which takes minutes to compile (decision 8): a request of the Query
//! API, signed by the signer that all of AWS's Rust SDKs share.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::time::SystemTime;

use aws_sdk_sts::config::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_types::SdkConfig;
use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_TYPE, HOST};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::InProcess;

const ENDPOINT: &str = "ec2.us-east-1.amazonaws.com";

/// What EC2 answered.
#[derive(Debug)]
pub struct Answer {
    /// The status of the response.
    pub status: u16,
    /// Its body, which is XML.
    pub body: String,
}

impl Answer {
    /// The texts of all elements of this name, which hold nothing but text, in their order.
    pub fn texts(&self, element: &str) -> Vec<&str> {
        let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
        self.body.split(&begin).skip(1).filter_map(|rest| Some(rest.split_once(&end)?.0)).collect()
    }
}

impl InProcess {
    /// Calls DescribeRegions with these members, by their names in the Query API.
    ///
    /// # Errors
    /// Where the request cannot be built or signed. A refusal of EC2 is an answer.
    pub async fn describe_regions(
        &self,
        caller: &SdkConfig,
        members: &[(&str, &str)],
    ) -> Result<Answer, Box<dyn Error>> {
        let head = [("Action", "DescribeRegions"), ("Version", "2016-11-15")];
        let pair =
            |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        let body = head.iter().chain(members).map(pair).collect::<Vec<_>>().join("&");
        let request = signed(caller, body).await?;
        let answer = self.service.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
        let status = answer.status().as_u16();
        Ok(Answer { status, body: String::from_utf8(answer.into_body().to_vec())? })
    }
}

async fn signed(caller: &SdkConfig, body: String) -> Result<Request<Bytes>, Box<dyn Error>> {
    let provider = caller.credentials_provider().ok_or("the caller has no credentials")?;
    let identity = provider.provide_credentials().await?.into();
    let parameters = SigningParams::builder().identity(&identity).region("us-east-1").name("ec2");
    let parameters = parameters.time(SystemTime::now()).settings(SigningSettings::default()).build()?;
    let request = Request::post(format!("https://{ENDPOINT}/")).header(HOST, ENDPOINT);
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let mut request = request.header(CONTENT_TYPE, form).body(Bytes::from(body))?;
    let headers = request.headers().iter().map(|(name, value)| Ok((name.as_str(), value.to_str()?)));
    let headers = headers.collect::<Result<Vec<_>, http::header::ToStrError>>()?;
    let signable = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new("POST", request.uri().to_string(), headers.into_iter(), signable)?;
    let (instructions, _) = sign(signable, &parameters.into())?.into_parts();
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}
