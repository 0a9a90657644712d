//! Who somebody is at the door, and what they may do there: roles, passwords, sessions, tokens and
//! sign-in elsewhere. It must not know what is done with a right: whether a person may decide a
//! request is the engine's to say.
