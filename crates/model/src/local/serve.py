"""Serves one GGUF model on loopback. Reads its settings as one JSON line from standard input, says
{"port": N} when it is up, and ends when standard input ends: it must not outlive its parent."""

import hashlib
import json
import os
import sys
import threading


def die(why):
    print(json.dumps({"error": why}), flush=True)
    os._exit(1)


def digest(path):
    with open(path, "rb") as file:
        hashed = hashlib.sha256()
        for part in iter(lambda: file.read(1 << 20), b""):
            hashed.update(part)
        return hashed.hexdigest()


def watch():
    while sys.stdin.readline():
        pass
    os._exit(0)


settings = json.loads(sys.stdin.readline())
threading.Thread(target=watch, daemon=True).start()
try:
    if settings["sha256"] and digest(settings["model"]) != settings["sha256"]:
        die("the model's file is not the one that was installed")
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["context"] * settings["slots"]
    # More threads spin at every barrier; one was measured to be the best on a busy machine.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.hostnames = ["127.0.0.1"]
    params.port = settings["port"]
    params.api_keys = [settings["key"]]
    params.warmup = False
    params.endpoint_slots = False
    server = xllamacpp.Server(params)
    print(json.dumps({"port": int(server.listening_address.rsplit(":", 1)[1])}), flush=True)
except Exception as error:
    die(str(error))
threading.Event().wait()
