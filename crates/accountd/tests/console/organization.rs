//! The tree, what is in it, and what is done to it by somebody who may and somebody who may not.

use crate::browser::Browser;

/// F-CONSOLE-4
#[tokio::test]
async fn an_empty_accountd_says_what_to_do_first() {
    let mut browser = Browser::empty().await;
    browser.look("/").await.shows("There is no organization yet").shows("create-organization");
    let nobody = browser.act("/", "organizations:CreateOrganization", &[("m.FeatureSet", "ALL")]).await;
    nobody.shows("choose whom to act as first").shows("There is no organization yet");
    browser.act_as("111122223333:root").await;
    let created = browser.act("/", "organizations:CreateOrganization", &[("m.FeatureSet", "ALL")]).await;
    created.shows("root user of").shows("Management account").shows("SERVICE_CONTROL_POLICY");
}

/// F-CONSOLE-4: a refusal is a page, in AWS's words, with the ways on.
#[tokio::test]
async fn who_may_not_is_refused_in_aws_words_and_recorded() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:user/admin").await;
    let fields = [("m.ParentId", "r-root"), ("m.Name", "Mine")];
    let refused = browser.act("/", "organizations:CreateOrganizationalUnit", &fields).await;
    assert_eq!(refused.status, 200);
    refused
        .shows("AccessDeniedException")
        .shows("You don")
        .shows("aws --endpoint-url http://localhost:4566 ");
    refused.shows("organizations create-organizational-unit").shows("client.create_organizational_unit(");
    refused.shows("/why?event=");
    browser.act_as("111111111111:user/admin").await;
    let done = browser.act("/", "organizations:CreateOrganizationalUnit", &fields).await;
    done.shows("class=\"outcome done\"").shows("<bdi>Mine</bdi>");
}

/// F-CONSOLE-4: somebody who is not there, or whose account is suspended, does nothing.
#[tokio::test]
async fn nobody_acts_who_could_not_sign_in() {
    let mut browser = Browser::company().await;
    for who in ["111111111111:user/none", "111111111111:role/none", "555555555555:user/admin"] {
        browser.act_as(who).await;
        let refused = browser
            .act("/", "organizations:CreateOrganizationalUnit", &[("m.ParentId", "r-root"), ("m.Name", "X")])
            .await;
        refused.shows("class=\"outcome refused\"").shows("UnrecognizedClientException");
    }
}

#[tokio::test]
async fn an_account_moves_and_policies_come_and_go() {
    let mut browser = Browser::company().await;
    browser.act_as("111111111111:root").await;
    let workloads = browser.look("/units/ou-root-workload").await;
    workloads.shows("222222222222").shows("inherited from");
    let fields = [
        ("m.AccountId", "222222222222"),
        ("m.SourceParentId", "ou-root-workload"),
        ("m.DestinationParentId", "ou-root-lockedou"),
    ];
    let moved = browser.act("/units/ou-root-workload", "organizations:MoveAccount", &fields).await;
    moved.shows("class=\"outcome done\"").shows("No account is directly in");
    let locked = browser.look("/units/ou-root-lockedou").await;
    locked.shows("222222222222").shows("account-is-locked").shows("here");
    browser.look("/policies/p-locked00").await.shows("ou-root-lockedou").shows("&quot;Deny&quot;");
    let detached = browser
        .act(
            "/units/ou-root-lockedou",
            "organizations:DetachPolicy",
            &[("m.PolicyId", "p-locked00"), ("m.TargetId", "ou-root-lockedou")],
        )
        .await;
    detached.shows("class=\"outcome done\"");
    browser.look("/policies/p-locked00").await.shows("nothing");
}

#[tokio::test]
async fn services_are_trusted_and_accounts_delegated_to_at_the_root() {
    let mut browser = Browser::company().await;
    browser.act_as("111111111111:root").await;
    browser.look("/").await.shows("account.amazonaws.com").shows("333333333333");
    assert!(!browser.look("/units/ou-root-workload").await.has("Trusted services"));
    let service = [("m.ServicePrincipal", "iam.amazonaws.com")];
    let trusted = browser.act("/", "organizations:EnableAWSServiceAccess", &service).await;
    trusted.shows("class=\"outcome done\"").shows("<code>iam.amazonaws.com</code>");
    let fields = [("m.AccountId", "333333333333"), ("m.ServicePrincipal", "account.amazonaws.com")];
    let ended = browser.act("/", "organizations:DeregisterDelegatedAdministrator", &fields).await;
    ended.shows("class=\"outcome done\"").shows("None yet.");
}

/// Whoever acts sees their own organization first, and the way to others.
#[tokio::test]
async fn a_root_leads_to_other_organizations() {
    let mut browser = Browser::company().await;
    assert!(!browser.look("/").await.has("Other organizations"));
    browser.act_as("666666666666:root").await;
    let created = browser.act("/", "organizations:CreateOrganization", &[("m.FeatureSet", "ALL")]).await;
    created.shows("Other organizations").shows("href=\"/units/r-root\"").shows("/accounts/666666666666");
    assert!(!created.has("Workloads"));
}

