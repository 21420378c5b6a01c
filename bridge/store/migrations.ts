import type { Dialect } from './database.ts';
import { firstTables } from './migration-001-first-tables.ts';
import { idempotencyKeys } from './migration-002-idempotency-keys.ts';
import { facts } from './migration-003-facts.ts';
import { commandFates } from './migration-004-command-fates.ts';
import { lineOperations } from './migration-005-line-operations.ts';
import { lineHealth } from './migration-006-line-health.ts';
import { renditions } from './migration-007-renditions.ts';
import { nextKeys } from './migration-008-next-keys.ts';
import { agentClocks } from './migration-009-agent-clocks.ts';
import { messageRows } from './migration-010-message-rows.ts';

/** The statements of one step of the schema, in order. */
export type Migration = (dialect: Dialect) => string[];

/** Every step from an empty database to the present one; the version of a database is how many of them it has had. */
export const migrations: readonly Migration[] = [
  firstTables,
  idempotencyKeys,
  facts,
  commandFates,
  lineOperations,
  lineHealth,
  renditions,
  nextKeys,
  agentClocks,
  messageRows,
];
