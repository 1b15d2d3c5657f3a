//! Identities of an account: users, groups, roles, policies, identity providers, MFA devices and instance profiles, each
//! with a page of its own.

mod documents;
mod instance_profile;
mod mfa_device;
mod overview;
mod policy;
mod principal;
mod providers;

use aws::arn::AccountId;
use maud::{Markup, html};
use services::front::acting::Actor;
use services::state::identity::{
    InstanceProfile, InstanceProfileId, ManagedPolicy, ManagedPolicyId, MfaDevice, MfaDeviceId,
    OpenIdConnectProvider, OpenIdConnectProviderId, SamlProvider, SamlProviderId,
};
use services::world::World;

use super::Console;
use super::acting::button;
use super::marks::account_link;
use super::shell::{Page, Place, Wrong};
use super::visit::Visit;
use principal::{GROUP, ROLE, USER};

/// The title of a page, and what is on it.
type Titled = (String, Markup);

/// The page at the rest of an address below `/accounts/ID/iam`.
///
/// # Errors
/// There is nothing at this address, or the store failed.
pub async fn page(console: &Console, visit: &Visit, account: &str, rest: &[&str]) -> Result<Page, Wrong> {
    let none = || Wrong::NotFound("There is nothing of this name in the account.".to_owned());
    let account: AccountId = account.parse().map_err(|_| none())?;
    let page = match rest {
        [] => overview::page(console, visit, account).await?,
        [kind, name] => page_of_one(console, visit, account, kind, (*name).to_owned()).await?,
        _ => None,
    };
    let (title, main) = page.ok_or_else(none)?;
    Ok(Page::new(Place::Identities, title, main))
}

/// The page of one of a kind; `None` where there is no such kind, or none of this name.
async fn page_of_one(
    console: &Console,
    visit: &Visit,
    account: AccountId,
    kind: &str,
    name: String,
) -> Result<Option<Titled>, Wrong> {
    Ok(match kind {
        "users" => principal::page(console, visit, account, &USER, name).await?,
        "groups" => principal::page(console, visit, account, &GROUP, name).await?,
        "roles" => principal::page(console, visit, account, &ROLE, name).await?,
        "policies" => {
            let read =
                console.look(move |world| world.get::<ManagedPolicy>(ManagedPolicyId::new(account, &name)));
            read.await?.map(|it| policy::titled(visit, &it))
        }
        "oidc-providers" => {
            let read = move |world: &World<'_>| {
                world.get::<OpenIdConnectProvider>(OpenIdConnectProviderId { account, url: &name })
            };
            console.look(read).await?.map(|it| providers::oidc(visit, &it))
        }
        "saml-providers" => {
            let read =
                console.look(move |world| world.get::<SamlProvider>(SamlProviderId::new(account, &name)));
            read.await?.map(|it| providers::saml(visit, &it))
        }
        "mfa-devices" => {
            let read = console.look(move |world| world.get::<MfaDevice>(MfaDeviceId::new(account, &name)));
            read.await?.map(|it| mfa_device::titled(visit, &it))
        }
        "instance-profiles" => {
            let read = console
                .look(move |world| world.get::<InstanceProfile>(InstanceProfileId::new(account, &name)));
            read.await?.map(|it| instance_profile::titled(visit, &it))
        }
        _ => None,
    })
}

/// Where the page is, and that IAM changes the account of whoever acts.
fn heading(visit: &Visit, account: AccountId, title: &Markup) -> Markup {
    let is_own = visit.actor.as_ref().is_some_and(|actor| actor.account() == account);
    html! {
        h1 { (title) }
        p { "Account " (account_link(account)) " · " a href={ "/accounts/" (account) "/iam" } { "all identities" } }
        @if !is_own {
            p class="quiet" { "IAM changes the account of whoever acts. To change anything here, act as somebody of it: "
                (button(visit, &Actor::Root(account), &visit.address, "act as its root user")) }
        }
    }
}