#[tokio::test]
async fn an_account_is_closed_after_it_was_asked_once_more() {
    let mut browser = Browser::company().await;
    browser.act_as("111111111111:root").await;
    let page = "/accounts/222222222222";
    browser.look(page).await.shows("Yes: close this account").shows("gone after 90 days");
    let closed = browser.act(page, "organizations:CloseAccount", &[("m.AccountId", "222222222222")]).await;
    closed.shows("class=\"outcome done\"");
    for list in ["/accounts", "/units/ou-root-workload"] {
        let page = browser.look(list).await;
        assert!(page.has("PENDING_CLOSURE") || page.has("SUSPENDED"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_search_finds_names_ids_addresses_and_tags() {
    let mut browser = Browser::company().await;
    for (query, found) in [
        ("2222-2222-2222", "/accounts/222222222222"),
        ("member@EXAMPLE.com", "/accounts/222222222222"),
        ("team%3Dblue", "/accounts/222222222222"),
        ("Workl", "/units/ou-root-workload"),
        ("is-locked", "/policies/p-locked00"),
        ("arn%3Aaws%3Aiam%3A%3A222222222222%3Auser%2Fteam%2Fadmin", "/accounts/222222222222/iam/users/admin"),
    ] {
        browser.look(&format!("/search?q={query}")).await.shows(found);
    }
    // What has exactly this id is what is meant.
    assert_eq!(browser.look("/search?q=222222222222").await.text.matches("<td>account</td>").count(), 1);
    browser.look("/search?q=nowhere").await.shows("Nothing here has this name");
}

/// F-WHY-14: what a policy would change is told before it is attached, and nothing is changed by asking.
#[tokio::test]
async fn what_a_policy_would_change_is_told_before_it_is_attached() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:user/admin").await;
    let rename = [("m.AccountName", "Renamed")];
    browser
        .act("/accounts/222222222222", "account:PutAccountName", &rename)
        .await
        .shows("class=\"outcome done\"");
    browser.act_as("111111111111:user/admin").await;
    let page = browser.look("/units/ou-root-workload").await;
    page.shows("formaction=\"/what-if\"");
    let chosen = [("m.TargetId", "ou-root-workload"), ("m.PolicyId", "p-locked00")];
    let asked = browser.submit(&page, "/what-if", &chosen).await;
    let address = asked.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(
        (asked.status, address.as_str()),
        (303, "/what-if?do=attach&policy=p-locked00&target=ou-root-workload")
    );
    let told = browser.look(&address).await;
    told.shows("1 would be answered otherwise")
        .shows("account:PutAccountName")
        .shows("refused")
        .shows("Attach it");
    let (_, why) = told.text.split_once("<a href=\"/why?event=").unwrap();
    let why =
        browser.look(&format!("/why?event={}", why.split('"').next().unwrap().replace("&amp;", "&"))).await;
    why.shows("REFUSED").shows("as drafted").shows("◆ draft").shows("As if ");
    let stored = why.text.split("\">As stored").next().unwrap().rsplit('"').next().unwrap().to_owned();
    browser.look(&stored).await.shows("ALLOWED");
    // Detached, where it is attached: what was refused would be allowed.
    browser.act_as("444444444444:user/admin").await;
    browser.act("/accounts/444444444444", "account:PutAccountName", &rename).await.shows("AccessDenied");
    let unit = browser.look("/units/ou-root-lockedou").await;
    let detach = "/what-if?do=detach&policy=p-locked00&target=ou-root-lockedou";
    unit.shows(&detach.replace('&', "&amp;"));
    browser.look(detach).await.shows("1 would be answered otherwise").shows("allowed").shows("Detach it");
    browser.look("/units/ou-root-workload").await;
    assert!(!browser.look("/units/ou-root-workload").await.has("account-is-locked</bdi></a></td>"));
    for wrong in ["policy=p-none&target=r-root", "policy=p-locked00&target=ou-none", ""] {
        assert_eq!(browser.look(&format!("/what-if?{wrong}")).await.status, 404, "{wrong}");
    }
}

/// Policies that are merged are told as they come out, by the operation that tells it.
#[tokio::test]
async fn an_account_tells_what_comes_of_the_policies_on_its_way() {
    let mut browser = Browser::company().await;
    browser.act_as("111111111111:user/admin").await;
    let account = "/accounts/222222222222";
    assert!(!browser.look(account).await.has("Effective TAG_POLICY"));
    let kind = [("m.RootId", "r-root"), ("m.PolicyType", "TAG_POLICY")];
    browser.act("/", "organizations:EnablePolicyType", &kind).await.shows("class=\"outcome done\"");
    browser.look(account).await.shows("Effective TAG_POLICY");
    let asked = [("m.PolicyType", "TAG_POLICY"), ("m.TargetId", "222222222222")];
    browser
        .act(account, "organizations:DescribeEffectivePolicy", &asked)
        .await
        .shows("&quot;EffectivePolicy&quot;");
}
