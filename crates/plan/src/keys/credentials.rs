//! The keys of what credentials an organisation issues.

use super::Form::{Duration, Text};
use super::{Shape, may, must};

pub(crate) static CREDENTIALS: Shape = Shape {
    said: "`credentials`",
    keys: &[
        must("address", Text, "Where anybody verifies them: `https://desk.acme.example`."),
        may("issuer", Text, "In whose name they are issued; the organisation's if not said."),
        may("valid", Duration, "How long they are valid; 730 days if not said."),
    ],
};
