//! What goes over the wire, byte for byte, in each of the four protocols.
//! Ledger: F-WIRE-10, F-WIRE-20 to F-WIRE-31.

use aws::protocol::Protocol;
use aws::protocol::query::{self, Parameters};
use aws::protocol::query_json;
use aws::refusal::Refusal;
use aws::smithy::{
    Base64, OperationShape, ServiceShape, Shape, Timestamp, enum_shape, errors, exception, integer_shape,
    list_shape, map_shape, operations, string_shape, structure, timestamp_shape,
};
use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

const ID: &str = "5f1e0d9c-0000-4000-8000-000000000001";

static SERVICE: ServiceShape = ServiceShape {
    signing_name: "zoo",
    endpoint_prefix: "zoo",
    version: "2021-02-01",
    protocol: Protocol::RestJson,
    target_prefix: "Zoo",
    xml_namespace: "https://zoo.example/doc/",
    message_member: "Message",
};

string_shape! { Name { max: 20, } }
enum_shape! { Kind { Lion = "LION", Owl = "OWL", } }
integer_shape! { Count: Integer { max: 50, } }
timestamp_shape! { Born { format: Iso8601, } }
list_shape! { Names { member: Name, } }
list_shape! { FlatNames { member: Name, flattened: true, } }
list_shape! { Items { member: Animal, location_name: "item", } }
map_shape! { Labels { key: String, value: Name, } }
map_shape! { FlatLabels { key: String, value: Name, flattened: true, } }
structure! { #[derive(Default)] Animal as AnimalMembers {
    name: optional Name = "Name" as "animalName",
    kind: optional Kind = "Kind",
    inner: optional aws::smithy::Boxed<Animal> = "Inner",
} }
structure! { #[derive(Default)] Everything as EverythingMembers {
    name: optional Name = "Name",
    count: optional Count = "Count",
    long: optional i64 = "Long",
    ratio: optional f64 = "Ratio",
    open: optional bool = "Open",
    blob: optional Base64 = "Blob",
    seen: optional Timestamp = "Seen",
    born: optional Born = "Born",
    names: optional Names = "Names",
    flat: optional FlatNames = "Flat",
    items: optional Items = "Items" as "itemSet",
    labels: optional Labels = "Labels",
    flat_labels: optional FlatLabels = "FlatLabels",
    animal: optional Animal = "Animal",
} }
exception! { FullException("Zoo.Full", 409, "Message") {
    message: optional String = "Message",
    reason: required Kind = "Reason",
    left: optional Names = "Left",
} }
errors! { FullException, }
operations! { SERVICE {
    Look {
        path: "/look",
        read_only: true,
        input: Everything,
        output: Everything,
        errors: [FullException],
    }
    Feed {
        path: "/feed",
        input: Animal,
        errors: [],
    }
    Close {
        path: "/close",
        errors: [],
    }
} }

fn look() -> &'static OperationShape {
    Operation::Look.shape()
}

fn everything() -> Value {
    json!({
        "Name": "a<b>&\"c\"\r\n\u{1}é", "Count": 7, "Long": -9_000_000_000_i64, "Ratio": 0.5, "Open": true,
        "Blob": "aGk=", "Seen": 1_606_758_277, "Born": "2020-11-30T17:44:37Z", "Names": ["x", "y"],
        "Flat": ["x", "y"], "Items": [{ "Name": "Leo", "Kind": "LION" }], "Labels": { "k": "v" },
        "FlatLabels": { "k": "v" }, "Animal": { "Inner": { "Inner": { "Kind": "OWL" } } },
    })
}

fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).expect("answers are text")
}

fn headers(response: &Response<Bytes>) -> Vec<(String, String)> {
    let mut headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().expect("headers are text").to_owned()))
        .collect();
    headers.sort();
    headers
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn canonical_values_become_native_ones_and_return() {
    let input = Input::parse(Operation::Look, &everything()).unwrap();
    assert_eq!(input.to_value(), everything());
    let Input::Look(native) = &input else { panic!("another operation") };
    assert_eq!(native.seen.unwrap().to_string(), "2020-11-30T17:44:37Z");
    assert_eq!(native.seen, native.born);
    assert_eq!(native.blob.as_deref(), Some(&b"hi"[..]));
    assert_eq!(Output::Look(native.clone()).to_value(), everything());
    assert_eq!(Output::Feed(()).to_value(), json!({}));
    assert_eq!(Input::parse(Operation::Close, &json!({})).unwrap(), Input::Close);
}

