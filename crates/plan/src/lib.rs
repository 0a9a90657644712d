//! Files to a checked, immutable, content-addressed [`Plan`]. It must not know runs, clocks,
//! models or disks: it is given named texts and gives back a plan, or every problem at once.
//!
//! ```
//! let files = plan::Files::from_iter([
//!     ("flightdeck.yaml", r#"
//! organisation: Acme
//! currency: EUR
//! people: { mara: { name: Mara }, ben: { name: Ben } }
//! roles: { lead: [ mara, ben ] }
//! working_hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/London }
//! models: {}
//! "#),
//!     ("workflows/letters.md", r#"---
//! workflow: letters
//! purpose: A person looks at each letter.
//! accountable: mara
//! override: lead
//! risk: low
//! autonomy: suggest
//! case: { one: letter, from: outside }
//! limits: { case: { cost: 0.10 EUR }, day: { cost: 5 EUR, cases: 100 } }
//! steps:
//!   - step: look
//!     review:
//!       by: lead
//!       never_by: [ starter ]
//!       show: [ case ]
//!       within: 8 working hours
//!       late: { then: stop }
//!       if_rejected: { then: stop }
//! exceptions: [ { what: not a letter, when: "case.text == ''", go: look } ]
//! ---
//! "#),
//! ]);
//! let plan = plan::check(&files, "letters").unwrap_or_else(|problems| panic!("{problems}"));
//! assert_eq!(plan.workflow().steps.len(), 1);
//!
//! let broken = plan::Files::from_iter([("workflows/letters.md", "# no settings")]);
//! let problems = plan::check(&broken, "letters").unwrap_err();
//! assert!(problems.iter().any(|problem| problem.code.id == "FD-P011"));
//! ```

pub mod alerts;
pub mod changes;
pub mod codes;
pub mod data;
pub mod export;
pub mod expr;
pub mod ids;
pub mod import;
pub mod instructions;
pub mod interview;
pub mod lock;
pub mod policy;
pub mod show;
pub mod statements;
pub mod types;
pub mod value;
pub mod variables;
pub mod workflow;

pub mod cases;
mod check;
mod edit;
mod files;
mod fmt;
mod inspect;
mod keys;
mod markdown;
mod mend;
mod problem;
mod read;
mod release;
mod schema;
mod yaml;

pub use check::{Checked, Places, check, check_all, places};
pub use edit::{Edit, EditError, edit, line_of};
pub use files::{FILE_BYTES_MAX, Files};
pub use fmt::{fmt, formed};
pub use mend::{Mended, mend};
pub use problem::{Problem, Problems};
pub use read::access::{Access, AccessRole, Issuer};
pub use read::credentials::Issuing;
pub use read::exams::{ExamRules, Exams, Track};
pub use read::notices::{Told, Way};
pub use read::on_call::OnCall;
pub use read::people::Absence;
pub use read::releases::{CanaryRules, ReleaseRules, Releases};
pub use read::secrets::{From as SecretFrom, SecretPlace};
pub use read::servers::{Grant, Network, OAuth, Sandbox, Server};
pub use read::settings::{Address, ModelPlace, Privacy, Retention, WireFormat};
pub use read::vendors::Vendor;
pub use release::{OpenError, Plan};
pub use schema::workflow_schema;
