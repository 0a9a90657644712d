//! What people answer for over the HTTP interface, written down with who does. It must not judge
//! whether they are right.

use journal::{Assured, Hash, Severity};
use plan::ids::{FieldName, FilePath, PersonId, WorkflowName};
use server::{Answering, No, Why};

use super::{Inner, fault, no};
use crate::assuring::Grounds;
use crate::commands::audit;
use crate::exit::Stop;
use crate::stored::Runs;
use crate::workspace::Workspace;

/// What is to be written down, and in whose words.
fn answering(
    inner: &Inner,
    runs: &Runs,
    who: PersonId,
    what: Answering,
) -> Result<(Assured, Option<String>), No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let grounds = Grounds::of(&workspace, Some(runs)).map_err(no)?;
    let invalid = |what: String| No::new(Why::Invalid, what);
    let incident = |start: &str| {
        let all = grounds.desk.incidents.iter();
        let mut all = all.filter(|one| one.closed.is_none() && one.id.to_string() == start);
        all.next()
            .map(|one| one.id)
            .ok_or_else(|| No::new(Why::NotFound, format!("there is no open incident `{start}`")))
    };
    match what {
        Answering::Acknowledge { file } => {
            let Some(one) = grounds.statements.iter().find(|one| one.file == file) else {
                return Err(No::new(Why::NotFound, format!("there is no statement `{file}`")));
            };
            let file = FilePath::new(&file).map_err(|error| invalid(error.to_string()))?;
            Ok((Assured::Acknowledged { file, text: Hash(one.digest), who }, None))
        }
        Answering::Weigh { workflow, reason } => {
            let looked = grounds.look(&workflow).map_err(no)?;
            let workflow = looked.plan.workflow().name.clone();
            let release = looked.plan.release();
            Ok((Assured::Weighed { workflow, release, who, reason: Assured::TOLD }, Some(reason)))
        }
        Answering::OpenIncident { class, severity, workflow, cases, told } => {
            if assure::incident::class(&class).is_none() {
                return Err(invalid(format!("`{class}` is no kind of incident")));
            }
            let known = Severity::named(&severity);
            let severity = known.ok_or_else(|| invalid(format!("`{severity}` is no severity")))?;
            let workflow = workflow.map(|name| WorkflowName::new(&name)).transpose();
            let workflow = workflow.map_err(|error| invalid(error.to_string()))?;
            let cases: Result<_, Stop> = cases.iter().map(|case| runs.find(case)).collect();
            let said = Assured::IncidentOpened {
                incident: audit::id(&[&class, &told, who.as_str()], grounds.now),
                class: FieldName::new(&class).map_err(|error| invalid(error.to_string()))?,
                severity,
                workflow,
                runs: cases.map_err(no)?,
                who: Some(who),
                told: Assured::TOLD,
            };
            Ok((said, Some(told)))
        }
        Answering::NoteIncident { incident: id, told } => {
            let incident = incident(&id)?;
            let said =
                Assured::IncidentNoted { incident, runs: Vec::new(), who, told: Assured::TOLD };
            Ok((said, Some(told)))
        }
        Answering::CloseIncident { incident: id, change } => {
            let incident = incident(&id)?;
            if !assure::incident::is_change(&change) {
                return Err(invalid("a review names what was changed, in a sentence".to_owned()));
            }
            Ok((Assured::IncidentClosed { incident, change: Assured::TOLD, who }, Some(change)))
        }
    }
}

impl Inner {
    /// Writes down what somebody answers for.
    pub(super) async fn answer_for(
        self: std::sync::Arc<Self>,
        who: PersonId,
        what: Answering,
    ) -> Result<(), No> {
        let read = move |inner: &Self, runs: &Runs| answering(inner, runs, who, what);
        let (said, text) = super::reading(self.clone(), read).await?;
        self.runtime.assured(said, text).await.map_err(|error| fault(&error))
    }
}
