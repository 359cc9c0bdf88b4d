//! Walks that a technician takes, told by what is heard.

use super::*;
use crate::model::Millis;

fn press(name: &str, times: u32) -> Step {
    Step {
        task: Task::Press(InputName(name.into()), times),
        place: Some(format!("line of {name}")),
    }
}

fn step(task: Task) -> Step {
    Step { task, place: None }
}

fn edge(name: &str, level: Level) -> Heard {
    Heard::Edge(InputName(name.into()), level)
}

/// Pressed and let go.
fn tap(walk: &mut Walk, name: &str) -> Vec<Do> {
    let mut out = walk.hear(edge(name, Level::Pressed));
    out.extend(walk.hear(edge(name, Level::Released)));
    out
}

fn line(walk: &mut Walk, words: &str) -> Vec<Do> {
    walk.hear(Heard::Line(words.into()))
}

fn outcomes(walk: &Walk) -> Vec<Outcome> {
    walk.records().iter().map(|r| r.outcome).collect()
}

fn said(out: &[Do]) -> String {
    let words = out.iter().filter_map(|d| match d {
        Do::Say(words) => Some(words.as_str()),
        _ => None,
    });
    words.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_walk_where_everything_works_passes() {
    let mut walk = Walk::new(vec![
        step(Task::Rest),
        press("pedal", 2),
        step(Task::Light(Light::Amber)),
        step(Task::Sound(Tune::Reject)),
        step(Task::Digits(8888)),
    ]);
    let begun = walk.begin();
    assert!(said(&begun).contains("1/5"), "{begun:?}");
    assert_eq!(line(&mut walk, ""), [Do::Look]);
    walk.hear(Heard::Held(Vec::new()));
    assert!(said(&tap(&mut walk, "pedal")).contains("1 more"));
    let lit = tap(&mut walk, "pedal");
    assert!(lit.contains(&Do::Write), "{lit:?}");
    let mut amber = DARK;
    amber.amber = Pattern::ON;
    assert!(lit.contains(&Do::Show(amber)), "{lit:?}");
    let sounds = line(&mut walk, "y");
    assert!(sounds.contains(&Do::Show(DARK)), "{sounds:?}");
    assert!(sounds.contains(&Do::Sound(tune(Tune::Reject))));
    assert!(line(&mut walk, "Y").contains(&Do::Number(Some(8888))));
    let done = line(&mut walk, "yes");
    assert_eq!(done.last(), Some(&Do::Finish));
    assert_eq!(outcomes(&walk), [Outcome::Passed; 5]);
}

#[test]
fn a_swapped_wire_is_named_and_the_step_does_not_pass() {
    let mut walk = Walk::new(vec![press("pedal", 1), press("next", 1)]);
    walk.begin();
    let out = tap(&mut walk, "next");
    assert!(said(&out).contains("next answered instead of pedal"));
    assert!(said(&tap(&mut walk, "next")).is_empty(), "said once");
    let asked = walk.hear(Heard::TimedOut);
    assert!(said(&asked).contains("line of pedal"), "{asked:?}");
    assert!(asked.contains(&Do::Patience), "{asked:?}");
    walk.hear(Heard::TimedOut);
    let records = walk.records();
    assert_eq!(records[0].outcome, Outcome::TimedOut);
    assert_eq!(records[0].remarks, ["next answered instead of pedal"]);
    assert_eq!(records[1].outcome, Outcome::NotReached);
}

#[test]
fn after_its_time_a_step_can_be_repeated_skipped_or_still_done() {
    let mut walk = Walk::new(vec![press("pedal", 2), press("next", 1), press("back", 1)]);
    walk.begin();
    tap(&mut walk, "pedal");
    walk.hear(Heard::TimedOut);
    let again = line(&mut walk, "r");
    assert!(said(&again).contains("2 times"), "{again:?}");
    tap(&mut walk, "pedal");
    tap(&mut walk, "pedal");
    walk.hear(Heard::TimedOut);
    line(&mut walk, "s");
    walk.hear(Heard::TimedOut);
    tap(&mut walk, "back");
    let expected = [Outcome::Passed, Outcome::Skipped, Outcome::Passed];
    assert_eq!(outcomes(&walk), expected);
}

#[test]
fn a_no_may_say_why_and_only_questions_take_it() {
    let mut walk = Walk::new(vec![press("pedal", 1), step(Task::Light(Light::Red))]);
    walk.begin();
    let refused = line(&mut walk, "y");
    assert!(said(&refused).starts_with("  ?"), "{refused:?}");
    tap(&mut walk, "pedal");
    line(&mut walk, "n green lights instead");
    let records = walk.records();
    assert_eq!(records[1].outcome, Outcome::Failed);
    assert_eq!(records[1].remarks, ["green lights instead"]);
}

#[test]
fn a_switch_that_reads_pressed_at_rest_fails_by_name() {
    let mut walk = Walk::new(vec![step(Task::Rest), press("next", 1)]);
    walk.begin();
    line(&mut walk, "");
    walk.hear(Heard::Held(vec![InputName("pedal".into())]));
    let record = &walk.records()[0];
    assert_eq!(record.outcome, Outcome::Failed);
    assert!(record.remarks[0].starts_with("pedal read pressed"));
    let stuck = walk.hear(Heard::Stuck(InputName("pedal".into()), true));
    assert!(said(&stuck).contains("pedal is held"), "{stuck:?}");
}

#[test]
fn letting_go_of_what_was_held_before_is_no_press() {
    let mut walk = Walk::new(vec![press("pedal", 1)]);
    walk.begin();
    walk.hear(edge("pedal", Level::Released));
    assert_eq!(outcomes(&walk), [Outcome::NotReached]);
}

#[test]
fn whoever_leaves_or_a_panel_that_fails_ends_the_walk_unfinished() {
    let steps = vec![press("pedal", 1), press("next", 1)];
    for end in [Heard::Gone, Heard::Line("q".into())] {
        let mut walk = Walk::new(steps.clone());
        walk.begin();
        assert_eq!(walk.hear(end), [Do::Finish]);
        assert_eq!(outcomes(&walk), [Outcome::NotReached; 2]);
    }
    let mut walk = Walk::new(steps);
    walk.begin();
    let out = walk.hear(Heard::Failed("the chip went away".into()));
    assert_eq!(out, [Do::Write, Do::Finish]);
    let records = walk.records();
    assert_eq!(records[0].outcome, Outcome::Failed);
    assert_eq!(records[0].remarks, ["the chip went away"]);
    assert_eq!(records[1].outcome, Outcome::NotReached);
    assert_eq!(walk.hear(Heard::TimedOut), [Do::Finish]);
}

#[test]
fn a_sound_is_asked_for_as_one_would_hum_it() {
    assert_eq!(rhythm(Tune::Warn), "short-long");
    assert_eq!(rhythm(Tune::Refused), "tick-tick");
    assert_eq!(rhythm(Tune::Acknowledge), "long-tick");
    for step in [Tune::Pass, Tune::Alarm, Tune::MovedOn] {
        assert!(tune(step).length() > Millis(0));
        assert!(prompt(&Task::Sound(step)).contains(step.as_str()));
    }
}
