"""An agent's phone that registers over TCP and speaks over nothing else: when its connection is gone it connects again and registers anew, as phones do."""
import hashlib
import re
import socket
import threading
import time

from ringing_phones import header
from talker import DESCRIPTION, place_in

AGAIN_S, EXPIRES_S = 0.2, 600


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class TcpPhone:
    def __init__(self, name, password, domain, edge, host):
        """`edge`: (host, port) at which it registers."""
        self.name, self.password, self.domain, self.edge, self.host = name, password, domain, edge, host
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind((host, 0))
        self.media.settimeout(0.05)
        self.connection, self.connections, self.registrations = None, 0, 0
        self.call_id, self.cseq, self.nonce_count = f"reg-{name}-{time.monotonic_ns()}", 0, 0
        self.answered = self.ended = False
        self.heard = 0
        self.byes = 0
        self.dialog = None
        self.may_connect = threading.Event()
        self.may_connect.set()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.live, self.listen)]
        for thread in self.threads:
            thread.start()

    def live(self):
        while not self.over.is_set():
            self.may_connect.wait(0.1)
            if not self.may_connect.is_set():
                continue
            try:
                with socket.create_connection(self.edge, 2, source_address=(self.host, 0)) as connection:
                    self.connection, buffer = connection, b""
                    self.connections += 1
                    connection.settimeout(0.1)
                    self.register()
                    while not self.over.is_set():
                        try:
                            data = connection.recv(65535)
                        except socket.timeout:
                            continue
                        if not data:
                            break
                        buffer = self.take(buffer + data)
            except OSError:
                pass
            self.connection = None
            time.sleep(AGAIN_S)

    def take(self, buffer):
        """Handles whole messages; what is left."""
        while b"\r\n\r\n" in buffer:
            head, _, rest = buffer.partition(b"\r\n\r\n")
            text = head.decode(errors="replace").lstrip("\r\n")
            size = int(header(text + "\r\n", "Content-Length") or 0)
            if len(rest) < size:
                return buffer
            self.message(text + "\r\n\r\n", rest[:size].decode(errors="replace"))
            buffer = rest[size:]
        return buffer

    def say(self, text):
        self.connection.sendall(text.encode())

    def register(self, challenge=None):
        self.cseq += 1
        authorization = ""
        if challenge:
            realm, nonce = (re.search(rf'{word}="([^"]+)"', challenge).group(1) for word in ("realm", "nonce"))
            self.nonce_count += 1
            count = f"{self.nonce_count:08x}"
            uri = f"sip:{self.domain}"
            proof = md5(":".join([md5(f"{self.name}:{realm}:{self.password}"), nonce, count, "c1", "auth", md5(f"REGISTER:{uri}")]))
            authorization = (f'Authorization: Digest username="{self.name}", realm="{realm}", nonce="{nonce}", uri="{uri}", algorithm=MD5, qop=auth, nc={count}, '
                             f'cnonce="c1", response="{proof}"\r\n')
        mine, port = self.connection.getsockname()
        self.say(f"REGISTER sip:{self.domain} SIP/2.0\r\nVia: SIP/2.0/TCP {mine}:{port};branch=z9hG4bK{self.name}{self.cseq}\r\nFrom: <sip:{self.name}@{self.domain}>;tag=r\r\n"
                 f"To: <sip:{self.name}@{self.domain}>\r\nCall-ID: {self.call_id}\r\nCSeq: {self.cseq} REGISTER\r\nContact: {self.contact()}\r\nExpires: {EXPIRES_S}\r\n"
                 f"Max-Forwards: 70\r\n{authorization}Content-Length: 0\r\n\r\n")

    def contact(self):
        mine, port = self.connection.getsockname()
        return f"<sip:{self.name}@{mine}:{port};transport=tcp>"

    def message(self, text, body):
        if text.startswith("SIP/2.0"):
            status, method = int(text[8:11]), header(text, "CSeq").split()[1]
            if method == "REGISTER" and status == 401:
                lines = re.findall(r"^WWW-Authenticate: (.*)\r$", text, re.MULTILINE)
                return self.register(next(line for line in lines if "SHA-256" not in line))
            self.registrations += method == "REGISTER" and status == 200
            return None
        method = text.split(" ", 1)[0]
        if method == "ACK":
            self.answered = True
            return None
        answer = ""
        if method == "INVITE":
            self.dialog = {"id": header(text, "Call-ID"), "local": header(text, "To") + f";tag={self.name}", "remote": header(text, "From")}
            self.goal, answer = place_in(body), DESCRIPTION.format(version=1, host=self.host, media=self.media.getsockname()[1])
        if method == "BYE":
            self.byes += 1
            self.ended = True
        tag = "" if ";tag=" in header(text, "To") else f";tag={self.name}"
        vias = "".join(f"Via: {via}\r\n" for via in re.findall(r"^Via: (.*)\r$", text, re.MULTILINE))
        return self.say(f"SIP/2.0 200 OK\r\n{vias}From: {header(text, 'From')}\r\nTo: {header(text, 'To')}{tag}\r\nCall-ID: {header(text, 'Call-ID')}\r\n"
                        f"CSeq: {header(text, 'CSeq')}\r\nContact: {self.contact()}\r\n" + ("Content-Type: application/sdp\r\n" if answer else "")
                        + f"Content-Length: {len(answer)}\r\n\r\n{answer}")

    def stay_away(self, is_away):
        """It does not connect again meanwhile."""
        self.may_connect.clear() if is_away else self.may_connect.set()

    def listen(self):
        while not self.over.is_set():
            try:
                self.media.recvfrom(2048)
                self.heard += 1
            except socket.timeout:
                continue

    def stop(self):
        if not self.over.is_set():
            self.over.set()
            self.may_connect.set()
            for thread in self.threads:
                thread.join()
            self.media.close()
        return ""
