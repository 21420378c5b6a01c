import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { packageFile } from '../bridge/runtime/package-root.ts';

/** Version of this program. */
export const agentVersion = (): string =>
  z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile('package.json'), 'utf8')))
    .version;
