import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Prints every public event once, in order: id, type, subject, sequence, data. Without a group: it keeps its own place.
 * Usage: java -cp 'DIR/*' Consume.java BROKERS TOPIC [--until-end]
 */
public final class Consume {
  /** The highest id seen, by source and lane: what is not greater is a repetition. */
  private static final Map<String, String> highest = new HashMap<>();

  public static void main(String[] arguments) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", arguments[0]);
    settings.put("enable.auto.commit", "false");
    boolean untilEnd = arguments.length > 2 && arguments[2].equals("--until-end");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(arguments[1]).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .collect(Collectors.toList());
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (!untilEnd || partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
          if (isNew(header(record, "ce_source"), header(record, "ce_id"))) print(record);
        }
      }
    }
  }

  private static boolean isNew(String source, String id) {
    String lane = source + " " + id.substring(0, 5);
    if (id.compareTo(highest.getOrDefault(lane, "")) <= 0) return false;
    highest.put(lane, id);
    return true;
  }

  private static String header(ConsumerRecord<String, String> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private static void print(ConsumerRecord<String, String> record) {
    System.out.println(
        String.join(
            " ",
            header(record, "ce_id"),
            header(record, "ce_type"),
            header(record, "ce_subject"),
            Long.toString(Long.parseLong(header(record, "ce_sequence"))),
            record.value()));
  }
}
