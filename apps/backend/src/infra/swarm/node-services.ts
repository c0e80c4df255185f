import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type Docker from 'dockerode';
import { sha256 } from '../../shared/sha256.ts';
import { bodyAndQuery, type EngineError } from '../docker/engine-client.ts';
import { isDue, openAuthority, RENEW_MS, writeSecretFile } from './authority.ts';
import { changeInSequence } from './change-in-sequence.ts';
import { BACKEND_NAME, nodeName } from './credentials.ts';

export interface NodeServiceSettings {
  installation: string;
  /** The image of the nodes' services, and of the firewall; without the latter an operator closes the nodes to agents otherwise. */
  image: string;
  firewallImage?: string | undefined;
  /** The settings that the services read from their environment. */
  environment: Record<string, string>;
  /** The folder with the authority's key, and the folder with the backend's certificate. */
  authorityFolder: string;
  certificatesFolder: string;
}

const NODE_LABEL = 'agentbot.node';
const confined = { ReadOnly: true, Init: true, CapabilityDrop: ['ALL'], HealthCheck: { Test: ['NONE'] } };
const SOCKET = '/var/run/docker.sock';

interface Service {
  ID: string;
  Version: { Index: number };
  Spec: { Name: string; Labels: Record<string, string> };
}

/**
 * Gives each node of a swarm its service with a certificate of its own, and the host firewall; renews certificates, and removes the
 * services of nodes that have left. Renews the backend's certificate too. Idempotent.
 * @param manager the engine of a manager, without the engine proxy
 * @returns a sentence for each change
 */
export async function ensureNodeServices(manager: Docker, settings: NodeServiceSettings, now: Date): Promise<string[]> {
  const { installation, image, firewallImage, environment, authorityFolder, certificatesFolder } = settings;
  const authority = await openAuthority(authorityFolder, now);
  const changes: string[] = [];
  const backendFile = path.join(certificatesFolder, 'backend.json');
  const present = await readFile(backendFile, 'utf8').catch(() => undefined);
  const isOurs = present && JSON.parse(present).ca === authority.certificate;
  if (!isOurs || isDue(JSON.parse(present).cert, now)) {
    await writeSecretFile(backendFile, JSON.stringify(await authority.issue(BACKEND_NAME)));
    changes.push('The backend has a new certificate');
  }

  const labels = { 'agentbot.installation': installation };
  const filters = { label: [`agentbot.installation=${installation}`, NODE_LABEL] };
  const services = (await manager.listServices({ filters })) as unknown as Service[];
  const nodes = await manager.listNodes();
  const env = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const fingerprint = sha256(JSON.stringify([image, env, authority.certificate]));

  async function apply(existing: Service | undefined, spec: object): Promise<void> {
    if (existing) {
      const service = manager.getService(existing.ID);
      await changeInSequence(async () => {
        const { Version } = (await service.inspect()) as unknown as Service;
        await service.update(bodyAndQuery(spec, { version: String(Version.Index) }));
      });
    } else await manager.createService(bodyAndQuery(spec) as Docker.CreateServiceOptions);
  }

  for (const { ID: id, Description } of nodes as { ID: string; Description: { Hostname: string } }[]) {
    const service = services.find(({ Spec }) => Spec.Labels[NODE_LABEL] === id);
    const until = service?.Spec.Labels['agentbot.certificate'];
    const isCurrent = service?.Spec.Labels['agentbot.fingerprint'] === fingerprint && until && Date.parse(until) - RENEW_MS > now.getTime();
    if (isCurrent) continue;
    const credentials = await authority.issue(nodeName(id));
    const name = `agentbot-node-${id}`;
    const secret = `${name}-${randomBytes(4).toString('hex')}`;
    const { id: secretId } = await manager.createSecret({
      Name: secret,
      Labels: { ...labels, [NODE_LABEL]: id },
      Data: Buffer.from(JSON.stringify(credentials)).toString('base64'),
    });
    await apply(service, {
      Name: name,
      Labels: {
        ...labels,
        [NODE_LABEL]: id,
        'agentbot.fingerprint': fingerprint,
        'agentbot.certificate': new Date(new X509Certificate(credentials.cert).validTo).toISOString(),
      },
      TaskTemplate: {
        ContainerSpec: {
          ...confined,
          Image: image,
          Command: ['node', 'src/app/cli/node-service.ts', SOCKET],
          Env: [...env, 'SWARM_CERTIFICATES=/run/secrets'],
          // The owner of the engine's socket on every machine.
          User: '0:0',
          Mounts: [{ Type: 'bind', Source: SOCKET, Target: SOCKET }],
          Secrets: [{ SecretID: secretId, SecretName: secret, File: { Name: 'node.json', UID: '0', GID: '0', Mode: 0o400 } }],
        },
        Resources: { Limits: { MemoryBytes: 512 * 1024 ** 2, Pids: 256 } },
        Placement: { Constraints: [`node.id==${id}`] },
        RestartPolicy: { Condition: 'any', Delay: 2e9 },
        Networks: [{ Target: 'host' }],
      },
      Mode: { Replicated: { Replicas: 1 } },
      EndpointSpec: { Mode: 'dnsrr' },
    });
    changes.push(`The node ${Description.Hostname} has ${service ? 'a renewed' : 'a'} service`);
  }

  for (const { ID, Spec } of services) {
    if (nodes.some((node) => node.ID === Spec.Labels[NODE_LABEL])) continue;
    await manager.getService(ID).remove();
    changes.push(`The service of a node that has left was removed`);
  }
  await removeUnusedSecrets(manager, installation);
  if (firewallImage) await ensureFirewall(manager, settings, env, apply, changes);
  return changes;
}

/** Removes the certificates of former services. The swarm refuses to remove one in use, with 400. */
async function removeUnusedSecrets(manager: Docker, installation: string): Promise<void> {
  const secrets = await manager.listSecrets({ filters: { label: [`agentbot.installation=${installation}`, NODE_LABEL] } });
  for (const { ID } of secrets)
    await manager
      .getSecret(ID)
      .remove()
      .catch((error: EngineError) => {
        if (error.statusCode !== 400 && error.statusCode !== 404) throw error;
      });
}

/** The host firewall on every node. */
async function ensureFirewall(
  manager: Docker,
  { installation, firewallImage }: NodeServiceSettings,
  env: string[],
  apply: (existing: Service | undefined, spec: object) => Promise<void>,
  changes: string[],
): Promise<void> {
  const name = `agentbot-firewall-${installation}`;
  const fingerprint = sha256(JSON.stringify([firewallImage, env]));
  const [existing] = ((await manager.listServices({ filters: { name: [name] } })) as unknown as Service[]).filter(
    ({ Spec }) => Spec.Name === name,
  );
  if (existing?.Spec.Labels['agentbot.fingerprint'] === fingerprint) return;
  await apply(existing, {
    Name: name,
    Labels: { 'agentbot.installation': installation, 'agentbot.fingerprint': fingerprint },
    TaskTemplate: {
      ContainerSpec: {
        ...confined,
        Image: firewallImage,
        Env: env,
        CapabilityAdd: ['NET_ADMIN', 'NET_RAW'],
        Mounts: [{ Type: 'tmpfs', Target: '/run' }],
      },
      Resources: { Limits: { MemoryBytes: 256 * 1024 ** 2, Pids: 128 } },
      RestartPolicy: { Condition: 'any', Delay: 2e9 },
      Networks: [{ Target: 'host' }],
    },
    Mode: { Global: {} },
    EndpointSpec: { Mode: 'dnsrr' },
  });
  changes.push('Every node has the host firewall');
}
