//! What can go wrong with an act, as one list for those who try it out: the simulation, at random,
//! and a rehearsal, one at a time. It must not make anything go wrong.

use journal::Code;

/// Failures of a call that certainly did nothing; all but the last can be a model's too.
pub(crate) const ERRORS: [Code; 5] =
    [Code::RateLimited, Code::Unavailable, Code::TimedOut, Code::Stopped, Code::ToolError];

/// Answers that make no sense.
pub(crate) const GARBAGE: [&[u8]; 6] = [
    b"{\"text\":\"no json\"}",
    b"{\"text\":\"{\\\"choice\\\":99}\"}",
    b"[[[",
    b"{\"text\":\"\",\"calls\":[{\"id\":\"x\",\"tool\":\"erp__create\",\"args\":\"{}\"}]}",
    b"{\"text\":\"\",\"calls\":[{\"id\":\"x\",\"tool\":\"web__query\",\"args\":\"{{\"}]}",
    b"null",
];

/// When a vendor that asks to slow down says to come back.
pub(crate) const RETRY_AFTER_MS: u64 = 20_000;
