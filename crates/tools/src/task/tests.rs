//! How often a task is asked for.

use super::*;

#[test]
fn a_task_is_asked_for_as_often_as_its_server_suggests_within_reason() {
    let task = |ms: Option<u64>| {
        let mut task = Task::new("1", rmcp::model::TaskStatus::Working, "", "");
        task.poll_interval_ms = ms;
        pause(&task)
    };
    assert_eq!(task(None), PAUSE);
    assert_eq!(task(Some(5_000)), Duration::from_secs(5));
    assert_eq!(task(Some(0)), SHORTEST);
}
