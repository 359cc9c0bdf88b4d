//! Random bad days: each run has fresh photos, one or two faults of the network, and then the network heals.
//!
//! The seed is printed; `SHUTTERLINE_SEED` gives another one, `SHUTTERLINE_RUNS` another number of runs for each peer.

use crate::peers::proxy::{Fault, Proxy};
use crate::peers::sftp::{self, Sftp};
use crate::peers::{Kind, Peer, Served};
use crate::station::{Station, all_is_there, no_receipt_without_its_object, open, photo, raw};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shutterline::archive::OutboxRow;

/// Changes from one peer to the next, so that they do not all meet the same days.
const SEED: u64 = 20_260_620;

fn number(variable: &str, usual: u64) -> u64 {
    let said = std::env::var(variable).ok();
    said.and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// A fault that fits the peer; `size` is about what one file takes.
fn fault(draw: &mut StdRng, http: bool, size: u64) -> Fault {
    let at = draw.random_range(0..size * 3 / 2);
    match draw.random_range(0..if http { 9 } else { 6 }) {
        0 => Fault::CutUp(at),
        1 => Fault::CutDown(draw.random_range(0..2000)),
        2 => Fault::Reset(at),
        3 => Fault::Stall(at),
        4 => Fault::Slow(size / draw.random_range(10..100) + 100),
        5 => Fault::Refuse,
        6 => Fault::Answer([429, 500, 502, 503][draw.random_range(0..4_usize)]),
        7 => Fault::Unheard,
        _ => Fault::Flip(draw.random_range(0..1 << 20)),
    }
}

/// One peer's bad days.
struct Days<'p> {
    peer: &'p dyn Peer,
    station: Station,
    draw: StdRng,
    photos: u32,
    /// Whether a photo that was changed on its way can be put right by sending it again.
    flips: bool,
}

impl<'p> Days<'p> {
    fn new(peer: &'p dyn Peer, seed: u64) -> Self {
        Self {
            peer,
            station: Station::new(peer, ""),
            draw: StdRng::seed_from_u64(seed),
            photos: 0,
            flips: true,
        }
    }

    fn plan(&mut self, size: u64) -> Vec<Fault> {
        let faults = self.draw.random_range(1..=2);
        let mut plan = Vec::new();
        while plan.len() < faults {
            let one = fault(&mut self.draw, self.peer.is_http(), size);
            if self.flips || !matches!(one, Fault::Flip(_)) {
                plan.push(one);
            }
        }
        // Some connections are spared, so that what comes later is hit too.
        while self.draw.random_range(0..3) == 0 {
            plan.insert(self.draw.random_range(0..=plan.len()), Fault::Pass);
        }
        plan
    }

    fn shoot(&mut self, large: bool) -> u64 {
        self.photos += 1;
        let serial = self.draw.random_range(1..=9);
        let bytes = match large {
            // In parts at a bucket. How much of it SSH has on its way nobody hears, so that a large one would seem to hang.
            true => raw(self.photos, if self.peer.is_http() { 12 } else { 1 }),
            false => photo(self.photos),
        };
        let name = if large {
            "DSC_0001.NEF"
        } else {
            "DSC_0001.JPG"
        };
        self.station.shoot(serial, name, &bytes);
        bytes.len() as u64
    }

    fn run(&mut self, about: &str, large: bool) {
        let items = self.draw.random_range(1..=3);
        let mut size = 0;
        for item in 0..items {
            size = size.max(self.shoot(large && item == 0));
        }
        let plan = self.plan(size);
        let about = format!("{about}, {items} frames, {plan:?}");
        let proxy = Proxy::start(self.peer.address(), plan);
        let mut work = self.station.work(self.peer, proxy.address());
        let met = |rows: &[OutboxRow]| proxy.is_through() || open(rows).is_empty();
        self.station.until(&about, met);
        if self.draw.random_range(0..4) == 0 {
            // The station dies in the middle, and what it has receipts for is there.
            drop(work);
            no_receipt_without_its_object(self.peer, &self.station.rows(), &about);
            work = self.station.work(self.peer, proxy.address());
        }
        if self.draw.random_range(0..2) == 0 {
            proxy.heal();
        }
        let rows = self.station.until(&about, |rows| {
            let parked: Vec<_> = rows.iter().filter(|r| r.state.contains("parked")).collect();
            assert!(parked.is_empty(), "{about}: {parked:#?}");
            open(rows).is_empty()
        });
        drop(work);
        all_is_there(self.peer, &rows, &about);
    }
}

fn days(peer: &dyn Peer, what: &str, shift: u64, runs: u64, flips: bool) {
    let seed = number("SHUTTERLINE_SEED", SEED) + shift;
    let runs = number("SHUTTERLINE_RUNS", runs);
    println!("{what}: {runs} runs, seed {seed}");
    let mut days = Days::new(peer, seed);
    days.flips = flips;
    for run in 0..runs {
        let large = run % 20 == 7;
        days.run(&format!("{what} run {run} of seed {seed}"), large);
    }
}

#[test]
fn s3_gets_everything_whatever_the_network_does() {
    if let Some(peer) = Served::start(Kind::S3) {
        days(&peer, "s3", 0, 60, true);
    }
}

#[test]
fn webdav_gets_everything_whatever_the_network_does() {
    if let Some(peer) = Served::start(Kind::WebDav) {
        days(&peer, "webdav", 1, 60, true);
    }
}

#[test]
fn an_intake_gets_everything_whatever_the_network_does() {
    if let Some(peer) = Served::start(Kind::Intake) {
        // It keeps what came first under an idempotency key: see `refusals`.
        days(&peer, "intake", 2, 40, false);
    }
}

#[test]
fn an_intake_by_forms_gets_everything_whatever_the_network_does() {
    if let Some(peer) = Served::start(Kind::IntakeForm) {
        days(&peer, "intake by forms", 3, 30, false);
    }
}

#[test]
fn sftp_gets_everything_whatever_the_network_does() {
    sftp::with_path(
        "runs::sftp_gets_everything_whatever_the_network_does",
        || {
            if let Some(peer) = Sftp::start(None) {
                days(&peer, "sftp", 4, 30, true);
            }
        },
    );
}
