#!/usr/bin/env python3
"""capture.py INTERFACE FILE: writes a line "monotonic seconds, source, its port, destination, its port" for every UDP datagram that leaves here, until SIGTERM.
It stands below the sockets (AF_PACKET), so what it does not see did not leave."""
import signal
import socket
import sys
import time

OUTGOING = 4  # PACKET_OUTGOING of if_packet.h
IPV4, UDP = 0x0800, 17


def main():
    link, file = sys.argv[1:3]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003)) as wire, open(file, "w", buffering=1, encoding="ascii") as out:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        wire.bind((link, 0x0003))
        print("ready", file=out)
        while True:
            data, (_, protocol, kind, *_) = wire.recvfrom(2048)
            if protocol != IPV4 or kind != OUTGOING or data[9] != UDP:
                continue
            head = 4 * (data[0] & 15)
            ports = [int.from_bytes(data[head + at:head + at + 2], "big") for at in (0, 2)]
            print(f"{time.monotonic():.6f} {socket.inet_ntoa(data[12:16])} {ports[0]} {socket.inet_ntoa(data[16:20])} {ports[1]}", file=out)


if __name__ == "__main__":
    main()
