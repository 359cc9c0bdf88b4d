//! Figures, their goals, and whether they were met.

/// All rows of one run.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    /// A figure with its goal; `met` is `None` where there is none.
    pub fn row(&mut self, what: &str, figure: String, goal: &str, met: Option<bool>) {
        println!("{what}: {figure}");
        let verdict = match met {
            None => "",
            Some(true) => "met",
            Some(false) => "MISSED",
        };
        self.rows
            .push([what.into(), figure, goal.into(), verdict.into()]);
    }

    pub fn print(&self) {
        println!("\n| what | figure | goal | |\n|---|---|---|---|");
        for [what, figure, goal, met] in &self.rows {
            println!("| {what} | {figure} | {goal} | {met} |");
        }
    }
}

/// The value below which `percent` of the sorted samples lie.
pub fn percentile(samples: &mut [u64], percent: f64) -> u64 {
    assert!(!samples.is_empty(), "no samples");
    samples.sort_unstable();
    let rank = (percent / 100.0 * samples.len() as f64).ceil() as usize;
    samples[rank.clamp(1, samples.len()) - 1]
}

/// Microseconds for people.
pub fn time(us: u64) -> String {
    match us {
        0..10_000 => format!("{:.2} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{:.0} ms", us as f64 / 1e3),
        _ => format!("{:.2} s", us as f64 / 1e6),
    }
}
