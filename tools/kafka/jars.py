"""The broker's jars: from Maven Central once, then from a cache that works offline."""
import os
import pathlib
import shutil
import subprocess
import tempfile

VERSIONS = ("4.4.0", "3.9.1")  # the first is the default, on which ctest runs; the suite passed on the other, too
DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
SLF4J = "1.7.36"  # the API that both versions bring; without a binding a broker says nothing of its troubles
FETCH_SECONDS_MAX = 600

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>seatgrid</groupId><artifactId>kafka-jars</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{version}</version>
      <exclusions>
        <exclusion><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId></exclusion>
      </exclusions>
    </dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>{slf4j}</version></dependency>
  </dependencies>
</project>
"""


class Missing(Exception):
    """Something that a broker needs cannot be had on this machine; the text says what to do."""


def cache_root():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "seatgrid" / "kafka"


def java():
    found = shutil.which("java")
    if not found:
        raise Missing("java is missing: apt-get install openjdk-17-jre-headless")
    return found


def fetch(version, say):
    """The folder with the jars of `version`; fetches them when the cache has them not."""
    jars = cache_root() / version
    if (jars / ".complete").exists():
        return jars
    maven = shutil.which("mvn")
    if not maven:
        raise Missing("mvn is missing and the cache holds no Kafka " + version + ": apt-get install maven")
    say(f"fetching Kafka {version} from Maven Central (45 MB, once)")
    cache_root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_root(), prefix=version + ".") as work:
        pathlib.Path(work, "pom.xml").write_text(POM.format(version=version, slf4j=SLF4J))
        made = pathlib.Path(work, "jars")
        command = [maven, "-B", "-q", "-f", work + "/pom.xml", DEPENDENCY_PLUGIN + ":copy-dependencies", f"-DoutputDirectory={made}",
                   "-DincludeScope=runtime"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS_MAX, check=False)
        if done.returncode != 0:
            raise Missing(f"Maven could not fetch Kafka {version}:\n{(done.stdout + done.stderr).strip()[-2000:]}")
        (made / ".complete").touch()
        try:
            made.rename(jars)
        except OSError:  # another run of this program was faster
            if not (jars / ".complete").exists():
                raise
    return jars
