//! What happened in exams, written down. It must not judge: whoever has it written read everything
//! that stands in the desk's journal, and it is written only if nothing else came meanwhile.

use journal::{Exam, Record, Seq, Source};

use crate::{Fault, Runtime, blocking};

impl Runtime {
    /// Keeps what happened in an exam, with what a person wrote, as the entry `next` of the desk's
    /// journal. Gives whether it is that; otherwise something else came first, and nothing was
    /// written.
    pub async fn examined(
        &self,
        next: Seq,
        exam: Exam,
        text: Option<String>,
    ) -> Result<bool, Fault> {
        let desk = self.inner.desk.clone();
        let write = move || {
            let text = text.as_deref().map(|text| (text, Source::Person));
            let record = |body| {
                let told = text.map(|_| body);
                Record::Exam(Box::new(Exam { told, ..exam.clone() }))
            };
            Ok(desk.write_next(next, text, record))
        };
        blocking(write).await?.map_err(Fault::Exam)
    }
}
