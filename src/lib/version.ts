import packageJson from '../../package.json' with { type: 'json' };

/**
 * The version of this program, for logs, metrics and `--version`. The image knows more exactly what it was built from than
 * package.json does, for example `v0.1.0-3-g1a2b3c4`, and says so in SCALER_VERSION.
 */
export const VERSION: string = process.env.SCALER_VERSION || packageJson.version;
