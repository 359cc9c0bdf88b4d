//! How many things may be done at once, told by the caller: the room starts no threads itself.

/// Does two things, at the same time if it can.
pub trait Lanes: Send + Sync {
    /// Both results, when both are there.
    fn both<A: Send, B: Send>(
        &self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B);
}

/// One after the other, on the caller's thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct OneLane;

impl Lanes for OneLane {
    fn both<A: Send, B: Send>(
        &self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        (a(), b())
    }
}
