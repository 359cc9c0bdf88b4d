//! `shutterline demo`: a venue morning of twelve students on real parts, at a pace a person can follow.

mod morning;
pub mod pictures;
mod screen;
mod stage;
mod standard;

use super::run::CameraArg;
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Play a venue morning of twelve students.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    shutterline demo                      the morning, live on the terminal\n  \
    shutterline demo --interactive        the space bar is the pedal\n  \
    shutterline demo --fast --dir /tmp/d  no pauses, for scripts")]
pub struct DemoArgs {
    /// Where everything is written; cleared if an earlier demo made it
    #[arg(long, default_value = "demo-output")]
    dir: PathBuf,
    /// No pauses
    #[arg(long)]
    fast: bool,
    /// You are the photographer: the space bar is the pedal
    #[arg(long)]
    interactive: bool,
    /// The camera; by default the virtual one where it can be had, else sim
    #[arg(long)]
    camera: Option<CameraArg>,
}

/// Play the demo.
///
/// # Errors
/// When the stage cannot be set up, or the morning does not go as it must.
pub fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let virtual_camera = std::env::var_os("IOLIBS").is_some();
    let camera = args.camera.unwrap_or(if virtual_camera {
        CameraArg::Gphoto
    } else {
        println!(
            "No virtual camera (IOLIBS is not set): the demo uses the sim camera. `make demo` fetches the virtual one."
        );
        CameraArg::Sim
    });
    let stage = stage::Stage::build(&args.dir, camera, args.fast)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(morning::play(stage, args.fast, args.interactive))?;
    Ok(ExitCode::SUCCESS)
}
