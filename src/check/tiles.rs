//! The picture about a face, laid out in tiles whose side is a share of the distance between the eyes.
//!
//! What is told of hair and clothes is told in lengths of the face, so a frame of 500 pixels and one of
//! 9000 give the same tiles, and the work is the same for both. Each tile is the mean, in linear light, of a few
//! pixels of the small picture.

use super::colour::{Lab, LabTable, linear_table};
use super::mask::{Mask, quantile};
use super::scene::{Face, Scene};
use crate::model::Point;

/// Pixels read across and down a tile at most: enough to average noise, few enough to cost nothing.
const READ_MOST: usize = 2;

/// Axes through the middle between the eyes, one eye distance long: x to the image's right, y down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axes {
    origin: [f32; 2],
    /// Where x points, in pixels of the full image.
    across: [f32; 2],
    scale: f32,
}

impl Axes {
    /// Along the picture's edges.
    pub(super) fn upright(scene: &Scene, face: &Face) -> Self {
        Self::new(scene, face, [face.eye_distance().max(1.0), 0.0])
    }

    /// Along the line of the eyes.
    pub(super) fn levelled(scene: &Scene, face: &Face) -> Self {
        let [right, left] = face.eyes;
        let across = [left.x - right.x, left.y - right.y];
        match across[0].hypot(across[1]) {
            length if length >= 1.0 => Self::new(scene, face, across),
            _ => Self::upright(scene, face),
        }
    }

    fn new(scene: &Scene, face: &Face, across: [f32; 2]) -> Self {
        let middle = face.eye_middle();
        Axes {
            origin: [middle.x, middle.y],
            across,
            scale: scene.colour.scale,
        }
    }

    /// A place of the full image, in eye distances.
    pub(super) fn of(&self, point: Point) -> [f32; 2] {
        let [x, y] = [point.x - self.origin[0], point.y - self.origin[1]];
        let [u, v] = self.across;
        let square = u * u + v * v;
        [(x * u + y * v) / square, (y * u - x * v) / square]
    }

    /// A place in eye distances, in pixels of the full image.
    pub(super) fn place(&self, [x, y]: [f32; 2]) -> Point {
        let [u, v] = self.across;
        Point {
            x: self.origin[0] + x * u - y * v,
            y: self.origin[1] + x * v + y * u,
        }
    }

    /// Pixels of the small picture between the eyes.
    fn small_unit(&self) -> f32 {
        self.across[0].hypot(self.across[1]) / self.scale
    }
}

/// From where to where, in eye distances from the middle between the eyes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) top: f32,
    pub(super) bottom: f32,
}

/// What a tile shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tile {
    /// Its mean colour.
    pub(super) lab: Lab,
    /// Red less green of that mean, linear: tells purple from blue, whose hues in Lab overlap.
    pub(super) red_over_green: f32,
    /// How likely it is person, 0 to 1.
    pub(super) person: f32,
    /// Whether it lies in the picture.
    pub(super) seen: bool,
}

/// Reads tiles of one size.
struct Reader<'s> {
    scene: &'s Scene,
    linear: &'static [f32; 256],
    table: LabTable,
    /// How many pixels are read in each direction, and where, from the tile's middle, in pixels of the small picture.
    reads: usize,
    offsets: [f32; READ_MOST],
}

impl<'s> Reader<'s> {
    /// For tiles with that side, in pixels of the small picture.
    fn new(scene: &'s Scene, side: f32) -> Self {
        let reads = (side.round() as usize).clamp(1, READ_MOST);
        let offset = |k: usize| side * ((k as f32 + 0.5) / reads as f32 - 0.5);
        Reader {
            scene,
            linear: linear_table(),
            table: LabTable::get(),
            reads,
            offsets: std::array::from_fn(offset),
        }
    }

