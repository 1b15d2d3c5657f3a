//! Identity providers outside AWS whose users may assume roles: one of OpenID Connect, or one of SAML.

use maud::{Markup, html};
use services::state::identity::{OpenIdConnectProvider, SamlProvider};

use super::{Titled, heading};
use crate::console::form::Form;
use crate::console::marks;
use crate::console::tags::Tagged;
use crate::console::visit::Visit;

/// Thumbprints that a provider may have.
const MOST_THUMBPRINTS: usize = 5;

/// Characters of a metadata document that are shown; it may have ten million.
const METADATA_SHOWN: usize = 10_000;

/// The page of an OpenID Connect provider.
pub fn oidc(visit: &Visit, provider: &OpenIdConnectProvider) -> Titled {
    let arn = format!("arn:aws:iam::{}:oidc-provider/{}", provider.account, provider.url);
    let delete = Form::new(visit, "iam:DeleteOpenIDConnectProvider", "delete");
    let tagged = Tagged {
        operations: ("iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider"),
        member: "OpenIDConnectProviderArn",
        id: &arn,
    };
    let main = html! {
        (heading(visit, provider.account, &html! { "OpenID Connect provider " bdi { (provider.url) } }))
        dl {
            dt { "ARN" } dd { (marks::id(&arn)) }
            dt { "Issuer" } dd { (marks::id(&format!("https://{}", provider.url))) }
            dt { "Created" } dd { (marks::time(provider.created_at)) }
            dt { "Keys" } dd {
                @if provider.key_set.is_some() { "those of the seed file" } @else { "asked of the issuer" }
            }
        }
        (audiences(visit, &arn, provider))
        (thumbprints(visit, &arn, &provider.thumbprints))
        (tagged.shown(visit, &provider.tags))
        (delete.confirmed(&[("OpenIDConnectProviderArn", &arn)], "delete this provider",
            "It is deleted for good. Roles that trust it stay, and let nobody in by it.",
            &format!("/accounts/{}/iam?tab=providers", provider.account)))
    };
    (provider.url.clone(), main)
}

fn audiences(visit: &Visit, arn: &str, provider: &OpenIdConnectProvider) -> Markup {
    let add = Form::new(visit, "iam:AddClientIDToOpenIDConnectProvider", "audience");
    html! {
        h2 { "Audiences" }
        @if provider.client_ids.is_empty() { p { "None yet." } }
        ul class="plain" { @for (place, id) in provider.client_ids.iter().enumerate() {
            @let remove = Form::new(visit, "iam:RemoveClientIDFromOpenIDConnectProvider", format!("no-audience-{place}"));
            li { (marks::id(id)) " "
                (remove.only_button(&[("OpenIDConnectProviderArn", arn), ("ClientID", id)], &format!("Remove {id}"))) }
        } }
        (add.folded("Add an audience", html! {
            (add.fixed("OpenIDConnectProviderArn", arn))
            (add.text("ClientID", "Client id", ""))
        }, "Add client id"))
    }
}

fn thumbprints(visit: &Visit, arn: &str, thumbprints: &[String]) -> Markup {
    let form = Form::new(visit, "iam:UpdateOpenIDConnectProviderThumbprint", "thumbprints");
    let current = |place: usize| thumbprints.get(place).map_or("", String::as_str);
    html! {
        h2 { "Thumbprints" }
        @if thumbprints.is_empty() { p { "None." } }
        ul class="plain" { @for thumbprint in thumbprints { li { (marks::id(thumbprint)) } } }
        (form.folded("Replace the thumbprints", html! {
            (form.fixed("OpenIDConnectProviderArn", arn))
            @for place in 0..MOST_THUMBPRINTS {
                @let member = format!("ThumbprintList.member.{}", place + 1);
                (form.optional(&member, &format!("Thumbprint {}", place + 1), current(place)))
            }
        }, "Update thumbprints"))
    }
}

/// The page of a SAML provider.
pub fn saml(visit: &Visit, provider: &SamlProvider) -> Titled {
    let arn = format!("arn:aws:iam::{}:saml-provider/{}", provider.account, provider.name);
    let update = Form::new(visit, "iam:UpdateSAMLProvider", "metadata");
    let delete = Form::new(visit, "iam:DeleteSAMLProvider", "delete");
    let tagged = Tagged {
        operations: ("iam:TagSAMLProvider", "iam:UntagSAMLProvider"),
        member: "SAMLProviderArn",
        id: &arn,
    };
    let metadata: String = provider.metadata.chars().take(METADATA_SHOWN).collect();
    let is_cut = metadata.len() < provider.metadata.len();
    let main = html! {
        (heading(visit, provider.account, &html! { "SAML provider " bdi { (provider.name) } }))
        dl {
            dt { "ARN" } dd { (marks::id(&arn)) }
            dt { "Created" } dd { (marks::time(provider.created_at)) }
            dt { "Metadata good until" } dd { (marks::time(provider.valid_until)) }
            dt { "Assertions" } dd { @if provider.requires_encryption { "must be encrypted" } @else { "need not be encrypted" } }
        }
        details {
            summary { "Metadata" @if is_cut { ", its beginning" } }
            (marks::numbered(&metadata))
        }
        (update.folded("Replace the metadata", html! {
            (update.fixed("SAMLProviderArn", &arn))
            (update.area("SAMLMetadataDocument", "Metadata document", "", None))
        }, "Update provider"))
        (tagged.shown(visit, &provider.tags))
        (delete.confirmed(&[("SAMLProviderArn", &arn)], "delete this provider",
            "It is deleted for good. Roles that trust it stay, and let nobody in by it.",
            &format!("/accounts/{}/iam?tab=providers", provider.account)))
    };
    (provider.name.clone(), main)
}
