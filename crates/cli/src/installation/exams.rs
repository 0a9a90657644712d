//! Orders about exams that come over HTTP. Whether a sitting is somebody's, and what may be told of
//! it, is for `exam` to say.

use std::sync::Arc;

use exam::{No as Declined, Order, Told};
use journal::{Exam, Seq};
use plan::ids::PersonId;
use server::{No, Why};

use super::{Inner, fault, no, reading};
use crate::examining::{self, Wish, follow};
use crate::exit::Stop;
use crate::workspace::Workspace;

/// A no of either kind on its way out.
struct Out(No);

impl From<Stop> for Out {
    fn from(stop: Stop) -> Self {
        Self(no(stop))
    }
}

impl Inner {
    /// What somebody is told on an order.
    pub(super) async fn exam(self: Arc<Self>, who: PersonId, order: Order) -> Result<Told, No> {
        let wish = reading(self.clone(), move |inner, _| {
            let places = Workspace::open(&inner.global)
                .and_then(|workspace| workspace.places().map_err(Stop::usage));
            let exams = places.map_err(no)?.exams;
            let roles = inner.people.roles_of(&who, &inner.over);
            Wish::new(who, order, exams, &roles).map_err(no)
        });
        let wish = Arc::new(wish.await?);
        let step = || {
            let (this, wish) = (self.clone(), wish.clone());
            async move {
                let read = reading(this, move |inner, runs| {
                    inner.shelf.step(Some(runs), &wish).map_err(declined)
                });
                read.await.map_err(Out)
            }
        };
        let write = |next: Seq, exam: Exam, text: Option<String>| {
            let this = self.clone();
            async move {
                let written = this.runtime.examined(next, exam, text).await;
                written.map_err(|error| Out(fault(&error)))
            }
        };
        let told: Result<Told, Out> = follow::<Out, _, _>(step, write).await;
        told.map_err(|out| out.0)
    }
}

fn declined(declined: examining::Declined) -> No {
    let declined = match declined {
        examining::Declined::Stop(stop) => return no(stop),
        examining::Declined::No(declined) => declined,
    };
    let why = match &declined {
        Declined::NoSitting | Declined::NoItem(_) => Why::NotFound,
        Declined::NotPermitted(_) => Why::NotPermitted,
        Declined::Over | Declined::Open | Declined::Wait { .. } => Why::Conflict,
        Declined::Unfit(_) | Declined::Unread(_) => Why::Conflict,
        Declined::Pack(_) | Declined::Assessment(_) => Why::Conflict,
        _ => Why::Invalid,
    };
    let code = declined.code();
    No::new(why, &declined).help(format!("{}; `flightdeck explain {}`", code.fix, code.id))
}
