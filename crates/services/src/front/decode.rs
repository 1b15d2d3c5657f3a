//! Decoding: the members of a request, whichever way they travelled.

use aws::protocol;
use serde_json::Value;

use super::Call;
use super::route::Form;
use crate::account;
use crate::failure::Failure;
use crate::service::Operation;

/// The request's members.
///
/// # Errors
/// Members that cannot be read, or whose types are not the model's, in the words of the protocol.
pub(super) fn decode(call: &Call, operation: Operation) -> Result<Value, Failure> {
    let Some(shape) = operation.shape() else { return Ok(Value::Null) };
    let mut members = match call.route.form {
        Form::Path | Form::Target => protocol::rest_json::decode(call.request.body())?,
        Form::Cbor => protocol::cbor::decode(call.request.body())?,
        Form::Action => {
            protocol::query::decode(&call.route.parameters, shape.input_schema(), call.route.protocol)?
        }
    };
    if call.route.form != Form::Path && matches!(operation, Operation::Account(_)) {
        account::read_sample_spelling(&mut members);
    }
    operation.refuse_wrong_types(&members)?;
    Ok(members)
}
