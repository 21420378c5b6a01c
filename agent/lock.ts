import { chmodSync, closeSync, openSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { agentErrors } from '../bridge/protocol/errors.ts';
import { AppError } from '../bridge/runtime/app-error.ts';

/**
 * Makes sure that one daemon at most works in a home. The lock is the system's own lock on a file, held by SQLite: it
 * ends with the process however that dies, so it can never be stale. Throws AppError `agent_running` or
 * `home_not_writable`. Returns how to let go.
 */
export function lockHome(home: string): () => void {
  const file = path.join(home, 'agent.lock');
  let db: Database.Database | undefined;
  try {
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    db = new Database(file, { timeout: 0 });
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY')
      throw new AppError(`Another agent runs with ${home}`, {
        code: 'agent_running',
        ...agentErrors.agent_running,
        cause: error,
      });
    throw new AppError(`The folder ${home} cannot be written`, {
      code: 'home_not_writable',
      ...agentErrors.home_not_writable,
      cause: error,
    });
  }
  const held = db;
  return () => held.close();
}
