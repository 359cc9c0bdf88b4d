//! The camera's own process: `shutterline camera-child`, started by the daemon only.
//!
//! The main thread drives the camera; a second one reads the daemon's pipe and kills the process when it closes, even
//! while libgphoto2 hangs. The lock comes first, so that two children never claim one camera.

mod body;
mod download;
mod hashing;
mod orders;
mod turn;
mod voice;

pub use body::{
    Body, BodyError, BodyEvent, Condition, FileInfo, Identity, Listed, OpenError, Piece,
};

pub use download::part;

use super::wire::{self, Doing, Presence, Setup, ToChild, VERSION};
use super::{CameraError, Driver, Notice, Order, gphoto, sim};
use crate::model::CameraInfo;
use rustix::process::{Signal, getpid, kill_process};
use std::fs::{File, OpenOptions};
use std::io::Stdin;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use turn::Turn;
use voice::Voice;

/// Orders read but not yet looked at. The daemon sends at most [`IN_FLIGHT`](super::track::IN_FLIGHT) unanswered ones,
/// triggers and knobs aside, so that the reading thread never has to wait.
const ORDERS: usize = 256;

/// Why the child ended.
#[derive(Debug, thiserror::Error)]
enum Ending {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the session is opened anew after a failed focus")]
    Focus,
    #[error("the daemon asked for it")]
    Asked,
    #[error(transparent)]
    Pipe(#[from] CameraError),
}

impl Ending {
    fn presence(&self) -> Presence {
        match self {
            Ending::Open(_) | Ending::Body(BodyError::Gone(_)) => Presence::Absent,
            _ => Presence::Present,
        }
    }
}

/// What the reading thread hands to the main one.
enum Heard {
    Order { order: Order, sent_us: u64 },
    Stop,
}

/// Runs the child to its end. With `--detect` it prints the cameras it finds as JSON and ends.
pub fn run(args: &[String]) -> Result<(), CameraError> {
    if args.iter().any(|a| a == "--detect") {
        return gphoto::print_detected();
    }
    // Parent gone between fork and here: the pipe is closed already, and the reading thread sees that.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|e| CameraError::Pipe(e.into()))?;
    let mut voice = Voice::take_stdout()?;
    voice.hello()?;
    let mut stdin = std::io::stdin();
    let Some(setup) = first_message(&mut stdin)? else {
        return Ok(());
    };
    voice.quiet_since = setup.quiet_since;
    let (heard, orders) = sync_channel(ORDERS);
    std::thread::Builder::new()
        .name("camera-pipe".to_owned())
        .spawn(move || listen(stdin, &heard))
        .map_err(CameraError::Thread)?;

    voice.doing(Doing::Seek)?;
    let _lock = hold(&setup.lock)?;
    let ending = match drive(&setup, &mut voice, &orders) {
        Ok(never) => match never {},
        Err(ending) => ending,
    };
    if let Ending::Open(OpenError::Claimed { holder }) = &ending {
        voice.notice(Notice::Claimed {
            holder: holder.clone(),
        })?;
    }
    voice.ending(&ending.to_string(), ending.presence())
}

/// Opens the camera and serves orders until something ends it.
fn drive(
    setup: &Setup,
    voice: &mut Voice,
    orders: &Receiver<Heard>,
) -> Result<std::convert::Infallible, Ending> {
    let mut body: Box<dyn Body> = match &setup.driver {
        Driver::Gphoto => gphoto::open(setup, &mut || voice.doing(Doing::Open))?,
        Driver::Sim { folder } => sim::open(folder, setup.sim_round_trip, &mut || {
            voice.doing(Doing::Open)
        })?,
    };
    voice.doing(Doing::Open)?;
    let mismatches = body.apply(&setup.profile)?;
    let identity = body.identity();
    let info = camera_info(&identity, body.probe()?, mismatches);
    let mut turn = Turn::new(body, setup, voice, orders, info);
    let ending = match turn.begin().and_then(|()| turn.run()) {
        Ok(never) => match never {},
        Err(ending) => ending,
    };
    turn.close(&ending);
    Err(ending)
}

/// Identity and condition together.
fn camera_info(
    identity: &Identity,
    condition: Condition,
    mismatches: Vec<crate::model::SettingMismatch>,
) -> CameraInfo {
    CameraInfo {
        model: identity.model.clone(),
        serial: identity.serial.clone(),
        port: identity.port.clone(),
        battery: condition.battery,
        card_free: condition.card_free,
        frames_left: condition.frames_left,
        clock_offset_ms: condition.clock_offset_ms,
        mismatches,
    }
}

/// The setup, or `None` when the daemon closed the pipe before it.
fn first_message(stdin: &mut Stdin) -> Result<Option<Setup>, CameraError> {
    match wire::read::<ToChild>(stdin)? {
        None => Ok(None),
        Some(ToChild::Setup(setup)) if setup.version == VERSION => Ok(Some(setup)),
        Some(other) => Err(CameraError::Protocol {
            detail: format!("expected a setup of version {VERSION}, heard {other:?}"),
        }),
    }
}

/// The second thread. Killing oneself is the one exit that no hung library call and no exit handler can delay.
fn listen(mut stdin: Stdin, heard: &SyncSender<Heard>) {
    loop {
        let message = match wire::read::<ToChild>(&mut stdin) {
            Ok(Some(ToChild::Order { order, sent_us })) => Heard::Order { order, sent_us },
            Ok(Some(ToChild::Stop)) => Heard::Stop,
            Ok(Some(ToChild::Setup(_)) | None) | Err(_) => die(),
        };
        if heard.send(message).is_err() {
            // The main thread is ending already; keep watching the pipe, as closing the camera may hang too.
            continue;
        }
    }
}

/// Ends this process now.
fn die() -> ! {
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}

/// Waits for the lock that the child before this one holds until it is truly gone.
fn hold(path: &Path) -> Result<File, CameraError> {
    let sim = |source| CameraError::Lock {
        path: path.to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(sim)?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)
        .map_err(|e| sim(e.into()))?;
    Ok(file)
}
