//! How fast the station is, on the real daemon with its real child, files and socket.
//!
//! `make bench` prints each figure beside its goal. What can be compared is measured side by side in the same
//! run, since machines differ and drift. Arguments choose parts: `pedal light check commit growth upload`.

mod check;
mod commit;
mod growth;
mod light;
mod pedal;
#[path = "../../tests/peers/mod.rs"]
mod peers;
#[path = "../../tests/rig/mod.rs"]
mod rig;
#[path = "../../tests/upload_peers/station.rs"]
mod station;
mod table;
mod upload;

use table::Table;

fn main() {
    // As the station does: what it takes is measured in this process too.
    shutterline::cmd::heap::share();
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some(check::MEMORY) {
        let photo = args.next().expect("a photo");
        return check::memory_of_one(photo.as_ref());
    }
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let part = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let mut table = Table::default();
    if part("pedal") {
        pedal::run(&mut table);
    }
    if part("light") {
        light::run(&mut table);
    }
    if part("check") {
        check::run(&mut table);
    }
    if part("commit") {
        commit::run(&mut table);
    }
    if part("growth") {
        growth::run(&mut table);
    }
    if part("upload") {
        upload::run(&mut table);
    }
    table.print();
}
