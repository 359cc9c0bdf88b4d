//! A picture to draw on: translucent areas, lines and text over a photo.

use embedded_graphics::mono_font::iso_8859_1::FONT_10X20;
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{Circle, Line, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Baseline, Text};
use image::{Rgb, RgbImage};
use std::convert::Infallible;

/// The X11 "fixed" letters, in the public domain; Latin-1 only.
const FONT: MonoFont<'static> = FONT_10X20;
/// Advance of a letter, in pixels.
pub(super) const LETTER_WIDTH: u32 = 10;
/// From one line of text to the next, in pixels.
pub(super) const LINE_HEIGHT: u32 = 22;

/// A colour, three bytes of sRGB.
pub(super) type Colour = [u8; 3];

/// The picture. What lies outside of it is not drawn.
pub(super) struct Canvas {
    image: RgbImage,
}

impl Canvas {
    /// Of one colour; sizes in pixels.
    pub(super) fn new(width: u32, height: u32, colour: Colour) -> Self {
        Canvas {
            image: RgbImage::from_pixel(width, height, Rgb(colour)),
        }
    }

    /// The finished picture.
    pub(super) fn into_image(self) -> RgbImage {
        self.image
    }

    /// Sets a pixel.
    pub(super) fn put(&mut self, x: u32, y: u32, colour: Colour) {
        if let Some(pixel) = self.image.get_pixel_mut_checked(x, y) {
            *pixel = Rgb(colour);
        }
    }

    /// Lays a colour over a rectangle, edges in pixels; `share` of 255 is opaque.
    pub(super) fn tint(&mut self, [left, top, right, bottom]: [f32; 4], colour: Colour, share: u8) {
        let end = |v: f32, most: u32| v.round().clamp(0.0, most as f32) as u32;
        let (width, height) = self.image.dimensions();
        for y in end(top, height)..end(bottom, height) {
            for x in end(left, width)..end(right, width) {
                let pixel = self.image.get_pixel_mut(x, y);
                for (value, over) in pixel.0.iter_mut().zip(colour) {
                    let (under, over, share) =
                        (u32::from(*value), u32::from(over), u32::from(share));
                    *value = ((under * (255 - share) + over * share) / 255) as u8;
                }
            }
        }
    }

    /// A straight line, two pixels wide.
    pub(super) fn line(&mut self, from: [f32; 2], to: [f32; 2], colour: Colour) {
        let line = Line::new(point(from), point(to));
        self.show(&line.into_styled(PrimitiveStyle::with_stroke(rgb(colour), 2)));
    }

    /// The edge of a rectangle, edges in pixels.
    pub(super) fn frame(&mut self, [left, top, right, bottom]: [f32; 4], colour: Colour) {
        let corners = Rectangle::with_corners(point([left, top]), point([right, bottom]));
        self.show(&corners.into_styled(PrimitiveStyle::with_stroke(rgb(colour), 3)));
    }

    /// A circle's edge.
    pub(super) fn ring(&mut self, at: [f32; 2], radius: f32, colour: Colour) {
        let circle = Circle::with_center(
            point(at),
            (2.0 * radius).clamp(0.0, OUTSIDE_PX).round() as u32,
        );
        self.show(&circle.into_styled(PrimitiveStyle::with_stroke(rgb(colour), 2)));
    }

    /// A dot of two by two pixels.
    pub(super) fn dot(&mut self, [x, y]: [f32; 2], colour: Colour) {
        let area = Rectangle::new(point([x - 0.5, y - 0.5]), Size::new(2, 2));
        self.show(&area.into_styled(PrimitiveStyle::with_fill(rgb(colour))));
    }

    /// A line of text, its top left corner here. Letters beyond Latin-1 become question marks.
    pub(super) fn text(&mut self, at: [f32; 2], words: &str, colour: Colour) {
        let latin: String = (words.chars())
            .map(|c| if u32::from(c) < 0x100 { c } else { '?' })
            .collect();
        let style = MonoTextStyle::new(&FONT, rgb(colour));
        self.show(&Text::with_baseline(
            &latin,
            point(at),
            style,
            Baseline::Top,
        ));
    }

    /// The same on a dark ground, to be read on any photo.
    pub(super) fn label(&mut self, [x, y]: [f32; 2], words: &str, colour: Colour) {
        let width = (words.chars().count() as u32 * LETTER_WIDTH) as f32;
        self.tint([x - 3.0, y, x + width + 3.0, y + 20.0], [0, 0, 0], 170);
        self.text([x, y], words, colour);
    }

    fn show(&mut self, shape: &impl Drawable<Color = Rgb888>) {
        match shape.draw(self) {
            Ok(_) => {}
            Err(never) => match never {},
        }
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.image.width(), self.image.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(at.x), u32::try_from(at.y)) {
                self.put(x, y, [colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}

fn rgb([r, g, b]: Colour) -> Rgb888 {
    Rgb888::new(r, g, b)
}

/// Farther than any edge of a picture; the drawing multiplies coordinates in 32 bits.
const OUTSIDE_PX: f32 = 3_000.0;

/// Far outside stays outside, and what is no number is drawn nowhere in sight.
fn point([x, y]: [f32; 2]) -> Point {
    let whole = |v: f32| {
        let v = if v.is_finite() { v } else { -OUTSIDE_PX };
        v.clamp(-OUTSIDE_PX, OUTSIDE_PX).round() as i32
    };
    Point::new(whole(x), whole(y))
}

/// Words broken into lines of at most this many letters.
pub(super) fn wrapped(words: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(
            wrapped("turn the head to the left", 10),
            ["turn the", "head to", "the left"]
        );
        assert_eq!(wrapped("", 10), Vec::<String>::new());
        assert_eq!(wrapped("a-very-long-word b", 5), ["a-very-long-word", "b"]);
    }

    #[test]
    fn what_lies_outside_is_not_drawn() {
        let mut canvas = Canvas::new(10, 10, [0; 3]);
        canvas.line([f32::NAN, 3.0], [1e30, 3.0], [255; 3]);
        canvas.line([-1e30, -1e30], [1e30, 1e9], [255; 3]);
        canvas.ring([1e9, 4.0], 1e30, [255; 3]);
        canvas.frame([-1e30, -9.0, 1e30, f32::INFINITY], [255; 3]);
        canvas.tint([0.0, 0.0, 10.0, 10.0], [0; 3], 255);
        canvas.tint([-5.0, -5.0, 2.0, 2.0], [200, 100, 0], 255);
        canvas.text([-3.0, 8.0], "头°", [9; 3]);
        let image = canvas.into_image();
        assert_eq!(image.get_pixel(1, 1).0, [200, 100, 0]);
        assert_eq!(image.get_pixel(2, 2).0, [0; 3]);
    }
}
