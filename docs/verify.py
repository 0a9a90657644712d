#!/usr/bin/env python3
"""Checks a pack or an export of `flightdeck evidence`, offline, with Python's standard library alone.

Written from docs/evidence-format.md, and it shares no line with the program that seals. It prints one JSON
object and exits 0, or says on standard error what is wrong and exits 8. It judges neither the records' summary
nor the decisions in them; `flightdeck verify` does.

    python3 verify.py PACK [--key NAME+ID+BASE64] [--witness NAME+ID+BASE64]
"""

import base64
import binascii
import hashlib
import json
import os
import re
import struct
import sys
import time
import zlib

# Ed25519, as RFC 8032 has it (section 5.1), on points in extended coordinates.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recovered(y, sign):
    if y >= P:
        return None
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    x = recovered(y & ((1 << 255) - 1), y >> 255)
    return None if x is None else (x, y & ((1 << 255) - 1), 1, x * (y & ((1 << 255) - 1)) % P)


def added(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = added(q, p)
        p, n = added(p, p), n >> 1
    return q


def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recovered(BASE_Y, 0), BASE_Y, 1, recovered(BASE_Y, 0) * BASE_Y % P)


def signed(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = point(key), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or same(times(8, a), (0, 1, 1, 0)):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return same(times(s, BASE), added(r, times(h, a)))


class Refused(Exception):
    pass


def need(holds, what):
    if not holds:
        raise Refused(what)


def sha(data):
    return hashlib.sha256(data).digest()


def decoded(text, what):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(what + " is no base64")
    need(base64.b64encode(data).decode() == text, what + " is not in the one form of base64")
    return data


def number(text, what):
    need(re.fullmatch("0|[1-9][0-9]{0,19}", text) is not None, what + " is no number")
    return int(text)


def strict(data, what):
    """JSON in which no key stands twice."""

    def once(pairs):
        need(len({key for key, _ in pairs}) == len(pairs), what + ": a key stands twice")
        return dict(pairs)

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Refused(what + " cannot be read")


# Section 5: the container.
def unpacked(data):
    need(len(data) <= 2 << 30, "the pack is larger than 2 GiB")
    files, central, at = {}, b"", 0
    while data[at : at + 4] == b"PK\x03\x04":
        head = data[at : at + 30]
        need(len(head) == 30, "the pack is cut off at byte %d" % at)
        crc, size, again, length = struct.unpack("<IIIH", head[14:28])
        fixed = b"\x0a\x00\x00\x08\x00\x00\x00\x00\x21\x00"
        need(head[4:14] == fixed and size == again and head[28:] == b"\0\0", "byte %d: no header of a pack" % at)
        name = data[at + 30 : at + 30 + length]
        body = data[at + 30 + length : at + 30 + length + size]
        need(len(body) == size, "the pack is cut off at byte %d" % at)
        need(length <= 200 and re.fullmatch(rb"[A-Za-z0-9._/-]+", name) is not None, "a file is called what none may be")
        need(all(part and part[:1] != b"." for part in name.split(b"/")), "a file is called what none may be")
        name = name.decode()
        need(not files or max(files) < name, name + ": twice or out of order")
        need(len(files) < 4096, "too many files")
        shared = fixed + struct.pack("<IIIH", crc, size, size, length)
        central += b"PK\x01\x02\x14\x00" + shared + b"\0" * 12 + struct.pack("<I", at) + name.encode()
        files[name] = (body, crc)
        at += 30 + length + size
    end = b"PK\x05\x06\0\0\0\0" + struct.pack("<HHII", len(files), len(files), len(central), at) + b"\0\0"
    need(data[at:] == central + end, "the pack ends or goes on as no pack does (byte %d)" % at)
    return files


# Section 2: the tree, checkpoints and keys.
class Tree:
    def __init__(self):
        self.size, self.peaks = 0, []

    def push(self, leaf):
        n = self.size
        while n & 1:
            leaf, n = sha(b"\x01" + self.peaks.pop() + leaf), n >> 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self):
        if not self.peaks:
            return sha(b"")
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = sha(b"\x01" + peak + root)
        return root


