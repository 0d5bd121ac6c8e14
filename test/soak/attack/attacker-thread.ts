import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { Attacker, type AttackName, type AttackTarget } from './attacks.ts';

// Real attackers bring their own machines; this one shares the cores of the service. On Linux it concerns this thread only.
const NICE = 19;

const { attack, target }: { attack: AttackName; target: AttackTarget } = workerData;
setPriority(NICE);
const attacker = new Attacker(target, () => parentPort?.postMessage('done'));
parentPort?.on('message', (order: 'start' | 'stop') => {
  if (order === 'start') return attacker.start(attack);
  attacker.stop();
  parentPort?.postMessage(attacker.tally);
});
parentPort?.postMessage('ready');
