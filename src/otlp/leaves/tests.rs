//! Which strings of a request are leaves, and where they are said to stand.

use super::*;
use crate::otlp::{Limits, payload, wire};
use expect_test::{Expect, expect};
use prost::Message as _;

fn line(leaf: Leaf<'_>) -> String {
    let Leaf { place, key, inner, index, text, .. } = leaf;
    let inner = if inner == key { String::new() } else { format!(" / {inner}") };
    format!("{place:?} {key}{inner} #{index}: {text}\n")
}

fn check(signal: Signal, otlp: Vec<u8>, above: bool, expected: Expect) {
    let batch = Batch::read(signal, otlp.into(), &Limits::default()).unwrap();
    let mut shown = String::new();
    for item in batch.walk() {
        let mut add = |leaf: Leaf<'_>| {
            assert_eq!(&batch.otlp()[leaf.at()], leaf.text.as_bytes());
            assert!(leaf.inside.start <= leaf.start && leaf.at().end <= leaf.inside.end);
            shown.push_str(&line(leaf));
        };
        if above {
            batch.resource_leaves(item.resource_group.clone(), &mut add);
            batch.scope_leaves(item.scope_group.clone(), &mut add);
        } else {
            batch.leaves(&item, &mut add);
        }
    }
    expected.assert_eq(&shown);
}

/// A request of one span that is `message`.
fn one_span(message: &[u8]) -> Vec<u8> {
    let mut request = Vec::new();
    wire::put_message(&mut request, 1, |resource| {
        wire::put_message(resource, 2, |scope| wire::put_bytes(scope, 2, message));
    });
    request
}

