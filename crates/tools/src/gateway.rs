//! What others may ask of this program over MCP: tools, and where there are some, texts to read and
//! prompts. What is answered is said by whoever stands behind the gate; nothing here performs a
//! call, or changes what was said.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod,
    CompleteRequestParams, CompleteResult, CompletionInfo, ConstString, ContentBlock,
    GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
    Implementation, ListPromptsRequestMethod, ListPromptsResult,
    ListResourceTemplatesRequestMethod, ListResourceTemplatesResult, ListResourcesRequestMethod,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProgressNotificationParam,
    ProgressToken, Prompt, PromptArgument, PromptMessage, ReadResourceRequestMethod,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource,
    ResourceContents, ResourceTemplate, Role, ServerCapabilities, ServerConfig, SubscriptionFilter,
    Tool, ToolAnnotations,
};
use rmcp::service::{NotificationContext, Peer, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};

use crate::http::{self, Listening, Opens};
use crate::outcome::Said;
use crate::progress::{self, Follower, Progress};
use crate::serve::ServeError;

/// A tool as it is offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    pub name: String,
    pub description: String,
    /// The schema of its arguments.
    pub input: Map<String, Value>,
    /// The schema of what it gives, where that has one.
    pub output: Option<Map<String, Value>>,
    /// It only reads, and nothing but this program.
    pub reads: bool,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A server's own answer or error, which passes as it was given.
    Passed(Box<Said>),
    /// The result, as the records hold it.
    Given(String),
    /// A text, whatever it looks like.
    Text(String),
    /// Words for the agent: refused, waiting, or over.
    Not(String),
}

/// A text that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it is; with `{name}` in it, where many such are.
    pub uri: String,
    pub name: String,
    pub description: String,
    pub mime: &'static str,
}

/// A prompt that a person can pick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opener {
    pub name: &'static str,
    pub description: &'static str,
    /// Its arguments: name, what it is, whether there has to be one.
    pub args: &'static [(&'static str, &'static str, bool)],
}

/// An answer on its way.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A reply on its way.
pub type Replying<'a> = Answering<'a, Reply>;

/// Whoever stands behind the gate.
pub trait Gate: Send + Sync + 'static {
    /// What the agent is to do or may ask, in the operator's words.
    fn about(&self) -> String;
    fn offers(&self) -> Vec<Offer>;
    /// Counts how often the offers have changed, where they do.
    fn changes(&self) -> Option<watch::Receiver<u64>> {
        None
    }
    /// Calls a tool. Whoever asked to be told how far the call comes is the follower.
    fn call(
        &self,
        tool: String,
        args: Map<String, Value>,
        follower: Option<Follower>,
    ) -> Replying<'_>;
    /// What can be read and picked besides, where there is anything.
    fn shelf(&self) -> Option<&dyn Shelf> {
        None
    }
}

/// Texts and prompts.
pub trait Shelf: Send + Sync {
    fn pages(&self) -> Answering<'_, Result<Vec<Page>, String>>;
    fn templates(&self) -> Vec<Page>;
    /// The text at an address and its kind; nothing where there is none.
    fn read(&self, uri: String) -> Answering<'_, Result<Option<(String, &'static str)>, String>>;
    fn openers(&self) -> Vec<Opener>;
    /// The words of a prompt; nothing where there is none of that name.
    fn open(
        &self,
        name: String,
        args: Map<String, Value>,
    ) -> Answering<'_, Result<Option<String>, String>>;
    /// How values of an argument of a prompt or an address may go on.
    fn complete(&self, name: String, start: String) -> Answering<'_, Vec<String>>;
}

/// Serves the gate on standard input and output until the client goes.
pub async fn stdio(gate: &Arc<dyn Gate>) -> Result<(), ServeError> {
    let client = |why: String| ServeError::Client(why);
    let running = Front::of(gate)
        .serve(rmcp::transport::stdio_pipes())
        .await
        .map_err(|why| client(why.to_string()))?;
    running.waiting().await.map_err(|why| client(why.to_string()))?;
    Ok(())
}

/// Serves the gate over HTTP on this machine, to whoever shows a token that opens.
pub async fn listen(
    gate: &Arc<dyn Gate>,
    port: u16,
    opens: Opens,
) -> Result<Listening, ServeError> {
    let front = Front::of(gate);
    http::listen(port, opens, move || front.clone()).await
}

