//! Spans, readings and log lines as the messages of OTLP.

use std::collections::BTreeMap;

use evidence::events::{Event, Level};
use evidence::metrics::{Reading, Shape, Value as Read};
use evidence::trace::{Attribute, SCHEMA, Span};
use journal::Millis;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Sent, Status};
use prost::Message as _;

/// The trace is sampled, as W3C's Trace Context says it.
const SAMPLED: u32 = 1;

/// Who sends.
#[derive(Debug, Clone)]
pub struct Sender {
    resource: Resource,
    scope: InstrumentationScope,
}

impl Sender {
    /// This program, with what is said of it.
    pub fn new(resource: BTreeMap<String, String>) -> Self {
        let pair = |(key, value): (String, String)| pair(&key, Attribute::Text(value));
        let attributes = resource.into_iter().map(pair).collect();
        let scope = InstrumentationScope {
            name: "flightdeck".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..InstrumentationScope::default()
        };
        Self { resource: Resource { attributes, ..Resource::default() }, scope }
    }

    /// Says one thing more of this program, unless it is said already.
    pub fn say(&mut self, key: &str, value: &str) {
        if !self.resource.attributes.iter().any(|pair| pair.key == key) {
            self.resource.attributes.push(pair(key, value.into()));
        }
    }

    pub fn traces(&self, spans: impl IntoIterator<Item = Span>) -> Vec<u8> {
        let scope_spans = vec![ScopeSpans {
            scope: Some(self.scope.clone()),
            spans: spans.into_iter().map(span).collect(),
            schema_url: SCHEMA.to_owned(),
        }];
        let resource_spans = vec![ResourceSpans {
            resource: Some(self.resource.clone()),
            scope_spans,
            schema_url: SCHEMA.to_owned(),
        }];
        ExportTraceServiceRequest { resource_spans }.encode_to_vec()
    }

    pub fn logs(&self, events: impl IntoIterator<Item = Event>) -> Vec<u8> {
        let scope_logs = vec![ScopeLogs {
            scope: Some(self.scope.clone()),
            log_records: events.into_iter().map(record).collect(),
            schema_url: SCHEMA.to_owned(),
        }];
        let resource_logs = vec![ResourceLogs {
            resource: Some(self.resource.clone()),
            scope_logs,
            schema_url: SCHEMA.to_owned(),
        }];
        ExportLogsServiceRequest { resource_logs }.encode_to_vec()
    }

    /// What was measured since `began`.
    pub fn metrics(&self, all: Vec<Reading>, began: Millis, now: Millis) -> Vec<u8> {
        let metrics = all.into_iter().filter(|reading| !reading.values.is_empty());
        let scope_metrics = vec![ScopeMetrics {
            scope: Some(self.scope.clone()),
            metrics: metrics.map(|reading| metric(reading, began, now)).collect(),
            schema_url: SCHEMA.to_owned(),
        }];
        let resource_metrics = vec![ResourceMetrics {
            resource: Some(self.resource.clone()),
            scope_metrics,
            schema_url: SCHEMA.to_owned(),
        }];
        ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
    }
}

