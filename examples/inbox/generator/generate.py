"""Writes the messages of this example and their right answers from the sentences beside it:

    python3 generator/generate.py

`seen.txt` becomes `messages.jsonl` and `cases/messages.jsonl`, `held-out.txt` becomes
`cases/held-out.jsonl` and `cases/held-out-answers.jsonl`. The two share no sentence, no greeting and
no product. The same seed gives the same files. Nothing in here knows how messages are sorted.
"""

import json
import pathlib
import random

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent

# Who owns what kind of request. Whoever is not here is a person from the beginning.
QUEUES = {
    "delivery": "warehouse",
    "return": "aftersales",
    "fault": "aftersales",
    "billing": "accounts",
    "account": "accounts",
    "product": "sales",
    "trade": "sales",
    "spam": "junk",
}
SHARES = {
    "delivery": 18, "return": 13, "fault": 13, "billing": 12, "account": 11, "product": 12,
    "trade": 6, "privacy": 3, "spam": 9, "other_language": 3,
}

SEEN = {
    "items": ["lawn mower", "garden bench", "parasol", "hedge trimmer", "wheelbarrow", "folding table",
              "greenhouse", "watering can", "pruning saw", "rocking chair", "compost bin", "leaf blower"],
    "greetings": ["", "", "Hi,", "Hello,", "Dear Fenwick team,", "Good morning,", "Dear Sir or Madam,",
                  "Hello there,", "Hi all,"],
    "chatter": ["", "", "", "", "I hope you are well.", "I have been a customer for years.",
                "Sorry to bother you.", "Lovely catalogue by the way.", "I tried to ring you but gave up after {n} minutes.",
                "We love the garden tools we bought from you last year."],
    "closings": ["", "Thanks", "Kind regards", "Best wishes", "Many thanks", "Regards", "Yours sincerely"],
    "subjects": ["", "Question", "Order {order}", "Help please", "Enquiry", "Message from your contact form", "Hello"],
    "reply": "On {weekday} Fenwick & Daughters wrote:",
    "quoted": ["Thank you for your order {order}. We will let you know as soon as it is on its way.",
               "Thank you for your message. We will be in touch within two working days.",
               "This is to confirm your recent purchase of a {item}."],
    "again": ["I wrote this before and heard nothing, so here it is once more:",
              "Resending as I had no answer.", "Second attempt!"],
}
HELD_OUT = {
    "items": ["strimmer", "sun lounger", "pergola", "secateurs", "pressure washer", "bird table", "potting shed",
              "chainsaw", "hammock", "water butt"],
    "greetings": ["", "", "To whom it may concern,", "Hey,", "Good afternoon,", "Dear Ms Fenwick,", "Greetings,"],
    "chatter": ["", "", "", "", "What a summer we are having.", "You were recommended by my sister.",
                "Forgive the long mail.", "I normally never complain.", "First time I shop with you."],
    "closings": ["", "Cheers", "With best regards", "Thank you so much", "Yours faithfully", "All the best"],
    "subjects": ["", "Please read", "Ref. {order}", "Request", "From the website", "To customer care"],
    "reply": "Fenwick Customer Care schrieb am {date}:",
    "quoted": ["We are sorry for the wait and are looking into your request.",
               "Your ticket {order} has been received by our team."],
    "again": ["My earlier mail seems to have been overlooked:", "Nobody got back to me yet, hence again:"],
}
NAMES = ["Joan Pell", "Amir Haddad", "Rosie Clark", "T. Okafor", "Siân Evans", "Mr D. Whitlock", "Priya Nair",
         "Hugh Lamont", "Beth & Tom Avery", "Ewa Nowak", "George Mallin", "Katherine Dole", "M. Osei", "Lucy Fry"]
TOWNS = ["Leeds", "Truro", "Norwich", "Dundee", "Swansea", "Carlisle", "Ely", "Margate"]
STREETS = ["Mill Lane", "Station Road", "Chapel Hill", "Orchard Close", "Queen Street"]
CARRIERS = ["ParcelRun", "Northway", "QuickVan"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]


def sentences(file):
    """The lines below each heading `# label.part`."""
    parts, now = {}, None
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            now = parts.setdefault(line[2:], [])
        elif line.strip():
            now.append(line)
    return parts


