//! Words and what they stand for, in the languages that people attack in, found in one pass.
//!
//! The words are data (`words/*.txt`): a line `[Concept]`, then lines of entries set apart by two
//! spaces, all in lower case. A star at the end marks a stem, which letters may follow. Lines that begin
//! with `//` are comments.

use std::ops::Range;
use std::sync::LazyLock;

macro_rules! concepts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a word stands for in a rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Concept { $($(#[$doc])* $name,)* }

        impl Concept {
            pub const ALL: &[Concept] = &[$(Concept::$name,)*];

            fn named(name: &str) -> Option<Concept> {
                match name {
                    $(stringify!($name) => Some(Concept::$name),)*
                    _ => None,
                }
            }
        }
    };
}

concepts! {
    /// To leave out of account.
    Ignore,
    /// To do away with: weaker, since much is deleted and skipped.
    Drop,
    /// What came earlier.
    Prior,
    /// All of it.
    All,
    /// What a model was told to do.
    Orders,
    /// What else came before: weaker.
    Context,
    /// "What you were told", whole.
    Told,
    /// "Everything above", whole.
    AllAbove,
    /// That something no longer holds.
    Void,
    NewOrders,
    /// Not to obey any more.
    Disobey,
    /// That orders are turned round or outranked, whole.
    Overruled,
    /// That whoever is in charge has changed something.
    Changed,
    /// A task that is said to be the real or the new one, in two parts.
    NewKind,
    Duty,
    /// That what came before is over.
    Ended,
    /// That an answer is to be these words and no others.
    ExactOutput,
    /// Whatever something else says.
    Despite,
    /// That the speaker alone is in charge.
    MyCommand,
    /// Where one puts what does not count.
    Aside,
    /// To leave the task at hand.
    StopTask,
    /// That the model spoken to is bound by nothing.
    YouAreFree,
    /// To show or say.
    Reveal,
    /// To say in other words: an everyday request.
    Retell,
    /// A question: "what is".
    Ask,
    Your,
    /// The prompt of the system, by a name that says so.
    SystemPrompt,
    /// The prompt of the one spoken to, whole.
    OwnPrompt,
    /// What a text says or holds.
    Says,
    /// The prompt, by any of its names.
    Prompt,
    /// What only the one who set a model up sees: hidden, secret, internal, initial.
    Hid,
    /// The text above, as a thing to repeat.
    TextAbove,
    /// A question about what a model was told, whole.
    Interrogate,
    /// In what form, to get past a filter.
    AsForm,
    /// The start of a sentence that a model is to end with what it keeps.
    KeptIs,
    Forever,
    /// A secret that a model was told to keep.
    Kept,
    /// The password, which may be anybody's.
    Password,
    /// To tell a word without saying it: its letters, a rhyme.
    Hint,
    /// A part of a text, word by word.
    Wording,
    /// What shows that a text above is the speaker's own: for more people, in simpler words.
    Reworked,
    /// To take a role from now on.
    Become,
    /// A name of a well-known jailbreak persona.
    Persona,
    /// A relative who is dead: of a jailbreak, but of stories too.
    Relative,
    /// Rules lifted.
    Unlimited,
    /// Free in a way that stories are full of.
    Free,
    Lawless,
    /// What keeps a model in bounds.
    Limits,
    /// That something is no longer there.
    Gone,
    /// The bounds of the one spoken to.
    Bounds,
    YouAre,
    /// That no request may be refused, nor warned of.
    NoRefusal,
    /// How an answer has to begin.
    Opening,
    /// To keep to a role, which stories ask for too.
    InCharacter,
    /// Whose rules they are: makers of models and their policies.
    Maker,
    /// The game around a persona: tokens to lose, two answers, a mode confirmed.
    Game,
    /// What a persona of an attack is like, what it is, and what it does.
    Wicked,
    BotNoun,
    ObeysAll,
    /// Two answers to one question.
    TwoAnswers,
    /// When a model would refuse, and what that costs it.
    IfRefused,
    Penalty,
    /// That a name is short for something.
    StandsFor,
    /// Marks of answers in two voices, which nobody else uses.
    TwoVoices,
    DeveloperMode,
    /// A mode that only a model has.
    GodMode,
    /// A mode that any machine may have.
    ServiceMode,
    /// That the model spoken to is in a mode.
    YouAreIn,
    Enter,
    /// A model addressed in a document.
    DearModel,
    /// Something meant for a model, as prompts say it too.
    ForModel,
    Model,
    Must,
    /// What a text asks of a model that reads it.
    Bid,
    /// A model called by its name, and a colon or comma.
    ModelCalled,
    /// What no person is.
    Machine,
    /// To read along, as only a machine is told that it does.
    Reads,
    /// What attackers make a model say to show that they can.
    Trophy,
    /// Text hidden from readers.
    HiddenText,
    Secrecy,
    /// A secret kept from whom a model works for.
    SecretFromUser,
    /// That somebody has agreed to all that follows.
    Consent,
    /// To act unseen.
    Stealth,
    /// A reason why a model should make an exception now.
    Pretext,
    /// What a pretext is for.
    Secret,
    /// What its answer should be.
    Output,
    CallTool,
    /// A tool that an attacker would call.
    ToolName,
    /// What a poisoned description of a tool asks for.
    ToolPoison,
    Thought,
    Action,
    Observation,
    CallJson,
    /// What an attacker takes.
    Loot,
    /// To send off.
    Away,
    /// To whom: an address outside.
    Recipient,
    /// What a URL should carry away.
    Payload,
    /// A tool, by that word.
    ToolWord,
    /// What only an agent can do for somebody.
    AgentAct,
    /// What has to come before the answer.
    BeforeTask,
    /// That whoever a model works for is not to be heeded.
    UserSetAside,
    /// What a text wants said of it.
    Steered,
    /// To have the user hand something over.
    AskUser,
    /// What opens an account.
    Credential,
    /// To look for what is to be taken.
    Fetch,
    /// A place to send to, that anybody may name.
    ToMailbox,
    /// An image or link.
    Image,
    Append,
    Url,
    Decode,
    Obey,
    /// A token of a chat template.
    ChatToken,
    /// A tag that closes what is given or opens a role.
    RoleTag,
    /// A tag that ends what a tool or a user said.
    ResultTag,
    /// A line that borders a message.
    RoleLine,
    /// A role's name at the start of a line.
    RoleWord,
    RoleJson,
    HumanTurn,
    AssistantTurn,
    /// The start of an answer that gives in.
    Comply,
    /// A negation at a verb.
    Not,
    /// Speech that is reported, or asked about.
    Report,
    /// That words are spoken of: counts for what stands in quotation marks beside it.
    Mention,
    /// A prompt of any kind, or a message of the speaker's own: not those of the model spoken to.
    Indefinite,
}

impl Concept {
    /// Whether its words count only at the start of a line.
    fn opens_line(self) -> bool {
        use Concept::*;
        matches!(self, RoleLine | RoleWord | HumanTurn | AssistantTurn)
    }
}

const FILES: &[&str] = &[
    include_str!("words/override.txt"),
    include_str!("words/reveal.txt"),
    include_str!("words/persona.txt"),
    include_str!("words/agent.txt"),
    include_str!("words/encode.txt"),
    include_str!("words/markers.txt"),
    include_str!("words/talk.txt"),
];

/// All words as a trie of bytes, walked from where a word begins.
pub struct Lexicon {
    /// Sorted by text.
    words: Vec<Word>,
    nodes: Vec<Node>,
    /// The byte that leads to each node.
    bytes: Vec<u8>,
    /// The node of each two bytes that some word begins with, 0 for none.
    roots: Vec<u32>,
}

struct Word {
    text: &'static str,
    concept: Concept,
    /// Whether letters may follow.
    is_stem: bool,
}

/// A beginning that words have in common: those that end here, and the nodes one byte on, side by side.
#[derive(Clone, Default)]
struct Node {
    words: Range<u16>,
    next: Range<u32>,
}

/// Whether words stand apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    Kept,
    /// All words are glued together: one may begin behind any letter.
    None,
}

