import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What this process counts, by the names that Prometheus reads. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  // Among these: the event loop's lag, memory, garbage collection.
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requests: new Histogram({
      name: 'agentbot_http_request_duration_seconds',
      help: 'Requests by operation of the contract and status; streams count until they end',
      labelNames: ['operation', 'status'] as const,
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
    operations: new Histogram({
      name: 'agentbot_operation_duration_seconds',
      help: 'What was done to agents as a job, by kind and outcome',
      labelNames: ['kind', 'outcome'] as const,
      buckets: [0.5, 2, 5, 15, 60, 300, 1200],
      registers,
    }),
    docker: new Histogram({
      name: 'agentbot_docker_call_duration_seconds',
      help: 'Calls of the Docker Engine by what was asked and outcome',
      labelNames: ['call', 'outcome'] as const,
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
    storedLines: new Counter({ name: 'agentbot_log_lines_stored_total', help: "Lines of agents' logs that were stored", registers }),
    droppedLines: new Counter({
      name: 'agentbot_log_lines_dropped_total',
      help: 'Lines that came faster than they could be stored',
      registers,
    }),
    refusedLines: new Counter({
      name: 'agentbot_log_lines_refused_total',
      help: "Lines of agents' logs that Postgres refused to store",
      registers,
    }),
    viewers: new Gauge({ name: 'agentbot_log_viewers', help: 'Live views of logs in this process', registers }),
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
