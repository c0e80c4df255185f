#!/bin/sh
# Closes this host to Agentbot's agents at boot, before the engine starts them: docs/firewall-at-boot.md
#   save     writes the rules that the service `firewall` has set to a file
#   restore  sets them again; it is idempotent and leaves other rules as they are
set -eu
kept=${AGENTBOT_FIREWALL_RULES:-/etc/agentbot-firewall.rules}

fail() {
  echo "$1" >&2
  exit 1
}

save() {
  umask 077
  # Only our chains and the jumps to them: restoring a declared chain empties it.
  iptables-save | grep -E '^(\*|COMMIT)|AGENTBOT-' >"$kept.new"
  grep -q '^-A INPUT .*AGENTBOT-' "$kept.new" || fail 'The service firewall has not closed this host yet: nothing is kept'
  mv "$kept.new" "$kept"
}

restore() {
  grep -q '^-A INPUT .*AGENTBOT-' "$kept" || fail "There are no rules in $kept: run '$0 save' first"
  # The engine keeps this chain if it exists.
  iptables -w 10 -S DOCKER-USER >/dev/null 2>&1 || iptables -w 10 -N DOCKER-USER
  present=$(iptables-save)
  # One transaction: removes each jump wherever it is, and inserts it above rules that let other traffic in.
  rules=$(
    while read -r line; do
      case $line in
      '-A INPUT '* | '-A DOCKER-USER '* | '-A PREROUTING '*)
        jump=${line#-A }
        printf '%s\n' "$present" | grep -xF -e "$line" | sed 's/^-A /-D /' || :
        echo "-I ${jump%% *} 1 ${jump#* }"
        ;;
      *) echo "$line" ;;
      esac
    done <"$kept"
  )
  printf '%s\n' "$rules" | iptables-restore -w 10 --noflush
}

case ${1-} in
save | restore) "$1" ;;
*) fail "Usage: $0 save|restore" ;;
esac
