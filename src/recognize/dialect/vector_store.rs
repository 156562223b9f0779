//! Vector stores, whose queries and documents are prompts too.

use super::*;
use Kind::*;

pub const DIALECT: Dialect = Dialect {
    name: "vector-store",
    about: "Vector stores under OpenLLMetry and OpenLIT: Chroma, Pinecone, Milvus, Qdrant, Weaviate, LanceDB, Marqo",
    source: "OpenLLMetry chromadb 0.62.4 as captured, its other packages' sources; spec/dialects.md 2.3",
    marks: &[
        Mark::Key("db.chroma.*"),
        Mark::Key("db.pinecone.*"),
        Mark::Key("pinecone.*"),
        Mark::Key("db.milvus.*"),
        Mark::Key("db.qdrant.*"),
        Mark::Key("qdrant.*"),
        Mark::Key("db.weaviate.*"),
        Mark::Key("db.lancedb.*"),
        Mark::Key("db.marqo.*"),
        Mark::Name("db.query.result"),
        Mark::Name("db.search.result"),
        Mark::Name("db.query.embeddings"),
        Mark::Name("db.search.embeddings"),
        Mark::Scope("opentelemetry.instrumentation.chromadb"),
        Mark::Scope("opentelemetry.instrumentation.pinecone"),
        Mark::Scope("opentelemetry.instrumentation.milvus"),
        Mark::Scope("opentelemetry.instrumentation.qdrant"),
        Mark::Scope("opentelemetry.instrumentation.weaviate"),
        Mark::Scope("opentelemetry.instrumentation.lancedb"),
        Mark::Scope("opentelemetry.instrumentation.marqo"),
    ],
    rules: &[Rule::Name("*", step(Retrieval))],
    events: &[
        ("db.query.result", Side::Output, Role::Document, &["db.query.result.document"]),
        ("db.search.result", Side::Output, Role::Document, &["db.search.result.entity"]),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_query_is_a_retrieval_with_its_documents() {
        check(
            r#"
chroma.query | opentelemetry.instrumentation.chromadb
db.system = chroma
db.chroma.query.n_results = 1
! db.query.result
db.query.result.document = Tarn GTX
"#,
            expect![[r#"
                chroma.query: retrieval - by - ["vector-store"]
                  >0 Document: Tarn GTX
            "#]],
        );
    }
}
