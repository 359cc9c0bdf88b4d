//! The one binary. Everything is in the library; here it only starts.

use std::process::ExitCode;

fn main() -> ExitCode {
    shutterline::cmd::main()
}
