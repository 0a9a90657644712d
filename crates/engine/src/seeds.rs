//! Whether a case that is known to be wrong is opened beside a case, and which one. It must not
//! open anything.

use journal::RunId;

use crate::Engine;
use crate::keyed::keyed;

/// The seed that is opened beside a run, if one is: drawn by a keyed hash of the run, so that
/// nobody outside can foresee it, and looking at it again gives the same.
#[must_use]
pub fn beside(engine: &Engine, run: RunId) -> Option<&str> {
    let seeds = engine.plan.workflow().seeds.as_ref()?;
    let drawn = keyed(&engine.keying, &[b"seed beside a case", &run.to_bytes()]);
    let number = |from: usize| {
        let bytes = drawn.get(from..from + 4).and_then(|part| part.try_into().ok());
        bytes.map_or(u32::MAX, u32::from_be_bytes)
    };
    if (u64::from(number(0)) * 1_000_000) >> 32 >= u64::from(seeds.share) {
        return None;
    }
    let count = u64::try_from(seeds.cases.len()).unwrap_or(u64::MAX);
    let which = usize::try_from((u64::from(number(4)) * count) >> 32).ok()?;
    seeds.cases.get(which).map(String::as_str)
}
