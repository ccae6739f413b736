"""announce.py LINK ADDRESS: gratuitous ARP (RFC 5227 2.3), so that neighbours send to this machine from now on."""
import fcntl
import socket
import struct
import sys

SIOCGIFHWADDR = 0x8927
ARP = 0x0806
TIMES = 2  # one may be lost


def main():
    link, address = sys.argv[1], socket.inet_aton(sys.argv[2])
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ARP)) as wire:
        wire.bind((link, ARP))
        mac = fcntl.ioctl(wire.fileno(), SIOCGIFHWADDR, struct.pack("256s", link.encode()))[18:24]
        everyone = b"\xff" * 6
        for operation in (1, 2) * TIMES:
            wire.send(everyone + mac + struct.pack("!HHHBBH", ARP, 1, 0x0800, 6, 4, operation) + mac + address + everyone + address)


if __name__ == "__main__":
    main()
