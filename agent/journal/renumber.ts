import type Database from 'better-sqlite3';

/** Counts the events that are not acknowledged from 1 again. Whoever calls it owns the transaction. */
export function renumberEvents(db: Database.Database): void {
  // Both columns grow together, so that commands find their newest event under its new number.
  db.exec(
    `CREATE TEMP TABLE renumbered AS SELECT seq, row_number() OVER (ORDER BY seq) AS new, body FROM event;
     UPDATE command SET event_seq = coalesce((SELECT new FROM renumbered r WHERE r.seq = event_seq), 0)
       WHERE event_seq IS NOT NULL;
     DELETE FROM event;
     DELETE FROM sqlite_sequence WHERE name = 'event';
     INSERT INTO event (seq, body) SELECT new, body FROM renumbered ORDER BY new;
     DROP TABLE renumbered;`,
  );
}
