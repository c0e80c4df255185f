# Runs once inside a container of the cold image, as the gateway's own user: starts the gateway with every
# channel that an agent can have, so that the transpiled plugins and the compiled code can be kept.
set -u
export HOME=/tmp/home
mkdir -p "$HOME/.openclaw"
cat > "$HOME/.openclaw/openclaw.json" <<'CONFIG'
{
  "gateway": { "mode": "local", "bind": "lan", "controlUi": { "allowedOrigins": ["http://127.0.0.1:18789"] } },
  "discovery": { "mdns": { "mode": "off" } },
  "update": { "checkOnStart": false },
  "channels": {
    "telegram": { "enabled": true, "botToken": "1:warm" },
    "discord": { "enabled": true, "token": "warm" },
    "whatsapp": { "enabled": true }
  }
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

mv /tmp/jiti /opt/warm/jiti
rm -rf /tmp/* /tmp/.[!.]*
