"""A real SIP phone without a sound card: Debian's baresip speaks a WAV file and keeps what it hears in another."""
import json
import pathlib
import re
import shutil
import socket
import subprocess

from harness import HOST, expect

MODULES = pathlib.Path("/usr/lib/baresip/modules")


def missing_phone():
    """Why no baresip can be started here, or None."""
    return None if shutil.which("baresip") and MODULES.is_dir() else "baresip is not installed (./dev test installs baresip-core)"


class Baresip:
    def __init__(self, directory, user, password, domain, node_port, sip_port, control_port, rtp_first, speaks, answers=True):
        self.home = pathlib.Path(directory)
        self.home.mkdir(parents=True, exist_ok=True)
        self.control_port = control_port
        self.log = self.home / "baresip.log"
        modules = "".join(f"module {name}.so\n" for name in ("g711", "aufile", "sndfile"))
        (self.home / "config").write_text(
            f"module_path {MODULES}\n{modules}module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n"
            f"ctrl_tcp_listen {HOST}:{control_port}\nsip_listen {HOST}:{sip_port}\nnet_interface {HOST}\nrtp_ports {rtp_first}-{rtp_first + 49}\n"
            f"audio_source aufile,{speaks}\naudio_player nil,nil\naudio_alert nil,nil\naudio_level no\nsnd_path {self.home}\n")
        (self.home / "accounts").write_text(
            f"<sip:{user}@{domain};transport=udp>;auth_user={user};auth_pass={password};regint=60;"
            f"outbound=\"sip:{HOST}:{node_port};transport=udp\";answermode={'auto' if answers else 'manual'};audio_codecs=pcma,pcmu\n")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["baresip", "-f", str(self.home)], cwd=self.home, stdin=subprocess.DEVNULL,
                                        stdout=open(self.log, "wb"), stderr=subprocess.STDOUT)
        return self

    def order(self, command, text=""):
        """One command of its menu through ctrl_tcp: JSON in a netstring; the answer to it, events passed over."""
        body = json.dumps({"command": command, "params": text, "token": command}).encode()
        with socket.create_connection((HOST, self.control_port), 5) as link:
            link.sendall(b"%d:%b," % (len(body), body))
            waiting = b""
            while True:
                waiting += link.recv(65536)
                while (m := re.match(rb"(\d+):", waiting)) and len(waiting) > m.end() + int(m[1]):
                    message, waiting = json.loads(waiting[m.end():m.end() + int(m[1])]), waiting[m.end() + int(m[1]) + 1:]
                    if message.get("response"):
                        expect(message.get("ok"), f"baresip refuses {command} {text}: {message}")
                        return message.get("data", "")

    def heard(self):
        """What it has heard, once its call is over."""
        files = sorted(self.home.glob("dump-*-dec.wav"))
        expect(files, f"baresip kept no audio: {self.log.read_text(errors='replace')[-1500:]}")
        return files[-1]

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
