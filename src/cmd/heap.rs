//! How the program's memory is kept: one heap for all threads.

/// Makes all threads share one heap. Call before the first thread starts.
///
/// glibc gives each thread a heap of its own, up to eight a core, and each keeps the room of the largest frame that was
/// ever decoded on it: at 24 megapixels a station grew past 400 MiB within forty presses. With one heap that room is used
/// again whoever decodes next, and its pages need not be fetched from the kernel each time. Threads here allocate
/// large pieces seldom, so that they hardly ever wait for each other.
#[cfg(target_env = "gnu")]
pub fn share() {
    // SAFETY: no other thread runs yet, and the option only bounds how many heaps are made later.
    #[allow(unsafe_code)]
    let set = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    if set == 0 {
        // Nothing is wrong but the memory that is taken; `MALLOC_ARENA_MAX=1` does the same.
        eprintln!(
            "the C library takes no M_ARENA_MAX; memory will grow with the number of threads"
        );
    }
}

/// Other C libraries have one heap as it is.
#[cfg(not(target_env = "gnu"))]
pub fn share() {}
