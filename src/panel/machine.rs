//! What machine this is, by its device tree.

use std::path::Path;

/// What the machine says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// The device tree's model, for example `Raspberry Pi 4 Model B Rev 1.5`; `None` on machines without one (PCs).
    pub model: Option<String>,
}

impl Machine {
    /// Looks below `root`, which is `/` except in tests.
    pub fn look(root: &Path) -> Self {
        // Two names of one file; the second is the older, and there even without /proc/device-tree.
        let places = [
            "proc/device-tree/model",
            "sys/firmware/devicetree/base/model",
        ];
        let text = places
            .iter()
            .find_map(|place| std::fs::read(root.join(place)).ok());
        let model = text.map(|bytes| {
            // The device tree ends its texts with a zero.
            let text = String::from_utf8_lossy(&bytes);
            text.trim_end_matches('\0').trim().to_owned()
        });
        Self {
            model: model.filter(|m| !m.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_tree_says_what_it_is() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Machine::look(root.path()), Machine::default());
        let folder = root.path().join("proc/device-tree");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("model"), b"Raspberry Pi 5 Model B Rev 1.0\0").unwrap();
        let model = Machine::look(root.path()).model;
        assert_eq!(model.as_deref(), Some("Raspberry Pi 5 Model B Rev 1.0"));
    }
}
