//! STS through the official Rust SDK: temporary credentials, what they carry, and how they end (F-CLIENT-15).

use aws_sdk_iam::Client as Iam;
use aws_sdk_sts::Client;
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::primitives::DateTime;
use aws_sdk_sts::types::{Credentials, PolicyDescriptorType, Tag};
use clients_test::{
    InProcess, MANAGEMENT, MEMBER, NOBODY_ARN, Outcome, access_role_arn, policy, refusal, refused,
};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/AWSAccountManagementReadOnlyAccess";

async fn company() -> (InProcess, Client) {
    let world = InProcess::company().await;
    let admin = Client::new(&world.admin());
    (world, admin)
}

fn given(credentials: Option<Credentials>) -> Result<Credentials, &'static str> {
    credentials.ok_or("an answer with credentials")
}

/// A role in the member that the management account may assume with the external id `sesame`.
async fn external_role(world: &InProcess) -> Result<String, Box<dyn std::error::Error>> {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Principal":{{"AWS":"{MANAGEMENT}"}},
              "Action":["sts:TagSession","sts:SetSourceIdentity"]}},
            {{"Effect":"Allow","Principal":{{"AWS":"{MANAGEMENT}"}},"Action":"sts:AssumeRole",
              "Condition":{{"StringEquals":{{"sts:ExternalId":"sesame"}}}}}}]}}"#
    );
    let iam = Iam::new(&world.root(MEMBER));
    let made = iam.create_role().role_name("external").assume_role_policy_document(trust).send().await?;
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    iam.attach_role_policy().role_name("external").policy_arn(administrator).send().await?;
    Ok(made.role().ok_or("a role")?.arn().to_owned())
}

/// GetCallerIdentity.
#[tokio::test]
async fn callers_learn_who_they_are() -> Outcome {
    let (world, admin) = company().await;
    let user = admin.get_caller_identity().send().await?;
    assert_eq!(user.account(), Some(MANAGEMENT));
    assert_eq!(user.arn(), Some("arn:aws:iam::111111111111:user/admin"));
    assert!(user.user_id().is_some_and(|id| id.starts_with("AIDA")));
    let root = Client::new(&world.root(MEMBER)).get_caller_identity().send().await?;
    assert_eq!((root.arn(), root.user_id()), (Some("arn:aws:iam::222222222222:root"), Some(MEMBER)));
    Ok(())
}

