"""A caller who waits in a queue and listens: the longest silence between two RTP packets tells how audio fared."""
import re
import socket
import threading
import time

from harness import HOST

INVITE = """INVITE sip:{number}@{edge}:{sip} SIP/2.0\r
Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{name}\r
From: <sip:138{digits}@{host}:{port}>;tag={name}\r
To: <sip:{number}@{edge}:{sip}>\r
Call-ID: {name}\r
CSeq: 1 INVITE\r
Contact: <sip:listener@{host}:{port}>\r
Max-Forwards: 70\r
Content-Type: application/sdp\r
Content-Length: {length}\r
\r
{sdp}"""
SDP = "v=0\r\no=l 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {media} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"


class Listener:
    """Sends one INVITE; notes when each response and each RTP packet came."""

    def __init__(self, sip, number, name, digits, edge=HOST):
        self.responses, self.packets = [], []
        self.sip, self.number, self.name, self.edge = sip, number, name, edge
        self.signalling, self.media = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in (self.signalling, self.media):
            one.bind((HOST, 0))
            one.settimeout(0.2)
        self.port = self.signalling.getsockname()[1]
        sdp = SDP.format(host=HOST, media=self.media.getsockname()[1])
        invite = INVITE.format(number=number, host=HOST, edge=edge, sip=sip, port=self.port, name=name, digits=digits, length=len(sdp), sdp=sdp)
        self.over = threading.Event()
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.hear, self.listen)]
        self.began = time.monotonic()
        self.signalling.sendto(invite.encode(), (edge, sip))
        for thread in self.threads:
            thread.start()

    def hear(self):
        while not self.over.is_set():
            try:
                data, _ = self.signalling.recvfrom(65535)
            except socket.timeout:
                continue
            text = data.decode(errors="replace")
            status = re.match(r"SIP/2.0 (\d{3})", text)
            if status:
                self.responses.append((time.monotonic() - self.began, int(status.group(1)), text))

    def listen(self):
        while not self.over.is_set():
            try:
                self.media.recv(2048)
            except socket.timeout:
                continue
            self.packets.append(time.monotonic())

    def final(self):
        """When the final response came, its status and text; its repetitions do not count, because nobody acknowledges it."""
        return next(((at, status, text) for at, status, text in self.responses if status >= 200), (0.0, 0, ""))

    def longest_silence(self, since, until):
        heard = [since] + [at for at in self.packets if since <= at <= until] + [until]
        return max(b - a for a, b in zip(heard, heard[1:]))

    def cancel(self):
        text = (f"CANCEL sip:{self.number}@{self.edge}:{self.sip} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}:{self.port};branch=z9hG4bK{self.name}\r\n"
                f"From: <sip:listener@{HOST}>;tag={self.name}\r\nTo: <sip:{self.number}@{self.edge}:{self.sip}>\r\nCall-ID: {self.name}\r\n"
                "CSeq: 1 CANCEL\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
        self.signalling.sendto(text.encode(), (self.edge, self.sip))

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.signalling.close()
        self.media.close()
        return ""
