//! The XMP packet: ours first, then what the camera wrote, as it wrote it.

use super::{TagFields, time};
use crate::model::{FrameId, Serial, SessionId, StationId, StudentNumber};
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) use super::jpeg::MAX_PACKET;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const META: &str = "adobe:ns:meta/";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const IPTC_EXT: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
/// Our own namespace. Stored in every file: never changed; a new meaning gets a new name in it.
const OURS: &str = "http://shutterline.example/ns/1.0/";
/// Keeps the bytes of a packet that could not be read.
const UNREAD: &str = "unreadXmp";

/// Prefix to namespace, as in effect somewhere.
type Scope = BTreeMap<String, String>;

/// Whether tagging writes this property, and so takes it out wherever else it stands.
fn is_ours(namespace: &str, name: &str) -> bool {
    match namespace {
        OURS => name != UNREAD,
        DC => name == "identifier",
        IPTC_EXT => matches!(name, "PersonInImage" | "Event"),
        _ => false,
    }
}

/// A property in element form.
struct Property {
    namespace: String,
    name: String,
    /// The element as it was written.
    raw: String,
}

/// One `rdf:Description` with all that is needed to write it elsewhere.
struct Description {
    /// Its own name as written, for example `rdf:Description`.
    tag: String,
    scope: Scope,
    /// As written, without namespace declarations.
    attributes: Vec<(String, String)>,
    properties: Vec<Property>,
}

impl Description {
    /// Holds the bytes of a packet that could not be read.
    fn unread(packet: &[u8]) -> Self {
        let hex = packet.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Self {
            tag: "rdf:Description".into(),
            scope: [("shutterline".to_owned(), OURS.to_owned())].into(),
            attributes: vec![("rdf:about".into(), String::new())],
            properties: vec![Property {
                namespace: OURS.into(),
                name: UNREAD.into(),
                raw: format!("<shutterline:{UNREAD}>{hex}</shutterline:{UNREAD}>"),
            }],
        }
    }

    /// Namespace and local name of an attribute. Attributes without a prefix have no namespace.
    fn resolve<'a>(&'a self, key: &'a str) -> (&'a str, &'a str) {
        match key.split_once(':') {
            Some(("rdf", name)) if !self.scope.contains_key("rdf") => (RDF, name),
            Some((prefix, name)) => (self.scope.get(prefix).map_or("", String::as_str), name),
            None => ("", key),
        }
    }

    fn attribute(&self, namespace: &str, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        let found = all.find(|(key, _)| self.resolve(key) == (namespace, name));
        found.map(|(_, value)| value.as_str())
    }

    /// Takes our properties out; `None` when nothing is left.
    fn without_ours(mut self) -> Option<Self> {
        self.properties.retain(|p| !is_ours(&p.namespace, &p.name));
        let mut attributes = std::mem::take(&mut self.attributes);
        attributes.retain(|(key, _)| {
            let (namespace, name) = self.resolve(key);
            !is_ours(namespace, name)
        });
        let says_something = !self.properties.is_empty()
            || attributes
                .iter()
                .any(|(key, _)| self.resolve(key) != (RDF, "about"));
        self.attributes = attributes;
        says_something.then_some(self)
    }

    fn write(&self, out: &mut String) {
        let _ = write!(out, "  <{}", self.tag);
        for (key, value) in &self.attributes {
            let _ = write!(out, " {key}=\"{}\"", value.replace('"', "&quot;"));
        }
        for (prefix, namespace) in &self.scope {
            let key = match &**prefix {
                "" => "xmlns".to_owned(),
                prefix => format!("xmlns:{prefix}"),
            };
            let _ = write!(out, "\n    {key}=\"{}\"", namespace.replace('"', "&quot;"));
        }
        out.push_str(">\n");
        for property in &self.properties {
            let _ = writeln!(out, "   {}", property.raw);
        }
        let _ = writeln!(out, "  </{}>", self.tag);
    }
}

