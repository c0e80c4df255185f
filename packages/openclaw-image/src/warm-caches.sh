# Runs once inside a container of the cold image, as the gateway's own user: starts the gateway with every
# channel whose plugin it transpiles, so that what it transpiled and compiled can be kept. Other channels are left
# out: newer versions bring them compiled or not at all, and wait for the network when they start or stop them.
set -u
export HOME=/tmp/home
mkdir -p "$HOME/.openclaw"
app=/app/node_modules/openclaw
channels=
add_channel() {
  if [ -f "$app/extensions/$1/index.ts" ]; then
    channels="$channels${channels:+, }\"$1\": $2"
  fi
}
add_channel telegram '{ "enabled": true, "botToken": "1:warm" }'
add_channel discord '{ "enabled": true, "token": "warm" }'
add_channel whatsapp '{ "enabled": true }'
cat > "$HOME/.openclaw/openclaw.json" <<CONFIG
{
  "gateway": { "mode": "local", "bind": "lan", "controlUi": { "allowedOrigins": ["http://127.0.0.1:18789"] } },
  "discovery": { "mdns": { "mode": "off" } },
  "update": { "checkOnStart": false },
  "channels": { $channels }
}
CONFIG

OPENCLAW_GATEWAY_TOKEN=warm openclaw gateway --port 18789 > /tmp/gateway.log 2>&1 &
gateway=$!

seconds=0
until wget -q -O /dev/null http://127.0.0.1:18789/healthz 2> /dev/null; do
  if [ $seconds -ge 180 ] || ! kill -0 $gateway 2> /dev/null; then
    cat /tmp/gateway.log
    exit 1
  fi
  sleep 1
  seconds=$((seconds + 1))
done
# Channels are loaded after the port is open; the compile cache is written when the process ends.
sleep 5
kill -TERM $gateway
wait $gateway

# Versions whose plugins are compiled transpile nothing.
if [ -d /tmp/jiti ]; then mv /tmp/jiti /opt/warm/jiti; fi
rm -rf /tmp/* /tmp/.[!.]*
