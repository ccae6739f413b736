#!/usr/bin/env bash
# Prints every public event once, in order: id, type, subject, sequence, data. Needs kcat and jq.
# usage: consume.sh BROKERS TOPIC [--until-end]
set -euo pipefail
[[ $# -ge 2 ]] || { sed -n 2,3p "$0" >&2; exit 64; }
end=()
[[ ${3:-} == --until-end ]] && end=(-e)
# shellcheck disable=SC2016  # jq's own variables
kcat -b "$1" -t "$2" -C -q -u -o beginning "${end[@]}" -J | jq --unbuffered -n -r '
  foreach inputs as $record ({highest: {}, event: null};
    ($record.headers | [range(0; length; 2) as $i | {(.[$i]): .[$i + 1]}] | add) as $about
    | "\($about.ce_source) \($about.ce_id[0:5])" as $lane
    | if $about.ce_id > (.highest[$lane] // "")
      then .highest[$lane] = $about.ce_id | .event = $about + {data: $record.payload}
      else .event = null end;
    .event // empty | "\(.ce_id) \(.ce_type) \(.ce_subject) \(.ce_sequence | tonumber) \(.data)")'