/// One packet with our fields and everything foreign of `earlier` packets.
pub(super) fn packet(fields: &TagFields, earlier: &[&[u8]]) -> String {
    let mut foreign = Vec::new();
    for packet in earlier {
        match read(packet) {
            Some(descriptions) => foreign.extend(descriptions),
            None => foreign.push(Description::unread(packet)),
        }
    }
    // All descriptions of a packet speak about one thing; a camera may have named it.
    let about = foreign
        .iter()
        .filter_map(|d| d.attribute(RDF, "about"))
        .find(|about| !about.is_empty())
        .map_or(String::new(), |about| about.replace('"', "&quot;"));
    let mut out = String::from("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n");
    let _ = writeln!(out, "<x:xmpmeta xmlns:x=\"{META}\">");
    let _ = writeln!(out, " <rdf:RDF xmlns:rdf=\"{RDF}\">");
    write_ours(&mut out, fields, &about);
    for description in foreign.into_iter().filter_map(Description::without_ours) {
        description.write(&mut out);
    }
    out.push_str(" </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>");
    out
}

fn write_ours(out: &mut String, fields: &TagFields, about: &str) {
    let _ = writeln!(out, "  <rdf:Description rdf:about=\"{about}\"");
    let _ = writeln!(out, "    xmlns:dc=\"{DC}\"");
    let _ = writeln!(out, "    xmlns:Iptc4xmpExt=\"{IPTC_EXT}\"");
    let _ = writeln!(out, "    xmlns:shutterline=\"{OURS}\">");
    let mut property = |name: &str, value: &str| {
        let value = text(value);
        let _ = writeln!(out, "   <{name}>{value}</{name}>");
    };
    if let Some(student) = &fields.student {
        property("dc:identifier", student.as_str());
        property("shutterline:studentNumber", student.as_str());
    }
    if let Some(serial) = fields.serial {
        property("shutterline:serial", &serial.to_string());
    }
    if let Some(session) = &fields.session {
        property("shutterline:session", session.as_str());
    }
    property("shutterline:frame", fields.frame.as_str());
    property("shutterline:station", fields.station.as_str());
    property("shutterline:takenAt", &time::iso(fields.taken_at));
    let trusted = if fields.taken_at_trusted {
        "True"
    } else {
        "False"
    };
    property("shutterline:takenAtTrusted", trusted);
    if let Some(name) = &fields.name {
        let _ = writeln!(
            out,
            "   <Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>{}</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>",
            text(name)
        );
    }
    if let Some(event) = &fields.session_name {
        let _ = writeln!(
            out,
            "   <Iptc4xmpExt:Event><rdf:Alt><rdf:li xml:lang=\"x-default\">{}</rdf:li></rdf:Alt></Iptc4xmpExt:Event>",
            text(event)
        );
    }
    out.push_str("  </rdf:Description>\n");
}

/// What XML 1.0 can carry at all; the rest has no spelling in it, not even an escaped one.
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn text(value: &str) -> String {
    let legal: String = value.chars().filter(|c| is_legal(*c)).collect();
    escape(legal.as_str()).into_owned()
}

/// Our fields of a packet; `None` when it has none.
pub(super) fn fields(packet: &[u8]) -> Option<TagFields> {
    let descriptions = read(packet)?;
    let find = |namespace: &str, name: &str| -> Option<String> {
        descriptions.iter().find_map(|d| {
            let mut properties = d.properties.iter();
            let element = properties.find(|p| p.namespace == namespace && p.name == name);
            match element {
                Some(property) => content(&property.raw),
                None => d
                    .attribute(namespace, name)
                    .and_then(|raw| Some(quick_xml::escape::unescape(raw).ok()?.into_owned())),
            }
        })
    };
    Some(TagFields {
        student: find(OURS, "studentNumber").map(StudentNumber),
        name: find(IPTC_EXT, "PersonInImage"),
        serial: match find(OURS, "serial") {
            Some(text) => Some(text.parse::<Serial>().ok()?),
            None => None,
        },
        session: find(OURS, "session").map(SessionId),
        session_name: find(IPTC_EXT, "Event"),
        frame: FrameId(find(OURS, "frame")?),
        station: StationId(find(OURS, "station")?),
        taken_at: time::from_iso(&find(OURS, "takenAt")?)?,
        taken_at_trusted: find(OURS, "takenAtTrusted")? == "True",
    })
}

/// All text in an element.
fn content(raw: &str) -> Option<String> {
    let mut reader = Reader::from_str(raw);
    let mut all = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Text(text) => all.push_str(&text),
            Event::CData(text) => all.push_str(&text),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(c) => all.push(c),
                None => all.push_str(quick_xml::escape::resolve_predefined_entity(&reference)?),
            },
            Event::Eof => return Some(all),
            _ => {}
        }
    }
}