class Writer:
    def __init__(self, seed, prefix, parts, words):
        self.dice = random.Random(seed)
        self.prefix, self.parts, self.words = prefix, parts, words
        self.messages, self.answers = [], []

    def filled(self, text):
        d = self.dice
        item, item2 = d.sample(self.words["items"], 2)
        return text.format(
            order=f"FD{d.randrange(100000, 999999)}", item=item, item2=item2, days=d.randrange(2, 15),
            date=f"{d.randrange(1, 29)} {d.choice(['March', 'April', 'May', 'June'])}", n=d.randrange(3, 90),
            amount=f"£{d.randrange(10, 900)}.{d.randrange(10, 99)}", carrier=d.choice(CARRIERS),
            weekday=d.choice(DAYS), town=d.choice(TOWNS), street=d.choice(STREETS),
            email=f"{d.choice(['jo', 'sam', 'box', 'kim'])}{d.randrange(10, 99)}@mail.example")

    def typo(self, text):
        """Two letters change places, or one is left out, in a few longer words."""
        words = text.split(" ")
        for n, word in enumerate(words):
            if len(word) > 4 and word.isalpha() and self.dice.random() < 0.07:
                at = self.dice.randrange(1, len(word) - 2)
                if self.dice.random() < 0.5:
                    words[n] = word[:at] + word[at + 1] + word[at] + word[at + 2:]
                else:
                    words[n] = word[:at] + word[at + 1:]
        return " ".join(words)

    def body(self, label):
        d, part = self.dice, lambda name: self.parts.get(f"{label}.{name}", [])
        core = d.choice(part("core"))
        urgent = core.startswith("!")
        lines = [core.lstrip("!")]
        if part("detail") and d.random() < 0.55:
            lines.append(d.choice(part("detail")))
        if part("ask") and d.random() < 0.65:
            lines.append(d.choice(part("ask")))
        if label != "other_language" and label != "spam":
            lines.insert(0, d.choice(self.words["chatter"]))
        text = " ".join(self.filled(line) for line in lines if line)
        return (self.typo(text) if d.random() < 0.25 else text), urgent

    def framed(self, text, sender):
        d, parts = self.dice, [text]
        greeting = d.choice(self.words["greetings"])
        if greeting:
            parts.insert(0, greeting)
        closing = d.choice(self.words["closings"])
        if closing:
            parts.append(closing)
        if d.random() < 0.7:
            parts.append(sender)
        text = ("\n\n" if d.random() < 0.6 else "\n").join(parts)
        if d.random() < 0.1:
            text += "\n-- \n" + sender + "\n" + self.filled("{n} {street}, {town}")
        if d.random() < 0.12:
            quoted = "\n> ".join([self.filled(d.choice(self.words["quoted"])), "Fenwick & Daughters, Leeds"])
            text += "\n\n" + self.filled(self.words["reply"]) + "\n> " + quoted
        return text

    def add(self, sender, subject, text, label, expect, **more):
        name = f"{self.prefix}-{len(self.messages) + 1:05}"
        address = more.pop("address", None)
        if address is None:
            plain = "".join(c if c.isalnum() else "." for c in sender.lower().replace("&", "and"))
            address = f"{plain}.{self.dice.randrange(1, 999)}@mail.example"
        self.messages.append({"id": name, "from": address, "subject": subject, "text": text})
        self.answers.append({"id": name, "label": label, "queue": QUEUES.get(label), "expect": expect, **more})

    def one(self):
        d = self.dice
        label = d.choices(list(SHARES), list(SHARES.values()))[0]
        sender = d.choice(NAMES)
        text, urgent = self.body(label)
        subject = self.filled(d.choice(self.words["subjects"]))
        text = self.framed(text, sender) if label != "other_language" else text
        expect = "queue" if label in QUEUES else "person"
        trap = d.random()
        if trap < 0.03:
            orders = self.filled(d.choice(self.parts["injection.text"]))
            text = d.choice([text + "\n\n" + orders, orders + "\n\n" + text, orders])
            # Whoever sends nothing but orders to the machine has asked for nothing.
            label = "none" if text == orders else label
            self.add(sender, subject, text, label, "any", trap="injection", urgent=urgent)
        elif trap < 0.04:
            text = d.choice(["", " ", "\n\n", "-- \n" + sender, "?"])
            self.add(sender, subject, text, "none", "person", trap="empty")
        elif trap < 0.06 and label in QUEUES and label != "spam":
            other = d.choice([one for one in QUEUES if one not in (label, "spam")])
            more, urgent_too = self.body(other)
            text = text + "\n\nAnother thing. " + more
            self.add(sender, subject, text, label, "any", also=QUEUES[other], trap="two requests", urgent=urgent or urgent_too)
        else:
            self.add(sender, subject, text, label, expect, urgent=urgent)
            if trap > 0.96:
                self.again(subject, text, label, expect, urgent)

    def again(self, subject, text, label, expect, urgent):
        """The same message once more: as it was, or with a line before it."""
        d, first = self.dice, self.messages[-1]
        if d.random() < 0.6:
            text = d.choice([text, text.upper(), text.replace("\n\n", "\n") + "\n"])
            expect, kind = "duplicate", "sent twice"
        else:
            text, kind = d.choice(self.words["again"]) + "\n\n" + text, "sent again"
        name = self.answers[-1]["id"]
        self.add("", subject, text, label, expect, urgent=urgent, trap=kind, of=name, address=first["from"])


def write(file, lines):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (ROOT / file).write_text(text, encoding="utf-8")


def main():
    for count, seed, prefix, source, words, messages, answers in [
        (2400, 20261126, "M", "seen.txt", SEEN, "messages.jsonl", "cases/messages.jsonl"),
        (600, 61, "H", "held-out.txt", HELD_OUT, "cases/held-out.jsonl", "cases/held-out-answers.jsonl"),
    ]:
        writer = Writer(seed, prefix, sentences(HERE / source), words)
        while len(writer.messages) < count:
            writer.one()
        write(messages, writer.messages)
        write(answers, writer.answers)


if __name__ == "__main__":
    main()
