//! How the way to a field is told to people.

/// As many names as are told from either end.
const TOLD: usize = 8;

/// `names` from the request down, dotted; of a long way both ends, since it may be as deep as its sender likes.
pub(super) fn dotted(names: &[impl AsRef<str>]) -> String {
    if names.is_empty() {
        return "request".to_string();
    }
    let told = |names: &[_]| names.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(".");
    match names.len() > 2 * TOLD {
        true => format!("{}.….{}", told(&names[..TOLD]), told(&names[names.len() - TOLD..])),
        false => told(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_way_is_told_by_its_ends() {
        assert_eq!(dotted(&[] as &[&str]), "request");
        assert_eq!(dotted(&["resource_spans", "scope_spans"]), "resource_spans.scope_spans");
        let deep: Vec<String> = (0..200).map(|depth| format!("v{depth}")).collect();
        assert_eq!(dotted(&deep), "v0.v1.v2.v3.v4.v5.v6.v7.….v192.v193.v194.v195.v196.v197.v198.v199");
    }
}
