import type { MacosRelease } from '../types.ts';
import { attachmentTables } from './attachment-tables.ts';
import { callHistoryIndexes, callHistoryTables } from './call-history.ts';
import { chatTables } from './chat-tables.ts';
import { deleteTriggers } from './delete-triggers.ts';
import { schemaSql } from './facts.ts';
import { chatIndexes } from './indexes.ts';
import { messageIndexes } from './message-indexes.ts';
import { messageTable } from './message-table.ts';
import { upkeepTables } from './upkeep-tables.ts';
import { writeTriggers } from './write-triggers.ts';

/**
 * The statements that make an empty chat.db as one release of macOS has it.
 *
 * Tables were captured from each release. Indexes and triggers were captured on 12, 13 and 26 only: those of 14 and 15
 * are taken to be those of 13, those of 27 those of 26, and each may in truth have more. Real files also vary inside
 * one release: columns in another order, `sr_*` columns kept from old upgrades, other defaults.
 */
export function messagesSchema(release: MacosRelease): string[] {
  return schemaSql(
    {
      tables: [...upkeepTables, ...chatTables, messageTable, ...attachmentTables],
      indexes: [...chatIndexes, ...messageIndexes],
      triggers: [...writeTriggers, ...deleteTriggers],
    },
    release,
  );
}

/**
 * The statements that make an empty CallHistory.storedata. It was captured on macOS 26.5.2 (database version 43) only,
 * and that form stands for every release; the digits in names of tables and columns are numbers of the model and differ
 * between releases on real Macs.
 */
export function callHistorySchema(): string[] {
  return schemaSql({ tables: callHistoryTables, indexes: callHistoryIndexes, triggers: [] }, '26');
}
