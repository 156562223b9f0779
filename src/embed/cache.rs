//! Vectors that were made lately, by the hash of their text.

use super::Vector;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// What a text is known by.
pub type Key = [u8; 32];

pub fn key(text: &str) -> Key {
    Sha256::digest(text).into()
}

/// Keeps at least the `most` vectors that were used last, and no more than twice as many.
///
/// There are two generations: once the young one is full it becomes the old one, and what nobody has asked
/// for since then goes.
pub struct Cache {
    young: HashMap<Key, Vector>,
    old: HashMap<Key, Vector>,
    most: usize,
}

impl Cache {
    pub fn new(most: usize) -> Cache {
        Cache { young: HashMap::new(), old: HashMap::new(), most }
    }

    pub fn get(&mut self, key: &Key) -> Option<Vector> {
        if let Some(vector) = self.young.get(key) {
            return Some(vector.clone());
        }
        let vector = self.old.remove(key)?;
        self.put(*key, vector.clone());
        Some(vector)
    }

    pub fn put(&mut self, key: Key, vector: Vector) {
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, vector);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_is_kept_and_the_rest_goes() {
        let mut cache = Cache::new(3);
        let key = |n: u32| key(&n.to_string());
        for n in 0..100 {
            cache.put(key(n), [n as f32].into());
            assert_eq!(cache.get(&key(0)).as_deref(), Some(&[0.0][..]), "asked for each time");
        }
        assert!(cache.get(&key(98)).is_some() && cache.get(&key(99)).is_some());
        assert!(cache.get(&key(50)).is_none());
        assert!(cache.young.len() + cache.old.len() <= 6);
    }
}