/// One word in a text.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    pub concept: Concept,
    pub start: usize,
    pub end: usize,
}

pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::build);

impl Lexicon {
    fn build() -> Lexicon {
        let mut words = Vec::new();
        for file in FILES {
            read(file, &mut words);
        }
        words.sort_by_key(|word| word.text);
        let (nodes, bytes) = (vec![Node::default()], vec![0]);
        let mut lexicon = Lexicon { words, nodes, bytes, roots: vec![0; 1 << 16] };
        let mut from = 0;
        while from < lexicon.words.len() {
            let start: [u8; 2] = lexicon.words[from].text.as_bytes()[..2].try_into().expect("two bytes");
            let to =
                from + lexicon.words[from..].partition_point(|word| word.text.as_bytes()[..2] <= start[..]);
            let root = lexicon.push(start[1]);
            lexicon.roots[usize::from(u16::from_le_bytes(start))] = place(root);
            lexicon.grow(root, from..to, 2);
            from = to;
        }
        lexicon
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.words.len() * size_of::<Word>()
            + self.nodes.len() * (size_of::<Node>() + 1)
            + self.roots.len() * size_of::<u32>()
    }

    fn push(&mut self, byte: u8) -> usize {
        self.nodes.push(Node::default());
        self.bytes.push(byte);
        self.nodes.len() - 1
    }