def key_id(name, way, key):
    return sha(name.encode() + b"\n" + bytes([way]) + key)[:4]


def verifier(text):
    parts = text.split("+", 2)
    need(len(parts) == 3, "a key is written NAME+ID+BASE64")
    name, shown, rest = parts
    data = decoded(rest, "a key")
    need(len(data) == 33 and data[0] in (1, 4), "a key is of a kind that is not known")
    need(name and key_id(name, data[0], data[1:]).hex() == shown, "the id of a key does not follow from it")
    return name, data[0], data[1:]


def note(data):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("checkpoint: no text")
    need(not any(c < " " and c != "\n" for c in text) and "\n\n" in text and text.endswith("\n"), "checkpoint: no note")
    body, lines = text[:-1].rsplit("\n\n", 1)
    found = []
    for line in lines.split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014" and parts[1], "checkpoint: no signature line")
        blob = decoded(parts[2], "a signature")
        need(len(blob) > 4, "checkpoint: a signature is too short")
        found.append((parts[1], blob[:4], blob[4:]))
    return body + "\n", found


def checkpoint(text):
    lines = text.split("\n")
    need(len(lines) == 4 and lines[3] == "" and lines[0], "checkpoint: not three lines")
    root = decoded(lines[2], "the root")
    need(len(root) == 32, "checkpoint: the root has not 32 bytes")
    return lines[0], number(lines[1], "the size"), root


def signed_root(data, origin, key):
    text, lines = note(data)
    mine = [line for line in lines if line[0] == origin and line[1] == key_id(origin, 1, key)]
    need(mine, "checkpoint: another key signed it")
    need(all(signed(key, text.encode(), line[2]) for line in mine), "checkpoint: the signature is wrong")
    name, size, root = checkpoint(text)
    need(name == origin, "checkpoint: it is of another log")
    return text, lines, size, root


# Section 3: keys.
class Ring:
    def __init__(self):
        self.origin, self.keys, self.earlier = None, [], []

    def find(self, key):
        return next((known for known in self.keys if known["key"] == key), None)

    def current(self):
        return self.keys[-1] if self.keys and self.keys[-1]["revoked"] is None else None

    def add(self, key, by):
        need(self.find(key) is None, "a key is made a second time")
        self.keys.append({"key": key, "by": by, "revoked": None})

    def read(self, proof, place, at):
        kind, said = next(iter(proof.items()))
        if kind == "key_made":
            need(self.current() is None, "a key was made while another one signs")
            need(self.origin in (None, said["origin"]), "a key has another origin")
            self.origin = said["origin"]
            self.add(said["key"], None)
        elif kind == "key_rotated":
            old = self.current()
            need(old is not None and old["key"] == said["was"], "a key took the place of one that does not sign")
            text = "flightdeck evidence key v1\n%s\n%s\n" % (self.origin, said["key"])
            right = signed(bytes.fromhex(said["was"]), text.encode(), bytes.fromhex(said["signature"]))
            need(right, "a new key was not signed by the one before")
            self.add(said["key"], said["was"])
        elif kind == "key_revoked":
            known = self.find(said["key"])
            need(known is not None, "a key was revoked that nobody made")
            known["revoked"] = said["since"]
        else:
            self.earlier.append((place, kind, said))


def entries(data):
    at = 0
    while at < len(data):
        end = data.find(b"\n", at)
        need(end >= 0, "log/entries is cut off")
        place, _, entry = data[at:end].partition(b" ")
        yield number(place.decode("ascii", "replace"), "a place"), entry
        at = end + 1


DESK = "0" * 26


