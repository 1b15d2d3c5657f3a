//! Users, groups, roles and policies, documents that are checked, and keys whose secret is shown once.

use crate::browser::Browser;

const HOME: &str = "/accounts/222222222222/iam";

#[tokio::test]
async fn a_user_gets_a_policy_and_a_key_whose_secret_is_shown_once() {
    let mut browser = Browser::company().await;
    browser.look(HOME).await.shows("act as its root user");
    browser.act_as("222222222222:user/admin").await;
    browser.act(HOME, "iam:CreateUser", &[("m.UserName", "ann")]).await.shows("<bdi>ann</bdi>");
    let page = format!("{HOME}/users/ann");
    let attached = [("m.UserName", "ann"), ("m.PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")];
    browser.act(&page, "iam:AttachUserPolicy", &attached).await.shows("policy/AdministratorAccess</code>");
    let key = browser.act(&page, "iam:CreateAccessKey", &[("m.UserName", "ann")]).await;
    key.shows("<details open>").shows("SecretAccessKey").shows("AKIA");
    let later = browser.look(&page).await;
    later.shows("AKIA");
    assert!(!later.has("SecretAccessKey"));
}

#[tokio::test]
async fn a_document_is_refused_with_its_place_and_stays_in_the_form() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:user/admin").await;
    let page = browser.look(&format!("{HOME}?tab=policies")).await;
    page.shows("reads-only");
    let document = "{\"Version\": \"2012-10-17\",\n \"Statement\": [}";
    let checked = browser
        .submit(&page, "/_accountd/console/check", &[("kind", "managed"), ("document", document)])
        .await;
    assert!(checked.text.starts_with("Line 2, column "), "{}", checked.text);
    let fields = [
        ("operation", "iam:CreatePolicy"),
        ("back", "/accounts/222222222222/iam?tab=policies"),
        ("form", "create-policy"),
        ("m.PolicyName", "broken"),
        ("m.PolicyDocument", document),
    ];
    let refused = browser.submit(&page, "/act", &fields).await;
    refused.shows("MalformedPolicyDocument").shows("value=\"broken\"").shows("&quot;Statement&quot;: [}");
}

#[tokio::test]
async fn roles_show_whom_they_trust_and_policies_their_versions() {
    let mut browser = Browser::company().await;
    let role = browser.look(&format!("{HOME}/roles/OrganizationAccountAccessRole")).await;
    role.shows("Trust policy").shows("111111111111").shows("AdministratorAccess");
    browser.look(&format!("{HOME}/policies/reads-only")).await.shows("account:Get*").shows("v1");
    browser.look(&format!("{HOME}/users/bounded")).await.shows("policy/reads-only</code>");
    for missing in ["users/none", "roles/none", "groups/none", "policies/none", "providers/x"] {
        assert_eq!(browser.look(&format!("{HOME}/{missing}")).await.status, 404, "{missing}");
    }
}

/// Who is deleted is not looked for again: the page goes on to the list.
#[tokio::test]
async fn a_deletion_goes_on_to_the_list() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:root").await;
    browser.act(HOME, "iam:CreateGroup", &[("m.GroupName", "Team")]).await;
    let page = format!("{HOME}/groups/Team");
    let list = format!("{HOME}?tab=groups");
    let deleted = browser.act(&page, "iam:DeleteGroup", &[("m.GroupName", "Team"), ("then", &list)]).await;
    assert_eq!(deleted.status, 200);
    deleted.shows("class=\"outcome done\"").shows("None yet.");
}
