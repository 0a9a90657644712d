"""What notices are sent to, as others build it: the reference library of Standard Webhooks behind
HTTP, a chat's incoming webhook beside it, and a mail server. Each message is one line of JSON on
standard output. The first line says where each listens; a file `down` beside the script's argument
makes every one of them refuse."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from standardwebhooks.webhooks import Webhook

down, key = sys.argv[1], sys.argv[2]
lock = threading.Lock()


def tell(what):
    with lock:
        print(json.dumps(what), flush=True)


class Web(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if os.path.exists(down):
            self.send_response(503)
            self.end_headers()
            return
        if self.path.startswith("/chat"):
            tell({"chat": json.loads(body), "path": self.path})
        else:
            try:
                said = Webhook(key).verify(body, dict(self.headers))
                tell({"webhook": said, "id": self.headers["webhook-id"]})
            except Exception as why:
                tell({"unsigned": str(why)})
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Mail:
    async def handle_DATA(self, server, session, envelope):
        if os.path.exists(down):
            return "451 later"
        text = envelope.content.decode()
        tell({"mail": text, "from": envelope.mail_from, "to": envelope.rcpt_tos})
        return "250 taken"


web = ThreadingHTTPServer(("127.0.0.1", 0), Web)
mail = Controller(Mail(), hostname="127.0.0.1", port=int(sys.argv[3]))
mail.start()
tell({"web": web.server_port, "mail": int(sys.argv[3])})
web.serve_forever()
