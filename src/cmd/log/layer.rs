//! Events with the spans around them, made lines, and sent to where lines go.

use super::journald::Journald;
use super::line::{Level, LogLine, Style};
use crate::clock;
use std::fmt::Debug;
use std::io::Write;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Where lines go.
pub(super) enum Sink {
    /// To standard error.
    Stderr(Style),
    /// To the journal.
    Journal(Journald),
}

/// Makes each event one line, with the fields of the spans around it.
pub(super) struct Lines {
    sink: Sink,
}

impl Lines {
    pub(super) fn to(sink: Sink) -> Self {
        Self { sink }
    }
}

/// The fields of a span, or of an event.
#[derive(Default)]
struct Fields {
    message: String,
    named: Vec<(String, String)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            name => self.named.push((name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> tracing_subscriber::Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|s| s.from_root())
        {
            if let Some(around) = span.extensions().get::<Fields>() {
                fields.named.extend(around.named.iter().cloned());
            }
        }
        event.record(&mut fields);
        let line = LogLine {
            at: clock::wall_time(),
            level: level(*event.metadata().level()),
            message: fields.message,
            fields: fields.named,
        };
        match &self.sink {
            Sink::Journal(journald) => journald.send(&line),
            Sink::Stderr(style) => {
                let text = format!("{}\n", line.show(*style));
                // Nobody is left to be told that nobody can be told.
                let _ = std::io::stderr().lock().write_all(text.as_bytes());
            }
        }
    }
}

fn level(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG | tracing::Level::TRACE => Level::Debug,
    }
}
