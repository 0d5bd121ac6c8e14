import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../../test/support/free-ports.ts';
import { Child, SERVER_CORE } from '../child.ts';
import type { CertificateFiles } from '../load.ts';
import type { Answers } from './answers.ts';
import { ChildServer } from './subject.ts';

/** A bare node:https server on the Node of the image, with Node's default flags. */
export async function startBare(
  node: string,
  folder: string,
  { cert, key, ca }: CertificateFiles,
  answers: Answers,
): Promise<ChildServer> {
  const [port = 0] = await freePorts(1);
  const file = join(folder, 'answers.json');
  await writeFile(file, JSON.stringify(answers));
  const program = join(import.meta.dirname, 'bare-server.ts');
  const child = new Child([node, program, `${port}`, file, cert, key, ca], { core: SERVER_CORE });
  await child.until(() => child.output.includes('listening'));
  return new ChildServer('bare', child, port);
}
