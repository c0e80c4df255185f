#!/bin/sh
# Closes this host to Agentbot's agents at boot, before the engine starts them: docs/firewall-at-boot.md
#   save     keeps the rules that the service `firewall` has put in place
#   restore  puts them in place again, as often as it is called; rules of others stay as they are
set -eu
kept=${AGENTBOT_FIREWALL_RULES:-/etc/agentbot-firewall.rules}

fail() {
  echo "$1" >&2
  exit 1
}

save() {
  umask 077
  # Its own chains and the jumps to them. A chain that is declared is emptied when it is restored, so no other one is.
  iptables-save | grep -E '^(\*|COMMIT)|AGENTBOT-' >"$kept.new"
  grep -q '^-A INPUT .*AGENTBOT-' "$kept.new" || fail 'The service firewall has not closed this host yet: nothing is kept'
  mv "$kept.new" "$kept"
}

restore() {
  grep -q '^-A INPUT .*AGENTBOT-' "$kept" || fail "There are no rules in $kept: run '$0 save' first"
  # The engine makes this chain, and keeps it where it finds it.
  iptables -w 10 -S DOCKER-USER >/dev/null 2>&1 || iptables -w 10 -N DOCKER-USER
  present=$(iptables-save)
  # One transaction: each jump is taken away wherever it stands, and put above what other rules let in.
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