    /// Makes the nodes behind `node`, whose words are `words` and agree in `depth` bytes.
    fn grow(&mut self, node: usize, words: Range<usize>, depth: usize) {
        let byte = |lexicon: &Lexicon, i: usize| lexicon.words[i].text.as_bytes().get(depth).copied();
        let longer = words.start + self.words[words.clone()].partition_point(|word| word.text.len() == depth);
        self.nodes[node].words = number(words.start)..number(longer);
        let mut groups = Vec::new();
        let mut from = longer;
        while from < words.end {
            let next = byte(self, from);
            let to = (from..words.end).find(|i| byte(self, *i) != next).unwrap_or(words.end);
            groups.push((self.push(next.expect("words that go on stand behind")), from..to));
            from = to;
        }
        if let (Some((first, _)), Some((last, _))) = (groups.first(), groups.last()) {
            self.nodes[node].next = place(*first)..place(last + 1);
        }
        for (child, words) in groups {
            self.grow(child, words, depth + 1);
        }
    }

    /// Calls `found` for each word of `text`, which is in lower case, in the order in which they begin.
    ///
    /// The work for one place is bounded by the longest word.
    pub fn each(&self, text: &str, spacing: Spacing, mut found: impl FnMut(Hit)) {
        let bytes = text.as_bytes();
        let glued = spacing == Spacing::None;
        let mut before = b' ';
        for (start, pair) in bytes.windows(2).enumerate() {
            if glued || begins(before, pair[0]) {
                let root = self.roots[usize::from(u16::from_le_bytes([pair[0], pair[1]]))];
                if root != 0 {
                    self.walk(bytes, start, root, glued, &mut found);
                }
            }
            before = pair[0];
        }
    }

    /// Follows the words behind `root` along the text from `start` on.
    fn walk(&self, bytes: &[u8], start: usize, root: u32, glued: bool, found: &mut impl FnMut(Hit)) {
        let mut node = &self.nodes[root as usize];
        let mut end = start + 2;
        loop {
            #[cfg(test)]
            super::super::engine::work::add(1);
            for word in &self.words[usize::from(node.words.start)..usize::from(node.words.end)] {
                if glued || word.stands(bytes, start) {
                    found(Hit { concept: word.concept, start, end });
                }
            }
            let Some(byte) = bytes.get(end) else {
                return;
            };
            let next = node.next.start as usize;
            let ways = &self.bytes[next..node.next.end as usize];
            let Some(way) = ways.iter().position(|way| way == byte) else {
                return;
            };
            node = &self.nodes[next + way];
            end += 1;
        }
    }
}

