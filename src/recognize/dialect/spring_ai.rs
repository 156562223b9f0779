//! Spring AI.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "spring-ai",
    about: "Spring AI through Micrometer: `spring.ai.*`, `gen_ai.operation.name=framework`, `db.vector.query.*`",
    source: "spring-projects/spring-ai documentation and source; spec/dialects.md 2.12",
    marks: &[
        Mark::Key("spring.ai.*"),
        Mark::Key("db.vector.query.*"),
        Mark::Name("spring.ai.*"),
    ],
    rules: &[
        Rule::Key(
            "spring.ai.kind",
            &[
                ("chat_client", step(Workflow)),
                ("advisor", step(Task)),
                ("vector_store", step(Retrieval)),
                ("tool_call", step(Tool)),
            ],
        ),
        Rule::Has("spring.ai.tool.*", step(Tool)),
        Rule::Has("db.vector.query.*", step(Retrieval)),
    ],
    fields: &[
        (ConversationId, "spring.ai.chat.client.conversation.id", Word),
        (Input, "spring.ai.model.request.messages", Say(Role::User)),
        (Output, "spring.ai.model.response.messages", Say(Role::Assistant)),
        (Input, "spring.ai.tool.call.arguments", Whole(Role::Tool)),
        (Output, "spring.ai.tool.call.result", Whole(Role::Tool)),
        (System, "spring.ai.chat.client.system.text", Say(Role::System)),
        (Input, "spring.ai.chat.client.user.text", Say(Role::User)),
        (Input, "db.vector.query.content", Say(Role::User)),
        (Output, "db.vector.query.response.documents", Say(Role::Document)),
    ],
    ..Dialect::NONE
};
