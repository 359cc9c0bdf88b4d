//! The few calls of libgphoto2 that the crate does not offer. Every one is made while no task of the crate runs: tasks
//! are always waited for.
#![allow(unsafe_code)]

use gphoto2::libgphoto2_sys as sys;
use gphoto2::widget::WidgetBase;
use gphoto2::{Camera, Context, Error};
use std::ffi::{CStr, CString, c_char, c_int, c_uchar, c_void};
use std::ptr::null_mut;
use std::sync::{Mutex, Once, PoisonError};

/// The driver's error lines since the last [`forget_log`]; a driver that talks without end is cut.
static LOG: Mutex<String> = Mutex::new(String::new());

/// Bytes of log kept.
const LOG_KEPT: usize = 4096;

/// Starts to listen to the driver's error lines.
pub fn hear_log() {
    static ONCE: Once = Once::new();
    // SAFETY: the function lives as long as the program and takes no data.
    ONCE.call_once(|| unsafe {
        sys::gp_log_add_func(sys::GPLogLevel::GP_LOG_ERROR, Some(take_line), null_mut());
    });
}

unsafe extern "C" fn take_line(
    _level: sys::GPLogLevel,
    _domain: *const c_char,
    line: *const c_char,
    _data: *mut c_void,
) {
    if line.is_null() {
        return;
    }
    // SAFETY: libgphoto2 hands over a terminated string that lives through this call.
    let line = unsafe { CStr::from_ptr(line) }.to_string_lossy();
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    if log.len() + line.len() < LOG_KEPT {
        log.push_str(line.trim_end());
        log.push('\n');
    }
}

/// Empties the log before a call.
pub fn forget_log() {
    LOG.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// What the driver logged since.
pub fn log() -> String {
    LOG.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn check(status: c_int) -> gphoto2::Result<()> {
    if status < 0 {
        Err(Error::new(status, None))
    } else {
        Ok(())
    }
}

/// One piece of a file into `buffer`.
pub fn read_piece(
    camera: &mut Camera,
    context: &mut Context,
    path: (&str, &str),
    offset: u64,
    buffer: &mut [u8],
) -> gphoto2::Result<usize> {
    let (folder, name) = (CString::new(path.0)?, CString::new(path.1)?);
    let mut size = buffer.len() as u64;
    // SAFETY: camera and context are live and used by nobody else now; the buffer holds `size` bytes.
    check(unsafe {
        sys::gp_camera_file_read(
            camera.as_mut(),
            folder.as_ptr(),
            name.as_ptr(),
            sys::CameraFileType::GP_FILE_TYPE_NORMAL,
            offset,
            buffer.as_mut_ptr().cast(),
            &raw mut size,
            context.as_mut(),
        )
    })?;
    Ok(usize::try_from(size).unwrap_or(0).min(buffer.len()))
}

/// Where a whole file goes while it comes.
struct Sink<'a> {
    take: &'a mut dyn FnMut(&[u8]) -> bool,
    received: u64,
}

unsafe extern "C" fn sink_size(data: *mut c_void, size: *mut u64) -> c_int {
    // SAFETY: `data` is the `Sink` of `read_whole`, which outlives the call; `size` is libgphoto2's.
    unsafe { *size = (*data.cast::<Sink>()).received };
    sys::GP_OK as c_int
}

unsafe extern "C" fn sink_read(_: *mut c_void, _: *mut c_uchar, _: *mut u64) -> c_int {
    sys::GP_ERROR_NOT_SUPPORTED
}

unsafe extern "C" fn sink_write(data: *mut c_void, bytes: *mut c_uchar, len: *mut u64) -> c_int {
    // SAFETY: `data` is the `Sink` of `read_whole`; libgphoto2 hands over `*len` bytes that live through this call.
    let (sink, bytes) = unsafe {
        let n = usize::try_from(*len).unwrap_or(0);
        (
            &mut *data.cast::<Sink>(),
            std::slice::from_raw_parts(bytes, n),
        )
    };
    sink.received += bytes.len() as u64;
    if (sink.take)(bytes) {
        sys::GP_OK as c_int
    } else {
        sys::GP_ERROR_CANCEL
    }
}

/// A whole file, handed to `take` as it comes, so that it never lies in memory as a whole.
pub fn read_whole(
    camera: &mut Camera,
    context: &mut Context,
    path: (&str, &str),
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> gphoto2::Result<()> {
    let (folder, name) = (CString::new(path.0)?, CString::new(path.1)?);
    let mut sink = Sink { take, received: 0 };
    let mut handler = sys::CameraFileHandler {
        size: Some(sink_size),
        read: Some(sink_read),
        write: Some(sink_write),
    };
    let mut file = null_mut();
    // SAFETY: sink and handler live on this stack frame until the file was given back.
    unsafe {
        check(sys::gp_file_new_from_handler(
            &raw mut file,
            &raw mut handler,
            (&raw mut sink).cast(),
        ))?;
        let status = sys::gp_camera_file_get(
            camera.as_mut(),
            folder.as_ptr(),
            name.as_ptr(),
            sys::CameraFileType::GP_FILE_TYPE_NORMAL,
            file,
            context.as_mut(),
        );
        sys::gp_file_unref(file);
        check(status)
    }
}

/// The text of a text, radio or menu widget; `None` where the driver left it null, on which the crate would crash.
pub fn text(widget: &WidgetBase) -> Option<String> {
    let raw: &sys::CameraWidget = widget.as_ref();
    let mut value: *const c_char = null_mut();
    // SAFETY: the widget is live, only read, and of a kind whose value is a string pointer (the caller matched it).
    unsafe {
        let status =
            sys::gp_widget_get_value(std::ptr::from_ref(raw).cast_mut(), (&raw mut value).cast());
        if status < 0 || value.is_null() {
            return None;
        }
        Some(CStr::from_ptr(value).to_string_lossy().into_owned())
    }
}
