//! An outside agent in the seat of a model: each of its calls is the next answer of the step's
//! model, judged and recorded by the engine as any model's would be. It must not perform a call,
//! and it knows no rule: what it says about a call, the run said.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Held, PoisonError};
use std::time::{Duration, Instant};

use journal::{AnswerShape, Message, ModelAnswer, ModelAsk, Role, RunId, Status, ToolCall};
use model::{Question, Sitting};
use plan::Plan;
use plan::ids::ToolName;
use plan::lock::Lock;
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, watch};
use tools::Follower;
use tools::gateway::{Gate, Offer, Reply, Replying};

use crate::driver::Driver;

/// For how long a question after a held call is kept waiting.
const PATIENCE: Duration = Duration::from_secs(20);

const TASK: &str = "task";
const ANSWER: &str = "answer";
const OUTCOME: &str = "outcome";

/// The schemas of what tools give, by tool.
pub type Outputs = BTreeMap<ToolName, Map<String, Value>>;

/// What a release's tools give, as it was approved. The release keeps each definition's digest, and
/// the file of approvals that it was made from keeps the definition.
pub fn outputs(plan: &Plan, lock: &Lock) -> Outputs {
    let given = plan.workflow().tools.keys().filter_map(|name| {
        let schema = lock.tools.get(name)?.definition.output.as_ref()?;
        Some((name.clone(), schema.as_object()?.clone()))
    });
    given.collect()
}

/// One run's gateway.
pub struct Gateway {
    driver: Arc<Driver>,
    run: RunId,
    /// What is asked of the agent now; read without waiting for a call that is under way.
    ask: Held<Option<ModelAsk>>,
    /// The schemas of what tools give.
    outputs: Outputs,
    /// How often what is offered has changed.
    changes: watch::Sender<u64>,
    turn: Mutex<Turn>,
}

/// Whose turn it is. One call at a time: the engine judges them in order anyway.
struct Turn {
    /// None when the agent has left.
    sitting: Option<Sitting>,
    /// The question that waits for the agent's next call.
    open: Option<Question>,
    /// A call that waits for a person.
    held: Option<ToolCall>,
    calls: u64,
}

/// What happens next.
enum Next {
    Asked(Box<Question>),
    Rests(Status),
    Lost(String),
}

impl Gateway {
    /// The gateway of a run, once the run has asked something or rests without asking.
    pub async fn open(driver: Arc<Driver>, run: RunId, sitting: Sitting, outputs: Outputs) -> Self {
        let turn = Turn { sitting: Some(sitting), open: None, held: None, calls: 0 };
        let (ask, changes) = (Held::default(), watch::Sender::new(0));
        let gateway = Self { driver, run, ask, outputs, changes, turn: Mutex::new(turn) };
        let mut turn = gateway.turn.lock().await;
        if let Next::Asked(question) = gateway.next(&mut turn).await {
            gateway.take(&mut turn, *question);
        }
        drop(turn);
        gateway
    }

    /// The agent has gone; whatever is asked from now on fails, and the run goes its way.
    pub async fn leave(&self) {
        let mut turn = self.turn.lock().await;
        turn.open = None;
        turn.sitting = None;
    }

    async fn next(&self, turn: &mut Turn) -> Next {
        let Some(sitting) = &mut turn.sitting else {
            return Next::Lost("the agent has left".to_owned());
        };
        tokio::select! {
            biased;
            Some(question) = sitting.next() => Next::Asked(Box::new(question)),
            rests = self.driver.rested(self.run) => match rests {
                Ok(status) => Next::Rests(status),
                Err(stop) => Next::Lost(format!("{:#}", stop.what)),
            },
        }
    }

    fn take(&self, turn: &mut Turn, question: Question) {
        let before = self.offers();
        *self.ask.lock().unwrap_or_else(PoisonError::into_inner) = Some(question.ask.clone());
        if self.offers() != before {
            self.changes.send_modify(|count| *count += 1);
        }
        turn.open = Some(question);
    }

    /// The question that the next call answers, or why there is none.
    async fn question(&self, turn: &mut Turn) -> Result<Question, Reply> {
        if let Some(question) = turn.open.take().filter(Question::waits) {
            return Ok(question);
        }
        match self.next(turn).await {
            Next::Asked(question) => {
                self.take(turn, *question);
                turn.open.take().ok_or_else(|| Reply::Not("nothing is asked".to_owned()))
            }
            other => Err(Reply::Not(self.rest(&other))),
        }
    }

