//! Intervals of shares and means, and of the difference of two. Deterministic: no draws, and what
//! leaves this file for a record is a whole number. It must not know what is counted.

/// A whole number as one that can be divided.
#[must_use]
pub fn real(n: u64) -> f64 {
    let (high, low) = (n >> 32, n & 0xffff_ffff);
    let part = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    part(high) * 4_294_967_296.0 + part(low)
}

/// The nearest whole number.
#[must_use]
pub fn whole(n: f64) -> i64 {
    let most = 9.0e18;
    format!("{:.0}", n.clamp(-most, most)).parse().unwrap_or(0)
}

/// How far from the middle of a normal distribution the outer `beyond` of it begins, on one side
/// (Abramowitz and Stegun 26.2.23, to less than 0.00045).
#[must_use]
pub fn normal(beyond: f64) -> f64 {
    let t = (-2.0 * beyond.clamp(1e-12, 0.5).ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - above / below
}

/// The same of Student's distribution, by the first terms of its expansion.
fn student(z: f64, free: f64) -> f64 {
    let (z3, z5) = (z.powi(3), z.powi(5));
    z + (z3 + z) / (4.0 * free) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * free * free)
}

/// Between which shares the true one lies (Wilson).
#[must_use]
pub fn wilson(hits: u64, of: u64, z: f64) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (real(of), real(hits) / real(of));
    let squared = z * z / n;
    let middle = share + squared / 2.0;
    let spread = z * (share * (1.0 - share) / n + squared / (4.0 * n)).sqrt();
    let at = |value: f64| (value / (1.0 + squared)).clamp(0.0, 1.0);
    (at(middle - spread), at(middle + spread))
}

/// By how much the first share is larger than the second (Newcombe's hybrid of Wilson's intervals).
#[must_use]
pub fn newcombe(first: (u64, u64), second: (u64, u64), z: f64) -> (f64, f64) {
    let share = |(hits, of): (u64, u64)| if of == 0 { 0.0 } else { real(hits) / real(of) };
    let (one, two) = (share(first), share(second));
    let (one_low, one_high) = wilson(first.0, first.1, z);
    let (two_low, two_high) = wilson(second.0, second.1, z);
    let apart = |a: f64, b: f64| (a * a + b * b).sqrt();
    let low = one - two - apart(one - one_low, two_high - two);
    let high = one - two + apart(one_high - one, two - two_low);
    (low, high)
}

/// By how much the first mean is larger than the second (Welch).
#[must_use]
pub fn welch(first: &[u64], second: &[u64], z: f64) -> (f64, f64) {
    let ((one, one_error, one_free), (two, two_error, two_free)) = (mean(first), mean(second));
    let error = one_error + two_error;
    let apart = if error > 0.0 {
        let below = one_error * one_error / one_free + two_error * two_error / two_free;
        student(z, (error * error / below).max(1.0)) * error.sqrt()
    } else {
        0.0
    };
    (one - two - apart, one - two + apart)
}

/// The mean, the square of its error, and how many values are free.
fn mean(all: &[u64]) -> (f64, f64, f64) {
    let n = real(u64::try_from(all.len()).unwrap_or(u64::MAX)).max(1.0);
    let mean = all.iter().map(|value| real(*value)).sum::<f64>() / n;
    let free = (n - 1.0).max(1.0);
    let squares = all.iter().map(|value| (real(*value) - mean).powi(2)).sum::<f64>();
    (mean, squares / free / n, free)
}

#[cfg(test)]
mod tests;
