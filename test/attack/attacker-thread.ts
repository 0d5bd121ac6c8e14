import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { Attacker, type AttackName, type AttackTarget } from './attacks.ts';

// Of this thread alone, on Linux. Attackers bring machines of their own; here they share the cores of the service.
const NICE = 10;

const { attack, target }: { attack: AttackName; target: AttackTarget } = workerData;
setPriority(NICE);
const attacker = new Attacker(target, () => parentPort?.postMessage('done'));
attacker.start(attack);
parentPort?.once('message', () => {
  attacker.stop();
  parentPort?.postMessage(attacker.tally);
});
