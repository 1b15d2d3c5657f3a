//! Which actions policies decide on for a call of a service that is not here, and on which resource.
//!
//! Of such a service no model is here, so an operation's action has the operation's name, but for those that
//! `iam-actions.txt` lists. Resources are known of S3 only.

use std::borrow::Cow;

use aws::arn::AccountId;
use aws::protocol::header_text;
use bytes::Bytes;
use http::Request;
use percent_encoding::percent_decode_str;

use super::elsewhere::{Wanted, s3_path};
use crate::authority::access::Access;

/// Operations whose actions have other names: `SERVICE OPERATION ACTION…`, a line each. The operation `*` stands for all
/// of a service; an action that ends in a colon for the prefix before the operation's name; `<method>` for the request's
/// method; lines with `#` are comments. `cargo xtask actions` holds the list against AWS's own. F-FWD-3
const ACTIONS: &str = include_str!("iam-actions.txt");

/// What a call asks to do in the caller's account.
pub(super) fn access(request: &Request<Bytes>, wanted: &Wanted, account: AccountId) -> Access {
    let mut actions = actions(wanted, request.method().as_str()).into_iter();
    let is_s3 = wanted.service == "s3";
    let resource = if is_s3 { s3_resource(&s3_path(request)) } else { "*".to_owned() };
    let first = actions.next().unwrap_or_else(|| "*:*".to_owned());
    let mut access = Access::to(account, first, resource, Vec::new());
    for action in actions {
        access = access.and_action(action);
    }
    // What is copied must be read.
    let source = request.headers().get("x-amz-copy-source").and_then(header_text).filter(|_| is_s3);
    if let Some(source) = source {
        let source = source.split('?').next().unwrap_or_default();
        access = access.and("s3:GetObject", s3_resource(source), Vec::new());
    }
    access
}

/// The actions of what is wanted. F-FWD-6: where the operation cannot be told it is `service:*`, which only a statement
/// allows that allows all of the service, and which one denies that denies any of it.
fn actions(wanted: &Wanted, method: &str) -> Vec<String> {
    let operation = wanted.operation.as_deref().unwrap_or("*");
    let listed = |wanted_name: &str| {
        ACTIONS.lines().find_map(|line| {
            let (name, actions) =
                line.strip_prefix(wanted.service.as_str())?.strip_prefix(' ')?.split_once(' ')?;
            (name == wanted_name).then_some(actions)
        })
    };
    let Some(listed) = listed(operation).or_else(|| listed("*")) else {
        return vec![format!("{}:{operation}", wanted.service)];
    };
    let written = |action: &str| match action {
        "<method>" => format!("{}:{method}", wanted.service),
        prefix if prefix.ends_with(':') => format!("{prefix}{operation}"),
        action => action.to_owned(),
    };
    listed.split(' ').map(written).collect()
}

/// F-FWD-5: the ARN of a bucket or an object by its path; `*` where there is none, as for all buckets and what S3
/// controls beside them.
fn s3_resource(path: &str) -> String {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path: Cow<'_, str> = percent_decode_str(path).decode_utf8_lossy();
    let path = path.strip_suffix('/').filter(|bucket| !bucket.contains('/')).unwrap_or(&path);
    match path {
        "" => "*".to_owned(),
        path if path.starts_with("v20180820/") => "*".to_owned(),
        path if path.starts_with("arn:") => path.to_owned(),
        path => format!("arn:aws:s3:::{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(service: &str, operation: Option<&str>, method: &str, path: &str) -> Vec<(String, String)> {
        let request = Request::builder().method(method).uri(path);
        let request = match path {
            "/copy/to" => request.header("x-amz-copy-source", "/from/a%20key?versionId=1"),
            _ => request,
        };
        let wanted = Wanted { service: service.to_owned(), operation: operation.map(str::to_owned) };
        let account = AccountId::from_number(1);
        let access = access(&request.body(Bytes::new()).unwrap(), &wanted, account);
        access.asked().map(|asked| (asked.action.clone(), asked.resource.clone())).collect()
    }

    /// F-FWD-3, F-FWD-5, F-FWD-6.
    #[test]
    fn a_call_asks_for_the_actions_that_policies_name_f_fwd_3() {
        for (service, operation, method, path, expected) in [
            ("sqs", Some("SendMessage"), "POST", "/", &[("sqs:SendMessage", "*")][..]),
            ("sqs", Some("SendMessageBatch"), "POST", "/", &[("sqs:SendMessage", "*")]),
            ("lambda", Some("Invoke"), "POST", "/f", &[("lambda:InvokeFunction", "*")]),
            ("budgets", Some("DescribeBudgets"), "POST", "/", &[("budgets:ViewBudget", "*")]),
            ("cloudcontrolapi", Some("GetResource"), "POST", "/", &[("cloudformation:GetResource", "*")]),
            ("route53", Some("ListResourceRecordSetProtections"), "GET", "/", &[("route53:*", "*")]),
            ("monitoring", Some("ListMetrics"), "POST", "/", &[("cloudwatch:ListMetrics", "*")]),
            ("monitoring", None, "POST", "/", &[("cloudwatch:*", "*")]),
            ("scheduler", None, "GET", "/schedules", &[("scheduler:*", "*")]),
            ("apigateway", Some("GetRestApis"), "GET", "/restapis", &[("apigateway:GET", "*")]),
            ("s3", Some("ListBuckets"), "GET", "/", &[("s3:ListAllMyBuckets", "*")]),
            ("s3", Some("ListObjectsV2"), "GET", "/one/", &[("s3:ListBucket", "arn:aws:s3:::one")]),
            ("s3", Some("PutObject"), "PUT", "/one/a%20b/", &[("s3:PutObject", "arn:aws:s3:::one/a b/")]),
            (
                "s3",
                Some("GetBucketPolicy"),
                "GET",
                "/v20180820/bucket/one/policy",
                &[("s3:GetBucketPolicy", "*")],
            ),
            (
                "s3",
                Some("PutObject"),
                "PUT",
                "/copy/to",
                &[("s3:PutObject", "arn:aws:s3:::copy/to"), ("s3:GetObject", "arn:aws:s3:::from/a key")],
            ),
            ("kms", Some("ReEncrypt"), "POST", "/", &[("kms:ReEncryptFrom", "*"), ("kms:ReEncryptTo", "*")]),
        ] {
            let found = asked(service, operation, method, path);
            let found: Vec<_> =
                found.iter().map(|(action, resource)| (action.as_str(), resource.as_str())).collect();
            assert_eq!(found, expected, "{service} {operation:?}");
        }
    }

    #[test]
    fn every_line_of_the_list_has_a_service_an_operation_and_actions() {
        for line in ACTIONS.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(words.len() >= 3, "{line}");
            assert!(words[2..].iter().all(|action| *action == "<method>" || action.contains(':')), "{line}");
        }
    }
}
