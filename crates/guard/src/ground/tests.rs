//! Finders over texts, candidates as lines.
