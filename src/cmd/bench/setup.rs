//! Which panel is tried: from the config, overruled by flags, as the station itself would take it.

use crate::cmd::failure::{Exit, Failure};
use crate::cmd::run::PanelArg;
use crate::config::{Config, PanelDriver, find_board};
use crate::daemon::{PanelPlan, plan_panel};
use crate::model::{Active, Board, BoardInput, BoardOutput, InputName, Line, Millis, OutputName};
use crate::model::{Pin, SerialDisplay, Status};
use crate::panel::{Driver, Machine, Options};
use crate::web::client::{Client, ClientError};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the package puts the config.
const CONFIG: &str = "/etc/shutterline/shutterline.toml";

/// A station that runs answers within milliseconds; one that hangs still holds its pins.
const ANSWER: Duration = Duration::from_secs(5);

/// Which panel.
#[derive(Debug, Args)]
pub struct WiringArgs {
    /// The config file [default: /etc/shutterline/shutterline.toml if it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The board: a name from config/boards/, or the path of such a file
    #[arg(long, value_name = "NAME|FILE")]
    pub board: Option<String>,
    /// The panel driver; with sim, lines on the terminal that name a switch press it
    #[arg(long)]
    pub driver: Option<PanelArg>,
}

impl WiringArgs {
    /// The config with the flags over it.
    fn config(&self) -> anyhow::Result<Config> {
        let mut config = match &self.config {
            Some(path) => Config::load(path)?,
            None if Path::new(CONFIG).exists() => Config::load(Path::new(CONFIG))?,
            None => Config::default(),
        };
        if let Some(board) = &self.board {
            config.panel.board.clone_from(board);
        }
        if let Some(driver) = self.driver {
            config.panel.driver = driver.into();
        }
        Ok(config)
    }
}

/// A panel that can be tried.
#[derive(Debug)]
pub struct Setup {
    /// The board, its wiring and its patience; of a panel that the terminal plays, a board made of the config's bindings
    /// unless one is named.
    pub options: Options,
    /// Whether anything is wired; else the terminal plays it.
    pub wired: bool,
    /// What the machine says it is.
    pub model: Option<String>,
}

impl Setup {
    /// The panel of the config and the flags.
    ///
    /// # Errors
    /// When config or board have problems, or nothing says which board it is.
    pub fn of(args: &WiringArgs) -> anyhow::Result<Self> {
        let config = args.config()?;
        let machine = Machine::look(Path::new("/"));
        let plan = plan_panel(&config, &machine)?;
        let model = machine.model;
        match plan {
            PanelPlan::Wired(options) => Ok(Self {
                options: *options,
                wired: true,
                model,
            }),
            PanelPlan::Unknown(error) => Err(error.into()),
            // To a technician, a bench that plays by itself where pins were meant would prove nothing.
            PanelPlan::Sim if config.panel.driver != PanelDriver::Sim => Err(Failure::new(
                "this machine is no board, so nothing is wired to it",
                "run it on the board, name one with --board, or play a panel on the terminal with --driver sim",
            )
            .into()),
            PanelPlan::Sim => Ok(Self {
                options: Options {
                    driver: Driver::Auto,
                    board: played(&config)?,
                    debounce: config.panel.debounce,
                    stuck: config.panel.stuck,
                },
                wired: false,
                model,
            }),
        }
    }

    /// How long a switch may bounce.
    pub fn debounce_of(&self, input: &InputName) -> Millis {
        let inputs = &self.options.board.inputs;
        let own = inputs.iter().find(|i| i.name == *input);
        own.and_then(|i| i.debounce)
            .unwrap_or(self.options.debounce)
    }
}

/// The board that is named, else one with a switch for each input that the config binds, three lamps, a buzzer and a display.
fn played(config: &Config) -> anyhow::Result<Board> {
    match config.panel.board.as_str() {
        "auto" => Ok(of_bindings(config)),
        name => Ok(find_board(name)?),
    }
}

fn of_bindings(config: &Config) -> Board {
    let mut names: Vec<InputName> = Vec::new();
    for binding in &config.panel.bindings {
        if !names.contains(&binding.input) {
            names.push(binding.input.clone());
        }
    }
    let mut used = 0;
    let mut pin = || {
        used += 1;
        Pin {
            line: Line::Number(used - 1),
            header: None,
        }
    };
    let outputs = [
        OutputName::Red,
        OutputName::Amber,
        OutputName::Green,
        OutputName::Buzzer,
    ];
    Board {
        inputs: names
            .iter()
            .map(|name| BoardInput::to_ground(&name.0, pin()))
            .collect(),
        outputs: outputs
            .map(|name| BoardOutput {
                name,
                pin: pin(),
                active: Active::High,
            })
            .into(),
        display: Some(SerialDisplay {
            clock: pin(),
            data: pin(),
            brightness: 5,
        }),
        ..Board::bare("sim", "sim")
    }
}

/// Refuses while a station runs: it holds the panel, and a press here would be a shot there.
///
/// # Errors
/// When one answers, or somebody else may not ask.
pub async fn refuse_while_held(client: &Client) -> anyhow::Result<()> {
    let asked = tokio::time::timeout(ANSWER, client.get::<Status>("/v1/status")).await;
    let holder = match asked {
        Ok(Err(ClientError::NoDaemon { .. })) => return Ok(()),
        Ok(Err(denied @ ClientError::Denied { .. })) => return Err(denied.into()),
        // Whatever it answers, and even if it does not: somebody is there.
        Ok(_) | Err(_) => client.socket().display().to_string(),
    };
    Err(Failure {
        exit: Exit::Refused,
        ..Failure::new(
            format!("the station is running (somebody listens on {holder}) and holds the panel"),
            "stop it for the test: sudo systemctl stop shutterline; and start it afterwards",
        )
    }
    .into())
}
