import { EventReader, type EventReaderOptions, type EventReaderTarget } from './event-reader.ts';
import type { IssuedCertificate } from './issue-certificate.ts';
import type { TestService } from './service.ts';

/** Opens readers of services, and closes them. */
export class EventReaders {
  readonly #readers: EventReader[] = [];

  /** @param client whose certificate is used; default: that of `client` */
  async open(
    service: TestService,
    path: string,
    options: EventReaderOptions & { readonly client?: IssuedCertificate } = {},
  ): Promise<EventReader> {
    const { client = service.client, ...others } = options;
    const { cert, key } = client;
    const target: EventReaderTarget = { port: service.port, ca: service.authority.cert, cert, key };
    const reader = await EventReader.open(target, path, others);
    this.#readers.push(reader);
    return reader;
  }

  closeAll(): void {
    for (const reader of this.#readers.splice(0)) reader.close();
  }
}
