//! Where the equipment's reasons begin. Figures from the trade are named as such; the others are ours, with what they weigh.

/// Students over whose frames the immediate reasons take their medians.
pub const RECENT_STUDENTS: usize = 30;

/// Students over whose frames a trend is told: fewer, and one tall student or dark suit would be one.
pub const TREND_STUDENTS: usize = 5;

/// Luminance, linear, under which everything counts as equally black: an eighth of a code value short of 1 of 255 in sRGB's
/// linear toe. Keeps ratios finite.
pub const FLOOR: f64 = 0.000_25;

/// `black-frame`: 99 % of the frame is under this luminance (code value 39 of 255). A cap on the lens gives 0; a studio
/// without flash, exposed for flash, gives under 0.01. A hall by a window may give more: that is `flash-misfire`.
pub const BLACK: f64 = 0.02;

/// `flash-misfire`: the background is more than this under the baseline, in stops (the figure). Lamps that recycle
/// too slowly lose one stop at most; the hall's own light is four or more under the flash.
pub const MISFIRE_STOPS: f64 = 2.0;

/// `one-lamp` by the face: left against right has changed by more than this, in stops. With one of two lamps out the far
/// cheek gets bounced light only, which is a stop and a half under.
pub const ONE_LAMP_FACE_STOPS: f64 = 1.0;

/// `one-lamp` by the background: the same, where both lamps overlap and the change is smaller.
pub const ONE_LAMP_BACKGROUND_STOPS: f64 = 0.7;

/// `sync-band`: darker than what lies next to it by more than this along a whole edge, in stops. Shutter curtains cut the
/// flash off altogether, which is three or more; lenses lose a stop in the corners, and not along the edge.
pub const BAND_STOPS: f64 = 2.0;

/// `sync-band`: and darker than the session's frames usually are there by this, in stops.
pub const BAND_OVER_USUAL_STOPS: f64 = 1.0;

/// `empty-seat`: no face, and less than this share of the frame is person. A head alone covers five times as much.
pub const EMPTY_SEAT_PERSON: f64 = 0.02;

/// `drift-exposure`: in stops (the figure: a third).
pub const DRIFT_EXPOSURE_STOPS: f64 = 1.0 / 3.0;

/// `drift-white-balance`: ΔE2000 of the background, its lightness set equal first (the figure).
pub const DRIFT_WHITE_BALANCE_DE: f64 = 3.0;

/// `drift-focus`: sharpness under this share of what it was. Faces differ by a tenth; a focus that slips by a head's depth
/// loses half.
pub const DRIFT_FOCUS_SHARE: f64 = 0.7;

/// `camera-moved`: the eyes are higher or lower by more than this share of the frame's height, over five students. Their
/// median differs by a third of it where only the students do.
pub const MOVED_EYE_LINE: f64 = 0.06;

/// `camera-moved`: faces are larger or smaller by more than this, in powers of two (15 %).
pub const MOVED_FACE_OCTAVES: f64 = 0.2;

/// `camera-moved`: neighbouring cells of the background this far apart are an edge to hold on to, in stops.
pub const EDGE_STOPS: f64 = 0.4;

/// `camera-moved`: fewer cells beside an edge say nothing; a plain backdrop has none.
pub const EDGE_CELLS: usize = 6;

/// `camera-moved`: a cell beside an edge that is off by this, in stops, has another part of the room in it.
pub const CELL_OFF_STOPS: f64 = 0.25;

/// `camera-moved`: the share of the cells beside edges that have to be off. Somebody who walks behind the backdrop is in a few.
pub const CELLS_OFF_SHARE: f64 = 0.5;
