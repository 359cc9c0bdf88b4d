//! The light on the face and the colour of the skin, each on both sides of its limit.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

#[path = "workshop/light.rs"]
#[allow(dead_code)]
mod light;

use light::*;

#[test]
fn explore() {
    let base = &*ASTRONAUT;
    base.picture.save("/tmp/light/base.png").unwrap();
    let show = |label: &str, picture: &image::RgbImage, names: &[&str]| {
        let report = judge(picture);
        let values = names.iter().map(|n| format!("{n} {:.3}", value(&report, n).unwrap_or(f64::NAN)));
        let ids = report.reasons.iter().map(|r| format!("{}:{:?}", r.id, r.severity));
        println!("{label}: {} | {}", values.collect::<Vec<_>>().join(" "), ids.collect::<Vec<_>>().join(" "));
    };
    let m = base.middle(); let d = base.eye_distance();
    let fo = ["eye-sharpness","motion-blur","noise","blockiness"];
    let every = ["face-exposure","luminance-mean","under-exposure","over-exposure","dynamic-range","illumination-uniformity","light-balance","natural-colour","shine","eye-sharpness","motion-blur","noise","blockiness","face-width","background-colour","background-uniformity","background-gradient","background-shadow","background-object"];
    show("base", &base.picture, &every);
    for s in [-2.5,-2.0,-1.5,-1.0, 0.5, 1.0] { show(&format!("exp {s}"), &exposed(&base.picture, s), &["face-exposure","luminance-mean","over-exposure","shine"]); }
    for total in [1.0, 2.0, 3.0] {
        let p = lit(&base.picture, |x, _| [(total * (x - m.x) / (5.0 * d)).exp2(); 3]);
        show(&format!("ramp {total}"), &p, &["light-balance","shine","background-gradient","background-shadow"]);
    }
    for sigma in [1.0, 2.0, 3.0, 4.0, 6.0, 9.0] { show(&format!("blur {sigma}"), &image::imageops::blur(&base.picture, sigma), &fo); }
    for (dir, l) in [((1,0),4),((1,0),8),((1,0),14),((1,0),24),((0,1),8),((0,1),14),((0,1),24),((1,1),10),((1,1),20)] {
        let p = dragged(&base.picture, l, dir);
        show(&format!("drag {dir:?} {l}"), &p, &fo);
    }
    for s in [2.0,4.0,6.0,9.0,12.0,20.0] { show(&format!("noise {s}"), &noisy(&base.picture, s), &fo); }
    for q in [90,70,50,40,30,20,10] {
        let bytes = file_of_quality(&base.picture, q);
        let r = judge_file(&bytes, "cn-graduate-blue");
        let again = image::load_from_memory(&bytes).unwrap().to_rgb8();
        let r2 = judge(&again);
        println!("jpeg {q}: {:?} saved again {:?}", fo.map(|n| value(&r, n)), fo.map(|n| value(&r2, n)));
    }
    let bg = ["background-colour","background-uniformity","background-gradient","background-shadow","background-object"];
    for c in [[255,255,255],[240,240,240],[67,142,219],[130,200,240],[100,150,255],[120,220,200],[0,191,243],[180,180,180],[255,60,60]] {
        show(&format!("plain {c:?}"), &base.before(|_,_| c), &bg);
    }
    let h = base.picture.height() as f32; let w = base.picture.width() as f32;
    for g in [0.2,0.4,0.7,1.0f32] {
        let c = |s: f32| BLUE.map(|c| coded(linear(c as f32) * (-s).exp2()));
        show(&format!("gradient down {g}"), &base.before(|_,y| c(g*y/h)), &bg);
        show(&format!("gradient across {g}"), &base.before(|x,_| c(g*x/w)), &bg);
        show(&format!("vignette {g}"), &base.before(|x,y| c(g*(((x-w/2.)/(w/2.)).powi(2)+((y-h/2.)/(h/2.)).powi(2))/2.)), &bg);
    }
    for s in [0.05,0.1,0.2,0.3,0.45f32] {
        for soft in [0.15f32, 0.5] {
        // The outline, moved aside and softened: a disc of head size.
        let p = base.before(|x,y| { let r = ((x - m.x - 0.55*d).powi(2) + (y - m.y - 0.2*d).powi(2)).sqrt(); let t = ((1.75*d - r) / (soft*d) + 0.5).clamp(0.0,1.0); BLUE.map(|c| coded(linear(c as f32) * (1.0 - s*t))) });
        if s == 0.3 { p.save(format!("/tmp/light/shadow{soft}.png")).unwrap(); }
        show(&format!("shadow {s} soft {soft}"), &p, &bg);
        }
    }
    for side in [0.2,0.3,0.5,0.8f32] {
        for (n,c) in [("dark",[40,40,45]),("white",[250,250,250]),("red",[200,40,40]),("close",[80,165,225])] {
        let p = base.before(|x,y| if (x - (m.x - 2.6*d)).abs() < side*d/2. && (y - (m.y - 0.6*d)).abs() < side*d/2. { c } else { BLUE });
        show(&format!("object {side} {n}"), &p, &bg);
        }
    }
    for per in [0.1,0.3,0.8f32] { for a in [10i32, 25, 60] {
        let p = base.before(|x,y| { let k = ((x/(per*d)) as i32 + (y/(per*d)) as i32) % 2; BLUE.map(|c| (c as i32 - a*k).clamp(0,255) as u8) });
        show(&format!("checks {per} {a}"), &p, &bg);
    } }
    for s in [3.0, 6.0, 12.0] { show(&format!("bg noise {s}"), &noisy(&base.picture, s), &bg); }
}
