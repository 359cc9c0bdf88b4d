//! The keyboard as a panel: keys become presses of the `sim` panel.

use crate::model::{Control, Gesture};
use anyhow::Context;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use std::io::IsTerminal;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Press a control.
    Press(Control, Option<Gesture>),
    /// Stop.
    Quit,
}

/// The keys, for a person.
pub const LEGEND: &str = "space 踏板 pedal · n 下一位 next · b 返回 back · h 过号 hold · r 重拍 retake · a 认可 accept · p 暂停 pause · 0-9 ⏎ 叫号 call · c 清除 clear · q 退出 quit";

/// The meaning of a byte from the terminal.
pub fn key_of(byte: u8) -> Option<Key> {
    let control = match byte {
        b' ' => Control::Pedal,
        b'n' => Control::Next,
        b'b' => Control::Back,
        b'h' => Control::Hold,
        b'r' => Control::Retake,
        b'a' => Control::Accept,
        b'p' => Control::Pause,
        b'0'..=b'9' => Control::Digit(byte - b'0'),
        b'\r' | b'\n' => Control::Enter,
        b'c' => Control::Clear,
        b'l' => return Some(Key::Press(Control::Pedal, Some(Gesture::Long))),
        // Control-C and control-D arrive as bytes once the terminal gives single keys.
        b'q' | 3 | 4 => return Some(Key::Quit),
        _ => return None,
    };
    Some(Key::Press(control, None))
}

/// The terminal in single-key mode until dropped.
pub struct Keyboard {
    before: Termios,
}

impl Keyboard {
    /// Take single keys without echo.
    ///
    /// # Errors
    /// When standard input is no terminal.
    pub fn take() -> anyhow::Result<Self> {
        anyhow::ensure!(
            std::io::stdin().is_terminal(),
            "standard input is no terminal; run it in one, or use `shutterline panel press`"
        );
        let before = rustix::termios::tcgetattr(stdin()).context("cannot read terminal modes")?;
        let mut raw = before.clone();
        raw.local_modes
            .remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        rustix::termios::tcsetattr(stdin(), OptionalActions::Now, &raw)
            .context("cannot set terminal modes")?;
        Ok(Self { before })
    }

    /// The next key, if one comes within `milliseconds`.
    ///
    /// # Errors
    /// When the terminal goes away.
    pub fn next(&mut self, milliseconds: u32) -> anyhow::Result<Option<Key>> {
        let input = stdin();
        let mut ready = [PollFd::new(&input, PollFlags::IN)];
        let patience = Timespec {
            tv_sec: i64::from(milliseconds / 1000),
            tv_nsec: i64::from(milliseconds % 1000) * 1_000_000,
        };
        if poll(&mut ready, Some(&patience)).context("cannot wait for a key")? == 0 {
            return Ok(None);
        }
        let mut byte = [0_u8; 1];
        let read = rustix::io::read(stdin(), &mut byte).context("cannot read a key")?;
        Ok(if read == 0 {
            Some(Key::Quit)
        } else {
            key_of(byte[0])
        })
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // Nothing more can be done about a terminal that will not be restored.
        rustix::termios::tcsetattr(stdin(), OptionalActions::Now, &self.before).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_bar_is_the_pedal() {
        assert_eq!(key_of(b' '), Some(Key::Press(Control::Pedal, None)));
        assert_eq!(key_of(b'7'), Some(Key::Press(Control::Digit(7), None)));
        assert_eq!(key_of(3), Some(Key::Quit));
        assert_eq!(key_of(b'z'), None);
    }
}
