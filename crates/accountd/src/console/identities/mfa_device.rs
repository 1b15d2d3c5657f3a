//! One MFA device: whose it is, and how it is given and taken. Its secret is shown once, in the answer that makes it.

use maud::{Markup, html};
use services::state::identity::MfaDevice;

use super::{Titled, heading};
use crate::console::fields::escaped;
use crate::console::form::Form;
use crate::console::marks::{self, Sign, sign};
use crate::console::tags::Tagged;
use crate::console::visit::Visit;

/// The page of a device.
pub fn titled(visit: &Visit, device: &MfaDevice) -> Titled {
    (device.place.clone(), shown(visit, device))
}

fn shown(visit: &Visit, device: &MfaDevice) -> Markup {
    let serial = device.serial_number();
    let tagged = Tagged {
        operations: ("iam:TagMFADevice", "iam:UntagMFADevice"),
        member: "SerialNumber",
        id: &serial,
    };
    let delete = Form::new(visit, "iam:DeleteVirtualMFADevice", "delete");
    html! {
        (heading(visit, device.account, &html! { "MFA device " bdi { (device.place) } }))
        dl {
            dt { "Serial number" } dd { (marks::id(&serial)) }
            dt { "Created" } dd { (marks::time(device.created_at)) }
            dt { "Belongs to" } dd { (owner(device)) }
        }
        @match device.assignment.as_ref().map(|assignment| assignment.user.as_deref()) {
            None => { (given(visit, &serial)) }
            Some(Some(user)) => { (taken(visit, &serial, user)) }
            // The root user's comes and goes with its sign-in, which no operation does.
            Some(None) => {}
        }
        // One of hardware has no tags, and whoever has it keeps it.
        @if device.hardware_serial().is_none() {
            (tagged.shown(visit, &device.tags))
            (delete.confirmed(&[("SerialNumber", &serial)], "delete this device",
                "It is deleted for good, and only while it belongs to nobody.",
                &format!("/accounts/{}/iam?tab=mfa", device.account)))
        }
    }
}

fn owner(device: &MfaDevice) -> Markup {
    html! {
        @match &device.assignment {
            None => { (sign(Sign::Waiting, "nobody yet")) }
            Some(assignment) => {
                @match &assignment.user {
                    Some(user) => { a href={ "/accounts/" (device.account) "/iam/users/" (escaped(user)) } { bdi { (user) } } }
                    None => { "the root user" }
                }
                " since " (marks::time(assignment.enabled_at))
            }
        }
    }
}

/// Two codes show that somebody has the device.
fn given(visit: &Visit, serial: &str) -> Markup {
    let enable = Form::new(visit, "iam:EnableMFADevice", "enable");
    enable.folded(
        "Give it to a user",
        html! {
            (enable.fixed("SerialNumber", serial))
            (enable.text("UserName", "User", ""))
            (codes(&enable))
        },
        "Enable device",
    )
}

fn taken(visit: &Visit, serial: &str, user: &str) -> Markup {
    let deactivate = Form::new(visit, "iam:DeactivateMFADevice", "deactivate");
    let resync = Form::new(visit, "iam:ResyncMFADevice", "resync");
    html! {
        (deactivate.only_button(&[("UserName", user), ("SerialNumber", serial)], "Take it away"))
        (resync.folded("Set its clock right", html! {
            (resync.fixed("SerialNumber", serial))
            (resync.fixed("UserName", user))
            (codes(&resync))
        }, "Resync device"))
    }
}

fn codes(form: &Form<'_>) -> Markup {
    html! {
        (form.text("AuthenticationCode1", "One code", ""))
        (form.text("AuthenticationCode2", "The code after it", ""))
    }
}
