//! All 18 operations through the official Rust SDK, errors as typed errors, and the paginator (F-CLIENT-9).

use aws_sdk_account::Client;
use aws_sdk_account::error::ProvideErrorMetadata;
use aws_sdk_account::operation::RequestId;
use aws_sdk_account::operation::get_alternate_contact::GetAlternateContactError;
use aws_sdk_account::types::{
    AccountState, AlternateContactType, AwsAccountState, ContactInformation, PhoneNumberVerificationStatus,
    PrimaryEmailUpdateStatus, RegionOptStatus, ValidationExceptionReason,
};
use clients_test::{InProcess, MANAGEMENT, MEMBER, Outcome};

async fn company() -> (InProcess, Client) {
    let world = InProcess::company().await;
    let management = Client::new(&world.root(MANAGEMENT));
    (world, management)
}

fn contact(phone_number: &str) -> Result<ContactInformation, Box<dyn std::error::Error>> {
    let contact = ContactInformation::builder()
        .full_name("Jane Doe")
        .address_line1("1 Main St")
        .city("Seattle")
        .state_or_region("WA")
        .postal_code("98101")
        .country_code("US")
        .phone_number(phone_number);
    Ok(contact.build()?)
}

/// GetAccountInformation, PutAccountName.
#[tokio::test]
async fn account_name_and_information() -> Outcome {
    let (_, client) = company().await;
    client.put_account_name().account_id(MEMBER).account_name("Renamed").send().await?;
    let account = client.get_account_information().account_id(MEMBER).send().await?;
    assert_eq!(account.account_id(), Some(MEMBER));
    assert_eq!(account.account_name(), Some("Renamed"));
    assert_eq!(account.account_created_date().map(|date| date.secs()), Some(1_709_208_000));
    assert_eq!(account.account_state(), Some(&AccountState::Active));
    assert_eq!(account.request_id().map(str::len), Some(36));
    Ok(())
}

/// PutContactInformation, GetContactInformation, SendPhoneNumberVerification, VerifyPhoneNumber.
#[tokio::test]
async fn contact_information_and_its_phone_number() -> Outcome {
    let (world, client) = company().await;
    let contact = contact("+12065550123")?;
    client.put_contact_information().account_id(MEMBER).contact_information(contact.clone()).send().await?;
    let stored = client.get_contact_information().account_id(MEMBER).send().await?;
    assert_eq!(stored.contact_information(), Some(&contact));
    assert_eq!(stored.verification_status(), Some(&PhoneNumberVerificationStatus::Unverified));

    let sent = client.send_phone_number_verification().account_id(MEMBER).send().await?;
    assert_eq!(sent.status(), Some(&PhoneNumberVerificationStatus::Pending));
    let code = world.message_to("+12065550123").await.code;
    let verified = client.verify_phone_number().account_id(MEMBER).otp(code).send().await?;
    assert_eq!(verified.status(), Some(&PhoneNumberVerificationStatus::Verified));
    Ok(())
}

/// PutAlternateContact, GetAlternateContact, DeleteAlternateContact.
#[tokio::test]
async fn alternate_contacts() -> Outcome {
    let (_, client) = company().await;
    let kind = AlternateContactType::Billing;
    client
        .put_alternate_contact()
        .account_id(MEMBER)
        .alternate_contact_type(kind.clone())
        .name("Bill Ing")
        .title("Billing")
        .email_address("bill@ing.com")
        .phone_number("+1 555-555-5555")
        .send()
        .await?;
    let get = || client.get_alternate_contact().account_id(MEMBER).alternate_contact_type(kind.clone());
    let stored = get().send().await?.alternate_contact.ok_or("a contact")?;
    assert_eq!(stored.name(), Some("Bill Ing"));
    assert_eq!(stored.title(), Some("Billing"));
    assert_eq!(stored.email_address(), Some("bill@ing.com"));
    assert_eq!(stored.phone_number(), Some("+1 555-555-5555"));
    assert_eq!(stored.alternate_contact_type(), Some(&kind));
    client.delete_alternate_contact().account_id(MEMBER).alternate_contact_type(kind.clone()).send().await?;
    let Err(error) = get().send().await else { return Err("it is gone".into()) };
    let GetAlternateContactError::ResourceNotFoundException(error) = error.into_service_error() else {
        return Err("another error".into());
    };
    assert_eq!(error.message(), "No contact of the inputted alternate contact type found.");
    assert_eq!(error.meta().code(), Some("ResourceNotFoundException"));
    assert!(error.error_type().is_some(), "the member that comes from the header");
    Ok(())
}

/// EnableRegion, DisableRegion, GetRegionOptStatus, ListRegions.
#[tokio::test]
async fn regions() -> Outcome {
    let (world, client) = company().await;
    let status = async || {
        let request = client.get_region_opt_status().account_id(MEMBER).region_name("af-south-1");
        request.send().await.map(|answer| answer.region_opt_status)
    };
    let enable = || client.enable_region().account_id(MEMBER).region_name("af-south-1").send();
    let disable = || client.disable_region().account_id(MEMBER).region_name("af-south-1").send();
    assert_eq!(status().await?, Some(RegionOptStatus::Disabled));
    enable().await?;
    assert_eq!(status().await?, Some(RegionOptStatus::Enabling));
    assert!(disable().await.is_err_and(|error| error.into_service_error().is_conflict_exception()));
    world.advance(2);
    assert_eq!(status().await?, Some(RegionOptStatus::Enabled));
    let Err(error) = enable().await else { return Err("it is enabled".into()) };
    let error = error.into_service_error();
    assert!(error.is_validation_exception());
    disable().await?;
    assert_eq!(status().await?, Some(RegionOptStatus::Disabling));
    world.advance(1);
    let disabled = client
        .list_regions()
        .account_id(MEMBER)
        .region_opt_status_contains(RegionOptStatus::Disabled)
        .send()
        .await?;
    assert_eq!(disabled.regions().len(), 17);
    Ok(())
}

