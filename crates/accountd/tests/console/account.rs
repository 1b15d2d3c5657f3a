//! One account: contacts in place with the API's words beside the field, Regions, addresses, and how it is used.

use crate::browser::Browser;

const PAGE: &str = "/accounts/222222222222";

/// F-CONSOLE-6: what the API says of a field stands beside it, and what was typed is not lost.
#[tokio::test]
async fn a_contact_is_edited_in_place_with_the_apis_messages_beside_the_field() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:root").await;
    let page = browser.look(PAGE).await;
    page.shows("BILLING").shows("None yet.");
    let fields = |phone: &'static str| {
        [
            ("operation", "account:PutAlternateContact"),
            ("back", PAGE),
            ("form", "contact-BILLING"),
            ("m.AlternateContactType", "BILLING"),
            ("m.Name", "Bill"),
            ("m.Title", "Finance"),
            ("m.EmailAddress", "bill@example.com"),
            ("m.PhoneNumber", phone),
        ]
    };
    let refused = browser.submit(&page, "/act", &fields("none!")).await;
    refused.shows("ValidationException").shows("aria-invalid=\"true\"").shows("value=\"none!\"");
    let said = refused.text.split("id=\"contact-BILLING-PhoneNumber-said\"").nth(1).unwrap();
    assert!(
        said.split("</ul>").next().unwrap().contains("does not match input string &quot;none!&quot;"),
        "{said}"
    );
    let done = browser.submit(&page, "/act", &fields("+12065550123")).await;
    done.shows("class=\"outcome done\"").shows("<bdi>bill@example.com</bdi>");
    assert!(!done.has("aria-invalid"));
}

/// F-CONSOLE-6: for one's own account the API takes no `AccountId`, for another's it needs one.
#[tokio::test]
async fn a_region_is_enabled_by_the_account_and_by_its_management_account() {
    let mut browser = Browser::company().await;
    for (who, region) in [("222222222222:root", "af-south-1"), ("111111111111:user/admin", "eu-south-1")] {
        browser.act_as(who).await;
        let page = browser.look(PAGE).await;
        let form = page.text.split(&format!("id=\"form-region-{region}\"")).nth(1).unwrap();
        let form = form.split("</form>").next().unwrap();
        assert_eq!(form.contains("AccountId"), who.starts_with("1111"), "{form}");
        let mut fields = vec![("m.RegionName", region)];
        if who.starts_with("1111") {
            fields.push(("m.AccountId", "222222222222"));
        }
        browser.act(PAGE, "account:EnableRegion", &fields).await.shows("ENABLING").shows("left");
    }
    let advanced = browser.look("/control").await;
    let moved = browser.submit(&advanced, "/control/clock", &[("advance", "1h")]).await;
    moved.shows("service time is");
    let page = browser.look(&format!("{PAGE}?regions=switched")).await;
    assert_eq!(page.text.matches("ENABLED").count(), 2, "{}", page.text);
}

#[tokio::test]
async fn the_primary_address_changes_with_the_code_that_was_sent() {
    let mut browser = Browser::company().await;
    browser.act_as("111111111111:user/admin").await;
    let fields = [("m.AccountId", "222222222222"), ("m.PrimaryEmail", "new@example.com")];
    let started = browser.act(PAGE, "account:StartPrimaryEmailUpdate", &fields).await;
    started.shows("PENDING").shows("code sent");
    let code = started.text.split("id=\"accept-email-Otp\"").nth(1).unwrap();
    let code = code.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    browser.look("/control").await.shows(&code).shows("new@example.com");
    let fields =
        [("m.AccountId", "222222222222"), ("m.PrimaryEmail", "new@example.com"), ("m.Otp", code.as_str())];
    browser.act(PAGE, "account:AcceptPrimaryEmailUpdate", &fields).await.shows("class=\"outcome done\"");
    let control = browser.look("/control").await;
    let later = browser.submit(&control, "/control/clock", &[("advance", "24h")]).await;
    // The outbox looks through the last hour first, and goes on where that holds too little.
    later.shows(&code);
    browser.look(PAGE).await.shows("<code>new@example.com</code>");
}

#[tokio::test]
async fn it_says_how_it_is_used_and_which_policies_are_on_the_way() {
    let mut browser = Browser::company().await;
    let page = browser.look("/accounts/444444444444").await;
    page.shows("account-is-locked").shows("inherited from").shows("Locked");
    page.shows("AWS_ACCESS_KEY_ID=444444444444").shows("AWS_ENDPOINT_URL=http://localhost:4566");
    page.shows("provider &quot;aws&quot;")
        .shows("sts assume-role")
        .shows("endpoint_url = http://localhost:4566");
    assert_eq!(browser.look("/accounts/123").await.status, 404);
    browser.look("/accounts").await.shows("666666666666").shows("777777777777");
}

#[tokio::test]
async fn an_invitation_is_accepted_by_the_account_it_is_for() {
    let mut browser = Browser::company().await;
    browser.act_as("111111111111:user/admin").await;
    let fields = [("m.Target.Id", "666666666666"), ("m.Target.Type", "ACCOUNT")];
    let invited = browser.act("/", "organizations:InviteAccountToOrganization", &fields).await;
    invited.shows("class=\"outcome done\"").shows("Under way").shows("invitation");
    browser.act_as("666666666666:user/admin").await;
    let page = browser.look("/accounts/666666666666").await;
    let handshake = page.shows("Accept").text.split("name=\"m.HandshakeId\" value=\"").nth(1).unwrap();
    let handshake = handshake.split('"').next().unwrap().to_owned();
    let accepted = browser
        .act("/accounts/666666666666", "organizations:AcceptHandshake", &[("m.HandshakeId", &handshake)])
        .await;
    accepted.shows("class=\"outcome done\"").shows("INVITED");
}
