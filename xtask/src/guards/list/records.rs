//! Who may answer, and what is stored.

use super::{ENGINE, Guard, STORE};

const COMMIT: &str = "crates/journal/src/commit.rs";
const ERASING: &str = "crates/store/src/erasing.rs";
const GROUP: &str = "crates/store/src/sqlite/group.rs";
const ORDERS: &str = "crates/engine/src/orders.rs";
const REPLIES: &str = "crates/engine/src/orders/replies.rs";
const WRITER: &str = "crates/store/src/sqlite/writer.rs";

pub const ALL: &[Guard] = &[
    Guard {
        name: "who answers holds the role that is asked",
        file: REPLIES,
        is: "self.holds(voice, &review.by) && !barred(voice)",
        becomes: "!barred(voice)",
        rooms: ENGINE,
    },
    Guard {
        name: "a deputy passes nothing that the one who is away must not",
        file: REPLIES,
        is: "self.holds(voice, &review.by) && !barred(voice)",
        becomes: "self.holds(voice, &review.by)",
        rooms: ENGINE,
    },
    Guard {
        name: "who must not decide does not decide for somebody who is away",
        file: REPLIES,
        is: "if barred(who) || !self.voices(who).any(may) {",
        becomes: "if !self.voices(who).any(may) {",
        rooms: ENGINE,
    },
    Guard {
        name: "nobody answers what somebody else has taken up",
        file: REPLIES,
        is: r"        if others {
            return Err(Decline::Taken);",
        becomes: r"        if false {
            return Err(Decline::Taken);",
        rooms: ENGINE,
    },
    Guard {
        name: "nobody agrees twice",
        file: REPLIES,
        is: "values.is_empty() && review.agreed.contains(who)",
        becomes: "false",
        rooms: ENGINE,
    },
    Guard {
        name: "as many agree as must",
        file: REPLIES,
        is: "if agreed + 1 < self.approvals(review) {",
        becomes: "if false {",
        rooms: ENGINE,
    },
    Guard {
        name: "a change drops what was agreed to before it",
        file: REPLIES,
        is: "(0, edits)",
        becomes: "(review.agreed.len(), edits)",
        rooms: ENGINE,
    },
    Guard {
        name: "whoever started a case does not pass it",
        file: REPLIES,
        is: "NeverBy::Starter => starter.is_none_or(|starter| starter == who),",
        becomes: "NeverBy::Starter => false,",
        rooms: ENGINE,
    },
    Guard {
        name: "where nobody knows who started it, nobody passes it alone",
        file: REPLIES,
        is: "starter.is_none_or(|starter| starter == who)",
        becomes: "starter.is_some_and(|starter| starter == who)",
        rooms: ENGINE,
    },
    Guard {
        name: "whoever answers for a map does not pass what its start began",
        file: REPLIES,
        is: "            true => Some(accountable),",
        becomes: "            true => self.plan.workflow().people.keys().next(),",
        rooms: ENGINE,
    },
    Guard {
        name: "the owner does not pass what they must not",
        file: REPLIES,
        is: "NeverBy::Owner => who == accountable,",
        becomes: "NeverBy::Owner => false,",
        rooms: ENGINE,
    },
    Guard {
        name: "what guard held back takes a second person",
        file: REPLIES,
        is: "(_, About::Act { .. }) => &[NeverBy::Starter],",
        becomes: "(_, About::Act { .. }) => &[],",
        rooms: ENGINE,
    },
    Guard {
        name: "only some may steer a case",
        file: ORDERS,
        is: "if may { Ok(()) } else { Err(Decline::NotPermitted) }",
        becomes: r"let _ = may;
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
        name: "an effect that goes too far by itself is not stored",
        file: COMMIT,
        is: "scopes.extend(beyond(draft, &at.step, *freedom));",
        becomes: "let _ = beyond(draft, &at.step, *freedom);",
        rooms: ENGINE,
    },
    Guard {
        name: "whoever holds a workflow holds those that it calls",
        file: COMMIT,
        is: "scopes.extend(above.clone().map(|name| beyond(name, None)));",
        becomes: "let _ = above.clone().map(|name| beyond(name, None));",
        rooms: ENGINE,
    },
    Guard {
        name: "who is on call holds that role and no other",
        file: ORDERS,
        is: "now == who && held.contains(role) && roles.contains_key(role)",
        becomes: "now == who && !held.is_empty() && roles.contains_key(role)",
        rooms: ENGINE,
    },
    Guard {
        name: "a turn on call ends with its order",
        file: ORDERS,
        is: "self.on_call = command.order.who().map(|who| (who.clone(), command.on_call.clone()));",
        becomes: r"if !command.on_call.is_empty() {
            self.on_call = command.order.who().map(|who| (who.clone(), command.on_call.clone()));
        }",
        rooms: ENGINE,
    },
    Guard {
        name: "parts of a suspected case are suspected",
        file: "crates/engine/src/control/fold.rs",
        is: "self.suspected = matches!(starter, Starter::Parent { suspected: true, .. });",
        becomes: "self.suspected = false;",
        rooms: ENGINE,
    },
    Guard {
        name: "a tool is called so often in an hour and no more",
        file: "crates/engine/src/asks.rs",
        is: "self.take(account, 1, *most);",
        becomes: "let _ = (account, most);",
        rooms: ENGINE,
    },
    Guard {
        name: "a person answers no more than a day allows",
        file: REPLIES,
        is: "if day.as_ref().is_some_and(|(account, _)| self.exhausted(account)) {",
        becomes: "if false {",
        rooms: ENGINE,
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