class Walk:
    """Section 6, 5 to 7: the entries that are shown."""

    def __init__(self, leaves):
        self.leaves, self.ring, self.cases, self.frames, self.newest = leaves, Ring(), {}, {}, 0

    def read(self, data):
        last = -1
        for place, entry in entries(data):
            need(last < place < len(self.leaves), "entry %d is out of order or beyond the end" % place)
            last, hashed = place, sha(b"\0" + entry)
            need(hashed == self.leaves[place], "entry %d was changed" % place)
            frame = strict(entry, "entry %d" % place)
            run, seq = frame["run"], frame["seq"]
            case = self.cases.setdefault(run, {"next": 0, "tip": b"\0" * 32, "places": []})
            where = "entry %d (entry %s of case %s)" % (place, seq, run)
            need(frame["v"] == 1 and seq == case["next"], where + ": missing, twice or out of order")
            need(frame["prev"] == case["tip"].hex(), where + ": does not follow from the one before")
            if seq == 0 and run != DESK:
                opened = frame["records"][0]
                need(isinstance(opened, dict) and "opened" in opened, where + ": does not begin its case")
                parent = opened["opened"]["starter"].get("parent")
                case.update(opened["opened"], at=frame["at"], opened=place, root=parent["root"] if parent else None)
            case.update(next=seq + 1, tip=hashed)
            case["places"].append(place)
            self.newest = max(self.newest, frame["at"])
            self.frames[place] = frame.get("bodies", [])
            for record in frame["records"]:
                if run == DESK and isinstance(record, dict) and "proof" in record:
                    self.ring.read(record["proof"], place, frame["at"])

    def rooted(self, size, root):
        need(len(self.leaves) == size, "the signed root is over %d entries, and %d are here" % (size, len(self.leaves)))
        tree = Tree()
        for leaf in self.leaves:
            tree.push(leaf)
        need(tree.root() == root, "the entries do not give the signed root")

    def earlier(self):
        tree, count = Tree(), 0
        for place, kind, said in self.ring.earlier:
            need(said["size"] <= place, "entry %d signs what comes after it" % place)
            if said["size"] < tree.size:
                tree = Tree()
            while tree.size < said["size"]:
                tree.push(self.leaves[tree.size])
            need(tree.root().hex() == said["root"], "entry %d: the entries before it do not give its root" % place)
            if kind == "checkpoint":
                need(self.ring.find(said["key"]) is not None, "entry %d: no key of this log" % place)
                text = "%s\n%d\n%s\n" % (self.ring.origin, said["size"], base64.b64encode(tree.root()).decode())
                right = signed(bytes.fromhex(said["key"]), text.encode(), bytes.fromhex(said["signature"]))
                need(right, "entry %d: its signature is wrong" % place)
                count += 1
        return count

    def vouched(self, origin, key, at, trusted):
        known = self.ring.find(key.hex())
        need(known is not None and self.ring.origin == origin, "the entries tell of no such key")
        need(known is self.ring.keys[-1], "another key had taken its place")
        need(known["revoked"] is None or known["revoked"] > at, "the key is revoked")
        if trusted:
            while known is not None and known["key"] != trusted[2].hex():
                known = self.ring.find(known["by"]) if known["by"] else None
            need(known is not None, "neither the key that you trust nor one that it vouched for signed it")


def statement(data):
    envelope = strict(data, "the statement")
    need(json.dumps(envelope, separators=(",", ":")).encode() == data, "the statement is not in its one form")
    need(list(envelope) == ["payloadType", "payload", "signatures"], "the statement is no DSSE envelope")
    need(envelope["payloadType"] == "application/vnd.in-toto+json", "the statement is of another kind")
    (one,) = envelope["signatures"] if len(envelope["signatures"]) == 1 else [None]
    need(isinstance(one, dict) and list(one) == ["keyid", "sig"], "the statement has not one signature")
    payload = decoded(envelope["payload"], "the statement")
    said = strict(payload, "the statement")
    need(said["_type"] == "https://in-toto.io/Statement/v1", "the statement is of another kind")
    need(said["predicateType"] == "https://flightdeck.example/evidence/v1", "the statement is of another kind")
    about = said["predicate"]
    need(about["format"] == 1, "the statement is of another version")
    name, way, key = verifier(about["key"])
    need(name == about["origin"] and way == 1 and key_id(name, 1, key).hex() == one["keyid"], "the key is another one")
    pae = b"DSSEv1 28 application/vnd.in-toto+json %d " % len(payload) + payload
    need(signed(key, pae, decoded(one["sig"], "the signature")), "the statement's signature is wrong")
    subjects = {subject["name"]: subject["digest"]["sha256"] for subject in said["subject"]}
    need(len(subjects) == len(said["subject"]), "the statement names a file twice")
    return about, key, subjects