fn nanos(at: Millis) -> u64 {
    at.0.saturating_mul(1_000_000)
}

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn pair(key: &str, value: Attribute) -> KeyValue {
    let whole = |count: u64| Value::IntValue(i64::try_from(count).unwrap_or(i64::MAX));
    let value = match value {
        Attribute::Text(text) => Value::StringValue(text),
        Attribute::Texts(all) => {
            let values = all.into_iter().map(|text| any(Value::StringValue(text))).collect();
            Value::ArrayValue(ArrayValue { values })
        }
        Attribute::Whole(count) => whole(count),
        Attribute::Flag(flag) => Value::BoolValue(flag),
    };
    KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

fn span(span: Span) -> Sent {
    let mut attributes: Vec<KeyValue> =
        span.attributes.into_iter().map(|(key, value)| pair(key, value)).collect();
    attributes.extend(span.error.map(|code| pair("error.type", code.into())));
    let link = span.link.and_then(|caller| {
        let trace_id = bytes(&caller.trace)?;
        Some(Link { trace_id, span_id: bytes(&caller.span)?, ..Link::default() })
    });
    let kind = if span.outside { SpanKind::Client } else { SpanKind::Internal };
    let failed = |code: &str| Status { message: code.to_owned(), code: StatusCode::Error as i32 };
    Sent {
        trace_id: span.trace.to_vec(),
        span_id: span.id.to_vec(),
        parent_span_id: span.parent.map(|id| id.to_vec()).unwrap_or_default(),
        flags: SAMPLED,
        name: span.name,
        kind: kind as i32,
        start_time_unix_nano: nanos(span.began),
        end_time_unix_nano: nanos(span.ended),
        attributes,
        links: link.into_iter().collect(),
        status: span.error.map(failed),
        ..Sent::default()
    }
}

/// The bytes that hexadecimal digits stand for.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn record(event: Event) -> LogRecord {
    let (number, text) = match event.level {
        Level::Info => (SeverityNumber::Info, "INFO"),
        Level::Warn => (SeverityNumber::Warn, "WARN"),
        Level::Error => (SeverityNumber::Error, "ERROR"),
    };
    let (trace, span) = match event.span {
        Some(place) => (place.trace.to_vec(), place.span.to_vec()),
        None => (Vec::new(), Vec::new()),
    };
    LogRecord {
        time_unix_nano: nanos(event.at),
        observed_time_unix_nano: nanos(event.at),
        severity_number: number as i32,
        severity_text: text.to_owned(),
        body: Some(any(Value::StringValue(event.says))),
        attributes: event.attributes.into_iter().map(|(key, value)| pair(key, value)).collect(),
        flags: if trace.is_empty() { 0 } else { SAMPLED },
        trace_id: trace,
        span_id: span,
        event_name: event.name.to_owned(),
        ..LogRecord::default()
    }
}

fn metric(reading: Reading, began: Millis, now: Millis) -> Metric {
    let Reading { instrument: of, values } = reading;
    let labelled = |labels: Vec<(&'static str, String)>| -> Vec<KeyValue> {
        labels.into_iter().map(|(key, value)| pair(key, Attribute::Text(value))).collect()
    };
    let (start, time) = (nanos(began), nanos(now));
    let cumulative = AggregationTemporality::Cumulative as i32;
    let data = match &of.shape {
        Shape::Count | Shape::Gauge => {
            let point = |(labels, value): (_, Read)| {
                let Read::Whole(value) = value else { return None };
                let value = match of.places {
                    0 => number_data_point::Value::AsInt(i64::try_from(value).unwrap_or(i64::MAX)),
                    places => number_data_point::Value::AsDouble(scaled(value, places)),
                };
                Some(NumberDataPoint {
                    attributes: labelled(labels),
                    start_time_unix_nano: if of.shape == Shape::Gauge { 0 } else { start },
                    time_unix_nano: time,
                    value: Some(value),
                    ..NumberDataPoint::default()
                })
            };
            let data_points = values.into_iter().filter_map(point).collect();
            match of.shape {
                Shape::Gauge => metric::Data::Gauge(Gauge { data_points }),
                Shape::Count | Shape::Spread(_) => metric::Data::Sum(Sum {
                    data_points,
                    aggregation_temporality: cumulative,
                    is_monotonic: true,
                }),
            }
        }
        Shape::Spread(ends) => {
            let point = |(labels, value): (_, Read)| {
                let Read::Spread(spread) = value else { return None };
                let within: u64 = spread.groups.iter().sum();
                let beyond = spread.count.saturating_sub(within);
                Some(HistogramDataPoint {
                    attributes: labelled(labels),
                    start_time_unix_nano: start,
                    time_unix_nano: time,
                    count: spread.count,
                    sum: Some(scaled(spread.sum, of.places)),
                    bucket_counts: spread.groups.iter().copied().chain([beyond]).collect(),
                    explicit_bounds: ends.iter().map(|end| scaled(*end, of.places)).collect(),
                    ..HistogramDataPoint::default()
                })
            };
            metric::Data::Histogram(Histogram {
                data_points: values.into_iter().filter_map(point).collect(),
                aggregation_temporality: cumulative,
            })
        }
    };
    Metric {
        name: of.name.to_owned(),
        description: of.help.to_owned(),
        unit: of.unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

/// A whole number with so many decimal places. What is lost beyond 2^53 is no measure's matter.
fn scaled(value: u64, places: usize) -> f64 {
    let text = format!("{value}e-{places}");
    text.parse().unwrap_or_default()
}
