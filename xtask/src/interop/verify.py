"""openbadgeslib, told nothing of ours but what is in a folder: documents, tokens and pictures. It
reads one line of JSON for each credential, `{ "file", "now" }`, and answers with one. Nothing is
fetched: lists and the issuer's document come from the folder."""

import datetime
import json
import sys
from pathlib import Path

import jwt.api_jwt
from openbadgeslib.ob3 import verifier as verifying
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.verifier import OB3Verifier

# It reads the clock itself, so a later time is a later clock.
REAL = datetime.datetime
LATER = None


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return LATER.astimezone(tz) if LATER else REAL.now(tz)


for module in (verifying, jwt.api_jwt):
    module.datetime = Clock

home, address = Path(sys.argv[1]), sys.argv[2]
did = "did:web:" + address.removeprefix("https://").replace(":", "%3A")


def download(url, *_, **__):
    path = url.removeprefix(address + "/")
    if path == url:
        raise OSError(f"nothing is fetched: {url}")
    # It reads signed lists as tokens only.
    name = path + ".jwt" if path.startswith("status/") else path
    return (home / name).read_bytes()


for line in sys.stdin:
    asked = json.loads(line)
    name, later = asked["file"], asked["now"]
    LATER = REAL.fromisoformat(later) if later else None
    try:
        content = (home / name).read_bytes()
        if name.endswith(".png"):
            content = OB3Verifier.extract_token_from_png(content).encode()
        if name.endswith(".svg"):
            content = OB3Verifier.extract_token_from_svg(content).encode()
        text = content.decode().strip()
        if text.startswith("{"):
            verifier = OB3LdpVerifier.for_issuer_did(did)
        else:
            verifier = OB3Verifier.for_issuer_did(did, download=download)
        verifier.verify(text, check_status=True, download=download)
        answer = {"verified": True, "why": ""}
    except Exception as error:  # noqa: BLE001 - whatever it is, it was not accepted
        answer = {"verified": False, "why": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
