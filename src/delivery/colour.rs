//! From the colours that a camera wrote to sRGB.

use super::portrait::{Note, PortraitError};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// What a file says of its colours.
pub(super) struct Said {
    /// The embedded profile.
    pub(super) icc: Option<Vec<u8>>,
    /// Adobe RGB by EXIF alone, as Canon's cameras write it.
    pub(super) is_dcf_adobe: bool,
    /// "Not sRGB", and nothing more.
    pub(super) is_uncalibrated: bool,
}

/// 8-bit sRGB from 16-bit pixels in the colour space that the file speaks of. A file that says nothing is sRGB,
/// as EXIF has it; one whose words are of no use is taken for sRGB too, with a note.
pub(super) fn to_srgb(coded: Vec<u16>, said: &Said) -> Result<(Vec<u8>, Vec<Note>), PortraitError> {
    let (profile, notes) = profile(said);
    let Some(profile) = profile else {
        return Ok((to_bytes(&coded), notes));
    };
    let mut srgb = vec![0; coded.len()];
    let target = ColorProfile::new_srgb();
    profile
        .create_transform_16bit(
            Layout::Rgb,
            &target,
            Layout::Rgb,
            TransformOptions::default(),
        )
        .and_then(|transform| transform.transform(&coded, &mut srgb))
        .map_err(|e| PortraitError::Colour {
            message: e.to_string(),
        })?;
    Ok((to_bytes(&srgb), notes))
}

fn profile(said: &Said) -> (Option<ColorProfile>, Vec<Note>) {
    let ignored = |why: String| (None, vec![Note::ProfileIgnored { why }]);
    match &said.icc {
        Some(icc) => match ColorProfile::new_from_slice(icc) {
            Ok(profile) if profile.color_space == DataColorSpace::Rgb => {
                (Some(profile), Vec::new())
            }
            Ok(_) => ignored("it is not for RGB".to_owned()),
            Err(e) => ignored(e.to_string()),
        },
        None if said.is_dcf_adobe => (Some(ColorProfile::new_adobe_rgb()), Vec::new()),
        None if said.is_uncalibrated => (None, vec![Note::UnknownColours]),
        None => (None, Vec::new()),
    }
}

fn to_bytes(coded: &[u16]) -> Vec<u8> {
    let byte = |&v: &u16| ((u32::from(v) * 255 + 32_767) / 65_535) as u8;
    coded.iter().map(byte).collect()
}
