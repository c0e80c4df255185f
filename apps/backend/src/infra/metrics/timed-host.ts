import type { ContainerHost } from '../docker/container-host.ts';
import type { Metrics } from './metrics.ts';

/** Calls that last as long as their caller listens, and `transportTo`, which asks no engine. */
const untimed: (keyof ContainerHost)[] = ['logs', 'usages', 'watch', 'transportTo'];

/** Wraps a container host so that each call's duration and outcome are recorded. */
export function timedHost(host: ContainerHost, { docker }: Pick<Metrics, 'docker'>): ContainerHost {
  const timed = Object.entries(host).map(([call, method]: [string, (...args: unknown[]) => Promise<unknown>]) => {
    if (untimed.includes(call as keyof ContainerHost)) return [call, method];
    return [
      call,
      async (...args: unknown[]) => {
        const end = docker.startTimer({ call });
        try {
          const result = await method(...args);
          end({ outcome: 'done' });
          return result;
        } catch (error) {
          end({ outcome: 'failed' });
          throw error;
        }
      },
    ];
  });
  return Object.fromEntries(timed) as ContainerHost;
}
