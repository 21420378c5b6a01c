import path from 'node:path';
import { watch } from 'chokidar';

/** A watch on the files of a database. */
export interface FileWatch {
  close(): Promise<void>;
}

/**
 * Calls `onEvent` on every sign of the file system that the database, its WAL or their folder changed. It takes the
 * raw events: the refined ones are throttled to one in 50 ms, and Messages often commits twice within that.
 * A watch may miss events and its inode may go; whoever uses it polls as well.
 */
export function watchDatabase(
  databasePath: string,
  onEvent: () => void,
  onError: (error: unknown) => void,
): FileWatch {
  const folder = path.dirname(databasePath);
  const watched: ReadonlySet<string> = new Set([folder, databasePath, `${databasePath}-wal`]);
  const watcher = watch([...watched], {
    depth: 0,
    ignoreInitial: true,
    atomic: false,
    awaitWriteFinish: false,
    followSymlinks: false,
    ignorePermissionErrors: true,
    ignored: (file) => !watched.has(file),
  });
  watcher.on('raw', onEvent).on('all', onEvent).on('error', onError);
  return { close: () => watcher.close() };
}
