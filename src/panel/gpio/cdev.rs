//! The kernel's GPIO character device, on any board: it stamps edges in its interrupt and claims the lines for us.

use super::chips;
use super::layout::{Layout, PadKind};
use super::{InputLines, Opened, Pads, RawEdge};
use crate::model::Pull;
use crate::panel::PanelError;
use gpiocdev::line::{Bias, Drive, EdgeDetection, EdgeKind, Value, Values};
use gpiocdev::{Chip, Request};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;
use std::time::Duration;

/// How others find the lines' holder.
const CONSUMER: &str = "shutterline";

/// Edges that the kernel keeps until they are read: seconds of bouncing on every line.
const KERNEL_EDGES: u32 = 1024;

pub(super) fn open(chip: &str, layout: &Layout) -> Result<Opened, PanelError> {
    let chip = chips::open_chip(chip)?;
    let (inputs, pads) = chips::places(&chip, layout)?;
    let inputs = open_inputs(&chip, inputs, layout)?;
    let pads = open_pads(&chip, pads, layout)?;
    Ok(("cdev", Box::new(inputs), Box::new(pads)))
}

struct Inputs {
    /// `None` where the board has a keypad alone: the kernel opens no lines at all as none.
    request: Option<Request>,
    offsets: Vec<u32>,
    edges: bool,
}

fn open_inputs(chip: &Chip, offsets: Vec<u32>, layout: &Layout) -> Result<Inputs, PanelError> {
    if offsets.is_empty() {
        return Ok(Inputs {
            request: None,
            offsets,
            edges: false,
        });
    }
    let request = |edges: Option<EdgeDetection>| {
        let mut builder = Request::builder();
        builder
            .on_chip(chip.path())
            .with_consumer(CONSUMER)
            .with_kernel_event_buffer_size(KERNEL_EDGES);
        for (offset, input) in offsets.iter().zip(&layout.inputs) {
            let bias = match input.pull {
                Pull::Up => Bias::PullUp,
                Pull::Down => Bias::PullDown,
                Pull::None => Bias::Disabled,
            };
            builder
                .with_line(*offset)
                .as_input()
                .with_bias(bias)
                .with_edge_detection(edges);
        }
        builder.request()
    };
    // A chip without interrupts (many expanders) refuses edges, and is polled.
    let (request, edges) = match request(Some(EdgeDetection::BothEdges)) {
        Ok(opened) => (opened, true),
        Err(refused) => match request(None) {
            Ok(opened) => {
                tracing::warn!(%refused, "this GPIO chip tells no edges; its levels are read every millisecond");
                (opened, false)
            }
            Err(_) => return Err(PanelError::failed("opening the switches' lines", &refused)),
        },
    };
    Ok(Inputs {
        request: Some(request),
        offsets,
        edges,
    })
}

impl InputLines for Inputs {
    fn wait(&mut self, timeout: Duration) -> Result<Option<RawEdge>, PanelError> {
        let Some(request) = self.request.as_ref().filter(|_| self.edges) else {
            std::thread::sleep(timeout);
            return Ok(None);
        };
        let timeout = Timespec {
            tv_sec: timeout.as_secs() as i64,
            tv_nsec: timeout.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::new(request, PollFlags::IN)], Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(PanelError::failed("waiting for the switches", &error)),
        }
        let edge = request
            .read_edge_event()
            .map_err(|error| PanelError::failed("reading an edge", &error))?;
        let input = self.offsets.iter().position(|o| *o == edge.offset);
        let high = edge.kind == EdgeKind::Rising;
        Ok(input.map(|i| RawEdge::at_monotonic(i, high, edge.timestamp_ns, edge.line_seqno)))
    }

    fn levels(&mut self, high: &mut Vec<bool>) -> Result<(), PanelError> {
        high.clear();
        let Some(request) = &self.request else {
            return Ok(());
        };
        let mut values = Values::from_offsets(&self.offsets);
        request
            .values(&mut values)
            .map_err(|error| PanelError::failed("reading the switches", &error))?;
        let level = |offset: &u32| values.get(*offset) == Some(Value::Active);
        high.extend(self.offsets.iter().map(level));
        Ok(())
    }

    fn has_edges(&self) -> bool {
        self.edges
    }
}

struct Lamps {
    request: Option<Request>,
    offsets: Vec<u32>,
}

fn open_pads(chip: &Chip, offsets: Vec<u32>, layout: &Layout) -> Result<Lamps, PanelError> {
    if offsets.is_empty() {
        return Ok(Lamps {
            request: None,
            offsets,
        });
    }
    let mut builder = Request::builder();
    builder.on_chip(chip.path()).with_consumer(CONSUMER);
    for (offset, pad) in offsets.iter().zip(&layout.pads) {
        builder.with_line(*offset);
        match pad.kind {
            // Safe from the moment it is ours.
            PadKind::Driven { safe_high } => builder
                .as_output(value(safe_high))
                .with_drive(Drive::PushPull)
                .with_bias(None),
            PadKind::OpenDrain => builder
                .as_output(Value::Active)
                .with_drive(Drive::OpenDrain)
                .with_bias(Bias::PullUp),
            PadKind::Read => builder.as_input().with_bias(Bias::PullUp),
        };
    }
    let request = builder
        .request()
        .map_err(|error| PanelError::failed("opening the lamps' lines", &error))?;
    Ok(Lamps {
        request: Some(request),
        offsets,
    })
}

fn value(high: bool) -> Value {
    if high { Value::Active } else { Value::Inactive }
}

impl Pads for Lamps {
    fn set(&mut self, pad: usize, high: bool) -> Result<(), PanelError> {
        let (Some(request), Some(offset)) = (&self.request, self.offsets.get(pad)) else {
            return Ok(());
        };
        request
            .set_value(*offset, value(high))
            .map_err(|error| PanelError::failed("moving a line", &error))
    }

    fn is_high(&mut self, pad: usize) -> Result<bool, PanelError> {
        let (Some(request), Some(offset)) = (&self.request, self.offsets.get(pad)) else {
            return Ok(false);
        };
        request
            .value(*offset)
            .map(|value| value == Value::Active)
            .map_err(|error| PanelError::failed("reading a line", &error))
    }
}
