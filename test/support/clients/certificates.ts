import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestService } from '../service.ts';

/** Creates a folder with a certs/ folder in the layout that the examples read. */
export async function certificatesFolder({ authority, client }: TestService): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clients-test-'));
  await mkdir(join(folder, 'certs'));
  const files = {
    'ca-cert.pem': authority.cert,
    'client-cert.pem': client.cert,
    'client-key.pem': client.key,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, 'certs', name), content);
  return folder;
}