    /// The tile with that middle, in pixels of the full image.
    fn tile(&self, middle: Point) -> Tile {
        let (width, height) = (self.scene.width as f32, self.scene.height as f32);
        if !(0.0..width).contains(&middle.x) || !(0.0..height).contains(&middle.y) {
            return Tile::default();
        }
        let colour = &self.scene.colour;
        let [cx, cy] = self.scene.small(middle);
        // What is left of the picture is at its edge.
        let within = |at: f32, length: usize| {
            let at = (at as i32).max(0) as usize;
            at.min(length.saturating_sub(1))
        };
        let columns = self.offsets.map(|across| within(cx + across, colour.width));
        let rows = self.offsets.map(|down| within(cy + down, colour.height));
        let mut sum = [0.0f32; 3];
        for row in &rows[..self.reads] {
            for column in &columns[..self.reads] {
                let at = (row * colour.width + column) * 3;
                for (sum, code) in sum.iter_mut().zip(&colour.rgb[at..at + 3]) {
                    *sum += self.linear[usize::from(*code)];
                }
            }
        }
        let share = 1.0 / (self.reads * self.reads) as f64;
        let mean = sum.map(|s| f64::from(s) * share);
        Tile {
            lab: self.table.lab(mean),
            red_over_green: (mean[0] - mean[1]) as f32,
            person: self.scene.person.at(middle.x / width, middle.y / height),
            seen: true,
        }
    }
}

/// A part of the picture in tiles.
#[derive(Debug, Clone)]
pub(super) struct Tiles {
    /// The axes it is laid along.
    pub(super) axes: Axes,
    /// Tiles across.
    pub(super) across: usize,
    /// Tiles down.
    pub(super) down: usize,
    /// Tiles an eye distance.
    pub(super) fineness: f32,
    window: Window,
    tiles: Vec<Tile>,
}

impl Tiles {
    /// Lays that window out, with that many tiles an eye distance.
    pub(super) fn lay(scene: &Scene, axes: Axes, window: Window, fineness: f32) -> Self {
        Self::lay_some(scene, axes, window, fineness, |_| true)
    }

    /// The same for whoever looks at some of the tiles only, told by their middle in eye distances: the others are not seen.
    pub(super) fn lay_some(
        scene: &Scene,
        axes: Axes,
        window: Window,
        fineness: f32,
        wanted: impl Fn([f32; 2]) -> bool,
    ) -> Self {
        let count = |from: f32, to: f32| ((to - from).max(0.0) * fineness).round() as usize;
        let across = count(window.left, window.right);
        let down = count(window.top, window.bottom);
        let mut laid = Tiles {
            axes,
            across,
            down,
            fineness,
            window,
            tiles: Vec::with_capacity(across * down),
        };
        let reader = Reader::new(scene, axes.small_unit() / fineness);
        for y in 0..down {
            for x in 0..across {
                let middle = laid.middle(x, y);
                let tile = match wanted(middle) {
                    true => reader.tile(axes.place(middle)),
                    false => Tile::default(),
                };
                laid.tiles.push(tile);
            }
        }
        laid
    }

    /// The middle of a tile, in eye distances.
    pub(super) fn middle(&self, x: usize, y: usize) -> [f32; 2] {
        [
            self.window.left + (x as f32 + 0.5) / self.fineness,
            self.window.top + (y as f32 + 0.5) / self.fineness,
        ]
    }

    /// The tile with that place.
    pub(super) fn tile(&self, x: usize, y: usize) -> Tile {
        self.tiles[y * self.across + x]
    }

    /// The column of tiles at that place across, kept within the window.
    pub(super) fn column(&self, x: f32) -> usize {
        let at = ((x - self.window.left) * self.fineness).max(0.0) as usize;
        at.min(self.across.saturating_sub(1))
    }

    /// The row of tiles at that place down, kept within the window.
    pub(super) fn row(&self, y: f32) -> usize {
        let at = ((y - self.window.top) * self.fineness).max(0.0) as usize;
        at.min(self.down.saturating_sub(1))
    }

