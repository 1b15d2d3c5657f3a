//! The page that tells why: of a refused call, with a draft, and of everybody (F-WHY-12).

use crate::browser::{Browser, Seen};

const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The id of the event that a page's link leads to.
fn event(page: &Seen) -> String {
    let (_, rest) = page.text.split_once("/why?event=").expect("a refusal links to its reasons");
    rest.split('"').next().unwrap().to_owned()
}

async fn refused(browser: &mut Browser) -> Seen {
    browser.act_as("444444444444:user/admin").await;
    let account = "/accounts/444444444444";
    browser.act(account, "account:PutAccountName", &[("m.AccountName", "Renamed")]).await
}

#[tokio::test]
async fn a_refused_button_leads_to_the_statement_that_refused_it() {
    let mut browser = Browser::company().await;
    let page = refused(&mut browser).await;
    let why = browser.look(&format!("/why?event={}", event(&page))).await;
    why.shows("REFUSED")
        .shows("AccessDeniedException")
        .shows("with an explicit deny in a service control policy")
        .shows("◆ decides")
        .shows("<a href=\"/policies/p-locked00\"><bdi>account-is-locked</bdi></a>")
        .shows("organizational unit <b><bdi>Locked</bdi></b>")
        .shows("<mark>")
        .shows("not reached");
    assert_eq!(why.status, 200);
}

#[tokio::test]
async fn a_draft_is_tried_and_a_wrong_one_stays_in_its_form() {
    let mut browser = Browser::company().await;
    let page = refused(&mut browser).await;
    let event = event(&page);
    let why = browser.look(&format!("/why?event={event}")).await;
    let tried = browser.submit(&why, "/why", &[("event", &event), ("d.p-locked00", EVERYTHING)]).await;
    tried.shows("ALLOWED").shows("as drafted").shows("◆ draft").shows(&format!("/why?event={event}"));
    let wrong = "{\n  \"Version\": <script>";
    let said = browser.submit(&why, "/why", &[("event", &event), ("d.p-locked00", wrong)]).await;
    said.shows("no answer").shows("line 2, column").shows("&lt;script&gt;");
    assert!(!said.has("<script>"), "{}", said.text);
    // Nothing was stored, and nobody else's form is taken.
    browser.look(&format!("/why?event={event}")).await.shows("REFUSED");
    let forged = browser.post("/why", &[("event", event), ("d.p-locked00", EVERYTHING.to_owned())]).await;
    assert_eq!(forged.status, 403);
}

/// A role that the console acts as has a session that nobody opened, and so no policies of its own.
#[tokio::test]
async fn a_role_that_is_acted_as_has_no_session_policies() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:role/Idle").await;
    let account = "/accounts/222222222222";
    let page = browser.act(account, "account:PutAccountName", &[("m.AccountName", "Renamed")]).await;
    let why = browser.look(&format!("/why?event={}", event(&page))).await;
    why.shows("because no identity-based policy allows").shows("session policies");
    assert!(!why.has("are not known"), "{}", why.text);
}

#[tokio::test]
async fn anybody_can_be_asked_about_and_everybody_is_listed() {
    let mut browser = Browser::company().await;
    browser.look("/why").await.shows("May somebody do something?").shows("Who may do something?");
    let may = "/why?principal=222222222222&action=account%3AListRegions&context=aws%3ATagKeys%3Da";
    browser.look(may).await.shows("ALLOWED").shows("aws:TagKeys").shows("does not apply");
    let wrong = browser.look("/why?principal=%3Cb%3E&action=a%3AB").await;
    wrong.shows("no answer").shows("&lt;b&gt;");
    for (address, part) in [
        ("/why?event=none", "There is no event none"),
        ("/why?principal=222222222222&action=a%3AB&members=%7B", "The input is no JSON"),
        ("/why?principal=222222222222&action=a%3AB&context=x", "KEY=VALUE"),
        ("/why?who=nobody&action=a%3AB", "no answer"),
    ] {
        browser.look(address).await.shows(part);
    }
    let members = browser.look("/why?who=222222222222&action=account%3APutAccountName").await;
    members.shows("Who may account:PutAccountName").shows("</span> may</span>").shows("may not");
    members.shows("permissions boundary").shows("why: arn:aws:iam::222222222222:user/nobody");
}
