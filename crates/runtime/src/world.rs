//! The outside world as the driver meets it: whoever gets a permit performs its act and says what
//! came of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use journal::{Outcome, Permit, RunId};
use plan::Plan;

/// What an act came to, and whether that is certain: an effect that may have happened although no
/// answer came is not.
#[derive(Debug)]
pub struct Answered {
    pub outcome: Outcome,
    pub certain: bool,
}

/// The case that an act belongs to.
#[derive(Debug, Clone)]
pub struct On {
    pub plan: Arc<Plan>,
    /// The outermost run: the case itself.
    pub root: RunId,
}

/// Whoever performs acts.
pub trait World: Send + Sync {
    /// Makes ready what a release needs, before anything of it is done. Says what is not there.
    fn ready(&self, plan: &Plan) -> Result<(), String> {
        let _ = plan;
        Ok(())
    }

    /// Performs one act. The permit is used up.
    fn act(&self, on: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>>;
}
