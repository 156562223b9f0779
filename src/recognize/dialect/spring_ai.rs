//! Spring AI.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "spring-ai",
    about: "Spring AI through Micrometer: `spring.ai.*`, `gen_ai.operation.name=framework`, `db.vector.query.*`",
    source: "spring-projects/spring-ai documentation and source; spec/dialects.md 2.12",
    marks: &[Mark::Key("spring.ai.*"), Mark::Key("db.vector.query.*"), Mark::Name("spring.ai.*")],
    rules: &[
        Rule::Both("spring.ai.kind", "vector_store", "* add", step(Task)),
        Rule::Both("spring.ai.kind", "vector_store", "* delete", step(Task)),
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
        (ToolName, "spring.ai.tool.definition.name", Word),
        (Input, "spring.ai.model.request.messages", Say(Role::User)),
        (Output, "spring.ai.model.response.messages", Say(Role::Assistant)),
        (Input, "spring.ai.tool.call.arguments", Whole(Role::Tool)),
        (Output, "spring.ai.tool.call.result", Whole(Role::Tool)),
        (System, "spring.ai.chat.client.system.text", Say(Role::System)),
        (Input, "spring.ai.chat.client.user.text", Say(Role::User)),
        (Input, "db.vector.query.content", Say(Role::User)),
        (Output, "db.vector.query.response.documents", Say(Role::Document)),
    ],
    running_totals: true,
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_client_its_call_and_its_vector_store_are_told_apart() {
        check(
            r#"
chat_client | org.springframework.boot
gen_ai.operation.name = framework
gen_ai.system = spring_ai
spring.ai.kind = chat_client
spring.ai.chat.client.user.text = hi
  chat gpt-4o | org.springframework.boot
  gen_ai.operation.name = chat
  gen_ai.system = openai
  gen_ai.request.model = gpt-4o
  gen_ai.prompt = ["hi"]
  pg_vector query | org.springframework.boot
  db.vector.query.content = boots
"#,
            expect![[r#"
                chat_client: workflow - by - ["spring-ai", "otel-semconv"]
                  <0 User: hi
                chat gpt-4o: chat counted gpt-4o by openai ["otel-semconv"]
                  <0 User: hi
                pg_vector query: retrieval - by - ["spring-ai"]
                  <0 User: boots
            "#]],
        );
    }

    #[test]
    fn what_is_put_into_a_store_is_not_retrieved_and_none_is_no_model() {
        check(
            r#"
simple add | org.springframework.boot
spring.ai.kind = vector_store
db.operation.name = add
simple query | org.springframework.boot
spring.ai.kind = vector_store
db.operation.name = query
chat gpt-4o | org.springframework.boot
gen_ai.operation.name = chat
gen_ai.system = openai
gen_ai.request.model = gpt-4o
gen_ai.response.model = none
error = BadRequestException
"#,
            expect![[r#"
                simple add: task - by - ["spring-ai"]
                simple query: retrieval - by - ["spring-ai"]
                chat gpt-4o: chat counted gpt-4o by openai failed ["otel-semconv"]
            "#]],
        );
    }
}
