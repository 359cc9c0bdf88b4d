//! The few calls of libgphoto2 that the crate does not offer. Every one is made while no task of the crate runs: tasks
//! are always waited for.
#![allow(unsafe_code)]

use gphoto2::libgphoto2_sys as sys;
use gphoto2::widget::WidgetBase;
use gphoto2::{Camera, Context, Error};
use std::ffi::{CStr, CString, c_char, c_int, c_uchar, c_uint, c_void};
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

/// The driver's error lines the last [`Ear`] heard; a driver that talks without end is cut.
static LOG: Mutex<String> = Mutex::new(String::new());

/// Bytes of log kept.
const LOG_KEPT: usize = 4096;

/// Takes the place of libgphoto2's own function of this name in this program: up to 2.5.30 (Debian 12) it writes a hex
/// dump of every byte on the wire into memory and throws it away where nobody listens, 3 ms a megabyte on a fast machine.
/// What it dumps is nobody's error line, so nothing is lost by its silence. Named by the dynamic linker's rule that a
/// program's own symbol goes before a library's; a newer libgphoto2 is none the worse for it.
#[unsafe(no_mangle)]
extern "C" fn gp_log_data(_domain: *const c_char, _data: *const c_char, _size: c_uint) {}

/// Listens to the driver's error lines while it lives.
pub struct Ear(c_int);

impl Ear {
    /// Empties the log and listens.
    pub fn open() -> Self {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).clear();
        // SAFETY: the function lives as long as the program and takes no data.
        Self(unsafe {
            sys::gp_log_add_func(sys::GPLogLevel::GP_LOG_ERROR, Some(take_line), null_mut())
        })
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if self.0 >= 0 {
            // SAFETY: the id is of a function added above and not yet removed.
            unsafe { sys::gp_log_remove_func(self.0) };
        }
    }
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

/// What the last [`Ear`] heard.
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
