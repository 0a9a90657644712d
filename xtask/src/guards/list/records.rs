//! Who may answer, and what is stored.

use super::{ENGINE, Guard, STORE};

const ERASING: &str = "crates/store/src/erasing.rs";
const GROUP: &str = "crates/store/src/sqlite/group.rs";
const ORDERS: &str = "crates/engine/src/orders.rs";
const WRITER: &str = "crates/store/src/sqlite/writer.rs";

pub const ALL: &[Guard] = &[
    Guard {
        name: "who answers holds the role that is asked",
        file: ORDERS,
        is: r"        if !self.holds(who, &review.by) {
            return Err(Decline::NotPermitted);",
        becomes: r"        if false {
            return Err(Decline::NotPermitted);",
        rooms: ENGINE,
    },
    Guard {
        name: "whoever started a case does not pass it",
        file: ORDERS,
        is: "NeverBy::Starter => starter.is_none_or(|starter| starter == who),",
        becomes: "NeverBy::Starter => false,",
        rooms: ENGINE,
    },
    Guard {
        name: "where nobody knows who started it, nobody passes it alone",
        file: ORDERS,
        is: "starter.is_none_or(|starter| starter == who)",
        becomes: "starter.is_some_and(|starter| starter == who)",
        rooms: ENGINE,
    },
    Guard {
        name: "the owner does not pass what they must not",
        file: ORDERS,
        is: "NeverBy::Owner => *who == self.plan.workflow().accountable,",
        becomes: "NeverBy::Owner => false,",
        rooms: ENGINE,
    },
    Guard {
        name: "what guard held back takes a second person",
        file: ORDERS,
        is: "(_, About::Act { .. }) => &[NeverBy::Starter],",
        becomes: "(_, About::Act { .. }) => &[],",
        rooms: ENGINE,
    },
    Guard {
        name: "only some may steer a case",
        file: ORDERS,
        is: "if asked { Ok(()) } else { Err(Decline::NotPermitted) }",
        becomes: r"let _ = asked;
        Ok(())",
        rooms: ENGINE,
    },
    Guard {
        name: "a driver that was superseded writes nothing",
        file: GROUP,
        is: "        if !self.follows(frame, state.as_ref()) {",
        becomes: "        if false && !self.follows(frame, state.as_ref()) {",
        rooms: STORE,
    },
    Guard {
        name: "no act under a stop is stored",
        file: GROUP,
        is: "batch.scopes().iter().find(|s| self.stops().contains(s))",
        becomes: "batch.scopes().iter().find(|s| false && self.stops().contains(s))",
        rooms: STORE,
    },
    Guard {
        name: "a shared limit is never passed",
        file: GROUP,
        is: "Some(sum) if sum <= (*limit).min(ACCOUNT_MAX) => drawn.set(account, sum),",
        becomes: "Some(sum) if sum <= ACCOUNT_MAX || *limit > 0 => drawn.set(account, sum),",
        rooms: STORE,
    },
    Guard {
        name: "a claim has one holder",
        file: GROUP,
        is: r"                        && holder != frame.run
",
        becomes: r"                        && holder != frame.run
                        && false
",
        rooms: STORE,
    },
    Guard {
        name: "nothing of an open case is erased",
        file: GROUP,
        is: "Some(status) if status.over() => {}",
        becomes: "Some(_) if true => {}",
        rooms: STORE,
    },
    Guard {
        name: "only the desk has contents erased",
        file: ERASING,
        is: "let desk = frame.run == RunId::DESK;",
        becomes: "let desk = true;",
        rooms: STORE,
    },
    Guard {
        name: "a halt stops what is just being written",
        file: WRITER,
        is: "if !halted && self.halt.is_set() && ops.iter().any(Op::acts) {",
        becomes: "if false {",
        rooms: STORE,
    },
    Guard {
        name: "a log is cut once keys are destroyed",
        file: WRITER,
        is: "self.log.cut(&self.conn)",
        becomes: "self.log.cut(&self.conn) || true",
        rooms: STORE,
    },
    Guard {
        name: "what a dead process left in the log is cut",
        file: WRITER,
        is: r"        log.empty(&conn);
        Ok(Self {",
        becomes: r"        let _ = &mut log;
        Ok(Self {",
        rooms: STORE,
    },
];