    /// That many eye distances in whole tiles, at least one.
    pub(super) fn steps(&self, length: f32) -> usize {
        ((length * self.fineness).round() as usize).max(1)
    }

    /// Tiles in a square eye distance.
    pub(super) fn per_square(&self) -> f64 {
        f64::from(self.fineness * self.fineness)
    }

    /// Which tiles keep that condition, given their middle in eye distances.
    pub(super) fn which(&self, mut holds: impl FnMut([f32; 2], &Tile) -> bool) -> Part {
        Part(Mask::of(self.across, self.down, |x, y| {
            let tile = self.tile(x, y);
            tile.seen && holds(self.middle(x, y), &tile)
        }))
    }

    /// The colours in a part.
    pub(super) fn colours<'t>(&'t self, part: &'t Part) -> impl Iterator<Item = Lab> + 't {
        let inside = self.tiles.iter().zip(&part.0.inside);
        inside.filter(|(_, inside)| **inside).map(|(t, _)| t.lab)
    }
}

/// Some of the tiles.
#[derive(Debug, Clone)]
pub(super) struct Part(pub(super) Mask);

impl Part {
    /// How many.
    pub(super) fn count(&self) -> usize {
        self.0.area()
    }

    /// Whether the tile belongs.
    pub(super) fn has(&self, x: usize, y: usize) -> bool {
        self.0.has(x, y)
    }

    /// What hangs together with one of those tiles, going across and down only.
    pub(super) fn reached(&self, seeds: impl IntoIterator<Item = (usize, usize)>) -> Part {
        let mut left = self.0.inside.clone();
        let mut reached = vec![false; left.len()];
        for (x, y) in seeds {
            for (x, y) in self.piece(x, y, &mut left) {
                reached[y * self.0.width + x] = true;
            }
        }
        Part(Mask {
            inside: reached,
            ..self.0
        })
    }

    /// Its pieces, each of which hangs together, as the places of their tiles.
    pub(super) fn pieces(&self) -> Vec<Vec<(usize, usize)>> {
        let mut left = self.0.inside.clone();
        let mut pieces = Vec::new();
        for y in 0..self.0.height {
            for x in 0..self.0.width {
                if left[y * self.0.width + x] {
                    pieces.push(self.piece(x, y, &mut left));
                }
            }
        }
        pieces
    }

    /// The most tiles that hang together.
    pub(super) fn largest(&self) -> usize {
        self.pieces().iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Takes what hangs together with that tile out of what is left.
    fn piece(&self, x: usize, y: usize, left: &mut [bool]) -> Vec<(usize, usize)> {
        let mut piece = Vec::new();
        let mut take = |x: usize, y: usize, piece: &mut Vec<(usize, usize)>| {
            if x < self.0.width && y < self.0.height && left[y * self.0.width + x] {
                left[y * self.0.width + x] = false;
                piece.push((x, y));
            }
        };
        take(x, y, &mut piece);
        let mut done = 0;
        while let Some(&(x, y)) = piece.get(done) {
            done += 1;
            take(x + 1, y, &mut piece);
            take(x, y + 1, &mut piece);
            take(x.wrapping_sub(1), y, &mut piece);
            take(x, y.wrapping_sub(1), &mut piece);
        }
        piece
    }
}

/// The median of each of lightness, a and b; `None` for no colours.
pub(super) fn median(colours: impl Iterator<Item = Lab>) -> Option<Lab> {
    let (mut l, mut a, mut b) = (Vec::new(), Vec::new(), Vec::new());
    for lab in colours {
        l.push(lab.l as f32);
        a.push(lab.a as f32);
        b.push(lab.b as f32);
    }
    let middle = |values| quantile(values, 0.5).map(f64::from);
    Some(Lab {
        l: middle(l)?,
        a: middle(a)?,
        b: middle(b)?,
    })
}