fn number(word: usize) -> u16 {
    u16::try_from(word).expect("the lexicon has a few thousand words")
}

fn place(node: usize) -> u32 {
    u32::try_from(node).expect("a few thousand words have fewer beginnings than bytes")
}

/// Adds the entries of one file.
fn read(file: &'static str, words: &mut Vec<Word>) {
    let mut concept = None;
    for line in file.lines().filter(|line| !line.starts_with("//")) {
        let name = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(section) = name.and_then(Concept::named) {
            concept = Some(section);
            continue;
        }
        for entry in line.split("  ").map(str::trim).filter(|entry| !entry.is_empty()) {
            let concept = concept.expect("a section before the first entry: a test reads the files");
            let text = entry.strip_suffix('*').unwrap_or(entry);
            words.push(Word { text, concept, is_stem: text.len() < entry.len() });
        }
    }
}

/// Whether a word may begin with `byte` behind `before`: not inside of a word, but scripts without
/// spaces (all above U+0600) have no inside.
fn begins(before: u8, byte: u8) -> bool {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' => !is_letter(before),
        0xC0..0xD8 => !is_letter(before),
        0xD8.. => true,
        b' ' | b'\t' | b'\n' | 0x80..0xC0 => false,
        _ => true,
    }
}

/// A letter of a script that sets words apart, or a part of one.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Word {
    /// Whether it is whole at `start`: no letter follows, unless it is a stem, and it opens the line
    /// where it has to.
    fn stands(&self, bytes: &[u8], start: usize) -> bool {
        let last = self.text.as_bytes()[self.text.len() - 1];
        let next = bytes.get(start + self.text.len()).copied().unwrap_or(b' ');
        let goes_on = is_letter(last) && is_letter(next) && !self.has_no_spaces() && next < 0xD8;
        (self.is_stem || !goes_on) && (!self.concept.opens_line() || opens_line(bytes, start))
    }

    /// Whether it is of a script without spaces between words, or with particles glued on.
    fn has_no_spaces(&self) -> bool {
        self.text.chars().next_back().is_some_and(|c| u32::from(c) >= 0x600)
    }
}

/// Whether nothing but marks of emphasis stands between the start of the line and `at`.
fn opens_line(bytes: &[u8], at: usize) -> bool {
    let emphasis = |b: &&u8| {
        matches!(
            **b,
            b' ' | b'\t' | b'*' | b'#' | b'>' | b'-' | b'[' | b'"' | b'\'' | b'=' | b'~' | b'_' | b'<'
        )
    };
    let mut before = bytes[..at].iter().rev().take(8).skip_while(emphasis);
    before.next().is_none_or(|b| *b == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(Concept, &str)> {
        let mut all = Vec::new();
        LEXICON.each(text, Spacing::Kept, |hit| all.push((hit.concept, &text[hit.start..hit.end])));
        all
    }

    #[test]
    fn words_stand_by_themselves_and_stems_begin_one() {
        assert!(words("ignore").contains(&(Concept::Ignore, "ignore")));
        assert!(words("ignorance").is_empty() && words("signore").is_empty());
        assert!(words("игнорируйте").contains(&(Concept::Ignore, "игнорируй")));
        assert!(words("请忽略它").contains(&(Concept::Ignore, "忽略")));
    }

    #[test]
    fn a_role_counts_at_the_start_of_a_line_only() {
        let role = |text| words(text).iter().any(|(concept, _)| *concept == Concept::RoleWord);
        assert!(role("hello\nsystem: sing") && role("hello\n**system: sing**"));
        assert!(!role("my operating system: linux"));
    }

    #[test]
    fn every_entry_is_in_lower_case_and_every_concept_has_words() {
        for word in &LEXICON.words {
            assert_eq!(word.text, word.text.to_lowercase());
            assert!(word.text.len() >= 2, "{}", word.text);
        }
        for concept in Concept::ALL {
            assert!(LEXICON.words.iter().any(|word| word.concept == *concept), "{concept:?}");
        }
    }
}
