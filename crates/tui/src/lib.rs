//! The same views as on the command line, for a screen that stays open. It must not read a store or
//! do anything: what it shows is given to it, and what is wanted leaves it as a word.
