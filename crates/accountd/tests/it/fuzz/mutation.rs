//! Examples changed at random: bits, bytes, pieces that are cut, repeated, or taken from another example.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Bytes that mean something in one of the forms that are tried.
const PIECES: [&[u8]; 24] = [
    b"\0",
    b"\"",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"*",
    b"${",
    b"&",
    b"=",
    b"%",
    b"%FF",
    b".member.",
    b"\n",
    b"\r\n",
    b"  ",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"null",
    "\u{345}\u{10ffff}".as_bytes(),
];

/// The longest input; an example may be longer.
const LONGEST: usize = 4096;

pub struct Mutator {
    random: StdRng,
    examples: Vec<Vec<u8>>,
}

impl Mutator {
    pub fn new(seed: u64, examples: Vec<Vec<u8>>) -> Self {
        assert!(!examples.is_empty());
        Self { random: StdRng::seed_from_u64(seed), examples }
    }

    pub fn examples(&self) -> &[Vec<u8>] {
        &self.examples
    }

    /// An example with one to eight changes.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = self.example();
        for _ in 0..self.random.random_range(1..=8) {
            self.change(&mut input);
        }
        input
    }

    fn example(&mut self) -> Vec<u8> {
        let chosen = self.random.random_range(0..self.examples.len());
        self.examples[chosen].clone()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.random_range(0..=input.len());
        let end = (at + self.random.random_range(1..=16)).min(input.len());
        match self.random.random_range(0..7) {
            0 if at < input.len() => input[at] ^= 1 << self.random.random_range(0..8),
            1 if at < input.len() => input[at] = self.random.random(),
            2 => drop(input.drain(at..end)),
            3 if input.len() < LONGEST => {
                let piece = input[at..end].to_vec();
                let times = self.random.random_range(1..=64);
                input.splice(at..at, piece.repeat(times));
            }
            4 => input.truncate(at),
            5 => {
                let other = self.example();
                let from = self.random.random_range(0..=other.len());
                let to = (from + self.random.random_range(1..=64)).min(other.len());
                input.splice(at..end, other[from..to].iter().copied());
            }
            _ => {
                let piece = PIECES[self.random.random_range(0..PIECES.len())];
                input.splice(at..at, piece.iter().copied());
            }
        }
    }
}
