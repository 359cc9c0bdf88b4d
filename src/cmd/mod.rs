//! One file per subcommand.

pub mod camera_child;
pub mod demo;
