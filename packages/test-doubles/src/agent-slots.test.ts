import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { takeAgentSlots } from './agent-slots.ts';

describe('takeAgentSlots', () => {
  test('gives each caller ports and a subnet that no other caller has, until they are released', async () => {
    const [one, other] = [await takeAgentSlots(), await takeAgentSlots()];
    expect(Number(other.settings.AGENT_PORT_BASE) - Number(one.settings.AGENT_PORT_BASE)).toBeGreaterThanOrEqual(240);
    expect(other.settings.AGENT_SUBNET).not.toBe(one.settings.AGENT_SUBNET);
    await one.release();
    const again = await takeAgentSlots();
    expect(again.settings).toEqual(one.settings);
    await Promise.all([again.release(), other.release()]);
  });

  test('takes the share of a killed process, and removes what it left there', async () => {
    const script = `import { takeAgentSlots } from '${new URL('./agent-slots.ts', import.meta.url)}';
      console.log(JSON.stringify((await takeAgentSlots()).settings)); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(child.stdout, 'data');
    const taken = JSON.parse(String(line));
    const docker = new Docker();
    const Labels = { 'agentbot.agent': 'left', 'agentbot.installation': `test-left-${process.pid}` };
    const network = await docker.createNetwork({
      Name: `agentbot-left-${process.pid}`,
      Labels,
      IPAM: { Driver: 'default', Config: [{ Subnet: taken.AGENT_SUBNET.replace('/16', '/29') }] },
    });
    const living = await takeAgentSlots();
    expect(living.settings).not.toEqual(taken);
    child.kill('SIGKILL');
    await once(child, 'close');
    const next = await takeAgentSlots();
    expect(next.settings).toEqual(taken);
    await expect(network.inspect()).rejects.toMatchObject({ statusCode: 404 });
    await Promise.all([living.release(), next.release()]);
  });
});
