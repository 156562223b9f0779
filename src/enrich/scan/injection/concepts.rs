//! What the words of the lexicon stand for.

macro_rules! concepts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a word stands for in a rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Concept { $($(#[$doc])* $name,)* }

        impl Concept {
            pub const ALL: &[Concept] = &[$(Concept::$name,)*];

            pub(super) fn named(name: &str) -> Option<Concept> {
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
    /// To hand over to the one who asks.
    TellMe,
    Your,
    /// The prompt of the system, by a name that says so.
    SystemPrompt,
    /// The prompt of the one spoken to, whole.
    OwnPrompt,
    /// All that a model was told before, by a name for the whole of it.
    GivenOrders,
    /// To say in other words or another form: of a text, not of a thing.
    Reword,
    /// Verse or prose on something.
    VerseOn,
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
    /// A secret, and the end of the sentence: nobody says whose.
    KeptAlone,
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
    /// What keeps a model safe, by names that little else has.
    SafetyNet,
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
    /// To change an answer, or put something into it.
    Alter,
    /// What only a reader that answers has.
    AnswerOf,
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
    /// A link that takes something along.
    Link,
    Append,
    Url,
    /// The part of an address that carries a value.
    Query,
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
    pub(super) fn opens_line(self) -> bool {
        use Concept::*;
        matches!(self, RoleLine | RoleWord | HumanTurn | AssistantTurn)
    }
}
