//! Finding the camera: by its serial number, because its USB address changes whenever it drops off the bus.

use super::super::CameraError;
use super::super::child::{Body, Identity, OpenError};
use super::super::wire::Setup;
use super::{Gphoto, holder, native};
use crate::model::CameraInfo;
use gphoto2::error::ErrorKind;
use gphoto2::list::CameraDescriptor;
use gphoto2::widget::TextWidget;
use gphoto2::{Camera, Context};

/// Opens the wanted body, else the preferred, else the first.
pub fn open(
    setup: &Setup,
    found: &mut dyn FnMut() -> Result<(), CameraError>,
) -> Result<Box<dyn Body>, OpenError> {
    native::hear_log();
    let failed = |e: gphoto2::Error| OpenError::Failed(super::fault::words(&e, &native::log()));
    let context = Context::new().map_err(failed)?;
    let cameras: Vec<CameraDescriptor> = context.list_cameras().wait().map_err(failed)?.collect();
    if cameras.is_empty() {
        return Err(OpenError::Absent("libgphoto2 sees none on USB".to_owned()));
    }
    found().map_err(|e| OpenError::Failed(e.to_string()))?;
    let sought = setup
        .serial_wanted
        .as_ref()
        .or(setup.serial_preferred.as_ref());
    let mut others = Vec::new();
    let mut trouble = None;
    for descriptor in &cameras {
        match open_one(&context, descriptor) {
            Ok(open) if sought.is_none_or(|s| *s == open.identity.serial) => {
                return Ok(Box::new(open));
            }
            Ok(other) => others.push(other),
            Err(e) => trouble = Some(e),
        }
    }
    match (&setup.serial_wanted, trouble) {
        (Some(wanted), None) => {
            let seen: Vec<_> = others.iter().map(|o| o.identity.serial.clone()).collect();
            Err(OpenError::Absent(format!(
                "none has the serial number {wanted}; found {}",
                seen.join(", ")
            )))
        }
        (_, Some(trouble)) => Err(trouble),
        (None, None) => match others.into_iter().next() {
            Some(first) => Ok(Box::new(first)),
            None => Err(OpenError::Absent(
                "it went away while being opened".to_owned(),
            )),
        },
    }
}

fn open_one(context: &Context, descriptor: &CameraDescriptor) -> Result<Gphoto, OpenError> {
    native::forget_log();
    let trouble = |e: gphoto2::Error| match e.kind() {
        ErrorKind::IoUsbClaim | ErrorKind::IoLock => OpenError::Claimed {
            holder: holder::device(&descriptor.port).and_then(|d| holder::find(&d)),
        },
        ErrorKind::IoUsbFind | ErrorKind::ModelNotFound | ErrorKind::UnknownPort => {
            OpenError::Absent(e.to_string())
        }
        _ => OpenError::Failed(super::fault::words(&e, &native::log())),
    };
    let camera = context.get_camera(descriptor).wait().map_err(trouble)?;
    // The first call is what truly opens it; a camera without this setting is open nevertheless.
    let serial = match camera.config_key::<TextWidget>("serialnumber").wait() {
        Ok(widget) => native::text(&widget).unwrap_or_default(),
        Err(e) if e.kind() == ErrorKind::BadParameters => String::new(),
        Err(e) => {
            forget(camera);
            return Err(trouble(e));
        }
    };
    Ok(Gphoto {
        camera,
        context: context.clone(),
        identity: Identity {
            model: descriptor.model.clone(),
            serial: serial.trim().to_owned(),
            port: descriptor.port.clone(),
        },
        whole_only: false,
    })
}

/// The crate's drop ends a session that never began and may hang on it; this process is about to end anyway.
fn forget(camera: Camera) {
    std::mem::forget(camera);
}

/// `--detect`: what is there, as JSON on standard output. A camera that another program holds is listed without the
/// things only an open one tells.
pub fn print_detected() -> Result<(), CameraError> {
    native::hear_log();
    let failed = |e: gphoto2::Error| CameraError::Detect {
        message: super::fault::words(&e, &native::log()),
    };
    let context = Context::new().map_err(failed)?;
    let mut found = Vec::new();
    for descriptor in context.list_cameras().wait().map_err(failed)? {
        let mut info = CameraInfo {
            model: descriptor.model.clone(),
            port: descriptor.port.clone(),
            ..CameraInfo::default()
        };
        if let Ok(mut open) = open_one(&context, &descriptor) {
            let condition = open.probe().unwrap_or_default();
            info.serial = open.identity.serial.clone();
            info.battery = condition.battery;
            info.card_free = condition.card_free;
            info.frames_left = condition.frames_left;
            info.clock_offset_ms = condition.clock_offset_ms;
        }
        found.push(info);
    }
    let text = serde_json::to_string(&found).map_err(|e| CameraError::Protocol {
        detail: e.to_string(),
    })?;
    println!("{text}");
    Ok(())
}