#[test]
fn timestamps_have_whole_seconds_as_text_and_milliseconds_as_numbers_f_wire_10() {
    let instant: Timestamp = "2020-11-30T17:44:37.8899Z".parse().unwrap();
    assert_eq!(Born::to_value(&instant), json!("2020-11-30T17:44:37Z"));
    assert_eq!(Timestamp::to_value(&instant), json!(1_606_758_277.889));
    let before: Timestamp = "1969-12-31T23:59:58.5Z".parse().unwrap();
    assert_eq!(Born::to_value(&before), json!("1969-12-31T23:59:58Z"));
    assert_eq!(Timestamp::from_value(&json!(1_606_758_277.889)).unwrap().as_millisecond(), 1_606_758_277_889);
    assert!(Timestamp::from_value(&json!("yesterday")).is_err());
    assert!(Timestamp::from_value(&json!(1e300)).is_err());
}

#[test]
fn operations_are_found_by_name_and_by_path() {
    assert_eq!(Operation::from_name("Look"), Some(Operation::Look));
    assert_eq!(Operation::from_name("look"), None);
    assert_eq!(Operation::from_path("/look"), Some(Operation::Look));
    assert_eq!(Operation::from_path("/look/"), None);
    assert_eq!(Operation::ALL.len(), 3);
    assert_eq!(look().errors, ["Zoo.Full"]);
    assert!(look().read_only && !Operation::Feed.shape().read_only);
    assert!(Operation::Close.shape().input_schema().members().is_empty());
}

#[test]
fn an_error_becomes_a_refusal_with_its_members() {
    let error = FullException { message: Some("no room".into()), reason: Kind::Owl, left: None };
    let refusal = Refusal::from(Error::from(error));
    assert_eq!(refusal, Refusal::new("Zoo.Full", 409, "no room").with("Reason", "OWL"));
}

