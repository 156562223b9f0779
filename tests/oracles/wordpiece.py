"""What Hugging Face's tokenizers make of many texts: the oracle of our WordPiece.

    pip install tokenizers
    python tests/oracles/wordpiece.py MODEL_DIR [EVERY] > cases.jsonl
    SIDELIGHT_TEST_MODEL=MODEL_DIR SIDELIGHT_WORDPIECE_CASES=cases.jsonl cargo test --lib wordpiece

With EVERY only each so manieth text; `tests/data/model/wordpiece.jsonl` has every 120th by the tiny vocabulary there.

MODEL_DIR holds `vocab.txt`; the settings are those of all-MiniLM-L6-v2. Texts are made up from a seed: words, scripts,
marks, controls, special words, long words, every assigned block, and random code points.
"""
import itertools
import json
import random
import sys
import unicodedata

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors


def tokenizer(path):
    pieces = open(path, encoding="utf-8").read().split("\n")[:-1]
    number = {piece: n for n, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(number, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    ends = [(name, number[name]) for name in ["[CLS]", "[SEP]"]]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    made.enable_truncation(256)
    return made, pieces


def texts(pieces):
    pick = random.Random(2026)
    assigned = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) != "Cn"]
    marks = [c for c in assigned if unicodedata.category(c) in ("Mn", "Mc", "Me")]
    odd = [c for c in assigned if unicodedata.category(c) in ("Cc", "Cf", "Co", "Zs", "Zl", "Zp")]
    punctuation = [c for c in assigned if unicodedata.category(c)[0] in "PS"]
    special = ["[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "[cls]", "[CLS", "CLS]", "[ CLS ]", "[[CLS]]"]
    # Every character once, with letters around it so that its category shows.
    for at in range(0, len(assigned), 40):
        yield "".join(f"a{c}b " for c in assigned[at : at + 40])
    for at in range(0, 0x110000, 4096):
        span = [chr(c) for c in range(at, at + 4096) if not 0xD800 <= c < 0xE000]
        if span:
            yield "x".join(pick.sample(span, 60))
    words = [piece.removeprefix("##") for piece in pieces]
    for _ in range(3000):
        kinds = [words, words, words, [" ", " ", "\n", "\t"], punctuation, marks, odd, special, assigned, ["x" * n for n in (99, 100, 101)]]
        weights = [pick.random() ** 3 for _ in kinds]
        yield "".join(pick.choice(pick.choices(kinds, weights)[0]) for _ in range(pick.choice([3, 20, 80, 400])))
    for _ in range(1000):
        base = pick.choice(["e", "가", "ᄀ", "का", "a", "ก", "A", "İ", "ﬁ", "ᄀ"])
        yield " ".join(base + "".join(pick.choices(marks, k=pick.randrange(8))) for _ in range(12))
    for _ in range(1000):
        yield "".join(chr(pick.choice([pick.randrange(0xD800), pick.randrange(0xE000, 0x110000)])) for _ in range(50))


def main():
    made, pieces = tokenizer(sys.argv[1] + "/vocab.txt")
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for text in itertools.islice(texts(pieces), 0, None, every):
        print(json.dumps({"text": text, "ids": made.encode(text).ids}, ensure_ascii=False))


main()
