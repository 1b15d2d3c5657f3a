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
    for missing in [
        "users/none",
        "roles/none",
        "groups/none",
        "policies/none",
        "oidc-providers/x",
        "saml-providers/x",
        "mfa-devices/x",
        "instance-profiles/x",
        "else/x",
    ] {
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

/// F-CONSOLE-8: tags are edited where they stand, of whatever has some.
#[tokio::test]
async fn tags_are_added_changed_and_removed_of_whatever_has_some() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:user/admin").await;
    browser.act(HOME, "iam:CreateInstanceProfile", &[("m.InstanceProfileName", "web")]).await;
    browser.act(HOME, "iam:CreateVirtualMFADevice", &[("m.VirtualMFADeviceName", "phone")]).await;
    let oidc = [("m.Url", "https://issuer.example"), ("o.ClientIDList.member.1", "aud")];
    browser.act(HOME, "iam:CreateOpenIDConnectProvider", &oidc).await;
    let arn = |rest: &str| format!("arn:aws:iam::222222222222:{rest}");
    for (page, kind, member, id) in [
        ("users/nobody", "User", "UserName", "nobody".to_owned()),
        ("roles/Idle", "Role", "RoleName", "Idle".to_owned()),
        ("policies/reads-only", "Policy", "PolicyArn", arn("policy/reads-only")),
        ("instance-profiles/web", "InstanceProfile", "InstanceProfileName", "web".to_owned()),
        ("mfa-devices/phone", "MFADevice", "SerialNumber", arn("mfa/phone")),
        (
            "oidc-providers/issuer.example",
            "OpenIDConnectProvider",
            "OpenIDConnectProviderArn",
            arn("oidc-provider/issuer.example"),
        ),
    ] {
        edited(
            &mut browser,
            &format!("{HOME}/{page}"),
            (&format!("iam:Tag{kind}"), &format!("iam:Untag{kind}")),
            (member, &id),
        )
        .await;
    }
    browser.act_as("111111111111:user/admin").await;
    for (page, id) in [
        ("/units/r-root", "r-root"),
        ("/units/ou-root-workload", "ou-root-workload"),
        ("/accounts/222222222222", "222222222222"),
        ("/policies/p-locked00", "p-locked00"),
    ] {
        let operations = ("organizations:TagResource", "organizations:UntagResource");
        edited(&mut browser, page, operations, ("ResourceId", id)).await;
    }
}

/// Adds a tag, changes and removes it, each by the form that the page has for it.
async fn edited(browser: &mut Browser, page: &str, (tag, untag): (&str, &str), (member, id): (&str, &str)) {
    let member = format!("m.{member}");
    let key = ("m.Tags.member.1.Key", "colour");
    let has_form = |seen: &crate::browser::Seen, form: &str, operation: &str| {
        let form = seen.text.split(&format!("id=\"form-{form}\"")).nth(1).expect("the page has the form");
        let form = form.split("</form>").next().unwrap();
        assert!(form.contains(&format!("value=\"{operation}\"")), "{form}");
        assert!(form.contains(&format!("name=\"{member}\" value=\"{id}\"")), "{form}");
    };
    has_form(&browser.look(page).await, "tag", tag);
    let added = browser.act(page, tag, &[(&member, id), key, ("m.Tags.member.1.Value", "blue")]).await;
    added.shows("class=\"outcome done\"").shows("<bdi>colour</bdi>=<bdi>blue</bdi>");
    has_form(&added, "tag-0", tag);
    has_form(&added, "untag-0", untag);
    let changed = browser.act(page, tag, &[(&member, id), key, ("m.Tags.member.1.Value", "red")]).await;
    changed.shows("<bdi>colour</bdi>=<bdi>red</bdi>");
    let removed = browser.act(page, untag, &[(&member, id), ("m.TagKeys.member.1", "colour")]).await;
    removed.shows("class=\"outcome done\"");
    assert!(!removed.has("<bdi>colour</bdi>="), "{page}");
}

