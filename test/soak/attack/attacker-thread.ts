import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { Attacker, type AttackName, type AttackTarget } from './attacks.ts';

// A real attacker has its own machine, but this one shares the cores of the service. On Linux the priority is per thread.
const NICE = 19;

const { attack, target, share }: { attack: AttackName; target: AttackTarget; share: number } = workerData;
setPriority(NICE);
const attacker = new Attacker(target, share, () => parentPort?.postMessage('done'));
parentPort?.on('message', (order: 'start' | 'stop') => {
  if (order === 'start') return attacker.start(attack);
  attacker.stop();
  parentPort?.postMessage(attacker.tally);
});
parentPort?.postMessage('ready');
