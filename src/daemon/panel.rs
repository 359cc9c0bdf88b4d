//! Which panel a station gets, by its config and by what the machine is; and starting it.

use super::inbox::{Inbox, Message};
use super::options::OptionsError;
use super::start::StartError;
use crate::config::{Config, PanelDriver, board_names, board_of_model};
use crate::model::{Board, PanelStatus};
use crate::panel::{
    self, Driver, Finger, Machine, NoPanel, Panel, PanelError, PanelEvent, PanelSink, SimPanel,
    WiredPanel,
};
use crate::station::Policy;

/// The panel of a station.
#[derive(Debug, Clone)]
pub enum PanelPlan {
    /// Nothing is wired: pressed over the socket.
    Sim,
    /// On pins.
    Wired(Box<panel::Options>),
    /// There should be one, and nobody knows how it is wired. The station starts all the same and says so: a technician needs its
    /// status, and it can shoot by the socket and the camera's own button.
    Unknown(PanelError),
}

/// What the config says for this machine.
///
/// # Errors
/// When the board that it names cannot be read.
pub fn plan_panel(config: &Config, machine: &Machine) -> Result<PanelPlan, OptionsError> {
    let wanted = &config.panel;
    let driver = match wanted.driver {
        PanelDriver::Sim => return Ok(PanelPlan::Sim),
        PanelDriver::Auto => Driver::Auto,
        PanelDriver::Rppal => Driver::Rppal,
        PanelDriver::Cdev => Driver::Cdev,
    };
    let board = match (wanted.named_board(), &machine.model) {
        (Some(named), _) => named?,
        (None, Some(model)) => match board_of_model(model) {
            Some(board) => board,
            None => return Ok(PanelPlan::Unknown(unknown_board(model))),
        },
        // A PC, as on a programmer's desk. A board always has a device tree.
        (None, None) if wanted.driver == PanelDriver::Auto => return Ok(PanelPlan::Sim),
        (None, None) => return Ok(PanelPlan::Unknown(PanelError::NoModel)),
    };
    unwired(config, &board);
    Ok(PanelPlan::Wired(Box::new(panel::Options {
        driver,
        board,
        debounce: wanted.debounce,
        stuck: wanted.stuck,
    })))
}

fn unknown_board(model: &str) -> PanelError {
    PanelError::UnknownBoard {
        model: model.to_owned(),
        known: board_names().into_iter().map(str::to_owned).collect(),
    }
}

/// Controls without a switch are only to be had over the socket; the log says which.
fn unwired(config: &Config, board: &Board) {
    let names = board.input_names();
    let bindings = config.panel.bindings.iter();
    let missing: Vec<String> = bindings
        .filter(|b| !names.contains(&b.input))
        .map(|b| b.control.to_string())
        .collect();
    if !missing.is_empty() {
        tracing::info!(
            board = board.name,
            controls = missing.join(" "),
            "no switch is wired for these"
        );
    }
}

/// A panel that was started.
pub(super) struct Started {
    pub(super) panel: Box<dyn Panel>,
    /// Presses over the socket: with a real panel too, or a broken pedal would end the day.
    pub(super) finger: Finger,
    pub(super) status: PanelStatus,
}

/// Start the panel, and the finger that the socket presses with. With a real panel the finger has switches of its own, which `policy`
/// gets here: a pedal that is stuck must not take it along.
pub(super) fn start_panel(
    inbox: &Inbox,
    policy: &mut Policy,
    plan: PanelPlan,
) -> Result<Started, StartError> {
    let thread = |source| StartError::Thread {
        what: "the panel",
        source,
    };
    let (long, double) = (policy.long_press, policy.double_press);
    let finger = Finger::start(sink(inbox), long, double).map_err(thread)?;
    let mut status = PanelStatus::default();
    let panel: Box<dyn Panel> = match plan {
        PanelPlan::Sim => {
            status.driver = "sim".into();
            return Ok(Started {
                panel: Box::new(SimPanel::new()),
                finger,
                status,
            });
        }
        PanelPlan::Wired(options) => {
            status.board.clone_from(&options.board.name);
            Box::new(WiredPanel::start(*options, sink(inbox)).map_err(thread)?)
        }
        PanelPlan::Unknown(error) => {
            let problem = error.to_string();
            tracing::error!(problem, "the panel cannot be used");
            sink(inbox)(PanelEvent::Failed { problem });
            Box::new(NoPanel)
        }
    };
    let finger = finger.with_own_switches();
    let own: Vec<_> = policy.bindings.iter().map(|b| finger.own(b)).collect();
    policy.bindings.extend(own);
    Ok(Started {
        panel,
        finger,
        status,
    })
}

fn sink(inbox: &Inbox) -> PanelSink {
    let inbox = inbox.clone();
    Box::new(move |event| {
        let sent = match event {
            // A press that the loop has no room for is better lost than late: it would fire for whoever sits there then.
            PanelEvent::Edge { .. } => inbox.try_send(Message::Panel(event)).is_ok(),
            // What stands until it changes must not be lost; only the panel's own thread waits.
            _ => inbox.send(Message::Panel(event)).is_ok(),
        };
        if !sent {
            tracing::error!("a message of the panel was dropped: the loop is behind, or gone");
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(config: &str, model: Option<&str>) -> PanelPlan {
        let config = Config::parse(config, "test").unwrap();
        let machine = Machine {
            model: model.map(str::to_owned),
        };
        plan_panel(&config, &machine).unwrap()
    }

    #[test]
    fn auto_goes_by_what_the_machine_is() {
        let wired = plan("", Some("Raspberry Pi 4 Model B Rev 1.5"));
        let PanelPlan::Wired(options) = wired else {
            panic!("{wired:?}");
        };
        assert_eq!(options.board.name, "Raspberry Pi 4 Model B");
        assert!(matches!(options.driver, Driver::Auto));
        assert!(matches!(plan("", None), PanelPlan::Sim));
    }

    #[test]
    fn a_board_that_nobody_knows_is_named_with_the_next_step() {
        let unknown = plan("", Some("Orange Toaster 3"));
        let PanelPlan::Unknown(error) = unknown else {
            panic!("{unknown:?}");
        };
        let said = error.to_string();
        for part in ["Orange Toaster 3", "[panel] board", "raspberry-pi-4"] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        let cdev = "[panel]\ndriver = \"cdev\"";
        assert!(matches!(
            plan(cdev, None),
            PanelPlan::Unknown(PanelError::NoModel)
        ));
    }

    #[test]
    fn a_named_board_needs_no_device_tree() {
        let text = "[panel]\nboard = \"raspberry-pi-4\"\ndriver = \"cdev\"";
        let wired = plan(text, None);
        assert!(matches!(wired, PanelPlan::Wired(o) if matches!(o.driver, Driver::Cdev)));
    }
}
