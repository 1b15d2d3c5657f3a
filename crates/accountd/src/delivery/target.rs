//! Where a place's files go: a bucket of S3, or a directory that stands for it.

use std::sync::Arc;

use super::directory::Directory;
use super::s3::{Object, S3};

/// Something that takes files.
#[derive(Clone)]
pub enum Target {
    /// A directory; a bucket is a folder of it.
    Directory(Directory),
    /// S3.
    S3(Arc<S3>),
}

/// Why a file was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPut {
    /// S3's code, or one of our own where nobody answered.
    pub code: String,
    /// More, for the log.
    pub reason: String,
}

impl Target {
    /// Puts an object.
    ///
    /// # Errors
    /// See [`NotPut`]; whether it is there all the same may then be unknown.
    pub async fn put(&self, bucket: Option<&str>, object: Object) -> Result<(), NotPut> {
        match self {
            Self::Directory(directory) => {
                let (directory, bucket) = (directory.clone(), bucket.map(str::to_owned));
                let put = move || {
                    let put = directory.put(bucket.as_deref(), &object.key, &object.content);
                    // What S3 keeps beside an object lies in a file beside it here.
                    let metadata = object.metadata.first().map(|(_, signature)| signature);
                    put.and_then(|()| match metadata {
                        Some(signature) => {
                            let key = format!("{}.signature", object.key);
                            directory.put(bucket.as_deref(), &key, signature.as_bytes())
                        }
                        None => Ok(()),
                    })
                };
                let put = tokio::task::spawn_blocking(put).await;
                let not_put = |reason: String| NotPut { code: "DirectoryNotWritable".to_owned(), reason };
                put.map_err(|error| not_put(error.to_string()))?.map_err(|error| not_put(error.to_string()))
            }
            Self::S3(s3) => s3.put(bucket.unwrap_or_default(), &object).await,
        }
    }
}
