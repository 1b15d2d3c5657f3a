//! Pages of a list: a number of entries after a place, at a cost that does not grow with the place.

use super::Call;
use super::model::{InvalidInputExceptionReason, NextToken};
use super::refusal::invalid_input;
use crate::context::Context;
use crate::failure::Failure;
use crate::page_token::Binding;
use crate::world::key::Prefix;
use crate::world::{Document, World};

/// F-ORGS-LIST-1: entries of a page, unless the caller asks for fewer.
pub const PAGE_SIZE: usize = 20;
/// F-ORGS-LIST-2: how many keys a page looks at, at most. A list that shows few of them answers with a short page and a
/// token, as the API reference says it may.
const KEYS_PER_PAGE: usize = 500;

/// What becomes of a key of the index.
pub(super) enum Entry<T> {
    /// It is in the list.
    Shown(T),
    /// It is not.
    Hidden,
    /// Nothing from here on is.
    End,
}

impl<T> From<Option<T>> for Entry<T> {
    fn from(entry: Option<T>) -> Self {
        entry.map_or(Self::Hidden, Self::Shown)
    }
}

/// A page and the token of the next.
pub(super) type Page<T> = (Vec<T>, Option<NextToken>);

/// A page that was asked for.
pub(super) struct Listing<'a> {
    binding: Binding<'a>,
    after: Option<String>,
    limit: usize,
    context: &'a Context,
}

impl<'a> Listing<'a> {
    /// The page that `token` and `max_results` ask for. The filter is what the token is bound to.
    ///
    /// # Errors
    /// F-ORGS-LIST-3: `InvalidInputException` for a token that this list was not given, the empty one too.
    pub(super) fn open(
        call: &Call<'a>,
        filter: &[&'a str],
        token: Option<&NextToken>,
        max_results: Option<i32>,
    ) -> Result<Self, Failure> {
        let (context, caller) = (call.context, call.caller);
        let binding = Binding::new(call.operation.name(), caller.account(), filter.iter().copied());
        let after = match token.map(NextToken::as_str) {
            None => None,
            Some(token) => Some(
                binding
                    .open(token, &context.token_key)
                    .ok_or_else(|| invalid_input(InvalidInputExceptionReason::InvalidNextToken))?,
            ),
        };
        let limit = max_results.and_then(|count| usize::try_from(count).ok()).unwrap_or(PAGE_SIZE);
        Ok(Self { binding, after, limit, context })
    }

    fn token(&self, place: &str) -> Option<NextToken> {
        Some(self.binding.seal(place, &self.context.token_key).into())
    }

    /// Entries of the index `D` below `prefix`, as far as `show` takes their ids.
    pub(super) fn over<D: Document, T>(
        &self,
        prefix: &Prefix<D>,
        world: &World<'_>,
        mut show: impl FnMut(D::Id<'_>) -> Result<Entry<T>, Failure>,
    ) -> Result<Page<T>, Failure> {
        let mut page = Vec::new();
        let mut after = self.after.clone();
        let mut looked_at = 0;
        loop {
            let wanted = self.limit - page.len();
            let mut keys = world.keys(prefix, after.as_deref(), wanted + 1)?;
            let next = (keys.len() > wanted).then(|| keys.pop()).flatten();
            for key in keys {
                looked_at += 1;
                match show(key.id()?)? {
                    Entry::Shown(entry) => page.push(entry),
                    Entry::Hidden => {}
                    Entry::End => return Ok((page, None)),
                }
                after = Some(key.place(prefix).to_owned());
            }
            let Some(next) = next else { return Ok((page, None)) };
            if page.len() == self.limit || looked_at >= KEYS_PER_PAGE {
                // A list that ends here is not followed by an empty page.
                let is_last = matches!(show(next.id()?)?, Entry::End);
                let place = after.as_deref().unwrap_or_default();
                return Ok((page, if is_last { None } else { self.token(place) }));
            }
        }
    }

    /// Entries of a short list that is at hand, in the order of their keys.
    pub(super) fn of<T>(&self, entries: impl IntoIterator<Item = (String, T)>) -> Page<T> {
        let after = self.after.as_deref();
        let mut rest =
            entries.into_iter().filter(|(key, _)| after.is_none_or(|after| key.as_str() > after)).peekable();
        let mut page = Vec::new();
        let mut last = String::new();
        for (key, entry) in rest.by_ref().take(self.limit) {
            page.push(entry);
            last = key;
        }
        let token = rest.peek().and_then(|_| self.token(&last));
        (page, token)
    }

    /// The same page with room for entries that come before all others; how many of them it shows.
    pub(super) fn after_first(mut self, entries: usize) -> (Self, usize) {
        let shown = if self.after.is_none() { entries.min(self.limit) } else { 0 };
        self.limit -= shown;
        (self, shown)
    }

    /// Where the page begins, and how many entries it may have.
    pub(super) fn window(&self) -> (Option<&str>, usize) {
        (self.after.as_deref(), self.limit)
    }
}
