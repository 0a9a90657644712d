//! The page of each code a run can meet: what it means and what is safe to do next. This table is
//! what `flightdeck explain CODE` shows for them. It must not say what the workspace's files say;
//! the problems of files have their own table in `plan`.

use journal::Code;

/// One code's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Page {
    /// As it stands in files, records and screens.
    pub id: &'static str,
    pub title: &'static str,
    pub why: &'static str,
    /// What is safe to do about it.
    pub next: &'static str,
}

/// The page of a code by its id.
#[must_use]
pub fn find(id: &str) -> Option<Page> {
    let id = id.trim().replace('-', "_").to_ascii_lowercase();
    let faults = FAULTS.iter().map(|page| **page);
    ALL.iter().map(|code| page(*code)).chain(faults).find(|page| page.id == id)
}

/// The stored runs themselves were changed or lost.
pub const JOURNAL_DAMAGED: Page = Page {
    id: "journal_damaged",
    title: "what is stored was changed or lost",
    why: "a page of the disk or an entry of a case is not what was written; the case that needs \
          it stays where it is, and every other one goes on",
    next: "copy the data folder first; `flightdeck doctor` says whether the file is sound, and \
           `flightdeck logs RUN --verify` which case it is; then put the folder back from a backup",
};

/// Nothing can be stored or read.
pub const JOURNAL_UNUSABLE: Page = Page {
    id: "journal_unusable",
    title: "runs cannot be stored or read",
    why: "the disk is full or gives errors, or the data folder is not ours to write; what cannot \
          be stored is not done",
    next: "make room or mend the disk, see that `flightdeck doctor` can write, then go on with \
           `flightdeck run --open`",
};

/// A guard refuses everything.
pub const GUARD_UNPROVEN: Page = Page {
    id: "guard_unproven",
    title: "the guard is not proven",
    why: "requests that must be refused are put to the guard before anything starts and every few \
          minutes; one was allowed, or no guard could be made, so everything is refused",
    next: "read the reason with `flightdeck why`, correct the workflow or the policy with \
           `flightdeck check`, then go on with `flightdeck run --open`",
};

/// A rule of the workspace measures more than it allows.
pub const ALERT: Page = Page {
    id: "alert",
    title: "something goes other than it should",
    why: "what an alert of `flightdeck.yaml` watches is beyond its limit; nothing is held back",
    next: "`flightdeck alerts` shows what each measures and what was told; whoever answers for it \
           looks at the cases, and `flightdeck stop --workflow NAME` holds them if that is right",
};

/// What `flightdeck logs RUN --verify` ends with when a stored decision is not what the engine
/// decides again from what was stored with it. No run meets it by itself.
pub const DIFFERS: Page = Page {
    id: "decided_otherwise",
    title: "a stored decision is not the one that is made again",
    why: "an entry was changed together with all that follow it, or this program decides otherwise \
          than the one of the same version that wrote it",
    next: "keep a copy of the data folder, and compare it with an export or a backup",
};

/// A workflow says itself that something of it is not settled.
pub const OPEN_QUESTIONS: Page = Page {
    id: "open_questions",
    title: "questions of this workflow are still open",
    why: "what `open` names in its file, or in that of a workflow that it calls, is not settled; \
          such a workflow is tried and rehearsed, and never becomes live",
    next: "settle each with whoever can, write it into the map and take it out of `open`; \
           `flightdeck interview WORKFLOW` puts them one after the other",
};

/// A release was gone back from because its cases came out worse.
pub const RELEASE_WORSE: Page = Page {
    id: "release_worse",
    title: "a release was worse, and was gone back from",
    why: "a share of new cases began on it, and they came out worse than those of the live release \
          by more than `releases` in `flightdeck.yaml` allows; its open cases go on with it",
    next: "look at what was measured with `flightdeck releases WORKFLOW`, keep such a case in \
           `cases/WORKFLOW/`, correct the files, and deploy again",
};

/// Nobody may answer an open request.
pub const NOBODY_MAY: Page = Page {
    id: "nobody_may_answer",
    title: "nobody may answer the request",
    why: "everybody who holds its role started the case or answers for it, or is no longer a \
          person of the workspace, so it would only run out of time",
    next: "pass it on with `flightdeck review escalate`, or give the role to somebody else in \
           `flightdeck.yaml`",
};

/// The queue of requests is as long as the map allows.
pub const REQUESTS_FULL: Page = Page {
    id: "requests_full",
    title: "as many cases wait for people as may",
    why: "the map's `limits.waiting` keeps a queue that nobody gets through from growing; no case \
          is opened until some are answered",
    next: "answer some with `flightdeck review`; raise the limit if the people can keep up",
};

/// A start begins no cases.
pub const START_HELD: Page = Page {
    id: "start_held",
    title: "a start begins no cases",
    why: "its folder or a file in it cannot be read, more comes than is looked at, or what other \
          systems send is no case or is signed by nobody who may",
    next: "mend the folder; the start goes on by itself, and `flightdeck status` shows it",
};

/// A secret is not where it should be.
pub const SECRET_MISSING: Page = Page {
    id: "secret_missing",
    title: "a secret is not there",
    why: "a model or a tool server is given a secret that is not where `flightdeck.yaml` says, or \
          not in the environment",
    next: "see which with `flightdeck secrets`; put it there, and start again",
};

