"""Tokenizers of the kinds that open models use, trained on this repository, and what Hugging Face's library counts by them.

    pip install tokenizers
    python tests/oracles/tokenizer_json.py DIR CASES
    SIDELIGHT_TOKENIZER_CASES=DIR cargo test --lib count::json

DIR gets a `tokenizer.json` for each kind and `cases.json`: texts, and the count of each. `tests/data/tokenizers` holds 150 cases.
Special tokens count as text; nothing is put around a text.
"""
import glob
import json
import os
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, trainers
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence, Split

LLAMA = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = LLAMA.replace("{1,3}", "")
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DEEPSEEK = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
    r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def split(pattern, behavior="isolated", invert=False):
    return Split(Regex(pattern), behavior, invert)


BYTES = ByteLevel(add_prefix_space=False, use_regex=False)
KINDS = {
    "gpt2": (None, ByteLevel(add_prefix_space=False)),
    "roberta": (None, ByteLevel(add_prefix_space=True)),
    "llama3": (None, Sequence([split(LLAMA), BYTES])),
    "qwen": (normalizers.NFC(), Sequence([split(QWEN), BYTES])),
    "deepseek": (
        normalizers.Sequence([]),
        Sequence([split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK), BYTES]),
    ),
    "tekken": (None, Sequence([split(TEKKEN, "removed", True), BYTES])),
    "starcoder": (normalizers.NFKC(), Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])),
}

SCRIPTS = "Straße naïve café привет мир 漢字かな交じり文 한국어 문장 नमस्ते दुनिया สวัสดีชาวโลก مرحبا بالعالم שלום 🦀👩‍💻 ﬁ Å e\u0301 가"


def corpus():
    root = os.path.join(os.path.dirname(__file__), "..", "..")
    paths = sorted(glob.glob(root + "/docs/*.md") + glob.glob(root + "/src/otlp/*.rs") + [root + "/README.md"])
    return [open(path, encoding="utf-8").read() for path in paths] + [SCRIPTS] * 20


def train(normalizer, pre_tokenizer, words):
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizer
    if normalizer:
        made.normalizer = normalizer
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=words, special_tokens=["<|end|>"], initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )
    made.train_from_iterator(corpus(), trainer)
    made.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("<tool>", normalized=False)])
    return made


def texts(number):
    pick = random.Random(7)
    lines = [line for text in corpus() for line in text.splitlines() if line.strip()]
    odd = ["'s", "'LL", " ", "  ", "\n", "\r\n\n", "\t", "\u00a0", "123", "12345", "½", "٣", "<|end|>", "<tool_call>", "<tool>",
           "e\u0301", "\u0301", "ﬁ", "Å", "漢字", "가", "🦀", "a", "A", "Zz", "--", "=/\n", "ǅ", "ʰ", "ß", "\u3000", "—", "x" * 40]
    for _ in range(number):
        parts = []
        for _ in range(pick.randrange(1, 8)):
            kind = pick.randrange(4)
            if kind == 0:
                line = pick.choice(lines)
                at = pick.randrange(len(line))
                parts.append(line[at : at + pick.randrange(1, 60)])
            elif kind == 1:
                parts.append("".join(pick.choices(odd, k=pick.randrange(1, 5))))
            elif kind == 2:
                parts.append(pick.choice(SCRIPTS.split()) + pick.choice([" ", ""]))
            else:
                parts.append(chr(pick.choice([pick.randrange(0x20, 0x250), pick.randrange(0x250, 0x3100), pick.randrange(0x1F300, 0x1F700)])))
        yield "".join(parts)


def main():
    folder, number = sys.argv[1], int(sys.argv[2])
    os.makedirs(folder, exist_ok=True)
    all_texts = list(texts(number)) + ["", " ", "a" * 5000, " " * 3000 + "x", "ab" * 4000]
    cases = {"texts": all_texts, "counts": {}}
    words = 420 if number < 1000 else 4000
    for name, (normalizer, pre_tokenizer) in KINDS.items():
        made = train(normalizer, pre_tokenizer, words)
        kept = json.loads(made.to_str())
        kept["model"]["ignore_merges"] = name == "llama3"
        path = os.path.join(folder, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(kept, file, ensure_ascii=False, separators=(",", ":"))
        made = Tokenizer.from_file(path)
        made.encode_special_tokens = True
        cases["counts"][name] = [len(made.encode(text, add_special_tokens=False).ids) for text in all_texts]
    with open(os.path.join(folder, "cases.json"), "w", encoding="utf-8") as file:
        json.dump(cases, file, ensure_ascii=False, separators=(",", ":"))


main()
