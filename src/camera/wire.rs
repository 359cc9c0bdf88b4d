//! What daemon and child say to each other: a length, then that many bytes of JSON. The first message each way carries
//! the version; nothing else is understood before it.

use super::{CameraError, Driver, Notice, Order};
use crate::model::Millis;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::PathBuf;

/// Raised with every change of the messages below.
pub const VERSION: u32 = 1;

/// Longest message: a listing of some 60,000 files. Anything longer is a confused stream, not a message.
const MAX_MESSAGE: u32 = 16 << 20;

/// Daemon to child.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToChild {
    /// Always first.
    Setup(Setup),
    /// An order and when it was sent, microseconds of the boot-time clock.
    Order {
        /// What to do.
        order: Order,
        /// When it was sent.
        sent_us: u64,
    },
    /// Close the camera and end.
    Stop,
}

/// What the child needs before it opens the camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// [`VERSION`].
    pub version: u32,
    /// Which camera.
    pub driver: Driver,
    /// To be held while alive.
    pub lock: PathBuf,
    /// Applied at opening.
    pub profile: Vec<(String, String)>,
    /// Only this body.
    pub serial_wanted: Option<String>,
    /// Rather this body.
    pub serial_preferred: Option<String>,
    /// See [`Options`](super::Options).
    pub event_slice: Millis,
    /// See [`Options`](super::Options).
    pub idle_poll: Millis,
    /// What this opening is called.
    pub opening: String,
    /// Last moment the event queue was known empty in an earlier opening.
    pub quiet_since: Millis,
    /// See [`Options`](super::Options).
    pub sim_round_trip: Millis,
}

/// What the child is doing: says which deadline holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doing {
    /// Waiting for the lock, looking for a camera.
    Seek,
    /// Opening and configuring it.
    Open,
    /// Looking at events, waiting for orders.
    Idle,
    /// Firing, or waiting for the file of a shot.
    Trigger,
    /// Receiving a file.
    Download,
    /// Listing the card.
    List,
    /// A deletion, settings, battery.
    Other,
}

/// Child to daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FromChild {
    /// Always first.
    Hello {
        /// [`VERSION`].
        version: u32,
    },
    /// What it does from now on; also the sign of progress.
    Doing {
        /// What.
        doing: Doing,
        /// Last moment the event queue was known empty.
        quiet_since: Millis,
    },
    /// Something for the daemon.
    Notice(Notice),
    /// It is about to end, and why.
    Ending {
        /// Why.
        why: String,
        /// Whether a camera was there.
        camera: Presence,
    },
}

/// Whether a camera answered when the child gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// None answers.
    Absent,
    /// It answers, but the session must be opened anew.
    Present,
}

/// A message as it goes over the pipe.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, CameraError> {
    let mut bytes = vec![0u8; 4];
    serde_json::to_writer(&mut bytes, message).map_err(|e| CameraError::Protocol {
        detail: format!("a message could not be written: {e}"),
    })?;
    let length = u32::try_from(bytes.len() - 4)
        .ok()
        .filter(|n| *n <= MAX_MESSAGE)
        .ok_or_else(|| CameraError::Protocol {
            detail: format!("a message of {} bytes is too long", bytes.len()),
        })?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// Writes one message to a blocking pipe.
pub fn write<T: Serialize>(pipe: &mut impl Write, message: &T) -> Result<(), CameraError> {
    pipe.write_all(&encode(message)?).map_err(CameraError::Pipe)
}

/// Reads one message; `None` when the other end closed between two.
pub fn read<T: DeserializeOwned>(pipe: &mut impl Read) -> Result<Option<T>, CameraError> {
    let mut length = [0u8; 4];
    match pipe.read(&mut length[..1]) {
        Ok(0) => return Ok(None),
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::Interrupted => return read(pipe),
        Err(e) => return Err(CameraError::Pipe(e)),
    }
    pipe.read_exact(&mut length[1..])
        .map_err(CameraError::Pipe)?;
    let length = u32::from_le_bytes(length);
    if length > MAX_MESSAGE {
        return Err(CameraError::Protocol {
            detail: format!("it announced a message of {length} bytes"),
        });
    }
    let mut body = vec![0u8; length as usize];
    pipe.read_exact(&mut body).map_err(CameraError::Pipe)?;
    serde_json::from_slice(&body)
        .map(Some)
        .map_err(|e| CameraError::Protocol {
            detail: e.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RequestId;

    #[test]
    fn messages_come_out_as_they_went_in() {
        let messages = [
            ToChild::Order {
                order: Order::Trigger {
                    request: RequestId(7),
                    seated_since: Millis(3),
                },
                sent_us: 12,
            },
            ToChild::Order {
                order: Order::ApplyProfile {
                    settings: vec![("f-number".into(), "8".into())],
                },
                sent_us: 13,
            },
            ToChild::Stop,
        ];
        let mut pipe = Vec::new();
        for message in &messages {
            write(&mut pipe, message).unwrap();
        }
        let mut pipe = pipe.as_slice();
        for message in &messages {
            assert_eq!(read::<ToChild>(&mut pipe).unwrap().as_ref(), Some(message));
        }
        assert_eq!(read::<ToChild>(&mut pipe).unwrap(), None);
    }

    #[test]
    fn a_confused_stream_is_an_error_not_an_allocation() {
        let mut pipe: &[u8] = &[0xff, 0xff, 0xff, 0xff, b'{'];
        assert!(matches!(
            read::<ToChild>(&mut pipe),
            Err(CameraError::Protocol { .. })
        ));
        let mut cut: &[u8] = &[9, 0, 0, 0, b'{'];
        assert!(matches!(
            read::<ToChild>(&mut cut),
            Err(CameraError::Pipe(_))
        ));
    }
}
