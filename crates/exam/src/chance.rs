//! Chance from a seed: the same seed gives the same form. It must not find randomness itself.

use journal::Hash;

/// Numbers by chance, each from the seed and how many were drawn before.
pub struct Chance {
    seed: Hash,
    drawn: u64,
}

impl Chance {
    pub fn new(seed: Hash) -> Self {
        Self { seed, drawn: 0 }
    }

    /// Any number.
    pub fn any(&mut self) -> u32 {
        let parts: [&[u8]; 3] = [b"flightdeck exam", &self.seed.0, &self.drawn.to_be_bytes()];
        self.drawn += 1;
        let first = Hash::of_parts(&parts).0.first_chunk::<4>().copied().unwrap_or_default();
        u32::from_be_bytes(first)
    }

    /// A number below another one, each as likely as any.
    fn below(&mut self, end: u32) -> u32 {
        let fair = u32::MAX - u32::MAX % end.max(1);
        loop {
            let number = self.any();
            if number < fair {
                return number % end.max(1);
            }
        }
    }

    /// Brings things into any order, each as likely as any (Fisher and Yates).
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let end = u32::try_from(last + 1).unwrap_or(u32::MAX);
            let other = usize::try_from(self.below(end)).unwrap_or_default();
            things.swap(last, other);
        }
    }
}
