"""What a broker needs for its SASL_SSL listener: certificates of an authority made for this directory, a user, a password."""
import ipaddress
import os
import pathlib
import secrets
import shutil
import subprocess

USER = "seatgrid"
DAYS = "30"

SETTINGS = """listener.name.secure.sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={keystore}
"""


def _openssl(*words):
    if not shutil.which("openssl"):
        raise FileNotFoundError("openssl is missing: apt-get install openssl")
    subprocess.run(["openssl", *words], check=True, capture_output=True, text=True)


def _private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(text)


def _is_address(host):
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def prepare(directory, hosts):
    """Makes ca.pem, broker.pem (key and chain) and password in `directory`; returns the broker's settings."""
    directory = pathlib.Path(directory)
    ca, ca_key, key, request, certificate = (directory / name for name in ("ca.pem", "ca.key", "broker.key", "broker.csr", "broker.crt"))
    names = ",".join(sorted({("IP:" if _is_address(host) else "DNS:") + host for host in hosts}))
    extensions = directory / "broker.ext"
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")
    _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS, "-subj", "/CN=seatgrid test authority", "-keyout",
             str(ca_key), "-out", str(ca))
    _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=broker", "-keyout", str(key), "-out", str(request))
    _openssl("x509", "-req", "-in", str(request), "-CA", str(ca), "-CAkey", str(ca_key), "-CAcreateserial", "-days", DAYS, "-extfile", str(extensions), "-out",
             str(certificate))
    keystore = directory / "broker.pem"
    _private(keystore, key.read_text() + certificate.read_text() + ca.read_text())
    password = secrets.token_hex(16)
    _private(directory / "password", password + "\n")
    for done in (key, request, certificate, ca_key, extensions):
        done.unlink()
    return SETTINGS.format(user=USER, password=password, keystore=keystore)
