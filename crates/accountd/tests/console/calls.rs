//! The event log: newest first, filtered, one record, and played again.

use std::time::Duration;

use bytes::Bytes;
use listener::Answer;
use testing::company::{MANAGEMENT_ADMIN, MEMBER_NOBODY};
use testing::wire;

use crate::browser::Browser;

/// What is told where nothing is new.
const NOTHING_NEW: &str = "retry: 2000\n\n";

/// As many as may be open.
const MOST_STREAMS: usize = 64;

/// A call of a client, as an SDK sends it.
async fn call(browser: &Browser, who: &testing::company::Caller, operation: &str) -> u16 {
    let operation = wire::operation(services::service::Service::Organizations, operation);
    let request = wire::request(operation, &serde_json::json!({}));
    let request = wire::signed(request, &who.key, "organizations", "us-east-1");
    let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 50_001));
    let answer: http::Response<Bytes> = browser.application.answer(request, peer).await;
    answer.status().as_u16()
}

fn operations(page: &crate::browser::Seen) -> Vec<String> {
    let rows = page.text.split("<span class=\"quiet\">organizations:</span>").skip(1);
    rows.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn calls_are_listed_newest_first_and_filtered() {
    let mut browser = Browser::company().await;
    browser.look("/calls").await.shows("No call is like this").shows("sts get-caller-identity");
    assert_eq!(call(&browser, &MANAGEMENT_ADMIN, "ListRoots").await, 200);
    assert_eq!(call(&browser, &MEMBER_NOBODY, "ListAccounts").await, 400);
    assert_eq!(call(&browser, &MANAGEMENT_ADMIN, "DescribeOrganization").await, 200);
    let all = browser.look("/calls").await;
    assert_eq!(operations(&all), ["DescribeOrganization", "ListAccounts", "ListRoots"]);
    for (query, expected) in [
        ("refused=on", vec!["ListAccounts"]),
        ("account=111111111111", vec!["DescribeOrganization", "ListRoots"]),
        ("by=nobody", vec!["ListAccounts"]),
        ("operation=roots", vec!["ListRoots"]),
        ("service=iam", vec![]),
        ("service=organizations&key=AKIAMEMBERNOBODY0000", vec!["ListAccounts"]),
        ("tool=console", vec![]),
    ] {
        let page = browser.look(&format!("/calls?{query}")).await;
        assert_eq!(operations(&page), expected, "{query}");
    }
    browser.look("/calls?refused=on").await.shows("AccessDenied").shows("/why?event=");
}

/// F-NOSUP-3: what tools miss is listed beside what they got.
#[tokio::test]
async fn what_is_not_answered_here_is_listed() {
    let mut browser = Browser::company().await;
    let mut request = wire::post("/", "application/x-amz-json-1.1", "{}");
    request.headers_mut().insert("x-amz-target", "AWSSupport_20130415.DescribeCases".parse().unwrap());
    let request = wire::signed(request, &MANAGEMENT_ADMIN.key, "support", "us-east-1");
    browser.send(request).await;
    browser.look("/calls").await.shows("Not answered here").shows("support:DescribeCases");
}

/// F-CONSOLE-7: what is new is told as it comes.
#[tokio::test]
async fn news_are_counted_as_they_come() {
    let mut browser = Browser::company().await;
    call(&browser, &MANAGEMENT_ADMIN, "ListRoots").await;
    let page = browser.look("/calls").await;
    let mut news = browser.open(&page.news_address()).await;
    assert_eq!(news.next().await.as_deref(), Some(NOTHING_NEW));
    call(&browser, &MANAGEMENT_ADMIN, "ListRoots").await;
    call(&browser, &MANAGEMENT_ADMIN, "ListRoots").await;
    let mut told = String::new();
    // A look may fall between the two calls, and one without news shows that the stream is alive.
    while !told.contains("data: 2 new") {
        told = news.next().await.expect("it goes on");
    }
    assert_eq!(browser.news(&page).await, format!("{NOTHING_NEW}event: news\ndata: 2 new\n\n"));
}

/// F-CONSOLE-7: streams are few, and end with their reader and with the process.
#[tokio::test]
async fn news_hold_no_more_than_there_is_room_for() {
    let mut browser = Browser::company().await;
    call(&browser, &MANAGEMENT_ADMIN, "ListRoots").await;
    let address = browser.look("/calls").await.news_address();
    let mut open = Vec::new();
    for _ in 0..MOST_STREAMS {
        open.push(browser.open(&address).await);
    }
    // Whoever finds no room is told at once, and asks again.
    let mut crowded = browser.open(&address).await;
    assert_eq!((crowded.next().await.as_deref(), crowded.next().await), (Some(NOTHING_NEW), None));
    drop(open.pop());
    let mut again = loop {
        let mut stream = browser.open(&address).await;
        assert_eq!(stream.next().await.as_deref(), Some(NOTHING_NEW));
        let next = tokio::time::timeout(Duration::ZERO, stream.next()).await;
        if next.is_err() {
            break stream;
        }
        tokio::task::yield_now().await;
    };
    browser.application.end();
    assert_eq!(again.next().await, None);
    for mut stream in open {
        while stream.next().await.is_some() {}
    }
}

/// F-CONSOLE-7: what waits says when it has come, by service time.
#[tokio::test]
async fn a_page_with_something_that_waits_says_when_it_has_come() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:root").await;
    let page = browser
        .act("/accounts/222222222222", "account:EnableRegion", &[("m.RegionName", "af-south-1")])
        .await;
    assert_eq!(browser.news(&page).await, NOTHING_NEW);
    let control = browser.look("/control").await;
    browser.submit(&control, "/control/clock", &[("advance", "1m")]).await;
    let news = browser.news(&page).await;
    assert!(news.contains("data: what was waited for has come"), "{news}");
}

