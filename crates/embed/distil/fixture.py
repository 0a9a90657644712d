"""Writes what the original tokenizer makes of texts that are hard to cut, for the test of ours.

    target/embed/venv/bin/python crates/embed/distil/fixture.py TOKENIZER.JSON
"""

import json
import pathlib
import sys

from tokenizers import Tokenizer

TEXTS = """
My parcel hasn't arrived yet!
unaffordable antidisestablishmentarianism
Ünïcödé café naïve Ångström İstanbul
Straße und Größe, ß
it's 3.14 or 1,000.00 €?
e-mail me: joan.pell@mail.example
FD123456 #42 50% C++ a/b\\c
http://www.example.com/a?b=c&d=e
日本語のテキスト 汉字 mixed中文words
한국어 텍스트
Привет, мир! Как дела?
مرحبا بالعالم
שלום עולם
ก็ไม่เป็นไร
नमस्ते दुनिया
emoji 😀 between 👍🏽 words
zero\u200bwidth and soft\u00adhyphen
tab\tand\u00a0no-break\u3000wide
control\u0007bell \ufffd replaced
“curly quotes” ‘single’ — dash… ellipsis
¿Dónde está? ¡Aquí!
[CLS] [SEP] [MASK] [unused1]
##ing ##s a##b
a_b_c __init__ snake_case
ALL CAPS SHOUTING
ﬁne ﬀ ligatures ½ ² ™
combining e\u0301 n\u0303 o\u0308\u0304
x́ y̌ zalgo h̸̡̪e̷l̴l̶o
$100 £20 ¥5 + = < > | ~ ^ `
don't I'll we've o'clock
""".strip().split("\n") + [
    "", " ", "\n\n", "a" * 100, "a" * 101, "á" * 100, "ok " + "b" * 200 + " end", "line\r\nbreaks\rhere",
    "\u1e9e \u0130 \u01c5", "\u2028separated\u2029lines", "a\u0000b", "\ud7ff\ue000\uf8ff private",
    "１２３ ＡＢＣ full width", "🏳️‍🌈 flag", "𝒳 math 𝟘",
]


def main():
    # Marks that stand for themselves in the text are words like any other here.
    about = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    about["added_tokens"], about["truncation"], about["padding"] = [], None, None
    about["post_processor"] = None
    tokenizer = Tokenizer.from_str(json.dumps(about))
    out = pathlib.Path(__file__).resolve().parent.parent / "tests" / "tokens.jsonl"
    with out.open("w", encoding="utf-8") as file:
        for text in TEXTS:
            text = text.encode("utf-8", "replace").decode("utf-8")
            tokens = [t for t in tokenizer.encode(text).tokens if t != "[UNK]"]
            file.write(json.dumps({"text": text, "tokens": tokens}) + "\n")


if __name__ == "__main__":
    main()
