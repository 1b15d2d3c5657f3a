//! Nothing of its own: a home for the tests that need the SDK of EC2, which takes minutes to compile and is
//! kept out of the lints for that reason. What the tests share is in `clients-test`.
