"""What Presidio finds in the labelled set: one prediction a line, in the form that `evaluate.py` reads.

    python3 -m venv /tmp/presidio && /tmp/presidio/bin/pip install presidio-analyzer
    /tmp/presidio/bin/python tests/oracles/presidio.py DETECT/dev/pii.jsonl > presidio.jsonl
    python3 DETECT/evaluate.py --gold DETECT/dev/pii.jsonl --pred presidio.jsonl --types core

Its pattern recognisers of every country, without a model for names. A blank spaCy pipeline gives no lemmas, and its context words
then never match: here each word is its own lemma, so that they do. With `--defaults`, only those that it loads for English.
"""

import json
import sys
import time

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

class Words(NlpEngine):
    """Splits into words; each is its own lemma."""

    def __init__(self):
        self.nlp = spacy.blank("en")

    def load(self):
        pass

    def is_loaded(self):
        return True

    def process_text(self, text, language):
        doc = self.nlp(text)
        lemmas = [token.text.lower() for token in doc]
        return NlpArtifacts(
            entities=[],
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            lemmas=lemmas,
            nlp_engine=self,
            language=language,
        )

    def process_batch(self, texts, language, **_):
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word, language):
        return self.nlp.vocab[word].is_stop

    def is_punct(self, word, language):
        return self.nlp.vocab[word].is_punct

    def get_supported_entities(self):
        return []

    def get_supported_languages(self):
        return ["en"]


def registry(defaults):
    """Recognisers by patterns alone, all of them as if for English."""
    if defaults:
        found = RecognizerRegistry()
        found.load_predefined_recognizers(languages=["en"])
        found.recognizers = [r for r in found.recognizers if "Spacy" not in type(r).__name__]
        return found
    made = []
    for name in sorted(predefined_recognizers.__all__):
        try:
            made.append(getattr(predefined_recognizers, name)(supported_language="en"))
        except Exception:  # Those that need a model, a key or a service cannot be made.
            continue
    by_pattern = [r for r in made if hasattr(r, "patterns") or "Phone" in type(r).__name__]
    return RecognizerRegistry(recognizers=by_pattern)


def main():
    paths = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    recognizers = registry("--defaults" in sys.argv)
    engine = AnalyzerEngine(registry=recognizers, nlp_engine=Words(), supported_languages=["en"])
    size, began = 0, time.process_time()
    for line in open(paths[0], encoding="utf-8"):
        document = json.loads(line)
        text = document["text"]
        size += len(text.encode())
        found = [
            {
                "type": hit.entity_type,
                "start": len(text[: hit.start].encode()),
                "end": len(text[: hit.end].encode()),
                "score": hit.score,
            }
            for hit in engine.analyze(text, language="en", score_threshold=0.4)
        ]
        print(json.dumps({"id": document["id"], "pii": found}))
    took = time.process_time() - began
    print(f"{len(recognizers.recognizers)} recognisers, {size / took / 1e6:.3f} MB/s of CPU time", file=sys.stderr)


if __name__ == "__main__":
    main()
