//! What pages hold of hostile and of large states, and what they cost.

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};

use crate::browser::{Browser, HOST};

/// The most that a page may be. It is counted as it is sent, before anybody compresses it.
const LARGEST_PAGE: usize = 60_000;

/// The documents of the company.
async fn exported(browser: &Browser) -> Value {
    let request = Request::get("/_accountd/export").header("host", HOST).body(Bytes::new()).unwrap();
    serde_json::from_slice(browser.send(request).await.body()).unwrap()
}

async fn import(browser: &Browser, export: &Value) {
    let request = Request::post("/_accountd/import").header("host", HOST);
    let answer = browser.send(request.body(Bytes::from(export.to_string())).unwrap()).await;
    assert_eq!(answer.status(), 200, "{:?}", answer.body());
}

/// The same documents with another text in the place of one.
async fn with_text(from: &str, to: &str) -> Browser {
    let browser = Browser::company().await;
    let export = exported(&browser).await.to_string();
    let quoted = |text: &str| Value::from(text).to_string();
    assert!(export.contains(&quoted(from)));
    import(&browser, &serde_json::from_str(&export.replace(&quoted(from), &quoted(to))).unwrap()).await;
    browser
}

/// F-CONSOLE-2
#[tokio::test]
async fn hostile_names_are_text() {
    let long = "x".repeat(10_000);
    let shown_long = format!("<bdi>{long}</bdi>");
    for (hostile, shown) in [
        ("<script>alert(1)</script>", "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"),
        ("\" autofocus onfocus=\"x", "<bdi>&quot; autofocus onfocus=&quot;x</bdi>"),
        ("\u{202e}\u{5d0}bc", "<bdi>\u{202e}\u{5d0}bc</bdi>"),
        (&long, &shown_long),
    ] {
        let mut browser = with_text("Member", hostile).await;
        for address in [
            "/units/ou-root-workload",
            "/acting",
            "/search?q=222222222222",
            "/accounts",
            "/accounts/222222222222",
        ] {
            browser.look(address).await.shows(shown);
        }
        let reflected = browser.look(&format!("/search?q={}", "%3Cscript%3E%22")).await;
        reflected.shows("<bdi>&lt;script&gt;&quot;</bdi>");
    }
}

#[tokio::test]
async fn no_page_is_large() {
    let mut browser = Browser::company().await;
    let mut first = 0;
    for address in
        ["/", "/_accountd/console/style.css", "/_accountd/console/script.js", "/_accountd/console/icon.svg"]
    {
        first += browser.look(address).await.text.len();
    }
    assert!(first <= LARGEST_PAGE, "the first page and what it loads are {first} bytes");
    for address in [
        "/policies",
        "/policies/p-locked00",
        "/acting",
        "/search?q=e",
        "/units/ou-root-workload",
        "/accounts",
        "/accounts/222222222222?regions=all",
        "/accounts/222222222222/iam/users/admin",
        "/accounts/222222222222/iam?tab=providers",
        "/calls",
        "/control",
        "/what-if?do=attach&policy=p-locked00&target=r-root",
        "/why",
    ] {
        let bytes = browser.look(address).await.text.len();
        assert!(bytes <= LARGEST_PAGE, "{address} is {bytes} bytes");
    }
}

/// The company with this many more members like the one that is nothing else.
async fn grown(accounts: u64) -> Browser {
    let browser = Browser::company().await;
    let mut export = exported(&browser).await;
    let documents = export["documents"].as_object_mut().unwrap();
    let of_member: Map<String, Value> = documents
        .iter()
        .filter(|(key, _)| {
            let kind = key.split('/').next().unwrap();
            key.contains("222222222222") && matches!(kind, "account" | "member" | "child" | "org-entity")
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    assert_eq!(of_member.len(), 4);
    for number in 0..accounts {
        let id = format!("{}", 800_000_000_000 + number);
        for (key, value) in &of_member {
            let value = value.to_string().replace("222222222222", &id);
            documents.insert(key.replace("222222222222", &id), serde_json::from_str(&value).unwrap());
        }
    }
    import(&browser, &export).await;
    browser
}

/// How many documents were asked for since the start.
async fn documents_read(browser: &Browser) -> u64 {
    let request = Request::get("/_accountd/metrics").header("host", HOST).body(Bytes::new()).unwrap();
    let text = String::from_utf8(browser.send(request).await.body().to_vec()).unwrap();
    let values = text.lines().filter(|line| !line.starts_with('#') && line.contains("store_cache_"));
    values.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

/// F-CONSOLE-5: what a page costs does not grow with the organization.
#[tokio::test]
async fn the_first_page_of_ten_thousand_accounts_is_as_cheap_as_that_of_a_hundred() {
    let (mut costs, mut sizes) = (Vec::new(), Vec::new());
    for accounts in [100, 10_000] {
        let mut browser = grown(accounts).await;
        browser.look("/units/ou-root-workload").await;
        let before = documents_read(&browser).await;
        let page = browser.look("/units/ou-root-workload").await;
        costs.push(documents_read(&browser).await - before);
        assert_eq!(page.text.matches("<tr data-account=").count(), 50);
        assert!(page.text.len() <= LARGEST_PAGE, "{} bytes", page.text.len());
        page.shows("rel=\"next\"");
        sizes.push(page.text.len());
    }
    assert!(sizes[0].abs_diff(sizes[1]) < 500, "what a page holds does not grow either: {sizes:?}");
    assert!(costs[0] > 0, "the counters count");
    assert_eq!(costs[0], costs[1], "documents read for a page");
}

/// A list is whole, page after page.
#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let mut browser = grown(120).await;
    let (mut address, mut accounts) = ("/units/ou-root-workload".to_owned(), 0);
    loop {
        let page = browser.look(&address).await;
        accounts += page.text.matches("<tr data-account=").count();
        let Some((_, rest)) = page.text.split_once("rel=\"next\" href=\"") else { break };
        address = rest.split('"').next().unwrap().replace("&amp;", "&");
    }
    assert_eq!(accounts, 121);
}
