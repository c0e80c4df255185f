# Runs inside the image as an agent's container does: a configuration with the added channels, then the gateway.
set -eu
cat > "$HOME/.openclaw/openclaw.json" <<CONFIG
{
  "gateway": { "mode": "local", "bind": "lan", "controlUi": { "allowedOrigins": ["http://127.0.0.1:18789"] } },
  "discovery": { "mdns": { "mode": "off" } },
  "update": { "checkOnStart": false },
  "plugins": { "allow": $PLUGINS },
  "channels": $CHANNELS
}
CONFIG
exec entrypoint.sh
