import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program of ours to its end and resolves with the JSON that it printed. */
export async function runOnce<T>(args: readonly string[], env: NodeJS.ProcessEnv): Promise<T> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args.slice(1).join(' ')} ended with ${code}: ${said}`);
  return JSON.parse(printed) as T;
}