def population(data, walk):
    """Section 6, 9."""
    told = strict(data, "population.json")
    wanted = told["wanted"]
    runs = {run: case for run, case in walk.cases.items() if run != DESK}

    def about(case):
        named = wanted["workflow"] in (None, case["workflow"])
        return named and wanted["from"] <= case["at"] < wanted["until"]

    roots = {run: case for run, case in runs.items() if case["root"] is None and about(case)}
    live = [run for run, case in roots.items() if case["mode"] == "live"]
    if wanted["sample"] is not None:
        seed = wanted["sample"]["seed"]
        rank = lambda run: (sha(("flightdeck sample v1\n%s\n%s" % (seed, run)).encode()), run)
        live = sorted(live, key=rank)[: wanted["sample"]["take"]]
    live, cases, left_out = set(live), [], []
    shown = set(walk.cases.get(DESK, {"places": []})["places"])
    for run in sorted(runs):
        case = runs[run]
        root = case["root"] or run
        if wanted["full"]:
            shown.update(case["places"])
        if root not in roots:
            continue
        shown.add(case["opened"])
        if roots[root]["mode"] != "live":
            left_out.append({"run": run, "opened": case["opened"], "why": roots[root]["mode"]})
            continue
        if root in live:
            shown.update(case["places"])
        one = {"run": run, "opened": case["opened"], "entries": case["next"], "shown": root in live}
        if case["root"] is not None:
            one["of"] = case["root"]
        cases.append(one)
    need(shown == set(walk.frames), "other entries are shown than those of the cases that are listed")
    need(told["left_out"] == left_out, "other cases were left out than the list says")
    need(len(told["cases"]) == len(cases), "the entries tell of other cases")
    for listed, seen in zip(told["cases"], cases):
        if not (listed["shown"] or wanted["full"]):
            listed = dict(listed, entries=seen["entries"])
        need(listed == seen, "case %s: the list says otherwise than the entries or the seed" % seen["run"])
    need(not wanted["full"] or len(walk.frames) == len(walk.leaves), "it says that all is shown, and it is not")
    return len(cases), sum(case["shown"] for case in cases), {runs[c["run"]]["release"] for c in cases if c["shown"]}


def contents(data, seeds, frames):
    """Section 6, 10."""
    last, salts = (-1, -1), {}
    for line in data.splitlines(keepends=True):
        need(line.endswith(b"\n"), "log/contents.jsonl is cut off")
        one = strict(line, "a content")
        place, n = one["entry"], one["n"]
        where = "entry %s, content %s" % (place, n)
        need((place, n) > last and place in frames and n < len(frames[place]), where + " is out of place")
        last, meta = (place, n), frames[place][n]
        salt, body = bytes.fromhex(one["salt"]), decoded(one["body"], where)
        need(len(salt) == 16 and sha(salt + body).hex() == meta["commit"] and len(body) == meta["len"], where + " was changed")
        salts[place, n] = salt
    for line in seeds.splitlines(keepends=True):
        one = strict(line, "a seed")
        need(one["entry"] in frames, "a seed is of an entry that is not shown")
        for n in range(len(frames[one["entry"]])):
            salt = sha(bytes.fromhex(one["entropy"]) + struct.pack(">H", n))[:16]
            need(salts.get((one["entry"], n)) == salt, "entry %d: its salts do not follow" % one["entry"])
    return len(salts)


