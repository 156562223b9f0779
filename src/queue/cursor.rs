//! The file that says how far a lane has come: two slots, written in turn.

use super::disk::{Disk, File, read_full, write_all};
use super::format::{get_u64, put_u64};
use super::window::Window;
use std::io::{self, IoSlice};
use std::sync::Arc;

const SLOT: usize = 4096;
const MAGIC: &[u8; 8] = b"SLCURSOR";
const VERSION: u8 = 1;
const RANGES_AT: usize = 32;
const MOST_RANGES: usize = 250;
const SUFFIX: &str = ".cursor";

/// A lane's cursor file, open for writing.
pub struct Cursor {
    file: Arc<dyn File>,
    generation: u64,
    /// Something stood in it when it was opened, and could not be read.
    pub damaged: bool,
}

impl Cursor {
    /// Opens the cursor of `lane`. `None` for the window: there was none, or none that can be read.
    /// The file has its full size from the start, so that a full disk does not keep lanes from moving.
    /// A new one is there for good only after the directory is synced.
    pub fn open(disk: &dyn Disk, lane: &str) -> io::Result<(Cursor, Option<Window>)> {
        let name = file_name(lane);
        let file = match disk.open(&name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => disk.create(&name)?,
            Err(error) => return Err(error),
        };
        let size = file.size()?;
        if size < 2 * SLOT as u64 {
            let rest = vec![0; 2 * SLOT - size as usize];
            write_all(&*file, &mut [IoSlice::new(&rest)], size)?;
            file.sync_data()?;
        }
        let (generation, window) = match read(&*file)? {
            Some((generation, window)) => (generation, Some(window)),
            None => (0, None),
        };
        let damaged = window.is_none() && !is_blank(&*file)?;
        Ok((Cursor { file, generation, damaged }, window))
    }

    /// Writes the next slot, without syncing it.
    pub fn write(&mut self, window: &Window) -> io::Result<()> {
        let generation = self.generation + 1;
        let slot = encode(generation, window);
        let at = generation % 2 * SLOT as u64;
        write_all(&*self.file, &mut [IoSlice::new(&slot)], at)?;
        self.generation = generation;
        Ok(())
    }

    /// The file, to be synced without holding up who writes.
    pub fn file(&self) -> Arc<dyn File> {
        self.file.clone()
    }
}

/// The newest valid slot of a cursor file: its generation and what it says.
pub fn read(file: &dyn File) -> io::Result<Option<(u64, Window)>> {
    let mut bytes = vec![0; 2 * SLOT];
    let filled = read_full(file, &mut bytes, 0)?;
    Ok(bytes[..filled].chunks_exact(SLOT).filter_map(decode).max_by_key(|(generation, _)| *generation))
}

/// Whether nothing was ever written to a cursor file.
fn is_blank(file: &dyn File) -> io::Result<bool> {
    let mut bytes = vec![0; 2 * SLOT];
    read_full(file, &mut bytes, 0)?;
    Ok(bytes.iter().all(|byte| *byte == 0))
}

fn encode(generation: u64, window: &Window) -> Vec<u8> {
    let mut slot = vec![0; SLOT];
    slot[..8].copy_from_slice(MAGIC);
    slot[8] = VERSION;
    put_u64(&mut slot, 16, generation);
    put_u64(&mut slot, 24, window.low());
    let mut count: u16 = 0;
    for (at, (first, end)) in (RANGES_AT..).step_by(16).zip(window.above().take(MOST_RANGES)) {
        put_u64(&mut slot, at, first);
        put_u64(&mut slot, at + 8, end);
        count += 1;
    }
    slot[10..12].copy_from_slice(&count.to_le_bytes());
    let sum = crc32c::crc32c(&slot[..SLOT - 4]);
    slot[SLOT - 4..].copy_from_slice(&sum.to_le_bytes());
    slot
}

fn decode(slot: &[u8]) -> Option<(u64, Window)> {
    let sum = crc32c::crc32c(&slot[..SLOT - 4]).to_le_bytes();
    let count = usize::from(u16::from_le_bytes([slot[10], slot[11]]));
    if slot[..8] != *MAGIC || slot[8] != VERSION || slot[SLOT - 4..] != sum || count > MOST_RANGES {
        return None;
    }
    let mut window = Window::new(get_u64(slot, 24));
    for at in (RANGES_AT..).step_by(16).take(count) {
        window.complete(get_u64(slot, at), get_u64(slot, at + 8));
    }
    Some((get_u64(slot, 16), window))
}

/// `otlp/tempo` keeps its cursor in `otlp%2Ftempo.cursor`.
pub fn file_name(lane: &str) -> String {
    let mut name = String::new();
    for byte in lane.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name + SUFFIX
}

/// The lane whose cursor is kept in `file`; `None` if that is no cursor's name.
pub fn lane_name(file: &str) -> Option<String> {
    let escaped = file.strip_suffix(SUFFIX)?;
    let mut parts = escaped.split('%');
    let mut name = parts.next()?.as_bytes().to_vec();
    for part in parts {
        name.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        name.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Memory;

    #[test]
    fn a_new_cursor_is_blank_and_one_that_cannot_be_read_is_damaged() {
        let disk = Memory::default();
        assert!(!Cursor::open(&disk, "one").unwrap().0.damaged);
        let (mut cursor, window) = Cursor::open(&disk, "one").unwrap();
        assert!(!cursor.damaged && window.is_none());
        cursor.write(&Window::new(7)).unwrap();
        assert!(!Cursor::open(&disk, "one").unwrap().0.damaged);
        write_all(&*cursor.file(), &mut [IoSlice::new(&[1; 2 * SLOT])], 0).unwrap();
        let (cursor, window) = Cursor::open(&disk, "one").unwrap();
        assert!(cursor.damaged && window.is_none());
    }
}
