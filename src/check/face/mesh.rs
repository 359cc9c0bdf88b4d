//! Which point of the 478 is which. "Right" and "left" are the student's own; the right is on the
//! image's left. The numbers are those of MediaPipe's face mesh.

/// Outer corner of the right eye.
pub const RIGHT_EYE_OUTER: usize = 33;
/// Inner corner of the right eye.
pub const RIGHT_EYE_INNER: usize = 133;
/// Outer corner of the left eye.
pub const LEFT_EYE_OUTER: usize = 263;
/// Inner corner of the left eye.
pub const LEFT_EYE_INNER: usize = 362;
/// Centre of the right iris; its rim follows (right, top, left, bottom in the image).
pub const RIGHT_IRIS: usize = 468;
/// Centre of the left iris; its rim follows.
pub const LEFT_IRIS: usize = 473;
/// Lowest point of the chin.
pub const CHIN: usize = 152;
/// Top of the forehead, at the hairline of a bare forehead.
pub const FOREHEAD: usize = 10;
/// Between the brows.
pub const GLABELLA: usize = 9;
/// Tip of the nose.
pub const NOSE_TIP: usize = 4;

/// The face's outermost points, beside the cheeks: the right one, then the left.
pub const CHEEKS: [usize; 2] = [234, 454];

/// The rim of the face, clockwise in the image from the top of the forehead.
pub const OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];

/// Rim of the right eye's opening, upper lid from the outer to the inner corner, then the lower lid back.
pub const RIGHT_EYE: [usize; 16] = [
    33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7,
];

/// Rim of the left eye's opening, upper lid from the outer to the inner corner, then the lower lid back.
pub const LEFT_EYE: [usize; 16] = [
    263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249,
];

/// Outer rim of the lips, clockwise in the image from the right corner of the mouth.
pub const LIPS_OUTER: [usize; 20] = [
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
];

/// Inner rim of the lips, clockwise in the image from the right corner of the mouth.
pub const LIPS_INNER: [usize; 20] = [
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95,
];

/// The right brow, all around.
pub const RIGHT_BROW: [usize; 10] = [70, 63, 105, 66, 107, 55, 65, 52, 53, 46];

/// The left brow, all around.
pub const LEFT_BROW: [usize; 10] = [300, 293, 334, 296, 336, 285, 295, 282, 283, 276];