/// F-CONSOLE-8
#[tokio::test]
async fn a_user_gets_a_password_that_no_page_repeats() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:user/admin").await;
    let page = format!("{HOME}/users/nobody");
    browser.look(&page).await.shows("Give it a password").shows("type=\"password\"");
    let password = "correct horse battery 7!Z";
    let fields = [("m.UserName", "nobody"), ("m.Password", password), ("m.PasswordResetRequired", "true")];
    let set = browser.act(&page, "iam:CreateLoginProfile", &fields).await;
    set.shows("class=\"outcome done\"")
        .shows("to be changed at the next sign-in")
        .shows("--password PASSWORD");
    assert!(!set.has(password));
    let short = [("m.UserName", "nobody"), ("m.Password", "short"), ("form", "password")];
    let refused = browser.act(&page, "iam:UpdateLoginProfile", &short).await;
    assert!(refused.has("class=\"outcome refused\"") && !refused.has("short\""), "{}", refused.text);
    let taken = browser.act(&page, "iam:DeleteLoginProfile", &[("m.UserName", "nobody")]).await;
    taken.shows("class=\"outcome done\"").shows("Give it a password");
}

/// F-CONSOLE-8
#[tokio::test]
async fn an_mfa_device_is_made_and_its_secret_shown_once() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:user/admin").await;
    let list = format!("{HOME}?tab=mfa");
    let made = browser.act(&list, "iam:CreateVirtualMFADevice", &[("m.VirtualMFADeviceName", "phone")]).await;
    made.shows("<details open>").shows("Base32StringSeed").shows("nobody's yet");
    // The seed as an authenticator takes it, and no picture of it in letters.
    let (_, seed) = made.text.split_once("Base32StringSeed&quot;: &quot;").unwrap();
    let seed = seed.split('&').next().unwrap();
    assert!(seed.len() >= 16 && seed.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')), "{seed}");
    assert!(!made.has("QRCodePNG"));
    let page = format!("{HOME}/mfa-devices/phone");
    assert!(!browser.look(&page).await.shows("nobody yet").has("Base32StringSeed"));
    let wrong = [
        ("m.SerialNumber", "arn:aws:iam::222222222222:mfa/phone"),
        ("m.UserName", "nobody"),
        ("m.AuthenticationCode1", "000000"),
        ("m.AuthenticationCode2", "000000"),
    ];
    browser.act(&page, "iam:EnableMFADevice", &wrong).await.shows("InvalidAuthenticationCode");
    let serial = [("m.SerialNumber", "arn:aws:iam::222222222222:mfa/phone"), ("then", list.as_str())];
    browser.act(&page, "iam:DeleteVirtualMFADevice", &serial).await.shows("None yet.");
}

/// F-CONSOLE-8
#[tokio::test]
async fn providers_and_instance_profiles_are_made_and_changed() {
    let mut browser = Browser::company().await;
    browser.act_as("222222222222:user/admin").await;
    let list = format!("{HOME}?tab=providers");
    let url = [("m.Url", "https://issuer.example/tenant"), ("o.ClientIDList.member.1", "one")];
    browser
        .act(&list, "iam:CreateOpenIDConnectProvider", &url)
        .await
        .shows("oidc-providers/issuer.example%2Ftenant");
    let page = format!("{HOME}/oidc-providers/issuer.example%2Ftenant");
    let arn = "arn:aws:iam::222222222222:oidc-provider/issuer.example/tenant";
    let named =
        |name: &'static str, value: &'static str| [("m.OpenIDConnectProviderArn", arn), (name, value)];
    browser
        .act(&page, "iam:AddClientIDToOpenIDConnectProvider", &named("m.ClientID", "two"))
        .await
        .shows("<code>two</code>");
    let one =
        browser.act(&page, "iam:RemoveClientIDFromOpenIDConnectProvider", &named("m.ClientID", "one")).await;
    assert!(!one.shows("class=\"outcome done\"").has("<code>one</code>"));
    let thumbprint = "0123456789abcdef0123456789abcdef01234567";
    let replaced = named("o.ThumbprintList.member.1", thumbprint);
    browser
        .act(&page, "iam:UpdateOpenIDConnectProviderThumbprint", &replaced)
        .await
        .shows(&format!("<code>{thumbprint}</code>"));
    let list = format!("{HOME}?tab=instance-profiles");
    browser
        .act(&list, "iam:CreateInstanceProfile", &[("m.InstanceProfileName", "web")])
        .await
        .shows("<bdi>web</bdi>");
    let page = format!("{HOME}/instance-profiles/web");
    let role = [("m.InstanceProfileName", "web"), ("m.RoleName", "Idle")];
    browser.act(&page, "iam:AddRoleToInstanceProfile", &role).await.shows("Take Idle out");
    browser.look(&format!("{HOME}/roles/Idle")).await.shows("instance-profiles/web");
    browser.act(&page, "iam:RemoveRoleFromInstanceProfile", &role).await.shows("None yet.");
}
