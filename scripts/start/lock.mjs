import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isRunning } from './process-table.mjs';
import { systemCode } from './start-error.mjs';

/**
 * @param {string} file
 * @returns {number} 0 when nobody can be told from the file
 */
function holderOf(file) {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || 0;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

/**
 * Takes a lock file that holds the id of its owner, also from an owner that died.
 * @param {string} file
 * @param {string} script part of the owner's command line, so that a reused id does not count as the owner
 * @returns {{ holder: number } | { release: () => void }} who holds it, or how to give it back
 */
export function takeLock(file, script) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid}\n`, { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(own, file);
        return { release: () => rmSync(file, { force: true }) };
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
      const holder = holderOf(file);
      if (holder !== 0 && holder !== process.pid && isRunning(holder, script)) return { holder };
      setAside(file, holder);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * Removes the lock of a dead owner, unless somebody else took it over meanwhile: then theirs is put back.
 * @param {string} file
 * @param {number} dead
 */
function setAside(file, dead) {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    if (holderOf(aside) !== dead) linkSync(aside, file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
