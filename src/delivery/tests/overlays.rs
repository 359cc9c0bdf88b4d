use super::figure::{self, draw, head, jpeg};
use crate::check::position::{self, Head};
use crate::check::{Checker, Judge, Standard};
use crate::delivery::{PortraitError, overlay};
use crate::model::{Reason, Report, Severity, Verdict};
use image::RgbImage;

fn standard() -> Standard {
    Standard::builtin("cn-graduate-blue").unwrap()
}

fn sitter() -> Head {
    head(250.0, 260.0, 200.0)
}

fn report(photo: &[u8]) -> Report {
    let mut report = Checker::new(standard()).judge(photo);
    let bands = standard().portrait().unwrap().bands;
    report.geometry = Some(figure::geometry(&sitter()));
    report.crop = position::measures(500, 680, &sitter(), &bands)
        .unwrap()
        .crop;
    report.verdict = Verdict::Reject;
    report.reasons.push(Reason {
        id: "yaw".to_owned(),
        severity: Severity::Reject,
        was: None,
        about: Default::default(),
        zh: "头向左转了 9°，请看镜头".to_owned(),
        en: "head turned 9° to the left: look into the lens".to_owned(),
    });
    report
}

fn differing(one: &RgbImage, other: &RgbImage, columns: std::ops::Range<u32>) -> usize {
    let same = |x: u32, y: u32| one.get_pixel(x, y) == other.get_pixel(x, y);
    let rows = 0..one.height();
    rows.map(|y| columns.clone().filter(|&x| !same(x, y)).count())
        .sum()
}

#[test]
fn everything_that_the_report_holds_is_drawn() {
    let photo = jpeg(&draw(500, 680, &sitter()), None, None);
    let bands = standard().portrait().unwrap().bands;
    let whole = report(&photo);
    let drawn = overlay::draw(&photo, &whole, Some(&bands)).unwrap();
    assert_eq!(drawn.dimensions(), (500 + 620, 900));
    let without = |change: &dyn Fn(&mut Report), columns: std::ops::Range<u32>| {
        let mut report = whole.clone();
        change(&mut report);
        let other = overlay::draw(&photo, &report, Some(&bands)).unwrap();
        differing(&drawn, &other, columns)
    };
    let photo_part = 0..500;
    assert!(without(&|r| r.crop = None, photo_part.clone()) > 50_000);
    let in_geometry = |change: &dyn Fn(&mut crate::model::Geometry)| {
        without(&|r| change(r.geometry.as_mut().unwrap()), 0..500)
    };
    assert!(in_geometry(&|g| g.person = None) > 100_000);
    assert!(in_geometry(&|g| g.landmarks.clear()) > 800);
    assert!(in_geometry(&|g| g.faces.clear()) > 500);
    assert!(in_geometry(&|g| g.eyes = None) > 200);
    assert!(in_geometry(&|g| g.crown = None) > 200);
    assert!(in_geometry(&|g| g.chin = None) > 200);
    assert_eq!(without(&|r| r.reasons.clear(), photo_part), 0);
    assert!(without(&|r| r.reasons.clear(), 500..1120) > 1000);
}

#[test]
fn a_turned_photo_is_drawn_upright_and_a_large_one_small() {
    let photo = jpeg(
        &draw(1800, 1350, &sitter()),
        Some(figure::exif(6, 1, None)),
        None,
    );
    let drawn = overlay::draw(&photo, &report(&photo), None).unwrap();
    assert_eq!(drawn.dimensions(), (1200 + 620, 1600));
}

#[test]
fn without_a_person_the_photo_and_the_words_remain() {
    let photo = jpeg(&draw(500, 680, &sitter()), None, None);
    let bare = Checker::new(standard()).judge(&photo);
    let drawn = overlay::draw(&photo, &bare, None).unwrap();
    let plain = image::load_from_memory(&photo).unwrap().to_rgb8();
    for (x, y) in [(5, 5), (250, 260), (450, 650)] {
        assert_eq!(drawn.get_pixel(x, y), plain.get_pixel(x, y));
    }
    let error = overlay::draw(&photo[..photo.len() / 2], &bare, None).unwrap_err();
    assert!(matches!(error, PortraitError::Unreadable(_)), "{error}");
}
