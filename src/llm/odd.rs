//! What is wrong with an item that is enriched all the same.

/// One thing that no instrumentation should send. The item goes on, is read as far as it can be, and is
/// scanned as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Odd {
    /// A known key holds a value of another type than it should.
    WrongType,
    /// A key stands twice.
    DuplicateKey,
    /// A structured text breaks off in the middle, as where an SDK limits the length of values.
    CutValue,
    /// The SDK dropped attributes over its limit: what is missing may have been the model or the tokens.
    DroppedAttributes,
    /// The spans around it stand around themselves.
    ParentCycle,
}

impl Odd {
    pub const ALL: [Odd; 5] =
        [Odd::WrongType, Odd::DuplicateKey, Odd::CutValue, Odd::DroppedAttributes, Odd::ParentCycle];

    /// The value of the label `reason`.
    pub fn reason(self) -> &'static str {
        match self {
            Odd::WrongType => "wrong_type",
            Odd::DuplicateKey => "duplicate_key",
            Odd::CutValue => "cut_value",
            Odd::DroppedAttributes => "dropped_attributes",
            Odd::ParentCycle => "parent_cycle",
        }
    }
}

/// A set of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities(u8);

impl Oddities {
    pub fn add(&mut self, odd: Odd) {
        self.0 |= 1 << odd as u8;
    }

    pub fn has(self, odd: Odd) -> bool {
        self.0 & 1 << odd as u8 != 0
    }
}
