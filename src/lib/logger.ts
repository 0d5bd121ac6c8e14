/** The part of a pino logger that code outside Fastify uses: constant messages, context as fields. */
export interface Logger {
  debug(context: object, message: string): void;
  info(context: object, message: string): void;
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
}
