"""onnxruntime on all-MiniLM-L6-v2, fp32, one thread: the peer that `cargo bench --bench embed` starts.

Reads lines [ids, runs]; answers each with [seconds of CPU time a run, vector]. The graph is made here from the
weights, since the model comes without one.

    pip install onnxruntime onnx numpy safetensors
"""
import json
import sys
import time

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

HIDDEN, HEADS, LAYERS = 384, 12, 6


def graph(weights):
    nodes, inits = [], []

    def const(name, array):
        inits.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def op(kind, inputs, name, **more):
        nodes.append(helper.make_node(kind, inputs, [name], **more))
        return name

    def linear(x, prefix, name):
        w = const(name + ".w", weights[prefix + ".weight"].T)
        b = const(name + ".b", weights[prefix + ".bias"])
        return op("Add", [op("MatMul", [x, w], name + ".mm"), b], name)

    def norm(x, prefix, name):
        scale, bias = const(name + ".s", weights[prefix + ".weight"]), const(name + ".b", weights[prefix + ".bias"])
        return op("LayerNormalization", [x, scale, bias], name, axis=-1, epsilon=1e-12)

    words = const("words", weights["embeddings.word_embeddings.weight"])
    places = const("places", weights["embeddings.position_embeddings.weight"][:256])
    kind = const("kind", weights["embeddings.token_type_embeddings.weight"][0])
    x = op("Gather", [words, "ids"], "gathered")
    x = op("Add", [x, op("Gather", [places, "at"], "placed")], "sum")
    x = norm(op("Add", [x, kind], "sum2"), "embeddings.LayerNorm", "embedded")
    split = const("split", np.array([-1, HEADS, HIDDEN // HEADS], dtype=np.int64))
    merge = const("merge", np.array([-1, HIDDEN], dtype=np.int64))
    root = const("root", np.array((HIDDEN // HEADS) ** -0.5, dtype=np.float32))
    half, one, sqrt2 = (const(n, np.array(v, dtype=np.float32)) for n, v in [("half", 0.5), ("one", 1), ("sqrt2", 2**0.5)])
    for n in range(LAYERS):
        p, t = f"encoder.layer.{n}.", f"l{n}."
        q, k, v = (op("Reshape", [linear(x, p + "attention.self." + s, t + s), split], t + s + "r") for s in ["query", "key", "value"])
        q = op("Transpose", [q], t + "qt", perm=[1, 0, 2])
        k = op("Transpose", [k], t + "kt", perm=[1, 2, 0])
        v = op("Transpose", [v], t + "vt", perm=[1, 0, 2])
        s = op("Softmax", [op("Mul", [op("MatMul", [q, k], t + "qk"), root], t + "sc")], t + "sm", axis=-1)
        c = op("Transpose", [op("MatMul", [s, v], t + "sv")], t + "ct", perm=[1, 0, 2])
        a = linear(op("Reshape", [c, merge], t + "cm"), p + "attention.output.dense", t + "ao")
        x = norm(op("Add", [a, x], t + "ar"), p + "attention.output.LayerNorm", t + "an")
        h = linear(x, p + "intermediate.dense", t + "in")
        e = op("Erf", [op("Div", [h, sqrt2], t + "hd")], t + "erf")
        g = op("Mul", [op("Mul", [h, op("Add", [e, one], t + "e1")], t + "he"), half], t + "g")
        x = norm(op("Add", [linear(g, p + "output.dense", t + "out"), x], t + "or"), p + "output.LayerNorm", t + "on")
    out = op("ReduceMean", [x, const("axes", np.array([0], dtype=np.int64))], "mean", keepdims=0)
    ints = TensorProto.INT64
    made = helper.make_graph(nodes, "minilm", [helper.make_tensor_value_info(n, ints, ["s"]) for n in ["ids", "at"]],
                             [helper.make_tensor_value_info(out, TensorProto.FLOAT, [HIDDEN])], inits)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()


def main(directory):
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(graph(load_file(directory + "/model.safetensors")), options, providers=["CPUExecutionProvider"])
    print("onnxruntime", ort.__version__, flush=True)
    for line in sys.stdin:
        ids, runs = json.loads(line)
        given = {"ids": np.array(ids, dtype=np.int64), "at": np.arange(len(ids), dtype=np.int64)}
        vector = session.run(None, given)[0]
        began = time.thread_time()
        for _ in range(runs):
            session.run(None, given)
        took = (time.thread_time() - began) / runs
        print(json.dumps([took, (vector / np.linalg.norm(vector)).tolist()]), flush=True)


main(sys.argv[1])
