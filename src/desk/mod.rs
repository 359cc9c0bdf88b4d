//! The signature of the roster's reader that the command line is built against; the desk's own branch replaces this folder.

pub mod roster;