/// AssumeRole with everything that a session can carry; what it carries binds the calls that follow.
#[tokio::test]
async fn a_role_is_assumed_with_all_that_a_session_carries() -> Outcome {
    let (world, admin) = company().await;
    let role = external_role(&world).await?;
    let request = admin.assume_role().role_arn(&role).role_session_name("ann").external_id("sesame");
    let assumed = request
        .policy(policy("Allow", "account:Get*"))
        .policy_arns(PolicyDescriptorType::builder().arn(READ_ONLY).build())
        .tags(Tag::builder().key("team").value("blue").build()?)
        .transitive_tag_keys("team")
        .source_identity("ann")
        .duration_seconds(900)
        .send()
        .await?;
    assert_eq!(assumed.source_identity(), Some("ann"));
    assert!(assumed.session_token_utilization().is_some_and(|percent| (1..100).contains(&percent)));
    let user = assumed.assumed_role_user().ok_or("a user")?;
    assert_eq!(user.arn(), "arn:aws:sts::222222222222:assumed-role/external/ann");
    let credentials = given(assumed.credentials.clone())?;
    assert!(credentials.access_key_id().starts_with("ASIA"));

    let session = world.session(&credentials);
    let identity = Client::new(&session).get_caller_identity().send().await?;
    assert_eq!(identity.arn(), Some(user.arn()));
    assert_eq!(identity.user_id(), Some(user.assumed_role_id()));
    let account = aws_sdk_account::Client::new(&session);
    assert_eq!(account.get_account_information().send().await?.account_name(), Some("Member"));
    // The role allows the call and neither session policy does.
    let denied = refused(account.put_account_name().account_name("Renamed").send().await);
    assert!(denied.is_access_denied_exception());
    let message = denied.meta().message().ok_or("a message")?;
    assert!(
        message.ends_with("because no session policy allows the account:PutAccountName action"),
        "{message}"
    );
    Ok(())
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_access_denied() -> Outcome {
    let (world, admin) = company().await;
    let role = external_role(&world).await?;
    let denied =
        |arn: &str| format!("User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role}");
    let assume = |client: &Client| client.assume_role().role_arn(&role).role_session_name("ann");
    let nobody = Client::new(&world.nobody());
    let admin_arn = "arn:aws:iam::111111111111:user/admin";
    for (request, arn) in [
        (assume(&admin), admin_arn),
        (assume(&admin).external_id("mustard"), admin_arn),
        (assume(&nobody).external_id("sesame"), NOBODY_ARN),
    ] {
        let refusal = refusal(request.send().await);
        assert_eq!(refusal.raw().status().as_u16(), 403);
        assert_eq!(refusal.err().code(), Some("AccessDenied"));
        assert_eq!(refusal.err().message(), Some(denied(arn).as_str()));
    }
    Ok(())
}

#[tokio::test]
async fn a_session_policy_that_is_no_policy_is_typed() -> Outcome {
    let (world, admin) = company().await;
    let role = external_role(&world).await?;
    let request = admin.assume_role().role_arn(role).role_session_name("ann").external_id("sesame");
    let malformed = refused(request.clone().policy("{").send().await);
    assert!(malformed.is_malformed_policy_document_exception());
    let tags = (0..50).map(|number| Tag::builder().key(format!("k{number}")).value("v".repeat(256)).build());
    let tags = tags.collect::<Result<Vec<_>, _>>()?;
    let large = refused(request.set_tags(Some(tags)).send().await);
    assert!(large.is_packed_policy_too_large_exception());
    Ok(())
}

/// Each service says so in its own words. Temporary credentials live by real time, which no test moves: the
/// session comes from the seed and has expired before.
#[tokio::test]
async fn credentials_that_have_expired_are_refused_as_such() -> Outcome {
    let (world, _) = company().await;
    let expired = Credentials::builder()
        .access_key_id("ASIAYESTERDAY2222222")
        .secret_access_key("secret-of-yesterday")
        .session_token("token-of-yesterday")
        .expiration(DateTime::from_secs(1_709_294_400))
        .build()?;
    let session = world.session(&expired);
    let text = Some("The security token included in the request is expired");
    let of_account = aws_sdk_account::Client::new(&session).get_account_information().send().await;
    let late = refusal(of_account);
    assert_eq!(late.raw().status().as_u16(), 403);
    assert_eq!((late.err().code(), late.err().message()), (Some("ExpiredTokenException"), text));
    let late = refusal(Client::new(&session).get_caller_identity().send().await);
    assert_eq!(late.raw().status().as_u16(), 403);
    assert_eq!((late.err().code(), late.err().message()), (Some("ExpiredToken"), text));
    Ok(())
}

/// A year of service time ends no session, as it ends no signature.
#[tokio::test]
async fn credentials_live_by_real_time() -> Outcome {
    let (world, admin) = company().await;
    let request = admin.assume_role().role_arn(access_role_arn(MEMBER)).role_session_name("ann");
    let credentials = given(request.duration_seconds(900).send().await?.credentials)?;
    let left = credentials.expiration().secs() - jiff::Timestamp::now().as_second();
    assert!((880..=900).contains(&left), "{left} s");
    world.advance(365 * 24 * 3600);
    Client::new(&world.session(&credentials)).get_caller_identity().send().await?;
    Ok(())
}

/// GetSessionToken.
#[tokio::test]
async fn a_session_token_stands_for_its_user() -> Outcome {
    let (world, admin) = company().await;
    let answer = admin.get_session_token().duration_seconds(900).send().await?;
    let session = world.session(&given(answer.credentials)?);
    let sts = Client::new(&session);
    let identity = sts.get_caller_identity().send().await?;
    assert_eq!(identity.arn(), Some("arn:aws:iam::111111111111:user/admin"));
    sts.assume_role().role_arn(access_role_arn(MEMBER)).role_session_name("ann").send().await?;
    let again = refused(sts.get_session_token().send().await);
    assert_eq!(again.code(), Some("AccessDenied"));
    assert_eq!(again.message(), Some("Cannot call GetSessionToken with session credentials"));
    let without_mfa = refused(Iam::new(&session).list_users().send().await);
    assert_eq!(without_mfa.code(), Some("InvalidClientTokenId"));
    Ok(())
}

/// GetFederationToken.
#[tokio::test]
async fn a_federated_user_may_what_both_allow() -> Outcome {
    let (world, admin) = company().await;
    let request = admin.get_federation_token().name("guest").policy(policy("Allow", "account:ListRegions"));
    let answer = request.send().await?;
    let guest = answer.federated_user().ok_or("a federated user")?;
    assert_eq!(guest.arn(), "arn:aws:sts::111111111111:federated-user/guest");
    assert_eq!(guest.federated_user_id(), "111111111111:guest");
    let account = aws_sdk_account::Client::new(&world.session(&given(answer.credentials.clone())?));
    assert!(!account.list_regions().send().await?.regions().is_empty());
    let denied = refused(account.get_account_information().send().await);
    assert!(denied.is_access_denied_exception());
    let refused = refused(admin.get_federation_token().name("guest").policy("{}").send().await);
    assert!(refused.is_malformed_policy_document_exception());
    Ok(())
}

/// GetAccessKeyInfo.
#[tokio::test]
async fn a_key_tells_its_account() -> Outcome {
    let (_, admin) = company().await;
    let request = admin.assume_role().role_arn(access_role_arn(MEMBER)).role_session_name("ann");
    let key = given(request.send().await?.credentials)?.access_key_id;
    let owner = admin.get_access_key_info().access_key_id(key).send().await?;
    assert_eq!(owner.account(), Some(MEMBER));
    let unknown = refusal(admin.get_access_key_info().access_key_id("AKIAIOSFODNN7EXAMPLE").send().await);
    assert_eq!(unknown.raw().status().as_u16(), 400);
    assert_eq!(unknown.err().code(), Some("ValidationError"));
    Ok(())
}

/// DecodeAuthorizationMessage: what EC2 puts into a refusal, STS decodes.
#[tokio::test]
async fn an_encoded_refusal_is_decoded() -> Outcome {
    use aws_sdk_sts::operation::decode_authorization_message::DecodeAuthorizationMessageError;

    let (world, admin) = company().await;
    let denied = world.describe_regions(&world.nobody(), &[]).await?;
    assert_eq!((denied.status, denied.texts("Code")), (403, vec!["UnauthorizedOperation"]));
    let message = denied.texts("Message").join("");
    let (_, encoded) =
        message.split_once("Encoded authorization failure message: ").ok_or("an encoded message")?;
    let answer = admin.decode_authorization_message().encoded_message(encoded).send().await?;
    let decoded: serde_json::Value =
        serde_json::from_str(answer.decoded_message().ok_or("a decoded message")?)?;
    assert_eq!((&decoded["allowed"], &decoded["explicitDeny"]), (&false.into(), &false.into()));
    assert_eq!(decoded["context"]["action"], "ec2:DescribeRegions");
    assert_eq!(decoded["context"]["principal"]["arn"], NOBODY_ARN);
    let bent = refused(admin.decode_authorization_message().encoded_message(&encoded[1..]).send().await);
    let DecodeAuthorizationMessageError::InvalidAuthorizationMessageException(bent) = bent else {
        return Err("another error".into());
    };
    assert_eq!(bent.message(), Some("Message is not valid"));
    Ok(())
}
