//! Which keys each part of a file has: the one table that the reader, the "did you mean" and the
//! JSON Schema of the settings are made from. It must not read values.

use crate::codes::{self, Code};

mod credentials;
mod exams;
mod privacy;
mod statement;
mod today;

pub(crate) use credentials::CREDENTIALS;
pub(crate) use exams::EXAM;
pub(crate) use privacy::{AI_RISKS, AI_ROLES, PRIVACY};
pub(crate) use statement::STATEMENT;
pub(crate) use today::{OPEN, TODAY};

/// The keys of one part of a file.
pub(crate) struct Shape {
    /// What the part is called in messages.
    pub(crate) said: &'static str,
    pub(crate) keys: &'static [Key],
}

pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// The problem its absence is, if it is one.
    pub(crate) missing: Option<&'static Code>,
    pub(crate) doc: &'static str,
}

/// The form of a value, as the JSON Schema says it. The readers check the same more exactly.
pub(crate) enum Form {
    Text,
    Name,
    Person,
    YesNo,
    Whole,
    Number,
    Duration,
    Money,
    Percent,
    Path,
    Condition,
    Words(&'static [&'static str]),
    /// One or several.
    Some(&'static Form),
    List(&'static Form),
    /// Any keys with values of this form.
    Map(&'static Form),
    Shape(&'static Shape),
    Either(&'static [Form]),
    Any,
}

use Form::{
    Any, Condition, Duration, Either, List, Map, Money, Name, Number, Path, Percent, Person, Some,
    Text, Whole, Words, YesNo,
};

const fn may(name: &'static str, form: Form, doc: &'static str) -> Key {
    Key { name, form, missing: None, doc }
}

const fn must(name: &'static str, form: Form, doc: &'static str) -> Key {
    Key { name, form, missing: Option::Some(&codes::MISSING_KEY), doc }
}

const fn else_problem(
    name: &'static str,
    code: &'static Code,
    form: Form,
    doc: &'static str,
) -> Key {
    Key { name, form, missing: Option::Some(code), doc }
}

/// The kind of a field: a word, or `one_of`, `list_of` and further fields.
const KIND: Form = Either(&[Text, Map(&Any)]);

pub(crate) const RISKS: &[&str] = &["low", "medium", "high", "critical"];
pub(crate) const AUTONOMIES: &[&str] = &["suggest", "approve", "act_with_undo", "act"];
pub(crate) const SUSPICIONS: &[&str] = &["ask", "note"];
pub(crate) const SOURCES: &[&str] = &["outside", "inside"];
pub(crate) const NEVER: &[&str] = &["starter", "owner"];
pub(crate) const OUTCOMES: &[&str] = &["done", "rejected", "failed"];
pub(crate) const FINDS: &[&str] = &["name", "id", "date", "money", "iban", "line"];
pub(crate) const CANS: &[&str] = &["choose", "json", "tools", "probabilities"];
pub(crate) const NOTICES: &[&str] =
    &["request", "late", "failed", "stop", "control", "limit", "attention", "release", "alert"];
pub(crate) const PROMOTES: &[&str] = &["itself"];
pub(crate) const WATCHED: &[&str] = &[
    "error_rate",
    "latency",
    "cost",
    "cost_anomaly",
    "validation_failures",
    "queue_age",
    "input_drift",
    "output_drift",
    "stuck",
    "quality",
    "start_missed",
    "start_held",
];
pub(crate) const FORMATS: &[&str] = &["openai", "anthropic"];
pub(crate) const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

pub(crate) static WORKFLOW: Shape = Shape {
    said: "a workflow",
    keys: &[
        must("workflow", Name, "The workflow's name."),
        must("purpose", Text, "What it is for, and what it never does."),
        may("open", List(&Either(&[Text, Form::Shape(&OPEN)])), "What is not settled yet."),
        else_problem("accountable", &codes::ACCOUNTABLE, Person, "The person who answers for it."),
        else_problem("override", &codes::OVERRIDE, Name, "The role that may stop and overrule it."),
        must("risk", Words(RISKS), "How bad a mistake is."),
        must("autonomy", Words(AUTONOMIES), "How far it may go by itself."),
        may(
            "suspicion",
            Either(&[Words(SUSPICIONS), Form::Shape(&SUSPICION)]),
            "When a text speaks to the model; `ask` if not said.",
        ),
        must("case", Form::Shape(&CASE), "What one case is, and who may have written it."),
        may("starts", List(&Form::Shape(&START)), "What starts a case."),
        may("seeds", Form::Shape(&SEEDS), "Cases known to be wrong that are put among the others."),
        may("once_per", List(&Either(&[Path, List(&Path)])), "Values that identify a case."),
        else_problem("limits", &codes::NO_BUDGET, Form::Shape(&LIMITS), "What it may use up."),
        may("tables", Map(&Either(&[Text, Form::Shape(&TABLE)])), "Trusted look-up tables."),
        may("baseline", Form::Shape(&BASELINE), "What the process costs by hand."),
        may("today", List(&Form::Shape(&TODAY)), "The process as people do it now, in order."),
        may("on_failure", Form::Shape(&FAILURE), "What happens when a step fails for good."),
        else_problem("steps", &codes::NO_STEPS, List(&Form::Shape(&STEP)), "The steps, in order."),
        else_problem(
            "exceptions",
            &codes::NO_EXCEPTIONS,
            List(&Form::Shape(&EXCEPTION)),
            "Cases that do not fit, and where they go.",
        ),
        may("output", Path, "What a workflow that calls this one gets back."),
    ],
};

pub(crate) static SUSPICION: Shape = Shape {
    said: "`suspicion`",
    keys: &[
        may("then", Words(SUSPICIONS), "What follows; `ask` if not said."),
        may("judge", Name, "A model that looks at each text from outside as well."),
    ],
};

pub(crate) static CASE: Shape = Shape {
    said: "`case`",
    keys: &[
        must("one", Text, "What one case is: `file in inbox/`."),
        must("from", Words(SOURCES), "Who may have written it; outside is untrusted."),
        may("fields", Map(&KIND), "The fields of the case and their kinds."),
        may("tags", List(&Name), "Tags such as `personal`."),
        may("sender", Path, "The field that says who sent it: `case.from`."),
    ],
};

pub(crate) static START: Shape = Shape {
    said: "a start",
    keys: &[
        may("folder", Text, "A folder whose new files are cases."),
        may("at", Text, "A time such as `weekdays 07:30 Europe/London`."),
        may("only_if", Form::Shape(&ONLY_IF), "What must be so at that time; with `at`."),
        may("webhook", Name, "The name of an address to which another system sends, signed."),
        may("secret", Some(&Text), "The name of the secret that signs; two during a change."),
        may("type", Text, "Only events of this type begin a case; with `webhook`."),
        may("under", Text, "The key below which the fields stand: `data`; with `webhook`."),
    ],
};

pub(crate) static ONLY_IF: Shape = Shape {
    said: "`only_if`",
    keys: &[must("folder", Text, "A folder in which a file must lie.")],
};

pub(crate) static SEEDS: Shape = Shape {
    said: "`seeds`",
    keys: &[
        must("from", Text, "The folder below `seeds` that holds them, one JSON object in a file."),
        must("share", Percent, "Beside how many cases one is put: `2 %`."),
    ],
};

pub(crate) static LIMITS: Shape = Shape {
    said: "`limits`",
    keys: &[
        else_problem("case", &codes::NO_BUDGET, Form::Shape(&CASE_LIMITS), "For one case."),
        else_problem("day", &codes::NO_DAILY_CAP, Form::Shape(&DAY_LIMITS), "For one day."),
        may("hour", Form::Shape(&HOUR_LIMITS), "For an hour, so that a flood is noticed."),
        may("waiting", Whole, "The most cases that wait for a person; beyond it none is opened."),
    ],
};

pub(crate) static CASE_LIMITS: Shape = Shape {
    said: "`limits.case`",
    keys: &[
        else_problem("cost", &codes::NO_BUDGET, Money, "The most one case may cost."),
        may("tokens", Whole, "The most tokens of one case; 200000 if not said."),
        may("active", Duration, "The longest working time; 15 minutes if not said."),
        may("days", Whole, "Days until a waiting case ends; 30 if not said."),
        may("acts", Whole, "The most model and tool calls; 200 if not said."),
    ],
};

pub(crate) static HOUR_LIMITS: Shape = Shape {
    said: "`limits.hour`",
    keys: &[
        may("cases", Whole, "The most cases that are opened in an hour."),
        may("each_sender", Whole, "The most cases of one `sender` that are opened in an hour."),
        may("calls", Map(&Whole), "By tool, the most calls in an hour, in all cases together."),
    ],
};

pub(crate) static DAY_LIMITS: Shape = Shape {
    said: "`limits.day`",
    keys: &[
        else_problem("cost", &codes::NO_DAILY_CAP, Money, "The most a day may cost."),
        else_problem("cases", &codes::NO_DAILY_CAP, Whole, "The most cases of a day."),
        may("amount", Money, "The largest sum of amounts that acts may move in a day."),
    ],
};

pub(crate) static TABLE: Shape = Shape {
    said: "a table",
    keys: &[
        must("tool", Text, "The tool that answers read-only SQL: `table.read_query`."),
        must("name", Text, "The table's name in that server."),
        must("columns", Map(&KIND), "The columns and their kinds."),
        may("tags", List(&Name), "Tags such as `personal`."),
    ],
};

pub(crate) static BASELINE: Shape = Shape {
    said: "`baseline`",
    keys: &[
        must("minutes", Whole, "Minutes of work for one case."),
        must("cases_per_week", Whole, "Cases in a week."),
        may("hourly_rate", Money, "What an hour of work costs."),
        may("error_rate", Percent, "How many cases go wrong by hand: `2 %`."),
        may("error_cost", Money, "What one error costs."),
    ],
};

pub(crate) static FAILURE: Shape = Shape {
    said: "`on_failure`",
    keys: &[
        may("retry", Form::Shape(&RETRY), "Retries before that."),
        may("ask", Name, "The role that is asked."),
        may("go", Name, "The step the case goes to."),
        may("then", Words(&["stop"]), "`stop` ends the case as failed."),
    ],
};

pub(crate) static RETRY: Shape = Shape {
    said: "`retry`",
    keys: &[
        must("times", Whole, "How often."),
        may("first", Duration, "The first wait; it doubles. 1 second if not said."),
        may("longest", Duration, "The longest wait; 1 minute if not said."),
    ],
};

pub(crate) static EXCEPTION: Shape = Shape {
    said: "an exception",
    keys: &[
        must("what", Text, "The exception in the operator's words."),
        may("when", Condition, "When it is raised; without it only an agent raises it."),
        must("go", Name, "The step that deals with it."),
    ],
};

/// The keys that name what a step does.
pub(crate) const KINDS: &[&str] =
    &["agent", "tool", "lookup", "decide", "review", "each", "parallel", "wait", "workflow", "end"];

/// The keys of a step by its kind, besides the kind itself and the common ones.
pub(crate) fn of_kind(kind: &str) -> &'static [&'static str] {
    match kind {
        "agent" => &[
            "given",
            "from",
            "copy",
            "answer",
            "tools",
            "turns",
            "must_hold",
            "repairs",
            "sure",
            "never_says",
        ],
        "tool" => &["with", "backed_by", "gives", "undo", "confirm"],
        "workflow" => &["with"],
        "end" => &["tell"],
        _ => &[],
    }
}

/// The keys every step may have.
pub(crate) const COMMON: &[&str] =
    &["step", "then", "time_out", "on_failure", "at_most", "autonomy"];

pub(crate) static STEP: Shape = Shape {
    said: "a step",
    keys: &[
        must("step", Name, "The step's name."),
        may("then", Name, "The next step, or `end`; the next of the list if not said."),
        may("time_out", Duration, "How long one try may take; 2 minutes if not said."),
        may("on_failure", Form::Shape(&FAILURE), "What happens when it fails for good."),
        may("at_most", Whole, "How often one case may come here; needed in a loop."),
        may("autonomy", Words(AUTONOMIES), "How far it may go, where less far than the workflow."),
        may("agent", Name, "An agent works on it."),
        may("given", Some(&Path), "What the agent is given."),
        may("from", Path, "The text that fields are copied from; `case.text` if not said."),
        may("copy", Map(&Either(&[Text, Form::Shape(&COPY)])), "Fields copied from the text."),
        may("answer", Either(&[Text, Map(&KIND)]), "A schema file, or fields and their kinds."),
        may("tools", List(&Text), "Tools the agent may use here."),
        may("turns", Whole, "The most rounds with tools; 8 if not said."),
        may("must_hold", List(&Condition), "What must hold for the fields."),
        may("repairs", Whole, "How often a broken answer may be repaired; 1 if not said."),
        may("sure", Form::Shape(&SURE), "What the answer must show, or a person decides."),
        may("never_says", Either(&[Text, List(&Text)]), "Words it must not say, or their file."),
        may("tool", Text, "A tool is called: `server.tool`."),
        may("with", Map(&Any), "Arguments: paths, numbers, or `{ literal: ... }`."),
        may("backed_by", Map(&Form::Shape(&BACKING)), "Trusted facts arguments must equal."),
        may("gives", Map(&KIND), "Fields of the result and their kinds."),
        may("undo", Text, "The tool that takes the effect back."),
        may("confirm", Form::Shape(&CONFIRM), "A read-back that must hold."),
        may("lookup", Map(&Form::Shape(&FIND)), "Rows of tables."),
        may("decide", Form::Shape(&DECIDE), "A rule chooses the next step."),
        may("review", Form::Shape(&REVIEW), "A person decides."),
        may("each", Form::Shape(&EACH), "Another workflow for each item of a list."),
        may("parallel", Map(&List(&Form::Shape(&STEP))), "Branches that run at the same time."),
        may("wait", Form::Shape(&WAIT), "Wait for a time."),
        may("workflow", Name, "Another workflow is called."),
        may("end", Words(OUTCOMES), "The case ends."),
        may("tell", Name, "The role that is told."),
    ],
};

pub(crate) static SURE: Shape = Shape {
    said: "`sure`",
    keys: &[
        may("times", Whole, "How often it is answered; the answers must be alike."),
        may("alike", List(&Name), "The fields that must be; all if not said."),
        may("checker", Name, "Another model, which must find the answer right."),
        may("probability", Percent, "How likely the model must find each part: `80 %`."),
    ],
};

pub(crate) static COPY: Shape = Shape {
    said: "a copied field",
    keys: &[
        must("find", Words(FINDS), "What kind of text is looked for."),
        may("called", List(&Text), "What the field is called in the documents."),
        may("optional", YesNo, "Whether it may be missing."),
        may("known_in", Text, "The table and column that know its values: `orders.order`."),
    ],
};

pub(crate) static BACKING: Shape = Shape {
    said: "`backed_by`",
    keys: &[
        must("fact", Path, "The fact the argument must equal."),
        may("within", Either(&[Money, Number]), "The largest allowed distance; none if not said."),
        may("when", Condition, "A further condition on facts."),
    ],
};

pub(crate) static CONFIRM: Shape = Shape {
    said: "`confirm`",
    keys: &[
        must("tool", Text, "The tool that reads back."),
        may("with", Map(&Any), "Its arguments."),
        may("gives", Map(&KIND), "Fields of `result` and their kinds."),
        must("holds", Condition, "What must hold; `result` is the tool's answer."),
    ],
};

pub(crate) static FIND: Shape = Shape {
    said: "a look-up",
    keys: &[
        must("in", Name, "The table."),
        must("where", Either(&[List(&Name), Map(&Path)]), "Columns and the values they equal."),
    ],
};

pub(crate) static DECIDE: Shape = Shape {
    said: "`decide`",
    keys: &[
        else_problem("who", &codes::DECIDE_WHO, Name, "The role accountable for the rule."),
        else_problem("basis", &codes::DECIDE_BASIS, Text, "The policy the rule comes from."),
        must("first", List(&Form::Shape(&ROW)), "Rows; the first that holds is taken."),
        else_problem(
            "otherwise",
            &codes::DECIDE_OTHERWISE,
            Name,
            "The step when no row holds, and in doubt.",
        ),
    ],
};

pub(crate) static ROW: Shape = Shape {
    said: "a row",
    keys: &[must("when", Condition, "The condition."), must("go", Name, "The step, or `end`.")],
};

pub(crate) static REVIEW: Shape = Shape {
    said: "`review`",
    keys: &[
        must("by", Name, "The role that decides."),
        may("never_by", Some(&Words(NEVER)), "Who may not decide, whatever the role."),
        may("approvals", Whole, "How many people must agree, each another one; 1 if not said."),
        may("sample", Form::Shape(&SAMPLE), "Cases of which only some are put before a person."),
        may("question", Text, "What is asked; the step's text if not said."),
        must("show", List(&Path), "What the reviewer sees, and so approves."),
        may("may_edit", List(&Path), "What the reviewer may change."),
        else_problem("within", &codes::REVIEW_DEADLINE, Duration, "The deadline."),
        else_problem("late", &codes::REVIEW_LATE, Form::Shape(&LATE), "When nobody answers."),
        else_problem(
            "if_rejected",
            &codes::REVIEW_REJECTED,
            Form::Shape(&REJECTED),
            "When the reviewer says no.",
        ),
    ],
};

pub(crate) static SAMPLE: Shape = Shape {
    said: "`sample`",
    keys: &[
        must("when", Condition, "Which cases; in doubt a person is asked."),
        must("share", Percent, "How many of them a person sees all the same: `10 %`."),
    ],
};

pub(crate) static LATE: Shape = Shape {
    said: "`late`",
    keys: &[
        may("ask", Name, "Another role that is asked."),
        may("within", Duration, "Its deadline."),
        may("next", List(&Form::Shape(&NEXT)), "Who is asked after that, one after the other."),
        may("then", Name, "`stop`, or a step."),
        may("go", Name, "A step."),
    ],
};

pub(crate) static NEXT: Shape = Shape {
    said: "an entry of `next`",
    keys: &[
        must("ask", Name, "The role."),
        else_problem("within", &codes::REVIEW_DEADLINE, Duration, "Its deadline."),
    ],
};

pub(crate) static REJECTED: Shape = Shape {
    said: "`if_rejected`",
    keys: &[
        may("tell", Name, "The role that is told."),
        may("then", Name, "`stop`, or a step."),
        may("go", Name, "A step."),
    ],
};

pub(crate) static EACH: Shape = Shape {
    said: "`each`",
    keys: &[
        must("of", Path, "The list."),
        must("workflow", Name, "The workflow that deals with one item."),
        must("items", Whole, "The most items."),
        may("at_once", Whole, "How many at the same time; 4 if not said."),
        may("failures", Whole, "Failed items that are still no failure; none if not said."),
        may("collect", YesNo, "Whether the outputs are collected; true if not said."),
    ],
};

pub(crate) static WAIT: Shape = Shape {
    said: "`wait`",
    keys: &[may("for", Duration, "How long."), may("until", Path, "Until the date a path holds.")],
};

pub(crate) static SETTINGS: Shape = Shape {
    said: "`flightdeck.yaml`",
    keys: &[
        must("organisation", Text, "Whose workspace this is."),
        must("currency", Text, "The currency of costs."),
        must("people", Map(&Form::Shape(&PERSON)), "People by e-mail address or account."),
        must("roles", Map(&List(&Person)), "Roles and who holds them."),
        must("working_hours", Form::Shape(&HOURS), "When people work."),
        may(
            "on_call",
            Map(&List(&Form::Shape(&ON_CALL))),
            "Who holds a role on which days and at which hours, besides those who always do.",
        ),
        may(
            "attention",
            Map(&Form::Shape(&ATTENTION)),
            "How much the holders of a role can look at.",
        ),
        must("models", Map(&Form::Shape(&MODEL)), "Models, their abilities and prices."),
        may("default_model", Name, "The model of agents that name none."),
        may("fallback", List(&Name), "Models that are tried when one is down."),
        may(
            "retention",
            Map(&Duration),
            "How long contents are kept once their case is over, by tag, or of `everything`.",
        ),
        may("credentials", Form::Shape(&CREDENTIALS), "In whose name credentials are issued."),
        may("access", Form::Shape(&ACCESS), "Who may do what over HTTP, and how people sign in."),
        may(
            "releases",
            Map(&Form::Shape(&RELEASES)),
            "What a release has to show, by workflow, or of `everything`.",
        ),
        may("exams", Map(&Form::Shape(&EXAM)), "Where exams differ from the usual ones, by track."),
        may("privacy", Form::Shape(&PRIVACY), "What a record of processing says besides."),
        may("notices", Map(&Form::Shape(&NOTICE)), "Who is told what without asking, and how."),
        may("alerts", List(&Form::Shape(&ALERT)), "What is watched, and who hears of too much."),
        may(
            "secrets",
            Map(&Form::Shape(&SECRET)),
            "Where secrets come from, and how old they may get.",
        ),
        may(
            "vendors",
            Map(&Form::Shape(&VENDOR)),
            "On whom the work depends: vendors and servers.",
        ),
    ],
};

pub(crate) static ACCESS: Shape = Shape {
    said: "`access`",
    keys: &[
        may("owner", List(&Person), "All of what follows, and who has access."),
        may("operator", List(&Person), "Who starts cases and releases, stops and resumes."),
        may("reviewer", List(&Person), "Who decides requests, as far as the maps let them."),
        may("auditor", List(&Person), "Who reads what is stored, exactly as it is stored."),
        may("viewer", List(&Person), "Who sees where everything stands."),
        may("sign_in", Form::Shape(&SIGN_IN), "Where an organisation's people sign in."),
        may("passwords", YesNo, "Whether a password is enough; true if not said."),
    ],
};

pub(crate) static SIGN_IN: Shape = Shape {
    said: "`sign_in`",
    keys: &[
        must("issuer", Text, "The address of an OpenID Connect provider."),
        must("client", Text, "The name by which it knows this installation."),
        may("secret", Text, "The name of the secret that was agreed with it."),
    ],
};

pub(crate) static RELEASES: Shape = Shape {
    said: "`releases`",
    keys: &[
        may("at_least", Percent, "The share of kept cases that come out right; all if not said."),
        may("canary", Form::Shape(&CANARY), "How it is tried on a share of new cases first."),
    ],
};

pub(crate) static CANARY: Shape = Shape {
    said: "`canary`",
    keys: &[
        may("share", Percent, "The share of new cases that begin on it: `10 %`."),
        may("cases", Whole, "How many of its cases are compared; 50 if not said."),
        may("days", Whole, "How long they are waited for; 7 if not said."),
        may("worse", Form::Shape(&WORSE), "By how much it may be worse than the live release."),
        may("promote", Words(PROMOTES), "`itself`: what is not worse becomes live by itself."),
    ],
};

pub(crate) static WORSE: Shape = Shape {
    said: "`worse`",
    keys: &[
        may("quality", Percent, "More cases not done, answers changed or in doubt: `2 %`."),
        may("cost", Percent, "Dearer than a case of the live release: `20 %`."),
        may("requests", Percent, "More requests to people for a case: `10 %`."),
    ],
};

pub(crate) static SECRET: Shape = Shape {
    said: "a secret",
    keys: &[
        may("file", Text, "A file that holds it and that nobody else may read."),
        may("command", List(&Text), "A program that prints it, with its arguments."),
        may("age", Form::Shape(&AGE), "A file that is encrypted with `age`, and the key to it."),
        may("keyring", Form::Shape(&KEYRING), "An entry of the keyring of this machine."),
        may("since", Text, "The day since which it has its value, `\"2026-10-01\"`."),
        may("every", Duration, "How long it may keep that value."),
    ],
};

pub(crate) static AGE: Shape = Shape {
    said: "an encrypted secret",
    keys: &[
        must("file", Text, "The file that `age` encrypted."),
        must("identity", Text, "The key that opens it, in a file that nobody else may read."),
    ],
};

pub(crate) static KEYRING: Shape = Shape {
    said: "an entry of a keyring",
    keys: &[
        must("service", Text, "What it is for, as the keyring has it."),
        must("account", Text, "Whose it is, as the keyring has it."),
    ],
};

pub(crate) static VENDOR: Shape = Shape {
    said: "a vendor",
    keys: &[
        may("region", Text, "Where it works on what it is sent."),
        may("terms", Text, "The terms that hold, by name or date."),
        may("contact", Text, "Whom to reach there."),
        may("reviewed", Text, "The day on which somebody last looked at it, `\"2026-10-01\"`."),
        may("review_every", Duration, "How long that counts; 365 days if not said."),
        may("if_it_goes", Text, "What is done when it goes."),
    ],
};

pub(crate) static NOTICE: Shape = Shape {
    said: "a notice",
    keys: &[
        may("webhook", Text, "An address that takes signed messages."),
        may("key", Text, "The variable that holds the key that they are signed with."),
        may("chat", Text, "An address that takes what Slack takes."),
        may("mail", Some(&Text), "Mail addresses."),
        may("from", Text, "Who the mail is from."),
        may("server", Text, "The mail server and its port: `smtp.example.org:465`."),
        may("user", Text, "The variable that holds the name to sign in with."),
        may("password", Text, "The variable that holds the password."),
        may("tell", List(&Words(NOTICES)), "What it is told of; all if not said."),
        may("roles", List(&Name), "Of what is asked of people, only what is asked of these."),
        may("quiet", Text, "When only what is urgent is sent: `\"20:00-07:00\"`."),
        may("an_hour", Whole, "The most messages in an hour; what is more is told together."),
    ],
};

pub(crate) static ALERT: Shape = Shape {
    said: "an alert",
    keys: &[
        must("name", Name, "What it is called."),
        must("watch", Words(WATCHED), "What is watched."),
        must("of", Name, "The workflow that it is watched of."),
        may(
            "over",
            Either(&[Percent, Duration, Money, Number]),
            "More than this is too much: a share, a time, an amount or a number, by what is watched.",
        ),
        may("under", Percent, "Of the quality: less than this is too little."),
        may("within", Duration, "How far back is looked."),
        may(
            "against",
            Duration,
            "How long the time before that is which it is held against; seven times as long if not \
             said.",
        ),
        may("at_least", Whole, "Fewer cases say nothing; 20 if not said, 100 for comparisons."),
        may(
            "share",
            Percent,
            "Of a latency: how many cases are at most that slow; 95 % if not said.",
        ),
        must("owner", Person, "Who answers for it."),
        must("tell", Name, "The role that is told."),
        must("quiet", Duration, "While it lasts, nobody is told again for so long."),
    ],
};

pub(crate) static ATTENTION: Shape = Shape {
    said: "`attention` of a role",
    keys: &[
        may("a_day", Whole, "The most requests that one person answers in a day."),
        may("at_least", Duration, "Whoever answers one after the other faster has not read them."),
    ],
};

pub(crate) static PERSON: Shape = Shape {
    said: "a person",
    keys: &[
        must("name", Text, "The person's name."),
        may("away", List(&Form::Shape(&AWAY)), "When the person is away, and who stands in."),
    ],
};

pub(crate) static ON_CALL: Shape = Shape {
    said: "a turn on call",
    keys: &[
        must("who", Person, "Who is on call."),
        must("from", Text, "The first day, `\"2026-12-21\"`."),
        must("until", Text, "The last day."),
        may(
            "days",
            Either(&[Text, List(&Words(DAYS))]),
            "On which days of the week, `mon-fri` or a list; on all if not said.",
        ),
        may("hours", Text, "At which hours, `\"18:00-08:00\"`; the whole day if not said."),
    ],
};

pub(crate) static AWAY: Shape = Shape {
    said: "an absence",
    keys: &[
        must("from", Text, "The first day, `\"2026-12-21\"`."),
        must("until", Text, "The last day."),
        must("deputy", Person, "Who decides instead."),
    ],
};

pub(crate) static HOURS: Shape = Shape {
    said: "`working_hours`",
    keys: &[
        must("days", Either(&[Text, List(&Words(DAYS))]), "`mon-fri`, or a list of days."),
        must("from", Text, "`\"09:00\"`."),
        must("to", Text, "`\"17:30\"`."),
        must("zone", Text, "A time zone such as `Europe/London`."),
        may("holidays", List(&Text), "Dates without work: `\"2027-01-01\"`."),
    ],
};

pub(crate) static LEAVE: Shape = Shape {
    said: "a leave",
    keys: &[
        must("by", Text, "The person who gives it."),
        must("until", Text, "The last day that it holds: `2027-01-31`."),
        must("reason", Text, "Why."),
    ],
};

/// Kinds of personal data, as [`crate::workflow::Personal`] names them.
pub(crate) const PERSONAL: &[&str] =
    &["email", "iban", "card", "national_id", "phone", "birth_date", "address", "name"];

pub(crate) static MODEL: Shape = Shape {
    said: "a model",
    keys: &[
        must("vendor", Text, "Who runs it."),
        must("model", Text, "The vendor's name of it."),
        must("can", List(&Words(CANS)), "What it can do."),
        must("context", Whole, "How many tokens it can read."),
        must("answer", Whole, "How many tokens it may write."),
        may("price", Form::Shape(&PRICE), "Prices; free if not said."),
        may("region", Text, "Where its vendor works on what it is sent."),
        may("takes", Map(&Form::Shape(&LEAVE)), "Tagged data that may be sent to it, by tag."),
        may(
            "hides",
            List(&Words(PERSONAL)),
            "Personal data that it is not told; all of it if not said, unless it runs here.",
        ),
        may(
            "base_url",
            Text,
            "Where its server is; `${NAME}` stands for a variable of the environment.",
        ),
        may("format", Words(FORMATS), "How its server is spoken to; the vendor's way if not said."),
        may("key", Text, "The environment variable that holds the key."),
        may("keys", List(&Text), "Several such variables; calls are spread over them."),
        may("idle", Duration, "How long an answer may be silent; 2 minutes if not said."),
    ],
};

pub(crate) static PRICE: Shape = Shape {
    said: "`price`",
    keys: &[
        must("input", Money, "For a million tokens read."),
        may("cached", Money, "For a million tokens read again; as `input` if not said."),
        may(
            "written",
            Money,
            "For a million tokens kept for reading again; as `input` if not said.",
        ),
        must("output", Money, "For a million tokens written."),
    ],
};

pub(crate) static AGENT: Shape = Shape {
    said: "an agent",
    keys: &[
        must("name", Name, "The agent's name."),
        must("description", Text, "What it is good for."),
        may("model", Some(&Name), "Its model, or several in order."),
        may("tools", Some(&Text), "The tools it may use."),
    ],
};
