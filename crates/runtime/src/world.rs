//! The outside world as the driver meets it: whoever gets a permit performs its act and says what
//! came of it.

use std::future::Future;
use std::pin::Pin;

use journal::{Outcome, Permit};

/// What an act came to, and whether that is certain: an effect that may have happened although no
/// answer came is not.
#[derive(Debug)]
pub struct Answered {
    pub outcome: Outcome,
    pub certain: bool,
}

/// Whoever performs acts.
pub trait World: Send + Sync {
    /// Performs one act. The permit is used up.
    fn act(&self, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>>;
}
