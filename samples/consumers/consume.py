#!/usr/bin/env python3
"""Prints every public event once, in order: id, type, subject, sequence, data.
usage: consume.py BROKERS TOPIC [--until-end]"""
import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition


class Filter:
    """What is not greater than the highest id of its source and lane is a repetition."""

    def __init__(self):
        self.highest = {}

    def is_new(self, source, event_id):
        lane = (source, event_id[:5])
        if event_id <= self.highest.get(lane, ""):
            return False
        self.highest[lane] = event_id
        return True


def main():
    brokers, topic = sys.argv[1:3]
    until_end = "--until-end" in sys.argv
    # No group: this program keeps its own place. A real one keeps `Filter.highest` and the offsets with its results.
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "not-used", "enable.auto.commit": False, "enable.partition.eof": until_end})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
    seen, unfinished = Filter(), set(partitions)
    while unfinished or not until_end:
        record = consumer.poll(1.0)
        if record is None:
            continue
        if record.error() is not None:
            if record.error().name() == "_PARTITION_EOF":
                unfinished.discard(record.partition())
                continue
            raise KafkaException(record.error())
        about = {name: value.decode() for name, value in record.headers()}
        if seen.is_new(about["ce_source"], about["ce_id"]):
            print(about["ce_id"], about["ce_type"], about["ce_subject"], int(about["ce_sequence"]), json.dumps(json.loads(record.value()), ensure_ascii=False))
    consumer.close()


if __name__ == "__main__":
    main()