/// F-CONSOLE-7: an account that has come, of which the log knew before.
#[tokio::test]
async fn what_a_service_did_by_itself_is_new_when_its_time_has_come() {
    let mut browser = Browser::company().await;
    browser.act_as("111111111111:root").await;
    let fields = [("m.AccountName", "New"), ("m.Email", "new@example.com")];
    browser.act("/", "organizations:CreateAccount", &fields).await;
    let page = browser.look("/calls?account=111111111111").await;
    assert_eq!(browser.news(&page).await, NOTHING_NEW);
    let control = browser.look("/control").await;
    browser.submit(&control, "/control/clock", &[("advance", "1h")]).await;
    let news = browser.news(&page).await;
    assert!(news.contains(" new\n"), "{news}");
}

#[tokio::test]
async fn a_record_is_shown_as_commands_and_played_again_as_another() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:user/admin").await;
    let fields = [("m.ParentId", "r-root"), ("m.Name", "Again")];
    let refused = browser.act("/", "organizations:CreateOrganizationalUnit", &fields).await;
    let event = refused.text.split("/calls/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = browser.look(&format!("/calls/{event}")).await;
    page.shows("--parent-id r-root").shows("Name=&quot;Again&quot;").shows("accountd-console");
    page.shows("value=\"222222222222:user/admin\"").shows("AccessDenied");
    let members = page.text.split("name=\"members\"").nth(1).unwrap();
    let members =
        members.split_once('>').unwrap().1.split("</textarea>").next().unwrap().replace("&quot;", "\"");
    let again = [
        ("operation", "organizations:CreateOrganizationalUnit"),
        ("back", "/"),
        ("as", "111111111111:user/admin"),
        ("members", members.as_str()),
    ];
    let done = browser.submit(&page, "/act", &again).await;
    done.shows("class=\"outcome done\"").shows("<bdi>Again</bdi>");
    let none = browser.look("/calls/00000000-0000-4000-8000-000000000000").await;
    assert_eq!(none.status, 404);
}

#[tokio::test]
async fn a_long_log_is_read_page_by_page() {
    let mut browser = Browser::company().await;
    for _ in 0..120 {
        call(&browser, &MANAGEMENT_ADMIN, "ListRoots").await;
    }
    let (mut address, mut calls) = ("/calls".to_owned(), 0);
    loop {
        let page = browser.look(&address).await;
        calls += operations(&page).len();
        assert!(page.text.len() < 60_000, "{} bytes", page.text.len());
        let Some((_, rest)) = page.text.split_once("rel=\"next\" href=\"") else { break };
        address = rest.split('"').next().unwrap().replace("&amp;", "&");
    }
    assert_eq!(calls, 120);
}
