//! A shared object as it lies in memory (elf(5)): where its functions are, and where it ends.
//! Places are counted in bytes from its beginning.

use std::ops::Range;

/// `PT_LOAD`: a part that is loaded.
const LOAD: u64 = 1;
/// `PT_DYNAMIC`: where the tables are.
const DYNAMIC: u64 = 2;
/// `DT_STRTAB`: the table of names.
const NAMES: u64 = 5;
/// `DT_SYMTAB`: the table of symbols.
const SYMBOLS: u64 = 6;
/// How long one symbol is: a name, five smaller numbers, a place, a length.
const SYMBOL: usize = 24;

/// An object of 64 bits, the lowest byte first.
#[derive(Debug)]
pub struct Object<'a> {
    bytes: &'a [u8],
    /// What is subtracted from an address in it to give a place.
    address: u64,
    symbols: usize,
    names: usize,
    /// Behind the last byte that any of its headers speaks of.
    pub end: usize,
}

impl<'a> Object<'a> {
    /// Reads the headers of an object; none where it is of another kind, or is none.
    pub fn read(bytes: &'a [u8]) -> Option<Object<'a>> {
        if !bytes.starts_with(b"\x7fELF\x02\x01") {
            return None;
        }
        let field = |at, size| number(bytes, at, size);
        let sections = place(field(40, 8)?, field(58, 2)? * field(60, 2)?)?;
        let (parts, size, count) = (field(32, 8)?, field(54, 2)?, field(56, 2)?);
        let mut end = sections;
        let (mut address, mut dynamic) = (None, None);
        for index in 0..count {
            let part = place(parts, index * size)?;
            let field = |at, size| number(bytes, part.checked_add(at)?, size);
            let (kind, offset, length) = (field(0, 4)?, field(8, 8)?, field(32, 8)?);
            end = end.max(place(offset, length)?);
            match kind {
                LOAD => address = address.or(Some(field(16, 8)?.wrapping_sub(offset))),
                DYNAMIC => dynamic = Some(place(offset, 0)?..place(offset, length)?),
                _ => {}
            }
        }
        let (address, dynamic) = (address?, bytes.get(dynamic?)?);
        let table = |kind| {
            let mut entries = dynamic.chunks_exact(16);
            let entry = entries.find(|entry| number(entry, 0, 8) == Some(kind))?;
            place(number(entry, 8, 8)?.wrapping_sub(address), 0)
        };
        Some(Object { bytes, address, symbols: table(SYMBOLS)?, names: table(NAMES)?, end })
    }

    /// The bytes of a function.
    pub fn function(&self, name: &str) -> Option<Range<usize>> {
        // How many symbols there are nobody says, but linkers put the names behind them.
        let table = self.bytes.get(self.symbols..self.names)?;
        table.chunks_exact(SYMBOL).find_map(|symbol| {
            let at = self.names.checked_add(number(symbol, 0, 4)? as usize)?;
            let rest = self.bytes.get(at..)?.strip_prefix(name.as_bytes())?;
            let start = place(number(symbol, 8, 8)?.wrapping_sub(self.address), 0)?;
            let function = start..start.checked_add(number(symbol, 16, 8)? as usize)?;
            (rest.first() == Some(&0) && self.bytes.get(function.clone()).is_some()).then_some(function)
        })
    }
}

/// A number of `size` bytes.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

/// A place so many bytes behind another.
fn place(from: u64, length: u64) -> Option<usize> {
    usize::try_from(from.checked_add(length)?).ok()
}