#[test]
fn every_string_of_a_span_is_a_leaf() {
    check(
        Signal::Traces,
        payload::full_span(1).encode_to_vec(),
        false,
        expect![[r#"
            TraceState  #0: vendor=state
            SpanName  #0: full
            Key plain #0: plain
            Attribute plain #0: text
            Key nested #0: nested
            Key nested / role #0: role
            Attribute nested / role #0: user
            Key nested / parts #0: parts
            Attribute nested / parts #0: deep
            EventName gen_ai.choice #0: gen_ai.choice
            Key message #0: message
            EventAttribute message #0: hello
            Key nested #0: nested
            Key nested / role #0: role
            EventAttribute nested / role #0: user
            Key nested / parts #0: parts
            EventAttribute nested / parts #0: deep
            EventName gen_ai.choice #1: gen_ai.choice
            Key message #1: message
            EventAttribute message #1: hello
            Key nested #1: nested
            Key nested / role #1: role
            EventAttribute nested / role #1: user
            Key nested / parts #1: parts
            EventAttribute nested / parts #1: deep
            LinkTraceState  #0: vendor=link
            Key link.note #0: link.note
            LinkAttribute link.note #0: linked
            StatusMessage  #0: it failed
        "#]],
    );
}

#[test]
fn every_string_above_a_span_is_a_leaf() {
    check(
        Signal::Traces,
        payload::full_span(1).encode_to_vec(),
        true,
        expect![[r#"
            Key service.name #0: service.name
            ResourceAttribute service.name #0: full
            Key service.version #0: service.version
            ResourceAttribute service.version #0: 4.17.2
            Key service.instance.id #0: service.instance.id
            ResourceAttribute service.instance.id #0: 2f8b786e4ea0081e
            Key telemetry.sdk.name #0: telemetry.sdk.name
            ResourceAttribute telemetry.sdk.name #0: opentelemetry
            Key telemetry.sdk.language #0: telemetry.sdk.language
            ResourceAttribute telemetry.sdk.language #0: python
            Key telemetry.sdk.version #0: telemetry.sdk.version
            ResourceAttribute telemetry.sdk.version #0: 1.38.0
            Key deployment.environment.name #0: deployment.environment.name
            ResourceAttribute deployment.environment.name #0: production
            Key k8s.pod.name #0: k8s.pod.name
            ResourceAttribute k8s.pod.name #0: full-7c9d8f6b5-4114d
            Key k8s.namespace.name #0: k8s.namespace.name
            ResourceAttribute k8s.namespace.name #0: shop
            Key k8s.node.name #0: k8s.node.name
            ResourceAttribute k8s.node.name #0: node-12.internal
            Key host.arch #0: host.arch
            ResourceAttribute host.arch #0: amd64
            Key process.pid #0: process.pid
            Schema  #0: https://entity
            Schema  #0: service
            Schema  #0: service.name
            Schema  #0: service.version
            Schema  #0: https://resource
            ScopeName  #0: full.scope
            ScopeName  #0: 1
            Key scope.key #0: scope.key
            ScopeAttribute scope.key #0: scope value
            Schema  #0: https://scope
        "#]],
    );
}

#[test]
fn every_string_of_a_log_record_is_a_leaf() {
    check(
        Signal::Logs,
        payload::logs(1, 1).encode_to_vec(),
        false,
        expect![[r#"
            LogField  #0: INFO
            Key role #0: role
            LogBody role #0: user
            Key parts #0: parts
            LogBody parts #0: deep
            Key gen_ai.system #0: gen_ai.system
            Attribute gen_ai.system #0: openai
            Key nested #0: nested
            Key nested / role #0: role
            Attribute nested / role #0: user
            Key nested / parts #0: parts
            Attribute nested / parts #0: deep
            LogField  #0: gen_ai.user.message
        "#]],
    );
}

#[test]
fn every_copy_of_a_repeated_field_is_a_leaf() {
    let mut span = Vec::new();
    wire::put_bytes(&mut span, 5, b"first name");
    wire::put_bytes(&mut span, 5, b"second name");
    wire::put_message(&mut span, 9, |entry| {
        wire::put_message(entry, 2, |value| wire::put_bytes(value, 1, b"hidden"));
        wire::put_bytes(entry, 1, b"old");
        wire::put_bytes(entry, 1, b"new");
        wire::put_message(entry, 2, |value| wire::put_bytes(value, 1, b"shown"));
    });
    check(
        Signal::Traces,
        one_span(&span),
        false,
        expect![[r#"
        SpanName  #0: first name
        SpanName  #0: second name
        Attribute new #0: hidden
        Key new #0: old
        Key new #0: new
        Attribute new #0: shown
    "#]],
    );
}

#[test]
fn every_copy_of_a_resource_is_walked() {
    let mut request = Vec::new();
    wire::put_message(&mut request, 1, |group| {
        for text in [&b"hidden"[..], b"shown"] {
            wire::put_message(group, 1, |resource| {
                wire::put_message(resource, 1, |entry| {
                    wire::put_message(entry, 2, |value| wire::put_bytes(value, 1, text));
                });
            });
        }
        wire::put_message(group, 2, |scope| wire::put_bytes(scope, 2, b""));
    });
    check(
        Signal::Traces,
        request,
        true,
        expect![[r#"
        ResourceAttribute  #0: hidden
        ResourceAttribute  #0: shown
    "#]],
    );
}

#[test]
fn text_in_unknown_fields_is_a_leaf_and_so_are_ids_of_wrong_length() {
    let mut span = Vec::new();
    wire::put_bytes(&mut span, 1, b"no trace id");
    wire::put_bytes(&mut span, 100, b"a new string");
    wire::put_bytes(&mut span, 101, &[0xff, 0xfe]);
    wire::put_message(&mut span, 102, |new| {
        wire::put_uint(new, 1, 7);
        wire::put_bytes(new, 2, b"inside a new message");
    });
    span.extend([0xbb, 0x06]);
    wire::put_bytes(&mut span, 1, b"inside a group");
    span.extend([0xbc, 0x06]);
    wire::put_message(&mut span, 9, |entry| {
        wire::put_bytes(entry, 1, b"photo");
        wire::put_message(entry, 2, |value| wire::put_bytes(value, 7, b"text in bytes"));
    });
    check(
        Signal::Traces,
        one_span(&span),
        false,
        expect![[r#"
        Unknown  #0: no trace id
        Unknown  #0: a new string
        Unknown  #0: inside a new message
        Unknown  #0: inside a group
        Key photo #0: photo
        Attribute photo #0: text in bytes
    "#]],
    );
}

#[test]
fn runs_of_text_in_broken_bytes_are_leaves() {
    let mut span = Vec::new();
    wire::put_message(&mut span, 9, |entry| {
        wire::put_bytes(entry, 1, b"body");
        wire::put_message(entry, 2, |value| {
            wire::put_bytes(value, 7, b"\xa9 caf\xc3\xa9 au lait \xff\xfeshort\x80 and the rest \xe2\x82");
        });
    });
    wire::put_bytes(&mut span, 100, b"a cut string \xc3");
    check(
        Signal::Traces,
        one_span(&span),
        false,
        expect![[r#"
        Key body #0: body
        Attribute body #0:  café au lait 
        Attribute body #0:  and the rest 
        Unknown  #0: a cut string 
    "#]],
    );
}
