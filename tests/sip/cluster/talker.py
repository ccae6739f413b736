"""A phone of our own on UDP, caller or callee, with audio: it answers INVITE, re-INVITE and BYE, notes who asked what from where, and sends its RTP
to the place that the last description names."""
import re
import socket
import threading
import time

from ringing_phones import header

PACKET_S, PAYLOAD = 0.02, 160
T1_S, T2_S, TRIES = 0.5, 4.0, 8
DESCRIPTION = "v=0\r\no=t 1 {version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {media} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"


def place_in(sdp):
    """(host, port) of the audio, or None."""
    host, port = re.search(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE), re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
    return (host.group(1), int(port.group(1))) if host and port else None


def uri_of(text):
    found = re.search(r"<([^>]+)>", text)
    return found.group(1) if found else text


def address_of(uri):
    """(host, port) of sip:user@host:port;parameters."""
    host, _, port = uri.split("@")[-1].split(";")[0].removeprefix("sip:").partition(":")
    return host, int(port or 5060)


class Talker:
    """`refuses`: the status that a re-INVITE gets instead of 200."""

    def __init__(self, name, host, port=0, refuses=0):
        self.name, self.host, self.refuses = name, host, refuses
        self.signalling, self.media = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.signalling.bind((host, port))
        self.media.bind((host, 0))
        for one in (self.signalling, self.media):
            one.settimeout(0.05)
        self.port = self.signalling.getsockname()[1]
        self.lock = threading.Lock()
        self.asked = []  # (method, host of whoever sent it)
        self.heard = []  # (when, host it came from)
        self.early = self.answered = self.ended = False
        self.finals = []  # statuses of the INVITE
        self.goal = None  # where RTP goes
        self.dialog = None
        self.cseq, self.version = 1, 1
        self.sent, self.pending = {}, None
        self.over = threading.Event()
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.hear, self.listen, self.speak)]
        for thread in self.threads:
            thread.start()

    def description(self):
        return DESCRIPTION.format(version=self.version, host=self.host, media=self.media.getsockname()[1])

    def call(self, number, edge):
        """`edge`: (host, port)."""
        self.dialog = {"local": f"<sip:{self.name}@{self.host}:{self.port}>;tag={self.name}", "remote": f"<sip:{number}@{edge[0]}:{edge[1]}>",
                       "id": f"{self.name}-{time.monotonic_ns()}", "target": f"sip:{number}@{edge[0]}:{edge[1]}"}
        self.request("INVITE", self.description())

    def hang_up(self):
        self.cseq += 1
        self.request("BYE")

    def request(self, method, body="", cseq=None, again=True):
        with self.lock:
            d = self.dialog
            text = (f"{method} {d['target']} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{self.name}{method}{cseq or self.cseq}\r\n"
                    f"From: {d['local']}\r\nTo: {d['remote']}\r\nCall-ID: {d['id']}\r\nCSeq: {cseq or self.cseq} {method}\r\n"
                    f"Contact: <sip:{self.name}@{self.host}:{self.port}>\r\nMax-Forwards: 70\r\n"
                    + ("Content-Type: application/sdp\r\n" if body else "") + f"Content-Length: {len(body)}\r\n\r\n{body}")
            to = address_of(d["target"])
            if again:
                self.pending = [text, to, time.monotonic() + T1_S, T1_S, TRIES]
        self.signalling.sendto(text.encode(), to)

    def repeat(self):
        """RFC 3261 17.1.1.2 and 17.1.2.2: until a response comes."""
        with self.lock:
            due = self.pending
            if due is None or time.monotonic() < due[2]:
                return
            due[3], due[4] = min(2 * due[3], T2_S), due[4] - 1
            due[2] = time.monotonic() + due[3]
            if due[4] == 0:
                self.pending = None
        self.signalling.sendto(due[0].encode(), due[1])

    def hear(self):
        while not self.over.is_set():
            self.repeat()
            try:
                data, whence = self.signalling.recvfrom(65535)
            except socket.timeout:
                continue
            text = data.decode(errors="replace")
            if text.startswith("SIP/2.0"):
                self.take_response(text)
            else:
                self.take_request(text, whence)

    def take_response(self, text):
        status, sdp = int(text[8:11]), text.partition("\r\n\r\n")[2]
        number, method = header(text, "CSeq").split()
        with self.lock:
            self.pending = None
        if method == "BYE" and status >= 200:
            self.ended = True
        if method != "INVITE" or int(number) != self.cseq:
            return
        if place_in(sdp):
            self.goal = place_in(sdp)
        self.early = self.early or 100 < status < 200
        if status < 200:
            return
        with self.lock:
            self.dialog["remote"] = header(text, "To")
            if status < 300:
                self.dialog["target"] = uri_of(header(text, "Contact"))
        self.request("ACK", cseq=int(number), again=False)
        self.finals.append(status)
        self.answered = self.answered or status < 300
        self.ended = self.ended or status >= 300

    def take_request(self, text, whence):
        method, sdp = text.split(" ", 1)[0], text.partition("\r\n\r\n")[2]
        key = (method, header(text, "CSeq"), header(text, "Call-ID"))
        if method == "ACK":
            return
        if key not in self.sent:
            self.asked.append((method, whence[0]))
            self.sent[key] = self.answer_to(method, text, sdp)
        self.signalling.sendto(self.sent[key], whence)

    def answer_to(self, method, text, sdp):
        again = self.dialog is not None and header(text, "Call-ID") == self.dialog["id"]
        known = again or (method == "INVITE" and (self.dialog is None or self.ended))
        status = "200 OK" if known else "481 Call/Transaction Does Not Exist"
        body = ""
        if method == "INVITE" and known:
            if again and self.refuses:
                status = f"{self.refuses} Refused"
            else:
                self.take_dialog(text, sdp, again)
                body = self.description()
        if method == "BYE" and known:
            self.ended = True
        tag = "" if ";tag=" in header(text, "To") else f";tag={self.name}"
        return (f"SIP/2.0 {status}\r\nVia: {header(text, 'Via')}\r\nFrom: {header(text, 'From')}\r\nTo: {header(text, 'To')}{tag}\r\n"
                f"Call-ID: {header(text, 'Call-ID')}\r\nCSeq: {header(text, 'CSeq')}\r\nContact: <sip:{self.name}@{self.host}:{self.port}>\r\n"
                + ("Content-Type: application/sdp\r\n" if body else "") + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def take_dialog(self, text, sdp, again):
        self.goal = place_in(sdp) or self.goal
        with self.lock:
            if again:
                self.dialog["target"] = uri_of(header(text, "Contact"))
                self.version += 1
                return
            self.dialog = {"local": header(text, "To") + f";tag={self.name}", "remote": header(text, "From"), "id": header(text, "Call-ID"),
                           "target": uri_of(header(text, "Contact"))}
        self.answered, self.ended = True, False

    def listen(self):
        while not self.over.is_set():
            try:
                _, whence = self.media.recvfrom(2048)
            except socket.timeout:
                continue
            self.heard.append((time.monotonic(), whence[0]))

    def speak(self):
        sequence = 0
        while not self.over.wait(PACKET_S):
            if self.goal is None or self.ended or not self.answered:
                continue
            sequence += 1
            head = bytes([0x80, 8]) + (sequence & 0xffff).to_bytes(2, "big") + (sequence * PAYLOAD & 0xffffffff).to_bytes(4, "big") + b"seat"
            self.media.sendto(head + bytes([0xd5]) * PAYLOAD, self.goal)

    def hears_from(self, host, since):
        """How many packets came from there after `since`."""
        return sum(1 for at, whence in self.heard if at > since and whence == host)

    def stop(self):
        if not self.over.is_set():
            self.over.set()
            for thread in self.threads:
                thread.join()
            self.signalling.close()
            self.media.close()
        return ""
