"""Makes the tiny model that stands beside this file, and what it should answer: always the same.

It has the architecture of all-MiniLM-L6-v2 with two layers, two heads and made-up weights. The expected vectors come
from numpy in 64-bit floats and from Hugging Face's tokenizers, so they know nothing of our code.

    pip install numpy safetensors tokenizers
    python make.py
"""
import json
import math
import string

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

HIDDEN, HEAD, INNER, LAYERS, PLACES = 64, 32, 64, 2, 256
WORDS = """the a of to is what how do i my in for and it you can with on not write tell me about please capital city
france paris germany berlin weather today rain sun cook pasta soup bread recipe code python rust sort list function
error bank card money account open close password reset login user email send mail ticket flight train hotel book
read music song play game team win lose doctor health sleep run walk dog cat bird fish tree water fire earth""".split()
ENDS = "ed ing er ly tion able ness".split()
TEXTS = ["what is the capital of france?", "", "Tell me about the Capital city of FRANCE, please.", "résumé naïve 北京 [MASK] ümlaut",
         "how do i sort a list in python", "zzzqqq " * 200, "reset my password " * 120]


def vocabulary():
    letters = list(string.ascii_lowercase + string.digits)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return special + list(string.punctuation) + letters + ["北"] + [word for word in WORDS if len(word) > 1] + ["##" + piece for piece in letters + ENDS]


def weights(count):
    random = np.random.default_rng(2026)
    made = {}

    def put(name, *shape, scale=0.05, around=0.0):
        made[name] = (around + scale * random.standard_normal(shape)).astype(np.float32)

    put("embeddings.word_embeddings.weight", count, HIDDEN, scale=1.0)
    put("embeddings.position_embeddings.weight", PLACES, HIDDEN)
    put("embeddings.token_type_embeddings.weight", 2, HIDDEN)

    def norm(name):
        put(name + ".LayerNorm.weight", HIDDEN, around=1.0)
        put(name + ".LayerNorm.bias", HIDDEN)

    def dense(name, to, of):
        put(name + ".weight", to, of, scale=of**-0.5)
        put(name + ".bias", to)

    norm("embeddings")
    for n in range(LAYERS):
        layer = f"encoder.layer.{n}."
        for part in ["query", "key", "value"]:
            dense(layer + "attention.self." + part, HIDDEN, HIDDEN)
        dense(layer + "attention.output.dense", HIDDEN, HIDDEN)
        norm(layer + "attention.output")
        dense(layer + "intermediate.dense", INNER, HIDDEN)
        dense(layer + "output.dense", HIDDEN, INNER)
        norm(layer + "output")
    return made


def forward(w, ids):
    w = {name: tensor.astype(np.float64) for name, tensor in w.items()}
    dense = lambda x, name: x @ w[name + ".weight"].T + w[name + ".bias"]

    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
        return x * w[name + ".LayerNorm.weight"] + w[name + ".LayerNorm.bias"]

    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings")
    for n in range(LAYERS):
        layer = f"encoder.layer.{n}."
        q, k, v = (dense(x, layer + "attention.self." + part) for part in ["query", "key", "value"])
        heads = []
        for at in range(0, HIDDEN, HEAD):
            part = slice(at, at + HEAD)
            scores = q[:, part] @ k[:, part].T / math.sqrt(HEAD)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            heads.append(scores / scores.sum(-1, keepdims=True) @ v[:, part])
        x = norm(dense(np.concatenate(heads, -1), layer + "attention.output.dense") + x, layer + "attention.output")
        h = dense(x, layer + "intermediate.dense")
        h = h * 0.5 * (1 + np.vectorize(math.erf)(h / math.sqrt(2)))
        x = norm(dense(h, layer + "output.dense") + x, layer + "output")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def main():
    pieces = vocabulary()
    with open("vocab.txt", "w") as file:
        file.write("".join(piece + "\n" for piece in pieces))
    made = weights(len(pieces))
    save_file(made, "model.safetensors")
    number = {piece: n for n, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(number, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(pieces[:5])
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.enable_truncation(256)
    answers = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        vector = [round(float(x), 9) for x in forward(made, ids)]
        answers.append({"text": text, "input_ids": ids, "embedding": vector})
    with open("vectors.json", "w") as file:
        file.write("{\"items\": [\n" + ",\n".join(json.dumps(answer) for answer in answers) + "\n]}\n")


main()
