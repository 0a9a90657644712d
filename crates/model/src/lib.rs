//! Model vendors behind one abstraction: a permit goes in, an outcome comes out. It must not know
//! what a workflow is.
//!
//! LEAD'S NOTE (remove when both parts are in): to win time this crate has two writers from 14:55 on.
//! - the client engineer writes `provider.rs`, `openai.rs`, `models.rs`, `rehearsal.rs`, `secret.rs`, `breaker.rs`;
//! - the grounding engineer (helper for `guard::ground`) writes ONLY `local.rs` (+ `local/`): install of the
//!   private Python environment, the supervised llama.cpp server, and `examples/extract.rs`; and says in a
//!   comment at the top of `local.rs` how a `Choice` must go over the wire to llama.cpp (endpoint, JSON body,
//!   cache fields), because the client engineer implements exactly that in `openai.rs` (`Dialect::LlamaCpp`).
