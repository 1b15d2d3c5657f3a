//! What stands between the console and web pages that mean ill, and between it and clients of AWS.

use accountd::admin::access::Access;
use accountd::configuration::Secret;
use bytes::Bytes;
use http::Request;
use testing::server::Setup;

use crate::browser::{ACCEPT, Browser, HOST};

const PAGES: [&str; 15] = [
    "/",
    "/policies",
    "/acting",
    "/search?q=member",
    "/why",
    "/units/ou-root-workload",
    "/accounts",
    "/accounts/222222222222",
    "/identities",
    "/accounts/222222222222/iam",
    "/accounts/222222222222/iam/users/admin",
    "/calls",
    "/control",
    "/control?count=on",
    "/what-if?do=attach&policy=p-locked00&target=r-root",
];

/// F-CONSOLE-2
#[tokio::test]
async fn every_answer_has_the_policy_without_exceptions() {
    let mut browser = Browser::company().await;
    let assets = ["style.css", "script.js", "icon.svg"].map(|name| format!("/_accountd/console/{name}"));
    for address in PAGES.iter().map(|page| (*page).to_owned()).chain(assets).chain(["/units/none".to_owned()])
    {
        let page = browser.look(&address).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert_eq!(
            policy,
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "{address}"
        );
        assert_eq!(page.headers["x-content-type-options"], "nosniff", "{address}");
        for inline in [" style=\"", "<style", " onclick", "javascript:", "src=\"http", "href=\"http", "=\"//"]
        {
            assert!(!page.has(inline), "{address} has {inline}");
        }
    }
}

/// F-CONSOLE-3
#[tokio::test]
async fn a_form_without_the_token_or_from_elsewhere_does_nothing() {
    let mut browser = Browser::company().await;
    browser.act_as("111111111111:root").await;
    let token = browser.look("/").await.token();
    let fields = |token: &str| {
        [
            ("token", token.to_owned()),
            ("operation", "organizations:CreateOrganizationalUnit".to_owned()),
            ("m.ParentId", "r-root".to_owned()),
            ("m.Name", "Forged".to_owned()),
        ]
    };
    for wrong in ["", "0", &token[1..], &token.replace(&token[..1], "g")] {
        assert_eq!(browser.post("/act", &fields(wrong)).await.status, 403, "{wrong}");
    }
    for origin in ["http://evil.example", "http://localhost:4567", "null"] {
        let body = format!(
            "token={token}&operation=organizations:CreateOrganizationalUnit&m.ParentId=r-root&m.Name=Forged"
        );
        let request =
            Request::post("/act").header("host", HOST).header("accept", ACCEPT).header("origin", origin);
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", "accountd_as=111111111111%3Aroot");
        assert_eq!(browser.send(request.body(Bytes::from(body)).unwrap()).await.status(), 403, "{origin}");
    }
    assert!(!browser.look("/").await.has("Forged"));
    let done = browser.post("/act", &fields(&token)).await;
    assert_eq!(done.status, 200);
    done.shows("Forged");
}

/// F-CONSOLE-3
#[tokio::test]
async fn a_foreign_host_sees_nothing() {
    let browser = Browser::company().await;
    for address in PAGES {
        let request = Request::get(address).header("host", "evil.example").header("accept", ACCEPT);
        let answer = browser.send(request.body(Bytes::new()).unwrap()).await;
        let text = String::from_utf8(answer.body().to_vec()).unwrap();
        assert_eq!(answer.status(), 403, "{address}");
        assert!(!text.contains("Management") && !text.contains("222222222222"), "{text}");
        assert!(text.contains("name=\"token\" value=\"\""), "no token is told");
    }
}

/// F-CONSOLE-3
#[tokio::test]
async fn elsewhere_the_administrators_token_opens_it() {
    let access = Access::Token(Some(Secret::new("correct-token".to_owned())));
    let mut browser = Browser::company_with(access).await;
    let closed = browser.look("/").await;
    assert_eq!(closed.status, 401);
    assert!(!closed.has("Workloads"));
    let wrong = browser.post("/sign-in", &[("administrator", "wrong".to_owned())]).await;
    assert_eq!(wrong.status, 401);
    let right = browser.post("/sign-in", &[("administrator", "correct-token".to_owned())]).await;
    assert_eq!(right.status, 303);
    let cookie = right.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains("correct"));
    browser.look("/").await.shows("Workloads");
    let closed = Browser::company_with(Access::Token(None)).await.look("/").await;
    assert_eq!(closed.status, 403);
}

/// F-CONSOLE-1: what a client of AWS is answered does not depend on the console.
#[tokio::test]
async fn clients_of_aws_keep_their_answers() {
    let browser = Browser::empty().await;
    let server = Setup::empty().start().await;
    let accepts = [None, Some("*/*"), Some("application/json"), Some("application/xml, text/html;q=0.5")];
    let addresses = ["/", "/accounts", "/accounts/1", "/calls", "/why", "/control", "/act", "/listRegions"];
    for (method, address) in
        ["GET", "POST", "HEAD", "PUT"].into_iter().flat_map(|it| addresses.map(|at| (it, at)))
    {
        for accept in accepts {
            let request = || {
                let mut builder = Request::builder().method(method).uri(address).header("host", HOST);
                if let Some(accept) = accept {
                    builder = builder.header("accept", accept);
                }
                builder.body(Bytes::new()).unwrap()
            };
            let here = browser.send(request()).await;
            let there = server.service.handle(request(), [127, 0, 0, 1].into()).await;
            assert_eq!(here.status(), there.status(), "{method} {address} {accept:?}");
            assert_eq!(here.body(), there.body(), "{method} {address} {accept:?}");
            let names = |answer: &http::Response<Bytes>| {
                answer.headers().keys().map(|name| name.to_string()).collect::<Vec<_>>()
            };
            assert_eq!(names(&here), names(&there), "{method} {address} {accept:?}");
        }
    }
}

/// F-CONSOLE-1: not even one that says it reads HTML.
#[tokio::test]
async fn a_signed_request_is_never_shown_a_page() {
    let browser = Browser::empty().await;
    let target = "AWSOrganizationsV20161128.ListRoots";
    for (name, value) in [("x-amz-target", target), ("authorization", "AWS4-HMAC-SHA256 Credential=x")] {
        let request = Request::post("/").header("host", HOST).header("accept", ACCEPT).header(name, value);
        let answer = browser.send(request.body(Bytes::from("{}")).unwrap()).await;
        assert!(!answer.headers()["content-type"].to_str().unwrap().contains("html"), "{name}");
    }
}