/// How long a reply waits for what was said before it.
const REST: Duration = Duration::from_secs(1);

/// One client's view of the gate. It does not keep the gate: a client that stays connected must not
/// keep alive what is over.
#[derive(Clone)]
struct Front {
    gate: Weak<dyn Gate>,
}

impl Front {
    fn of(gate: &Arc<dyn Gate>) -> Self {
        Self { gate: Arc::downgrade(gate) }
    }

    fn gate(&self) -> Result<Arc<dyn Gate>, ErrorData> {
        let over = || ErrorData::internal_error("this is over", None);
        self.gate.upgrade().ok_or_else(over)
    }
}

fn unreadable(why: String) -> ErrorData {
    ErrorData::internal_error(why, None)
}

fn absent<M: ConstString>() -> ErrorData {
    ErrorData::method_not_found::<M>()
}

impl ServerHandler for Front {
    fn get_info(&self) -> ServerConfig {
        let gate = self.gate.upgrade();
        let shelf = gate.as_ref().is_some_and(|gate| gate.shelf().is_some());
        let changes = gate.as_ref().is_some_and(|gate| gate.changes().is_some());
        let mut capabilities = ServerCapabilities::builder().enable_tools().build();
        if let Some(tools) = capabilities.tools.as_mut().filter(|_| changes) {
            tools.list_changed = Some(true);
        }
        if shelf {
            let more = ServerCapabilities::builder();
            let more = more.enable_resources().enable_prompts().enable_completions().build();
            capabilities.resources = more.resources;
            capabilities.prompts = more.prompts;
            capabilities.completions = more.completions;
        }
        let about = gate.map_or_else(String::new, |gate| gate.about());
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("flightdeck", env!("CARGO_PKG_VERSION")))
            .with_instructions(about)
    }

    /// Before July 2026 every client hears of a change. This ends with the gate, and at the next
    /// change for a client that is gone.
    async fn on_initialized(&self, cx: NotificationContext<RoleServer>) {
        let Some(mut changes) = self.gate().ok().and_then(|gate| gate.changes()) else { return };
        tokio::spawn(async move {
            while changes.changed().await.is_ok()
                && cx.peer.notify_tool_list_changed().await.is_ok()
            {}
        });
    }

    fn accepted_subscription_filter(&self, _: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.gate().ok()?.changes()?;
        Some(SubscriptionFilter::builder().tools_list_changed().build())
    }

    /// Since then, those hear of it who asked to be told.
    async fn listen(&self, cx: SubscriptionContext) -> Result<(), ErrorData> {
        let Some(mut changes) = self.gate()?.changes() else { return Ok(()) };
        loop {
            tokio::select! {
                () = cx.cancelled() => return Ok(()),
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    // Whoever asked for something else, or is gone, is told nothing.
                    let _ = cx.sink().notify_tool_list_changed().await;
                }
            }
        }
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |offer: Offer| {
            let mut tool = Tool::new(offer.name, offer.description, Arc::new(offer.input));
            tool.output_schema = offer.output.map(Arc::new);
            let reads = || ToolAnnotations::new().read_only(true).open_world(false);
            if offer.reads { tool.with_annotations(reads()) } else { tool }
        };
        let offers = self.gate()?.offers();
        Ok(ListToolsResult::with_all_items(offers.into_iter().map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (name, args) = (request.name.into_owned(), request.arguments.unwrap_or_default());
        let gate = self.gate()?;
        let reply = match cx.meta.get_progress_token() {
            Some(token) => {
                let (follower, progress) = mpsc::channel(progress::ROOM);
                // Beside the call: a client that does not read must not hold it up.
                let mut telling = tokio::spawn(tell(progress, cx.peer.clone(), token));
                let reply = gate.call(name, args, Some(follower)).await;
                // What was said before the answer goes out before it, and nothing after it.
                if tokio::time::timeout(REST, &mut telling).await.is_err() {
                    telling.abort();
                }
                reply
            }
            None => gate.call(name, args, None).await,
        };
        Ok(match reply {
            Reply::Passed(said) => said.answer?.into(),
            Reply::Given(text) => given(text).into(),
            Reply::Text(text) => CallToolResult::success(vec![ContentBlock::text(text)]).into(),
            Reply::Not(why) => CallToolResult::error(vec![ContentBlock::text(why)]).into(),
        })
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let gate = self.gate()?;
        let shelf = gate.shelf().ok_or_else(absent::<ListResourcesRequestMethod>)?;
        let pages = shelf.pages().await.map_err(unreadable)?;
        let resource = |page: Page| {
            Resource::new(page.uri, page.name)
                .with_description(page.description)
                .with_mime_type(page.mime)
        };
        Ok(ListResourcesResult::with_all_items(pages.into_iter().map(resource).collect()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let gate = self.gate()?;
        let shelf = gate.shelf().ok_or_else(absent::<ListResourceTemplatesRequestMethod>)?;
        let template = |page: Page| {
            ResourceTemplate::new(page.uri, page.name)
                .with_description(page.description)
                .with_mime_type(page.mime)
        };
        let all = shelf.templates().into_iter().map(template).collect();
        Ok(ListResourceTemplatesResult::with_all_items(all))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let gate = self.gate()?;
        let shelf = gate.shelf().ok_or_else(absent::<ReadResourceRequestMethod>)?;
        let uri = request.uri;
        let found = shelf.read(uri.clone()).await.map_err(unreadable)?;
        let Some((text, mime)) = found else {
            let what = format!("there is nothing at `{uri}`");
            return Err(ErrorData::resource_not_found(what, Some(json!({ "uri": uri }))));
        };
        let text = ResourceContents::text(text, uri).with_mime_type(mime);
        Ok(ReadResourceResult::new(vec![text]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let gate = self.gate()?;
        let shelf = gate.shelf().ok_or_else(absent::<ListPromptsRequestMethod>)?;
        let prompt = |opener: Opener| {
            let arg = |(name, what, needed): &(&str, &str, bool)| {
                PromptArgument::new(*name).with_description(*what).with_required(*needed)
            };
            let args = opener.args.iter().map(arg).collect();
            Prompt::new(opener.name, Some(opener.description), Some(args))
        };
        let all = shelf.openers().into_iter().map(prompt).collect();
        Ok(ListPromptsResult::with_all_items(all))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let gate = self.gate()?;
        let shelf = gate.shelf().ok_or_else(absent::<GetPromptRequestMethod>)?;
        let (name, args) = (request.name, request.arguments.unwrap_or_default());
        let words = shelf.open(name.clone(), args).await;
        let words = words.map_err(|why| ErrorData::invalid_params(why, None))?;
        let none = || ErrorData::invalid_params(format!("there is no prompt `{name}`"), None);
        let words = words.ok_or_else(none)?;
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, words)]).into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let gate = self.gate()?;
        let shelf = gate.shelf().ok_or_else(absent::<CompleteRequestMethod>)?;
        let mut values = shelf.complete(request.argument.name, request.argument.value).await;
        values.truncate(CompletionInfo::MAX_VALUES);
        let values = CompletionInfo::new(values).map_err(unreadable)?;
        Ok(CompleteResult::new(values))
    }
}

/// Tells a client how far its call has come, until nobody says so any more. It only ever comes
/// further, as the protocol wants it: a call that begins again is silent until it is past that.
async fn tell(
    mut progress: mpsc::Receiver<Progress>,
    client: Peer<RoleServer>,
    token: ProgressToken,
) {
    let mut furthest = f64::NEG_INFINITY;
    while let Some(Progress { done, total, words }) = progress.recv().await {
        if done <= furthest {
            continue;
        }
        furthest = done;
        let mut told = ProgressNotificationParam::new(token.clone(), done);
        (told.total, told.message) = (total, words);
        // A client that is gone is told nothing.
        let _ = client.notify_progress(told).await;
    }
}

/// The pool makes `{"text": ..}` of a text; here it becomes the text again, and an object is given
/// as a structure too.
fn given(text: String) -> CallToolResult {
    let Ok(Value::Object(object)) = serde_json::from_str(&text) else {
        return CallToolResult::success(vec![ContentBlock::text(text)]);
    };
    match (object.len(), object.get("text")) {
        (1, Some(Value::String(only))) => {
            CallToolResult::success(vec![ContentBlock::text(only.clone())])
        }
        _ => CallToolResult::structured(Value::Object(object)),
    }
}
