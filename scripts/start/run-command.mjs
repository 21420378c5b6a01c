import { spawn } from 'node:child_process';
import { StartError } from './start-error.mjs';

/** Most that is kept of what a command prints, in characters. */
const KEPT = 64 * 1024;

/**
 * The message of a log line of ours; undefined when it is something else, or was cut off.
 * @param {string} line
 */
function logged(line) {
  try {
    const { msg, err } = JSON.parse(line);
    return [msg, err?.message].filter(Boolean).join(': ') || undefined;
  } catch {
    // Whatever it is, it is not for people.
    return undefined;
  }
}

/**
 * What a failed program said for people, as one line: its last `Error:` with what it advises to try, or else its last
 * words.
 * @param {string} output
 * @returns {string | undefined}
 */
export function reasonIn(output) {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const plain = lines.filter((line) => !line.startsWith('{') && !/^(at |Node\.js v)/.test(line));
  const errorAt = plain.findLastIndex((line) => /^(\w*Error|error): /.test(line));
  if (errorAt === -1) return plain.at(-1) ?? logged(lines.at(-1) ?? '');
  const [error = '', advice] = plain.slice(errorAt);
  const said = error.replace(/^Error: /, '').replace(/\.$/, '');
  return advice?.startsWith('Try: ') ? `${said}. ${advice}` : said;
}

/**
 * Runs a program of ours once and returns its stdout. It ends with its input, so it does not outlive this process.
 * @param {string} what for people: what could not be done
 * @param {string[]} args arguments of node
 * @param {{ env: NodeJS.ProcessEnv, input?: string, signal: AbortSignal, timeoutMs?: number }} options
 * @returns {Promise<string>}
 */
export function runCommand(what, args, { env, input = '', signal, timeoutMs = 30_000 }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env,
      signal,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout = (stdout + chunk).slice(-KEPT);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr = (stderr + chunk).slice(-KEPT);
    });
    // A program that ends without reading its input breaks the pipe; its exit code says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code, killed) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new StartError(
            `${what}: ${reasonIn(stderr) ?? (killed ? `ended by ${killed}` : `exit code ${code}`)}`,
          ),
        );
    });
  });
}

/**
 * The one JSON line that a command of ours printed.
 * @param {string} what
 * @param {string[]} args
 * @param {Parameters<typeof runCommand>[2]} options
 */
export async function runForJson(what, args, options) {
  const stdout = await runCommand(what, args, options);
  try {
    return JSON.parse(stdout);
  } catch {
    // Not told as it is: the output of a command may hold a key.
    throw new StartError(`${what}: its answer is not JSON`);
  }
}
