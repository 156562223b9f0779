//! The layers of ARCHITECTURE.md: a room may name only the rooms below it.

use std::fs;
use std::path::Path;

/// Every room with its layer, low to high.
const LAYERS: &[(&str, u8)] = &[
    ("drain", 0),
    ("json", 0),
    ("net", 0),
    ("otlp", 0),
    ("settings", 0),
    ("sqlite", 0),
    ("units", 0),
    ("kafka", 1),
    ("llm", 1),
    ("queue", 1),
    ("recognize", 2),
    ("embed", 2),
    ("enrich", 2),
    ("export", 3),
    ("receive", 3),
    ("manage", 4),
    ("telemetry", 4),
    ("agent", 5),
    ("config", 5),
    ("cli", 6),
    ("main", 6),
];

/// Uses inside one layer that the design names.
const NEIGHBOURS: &[(&str, &str)] = &[
    ("otlp", "json"),
    ("settings", "units"),
    ("net", "settings"),
    ("net", "units"),
    ("net", "drain"),
    ("embed", "recognize"),
    ("enrich", "recognize"),
    // Its settings stand in the section of enrichment.
    ("enrich", "embed"),
    ("manage", "telemetry"),
    ("agent", "config"),
    ("main", "cli"),
];

#[test]
fn a_room_uses_only_rooms_below_it() {
    let mut wrong = Vec::new();
    for (file, text) in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let room = room_of(&file);
        if room == "lib" {
            continue;
        }
        let layer = layer_of(&room).unwrap_or_else(|| panic!("{file}: room {room} is not in the table"));
        for named in rooms_named(&text) {
            let below = layer_of(named).is_some_and(|other| other < layer);
            if named != room && !below && !NEIGHBOURS.contains(&(room.as_str(), named)) {
                wrong.push(format!("{file}: {room} may not use {named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn layer_of(room: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == room).map(|(_, layer)| *layer)
}

/// `src/queue/log.rs` and `src/queue.rs` are both of the room `queue`.
fn room_of(file: &str) -> String {
    let inside = file.rsplit_once("/src/").expect("a source file").1;
    inside.split(['/', '.']).next().expect("split yields one part").to_string()
}

/// Rooms named as `crate::room` in code; comments and test modules count too, which keeps it simple.
fn rooms_named(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).filter_map(|rest| {
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
        LAYERS.iter().find(|(room, _)| *room == name).map(|(room, _)| *room)
    })
}

fn sources(dir: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).expect("src is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            all.push((path.display().to_string(), fs::read_to_string(&path).expect("utf-8 source")));
        }
    }
    all
}
