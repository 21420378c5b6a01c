import path from 'node:path';
import { z } from 'zod';
import { damaged } from './damaged.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';

const agentFileSchema = z.strictObject({
  bridge: z.string(),
  agentId: z.string(),
  line: z.strictObject({ id: z.string(), handle: z.string() }),
});

/** What enrolment brought: which bridge, who the agent is to it, and its line. */
export type Enrolled = z.infer<typeof agentFileSchema>;

const agentFile = (home: string): string => path.join(home, 'agent.json');

/** Notes what enrolment brought (0600). */
export const saveEnrolled = (home: string, enrolled: Enrolled): void =>
  writePrivateFile(agentFile(home), `${JSON.stringify(enrolled, null, 2)}\n`);

/** What enrolment brought, or undefined before it. Throws AppError `identity_damaged`. */
export function readEnrolled(home: string): Enrolled | undefined {
  const text = readIfThere(agentFile(home));
  if (text === undefined) return undefined;
  try {
    return agentFileSchema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged('agent.json', error);
  }
}
