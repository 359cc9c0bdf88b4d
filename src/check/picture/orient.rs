//! What EXIF says about how the camera was held, undone.

/// How the stored image has to be turned to stand upright: EXIF orientation 1 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn(u8);

impl Default for Turn {
    fn default() -> Self {
        Turn(1)
    }
}

impl Turn {
    /// Of an EXIF orientation; without one, or with one that cannot be, the image stands upright.
    pub fn new(orientation: Option<u8>) -> Self {
        Turn(orientation.filter(|o| (1..=8).contains(o)).unwrap_or(1))
    }

    /// The EXIF orientation that it undoes.
    pub fn orientation(self) -> u8 {
        self.0
    }

    /// Whether it changes anything.
    pub fn is_upright(self) -> bool {
        self.0 == 1
    }

    /// Whether width and height change places.
    pub fn swaps(self) -> bool {
        self.0 >= 5
    }

    /// Width and height of the upright image, of those stored.
    pub fn size(self, (width, height): (usize, usize)) -> (usize, usize) {
        if self.swaps() {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// Where the pixel at (`x`, `y`) of the upright image is stored; `width` and `height` are the stored ones.
    pub fn stored(self, x: usize, y: usize, width: usize, height: usize) -> (usize, usize) {
        let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
        match self.0 {
            2 => (right - x, y),
            3 => (right - x, bottom - y),
            4 => (x, bottom - y),
            5 => (y, x),
            6 => (y, bottom - x),
            7 => (right - y, bottom - x),
            8 => (right - y, x),
            _ => (x, y),
        }
    }

    /// Turns an image of that many bytes a pixel upright; gives its width and height too.
    pub fn apply(
        self,
        samples: Vec<u8>,
        width: usize,
        height: usize,
        bytes: usize,
    ) -> (Vec<u8>, usize, usize) {
        if self.is_upright() {
            return (samples, width, height);
        }
        let (across, down) = self.size((width, height));
        let mut turned = Vec::with_capacity(samples.len());
        for y in 0..down {
            for x in 0..across {
                let (sx, sy) = self.stored(x, y, width, height);
                let at = (sy * width + sx) * bytes;
                turned.extend_from_slice(&samples[at..at + bytes]);
            }
        }
        (turned, across, down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The letter F, three wide and five high, as a camera held in that way stores it.
    #[test]
    fn all_eight_orientations_give_the_same_upright_letter() {
        let upright = "###,#..,##.,#..,#..";
        // Stored as in the table of the EXIF standard: where its row 0 and column 0 are seen.
        let stored = [
            (1, upright),
            (2, "###,..#,.##,..#,..#"),
            (3, "..#,..#,.##,..#,###"),
            (4, "#..,#..,##.,#..,###"),
            (5, "#####,#.#..,#...."),
            (6, "#....,#.#..,#####"),
            (7, "....#,..#.#,#####"),
            (8, "#####,..#.#,....#"),
        ];
        for (orientation, text) in stored {
            let rows = text.split(',').collect::<Vec<_>>();
            let (width, height) = (rows[0].len(), rows.len());
            let samples = rows.concat().into_bytes();
            let (turned, across, down) =
                Turn::new(Some(orientation)).apply(samples, width, height, 1);
            assert_eq!((across, down), (3, 5));
            let rows = turned
                .chunks(3)
                .map(|r| String::from_utf8_lossy(r).into_owned());
            assert_eq!(rows.collect::<Vec<_>>().join(","), upright, "{orientation}");
        }
    }
}