/// The descriptions of a packet; `None` when it is not what we can carry over without loss.
fn read(packet: &[u8]) -> Option<Vec<Description>> {
    let text = std::str::from_utf8(packet).ok()?;
    // Packets are padded for editing in place, by some writers with zeros.
    let text = text.trim_start_matches('\u{feff}').trim_end_matches('\0');
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    if !text.chars().all(is_legal) {
        return None;
    }
    let mut reader = Reader::from_str(text);
    let mut walk = Walk::default();
    loop {
        let from = reader.buffer_position() as usize;
        let event = reader.read_event().ok()?;
        let to = reader.buffer_position() as usize;
        match event {
            Event::Start(tag) => walk.open(&tag, from)?,
            Event::Empty(tag) => {
                walk.open(&tag, from)?;
                walk.close(text, to)?;
            }
            Event::End(_) => walk.close(text, to)?,
            Event::Text(words) if !words.trim().is_empty() => walk.words()?,
            Event::CData(_) => walk.words()?,
            Event::GeneralRef(reference) => {
                walk.words()?;
                let known = reference.is_char_ref() && reference.resolve_char_ref().is_ok()
                    || quick_xml::escape::resolve_predefined_entity(&reference).is_some();
                known.then_some(())?;
            }
            Event::DocType(_) => return None,
            Event::Eof => return walk.end(),
            _ => {}
        }
    }
}

/// Where we are in a packet.
#[derive(Default)]
struct Walk {
    /// Namespaces in effect, one scope for each open element.
    scopes: Vec<Scope>,
    /// How many elements were open when `rdf:RDF` began.
    rdf_depth: Option<usize>,
    /// Where the property that is open began, and what it is.
    property: Option<(usize, String, String)>,
    found: Vec<Description>,
    rdf_ended: bool,
}

impl Walk {
    fn open(&mut self, tag: &BytesStart, from: usize) -> Option<()> {
        let mut scope = self.scopes.last().cloned().unwrap_or_default();
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.ok()?;
            let (key, value) = (attribute.key.0, attribute.value);
            quick_xml::escape::unescape(&value).ok()?;
            match key.strip_prefix("xmlns") {
                Some("") => drop(scope.insert(String::new(), value.into_owned())),
                Some(rest) if rest.starts_with(':') => {
                    drop(scope.insert(rest[1..].to_owned(), value.into_owned()));
                }
                _ => attributes.push((key.to_owned(), value.into_owned())),
            }
        }
        let full = tag.name().0.to_owned();
        let (prefix, name) = full.split_once(':').unwrap_or(("", &full));
        let namespace = scope.get(prefix).cloned().unwrap_or_default();
        match self.rdf_depth.map(|rdf| self.scopes.len() - rdf) {
            None if (&*namespace, name) == (RDF, "RDF") && !self.rdf_ended => {
                self.rdf_depth = Some(self.scopes.len());
            }
            None if matches!(name, "xmpmeta" | "xapmeta") && !self.rdf_ended => {}
            None => return None,
            Some(1) if (&*namespace, name) == (RDF, "Description") => {
                let mut scope = scope.clone();
                // Our own packet says these two already.
                for (prefix, uri) in [("x", META), ("rdf", RDF)] {
                    if scope.get(prefix).is_some_and(|found| found == uri) {
                        scope.remove(prefix);
                    }
                }
                self.found.push(Description {
                    tag: full,
                    scope,
                    attributes,
                    properties: Vec::new(),
                });
            }
            Some(1) => return None,
            Some(2) => self.property = Some((from, namespace, name.to_owned())),
            Some(_) => {}
        }
        self.scopes.push(scope);
        Some(())
    }

    fn close(&mut self, text: &str, to: usize) -> Option<()> {
        self.scopes.pop()?;
        match self.rdf_depth.map(|rdf| self.scopes.len() - rdf) {
            Some(0) => {
                self.rdf_depth = None;
                self.rdf_ended = true;
            }
            Some(2) => {
                let (from, namespace, name) = self.property.take()?;
                self.found.last_mut()?.properties.push(Property {
                    namespace,
                    name,
                    raw: text.get(from..to)?.to_owned(),
                });
            }
            _ => {}
        }
        Some(())
    }

    /// Text is fine inside a property and has no meaning anywhere else.
    fn words(&self) -> Option<()> {
        self.property.as_ref().map(|_| ())
    }

    fn end(self) -> Option<Vec<Description>> {
        (self.scopes.is_empty() && self.rdf_ended).then_some(self.found)
    }
}
