"""Two requests of the Kafka protocol, enough to know whether brokers serve (https://kafka.apache.org/protocol)."""
import socket
import struct

METADATA, METADATA_VERSION = 3, 1
RESPONSE_BYTES_MAX = 1 << 20


def _exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise OSError("closed")
        data += part
    return data


def _text(data, at):
    size = struct.unpack_from(">h", data, at)[0]
    return data[at + 2:at + 2 + max(size, 0)].decode(), at + 2 + max(size, 0)


def known_brokers(host, port, seconds=1.0):
    """The ids of the brokers that this one knows to be alive; raises OSError when it does not serve."""
    client = b"kafka.py"
    body = struct.pack(">hhih", METADATA, METADATA_VERSION, 1, len(client)) + client + struct.pack(">i", 0)
    with socket.create_connection((host, port), seconds) as connection:
        connection.settimeout(seconds)
        connection.sendall(struct.pack(">i", len(body)) + body)
        size = struct.unpack(">i", _exactly(connection, 4))[0]
        if not 8 <= size <= RESPONSE_BYTES_MAX:
            raise OSError(f"an answer of {size} bytes is not Kafka's")
        data = _exactly(connection, size)
    count, at, found = struct.unpack_from(">i", data, 4)[0], 8, []
    for _ in range(count):
        found.append(struct.unpack_from(">i", data, at)[0])
        _, at = _text(data, at + 4)
        _, at = _text(data, at + 4)  # port, then rack
    return found
