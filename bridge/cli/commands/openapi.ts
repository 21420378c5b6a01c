import { openApiDocument } from '../../api/api.ts';
import { type Command, jsonOption } from '../command.ts';

/** `bluerelay-bridge openapi` */
export const openapi: Command = {
  name: 'openapi',
  summary: 'Print the OpenAPI document',
  options: [{ ...jsonOption, description: 'print it as one line' }],
  examples: ['bluerelay-bridge openapi > openapi.json'],
  async run({ clock, logger, print }, options) {
    print(JSON.stringify(await openApiDocument(clock, logger), null, options.json ? 0 : 2));
  },
};