#[test]
fn json_bodies_are_objects_f_wire_20() {
    for protocol in [Protocol::RestJson, Protocol::AwsJson11] {
        let decode = |body: &[u8]| protocol.decode(body, Everything::schema());
        assert_eq!(decode(b"").unwrap(), json!({}));
        assert_eq!(decode(b" \n").unwrap(), json!({}));
        assert_eq!(decode(br#"{"Name":"x"}"#).unwrap(), json!({ "Name": "x" }));
        let deep = "[".repeat(100_000);
        let bad: [&[u8]; 8] = [
            b"{",
            b"[]",
            b"null",
            b"\"x\"",
            b"{\"a\":1}x",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":1e999}",
            deep.as_bytes(),
        ];
        for body in bad {
            let refusal = decode(body).unwrap_err();
            assert_eq!((refusal.code.as_ref(), refusal.status), ("SerializationException", 400));
        }
    }
}

#[test]
fn rest_json_answers_f_wire_21_f_wire_23() {
    let answer = Protocol::RestJson.answer(look(), &json!({ "Name": "x", "Names": [] }), ID);
    assert_eq!((answer.status().as_u16(), text(&answer)), (200, r#"{"Name":"x","Names":[]}"#));
    let gateway = answer.headers()["x-amz-apigw-id"].to_str().unwrap().to_owned();
    assert!(gateway.len() == 16 && gateway.ends_with('='), "{gateway}");
    let expected = pairs(&[
        ("access-control-allow-origin", "*"),
        ("content-type", "application/json"),
        ("x-amz-apigw-id", &gateway),
        ("x-amzn-requestid", ID),
    ]);
    assert_eq!(headers(&answer), expected);
    let nothing = Protocol::RestJson.answer(Operation::Feed.shape(), &json!({}), ID);
    assert_eq!((text(&nothing), headers(&nothing)), ("", expected));
    let other = Protocol::RestJson.answer(look(), &json!({}), "another");
    assert_ne!(other.headers()["x-amz-apigw-id"], gateway.as_str());
}

#[test]
fn rest_json_refusals_f_wire_22() {
    let refusal = Refusal::new("ValidationException", 400, "NextToken is malformed")
        .with("reason", "fieldValidationFailed")
        .with("fieldList", json!([{ "name": "NextToken", "message": "NextToken is malformed" }]));
    let response = Protocol::RestJson.refuse(Some(&SERVICE), &refusal, ID);
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["x-amzn-ErrorType"], "ValidationException");
    assert_eq!(
        text(&response),
        concat!(
            r#"{"message":"NextToken is malformed","reason":"fieldValidationFailed","#,
            r#""fieldList":[{"name":"NextToken","message":"NextToken is malformed"}]}"#,
        )
    );
    let mut nameless = Refusal::new("ValidationException", 400, "x");
    nameless.code_shown = false;
    let response = Protocol::RestJson.refuse(None, &nameless, ID);
    assert!(!response.headers().contains_key("x-amzn-ErrorType"));
    assert_eq!(text(&response), r#"{"message":"x"}"#);
}

#[test]
fn json_rpc_answers_and_refusals_f_wire_24_f_wire_25() {
    let answer = Protocol::AwsJson11.answer(look(), &json!({ "Name": "x" }), ID);
    assert_eq!(text(&answer), r#"{"Name":"x"}"#);
    assert_eq!(
        headers(&answer),
        pairs(&[("content-type", "application/x-amz-json-1.1"), ("x-amzn-requestid", ID)])
    );
    assert_eq!(text(&Protocol::AwsJson11.answer(Operation::Close.shape(), &json!({}), ID)), "");
    let refusal = Refusal::new("NoLion", 400, "no \"lion\"").with("Reason", "OWL");
    let response = Protocol::AwsJson11.refuse(Some(&SERVICE), &refusal, ID);
    assert_eq!(text(&response), r#"{"__type":"NoLion","Message":"no \"lion\"","Reason":"OWL"}"#);
    let unrouted = Protocol::AwsJson11.refuse(None, &refusal, ID);
    assert_eq!(text(&unrouted), r#"{"__type":"NoLion","message":"no \"lion\"","Reason":"OWL"}"#);
}

#[test]
fn query_answers_f_wire_28_f_wire_35() {
    let answer = Protocol::Query.answer(look(), &everything(), ID);
    assert_eq!(answer.headers()["content-type"], "text/xml");
    assert_eq!(
        text(&answer),
        "\
<LookResponse xmlns=\"https://zoo.example/doc/\">
  <LookResult>
    <Name>a&lt;b&gt;&amp;&quot;c&quot;&#xD;\n\u{FFFD}é</Name>
    <Count>7</Count>
    <Long>-9000000000</Long>
    <Ratio>0.5</Ratio>
    <Open>true</Open>
    <Blob>aGk=</Blob>
    <Seen>2020-11-30T17:44:37Z</Seen>
    <Born>2020-11-30T17:44:37Z</Born>
    <Names>
      <member>x</member>
      <member>y</member>
    </Names>
    <Flat>x</Flat>
    <Flat>y</Flat>
    <itemSet>
      <item>
        <animalName>Leo</animalName>
        <Kind>LION</Kind>
      </item>
    </itemSet>
    <Labels>
      <entry>
        <key>k</key>
        <value>v</value>
      </entry>
    </Labels>
    <FlatLabels>
      <key>k</key>
      <value>v</value>
    </FlatLabels>
    <Animal>
      <Inner>
        <Inner>
          <Kind>OWL</Kind>
        </Inner>
      </Inner>
    </Animal>
  </LookResult>
  <ResponseMetadata>
    <RequestId>5f1e0d9c-0000-4000-8000-000000000001</RequestId>
  </ResponseMetadata>
</LookResponse>
"
    );
    let nothing = Protocol::Query.answer(Operation::Feed.shape(), &json!({}), "id");
    assert_eq!(
        text(&nothing),
        "<FeedResponse xmlns=\"https://zoo.example/doc/\">\n  <ResponseMetadata>\n    \
         <RequestId>id</RequestId>\n  </ResponseMetadata>\n</FeedResponse>\n"
    );
    let empty = Protocol::Query.answer(look(), &json!({ "Names": [], "Name": null }), "id");
    assert!(text(&empty).contains("  <LookResult>\n    <Names/>\n  </LookResult>\n"), "{}", text(&empty));
}

#[test]
fn query_refusals_f_wire_29() {
    let refusal = Refusal::new("NoSuchEntity", 404, "no <lion>")
        .with("reason", "x")
        .with("fieldList", json!([{ "name": "A" }]));
    let response = Protocol::Query.refuse(Some(&SERVICE), &refusal, "id");
    assert_eq!(response.status(), 404);
    assert_eq!(
        text(&response),
        "\
<ErrorResponse xmlns=\"https://zoo.example/doc/\">
  <Error>
    <Type>Sender</Type>
    <Code>NoSuchEntity</Code>
    <Message>no &lt;lion&gt;</Message>
    <reason>x</reason>
    <fieldList>
      <member>
        <name>A</name>
      </member>
    </fieldList>
  </Error>
  <RequestId>id</RequestId>
</ErrorResponse>
"
    );
    let fault = Protocol::Query.refuse(None, &Refusal::new("InternalFailure", 500, "x"), "id");
    assert_eq!(
        text(&fault),
        "<ErrorResponse>\n  <Error>\n    <Type>Receiver</Type>\n    <Code>InternalFailure</Code>\n    \
         <Message>x</Message>\n  </Error>\n  <RequestId>id</RequestId>\n</ErrorResponse>\n"
    );
}

#[test]
fn query_answers_in_json_f_wire_36() {
    let output = json!({ "Name": "x", "Seen": 1_606_758_277 });
    let answer = query_json::answer(look(), &output, "id");
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(
        text(&answer),
        r#"{"LookResponse":{"LookResult":{"Name":"x","Seen":1606758277},"ResponseMetadata":{"RequestId":"id"}}}"#
    );
    let nothing = query_json::answer(Operation::Feed.shape(), &json!({}), "id");
    assert_eq!(text(&nothing), r#"{"FeedResponse":{"ResponseMetadata":{"RequestId":"id"}}}"#);
    let refusal = query_json::refuse(&Refusal::new("NoLion", 403, "no \"lion\""), "id");
    assert_eq!(refusal.status(), 403);
    assert_eq!(
        text(&refusal),
        r#"{"Error":{"Code":"NoLion","Message":"no \"lion\"","Type":"Sender"},"RequestId":"id"}"#
    );
    let wants = |accepted: &'static str| {
        let headers = [(http::header::ACCEPT, http::HeaderValue::from_static(accepted))];
        query_json::is_wanted(&headers.into_iter().collect())
    };
    assert!(wants("application/json") && wants("Application/JSON; charset=utf-8, */*"));
    assert!(!wants("*/*") && !wants("text/xml, application/json") && !wants(""));
}

#[test]
fn ec2_answers_and_refusals_f_wire_30() {
    let output = json!({ "Seen": 1_606_758_277.5, "Items": [{ "Name": "Leo" }] });
    let answer = Protocol::Ec2Query.answer(look(), &output, "id");
    assert_eq!(answer.headers()["content-type"], "text/xml;charset=UTF-8");
    assert_eq!(
        text(&answer),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LookResponse xmlns=\"https://zoo.example/doc/\">\
         <requestId>id</requestId><Seen>2020-11-30T17:44:37.500Z</Seen>\
         <itemSet><item><animalName>Leo</animalName></item></itemSet></LookResponse>"
    );
    let nothing = Protocol::Ec2Query.answer(Operation::Feed.shape(), &json!({}), "id");
    assert!(text(&nothing).ends_with("<requestId>id</requestId><return>true</return></FeedResponse>"));
    let refusal = Protocol::Ec2Query.refuse(None, &Refusal::new("AuthFailure", 401, "x"), "id");
    assert_eq!(refusal.status(), 401);
    assert_eq!(
        text(&refusal),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>AuthFailure</Code>\
         <Message>x</Message></Error></Errors><RequestID>id</RequestID></Response>"
    );
}

#[test]
fn parameters_become_the_value_they_stand_for_f_wire_27() {
    let form = "Action=Look&Version=2021-02-01&Name=a%3Cb%3E%26%22c%22%0D%0A%01%C3%A9&Count=7\
        &Long=-9000000000&Ratio=0.5&Open=true&Blob=aGk%3D&Seen=2020-11-30T17%3A44%3A37Z\
        &Born=2020-11-30T17:44:37Z&Names.member.1=x&Names.member.2=y&Flat.1=x&Flat.2=y\
        &itemSet.item.1.animalName=Leo&itemSet.item.1.Kind=LION&Labels.entry.1.key=k&Labels.entry.1.value=v\
        &FlatLabels.1.key=k&FlatLabels.1.value=v&Animal.Inner.Inner.Kind=OWL&Unknown.1=z";
    assert_eq!(Protocol::Query.decode(form.as_bytes(), Everything::schema()).unwrap(), everything());
}

#[test]
fn parameters_in_any_order_with_plus_and_empty_values() {
    let form = "Names.member.2=j&Names.member.1=b+c%2Bd&&Name=&Animal=&Flat=";
    assert_eq!(
        Protocol::Query.decode(form.as_bytes(), Everything::schema()).unwrap(),
        json!({ "Name": "", "Names": ["b c+d", "j"], "Flat": [], "Animal": {} })
    );
    assert_eq!(Protocol::Query.decode(b"", Everything::schema()).unwrap(), json!({}));
    let mut parameters = Parameters::parse(b"Name=body").unwrap();
    parameters.extend(Parameters::parse(b"Name=query&Action=Look").unwrap());
    assert_eq!((parameters.get("Action"), parameters.get("Name")), (Some("Look"), Some("body")));
}

#[test]
fn ec2_parameters_are_flat_and_begin_large_f_wire_31() {
    let parameters = Parameters::parse(b"ItemSet.1.AnimalName=Leo&Names.1=x").unwrap();
    assert_eq!(
        query::decode(&parameters, Everything::schema(), Protocol::Ec2Query).unwrap(),
        json!({ "Items": [{ "Name": "Leo" }], "Names": ["x"] })
    );
}

#[test]
fn positions_of_a_list_are_numbers_and_gaps_are_null_f_wire_33() {
    let names = |positions: &[&str]| {
        let form: Vec<String> = positions.iter().map(|at| format!("Names.member.{at}={at}")).collect();
        let decoded = Protocol::Query.decode(form.join("&").as_bytes(), Everything::schema());
        decoded.map(|value| value["Names"].clone()).map_err(|refusal| refusal.message.unwrap())
    };
    assert_eq!(names(&["10", "002", "1"]).unwrap()[1], "002");
    assert_eq!(names(&["3", "1"]), Ok(json!(["1", null, "3"])));
    assert_eq!(names(&["11"]).unwrap().as_array().map(Vec::len), Some(11));
    let no_list = "Start of list found where not expected";
    for (positions, text) in [
        (&["one"][..], no_list),
        (&["1", "x"], no_list),
        (&["%2B1"], no_list),
        (&["1.5e"], "Start of structure or map found where not expected: Names.member.1"),
        (&["0"], "0 is not a valid index"),
        (&["-1"], "Key -1 may not have a leading '-'"),
        (&["12"], "Excessively sparse input would skip 11 list elements"),
        (&["1", "12"], "Excessively sparse input would skip 11 list elements"),
        (&["1", "2", "13"], "Excessively sparse input would skip 11 list elements"),
        (&["1", "2", "4294967297"], "Excessively sparse input would skip 4294967295 list elements"),
    ] {
        assert_eq!(names(positions), Err(text.to_owned()), "{positions:?}");
    }
    assert!(names(&["99999999999999999999999"]).unwrap_err().starts_with("Excessively sparse input"));
}

#[test]
fn four_texts_are_booleans_f_wire_34() {
    let open = |text: &str| {
        let form = format!("Open={text}");
        Protocol::Query.decode(form.as_bytes(), Everything::schema()).map(|value| value["Open"].as_bool())
    };
    for (text, value) in [("true", true), ("1", true), ("false", false), ("0", false)] {
        assert_eq!(open(text), Ok(Some(value)), "{text}");
    }
    for text in ["True", "TRUE", "False", "FALSE", "", "+true", "true+", "null", "01", "yes"] {
        assert_eq!(open(text).unwrap_err().code, "MalformedInput", "{text}");
    }
}

#[test]
fn parameters_that_are_no_value_are_refused_f_wire_26() {
    let deep = format!("Animal{}.Kind=OWL", ".Inner".repeat(100_000));
    let cases: [&[u8]; 12] = [
        b"Count=seven",
        b"Count=99999999999",
        b"Count=",
        b"Long=1.5",
        b"Ratio=inf",
        b"Open=yes",
        b"Blob=%2A",
        b"Seen=yesterday",
        b"Name=%FF",
        b"Name.1=x",
        b"Names.member.1.member=x",
        deep.as_bytes(),
    ];
    for form in cases {
        let refusal = Protocol::Query.decode(form, Everything::schema()).unwrap_err();
        let form = String::from_utf8_lossy(&form[..form.len().min(60)]);
        assert_eq!((refusal.code.as_ref(), refusal.status), ("MalformedInput", 400), "{form}");
        assert!(!refusal.message.unwrap().contains("yesterday"), "a refusal does not echo values");
    }
}