/// What can be wrong with the program's own footing, beside the codes of runs.
pub const FAULTS: &[&Page] = &[
    &JOURNAL_DAMAGED,
    &JOURNAL_UNUSABLE,
    &GUARD_UNPROVEN,
    &ALERT,
    &RELEASE_WORSE,
    &DIFFERS,
    &NOBODY_MAY,
    &REQUESTS_FULL,
    &START_HELD,
    &SECRET_MISSING,
    &OPEN_QUESTIONS,
];

macro_rules! pages {
    ($($code:ident = $id:literal: $title:literal, $why:literal, $next:literal;)*) => {
        /// Every code, in the order of the vocabulary.
        pub const ALL: &[Code] = &[$(Code::$code),*];

        /// The page of a code.
        #[must_use]
        pub const fn page(code: Code) -> Page {
            match code {
                $(Code::$code => Page { id: $id, title: $title, why: $why, next: $next },)*
            }
        }
    };
}

pages! {
    RateLimited = "rate_limited": "the vendor asked to slow down",
        "a model or tool server takes only so many calls in a time",
        "wait; the case goes on by itself, or lower the number of cases at once";
    TimedOut = "timed_out": "no answer came in time",
        "the model or tool server was slower than the step's `time_out`",
        "try again with `flightdeck retry`; raise `time_out` if it happens often";
    Unavailable = "unavailable": "the other side could not be reached",
        "the model or tool server is down, or the network is",
        "see what is down with `flightdeck doctor`, then `flightdeck retry`";
    Stopped = "stopped": "a stop came before it began",
        "somebody stopped it, the workflow or everything just then; nothing happened",
        "lift the stop with `flightdeck resume`, and the case goes on by itself";
    VendorRefused = "vendor_refused": "the vendor refused the request",
        "a wrong key, a retired model, or a rule of the vendor",
        "test the model with `flightdeck model test`, correct `flightdeck.yaml`, then retry";
    BadAnswer = "bad_answer": "the answer broke its contract",
        "the model's answer did not have the fields that the step needs, even when repaired",
        "give the values by hand with `flightdeck review edit`, or retry";
    Doubt = "doubt": "the checks disagree",
        "values were found, but they do not add up or two questions had two answers",
        "look at the document and give the right values with `flightdeck review edit`";
    ToolError = "tool_error": "the tool answered with an error",
        "the tool understood the call and said no",
        "read its answer with `flightdeck why`, then retry, or give the values by hand";
    Question = "question": "the tool has a question first",
        "the server wants something answered before it goes on with the call",
        "answer it with `flightdeck review edit`; where it cannot be put to a person, do by hand \
         what the step was to do";
    ToolChanged = "tool_changed": "the tool is not what was approved",
        "its definition differs from `mcp.lock`, so it might do something else now",
        "compare with `flightdeck mcp diff`; approve again with `flightdeck mcp pin` if it is right";
    TooLarge = "too_large": "the answer was larger than allowed",
        "an answer without a bound could fill memory and the disk",
        "let the tool give less, or raise its limit";
    Refused = "refused": "a rule refused the act",
        "a rule of the workspace or of Flightdeck does not allow it",
        "read which rule with `flightdeck why`; change the map or the policy, then run again";
    Budget = "budget": "a limit is used up",
        "the money, tokens, acts or time of the case or of the day are used up",
        "raise the limit in the workflow if it is right to go on; a day's limit ends at midnight";
    Loop = "loop": "the same acts again and again",
        "an agent or a circle of steps did not come further",
        "read the last acts with `flightdeck logs`, and give the agent clearer instructions";
    Late = "late": "nobody answered in time",
        "a request was open for longer than its deadline",
        "start the case again when somebody can answer, or give the role more people";
    Rejected = "rejected": "a person rejected the case",
        "the reviewer said no and gave a reason",
        "read the reason with `flightdeck why`";
    NotConfirmed = "not_confirmed": "the effect could not be confirmed",
        "what the tool said afterwards is not what the step promised",
        "look in the other system before anything is tried again";
    InDoubt = "in_doubt": "nobody knows whether it happened",
        "the act was started, and no answer came before this program or the tool went away",
        "look in the other system, then say so in `flightdeck review`; it is never repeated silently";
    Child = "child": "a part of the case failed",
        "a workflow that this one calls ended badly",
        "look at that run with `flightdeck why`";
    Expression = "expression": "a condition gave no value",
        "a value that it names is missing, or values of different kinds met",
        "correct the condition; `flightdeck check` finds most such mistakes";
    BodyMissing = "body_missing": "a content is missing",
        "a stored content was erased or is damaged; nothing is made up in its place",
        "start the case again from its document";
    Cancelled = "cancelled": "a person cancelled the case",
        "somebody with the right to do so ended it",
        "nothing; start the case again if it was a mistake";
    Expired = "expired": "the case was open for too long",
        "the workflow limits how many days a case may stay open",
        "start the case again, or raise `limits.case.days`";
    Ended = "ended": "the map ended the case as failed",
        "the case came to a step that ends it so",
        "read the way it took with `flightdeck why`";
    Defect = "defect": "a mistake of this program",
        "something unexpected happened inside; it was caught, and nothing was allowed by it",
        "report it with the output of `flightdeck why` and `flightdeck doctor`";
}
