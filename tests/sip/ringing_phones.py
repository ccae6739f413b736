"""Phones that ring until they are cancelled, on one UDP port: they count INVITEs that meet one still ringing for the same agent."""
import re
import socket
import threading
import time

BYTES_MAX = 65_535
T1_S, T2_S = 0.5, 4.0


def header(text, name):
    found = re.search(rf"^{name}\s*:\s*(.*?)\r?$", text, re.IGNORECASE | re.MULTILINE)
    return found.group(1) if found else ""


def transaction_of(via):
    """RFC 3261 17.2.3: the branch and who sent it, as the topmost Via has them."""
    branch, sender = re.search(r"branch=([^;,\s]+)", via), re.match(r"SIP/2.0/\w+\s+([^;,\s]+)", via)
    return f"{sender.group(1) if sender else ''} {branch.group(1) if branch else ''}"


class RingingPhones:
    def __init__(self, host, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.socket.settimeout(0.2)
        self.contact = f"<sip:phone@{host}:{port}>"
        self.lock = threading.Lock()
        self.ringing = {}  # transaction -> (agent's URI, INVITE, whence)
        self.ended = {}  # transaction -> [INVITE, whence, when 487 is repeated, the pause after that]: until its ACK (RFC 3261 17.2.1)
        self.invites = self.cancels = self.strays = 0
        self.double_rung = 0  # INVITEs (RFC 3261 17.2.3: by branch) that came while another of the same agent had no final response
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.over.is_set():
            try:
                data, whence = self.socket.recvfrom(BYTES_MAX)
            except socket.timeout:
                data = None
            with self.lock:
                if data is not None:
                    self.hear(data.decode(errors="replace"), whence)
                self.repeat_finals()

    def repeat_finals(self):
        """Every T1, doubling up to T2, for 64*T1; then the transaction is over, acknowledged or not."""
        now = time.monotonic()
        for branch, last in list(self.ended.items()):
            if now > last[4]:
                del self.ended[branch]
            elif now > last[2]:
                self.reply(last[0], last[1], "487 Request Terminated")
                last[2], last[3] = now + last[3], min(2 * last[3], T2_S)

    def hear(self, text, whence):
        method = text.split(" ", 1)[0]
        branch = transaction_of(header(text, "Via"))
        if method == "INVITE":
            agent = text.split(" ", 2)[1]
            if branch not in self.ringing:
                self.invites += 1
                self.double_rung += any(uri == agent for uri, _, _ in self.ringing.values())
                self.ringing[branch] = (agent, text, whence)
            self.reply(text, whence, "180 Ringing")
        elif method == "ACK":
            self.ended.pop(branch, None)
        elif method == "CANCEL":
            rung = self.ringing.pop(branch, None)
            self.cancels += 1
            if rung:
                now = time.monotonic()
                self.ended[branch] = [rung[1], whence, now + T1_S, 2 * T1_S, now + 64 * T1_S]
            known = branch in self.ended
            self.strays += not known
            self.reply(text, whence, "200 OK" if known else "481 Call/Transaction Does Not Exist")
            if rung:
                self.reply(rung[1], whence, "487 Request Terminated")

    def reply(self, request, whence, status, through=None):
        tag = "" if ";tag=" in header(request, "To") else ";tag=" + str(abs(hash(header(request, "Call-ID"))))
        vias = "".join(f"Via: {v.strip()}\r\n" for v in re.findall(r"^Via\s*:\s*(.*?)\r?$", request, re.IGNORECASE | re.MULTILINE))
        (through or self.socket).sendto((f"SIP/2.0 {status}\r\n{vias}From: {header(request, 'From')}\r\nTo: {header(request, 'To')}{tag}\r\n"
                                         f"Call-ID: {header(request, 'Call-ID')}\r\nCSeq: {header(request, 'CSeq')}\r\nContact: {self.contact}\r\n"
                                         "Content-Length: 0\r\n\r\n").encode(), whence)

    def stop(self):
        """The port is free, what rings rings on."""
        if self.over.is_set():
            return
        self.over.set()
        self.thread.join()
        self.socket.close()

    def refuse(self):
        """After stop: a final response to whatever rings, from another port."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as through:
            for _, invite, whence in self.ringing.values():
                self.reply(invite, whence, "480 Temporarily Unavailable", through)
        self.ringing.clear()
