//! What stores of the outside world were handed by untrusted hands. A tool that writes may keep
//! what it is given, and another case may read it back: so the frame that lets such a write happen
//! draws on an account of the server's, and whatever is read there later carries what the accounts
//! say. A stain goes in before the write and is looked up after the read, so none is missed, and
//! nothing here takes one away. It must not decide what a stain permits.

use plan::ids::FieldName;

use crate::label::{Label, Source};
use crate::ledger::{Account, Draw};

/// How the names of these accounts begin.
pub const STAINS: &str = "held/";

const OUTSIDE: &str = "outside";
const TAG: &str = "tag:";

/// The draws of a write under this label. A write that only trusted hands had a part in has none.
#[must_use]
pub fn draws(server: &str, label: &Label) -> Vec<Draw> {
    let outside = label.untrusted().then(|| OUTSIDE.to_owned());
    let tags = label.tags.iter().map(|tag| format!("{TAG}{tag}"));
    let draw = |what: String| Draw::Take {
        account: Account(format!("{STAINS}{server}/{what}").into()),
        amount: 1,
        limit: u64::MAX,
    };
    outside.into_iter().chain(tags).map(draw).collect()
}

/// Whether a draw stains a store.
#[must_use]
pub fn stains(draw: &Draw) -> Option<&Account> {
    match draw {
        Draw::Take { account, .. } if account.0.starts_with(STAINS) => Some(account),
        _ => None,
    }
}

/// What can be read at a server: the label of everything that its accounts say was put there.
pub fn label<'a>(server: &str, accounts: impl IntoIterator<Item = &'a Account>) -> Label {
    let mut label = Label::default();
    for account in accounts {
        let own = account.0.strip_prefix(STAINS).and_then(|rest| rest.strip_prefix(server));
        let Some(what) = own.and_then(|rest| rest.strip_prefix('/')) else { continue };
        match what.strip_prefix(TAG).map(FieldName::new) {
            Some(Ok(tag)) => {
                label.tags.insert(tag);
            }
            // What cannot be read is taken for the worse.
            Some(Err(_)) | None => label.join(&unknown()),
        }
    }
    label
}

/// The label of a store of which nobody knows what it was handed.
#[must_use]
pub fn unknown() -> Label {
    Label::from(Source::Outside)
}