#[tokio::test]
async fn the_paginator_of_list_regions() -> Outcome {
    let (_, client) = company().await;
    let mut pages = client.list_regions().into_paginator().page_size(15).send();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page?.regions().len());
    }
    assert_eq!(sizes, [15, 15, 4]);
    Ok(())
}

/// StartPrimaryEmailUpdate, AcceptPrimaryEmailUpdate, GetPrimaryEmailUpdateStatus, GetPrimaryEmail.
#[tokio::test]
async fn primary_email_address() -> Outcome {
    let (world, client) = company().await;
    let new = "new@example.invalid";
    let status = async || {
        let answer = client.get_primary_email_update_status().account_id(MEMBER).send().await?;
        assert!(answer.updated_at().is_some());
        Ok::<_, Box<dyn std::error::Error>>(answer.status)
    };
    let started = client.start_primary_email_update().account_id(MEMBER).primary_email(new).send().await?;
    assert_eq!(started.status(), Some(&PrimaryEmailUpdateStatus::Pending));
    assert_eq!(status().await?, PrimaryEmailUpdateStatus::Pending);
    let code = world.message_to(new).await.code;
    let accept = client.accept_primary_email_update().account_id(MEMBER).primary_email(new).otp(code);
    assert_eq!(accept.send().await?.status(), Some(&PrimaryEmailUpdateStatus::Accepted));
    world.advance(1);
    assert_eq!(status().await?, PrimaryEmailUpdateStatus::Completed);
    let email = client.get_primary_email().account_id(MEMBER).send().await?;
    assert_eq!(email.primary_email(), Some(new));
    Ok(())
}

/// GetGovCloudAccountInformation.
#[tokio::test]
async fn the_linked_account_in_gov_cloud() -> Outcome {
    let (world, client) = company().await;
    let linked = client.get_gov_cloud_account_information().standard_account_id(MEMBER).send().await?;
    assert_eq!(linked.gov_cloud_account_id(), "999999999999");
    assert_eq!(linked.account_state(), &AwsAccountState::Active);
    let own = Client::new(&world.root(MEMBER)).get_gov_cloud_account_information().send().await?;
    assert_eq!(own.gov_cloud_account_id(), "999999999999");
    let none = client.get_gov_cloud_account_information().send().await;
    assert!(none.is_err_and(|error| error.into_service_error().is_resource_not_found_exception()));
    Ok(())
}

#[tokio::test]
async fn a_validation_exception_has_its_reason_and_fields() -> Outcome {
    let (_, client) = company().await;
    let refused = client.list_regions().next_token("invalid-token").send().await;
    let Err(error) = refused else { return Err("no such token".into()) };
    let error = error.into_service_error();
    let aws_sdk_account::operation::list_regions::ListRegionsError::ValidationException(error) = error else {
        return Err("another error".into());
    };
    assert_eq!(error.message(), "NextToken is malformed");
    assert_eq!(error.reason(), Some(&ValidationExceptionReason::FieldValidationFailed));
    let fields: Vec<_> = error.field_list().iter().map(|field| (field.name(), field.message())).collect();
    assert_eq!(fields, [("NextToken", "NextToken is malformed")]);
    Ok(())
}

#[tokio::test]
async fn every_other_modeled_error_is_typed() -> Outcome {
    let (_, client) = company().await;
    let own = client.get_account_information().account_id(MANAGEMENT).send().await;
    assert!(own.is_err_and(|error| error.into_service_error().is_access_denied_exception()));
    let used = client
        .start_primary_email_update()
        .account_id(MEMBER)
        .primary_email("MANAGEMENT@example.invalid")
        .send()
        .await;
    assert!(used.is_err_and(|error| error.into_service_error().is_conflict_exception()));
    for region in ["af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4"] {
        client.enable_region().region_name(region).send().await?;
    }
    let seventh = client.enable_region().region_name("ap-southeast-5").send().await;
    assert!(seventh.is_err_and(|error| error.into_service_error().is_too_many_requests_exception()));
    Ok(())
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_key_are_refused() -> Outcome {
    let (world, _) = company().await;
    for (key, secret, code) in [
        (MEMBER, "wrong", "InvalidSignatureException"),
        ("AKIAUNKNOWNUNKNOWN12", "test", "UnrecognizedClientException"),
    ] {
        let refused = Client::new(&world.key(key, secret)).get_account_information().send().await;
        let Err(error) = refused else { return Err(format!("{key} is let in").into()) };
        assert_eq!(error.code(), Some(code));
        let status = error.raw_response().map(|response| response.status().as_u16());
        assert_eq!(status, Some(403));
    }
    Ok(())
}
