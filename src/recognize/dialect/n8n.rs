//! n8n, whose AI nodes are known by their type.

use super::*;
use Kind::*;

pub const DIALECT: Dialect = Dialect {
    name: "n8n",
    about: "n8n: the spans of its AI nodes, by `n8n.node.type`; those of its other nodes are no LLM's",
    source: "n8n-io/n8n, packages/@n8n/nodes-langchain for the types; the instrumentations of its users for the key",
    marks: &[Mark::Value("n8n.node.type", "@n8n/n8n-nodes-langchain.*")],
    rules: &[Rule::Key(
        "n8n.node.type",
        &[
            ("*.lm*", call(Chat)),
            ("*.openAi", call(Chat)),
            ("*.anthropic", call(Chat)),
            ("*.googleGemini", call(Chat)),
            ("*.ollama", call(Chat)),
            ("*.embeddings*", call(Embeddings)),
            ("*.reranker*", call(Rerank)),
            ("*.agent*", step(Agent)),
            ("*.chain*", step(Workflow)),
            ("*.vectorStore*", step(Retrieval)),
            ("*.retriever*", step(Retrieval)),
            ("*.tool*", step(Tool)),
            ("*.mcp*", step(Tool)),
            ("*", step(Task)),
        ],
    )],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn ai_nodes_are_found_by_type_and_others_are_not() {
        check(
            r#"
n8n.workflow.execute | n8n
n8n.workflow.name = support
n8n.node.execute | n8n
n8n.node.type = n8n-nodes-base.httpRequest
n8n.node.execute | n8n
n8n.node.type = @n8n/n8n-nodes-langchain.agent
n8n.node.output_json = [[{"json":{"output":"hello"}}]]
n8n.node.execute | n8n
n8n.node.type = @n8n/n8n-nodes-langchain.lmChatOpenAi
n8n.node.execute | n8n
n8n.node.type = @n8n/n8n-nodes-langchain.vectorStorePinecone
"#,
            expect![[r#"
                n8n.workflow.execute: carrier
                n8n.node.execute: carrier
                n8n.node.execute: agent - by - ["n8n"]
                n8n.node.execute: chat counted - by - ["n8n"]
                n8n.node.execute: retrieval - by - ["n8n"]
            "#]],
        );
    }
}
