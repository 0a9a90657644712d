//! Every problem `check` can report: its stable code, title, reason and fix. This table is also
//! what `flightdeck explain CODE` shows. A code is never used again for something else.

/// One kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub id: &'static str,
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do, where a problem does not say it more exactly.
    pub fix: &'static str,
}

/// A code by its id, in any case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    let all = ALL.iter().chain(crate::import::codes::ALL).copied();
    all.into_iter().find(|code| code.id.eq_ignore_ascii_case(id.trim()))
}

macro_rules! codes {
    ($($name:ident = $id:literal: $title:literal, $why:literal, $fix:literal;)*) => {
        $(
            #[doc = $title]
            pub static $name: Code = Code { id: $id, title: $title, why: $why, fix: $fix };
        )*
        /// Every code, in order.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    // 0xx: the text itself.
    FILE = "FD-P001": "a file is missing",
        "something refers to this file, and nothing can be checked without it",
        "add the file, or correct the name";
    FILE_SIZE = "FD-P002": "a file is too large",
        "a file of more than 1 MB is not a text somebody maintains by hand",
        "split the file, or keep the data elsewhere";
    YAML = "FD-P003": "not valid YAML",
        "the structure cannot be read from here on, so the rest may be misunderstood",
        "check the indentation, quotes and brackets at this place";
    YAML_FEATURE = "FD-P004": "a YAML feature that hides meaning",
        "anchors, aliases, tags and merge keys let a line mean something that does not stand there",
        "write the value out";
    DUPLICATE_KEY = "FD-P005": "a key stands twice",
        "only one of the two could count, and a reader cannot know which",
        "remove one of them";
    UNKNOWN_KEY = "FD-P006": "an unknown key",
        "a key that is not understood is not enforced, although it looks as if it were",
        "remove the key, or correct its spelling";
    MISSING_KEY = "FD-P007": "a key is missing",
        "without it the meaning is not complete",
        "add the key";
    KIND = "FD-P008": "the wrong kind of value",
        "the key takes another kind of value",
        "write the value in the form that is named";
    AMBIGUOUS = "FD-P009": "a value that can be read in two ways",
        "programs disagree whether this is a text, a number, a time or yes and no",
        "put the text in quotes";
    NAME = "FD-P010": "not a name",
        "names appear in records, screens and files, so they are kept simple",
        "start with a lower-case letter and go on with letters, digits and `_`";
    FRONTMATTER = "FD-P011": "no settings at the top of the file",
        "what is enforced stands between two lines `---` at the top of the file",
        "start the file with `---`, the settings, and another `---`";
    JSON = "FD-P012": "not valid JSON",
        "the file cannot be read",
        "correct the file at this place";
    HIDDEN = "FD-P013": "a hidden character",
        "a character that nobody sees can change what a model reads or turn text around",
        "remove the character";
    DURATION = "FD-P014": "a time without its unit",
        "a bare number could be seconds, minutes or days",
        "write a number and a unit, such as `90 seconds`, `8 working hours` or `10 days`";
    MONEY = "FD-P015": "an amount without its currency",
        "a bare number could be any currency",
        "write the amount and the currency, such as `12.50 EUR`";
    RANGE = "FD-P016": "a number out of range",
        "a limit that is zero or beyond reason limits nothing or everything",
        "write a number inside the range";
    CHOICE = "FD-P017": "not one of the possible words",
        "only a few words have a meaning here",
        "write one of the possible words";
    TYPE_WORD = "FD-P018": "an unknown kind of field",
        "fields are checked by their kind, so it has to be known",
        "use text, number, whole, money, date, iban, id, yes_no, `list of KIND` or `one of [a, b]`";
    TABLE_HEADER = "FD-P019": "a table column without a kind",
        "the kind of a column is declared, never guessed from its cells",
        "write each heading as `name:kind`, such as `iban:iban` or `amount:money`";

    // 1xx: the flow.
    NO_STEPS = "FD-P101": "a workflow without steps",
        "there is nothing to do",
        "add at least one step";
    STEP_KIND = "FD-P102": "a step that does not say what it does",
        "a step does exactly one thing",
        "give it one of agent, tool, lookup, decide, review, each, parallel, wait, workflow, end";
    STEP_TWICE = "FD-P103": "two steps with one name",
        "a name stands for one step in conditions, headings and records",
        "rename one of the two";
    STEP_UNKNOWN = "FD-P104": "an unknown step",
        "the case could not go on there",
        "name a step of this workflow, or add the step";
    HEADING = "FD-P105": "a heading that belongs to no step",
        "its text would reach nobody: headings give their text to the step of the same name",
        "rename the heading to a step, or use a deeper heading (`###`) inside a step's text";
    UNREACHABLE = "FD-P106": "a step that is never reached",
        "no case can ever come here, so what it promises never happens",
        "lead to it from another step, or remove it";
    NO_EXIT = "FD-P107": "a step without a way out",
        "a case that comes here could never end",
        "lead from here to `end`, or to a step that ends";
    LOOP = "FD-P108": "a loop without a limit",
        "a case could go round for ever, and every round costs money",
        "add `at_most: N` to a step of the loop";
    NO_FAILURE_PATH = "FD-P109": "no failure path",
        "this step can fail, and nobody would know what happens then",
        "add `on_failure: { ask: ROLE }`, `{ go: STEP }` or `{ then: stop }` here or for all steps";
    CROSS_BRANCH = "FD-P110": "a way into or out of a parallel branch",
        "branches run at the same time and meet at their end, so no step outside can lead into one",
        "go on inside the branch, or after the parallel step";

    // 2xx: names of things.
    TOOL_UNKNOWN = "FD-P201": "an unknown tool",
        "only tools that a person approved can be called",
        "correct the name, or approve the tool with `flightdeck mcp pin`";
    AGENT_UNKNOWN = "FD-P202": "an unknown agent",
        "an agent is a file in `agents/`",
        "correct the name, or add `agents/NAME.md`";
    TABLE_UNKNOWN = "FD-P203": "an unknown table",
        "a look-up needs a table that is declared under `tables`",
        "correct the name, or declare the table";
    SCHEMA = "FD-P204": "an unusable schema",
        "an answer is checked against this schema, so it has to exist and be valid",
        "correct the file; it is JSON Schema 2020-12";
    ROLE_UNKNOWN = "FD-P205": "an unknown role",
        "a role names who is asked; an unknown one reaches nobody",
        "correct the name, or add the role to `flightdeck.yaml`";
    PERSON_UNKNOWN = "FD-P206": "an unknown person",
        "people are named in `flightdeck.yaml`, so that everyone knows who is meant",
        "correct the name, or add the person to `flightdeck.yaml`";
    MODEL_UNKNOWN = "FD-P207": "an unknown model",
        "models, their abilities and prices are named in `flightdeck.yaml`",
        "correct the name, or add the model to `flightdeck.yaml`";
    WORKFLOW_UNKNOWN = "FD-P208": "an unknown workflow",
        "another workflow is called by the name in its file",
        "correct the name, or add the workflow";
    WORKFLOW_CIRCLE = "FD-P209": "a workflow that calls itself",
        "a circle of workflows never ends",
        "take one call out of the circle";
    ROLE_EMPTY = "FD-P210": "a role that nobody holds",
        "whoever is asked in this role is nobody",
        "name at least one person for the role";
    COLUMN_UNKNOWN = "FD-P211": "an unknown column",
        "a look-up compares columns that the table has",
        "name a column of the table";
    MODEL_CANNOT = "FD-P212": "a model that cannot do this",
        "what a model can do is declared; a step that needs more would fail at run time",
        "choose another model for the agent, or want less of it";
    AGENT_TOOL = "FD-P213": "a tool the agent may not use",
        "an agent uses only tools that its own file lists",
        "add the tool to the agent's file, or take it out of the step";
    NAME_TWICE = "FD-P214": "one name for two things",
        "nobody could tell which one is meant",
        "rename one of them";
    CHECKER = "FD-P215": "a model that checks itself",
        "whoever made a mistake finds it right when asked again",
        "name a model that answers nothing in this step";
    START_FIELDS = "FD-P216": "a start that cannot give what a case needs",
        "a folder gives `name`, a time gives `due`, and nothing else: such a case would begin \
         without what its steps read",
        "make the field optional (`text?`), or take the start out";

    // 3xx: decisions and reviews.
    DECIDE_BASIS = "FD-P301": "a decision without a basis",
        "a rule that nobody can trace to a policy cannot be defended",
        "add `basis:` with the policy or agreement the rule comes from";
    DECIDE_WHO = "FD-P302": "a decision without an accountable role",
        "somebody must answer for the rule",
        "add `who: ROLE`";
    DECIDE_DEFAULT = "FD-P303": "a default that leads to an act",
        "errors, missing values and doubt take the default, so it must lead to a person first",
        "let `otherwise` go to a review, or to a step that ends without acting";
    DECIDE_OTHERWISE = "FD-P304": "a decision without a default",
        "when no row applies, the case would have nowhere to go",
        "add `otherwise: STEP`, best a review";
    UNTRUSTED_ROUTE = "FD-P305": "a route past a review that rests on untrusted values alone",
        "whoever writes the document could choose this route, so it needs a fact of another source",
        "add a fact from a table or from a trusted tool to the condition";
    REVIEW_DEADLINE = "FD-P306": "a review without a deadline",
        "a request that waits for ever is a case that is lost quietly",
        "add `within:`, such as `8 working hours`";
    REVIEW_LATE = "FD-P307": "a review without a fallback",
        "when nobody answers in time, something must happen",
        "add `late: { ask: ROLE, within: 4 working hours, then: stop }` or `late: { then: stop }`";
    REVIEW_REJECTED = "FD-P308": "a review without a rejection path",
        "a reviewer who says no must lead somewhere",
        "add `if_rejected: { tell: ROLE, then: stop }`";
    REVIEW_STARTER = "FD-P309": "a reviewer who may be the starter",
        "whoever starts a case could approve it alone",
        "add `never_by: [ starter ]`";
    REVIEW_NOBODY = "FD-P310": "a review that nobody can answer",
        "`never_by` takes away everyone who holds the role",
        "give the role to another person";
    REVIEW_FEW = "FD-P311": "a review that can never be approved",
        "more people must agree than hold the role and may decide",
        "give the role to more people, or lower `approvals`";
    DEPUTY = "FD-P312": "a deputy who cannot stand in",
        "whoever stands in for somebody who is away must be another person, and there themselves",
        "name a colleague who works on those days";
    NOTICE_WAY = "FD-P313": "a notice that cannot be sent",
        "whoever counts on being told would wait for what never comes",
        "say how it goes out: `webhook` with `key`, `chat`, or `mail` with `from` and `server`";

    // 4xx: answering for it.
    ACCOUNTABLE = "FD-P401": "no accountable person",
        "a workflow that acts needs a person who answers for it",
        "add `accountable: PERSON`";
    OVERRIDE = "FD-P402": "nobody may stop it",
        "somebody must be able to stop and overrule the workflow at any time",
        "add `override: ROLE`";
    NO_EXCEPTIONS = "FD-P403": "no exceptions named",
        "every process has cases that do not fit; unnamed, they are handled as if they did",
        "add `exceptions:` with at least one `{ what, go }`";
    IRREVERSIBLE = "FD-P404": "high risk, an act that cannot be undone, and no review",
        "a mistake here is final",
        "put a review before this step on every route, or use a tool that can be undone";
    AUTONOMY_RISK = "FD-P405": "more autonomy than the risk allows",
        "low and medium risk allow `act`, high allows `act_with_undo`, critical allows `approve`",
        "lower `autonomy`, or correct `risk`";
    AUTONOMY_ACT = "FD-P406": "an act beyond the autonomy",
        "the autonomy that is declared does not cover this act",
        "put a review before this step on every route, or correct `autonomy`";
    UNTRUSTED_ARGUMENT = "FD-P407": "an amount or recipient from untrusted text",
        "whoever writes the document could choose where the money goes, or how much",
        "take the value from a table, add `backed_by`, or put a review that shows it first";

    UNRAISED = "FD-P408": "an exception that nobody can raise",
        "without `when`, only an agent's answer can name it, and no step here can",
        "add `when: CONDITION`, or have an agent read the case in a step with `answer`";

    // 5xx: tools.
    NOT_PINNED = "FD-P501": "a tool that is not pinned",
        "a tool whose definition nobody approved could change what it does",
        "approve it with `flightdeck mcp pin TOOL`";
    NO_EFFECT = "FD-P502": "a tool without a declared effect",
        "what a tool may do is said by a person, never guessed from its name",
        "declare it with `flightdeck mcp pin TOOL --effect read|write|send|pay|delete`";
    SERVER_UNKNOWN = "FD-P503": "a tool of an unknown server",
        "the server is not declared in `.mcp.json`, so nothing could be called",
        "add the server to `.mcp.json`, or correct the name";
    LOCK_DIGEST = "FD-P504": "an approval that does not match",
        "the definition in `mcp.lock` is not the one that was approved",
        "undo the change, or approve the new definition with `flightdeck mcp pin TOOL`";
    ARGUMENT_UNKNOWN = "FD-P505": "an argument the tool does not take",
        "the tool would refuse or, worse, ignore it",
        "use an argument of the tool";
    ARGUMENT_MISSING = "FD-P506": "an argument is missing",
        "the tool requires it",
        "add the argument under `with`";
    UNDO = "FD-P507": "an undo that undoes nothing",
        "a tool that only reads cannot take an effect back",
        "name a tool that takes the effect back, or leave `undo` out";
    ARGUMENT_TYPE = "FD-P508": "a value the argument cannot take",
        "the tool's own schema wants another kind of value",
        "pass a value of the kind the tool wants";

    // 6xx: limits.
    NO_BUDGET = "FD-P601": "no budget for a case",
        "without a limit one case could cost anything",
        "add `limits: { case: { cost: 0.40 USD } }`";
    NO_DAILY_CAP = "FD-P602": "no daily cap",
        "many small cases add up; a daily cap is what stops a bad night",
        "add `limits: { day: { cost: 20 USD, cases: 400 } }`";
    NO_AMOUNT_CAP = "FD-P603": "no daily amount",
        "an act of this workflow carries an amount, and nothing limits the sum of a day",
        "add `amount:` to `limits.day`, such as `100000 EUR`";
    CURRENCIES = "FD-P604": "two currencies for costs",
        "costs are counted in one currency, the one of the workspace",
        "write the cost in the currency of `flightdeck.yaml`";
    SENDER = "FD-P605": "a sender that no field of the case names",
        "cases are counted by sender only where a text of the case says who that is",
        "write `sender: case.FIELD` with a field of the case whose kind is `text`";
    SEEDS = "FD-P606": "seeds that show nothing",
        "only a case that somebody is asked about shows whether people look",
        "name a folder below `seeds` whose files are JSON objects, one case in each";
    ALERT = "FD-P607": "an alert that measures nothing",
        "whoever counts on being told would wait for what never comes",
        "say how much is too much with `over`, and over which time with `within`";

    // 7xx: expressions and paths.
    EXPRESSION = "FD-P701": "a condition that cannot be read",
        "a condition that cannot be read can never hold",
        "correct the condition at this place";
    EXPRESSION_TYPE = "FD-P702": "a condition with values that do not go together",
        "it would be an error in every case, and an error takes the default",
        "compare values of one kind; money with `eur(5000)`";
    PATH_ROOT = "FD-P703": "a path to an unknown step",
        "the value could never be found",
        "start the path with `case` or a step";
    PATH_FIELD = "FD-P704": "a path to an unknown field",
        "the value could never be found",
        "use a field that the step gives";
    PATH_LATER = "FD-P705": "a value of a step that comes later",
        "no case has this value yet when it gets here",
        "use a step that comes before, or change the order";
    PATH_FORM = "FD-P706": "neither a path nor a literal",
        "a misspelt path must never become a constant",
        "write a path such as `read.total`, or `{ literal: the text }`";

    // 8xx: secrets, instructions and policies.
    SECRET = "FD-P801": "a secret in a file",
        "files are copied, shown and stored; a secret in one is known to all who see it",
        "revoke the secret, put the new one in the environment, and name it here as `${NAME}`";
    IMPORT = "FD-P802": "an import that cannot be read",
        "the instructions would silently miss this part",
        "correct the path, or put the `@` in backticks if it is no import";
    POLICY = "FD-P803": "an unusable policy",
        "a policy that is not understood protects nothing, so nothing runs until it is right",
        "correct the policy";
    VARIABLE = "FD-P804": "an address that lacks a part",
        "the part comes from a variable of the environment that is not there, so it leads nowhere",
        "write `${NAME}` with the name of a variable, and set it before you start";
    TAG_UNKNOWN = "FD-P805": "a tag that nothing has",
        "what is said of it holds for nothing, and what it was meant for is kept for ever",
        "correct the tag, or tag the case, table or tool that it is meant for";

    // 9xx: who may do what here.
    ACCESS = "FD-P901": "an access that lets nobody in, or too many",
        "whoever signs in decides what agents do, so this has to be sure",
        "name at least one `owner`, and where people sign in, by `https`";
    STATEMENT = "FD-P902": "a statement that cannot count",
        "what is stated without a criterion, a person and a day proves nothing",
        "name what it covers, who states it, and until when it holds";
    EXAM = "FD-P911": "an exam that cannot be set so",
        "whoever passes shows it to others, so what it takes has to be sure",
        "correct it, or leave it out: every exam has usual rules";
    CREDENTIALS = "FD-P912": "credentials that nobody could verify",
        "a credential is worth what anybody can find out about it without asking its issuer",
        "name a host by `https`, and how long credentials are valid";
}

#[cfg(test)]
mod tests;
