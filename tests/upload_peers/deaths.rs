//! The station dies, or changes its mind, while a photo is on its way.

use crate::peers::proxy::{Fault, Proxy};
use crate::peers::sftp::{self, Sftp};
use crate::peers::{Kind, Peer, Served};
use crate::rig::picture;
use crate::station::{
    Station, all_is_there, no_receipt_without_its_object, noise, open, photo, raw,
};
use crate::straight::{rows, station, until, until_delivered};
use shutterline::clock;
use shutterline::model::{Millis, Status};

/// Waits until something is in its middle.
fn under_way(proxy: &Proxy, bytes: u64) {
    let end = shutterline::clock::boot_time() + shutterline::model::Millis(60_000);
    while proxy.went_up() < bytes {
        assert!(
            shutterline::clock::boot_time() < end,
            "nothing is on its way"
        );
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

/// Killed three times in the middle of a photo, each time at another place.
fn survives(peer: &dyn Peer, path: Option<String>) {
    let slow = [Fault::Slow(400); 12];
    let proxy = Proxy::start(peer.address(), slow);
    let mut rig = station(&peer.destination(proxy.address()));
    rig.env.extend(path.map(|path| ("PATH".into(), path)));
    rig.scene(&noise(1, 500));
    rig.start();
    rig.open_session(3);
    rig.shoot();
    for middle in [10_000, 30_000, 60_000] {
        let before = proxy.went_up();
        under_way(&proxy, before + middle);
        rig.kill();
        no_receipt_without_its_object(peer, &rows(&rig), "after a death");
        rig.start();
    }
    proxy.heal();
    rig.press("next");
    let second = |s: &Status| s.serial.is_some_and(|s| s.0 == 2);
    rig.until("serial 2", second);
    rig.scene(&picture(2));
    rig.shoot();
    let rows = until_delivered(&rig, 2);
    all_is_there(peer, &rows, "after three deaths");
    rig.stop();
}

#[test]
fn killed_while_sending_to_s3() {
    if let Some(peer) = Served::start(Kind::S3) {
        survives(&peer, None);
    }
}

#[test]
fn killed_while_sending_to_webdav() {
    if let Some(peer) = Served::start(Kind::WebDav) {
        survives(&peer, None);
    }
}

#[test]
fn killed_while_sending_to_an_intake() {
    if let Some(peer) = Served::start(Kind::Intake) {
        survives(&peer, None);
    }
}

#[test]
fn killed_while_sending_over_sftp() {
    if let Some(peer) = Sftp::start(None) {
        survives(&peer, Some(peer.path()));
    }
}

/// A photo gets another owner while it is on its way, and again once it is there.
fn follows(peer: &dyn Peer, fault: Fault) {
    let mut station = Station::new(peer, "");
    let proxy = Proxy::start(peer.address(), [fault]);
    let _work = station.work(peer, proxy.address());
    let frame = station.shoot(1, "DSC_0001.JPG", &photo(6));
    under_way(&proxy, 1);
    station.reassign(&frame, 2);
    proxy.heal();
    let rows = station.until_delivered();
    all_is_there(peer, &rows, "reassigned on its way");
    assert!(peer.objects().keys().all(|k| k.contains("/0002_")));

    proxy.add(fault);
    station.reassign(&frame, 3);
    let rows = station.until_delivered();
    all_is_there(peer, &rows, "reassigned when it was there");
    let names: Vec<_> = peer.objects().into_keys().collect();
    assert!(names.len() == 1 && names[0].contains("/0003_"), "{names:?}");
}

#[test]
fn a_corrected_photo_is_at_s3_under_its_new_name_alone() {
    for fault in [Fault::Stall(900), Fault::Unheard, Fault::Slow(300)] {
        if let Some(peer) = Served::start(Kind::S3) {
            follows(&peer, fault);
        }
    }
}

#[test]
fn a_corrected_photo_is_on_webdav_under_its_new_name_alone() {
    for fault in [Fault::Stall(900), Fault::Unheard, Fault::Slow(300)] {
        if let Some(peer) = Served::start(Kind::WebDav) {
            follows(&peer, fault);
        }
    }
}

#[test]
fn a_corrected_photo_is_at_an_intake_under_its_new_name_alone() {
    for fault in [Fault::Stall(900), Fault::Unheard, Fault::Slow(300)] {
        if let Some(peer) = Served::start(Kind::Intake) {
            follows(&peer, fault);
        }
    }
}

#[test]
fn a_corrected_photo_is_on_sftp_under_its_new_name_alone() {
    sftp::with_path(
        "deaths::a_corrected_photo_is_on_sftp_under_its_new_name_alone",
        || {
            for fault in [Fault::Stall(9000), Fault::Slow(300)] {
                if let Some(peer) = Sftp::start(None) {
                    follows(&peer, fault);
                }
            }
        },
    );
}

/// What came to such an intake stays there: somebody has to take it away by hand, and is told which.
#[test]
fn an_intake_that_takes_nothing_back_gets_a_human() {
    let Some(peer) = Served::start(Kind::IntakeForm) else {
        return;
    };
    let mut rig = station(&peer.destination(peer.address()));
    rig.scene(&picture(1));
    rig.start();
    rig.open_session(3);
    let frame = rig.shoot();
    let first = until_delivered(&rig, 1).remove(0);
    let path = format!("/v1/frames/{}/reassign", frame.id);
    rig.ask(&path, serde_json::json!({ "to": crate::rig::student(3) }));
    let parked = until(&rig, "the parked one", |rows| {
        let told = |r: &&shutterline::archive::OutboxRow| {
            let error = r.last_error.as_deref().unwrap_or_default();
            error.contains("by hand") && error.contains(&first.key)
        };
        rows.iter()
            .find(told)
            .is_some_and(|r| r.state.contains("parked"))
    });
    assert!(!open(&parked).is_empty());
    let names: Vec<_> = peer.objects().into_keys().collect();
    assert!(names.contains(&first.key), "{names:?}");
    rig.stop();
}

#[test]
fn a_large_file_goes_on_where_a_death_left_it() {
    let Some(peer) = Served::start(Kind::S3) else {
        return;
    };
    let mut station = Station::new(&peer, "");
    // A server of a busy machine takes its time over eight megabytes.
    station.patience = Millis(30_000);
    station.shoot(1, "DSC_0001.NEF", &raw(1, 40));
    let work = station.work(&peer, peer.address());
    // Five parts, of which two at least have arrived.
    let end = clock::boot_time() + Millis(60_000);
    while peer.count("PUT") < 4 {
        assert!(clock::boot_time() < end, "no part arrives");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    drop(work);
    assert!(!peer.unfinished().is_empty(), "it was killed in the middle");
    let before = peer.count("PUT");
    let _work = station.work(&peer, peer.address());
    let rows = station.until_delivered();
    all_is_there(&peer, &rows, "after a death between parts");
    let after = peer.count("PUT") - before;
    assert!(after <= 3, "{after} of 5 parts were sent again");
}
