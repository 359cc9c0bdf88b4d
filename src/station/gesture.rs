//! From edges to gestures: press, long press, double press, and what is swallowed.
//!
//! A press that can only mean one thing acts on its edge; `pedal` always does. Otherwise the edge waits for
//! what it becomes. Where an edge has shot, the rest of that gesture means nothing.

use crate::model::{Binding, Control, Gesture, InputName, Level, Millis};
use std::collections::BTreeMap;

use super::{Action, Policy, Station, TimerId};
use crate::model::Fault;

/// What a control did with its press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    /// The shutter fires; the rest of the gesture is swallowed.
    Shot,
    /// One pedal after green: a release moves on, a long press shoots again.
    Choice,
    /// Anything else, refusals included.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Up,
    /// Held, and may still become something.
    Down,
    /// Held by a foot that may choose between moving on and shooting again.
    Choosing,
    /// Held, and done with.
    Spent,
    /// Released once; a second press makes it a double one.
    Once,
}

#[derive(Debug)]
struct Input {
    phase: Phase,
    since: Millis,
    stuck: bool,
    press: Option<Control>,
    long: Option<Control>,
    double: Option<Control>,
}

/// Every input that is bound.
#[derive(Debug, Default)]
pub(super) struct Gestures {
    inputs: BTreeMap<InputName, Input>,
}

impl Gestures {
    pub(super) fn new(policy: &Policy) -> Self {
        let mut inputs = BTreeMap::new();
        // A shutter that waited for a second press would not be one: the config refuses that binding, and so does this.
        let late = |b: &&Binding| b.control == Control::Pedal && b.gesture == Gesture::Double;
        for binding in policy.bindings.iter().filter(|b| !late(b)) {
            let input = inputs.entry(binding.input.clone()).or_insert(Input {
                phase: Phase::Up,
                since: Millis(0),
                stuck: false,
                press: None,
                long: None,
                double: None,
            });
            let slot = match binding.gesture {
                Gesture::Press => &mut input.press,
                Gesture::Long => &mut input.long,
                Gesture::Double => &mut input.double,
            };
            *slot = Some(binding.control);
        }
        Self { inputs }
    }

    fn set(&mut self, name: &InputName, phase: Phase) {
        if let Some(input) = self.inputs.get_mut(name) {
            input.phase = phase;
        }
    }
}

impl Station {
    pub(super) fn edge(&mut self, name: &InputName, level: Level, at: Millis) {
        let Some(input) = self.gestures.inputs.get_mut(name) else {
            return;
        };
        if input.stuck {
            return;
        }
        match (level, input.phase) {
            (Level::Pressed, Phase::Up) => {
                input.since = at;
                self.pressed(name, at);
            }
            (Level::Pressed, Phase::Once) => {
                let double = input.double;
                let first = input.since;
                input.since = at;
                if at.since(first) <= self.policy.double_press {
                    self.push(Action::CancelTimer(TimerId::Double(name.clone())));
                    self.gestures.set(name, Phase::Spent);
                    self.control_if(double, at);
                } else {
                    // The timer of the first press is late; that press comes first.
                    let press = input_press(&self.gestures, name);
                    self.control_if(press, at);
                    self.pressed(name, at);
                }
            }
            (Level::Released, Phase::Down) => self.released(name, at),
            (Level::Released, Phase::Choosing) => {
                self.gestures.set(name, Phase::Up);
                self.push(Action::CancelTimer(TimerId::Long(name.clone())));
                self.choose_next();
            }
            (Level::Released, Phase::Spent) => self.gestures.set(name, Phase::Up),
            // An edge that repeats the level it had.
            (Level::Pressed, _) | (Level::Released, Phase::Up | Phase::Once) => {}
        }
    }

    fn pressed(&mut self, name: &InputName, at: Millis) {
        let Some(input) = self.gestures.inputs.get(name) else {
            return;
        };
        let (press, long, double) = (input.press, input.long, input.double);
        let alone = long.is_none() && double.is_none();
        let now = press.filter(|control| *control == Control::Pedal || alone);
        let did = now.map(|control| self.control(control, at));
        let phase = match did {
            Some(Pressed::Shot) => Phase::Spent,
            Some(Pressed::Choice) => Phase::Choosing,
            Some(Pressed::Other) if alone => Phase::Spent,
            Some(Pressed::Other) | None => Phase::Down,
        };
        self.gestures.set(name, phase);
        let arm = phase == Phase::Choosing || (phase == Phase::Down && long.is_some());
        if arm {
            self.push(Action::SetTimer {
                id: TimerId::Long(name.clone()),
                at: at + self.policy.long_press,
            });
        }
    }

    fn released(&mut self, name: &InputName, at: Millis) {
        let Some(input) = self.gestures.inputs.get(name) else {
            return;
        };
        let (press, since) = (input.press, input.since);
        let (has_long, has_double) = (input.long.is_some(), input.double.is_some());
        if has_long {
            self.push(Action::CancelTimer(TimerId::Long(name.clone())));
        }
        if has_double {
            self.gestures.set(name, Phase::Once);
            self.push(Action::SetTimer {
                id: TimerId::Double(name.clone()),
                at: since + self.policy.double_press,
            });
            return;
        }
        self.gestures.set(name, Phase::Up);
        // A pedal has had its say on the edge.
        self.control_if(press.filter(|control| *control != Control::Pedal), at);
    }

    pub(super) fn long_timer(&mut self, name: &InputName) {
        let Some(input) = self.gestures.inputs.get_mut(name) else {
            return;
        };
        if self.now.mono.since(input.since) < self.policy.long_press {
            return;
        }
        match input.phase {
            Phase::Choosing => {
                input.phase = Phase::Spent;
                self.choose_again();
            }
            Phase::Down => {
                input.phase = Phase::Spent;
                let long = input.long;
                self.control_if(long, self.now.mono);
            }
            Phase::Up | Phase::Spent | Phase::Once => {}
        }
    }

    pub(super) fn double_timer(&mut self, name: &InputName) {
        let press = input_press(&self.gestures, name);
        let Some(input) = self.gestures.inputs.get_mut(name) else {
            return;
        };
        if input.phase == Phase::Once {
            input.phase = Phase::Up;
            let since = input.since;
            self.control_if(press, since);
        }
    }

    pub(super) fn stuck(&mut self, name: &InputName, stuck: bool) {
        if let Some(input) = self.gestures.inputs.get_mut(name) {
            input.stuck = stuck;
            input.phase = Phase::Up;
        }
        if stuck {
            self.push(Action::CancelTimer(TimerId::Long(name.clone())));
            self.raise(Fault::PedalStuck);
        } else if !self.gestures.inputs.values().any(|input| input.stuck) {
            self.clear(Fault::PedalStuck);
        }
    }

    fn control_if(&mut self, control: Option<Control>, at: Millis) {
        if let Some(control) = control {
            self.control(control, at);
        }
    }
}

/// What a plain press means that did not act on its edge.
fn input_press(gestures: &Gestures, name: &InputName) -> Option<Control> {
    let press = gestures.inputs.get(name)?.press;
    press.filter(|control| *control != Control::Pedal)
}
