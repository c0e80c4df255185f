import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pg from 'pg';

/**
 * The baseline of `hot-paths.ts`: Express 5 with the queries that a request needs at least, and nothing else: no authentication, no
 * limit, no row-level security, no validation. Its answers have the fields of the backend's.
 */

const [connectionString = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 20 });

const details = (row: Record<string, unknown>) => ({
  id: row.id,
  status: row.state,
  startedAt: row.started_at,
  plan: row.plan,
  subdomain: `${row.id}.agents.localhost`,
  url: `http://${row.id}.agents.localhost:10000`,
  openclawVersion: row.openclaw_version,
  verified: row.verified,
  verificationType: row.verification_type,
  attestationUid: row.attestation_uid,
  verifiedAt: row.verified_at,
});
const listed = (row: Record<string, unknown>) => ({
  id: row.id,
  status: row.state,
  created: row.created_at,
  subdomain: `${row.id}.agents.localhost`,
  url: `http://${row.id}.agents.localhost:10000`,
});

const app = express();
app.disable('etag');
app.get('/api/agents', async (request, response) => {
  const { rows } = await pool.query('SELECT * FROM agents WHERE owner_id = $1 ORDER BY created_at DESC, id DESC', [request.get('x-owner')]);
  response.json(rows.map(listed));
});
app.get('/api/agents/:id', async (request, response) => {
  const { rows } = await pool.query('SELECT * FROM agents WHERE id = $1', [request.params.id]);
  response.json(details(rows[0]));
});
app.post('/api/agents', express.json(), async (request, response) => {
  const owner = request.get('x-owner');
  const id = randomUUID();
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query(
      `INSERT INTO bench_agents (id, owner_id, name, model, ai_provider, config, plan, updated_at)
       VALUES ($1, $2, $3, 'openrouter/auto', 'openrouter', $4, 'network', now()) RETURNING *`,
      [id, owner, request.body.name, request.body.config],
    );
    await client.query(
      `INSERT INTO bench_audit (owner_id, seq, at, actor_kind, action, agent_id, outcome, prev_hash, hash)
       VALUES ($1, $2, now(), 'apiKey', 'createAgent', $3, 'done', '', '')`,
      [owner, Math.floor(Math.random() * 1e15), id],
    );
    await client.query(
      `INSERT INTO bench_keys (owner_id, key, fingerprint, resource_id, status, alive_at) VALUES ($1, $2, 'f', $3, 201, now())`,
      [owner, request.get('idempotency-key'), id],
    );
    await client.query('COMMIT');
    response.status(201).json({ ...listed(rows[0]), agentId: id, name: rows[0].name });
  } finally {
    client.release();
  }
});
const server = app.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
