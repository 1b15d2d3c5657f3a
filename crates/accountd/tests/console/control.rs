//! The control room: clock, outbox, faults, state.

use bytes::Bytes;
use http::Request;

use crate::browser::{ACCEPT, Browser, HOST};

#[tokio::test]
async fn the_clock_moves_forward_only_and_says_what_falls_due() {
    let mut browser = Browser::company().await;
    let page = browser.look("/control").await;
    page.shows("it stands still until it is moved").shows("Nothing waits");
    for (fields, said) in [
        (&[("set", "2999-01-01T00:00:00Z")][..], "service time is 2999-01-01T00:00:00Z"),
        (&[("set", "2000-01-01T00:00:00Z")], "service time only moves forward"),
        (&[("set", "tomorrow")], "That is no instant"),
        (&[("advance", "-1h")], "not done"),
        (&[], "Say by how much"),
    ] {
        browser.submit(&page, "/control/clock", fields).await.shows(said);
    }
    browser.act_as("111111111111:root").await;
    let fields = [("m.AccountName", "New"), ("m.Email", "new@example.com")];
    browser.act("/", "organizations:CreateAccount", &fields).await.shows("IN_PROGRESS");
    browser.look("/control").await.shows("the account of new@example.com is created");
    browser.act_as("666666666666:root").await;
    browser.act("/accounts/666666666666", "account:EnableRegion", &[("m.RegionName", "af-south-1")]).await;
    let due = browser.look("/control").await;
    due.shows("af-south-1 of 666666666666 is switched").shows("href=\"/accounts/666666666666\"");
}

/// A browser that loads the address of a form again is shown the page.
#[tokio::test]
async fn the_address_of_a_form_leads_to_its_page() {
    let mut browser = Browser::company().await;
    for (form, page) in [("/act", "/"), ("/control/clock", "/control"), ("/control/faults", "/control")] {
        let answer = browser.look(form).await;
        assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (303, page));
    }
}

#[tokio::test]
async fn a_fault_is_ordered_meets_the_console_and_is_taken_back() {
    let mut browser = Browser::company().await;
    let page = browser.look("/control").await;
    let fields = [
        ("operation", "organizations:CreateOrganizationalUnit"),
        ("kind", "fail"),
        ("code", "ServiceException"),
        ("status", "500"),
        ("times", "1"),
    ];
    browser.submit(&page, "/control/faults", &fields).await.shows("fails with 500").shows("1 more times");
    browser.act_as("111111111111:root").await;
    let unit = [("m.ParentId", "r-root"), ("m.Name", "Later")];
    let failed = browser.act("/", "organizations:CreateOrganizationalUnit", &unit).await;
    failed.shows("ServiceException").shows("there is no record");
    browser.act("/", "organizations:CreateOrganizationalUnit", &unit).await.shows("class=\"outcome done\"");
    let fields = [("operation", "iam:"), ("kind", "delay"), ("delay", "5")];
    browser.submit(&page, "/control/faults", &fields).await.shows("5 ms late").shows("iam:*");
    browser.submit(&page, "/control/faults", &[("remove", "0")]).await.shows("None is ordered");
    browser
        .submit(&page, "/control/faults", &[("remove", "0")])
        .await
        .shows("There is no such fault any more");
    let wrong = [("operation", ""), ("kind", "fail"), ("code", "X"), ("status", "200")];
    browser.submit(&page, "/control/faults", &wrong).await.shows("from 400 to 599");
}

#[tokio::test]
async fn the_state_is_exported_imported_and_reset() {
    let mut browser = Browser::company().await;
    let export = browser.look("/control/export").await;
    assert_eq!(export.headers["content-disposition"], "attachment; filename=\"accountd-export.json\"");
    let page = browser.look("/control").await;
    browser.act_as("111111111111:root").await;
    let unit = [("m.ParentId", "r-root"), ("m.Name", "Short-lived")];
    browser.act("/", "organizations:CreateOrganizationalUnit", &unit).await.shows("Short-lived");
    browser.submit(&page, "/control/reset", &[]).await.shows("as after the first start");
    assert!(!browser.look("/").await.has("Short-lived"));
    let imported = browser.submit(&page, "/control/import", &[("document", &export.text)]).await;
    imported.shows("the state was replaced and holds");
    let refused = browser.submit(&page, "/control/import", &[("document", "{}")]).await;
    refused.shows("Nothing was imported").shows("line 1");
    browser.look("/").await.shows("Workloads");
}

/// F-CONSOLE-9: with scripts the document is sent alone, so that it may be of any size.
#[tokio::test]
async fn a_document_of_any_size_is_imported_with_the_token_in_a_header() {
    let mut browser = Browser::company().await;
    let export = browser.look("/control/export").await.text;
    let token = browser.look("/control").await.token();
    browser.act_as("111111111111:root").await;
    let unit = [("m.ParentId", "r-root"), ("m.Name", "Short-lived")];
    browser.act("/", "organizations:CreateOrganizationalUnit", &unit).await.shows("Short-lived");
    let import = |token: &str, origin: &str| {
        let request = Request::post("/control/import").header("host", HOST).header("accept", ACCEPT);
        let request = request.header("x-accountd-token", token).header("origin", origin);
        request.body(Bytes::from(export.clone())).unwrap()
    };
    let own = format!("http://{HOST}");
    for (token, origin) in [("", own.as_str()), ("wrong", &own), (&token, "http://evil.example")] {
        assert_eq!(browser.send(import(token, origin)).await.status(), 403, "{token} {origin}");
    }
    browser.look("/").await.shows("Short-lived");
    let imported = browser.send(import(&token, &own)).await;
    let text = String::from_utf8(imported.body().to_vec()).unwrap();
    assert!(text.contains("the state was replaced and holds") && text.contains(" events"), "{text}");
    assert!(!browser.look("/").await.has("Short-lived"));
}

/// F-CONSOLE-9
#[tokio::test]
async fn what_there_is_is_counted_by_kind() {
    let mut browser = Browser::company().await;
    let page = browser.look("/control").await;
    assert!(!page.shows("Count them by kind").has("<dt>Accounts</dt>"));
    let counted = browser.look("/control?count=on").await;
    counted.shows("<dt>Organizations</dt><dd>1</dd>").shows("<dt>Roots and units</dt><dd>3</dd>");
}
