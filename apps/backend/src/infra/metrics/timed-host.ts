import type { ContainerHost } from '../docker/container-host.ts';
import type { Metrics } from './metrics.ts';

/** These last for as long as somebody listens. */
const endless: (keyof ContainerHost)[] = ['logs', 'usages', 'watch'];

/** The same host, with each call's duration and outcome counted. */
export function timedHost(host: ContainerHost, { docker }: Pick<Metrics, 'docker'>): ContainerHost {
  const measured = Object.entries(host).map(([call, work]: [string, (...given: unknown[]) => Promise<unknown>]) => {
    if (endless.includes(call as keyof ContainerHost)) return [call, work];
    return [
      call,
      async (...given: unknown[]) => {
        const end = docker.startTimer({ call });
        try {
          const result = await work(...given);
          end({ outcome: 'done' });
          return result;
        } catch (error) {
          end({ outcome: 'failed' });
          throw error;
        }
      },
    ];
  });
  return Object.fromEntries(measured) as ContainerHost;
}
