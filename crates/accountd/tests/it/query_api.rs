//! The Query API of Account Management: XML answers and refusals, to the byte.

use crate::answer::{Answer, element};
use crate::cast::*;
use crate::world::{World, post, signed};
use testing::signer::Key;

/// The body with the request's id, which is another one each time, written as `ID`.
fn golden(answer: &Answer) -> String {
    let id = answer.header("x-amzn-requestid").unwrap();
    assert_eq!(answer.text().matches(id).count(), 1, "the id of the header stands in the body");
    answer.text().replace(id, "ID")
}

const NAMESPACE: &str = "xmlns=\"https://account.amazonaws.com/doc/2021-02-01/\"";

#[test]
fn an_operation_without_output_answers_its_metadata() {
    let world = World::company();
    let parameters =
        "&AlternateContactType=Billing&Name=A%26B&Title=T&EmailAddress=a%40b.c&PhoneNumber=%2B1+2";
    let answer = world.call_by_query(&MEMBER_PROBE, "PutAlternateContact", parameters);
    assert_eq!(answer.status, 200);
    assert_eq!(
        golden(&answer),
        format!(
            "\
<PutAlternateContactResponse {NAMESPACE}>
  <ResponseMetadata>
    <RequestId>ID</RequestId>
  </ResponseMetadata>
</PutAlternateContactResponse>
"
        )
    );
    let answer = world.call_by_query(&MEMBER_PROBE, "GetAlternateContact", "&AlternateContactType=BILLING");
    assert_eq!(
        golden(&answer),
        format!(
            "\
<GetAlternateContactResponse {NAMESPACE}>
  <GetAlternateContactResult>
    <AlternateContact>
      <Name>A&amp;B</Name>
      <Title>T</Title>
      <EmailAddress>a@b.c</EmailAddress>
      <PhoneNumber>+1 2</PhoneNumber>
      <AlternateContactType>BILLING</AlternateContactType>
    </AlternateContact>
  </GetAlternateContactResult>
  <ResponseMetadata>
    <RequestId>ID</RequestId>
  </ResponseMetadata>
</GetAlternateContactResponse>
"
        )
    );
}

#[test]
fn nested_members_and_lists_are_parameters() {
    let world = World::company();
    let parameters = "&ContactInformation.FullName=Ada&ContactInformation.AddressLine1=1+Main+Street\
        &ContactInformation.City=Bonn&ContactInformation.PostalCode=53111&ContactInformation.CountryCode=de\
        &ContactInformation.PhoneNumber=%2B49228";
    let answer = world.call_by_query(&MEMBER_PROBE, "PutContactInformation", parameters);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = world.call_by_query(&MEMBER_PROBE, "GetContactInformation", "");
    assert_eq!(
        golden(&answer),
        format!(
            "\
<GetContactInformationResponse {NAMESPACE}>
  <GetContactInformationResult>
    <ContactInformation>
      <FullName>Ada</FullName>
      <AddressLine1>1 Main Street</AddressLine1>
      <City>Bonn</City>
      <PostalCode>53111</PostalCode>
      <CountryCode>DE</CountryCode>
      <PhoneNumber>+49228</PhoneNumber>
    </ContactInformation>
    <VerificationStatus>UNVERIFIED</VerificationStatus>
  </GetContactInformationResult>
  <ResponseMetadata>
    <RequestId>ID</RequestId>
  </ResponseMetadata>
</GetContactInformationResponse>
"
        )
    );
    let filter = "&RegionOptStatusContains.member.1=DISABLED&MaxResults=1";
    let answer = world.call_by_query(&MEMBER_PROBE, "ListRegions", filter);
    assert_eq!(element(answer.text(), "RegionName"), Some("af-south-1"));
    assert_eq!(answer.text().matches("<member>").count(), 1);
    assert!(element(answer.text(), "NextToken").is_some());
}

#[test]
fn refusals_have_type_code_and_message() {
    let world = World::company();
    let answer =
        world.call_by_query(&MEMBER_PROBE, "GetAlternateContact", "&AlternateContactType=OPERATIONS");
    assert_eq!(answer.status, 404);
    assert_eq!(
        golden(&answer),
        format!(
            "\
<ErrorResponse {NAMESPACE}>
  <Error>
    <Type>Sender</Type>
    <Code>ResourceNotFoundException</Code>
    <Message>No contact of the inputted alternate contact type found.</Message>
  </Error>
  <RequestId>ID</RequestId>
</ErrorResponse>
"
        )
    );
    let answer = world.call_by_query(&MEMBER_PROBE, "PutAccountName", "&AccountName=+");
    assert_eq!((answer.status, element(answer.text(), "Code")), (400, None));
    let answer = world.call_by_query(&MEMBER_PROBE, "NoSuchAction", "");
    assert_eq!((answer.status, element(answer.text(), "Code")), (400, Some("InvalidAction")));
    assert_eq!(
        element(answer.text(), "Message"),
        Some("Could not find operation NoSuchAction for version 2021-02-01")
    );
}

/// F-ROUTE-3: an action of a version that is none.
#[test]
fn an_unknown_version_is_an_unknown_action_f_route_3() {
    let world = World::company();
    let body = "Action=ListRegions&Version=1999-01-01";
    let request = post("/", "application/x-www-form-urlencoded", body);
    let answer = world.send(signed(request, &MEMBER_PROBE.key, "account", "us-east-1"));
    assert_eq!(element(answer.text(), "Code"), Some("InvalidAction"));
}

/// The Query API takes GET as well.
#[test]
fn a_get_with_its_parameters_in_the_query_string() {
    let world = World::company();
    let mut request = post("/?Action=GetAccountInformation&Version=2021-02-01", "text/plain", "");
    *request.method_mut() = http::Method::GET;
    let answer = world.send(signed(request, &MEMBER_PROBE.key, "account", "us-east-1"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(element(answer.text(), "AccountName"), Some("Member"));
}

/// Over restJson1 the sample's spelling is refused (O-alternate-4); in the sample's own form it is taken. F-ALT-5
#[test]
fn the_samples_spelling_is_taken_in_the_samples_form_f_alt_5() {
    let world = World::company();
    let members = serde_json::json!({ "AlternateContactType": "Billing" });
    let answer = world.call_by_target(&MEMBER_PROBE, "GetAlternateContact", members.clone());
    assert_eq!(answer.status, 404);
    assert_eq!(world.call(&MEMBER_PROBE, "GetAlternateContact", members).status, 403);
}

/// F-ROUTE-2: a target that names no operation.
#[test]
fn an_unknown_target_is_an_unknown_operation_f_route_2() {
    let world = World::company();
    let answer = world.call_by_target(&MEMBER_PROBE, "NoSuchOperation", serde_json::json!({}));
    answer.is_refused(404, "UnknownOperationException", "{}");
}

/// F-ROUTE-1: GET on an operation's path, or a path that is none, is the gateway's "Missing Authentication Token".
#[test]
fn a_path_or_method_that_leads_nowhere_f_route_1() {
    let world = World::company();
    let text = "Missing Authentication Token";
    let mut request = post("/listRegions", "application/json", "");
    *request.method_mut() = http::Method::GET;
    let key: Key = MEMBER_PROBE.key;
    for request in
        [request, post("/listregions", "application/json", "{}"), post("/", "application/json", "{}")]
    {
        let answer = world.send(signed(request, &key, "account", "us-east-1"));
        answer.says(403, "MissingAuthenticationTokenException", text);
    }
}
