"""An authority and a certificate for each node, as docs/runbook/cluster.md tells operators to make them."""
import pathlib
import subprocess

DAYS = "30"


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True, text=True)


def authority(directory, name="seatgrid"):
    at = pathlib.Path(directory)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", DAYS, "-subj", f"/CN={name}", "-nodes",
            "-keyout", str(at / "authority.key"), "-out", str(at / "authority.pem"))


def node(directory, name):
    """The three settings of cluster.link for the node of that name."""
    at = pathlib.Path(directory)
    key, request, certificate = (at / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
            "-keyout", str(key), "-out", str(request))
    openssl("x509", "-req", "-in", str(request), "-CA", str(at / "authority.pem"), "-CAkey", str(at / "authority.key"), "-CAcreateserial",
            "-copy_extensions", "copy", "-days", DAYS, "-out", str(certificate))
    return {"certificate": certificate, "key": key, "authority": at / "authority.pem"}
