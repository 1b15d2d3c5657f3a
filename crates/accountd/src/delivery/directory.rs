//! A directory that files are put into, as S3 would be: a bucket is a folder of it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A directory.
#[derive(Debug, Clone)]
pub struct Directory(PathBuf);

impl Directory {
    /// Makes the directory, if it is not there, and sees whether it can be written to.
    ///
    /// # Errors
    /// One line that says why not.
    pub fn open(path: &Path) -> Result<Self, String> {
        let wrong = |error: io::Error| format!("--trail {}: {error}", path.display());
        fs::create_dir_all(path).map_err(wrong)?;
        let probe = path.join(format!(".accountd-{}", std::process::id()));
        fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)).map_err(wrong)?;
        Ok(Self(path.to_owned()))
    }

    /// Puts a file: it is there whole or not at all, and stays when the machine stops. F-DELIVER-4
    ///
    /// # Errors
    /// What the operating system says.
    pub fn put(&self, bucket: Option<&str>, key: &str, content: &[u8]) -> io::Result<()> {
        // Keys are made of names that were checked and never lead out of the directory, but for a prefix.
        let is_safe = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\0');
        if !key.split('/').all(is_safe) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the prefix is no path"));
        }
        let mut path = self.0.clone();
        path.extend(bucket);
        path.push(key);
        let folder = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(folder)?;
        let mut beside = path.clone().into_os_string();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        let mut file = File::create(&beside)?;
        file.write_all(content)?;
        file.sync_data()?;
        fs::rename(&beside, &path)?;
        File::open(folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-DELIVER-4.
    #[test]
    fn a_file_is_put_whole_and_never_outside_f_deliver_4() {
        let folder = std::env::temp_dir().join(format!("accountd-directory-{}", std::process::id()));
        let directory = Directory::open(&folder).expect("a directory");
        directory.put(Some("bucket"), "a/b.json.gz", b"one").expect("it is put");
        directory.put(Some("bucket"), "a/b.json.gz", b"two").expect("it is put again");
        assert_eq!(fs::read(folder.join("bucket/a/b.json.gz")).expect("a file"), b"two");
        assert_eq!(fs::read_dir(folder.join("bucket/a")).expect("a folder").count(), 1);
        for key in ["../x", "a//b", "a/./b", ""] {
            assert!(directory.put(None, key, b"").is_err(), "{key}");
        }
        fs::remove_dir_all(folder).expect("it goes");
    }
}
