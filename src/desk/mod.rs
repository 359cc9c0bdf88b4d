//! The clerk's desk: who is to be photographed, and in which order.
//!
//! So far it reads the roster (学生名单). It never opens a file or changes a queue: bytes come in, students
//! and remarks go out, and the station issues the serials from them (I6). A roster with one problem is
//! refused as a whole, because a list that is half right shifts a whole row of names; all its
//! problems are named at once, by line, in Chinese and English. A student's name is in no message.

pub mod roster;