    async fn called(
        &self,
        tool: String,
        args: Map<String, Value>,
        follower: Option<Follower>,
    ) -> Reply {
        let mut turn = self.turn.lock().await;
        if tool == OUTCOME {
            return match turn.held.take() {
                Some(call) => {
                    self.driver.follow(self.run, &call, follower);
                    self.outcome(&mut turn, call, PATIENCE).await
                }
                None => Reply::Not("no call of yours waits".to_owned()),
            };
        }
        if turn.held.is_some() {
            return Reply::Not(format!("a call waits for a person; ask with `{OUTCOME}` first"));
        }
        let question = match self.question(&mut turn).await {
            Ok(question) => question,
            Err(reply) => return reply,
        };
        if tool == TASK {
            let text = task(&question.ask);
            turn.open = Some(question);
            return Reply::Given(text);
        }
        if tool == ANSWER {
            return self.hand_in(&mut turn, question, args).await;
        }
        turn.calls = turn.calls.saturating_add(1);
        let id = format!("call-{}", turn.calls);
        let tool = offered_as(&question.ask, tool);
        let call = ToolCall { id, tool, args: Value::Object(args).to_string() };
        self.driver.follow(self.run, &call, follower);
        question.answer(ModelAnswer {
            text: String::new(),
            calls: vec![call.clone()],
            least: None,
        });
        self.outcome(&mut turn, call, Duration::ZERO).await
    }

    /// What a call came to. Whoever follows it is told nothing after that.
    async fn outcome(&self, turn: &mut Turn, call: ToolCall, patience: Duration) -> Reply {
        let reply = self.came_to(turn, &call, patience).await;
        self.driver.follow(self.run, &call, None);
        reply
    }

    /// The run says it in its next question.
    async fn came_to(&self, turn: &mut Turn, call: &ToolCall, patience: Duration) -> Reply {
        let until = Instant::now() + patience;
        loop {
            match self.next(turn).await {
                Next::Asked(question) => {
                    let said = answer_to(&question.ask, &call.id);
                    self.take(turn, *question);
                    let again = || format!("the step began again; `{TASK}` says what is asked");
                    return self.whole(said.unwrap_or_else(|| Reply::Not(again())));
                }
                Next::Rests(status) if !status.over() && Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                other => {
                    if matches!(&other, Next::Rests(status) if !status.over()) {
                        turn.held = Some(call.clone());
                    }
                    return Reply::Not(self.rest(&other));
                }
            }
        }
    }

    /// The answer of a tool as it was given, where the run's words are exactly what was recorded of
    /// it: so nothing passes that the run did not let pass.
    fn whole(&self, said: Reply) -> Reply {
        let heard = match &said {
            Reply::Given(recorded) | Reply::Not(recorded) => self.driver.heard(recorded),
            Reply::Passed(_) | Reply::Text(_) => None,
        };
        heard.map_or(said, |heard| Reply::Passed(Box::new(heard)))
    }

    /// Hands in the step's result, which its contract may find wanting.
    async fn hand_in(
        &self,
        turn: &mut Turn,
        question: Question,
        args: Map<String, Value>,
    ) -> Reply {
        let before = question.ask.messages.len();
        let text = match (&question.ask.answer, args.get("text")) {
            (AnswerShape::Text, Some(Value::String(text))) => text.clone(),
            _ => Value::Object(args).to_string(),
        };
        question.answer(ModelAnswer { text, calls: Vec::new(), least: None });
        match self.next(turn).await {
            Next::Asked(question) => {
                let said = question.ask.messages.last().filter(|m| m.role == Role::User);
                let mend = said.filter(|_| question.ask.messages.len() > before);
                let reply = match mend {
                    Some(said) => Reply::Not(said.text.clone()),
                    None => Reply::Given(format!("taken; `{TASK}` says what comes next")),
                };
                self.take(turn, *question);
                reply
            }
            Next::Rests(Status::Done) => Reply::Given("taken; the case is done".to_owned()),
            Next::Rests(Status::Waiting) => {
                let run = self.run;
                let text = "taken; the case now waits for a person";
                Reply::Given(format!("{text} (`flightdeck review show {run}`)"))
            }
            other => Reply::Not(self.rest(&other)),
        }
    }