def pack(data, trusted, witnesses):
    files = unpacked(data)
    need("statement.dsse.json" in files, "the statement is missing")
    about, key, subjects = statement(files["statement.dsse.json"][0])
    for name, digest in subjects.items():
        need(name in files, name + " is missing")
        need(sha(files[name][0]).hex() == digest, name + " was changed")
    for name, (body, crc) in files.items():
        need(name in subjects or name == "statement.dsse.json", name + ": nobody signed it")
        need(zlib.crc32(body) == crc, name + ": its checksum is wrong")
    get = lambda name: files[name][0] if name in files else need(False, name + " is missing")
    text, lines, size, root = signed_root(get("checkpoint"), about["origin"], key)
    need((size, root.hex()) == (about["entries"], about["root"]), "the statement names another root")
    hashes = get("log/leaves")
    need(len(hashes) % 32 == 0, "log/leaves ends within a hash")
    walk = Walk([hashes[at : at + 32] for at in range(0, len(hashes), 32)])
    walk.rooted(size, root)
    walk.read(get("log/entries"))
    now = time.time() * 1000 + 600_000
    need(walk.newest <= about["sealed_at"] + 600_000 and about["sealed_at"] <= now, "it is of a time that has not come")
    walk.vouched(about["origin"], key, about["sealed_at"], trusted)
    checkpoints = walk.earlier()
    cases, shown, releases = population(get("population.json"), walk)
    opened = contents(get("log/contents.jsonl"), get("log/seeds.jsonl"), walk.frames)
    for name in files:
        if name.startswith("releases/"):
            need(name == "releases/%s.json" % sha(files[name][0]).hex(), name + " is not what its name says")
    for release in releases:
        need("releases/%s.json" % release in files, "the release %s is missing" % release)
    seen = {}
    for name, way, witness in witnesses:
        for line in lines:
            if way == 4 and line[:2] == (name, key_id(name, 4, witness)):
                (at,) = struct.unpack(">Q", line[2][:8])
                message = "cosignature/v1\ntime %d\n%s" % (at, text)
                need(signed(witness, message.encode(), line[2][8:]) and at * 1000 <= now, "witness %s: wrong" % name)
                seen[name] = at
    return {"grade": "witnessed" if seen else "not witnessed", "origin": about["origin"], "key": about["key"],
            "key_known": bool(trusted), "entries": size, "entries_shown": len(walk.frames), "cases": cases,
            "cases_shown": shown, "contents_shown": opened, "checkpoints": checkpoints, "witnesses": seen}


def export(folder, trusted):
    with open(os.path.join(folder, "log", "entries"), "rb") as file:
        data = file.read()
    with open(os.path.join(folder, "checkpoint"), "rb") as file:
        signed_note = file.read()
    leaves = []
    for place, entry in entries(data):
        need(place == len(leaves), "entry %d is missing" % len(leaves))
        leaves.append(sha(b"\0" + entry))
    walk = Walk(leaves)
    origin, size, root = checkpoint(note(signed_note)[0])
    walk.rooted(size, root)
    walk.read(data)
    current = walk.ring.current()
    need(current is not None, "no key signs here")
    key = bytes.fromhex(current["key"])
    signed_root(signed_note, origin, key)
    walk.vouched(origin, key, walk.newest, trusted)
    need(walk.newest <= time.time() * 1000 + 600_000, "an entry is of a time that has not come")
    return {"grade": "not witnessed", "origin": origin, "entries": size, "entries_shown": len(walk.frames),
            "cases": len(walk.cases) - (DESK in walk.cases), "checkpoints": walk.earlier()}


def main(args):
    trusted, witnesses, paths = None, [], []
    args = iter(args)
    for arg in args:
        if arg in ("--key", "--witness"):
            key = verifier(next(args, ""))
            trusted, witnesses = (key, witnesses) if arg == "--key" else (trusted, witnesses + [key])
        else:
            paths.append(arg)
    if len(paths) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    if os.path.isdir(paths[0]):
        found = export(paths[0], trusted)
    else:
        with open(paths[0], "rb") as file:
            found = pack(file.read((2 << 30) + 1), trusted, witnesses)
    print(json.dumps(found))
    return 0


# What was signed may also not be of the form that it must have.
BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError)
REFUSALS = (Refused, *BROKEN)

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as refused:
        print("refused: %s" % refused, file=sys.stderr)
        sys.exit(8)
    except BROKEN as broken:
        print("refused: it is not of this form (%s: %s)" % (type(broken).__name__, broken), file=sys.stderr)
        sys.exit(8)
