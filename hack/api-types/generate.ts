import openapiTypescript, { astToString } from 'openapi-typescript';

/** The types of an API document, as the text of a TypeScript file. @param document its YAML */
export async function apiTypes(document: string): Promise<string> {
  return `/** Generated from openapi.yaml by \`make openapi\`. */\n\n${astToString(await openapiTypescript(document))}`;
}
