//! The form of a service's table of contents: one line an operation, from its input to its output.

use crate::failure::Failure;

/// Carries an input out by the one line that its operation has, and gives the output. It is a `match` over the
/// service's `Input`, so an operation of the model that has no line does not compile.
macro_rules! answers {
    ($input:expr; $($operation:ident $(($members:pat))? => $answer:expr,)*) => {
        match $input {
            $(Input::$operation $(($members))? => Output::$operation($answer?),)*
        }
    };
}
pub(crate) use answers;

/// An answer that is never a refusal, in the form of those that may be one.
pub(crate) fn always<T>(answer: T) -> Result<T, Failure> {
    Ok(answer)
}
