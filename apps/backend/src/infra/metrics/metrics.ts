import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Creates this process's Prometheus registry and its metrics; durations are in seconds. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  // Includes event-loop lag, memory and garbage collection.
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requests: new Histogram({
      name: 'agentbot_http_request_duration_seconds',
      help: 'Duration of HTTP requests by contract operation and status; that of a stream runs until its end',
      labelNames: ['operation', 'status'] as const,
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
    operations: new Histogram({
      name: 'agentbot_operation_duration_seconds',
      help: 'Duration of operations on agents by kind and outcome',
      labelNames: ['kind', 'outcome'] as const,
      buckets: [0.5, 2, 5, 15, 60, 300, 1200],
      registers,
    }),
    docker: new Histogram({
      name: 'agentbot_docker_call_duration_seconds',
      help: 'Duration of Docker Engine calls by call and outcome',
      labelNames: ['call', 'outcome'] as const,
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
    storedLines: new Counter({ name: 'agentbot_log_lines_stored_total', help: 'Log lines of agents that were stored', registers }),
    droppedLines: new Counter({
      name: 'agentbot_log_lines_dropped_total',
      help: 'Log lines of agents that were dropped because they arrived faster than they could be stored',
      registers,
    }),
    refusedLines: new Counter({
      name: 'agentbot_log_lines_refused_total',
      help: 'Log lines of agents that Postgres refused to store',
      registers,
    }),
    viewers: new Gauge({ name: 'agentbot_log_viewers', help: 'Open live log views in this process', registers }),
    agents: new Gauge({ name: 'agentbot_agents', help: 'Agents of the installation by state', labelNames: ['state'] as const, registers }),
    queue: new Gauge({
      name: 'agentbot_queue_depth',
      help: 'Jobs of the installation by state',
      labelNames: ['state'] as const,
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
