"""A network, and where asked for mounts, of this test's own: its fixed ports meet nobody's, and tests can run side by side."""
import ctypes
import os
import subprocess

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
LIBC = ctypes.CDLL(None, use_errno=True)


def own_network(mounts=False):
    """Only loopback. Where that is not permitted the test is skipped (77)."""
    if LIBC.unshare(CLONE_NEWNET | (CLONE_NEWNS if mounts else 0)) != 0:
        print(f"skipped: namespaces are not permitted here: {os.strerror(ctypes.get_errno())}")
        raise SystemExit(77)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    if mounts and LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        raise OSError(ctypes.get_errno(), "making mounts private")


def mount_memory(directory, size_bytes):
    """A file system of exactly that size, gone with this test."""
    if LIBC.mount(b"tmpfs", str(directory).encode(), b"tmpfs", 0, f"size={size_bytes}".encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mounting {directory}")