    /// Why nothing more is asked for now, in words.
    fn rest(&self, next: &Next) -> String {
        let run = self.run;
        match next {
            Next::Rests(Status::Waiting) => format!(
                "this waits for a person (`flightdeck review show {run}`); ask again with \
                 `{OUTCOME}`"
            ),
            Next::Rests(status) if status.over() => {
                format!("refused: the case is over ({})", status.as_str())
            }
            Next::Rests(status) => {
                format!("the case stands still ({}); ask again with `{OUTCOME}`", status.as_str())
            }
            Next::Lost(why) => format!("refused: {why}"),
            Next::Asked(_) => String::new(),
        }
    }
}

impl Gate for Gateway {
    fn about(&self) -> String {
        let ask = self.ask.lock().unwrap_or_else(PoisonError::into_inner);
        let instructions = ask.as_ref().map_or("", |ask| &ask.instructions);
        format!(
            "{instructions}\n\nCall `{TASK}` for the material of this case and `{ANSWER}` to hand \
             in the result. Every call is checked and recorded; one that is refused comes back as \
             an error, and one that waits for a person is asked for again with `{OUTCOME}`."
        )
    }

    fn offers(&self) -> Vec<Offer> {
        let ask = self.ask.lock().unwrap_or_else(PoisonError::into_inner);
        let again = "Asks again for the outcome of a call that waits for a person.";
        let mut all = vec![
            own(TASK, "Says what is to be done and gives the material of the case.", json!({})),
            own(OUTCOME, again, json!({})),
        ];
        let Some(ask) = ask.as_ref() else { return all };
        let schema = match &ask.answer {
            AnswerShape::Json(schema) => Value::clone(schema),
            AnswerShape::Text => json!({ "properties": { "text": { "type": "string" } } }),
            AnswerShape::Choice(_) => {
                json!({ "properties": { "choice": { "type": ["integer", "null"] } } })
            }
        };
        all.push(own(ANSWER, "Hands in the result of the task.", schema));
        all.extend(ask.tools.iter().map(|def| Offer {
            name: engine::wire_name(&def.tool),
            description: def.description.clone(),
            input: def.input.as_object().cloned().unwrap_or_default(),
            output: self.outputs.get(&def.tool).cloned(),
            reads: false,
        }));
        all
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.changes.subscribe())
    }

    fn call(
        &self,
        tool: String,
        args: Map<String, Value>,
        follower: Option<Follower>,
    ) -> Replying<'_> {
        Box::pin(self.called(tool, args, follower))
    }
}

fn own(name: &str, description: &str, schema: Value) -> Offer {
    let mut input = match schema {
        Value::Object(input) => input,
        _ => Map::new(),
    };
    input.entry("type").or_insert_with(|| json!("object"));
    let (name, description) = (name.to_owned(), description.to_owned());
    Offer { name, description, input, output: None, reads: false }
}

/// The tool that is meant. An agent that knows a server may call its tool by the server's own name
/// for it, where only one of the tools that are offered has it.
fn offered_as(ask: &ModelAsk, called: String) -> String {
    let mut all = ask.tools.iter().filter(|def| def.tool.tool() == called);
    match (all.next(), all.next()) {
        (Some(only), None) => engine::wire_name(&only.tool),
        _ => called,
    }
}

/// The instructions and the material, as a model would read them.
fn task(ask: &ModelAsk) -> String {
    let said = ask.messages.iter().filter(|m| m.role == Role::User).map(|m| m.text.as_str());
    let mut texts = vec![&*ask.instructions];
    texts.extend(said);
    texts.join("\n\n")
}

/// What a call of the agent came to. A tool's result is a JSON object or array; why there is none
/// is prose, or a JSON text.
fn answer_to(ask: &ModelAsk, id: &str) -> Option<Reply> {
    let mut all = ask.messages.iter().rev().map(|message| &**message);
    let said: &Message = all.find(|m| m.role == Role::Tool && m.answers.as_deref() == Some(id))?;
    Some(match serde_json::from_str(&said.text) {
        Ok(Value::Object(_) | Value::Array(_)) => Reply::Given(said.text.clone()),
        Ok(Value::String(why)) => Reply::Not(why),
        _ => Reply::Not(said.text.clone()),
    })
}
