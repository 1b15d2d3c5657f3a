//! Pages of IAM's lists: `Marker`, `MaxItems`, `IsTruncated`.

use aws::refusal::Refusal;

use crate::context::TokenKey;
use crate::iam::{On, model, refusal};
use crate::page_token::Binding;
use crate::world::key::Prefix;
use crate::world::{Document, Fault, World};

/// F-IAMAPI-PAGE-1: a page holds 100 items unless the request says otherwise.
const DEFAULT_ITEMS: usize = 100;
/// F-IAMAPI-PAGE-2: how many documents are looked at for one page. Where a filter leaves few of them a page
/// may hold fewer items than were asked for, and yet continue, as IAM's documentation of `MaxItems` warns.
pub const LOOKED_AT: usize = 1000;

/// Which page of which list is wanted.
pub struct Pages<'a> {
    binding: Binding<'a>,
    key: &'a TokenKey,
    after: Option<String>,
    size: usize,
}

/// A page.
#[derive(Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Whether there is more.
    pub is_truncated: Option<bool>,
    /// Where the next page begins.
    pub marker: Option<String>,
}

impl<'a> Pages<'a> {
    /// The pages of a list that belongs to an operation, an account and a filter.
    ///
    /// # Errors
    /// F-IAMAPI-PAGE-3: a marker of another list is refused (text *assumed*).
    pub fn new(
        operation: &'static str,
        on: &'a On<'_>,
        filter: impl IntoIterator<Item = &'a str>,
        marker: Option<model::MarkerType>,
        max_items: Option<i32>,
    ) -> Result<Self, Refusal> {
        let binding = Binding::new(operation, on.account, filter);
        let key = &on.context.token_key;
        let after = marker
            .map(|marker| {
                let opened = binding.open(marker.as_str(), key);
                opened.ok_or_else(|| refusal::validation("Invalid Marker."))
            })
            .transpose()?;
        let size = max_items.and_then(|items| usize::try_from(items).ok()).unwrap_or(DEFAULT_ITEMS);
        Ok(Self { binding, key, after, size })
    }

    /// The place the page begins after.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// A page of a short list whose items come in the order of their keys.
    pub fn of_list<T>(&self, all: impl IntoIterator<Item = (String, T)>) -> Page<T> {
        let mut filling = self.filling();
        for (key, item) in all {
            if self.after().is_none_or(|after| key.as_str() > after) && !filling.add(key, || item) {
                break;
            }
        }
        filling.page()
    }

    /// A page of documents of kind `D` whose keys begin with `prefix`, as far as `select` takes them. Only the
    /// rest of a key goes into the marker.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn of_documents<D: Document, T>(
        &self,
        prefix: &Prefix<D>,
        world: &World<'_>,
        mut select: impl FnMut(D::Id<'_>, &D) -> Result<Option<T>, Fault>,
    ) -> Result<Page<T>, Fault> {
        let mut filling = self.filling();
        let wanted = LOOKED_AT.max(self.size.saturating_add(1));
        let keys = world.keys(prefix, self.after(), wanted)?;
        let is_end = keys.len() < wanted;
        let mut last = None;
        for key in keys {
            let (id, place) = (key.id()?, key.place(prefix).to_owned());
            if let Some(document) = world.get::<D>(id)?
                && let Some(item) = select(id, &document)?
                && !filling.add(place.clone(), || item)
            {
                return Ok(filling.page());
            }
            last = Some(place);
        }
        if !is_end {
            filling.continue_after(last);
        }
        Ok(filling.page())
    }

    /// A page to be filled by hand.
    pub fn filling<T>(&self) -> Filling<'_, T> {
        Filling { pages: self, items: Vec::new(), last: None, continues: None }
    }
}

/// A page that is being filled.
pub struct Filling<'p, T> {
    pages: &'p Pages<'p>,
    items: Vec<T>,
    last: Option<String>,
    continues: Option<String>,
}

impl<T> Filling<'_, T> {
    /// Adds an item; `false` where the page is full and the item belongs to the next one.
    pub fn add(&mut self, place: String, item: impl FnOnce() -> T) -> bool {
        if self.items.len() == self.pages.size {
            self.continues.clone_from(&self.last);
            return false;
        }
        self.items.push(item());
        self.last = Some(place);
        true
    }

    /// Whether what comes now belongs to the next page.
    pub fn is_full(&self) -> bool {
        self.items.len() >= self.pages.size
    }

    /// Says that there is more after `place`.
    pub fn continue_after(&mut self, place: Option<String>) {
        self.continues = place;
    }

    /// The page.
    pub fn page(self) -> Page<T> {
        let marker = self.continues.map(|place| self.pages.binding.seal(&place, self.pages.key));
        Page { items: self.items, is_truncated: Some(marker.is_some()), marker }
    }
}
