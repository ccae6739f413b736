#!/usr/bin/env bash
# Makes the built-in prompts: tools/make_prompts.sh DIRECTORY [TABLE]
# Each line "language<TAB>name<TAB>text[<TAB>as said]" of TABLE (assets/prompts.tsv) becomes DIRECTORY/<language>/<name>.wav: mono, 8 kHz,
# 16 bit, without silence at its ends, all equally loud. The same table gives the same bytes.
set -euo pipefail

out=${1:?usage: tools/make_prompts.sh DIRECTORY [TABLE]}
table=${2:-"${BASH_SOURCE[0]%/*}/../assets/prompts.tsv"}

for tool in espeak-ng sox; do
  command -v "$tool" >/dev/null && continue
  echo "make_prompts: $tool is missing: apt-get install $tool (calls work without prompts, callers hear tones and music only)" >&2
  exit 3
done
[[ -r $table ]] || { echo "make_prompts: cannot read $table" >&2; exit 1; }

say_one() {
  local out=$1 language name text said voice speed file
  IFS=$'\t' read -r language name text said <<<"$2"
  case $language in
    zh) voice=cmn-latn-pinyin speed=165 ;;
    en) voice=en-gb speed=155 ;;
    *) voice=$language speed=155 ;;
  esac
  file=$out/$language/$name.wav
  mkdir -p "${file%/*}"
  # -D: dither is noise from a random generator. The filters are a telephone's band.
  espeak-ng -v "$voice" -s "$speed" -g 1 --stdout -- "${said:-$text}" |
    sox -D -V1 -t wav - -b 16 -e signed-integer "$file.part.wav" remix - highpass 200 lowpass 3400 rate -h 8000 \
      silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse norm -6 pad 0.02 0.06
  mv "$file.part.wav" "$file"
}
export -f say_one

count=$(grep -cv '^#' "$table")
echo "make_prompts: $count prompts into $out"
done_now=0
grep -v '^#' "$table" | tr '\n' '\0' | xargs -0 -P "$(nproc)" -I '{}' bash -c 'set -euo pipefail; say_one "$0" "$1" && echo done' "$out" '{}' |
  while read -r _; do
    done_now=$((done_now + 1))
    [[ $((done_now % 20)) -ne 0 && $done_now -ne $count ]] || echo "make_prompts: $done_now of $count"
  done
made=$(find "$out" -name '*.wav' ! -name '*.part.wav' | wc -l)
[[ $made -ge $count ]] || { echo "make_prompts: only $made of $count prompts were made" >&2; exit 1; }
