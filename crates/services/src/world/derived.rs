//! Values that rules make of several documents, remembered with the versions that these had.

use std::any::Any;
use std::sync::Arc;

use super::{AnyDocument, Fault, Reads, World, downcast};

/// A value made of documents, with the versions that they had.
#[derive(Clone)]
pub struct Derived {
    /// The value.
    pub value: AnyDocument,
    /// Keys and versions of every document that was read for it.
    pub reads: Arc<[(String, u64)]>,
}

impl Reads {
    /// Takes away what was read since there were as many as `single` and `shared` say.
    fn split_off(&mut self, (single, shared): (usize, usize)) -> Arc<[(String, u64)]> {
        let mut taken = self.single.split_off(single);
        for reads in self.shared.split_off(shared) {
            taken.extend_from_slice(&reads);
        }
        taken.into()
    }
}

impl World<'_> {
    /// The value that `make` makes of documents, remembered under `key` as long as none of them changes. What it
    /// is made of counts as read, also when it was remembered.
    ///
    /// `make` must read through the world it is given, by [`World::get`] only, and depend on nothing else but
    /// `key`.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn derived<T: Any + Send + Sync>(
        &self,
        key: &str,
        make: impl FnOnce(&Self) -> Result<T, Fault>,
    ) -> Result<Arc<T>, Fault> {
        if self.is_changed() {
            // The value may be made of what this request alone has changed.
            return make(self).map(Arc::new);
        }
        if let Some(derived) = self.snapshot.remembered(key) {
            let value = downcast(key, derived.value)?;
            self.reads.borrow_mut().shared.push(derived.reads);
            return Ok(value);
        }
        let before = {
            let reads = self.reads.borrow();
            (reads.single.len(), reads.shared.len())
        };
        let value = Arc::new(make(self)?);
        let mut all = self.reads.borrow_mut();
        let reads = all.split_off(before);
        all.shared.push(Arc::clone(&reads));
        self.snapshot.remember(key, &Derived { value: Arc::clone(&value) as AnyDocument, reads });
        Ok(value)
    }
}
